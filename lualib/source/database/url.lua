--- The URL of a database: "postgresql://user@host:5432/app". It never has a password.

local spelling = require "base.spelling"

local url = {}

---@class DatabaseUrl
---@field scheme string     "postgresql", "mysql" or "mariadb"
---@field user? string
---@field host? string
---@field port? string      digits
---@field name? string      of the database
---@field options table<string, string>

-- By scheme: how it is called, and what may stand after "?".
---@type table<string, {scheme: string, options: string[]}>
local SCHEMES <const> = {
  postgresql = { scheme = "postgresql", options = { "host", "sslmode" } },
  postgres = { scheme = "postgresql", options = { "host", "sslmode" } },
  mysql = { scheme = "mysql", options = { "socket" } },
  mariadb = { scheme = "mariadb", options = { "socket" } },
}
local HINT <const> = "postgresql://user@host:5432/app or mariadb://user@host:3306/app"

---@param text string
---@return string? scheme  of a database
---@return string rest
local function split_scheme(text)
  local scheme, rest = text:match("^%s*(%a[%w+.-]*)://(.*)$")
  scheme = scheme and scheme:lower()
  return SCHEMES[scheme] and scheme or nil, rest or ""
end

---Whether a text is the URL of a database with a password in it, or may be one: a password with
---a "/" that was not escaped looks like a port and a path.
---@param text string
---@return boolean
function url.has_password(text)
  local scheme, rest = split_scheme(text)
  if not scheme then return false end
  return rest:find(":[^@]*@") ~= nil or rest:lower():find("[?&]passw?o?r?d=") ~= nil
    or rest:lower():find("[?&]pwd=") ~= nil
end

---What to do with a password; for messages about it.
url.PASSWORD_ADVICE = "leave it out, and give it in PGPASSWORD, ~/.pgpass, ~/.my.cnf or as a "
  .. "secret parameter of the recipe"

---Text with %XX for bytes; nil if that is broken, or if a control character is in it.
local function decoded(text)
  if text:gsub("%%%x%x", ""):find("%", 1, true) then return nil end
  local plain = text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  return not plain:find("%c") and plain or nil
end

local function refuse(why)
  return nil, "the URL of the database " .. why .. "; it is written as " .. HINT, "usage"
end

local function split_options(text, known)
  local options = {}
  for pair in text:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=(.*)$")
    value = value and decoded(value)
    local is_known = false
    for _, one in ipairs(known) do is_known = is_known or one == name end
    if not is_known then
      name = (name or pair):match("^[%w_-]+$")
      return refuse("has an unknown option" .. (name and ' "' .. name .. '"'
        .. spelling.hint(name, known) or ""))
    elseif not value then
      return refuse("has an option with characters that cannot be in it")
    end
    options[name] = value
  end
  return options
end

---Host and port of "host:5432" and "[::1]:5432".
local function split_host(text)
  local host, port = text:match("^%[([%x:.]+)%](.*)$")
  if not host then
    host, port = text:match("^([^:]*)(.*)$")
    host = decoded(host)
    if not host or not host:find("^[%w._/-]*$") or host:find("^%-") then
      return refuse("has no valid host")
    end
  end
  if port ~= "" then
    port = port:match("^:(%d+)$")
    local number = tonumber(port)
    if not number or number < 1 or number > 65535 then return refuse("has no valid port") end
  end
  return host, port
end

local function or_nil(text)
  return text ~= "" and text or nil
end

---@param text string
---@return DatabaseUrl?
---@return string? message  without what may be a password
---@return Kind? kind  "usage"
function url.parse(text)
  local scheme, rest = split_scheme(text)
  if not scheme then return refuse("names no database that can be read") end
  if url.has_password(text) then
    return nil, "the URL of the database has a password in it: " .. url.PASSWORD_ADVICE, "usage"
  end
  local authority, name, query = rest:match("^([^/?#]*)/?([^?#]*)%??([^#]*)$")
  if not authority then return refuse("cannot have a fragment (#)") end
  local user, address = authority:match("^(.*)@([^@]*)$")
  user, name = decoded(user or ""), decoded(name)
  if not user or not name then return refuse("has characters that cannot be in it") end
  local host, port, kind = split_host(address or authority)
  if not host then return nil, port, kind end
  local options, message
  options, message, kind = split_options(query, SCHEMES[scheme].options)
  if not options then return nil, message, kind end
  return {
    scheme = SCHEMES[scheme].scheme, user = or_nil(user), host = or_nil(host),
    port = or_nil(port), name = or_nil(name), options = options,
  }
end

return url
