--- A real OpenLDAP server for tests: loaded with a file by slapadd, exported by slapcat, and
--- searched by ldapsearch over a socket in a folder of its own.

local clock = require "host.clock"
local crash = require "base.crash"
local file = require "host.file"
local process = require "host.process"
local tap = require "tests.tap"

local directory = {}

local PATIENCE <const> = 60 -- seconds until the server must answer
local PROGRAMS <const> = { "slapd", "slapadd", "slapcat", "ldapsearch", "ldapwhoami" }
local MODULES <const> = "/usr/lib/ldap"
local SCHEMAS <const> = "/etc/ldap/schema"
local ADMIN <const> = { name = "cn=admin,dc=example,dc=org", password = "admin" }

local CONFIG <const> = [[
include %s/core.schema
include %s/cosine.schema
include %s/inetorgperson.schema
include %s/nis.schema
modulepath %s
moduleload back_mdb
moduleload ppolicy
moduleload pw-sha2
moduleload pw-pbkdf2
moduleload argon2
pidfile %s/pid
database mdb
suffix dc=example,dc=org
directory %s/data
rootdn %s
rootpw %s
overlay ppolicy
]]

---@class TestDirectory
---@field private folder string
---@field private child? host.process.child
local Directory = {}
Directory.__index = Directory

local function find(name)
  for _, folder in ipairs { "/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/" } do
    if file.stat(folder .. name) then return folder .. name end
  end
end

---@return string?  why there can be no server
local function missing()
  if crash.possible then return "with sanitizers, servers are not started again" end
  for _, name in ipairs(PROGRAMS) do
    if not find(name) then return "no " .. name .. " (on Debian: slapd, ldap-utils)" end
  end
  for _, name in ipairs { "pw-pbkdf2.so", "argon2.so" } do
    if not file.stat(MODULES .. "/" .. name) then return "no " .. name .. " (slapd-contrib)" end
  end
  return not file.stat(SCHEMAS) and "no schemas in " .. SCHEMAS or nil
end

---Runs a program to its end.
---@return integer status
---@return string output
local function run(command)
  local child <close> = assert(process.spawn(command, {
    stdin = "null", stdout = "pipe", stderr = "pipe",
  }))
  local said, open = { stdout = "", stderr = "" }, true
  while open or not child:status() do
    child:await(PATIENCE)
    open = false
    for name in pairs(said) do
      local data = child:read(name)
      said[name], open = said[name] .. (data or ""), open or data ~= nil
    end
  end
  return child:status(), child:status() == 0 and said.stdout or said.stdout .. said.stderr
end

local function must(command)
  local status, said = run(command)
  if status ~= 0 then error(said, 3) end
  return said
end

---The directory with the entries of a file; skips the test if there can be none. Close it.
---@param path string  LDIF
---@return TestDirectory
function directory.of(path)
  local why = missing()
  if why then tap.skip(why) end
  local folder = assert(file.temporary())
  assert(os.execute("mkdir " .. folder .. "/data"))
  local S <const> = SCHEMAS
  assert(file.write(folder .. "/slapd.conf", CONFIG:format(S, S, S, S, MODULES, folder, folder,
    ADMIN.name, ADMIN.password)))
  must { find "slapadd", "-q", "-f", folder .. "/slapd.conf", "-l", path }
  return setmetatable({ folder = folder }, Directory)
end

---What slapcat writes.
---@return string
function Directory:export()
  return must { find "slapcat", "-f", self.folder .. "/slapd.conf" }
end

---@private
function Directory:address()
  return "ldapi://" .. (self.folder .. "/socket"):gsub("/", "%%2F")
end

---@private
---The beginning of a command of a client that has this name and password.
function Directory:client(program, name, password)
  return { find(program), "-x", "-H", self:address(), "-D", name, "-w", password }
end

---Starts the server.
function Directory:start()
  self.child = assert(process.spawn({ find "slapd", "-f", self.folder .. "/slapd.conf", "-h",
    self:address(), "-d", "0" }, { stdout = "null", stderr = "null", follow = true, group = true }))
  local deadline = clock.monotonic() + PATIENCE
  while not self:accepts(ADMIN.name, ADMIN.password) do
    if self.child:status() or clock.monotonic() > deadline then error("slapd does not start", 2) end
    self.child:await(0.02)
  end
end

---Whether the server itself accepts a password.
---@param name string  of an entry
---@param password string
---@return boolean
function Directory:accepts(name, password)
  return run(self:client("ldapwhoami", name, password)) == 0
end

---What ldapsearch prints for all entries, in pages.
---@param ... string  options and attributes
---@return string
function Directory:search(...)
  local command = self:client("ldapsearch", ADMIN.name, ADMIN.password)
  for _, part in ipairs { "-b", "dc=example,dc=org", "-E", "pr=3/noprompt", ... } do
    command[#command + 1] = part
  end
  return must(command)
end

function Directory:close()
  if self.child then self.child:close() end
  assert(file.remove_tree(self.folder))
end
Directory.__close = Directory.close

return directory
