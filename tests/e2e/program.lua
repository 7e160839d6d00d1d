--- The real program as a child process, with the built-in tenant, in its own folder: what the
--- end-to-end tests use. Everything is removed when a scene ends.

local client = require "auth0.api.client"
local clock = require "host.clock"
local fetch = require "base.fetch"
local file = require "host.file"
local http = require "host.http"
local json = require "host.json"
local ledger = require "journal.ledger"
local process = require "host.process"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local tenant = require "tenant"

local program = {}

local PATIENCE <const> = 60 -- seconds to wait for something before the test fails
local GLANCE <const> = 0.003 -- seconds between checks

-- Variables of the test process must not reach the program; an empty one counts as not set.
local CLEAN <const> = {
  AUTH0_DOMAIN = "", AUTH0_CLIENT_ID = "", AUTH0_CLIENT_SECRET = "", AUTH0_ACCESS_TOKEN = "",
  AUTH0_CLIENT_SECRET_FILE = "", AUTH0_ACCESS_TOKEN_FILE = "", AUTH0_PRIVATE_KEY_FILE = "",
  AUTH0_AUDIENCE = "", AUTH0_CONNECTION = "", AUTH0_MIGRATE_TIME_SCALE = "200",
  TMUX = "", STY = "", ZELLIJ = "",
}

---@class ProgramScene
---@field folder string
---@field env table<string, string>  environment of programs; starting a tenant sets AUTH0_*
---@field within string[]            prefix of each command line
---@field patience number            seconds to wait for something before the test fails
---@field private started Program[]
---@field private tenants table[]
local Scene = {}
Scene.__index = Scene

---@class Program  a child that was started
---@field child host.process.child
---@field stdout string
---@field stderr string
---@field status? integer  once it has ended
---@field patience number  the scene's
local Program = {}
Program.__index = Program

local function take(self, name)
  if self.ended[name] then return end
  while true do
    local data = self.child:read(name)
    if data == nil then self.ended[name] = true end
    if data == nil or data == "" then return end
    self[name] = self[name] .. data
  end
end

---Reads the output of the child until it has ended.
local function follow(self)
  while true do
    take(self, "stdout")
    take(self, "stderr")
    if self.ended.stdout and self.ended.stderr and self.child:status() then break end
    scheduler.await(self.child, 0.1)
  end
  self.status = self.child:status()
  self.changed:notify()
end

---Waits for its end.
---@return Program self
function Program:wait()
  local deadline = clock.monotonic() + self.patience
  while not self.status do
    self.changed:wait(1)
    if clock.monotonic() > deadline then
      error("the program does not end; its stderr:\n" .. self.stderr, 2)
    end
  end
  return self
end

---@param signal "TERM"|"KILL"|"INT"
function Program:kill(signal)
  self.child:kill(signal)
end

---The one JSON object on stdout.
---@return table
function Program:object()
  local value, message = json.decode(self.stdout)
  if type(value) ~= "table" then
    error(string.format("no JSON object on stdout: %s\n%s\n%s", message, self.stdout,
      self.stderr), 2)
  end
  return value
end

---Fails unless it ended with this exit status.
---@param status integer
---@return Program self
function Program:ends_with(status)
  self:wait()
  if self.status ~= status then
    error(string.format("expected status %d, got %d\n%s\n%s", status, self.status, self.stdout,
      self.stderr), 2)
  end
  return self
end

---Starts the program with these arguments, in the scene's folder.
---@param args string[]
---@param env? table<string, string>  in addition to the scene's
---@param input? string               what it reads on stdin
---@return Program
function Scene:start(args, env, input)
  local argv, given = table.move(self.within, 1, #self.within, 1, {}), {}
  argv[#argv + 1] = process.program()
  table.move(args, 1, #args, #argv + 1, argv)
  for _, set in ipairs { CLEAN, self.env, env or {} } do
    for name, value in pairs(set) do given[name] = value end
  end
  local child = assert(process.spawn(argv, {
    env = given, directory = self.folder, stdin = input and "pipe" or "null", stdout = "pipe",
    stderr = "pipe", follow = true, group = true,
  }))
  if input then
    assert(child:write(input))
    child:finish()
  end
  local self_ = setmetatable({
    child = child, stdout = "", stderr = "", ended = {}, changed = scheduler.condition(),
    patience = self.patience,
  }, Program)
  table.insert(self.started, self_)
  scheduler.spawn(follow, self_)
  return self_
end

---Runs the program to its end.
---@param args string[]
---@param env? table<string, string>
---@param input? string
---@return Program
function Scene:run(args, env, input)
  return self:start(args, env, input):wait()
end

---The command that an ending names after "next:"; nil without one.
---@return string?  with "auth0-migrate"
function Program:next()
  return self.stderr:match("next: ([^\r\n]*)\r?\n$") or self.stdout:match("next: ([^\r\n]*)\r\n$")
end

---Types a command in a shell, as a person does.
---@param line string  with "auth0-migrate"
---@param env? table<string, string>
---@return Program
function Scene:type_in(line, env)
  local before = self.within
  self.within = { "sh", "-c", '"$0" ' .. assert(line:match("^auth0%-migrate (.*)$"), line) }
  local ended = self:run({}, env)
  self.within = before
  return ended
end

---Waits until `fn` returns something true, and returns it.
---@generic T
---@param what string  "the first job"
---@param fn fun(): T
---@return T
function Scene:until_(what, fn)
  local deadline = clock.monotonic() + self.patience
  while true do
    local value = fn()
    if value then return value end
    if clock.monotonic() > deadline then error("never seen: " .. what, 2) end
    scheduler.sleep(GLANCE)
  end
end

function Scene:path(name)
  return self.folder .. "/" .. name
end

function Scene:write(name, text)
  assert(file.write(self:path(name), text))
end

function Scene:read(name)
  return assert(file.read(self:path(name)))
end

---The values of a file with one JSON value per line.
---@param name string
---@return table[]
function Scene:lines(name)
  local list = {}
  for line in self:read(name):gmatch("[^\n]+") do list[#list + 1] = assert(json.decode(line)) end
  return list
end

function Scene:exists(name)
  return file.stat(self:path(name)) ~= nil
end

---The journal of a run, for reading; nil while there is none.
---@param dir string
---@param fn fun(book: Ledger): any
---@return any
function Scene:journal(dir, fn)
  if not self:exists(dir .. "/journal.db") then return nil end
  local book = ledger.open(self:path(dir .. "/journal.db"), { readonly = true })
  if not book then return nil end
  local value = fn(book)
  book:close()
  return value
end

-- Tenants -----------------------------------------------------------------------------------

---The output of a tenant as an environment.
local function use(self, env)
  for name, value in pairs(env) do self.env[name] = value end
  self.client, self.token = nil, nil
end

---Starts the `tenant` command and points the scene's programs at it.
---@param args? string[]   further arguments
---@param env? table<string, string>
---@return Program
function Scene:tenant(args, env)
  local argv = { "tenant" }
  table.move(args or {}, 1, #(args or {}), 2, argv)
  local started = self:start(argv, env)
  self:until_("the tenant", function()
    assert(not started.status, started.stderr)
    return started.stdout:find("\n\n", 1, true)
  end)
  local said = {}
  for name, value in started.stdout:gmatch("([%u%d_]+)=([^\n]*)\n") do said[name] = value end
  use(self, said)
  return started
end

---A built-in tenant in this process, for what the command has no option; with `speed`, the users
---per second of each job.
---@param options? TenantOptions
---@param speed? number
---@return Tenant
function Scene:slow_tenant(options, speed)
  local made = assert(tenant.open(options))
  table.insert(self.tenants, made)
  if speed then made.import_speed = function() return speed end end
  local info = made:info()
  use(self, {
    AUTH0_DOMAIN = info.domain, AUTH0_CLIENT_ID = info.client_id,
    AUTH0_CLIENT_SECRET = info.client_secret, AUTH0_CONNECTION = info.connection,
  })
  scheduler.spawn(function() made:run() end)
  return made
end

---Sends a request to the scene's tenant.
---@param method string
---@param path string
---@param query? table
---@return any body
function Scene:ask(method, path, query)
  self.client = self.client or client.new {
    base = self.env.AUTH0_DOMAIN, fetch = fetch.new(self.transport), clock = scheduler.clock(50),
    patience = 100, credentials = {
      client_id = self.env.AUTH0_CLIENT_ID, client_secret = self.env.AUTH0_CLIENT_SECRET,
    },
  }
  return assert(self.client:request { method = method, path = path, query = query }).body
end

---The metrics of the tenant.
---@return table
function Scene:metrics()
  local response = assert(fetch.new(self.transport) {
    method = "GET", url = self.env.AUTH0_DOMAIN .. "/__tenant/metrics",
  })
  return json.decode(response.body)
end

---The tenant's users.
---@return table[]
function Scene:users()
  local list = {}
  for page = 0, 9 do
    local users = self:ask("GET", "/users", { per_page = 100, page = page })
    table.move(users, 1, #users, #list + 1, list)
    if #users < 100 then break end
  end
  return list
end

---Fails unless the tenant has the users 1 to `n` of `program.people`, each once, and no other.
---@param n integer
function Scene:holds(n)
  local seen = {}
  for _, user in ipairs(self:users()) do
    if seen[user.email] then error(user.email .. " exists twice", 2) end
    seen[user.email] = true
  end
  local count = 0
  for i = 1, n do
    local email = program.email(i)
    if not seen[email] then error(email .. " does not exist", 2) end
    seen[email], count = nil, count + 1
  end
  if next(seen) then error(next(seen) .. " should not exist", 2) end
  assert(count == n and self:metrics().users == n)
end

-- Sources -----------------------------------------------------------------------------------

program.HASH = "$2b$10$nOUIs5kJ7naTuTFkBy1veuK0kSxUFXfuaOKdOKf9xYT0KKIGSJwFa"

---@param i integer
---@return string
function program.email(i)
  return string.format("person%d@example.com", i)
end

local RECIPE <const> = [[
local csv = require "source.csv"
local password = require "auth0.password"
return {
  name = "shop",
  params = {
    input = { help = "the customers", required = true },
    slow = { help = "work for each record", default = "0" },
  },
  source = function(params) return csv.records(params.input) end,
  map = function(row, params)
    if not row.email then return nil, "no address" end
    local sum = 0
    for i = 1, tonumber(params.slow) do sum = sum + i end
    return {
      email = row.email, email_verified = true, user_id = row.id,
      given_name = row.name, custom_password_hash = password.bcrypt(row.hash),
    }
  end,
}
]]

---Writes a recipe (shop.lua).
---@param more? fun(text: string): string  changes its text
function Scene:recipe(more)
  self:write("shop.lua", more and more(RECIPE) or RECIPE)
end

---Writes a source (people.csv) with `n` users; `rows`: further lines.
---@param n integer
---@param rows? string[]
function Scene:people(n, rows)
  local lines = { "id,email,name,hash" }
  for i = 1, n do
    lines[#lines + 1] = string.format("u%d,%s,Person %d,%s", i, program.email(i), i, program.HASH)
  end
  table.move(rows or {}, 1, #(rows or {}), #lines + 1, lines)
  self:write("people.csv", table.concat(lines, "\n") .. "\n")
end

---The arguments of a run of the scene's recipe and source.
---@param ... string  further ones
---@return string[]
function program.words(...)
  return { "run", "shop.lua", "input=people.csv", ... }
end

---Skips the test if no terminal can be made.
function program.need_terminal()
  if not os.execute "script -qec true /dev/null </dev/null >/dev/null 2>&1" then
    tap.skip "cannot make a terminal"
  end
end

---A shell script that runs a command on its own terminal and types an answer to each question. The
---file `said` has what the terminal shows.
---@param command string  for the shell, quoted
---@param answers {prompt: string, text: string, nth: integer?}[]  prompt: a part of its line
---@return string
function program.on_terminal(command, answers)
  local steps = {}
  for i, answer in ipairs(answers) do
    steps[i] = string.format("until [ -e said.end ] || [ \"$(grep -oF -e '%s' said 2>/dev/null "
      .. "| wc -l)\" -ge %d ]; do sleep 0.02; done; echo '%s'; ", answer.prompt,
      answer.nth or 1, answer.text)
  end
  return string.format("rm -f said said.end; { %s:; } | "
    .. "{ script -fqec %s said; status=$?; : >said.end; exit $status; }", table.concat(steps),
    command)
end

---Plays a scene: a folder with a recipe and, with `n`, a source of `n` users.
---@param n? integer
---@param fn fun(scene: ProgramScene)
function program.scene(n, fn)
  local scene <close> = setmetatable({
    folder = assert(file.temporary()), env = {}, within = {}, started = {}, tenants = {},
    transport = http.new {}, patience = PATIENCE,
  }, Scene)
  scene:recipe()
  if n then scene:people(n) end
  scheduler.run(fn, scene)
end

function Scene:__close()
  for _, started in ipairs(self.started) do started.child:close() end
  for _, made in ipairs(self.tenants) do
    made:stop()
    made:close()
  end
  self.transport:close()
  -- A run that outlived its terminal may still write its last file.
  for _ = 1, 100 do
    if file.remove_tree(self.folder) then return end
    os.execute "sleep 0.05"
  end
  assert(file.remove_tree(self.folder))
end

return program
