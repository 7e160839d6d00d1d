--- Guesses the requests after the next one, where pages are counted: the number that the next one
--- adds is added again. A guess is used only if the pages before it lead to the same request.

local pointer = require "base.pointer"

local ahead = {}

local function place_of(form)
  return form.offset or form.page
end

local function number_in(request, place)
  local value
  if place.body then
    value = pointer.get(request.body, place.body)
  elseif place.query then
    value = (request.query or {})[place.query]
  else
    value = (request.headers or {})[place.header]
  end
  return math.tointeger(tonumber(value))
end

local function with_number(request, place, number)
  local copy = {}
  for name, value in pairs(request) do copy[name] = value end
  if place.body then
    copy.body = pointer.set(request.body, place.body, number)
    return copy
  end
  local part = place.query and "query" or "headers"
  copy[part] = {}
  for name, value in pairs(request[part]) do copy[part][name] = value end
  copy[part][place.query or place.header] = place.query and number or tostring(number)
  return copy
end

---@param form? PageForm
---@param before PageRequest  of the last page
---@param after PageRequest   of the next one
---@param n integer           at most
---@param total? integer      how many items there are
---@return PageRequest[]      after the next one
function ahead.guesses(form, before, after, n, total)
  local place = form and place_of(form)
  local from, to = place and number_in(before, place), place and number_in(after, place)
  if not from or not to or to <= from then return {} end
  local list = {}
  for i = 1, n do
    local number = to + i * (to - from)
    if form.offset and total and number - (form.start or 0) >= total then break end
    list[i] = with_number(after, place, number)
  end
  return list
end

return ahead
