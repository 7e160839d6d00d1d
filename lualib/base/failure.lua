--- A failure as one value, for places that cannot return `nil, message, kind`: out of a generic
--- `for`, through a recipe's function, from the end of a task.

local failure = {}

---@alias Kind host.Kind
---| "usage"       # the request cannot be carried out (exit 2)
---| "credentials" # invalid, expired, or without the scope (exit 6)
---| "login"       # a source refused the login (exit 6)
---| "temporary"   # a later retry will help (exit 5)
---| "rejects"     # the gate --max-rejects (exit 4)
---| "gate"        # another gate at the end of the stage (exit 4)
---| "canary"      # the gate --canary (exit 7)
---| "failures"    # the gate --max-failures (exit 7)
---| "consent"     # planned, waiting for confirmation (exit 8)
---| "fatal"       # everything else (exit 1)

---Details of a failure for code, which never parses a message. Returned as a fourth value:
---`nil, message, kind, more`. Without `next`, `add` or `wrong`, only a command whose repetition may
---succeed is shown again: see cli.common.next_command.
---@class FailureMore
---@field next? string|false   the command to run next; false: nothing is to be done
---@field add? string|string[]  what the command lacks, such as "--allow-net=acme.com"
---@field at? string     the place of a record that shows it
---@field wrong? string  an argument of the command or of an option, perhaps before "=value"; with a
---final "=", any that starts with it
---@field meant? string  its replacement; with a final "=", the value is kept
---@field detail? string the message without what is shown next to it, such as a run's status

---@class Failure
---@field message string  what was being done to what, and why it failed
---@field kind Kind
---@field more? FailureMore
---@field where? string   "recipe.lua:12", if a recipe's function raised it
---@field trace? string   the traceback of an unexpected error

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

---Raises a failure; base.guard catches it.
---@param message string
---@param kind? Kind
function failure.raise(message, kind)
  error(failure.new(message, kind), 0)
end

---Raises `nil, message, kind` as a failure; returns all other results unchanged.
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
