--- A failure of the world as one value, for the places where `nil, message, kind` cannot travel:
--- out of a generic `for`, through a recipe's function, across a task's end.

local failure = {}

---@alias Kind host.Kind
---| "usage"       # what was asked for cannot be done (exit 2)
---| "credentials" # refused, expired, or without the scope (exit 6)
---| "temporary"   # trying again later will help (exit 5)
---| "rejects"     # the gate --max-rejects (exit 4)
---| "canary"      # the gate --canary (exit 7)
---| "failures"    # the gate --max-failures (exit 7)
---| "consent"     # planned, waiting for a person (exit 8)
---| "fatal"       # everything else (exit 1)

---What is known of a failure besides its message, for code: nobody reads a message back. Where
---there is any, it travels as a fourth value: `nil, message, kind, more`.
---@class FailureMore
---@field next? string   the command to type next, where it is not the one that was typed
---@field add? string    a word that the command typed lacks, such as "--changed"
---@field wrong? string  a word of the command typed; one that ends in "=" is any that begins so
---@field meant? string  what to type in its place; one that ends in "=" keeps the value
---@field detail? string the message without what stands beside it already, such as a run's status

---@class Failure
---@field message string  for people: what was being done to what, and why it failed
---@field kind Kind       what code compares
---@field more? FailureMore
---@field where? string   "recipe.lua:12", when a recipe's function raised it
---@field trace? string   the traceback of an error that nobody foresaw

local Failure = { __name = "failure" }
Failure.__index = Failure

function Failure.__tostring(self)
  return self.message
end

---@param message string
---@param kind? Kind  default "fatal"
---@param more? FailureMore
---@return Failure
function failure.new(message, kind, more)
  return setmetatable({ message = message, kind = kind or "fatal", more = more }, Failure)
end

---The failure as functions return it.
---@return nil
---@return string message
---@return Kind kind
---@return FailureMore? more
function Failure:values()
  return nil, self.message, self.kind, self.more
end

---@param value any
---@return boolean
function failure.is(value)
  return getmetatable(value) == Failure
end

---Raises a failure; base.guard hands it to whoever called the function that raises.
---@param message string
---@param kind? Kind
function failure.raise(message, kind)
  error(failure.new(message, kind), 0)
end

---Raises what a call returned as `nil, message, kind`; passes every other result on.
---@generic T
---@param value T?
---@param message? string
---@param kind? Kind
---@param ... any
---@return T
function failure.check(value, message, kind, ...)
  if value == nil and message ~= nil then failure.raise(message, kind) end
  return value, message, kind, ...
end

return failure
