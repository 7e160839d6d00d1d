--- Calls the functions that a recipe hands over, and says whose error it was when one fails: the
--- only place that looks at where an error was raised.

local failure = require "base.failure"
local guard = require "base.guard"

local call = {}

local LIBRARY <const> = "^lualib/" -- the program's own Lua, as errors call it

---Whether a line of the program raised it. A recipe may be wrong all the same: a function of the
---library that it calls may raise what the recipe has passed to it.
---@param err Failure
---@return boolean
function call.is_ours(err)
  return err.where ~= nil and err.where:find(LIBRARY) ~= nil
end

---coroutine.wrap puts the line that called it before the one that raised: an iterator of a recipe's
---is called by ours.
local function without_caller(ok, ...)
  if ok then return ok, ... end
  local err = ...
  if call.is_ours(err) then
    local where, message = err.message:match("^([^%s:]+:%d+): (.*)$")
    if where then err.where, err.message = where, message end
  end
  return ok, err
end

---Calls `fn(...)`, a recipe's function or one that calls such functions: true and its results, or
---false and the Failure that ended it. The function may yield.
---@param fn function
---@param ... any
---@return boolean ok
---@return any ...
function call.try(fn, ...)
  return without_caller(guard.call(fn, ...))
end

---What was raised, with its place: "shop.lua:4: attempt to index a nil value".
---@param err Failure
---@param file? string  for an error that has no place
---@return string
function call.text(err, file)
  local where = err.where or file
  return where and where .. ": " .. err.message or err.message
end

---An error of a recipe's function, named with its line. One that nobody foresaw is a mistake in the
---recipe; a failure of the world stays what it is.
local function blame(err, name)
  if err.kind ~= "fatal" then return err end
  local blamed = failure.new(string.format("%sthe recipe's `%s` failed: %s",
    err.where and err.where .. ": " or "", name, err.message), "usage")
  blamed.trace = err.trace
  return blamed
end

---What call.try caught of a function that calls nothing of the program but its library: whatever
---was raised, the recipe is told.
---@param err Failure
---@param name string  of the function
---@return nil
---@return string message  with the function and the line
---@return Kind kind
function call.failed(err, name)
  local blamed = blame(err, name)
  return nil, blamed.message, blamed.kind
end

local function raise(name, ok, ...)
  if ok then return ... end
  local err = ...
  error(call.is_ours(err) and err or blame(err, name), 0)
end

---Calls a recipe's function that itself calls the program, and returns what it does. What it raises
---is raised as a failure that names function and line, unless a line of the program raised it.
---@param name string  of the function
---@param fn function
---@param ... any
---@return any ...
function call.check(name, fn, ...)
  return raise(name, call.try(fn, ...))
end

return call
