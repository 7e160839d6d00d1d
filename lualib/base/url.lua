--- Reads, resolves and extends http and https URLs as text: what is in one already is never decoded
--- or encoded again. Source: RFC 3986.

local sorted = require "base.sorted"

local url = {}

local PORTS <const> = { http = 80, https = 443 }
local LONGEST <const> = 16384 -- bytes; what servers accept is shorter
local TOO_LONG <const> = "is too long"

---@class Url
---@field scheme "http"|"https"
---@field host string      in lower case; an IPv6 address with its brackets
---@field port integer
---@field origin string    "https://api.example.com", as written
---@field path string      as written; "" if there is none
---@field query? string    as written, without the "?"

---@param authority string  "api.example.com:8443"
---@return string? host
---@return string? port  "" if there is none
local function host_and_port(authority)
  local host, port = authority:match("^(%[[%x:.]+%])(.*)$")
  if not host then host, port = authority:match("^([^:%[%]@]+)(.*)$") end
  if not host then return nil end
  if port ~= "" then port = port:match("^:(%d%d?%d?%d?%d?)$") end
  return host, port
end

---@param text any
---@return Url?
---@return string? message  "has a user name"; without the URL, which may hold secrets
---@return Kind? kind       "parse"
function url.parse(text)
  if type(text) ~= "string" then return nil, "is not text", "parse" end
  if #text > LONGEST then return nil, TOO_LONG, "parse" end
  if not utf8.len(text) then return nil, "is not UTF-8", "parse" end
  if text:find("[\0-\32\127\\]") then
    return nil, "has a space, a backslash or a control character", "parse"
  end
  local rest = text:gsub("#.*$", "")
  local scheme, authority, path, query = rest:match("^(%a[%w+.-]*)://([^/?]*)([^?]*)%??(.*)$")
  local known = scheme and PORTS[scheme:lower()]
  if not known then return nil, "does not begin with https:// or http://", "parse" end
  if authority:find("@", 1, true) then return nil, "has a user name", "parse" end
  local host, port = host_and_port(authority)
  local number = port == "" and known or math.tointeger(tonumber(port))
  if not host or not number or number < 1 or number > 65535 then
    return nil, "has no valid host and port", "parse"
  end
  return {
    scheme = scheme:lower(), host = host:lower(), port = number,
    origin = scheme .. "://" .. authority, path = path,
    query = rest:find("?", 1, true) and query or nil,
  }
end

---Whether both have the same scheme, host and port.
---@param a Url
---@param b Url
---@return boolean
function url.same_origin(a, b)
  return a.scheme == b.scheme and a.host == b.host and a.port == b.port
end

---"/a/b/../c" becomes "/a/c".
local function without_dots(path)
  local parts = {}
  for part in path:gmatch("/([^/]*)") do
    if part == ".." then table.remove(parts) elseif part ~= "." then parts[#parts + 1] = part end
  end
  local last = path:match("^.*/(.*)$")
  if last == "." or last == ".." then parts[#parts + 1] = "" end
  return "/" .. table.concat(parts, "/")
end

local function join(base, reference)
  if reference:find("^%a[%w+.-]*:") then return reference end
  if reference:find("^//") then return base.scheme .. ":" .. reference end
  local path, query = reference:match("^([^?]*)(.*)$")
  if path == "" then
    local kept = query == "" and base.query and "?" .. base.query or query
    return base.origin .. base.path .. kept
  elseif path:sub(1, 1) ~= "/" then
    path = (base.path:match("^.*/") or "/") .. path
  end
  return base.origin .. without_dots(path) .. query
end

---The URL that a reference, such as a link in a response, means.
---@param base string       the URL of the request
---@param reference string  a whole URL, "/users?after=1", "?after=1"
---@return string? text
---@return string? message  as of url.parse
---@return Kind? kind       "parse"
function url.resolve(base, reference)
  local parsed, message, kind = url.parse(base)
  if not parsed then return nil, message, kind end
  if #reference > LONGEST then return nil, TOO_LONG, "parse" end
  local text = join(parsed, (reference:gsub("#.*$", "")))
  parsed, message, kind = url.parse(text)
  return parsed and text, message, kind
end

---Percent-encodes all but unreserved characters.
---@param text string
---@return string
function url.escape(text)
  return (text:gsub("[^%w._~-]", function(c) return string.format("%%%02X", c:byte()) end))
end

---The text of a value in a query. Whole numbers have no decimals: 2.0 is "2".
---@param value string|number|boolean
---@return string
function url.text(value)
  local integer = math.type(value) == "float" and math.tointeger(value)
  return tostring(integer or value)
end

---Parameters as a query, sorted by name; "" without any.
---@param parameters? table<string, string|number|boolean|(string|number|boolean)[]>
---@return string  "a=1&b=x%20y", without the "?"
function url.query(parameters)
  local list = {}
  for name, given in sorted.pairs(parameters) do
    for _, value in ipairs(type(given) == "table" and given or { given }) do
      list[#list + 1] = url.escape(name) .. "=" .. url.escape(url.text(value))
    end
  end
  return table.concat(list, "&")
end

---Adds parameters behind those that the URL has.
---@param text string
---@param parameters? table<string, string|number|boolean|(string|number|boolean)[]>
---@return string
function url.with_query(text, parameters)
  local query = url.query(parameters)
  if query == "" then return text end
  local before, fragment = text:match("^([^#]*)(.*)$")
  local mark = not before:find("?", 1, true) and "?" or before:find("[?&]$") and "" or "&"
  return before .. mark .. query .. fragment
end

---A part of a query without its escapes.
---@param text string
---@return string
function url.unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

---The URL without the parameters of this name.
---@param text string
---@param name string
---@return string
function url.without(text, name)
  local before, query, fragment = text:match("^([^?#]*)%?([^#]*)(.*)$")
  if not before then return text end
  local kept = {}
  for pair in query:gmatch("[^&]+") do
    if url.unescape(pair:match("^[^=]*")) ~= name then kept[#kept + 1] = pair end
  end
  return before .. (#kept > 0 and "?" .. table.concat(kept, "&") or "") .. fragment
end

return url
