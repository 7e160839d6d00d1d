--- Which routes of the Management API a recipe may call: a path is brought into one form first, so
--- that no spelling of it is judged differently from how the tenant reads it.

local paths = {}

---@class PathsContext
---@field connection_id? string  of the run

-- Characters that mean the same whether they are encoded or not (RFC 3986, section 2.3).
local UNRESERVED <const> = "[%w%-._~]"

-- Characters that a segment may have as they are: those, sub-delimiters, ":" and "@". The quote and
-- the asterisk are encoded all the same, because routes are shown in commands and may end with /*.
local PLAIN <const> = "[%w%-._~!$&()+,;=:@]"

local function encode(char)
  return string.format("%%%02X", char:byte())
end

---A segment in one form: unreserved characters plain, all others that need it encoded, in
---capitals. Nil if a percent sign begins no encoded byte, or if it has a control character.
local function normal_segment(segment)
  local bytes, at = {}, 1
  while at <= #segment do
    local char = segment:sub(at, at)
    if char == "%" then
      local hex = segment:match("^%%(%x%x)", at)
      if not hex then return nil, "has a % that encodes nothing" end
      local byte = string.char(tonumber(hex, 16))
      if byte:find("%c") then return nil, "has a control character" end
      bytes[#bytes + 1] = byte:find(UNRESERVED) and byte or "%" .. hex:upper()
      at = at + 3
    else
      if char:find("%c") then return nil, "has a control character" end
      bytes[#bytes + 1] = char:find(PLAIN) and char or encode(char)
      at = at + 1
    end
  end
  return table.concat(bytes)
end

---Whether a segment may lead elsewhere on a server that decodes it again: a part of it is "." or
---"..", or it has nothing but separators.
local function leads_away(segment)
  local before
  repeat
    before = segment
    segment = segment:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  until segment == before
  for part in segment:gmatch("[^/\\]+") do
    if part == "." or part == ".." then return true end
  end
  return segment:find("^[/\\.;%s]*$") ~= nil
end

---The path of a request in one form: relative to /api/v2, which may be written or left out. "." and
---".." are refused however they are written, because servers differ in what they make of them; so
---are empty segments, queries, fragments and URLs. An encoded slash stays, as part of an id.
---@param path string
---@return string? normal
---@return string? why  "has the segment .."
function paths.normalise(path)
  if path:sub(1, 1) ~= "/" then return nil, "does not start with /" end
  if path:find("\\", 1, true) then return nil, "has a backslash" end
  if path:find("[?#]") then return nil, "has a query or fragment; use the field query" end
  if path:find("//", 1, true) then return nil, "has an empty segment" end
  local rest = path:gsub("/$", "")
  local segments = {}
  for segment in rest:gmatch("/([^/]*)") do
    local normal, why = normal_segment(segment)
    if not normal then return nil, why end
    if leads_away(normal) then return nil, "has the segment " .. segment end
    segments[#segments + 1] = normal
  end
  if segments[1] == "api" and segments[2] == "v2" then table.move(segments, 3, #segments + 2, 1) end
  if #segments == 0 then return nil, "names no route" end
  return "/" .. table.concat(segments, "/")
end

local function below(stem)
  return function(path) return path == stem or path:sub(1, #stem + 1) == stem .. "/" end
end

local function one_user(path)
  return path:find("^/users/[^/]+$") ~= nil
end

---@class AllowedRoute
---@field methods? table<string, true>  default: all
---@field matches fun(path: string, context: PathsContext): boolean
---@field unless? fun(method: string, path: string): boolean

---@type AllowedRoute[]
local ALLOWED <const> = {
  {
    matches = function(path) return path:find("^/users/[^/]+") ~= nil end,
    unless = function(method, path) return method == "DELETE" and one_user(path) end,
  },
  { matches = below "/users-by-email" },
  { matches = below "/roles" },
  { matches = below "/organizations" },
  { matches = below "/tickets" },
  { matches = below "/jobs/verification-email" },
}

local METHODS <const> = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }

---Whether a normalised path is that of the run's connection.
local function is_connection(path, context)
  local id = context.connection_id and normal_segment(context.connection_id)
  return id ~= nil and path == "/connections/" .. id
end

local function by_default(method, path, context)
  for _, route in ipairs(ALLOWED) do
    if route.matches(path) and not (route.unless and route.unless(method, path)) then
      return true
    end
  end
  return method == "GET" and is_connection(path, context)
end

---Whether a route is named by a list: "GET /clients", or "GET /clients/*" for all below.
---@param list string[]  normalised routes
---@param method string
---@param path string    normalised
---@return boolean
function paths.listed(list, method, path)
  for _, route in ipairs(list) do
    local of, pattern = route:match("^(%S+) (.*)$")
    local stem = pattern and pattern:match("^(.*/)%*$")
    if of == method and (pattern == path or (stem and path:sub(1, #stem) == stem)) then
      return true
    end
  end
  return false
end

---Whether a recipe may call a route.
---@param method string
---@param path string       as the recipe gives it
---@param context PathsContext
---@param extra? string[]   routes that were granted
---@return string? normal   the path to send
---@return string? message
---@return Kind? kind  "usage"
function paths.allowed(method, path, context, extra)
  method = method:upper()
  if not METHODS[method] then
    return nil, string.format("run:request: %s is not a method of the Management API", method),
      "usage"
  end
  local normal, why = paths.normalise(path)
  if not normal then
    return nil, string.format("run:request: the path %s %s", path, why), "usage"
  end
  if by_default(method, normal, context) or paths.listed(extra or {}, method, normal) then
    return normal
  end
  local route = method .. " " .. normal
  return nil, string.format("run:request: %s is not granted; declare it in the recipe as "
    .. "needs = { api = { \"%s\" } }, or grant it with --allow-api='%s'", route, route, route),
    "usage"
end

---What a recipe is shown of an answer. A connection's options hold secrets of its scripts.
---@param method string
---@param path string      normalised
---@param context PathsContext
---@param body any         decoded
---@return any body
function paths.filter(method, path, context, body)
  if type(body) ~= "table" or method:upper() ~= "GET" or not is_connection(path, context) then
    return body
  end
  local shown = {}
  for key, value in pairs(body) do
    if key ~= "options" then shown[key] = value end
  end
  return shown
end

return paths
