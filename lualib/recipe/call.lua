--- Attributes errors of a recipe's functions to the recipe or to the program: the only place that
--- looks at where an error was raised.

local failure = require "base.failure"
local foreign = require "base.foreign"

local call = {}

local LIBRARY <const> = "^lualib/" -- the program's own Lua, as named in errors

---Whether a line of the program raised it, perhaps because of a bad argument of the recipe.
---@param err Failure
---@return boolean
function call.is_ours(err)
  return err.where ~= nil and err.where:find(LIBRARY) ~= nil
end

---The message with its place: "shop.lua:4: attempt to index a nil value".
---@param err Failure
---@param file? string  for an error without a place
---@return string
function call.text(err, file)
  local where = err.where or file
  return where and where .. ": " .. err.message or err.message
end

local LIMITS <const> = {
  steps = "takes too many instructions; --recipe-steps allows more",
  time = "takes too much processor time; --recipe-time allows more",
  memory = "needs too much memory; --recipe-memory allows more",
}

---Whether the call broke its budget; the message then says which, and what allows more.
---@param err RecipeFailure
---@param name string  of the function
---@return boolean
function call.limit(err, name)
  local limit = LIMITS[err.ended]
  if limit then err.message = string.format("a call of `%s` %s", name, limit) end
  return limit ~= nil
end

---Turns an unexpected error into a mistake in the recipe, with function and line.
local function blame(err, name)
  if err.kind ~= "fatal" then return err end
  local blamed = failure.new(string.format("%sthe recipe's `%s` failed: %s",
    err.where and err.where .. ": " or "", name, foreign.words(err.message)),
    "usage")
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

---The error of a recipe's function as one to raise: a mistake in the recipe, with function and
---line, unless a line of the program raised it.
---@param err Failure
---@param name string  of the function
---@return Failure
function call.blamed(err, name)
  return call.is_ours(err) and err or blame(err, name)
end

---Calls a recipe's function and returns its results; raises its error as `blamed`.
---@param inside State
---@param name string  of the function, inside and in messages
---@param ... any      plain values
---@return any ...
function call.result(inside, name, ...)
  local results = table.pack(inside:call(name, ...))
  if not results[1] then
    call.limit(results[2], name)
    error(call.blamed(results[2], name), 0)
  end
  return table.unpack(results, 2, results.n)
end

return call
