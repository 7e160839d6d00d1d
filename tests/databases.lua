--- Real servers of PostgreSQL and MariaDB for tests: started when a test first needs one, with
--- their data in memory, reached by a socket and a loopback port. They end with the tests.

local clock = require "host.clock"
local crash = require "base.crash"
local file = require "host.file"
local process = require "host.process"
local tap = require "tests.tap"

local databases = {}

local MEMORY <const> = "/dev/shm"
local PATIENCE <const> = 60 -- seconds until a server must answer
local TRIES <const> = 5 -- ports

databases.PASSWORD = "p\"a ss\\w'o;r#d$é" -- of the user `app`, who may only read

---@class TestServer
---@field folder string   with the socket
---@field port integer
---@field private child? host.process.child
---@field private kind TestServerKind
local Server = {}
Server.__index = Server

---@class TestServerKind
---@field programs string[]  that must be there
---@field packages string[]  of Debian
---@field user string        that the server runs as, if the tests run as root
---@field make fun(server: TestServer): string[]    the command that makes the data
---@field serve fun(server: TestServer): string[]   the command of the server
---@field client fun(server: TestServer): string[]  the command that runs a superuser's statements
---@field begin string       the first statements

---The newest program of a name in the folders of Debian's packages and of PATH.
local function find(name)
  for _, folder in ipairs { "/usr/lib/postgresql/*/bin/", "/usr/sbin/", "/usr/bin/",
    "/usr/local/bin/" } do
    local found = file.glob(folder .. name)
    if found and found[1] then return found[#found] end
  end
end

---@type table<string, TestServerKind>
local KINDS <const> = {
  postgresql = {
    programs = { "initdb", "postgres", "psql" }, packages = { "postgresql" }, user = "postgres",
    make = function(server)
      return { find "initdb", "-D", server.folder .. "/data", "-U", "postgres", "-E", "UTF8",
        "--locale=C", "--no-sync", "--auth-local=trust", "--auth-host=scram-sha-256" }
    end,
    serve = function(server)
      return { find "postgres", "-D", server.folder .. "/data", "-k", server.folder, "-p",
        tostring(server.port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c",
        "unix_socket_permissions=0777", "-c", "dynamic_shared_memory_type=mmap" } -- in its folder
    end,
    client = function(server)
      return { find "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", server.folder,
        "-p", tostring(server.port), "-U", "postgres", "-d", "postgres" }
    end,
    begin = "CREATE ROLE app LOGIN PASSWORD $p$" .. databases.PASSWORD .. "$p$;"
      .. "GRANT pg_read_all_data TO app;",
  },
  mariadb = {
    programs = { "mariadb-install-db", "mariadbd", "mariadb" },
    packages = { "mariadb-server", "mariadb-client" }, user = "mysql",
    make = function(server)
      return { find "mariadb-install-db", "--no-defaults", "--datadir=" .. server.folder .. "/data",
        "--auth-root-authentication-method=normal", "--skip-test-db" }
    end,
    serve = function(server)
      return { find "mariadbd", "--no-defaults", "--datadir=" .. server.folder .. "/data",
        "--socket=" .. server.folder .. "/socket", "--port=" .. server.port,
        "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
        "--character-set-server=utf8mb4", "--skip-log-bin" }
    end,
    client = function(server)
      return { find "mariadb", "--no-defaults", "--batch", "--skip-column-names", "--user=root",
        "--default-character-set=utf8mb4", "--socket=" .. server.folder .. "/socket" }
    end,
    begin = "CREATE DATABASE app CHARACTER SET utf8mb4; CREATE USER app@'%' IDENTIFIED BY '"
      .. databases.PASSWORD:gsub("[\\']", "\\%0") .. "'; GRANT SELECT ON app.* TO app@'%';"
      .. "DELETE FROM mysql.user WHERE user = ''; FLUSH PRIVILEGES;",
  },
}

local function is_root()
  local pipe = assert(io.popen "id -u")
  local id = pipe:read "l"
  pipe:close()
  return id == "0"
end

---A command as the server's user. It ends with this process, too.
local function as_user(kind, command)
  if not is_root() then return command end
  return { "setpriv", "--reuid=" .. kind.user, "--regid=" .. kind.user, "--clear-groups",
    "--pdeathsig=KILL", table.unpack(command) }
end

---Runs a command to its end.
---@return integer status
---@return string said
local function run(command, input)
  local child <close> = assert(process.spawn(command, {
    stdin = input and "pipe" or "null", stdout = "pipe", stderr = "pipe",
  }))
  if input then
    child:write(input) -- one that cannot connect has ended
    child:finish()
  end
  local said, open = { stdout = "", stderr = "" }, true
  while open or not child:status() do
    child:await(PATIENCE)
    open = false
    for name in pairs(said) do
      local data = child:read(name)
      said[name], open = said[name] .. (data or ""), open or data ~= nil
    end
  end
  return child:status(), said.stdout .. said.stderr
end

---Runs statements as the superuser.
---@param text string
---@return string output
function Server:sql(text)
  local status, said = run(self.kind.client(self), text)
  if status ~= 0 then error(said, 2) end
  return said
end

---@private
function Server:answers()
  return run(self.kind.client(self), "SELECT 1;") == 0
end

---Starts the server on a port that is free.
function Server:start()
  for _ = 1, TRIES do
    self.port = 20000 + (process.id() * 7 + math.random(10000)) % 30000
    local deadline = clock.monotonic() + PATIENCE
    self.child = assert(process.spawn(as_user(self.kind, self.kind.serve(self)), {
      stdout = "null", stderr = "null", follow = true, group = true,
    }))
    while not self.child:status() and clock.monotonic() < deadline do
      if self:answers() then return self end
      self.child:await(0.02)
    end
    self:kill()
  end
  error("the server does not start", 2)
end

---Kills the server, as a power failure does.
function Server:kill()
  if not self.child then return end
  self.child:close()
  self.child = nil
  assert(os.execute "sleep 0.2") -- its other processes notice
end

---@return string?  why there can be no server
local function missing(kind)
  if crash.possible then return "with sanitizers, servers are not started again" end
  for _, name in ipairs(kind.programs) do
    if not find(name) then
      return "no " .. name .. " (on Debian: " .. table.concat(kind.packages, ", ") .. ")"
    end
  end
end

-- By name; they end with the Lua state.
local running <const> = setmetatable({}, {
  __gc = function(servers)
    for _, server in pairs(servers) do
      server:kill()
      file.remove_tree(server.folder)
    end
  end,
})

local function create(name)
  local kind = KINDS[name]
  local parent = file.stat(MEMORY) and MEMORY or "/tmp"
  local pipe = assert(io.popen("mktemp -d " .. parent .. "/auth0-migrate-XXXXXX"))
  local folder = pipe:read "l"
  pipe:close()
  local server = setmetatable({ kind = kind, folder = folder }, Server)
  running[name] = server
  if is_root() then assert(os.execute("chown " .. kind.user .. " " .. folder)) end
  assert(os.execute("chmod 711 " .. folder))
  local status, said = run(as_user(kind, kind.make(server)))
  assert(status == 0, said)
  server:start()
  server:sql(kind.begin)
end

local function get(name)
  local why = missing(KINDS[name])
  if why then tap.skip(why) end
  if not running[name] then create(name) end
  return running[name]
end

---The server of PostgreSQL; skips the test if there can be none.
---@return TestServer
function databases.postgresql() return get "postgresql" end

---@return TestServer
function databases.mariadb() return get "mariadb" end

---The URL of the database by its port, for the user `app`.
---@return string
function Server:url()
  if self.kind == KINDS.postgresql then
    return "postgresql://app@127.0.0.1:" .. self.port .. "/postgres"
  end
  return "mariadb://app@127.0.0.1:" .. self.port .. "/app"
end

---The URL by its socket, for the superuser, who needs no password there.
---@return string
function Server:socket_url()
  if self.kind == KINDS.postgresql then
    return string.format("postgresql://postgres@:%d/postgres?host=%s", self.port, self.folder)
  end
  return "mariadb://root@localhost/app?socket=" .. self.folder .. "/socket"
end

return databases
