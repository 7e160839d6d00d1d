--- Another program as a child process whose output is read in blocks: found on the search path
--- without what strangers may write, started without a shell, with an environment of its own.
--- Waits without the scheduler: for a recipe's Lua state, which cannot yield to the program.

local file = require "host.file"
local path = require "base.path"
local process = require "host.process"

local program = {}

---@class ProgramPlan
---@field name string        without a path
---@field arguments string[]
---@field env table<string, string>  nothing else is passed on, except what every program needs
---@field input string       on its stdin
---@field extra? string      on its descriptor 3

---@class RunningProgram
---@field private child host.process.child
---@field private name string
---@field private said string  the end of its stderr
local Running = {}
Running.__index = Running

local DEFAULT_PATH <const> = "/usr/local/bin:/usr/bin:/bin"
local FOR_EVERY_PROGRAM <const> = { "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR" }
local BY_OTHERS <const> = 2 -- mode: others may write
local EXECUTABLE <const> = 73 -- mode: 0111
local MOST_SAID <const> = 8192 -- bytes
local LOOK <const> = 60 -- seconds of one wait
local GRACE <const> = 1 -- second in which a client can stop what its server does
local LAST <const> = 10 -- seconds between the end of the output and that of the program

---The directories of PATH that are absolute and that not everybody may write.
---@param env fun(name: string): string?
---@return string[]
function program.folders(env)
  local folders, given = {}, env "PATH"
  if not given or given == "" then given = DEFAULT_PATH end
  for folder in given:gmatch("[^:]+") do
    local stat = folder:sub(1, 1) == "/" and file.stat(folder)
    if stat and stat.type == "folder" and stat.mode & BY_OTHERS == 0 then
      folders[#folders + 1] = folder
    end
  end
  return folders
end

---@param name string  without a path
---@param env fun(name: string): string?
---@return string? path
---@return string? message
---@return Kind? kind  "missing"
function program.find(name, env)
  assert(not name:find("/", 1, true), "a program is named without a path")
  local folders = program.folders(env)
  for _, folder in ipairs(folders) do
    local full = path.join(folder, name)
    local stat = file.stat(full)
    if stat and stat.type == "file" and stat.mode & EXECUTABLE ~= 0
      and stat.mode & BY_OTHERS == 0 then
      return full
    end
  end
  return nil, string.format("the program %s was not found in %s", name,
    #folders > 0 and table.concat(folders, ", ") or "PATH"), "missing"
end

---@param plan ProgramPlan
---@param env fun(name: string): string?
---@return RunningProgram?
---@return string? message
---@return Kind? kind
function program.start(plan, env)
  local found, message, kind = program.find(plan.name, env)
  if not found then return nil, message, kind end
  local given = { PATH = table.concat(program.folders(env), ":") }
  for _, name in ipairs(FOR_EVERY_PROGRAM) do given[name] = env(name) end
  for name, value in pairs(plan.env) do given[name] = value end
  local child
  child, message, kind = process.spawn({ found, table.unpack(plan.arguments) }, {
    env = given, env_alone = true, extra = plan.extra, follow = true, group = true, grace = GRACE,
    stdin = "pipe", stdout = "pipe", stderr = "pipe",
  })
  if not child then return nil, message, kind end
  child:write(plan.input) -- one that has closed its input says why, and ends
  child:finish()
  return setmetatable({ child = child, name = plan.name, said = "" }, Running)
end

---@private
function Running:listen()
  local more = self.child:read("stderr")
  if more and more ~= "" then self.said = (self.said .. more):sub(-MOST_SAID) end
  return more ~= nil
end

---The next part of its output; nil at the end.
---@return string?
---@return string? message
---@return Kind? kind  "interrupted"
function Running:read()
  while true do
    self:listen()
    local block = self.child:read()
    if block ~= "" then return block end
    local seen, _, kind = self.child:await(LOOK)
    if seen == nil then return nil, "interrupted while waiting for " .. self.name, kind end
  end
end

---Its exit status, after the end of its output. One that then goes on is killed.
---@param patience? number  seconds
---@return integer? status
---@return string? message
---@return Kind? kind  "interrupted"
function Running:status(patience)
  while self:listen() or not self.child:status() do
    local seen, _, kind = self.child:await(patience or LAST)
    if seen == nil then return nil, "interrupted while waiting for " .. self.name, kind end
    if not seen then self.child:kill("KILL") end
  end
  return self.child:status()
end

---The end of what it has said on its stderr.
---@return string
function Running:words()
  return self.said
end

---Ends it if it still runs.
function Running:close()
  self.child:close()
end

Running.__close = Running.close

return program
