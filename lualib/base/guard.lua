--- The only place that calls functions of a recipe, which is code by others.

local failure = require "base.failure"
local type_name = require "base.type_name"

local guard = {}

---The text of an error; never the address of a table, which would make every error unique.
local function words_of(err)
  local meta = getmetatable(err)
  if type(err) == "string" or type(err) == "number" or meta and meta.__tostring then
    return tostring(err)
  end
  return "the error value is " .. type_name.a(err)
end

local function describe(err)
  if failure.is(err) then return err end
  local text = words_of(err)
  local where, rest = text:match("^(.-:%d+): (.*)$")
  local raised = failure.new(rest or text, "fatal")
  raised.where = where
  raised.trace = debug.traceback(text, 2)
  return raised
end

---Calls `fn(...)` and returns true and its results, or false and a Failure. `fn` may yield.
---@param fn function
---@param ... any
---@return boolean ok
---@return any ...
function guard.call(fn, ...)
  return xpcall(fn, describe, ...)
end

return guard
