--- The headers of a response: names in lower case, and for each one value or a list of values.

local headers = {}

---@alias HttpHeaders table<string, string|string[]>

---All values of a header, in order.
---@param given? HttpHeaders
---@param name string  any case
---@return string[]
function headers.list(given, name)
  local value = given and given[name:lower()]
  return type(value) == "table" and value or { value }
end

---The first value of a header; nil if there is none.
---@param given? HttpHeaders
---@param name string  any case
---@return string?
function headers.first(given, name)
  return headers.list(given, name)[1]
end

return headers
