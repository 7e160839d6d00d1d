--- What may be given in place of a reading: a function, or a list of records.

local type_name = require "base.type_name"

local iterator = {}

---@alias RecordSource Reading|table|(fun(): any, string?)  a table is a list of records

---@param given any
---@return boolean
function iterator.is_callable(given)
  local meta = getmetatable(given)
  return type(given) == "function" or (type(meta) == "table" and meta.__call ~= nil)
end

---A reading or function as it is; an iterator over a list, with places as "#1". Raises for anything
---else.
---@param what string  "source.lookup"
---@param given any
---@return fun(): any, string?
function iterator.of(what, given)
  if iterator.is_callable(given) then return given end
  if type(given) ~= "table" then
    error(what .. " expects records, got " .. type_name.of(given), 4)
  end
  local i = 0
  return function()
    i = i + 1
    return given[i], "#" .. i
  end
end

return iterator
