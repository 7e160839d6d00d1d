--- Calls a recipe's functions and attributes errors to the recipe or to the program: the only place
--- that looks at where an error was raised.

local failure = require "base.failure"
local guard = require "base.guard"

local call = {}

local LIBRARY <const> = "^lualib/" -- the program's own Lua, as named in errors

---Whether a line of the program raised it, perhaps because of a bad argument of the recipe.
---@param err Failure
---@return boolean
function call.is_ours(err)
  return err.where ~= nil and err.where:find(LIBRARY) ~= nil
end

---Removes our own position, which coroutine.wrap adds when we call an iterator of the recipe.
local function without_caller(ok, ...)
  if ok then return ok, ... end
  local err = ...
  if call.is_ours(err) then
    local where, message = err.message:match("^([^%s:]+:%d+): (.*)$")
    if where then err.where, err.message = where, message end
  end
  return ok, err
end

---Calls `fn(...)` and returns true and its results, or false and a Failure. `fn` may yield.
---@param fn function  of a recipe, or one that calls such functions
---@param ... any
---@return boolean ok
---@return any ...
function call.try(fn, ...)
  return without_caller(guard.call(fn, ...))
end

---The message with its place: "shop.lua:4: attempt to index a nil value".
---@param err Failure
---@param file? string  for an error without a place
---@return string
function call.text(err, file)
  local where = err.where or file
  return where and where .. ": " .. err.message or err.message
end

---Turns an unexpected error into a mistake in the recipe, with function and line.
local function blame(err, name)
  if err.kind ~= "fatal" then return err end
  local blamed = failure.new(string.format("%sthe recipe's `%s` failed: %s",
    err.where and err.where .. ": " or "", name, err.message), "usage")
  blamed.trace = err.trace
  return blamed
end

---An error of a function that calls only the library of the program: it is always the recipe's.
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

---Calls a recipe's function that may call the program, and returns its results. An error is raised
---as a failure with function and line, unless a line of the program raised it.
---@param name string  of the function
---@param fn function
---@param ... any
---@return any ...
function call.check(name, fn, ...)
  return raise(name, call.try(fn, ...))
end

return call
