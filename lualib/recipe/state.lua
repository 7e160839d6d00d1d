--- The Lua state of a recipe, as the program uses it: calls functions inside by name, answers what
--- they ask, and drives tasks that wait for the program.

local failure = require "base.failure"
local host = require "host"
local host_sandbox = require "host.sandbox"
local host_stretch = require "host.stretch"
local open = require "recipe.open"
local text = require "host.text"

local state = {}

local MEMORY <const> = 256 * 1024 * 1024 -- bytes above the level after loading
local STEPS <const> = 100 * 1000 * 1000 -- instructions of a call, once it is late
local SECONDS <const> = 5 -- of processor time of a call, once it is late
local BOOT <const> = "recipe.inside.boot"
local LONGEST_WORD <const> = 2048 -- bytes of one that is printed

---@class StateOptions
---@field memory? integer   bytes above the level after loading
---@field steps? integer    instructions of a call
---@field seconds? number   of processor time of a call
---@field require fun(name: string): string?, string?, Kind?  the text of a module and its file
---@field print? fun(is_last: boolean, ...: string)
---@field databases? Databases  what reads databases for the state; closed with it
---@field busy? fun()       called now and then while loading, or the recipe's `source`, takes long

---@class State
---@field private inner host.sandbox.state
---@field private databases? Databases
---@field private asks table<string, function>
---@field private memory integer
---@field private level integer  bytes after loading
local State = {}
State.__index = State

---Whether the state may load a module of the program, and its text if that is on disk (--lualib).
local function may_load(name)
  if not open.may_load(name) then return false, "a recipe's state may not load " .. name end
  return true, host.source_on_disk(name)
end

---Prints a line of the recipe's: a tab between two words.
local function print_line(is_last, ...)
  local words = { ... }
  for i, word in ipairs(words) do
    if #word > LONGEST_WORD then word = word:sub(1, LONGEST_WORD) .. "…" end
    words[i] = text.printable(word)
  end
  io.stderr:write(table.concat(words, "\t"), "\n")
  if is_last then io.stderr:write("(what the recipe prints further is left out)\n") end
end

local function unserved()
  return nil, "an API can be read in `source` only", "usage"
end

---@param options StateOptions
---@return State?
---@return string? message
---@return Kind? kind
function state.new(options)
  local asks = {
    module = may_load, require = options.require, print = options.print or print_line,
    busy = options.busy or function() end, pages = unserved,
    database = function(...) return options.databases:ask(...) end,
  }
  local boot, where = host.source_on_disk(BOOT)
  local memory = options.memory or MEMORY
  local inner, message, kind = host_sandbox.new {
    ask = function(name, ...) return asks[name](...) end, boot = boot, name = where or BOOT,
    memory = memory, steps = options.steps or STEPS, seconds = options.seconds or SECONDS,
  }
  if not inner then return nil, message, kind end
  return setmetatable({
    inner = inner, asks = asks, databases = options.databases, memory = memory, level = 0,
  }, State)
end

---Answers from here on what `source.http` asks inside.
---@param answer fun(name: string, ...: any): ...: any
function State:serve_pages(answer)
  self.asks.pages = answer
end

---@class RecipeFailure : Failure
---@field ended? "steps"|"time"|"interrupted"|"stopped"|"memory"  what ended the call
---@field refused? {code: string, path: string, reason: string, shape?: string}  a raised rejection
---@field grown? boolean  memory ran out, and a full collection did not free half of it

local function failure_of(self, described)
  local made = failure.new(described.message, described.kind)
  made.where, made.trace, made.ended = described.where, described.trace, described.ended
  made.refused = described.refused
  if described.used then
    made.ended = made.ended or "memory"
    made.grown = described.used - self.level > self.memory // 2
  end
  return made
end

local function results(self, ok, ...)
  if ok then return true, ... end
  return false, failure_of(self, ...)
end

---Calls a function inside, with the budget of a call. Arguments and results are plain values.
---@param name string
---@param ... any
---@return boolean ok
---@return any ...  results, or a RecipeFailure
function State:call(name, ...)
  return results(self, self.inner:call(name, ...))
end

---The same; in the results, what is not plain is a stand-in of the same type.
function State:show(name, ...)
  return results(self, self.inner:show(name, ...))
end

---The same, bounded only by a signal: for loading and for `source`.
function State:run(name, ...)
  return results(self, self.inner:run(name, ...))
end

---Ends loading: from here on the memory is bounded.
function State:settle()
  self.level = self.inner:settle(self.memory)
end

---The results of a call that cannot fail unless the program is wrong.
---@param name string
---@param ... any
---@return any ...
function State:must(name, ...)
  return select(2, assert(results(self, self.inner:call(name, ...))))
end

---The next event of the mapper inside, see recipe.inside.mapper; copies the user's JSON, too.
---Without the wrapping of `call`, because it runs for every record: an error is `failure`'s.
---@param draft host.json.draft
---@return boolean ok
---@return any ...
function State:next(draft)
  return self.inner:next(draft)
end

---What takes the events of plain users without a call of Lua for each.
---@param parts host.stretch.Parts  without the sandbox
---@return host.stretch.stretch
function State:stretch(parts)
  parts.sandbox = self.inner
  return host_stretch.new(parts)
end

---The error that `next` returned.
function State:failure(described)
  return failure_of(self, described)
end

---Copies the JSON of the last user.
---@param draft host.json.draft
function State:draft(draft)
  self.inner:draft(draft)
end

---@class StateTask
---@field private state State
---@field private number integer
local Task = {}
Task.__index = Task

---A task that calls a function inside.
---@param name string
---@param ... any
---@return StateTask? task
---@return RecipeFailure? failure
function State:task(name, ...)
  local number, described = self.inner:task(name, ...)
  if not number then return nil, failure_of(self, described) end
  return setmetatable({ state = self, number = number }, Task)
end

local function turn(self, how, ...)
  if how == "failed" then return how, failure_of(self, ...) end
  return how, ...
end

---Runs the task until it waits for the program, with the values that it waited for.
---@param ... any
---@return "done"|"wait"|"pass"|"failed" how  pass: others get a turn, then resume without values
---@return any ...  what it waits for, its results, or a RecipeFailure
function Task:resume(...)
  return turn(self.state, self.state.inner:resume(self.number, ...))
end

---Ends the task: raises in it what none of its functions can catch.
function Task:stop()
  return turn(self.state, self.state.inner:stop(self.number))
end

function State:close()
  self.inner:close()
  if self.databases then self.databases:close() end
end

return state
