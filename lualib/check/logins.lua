--- Logins with known passwords: read from a file, tried against a tenant on this machine.
--- Cleartexts are never stored or returned.

local client = require "auth0.api.client"
local connections = require "auth0.api.connections"
local fetch = require "base.fetch"
local file = require "host.file"
local format = require "base.format"
local http = require "host.http"
local json = require "host.json"
local login = require "auth0.api.login"
local scheduler = require "base.scheduler"

local logins = {}

local LARGEST <const> = 16 * 1024 * 1024 -- bytes of the file
local PATIENCE <const> = 15 -- own seconds; the tenant is on this machine
local PIECE <const> = 65536

---@class Login
---@field id string        address, username, phone number or user_id
---@field password string

---@class TriedLogin
---@field id string
---@field result LoginResult
---@field reason? string

local function read_all(path)
  local input, message, kind = file.open(path)
  if not input then return nil, message, kind end
  local parts, size = {}, 0
  while true do
    local piece
    piece, message, kind = input:read(PIECE)
    if not piece then break end
    size = size + #piece
    if size > LARGEST then message, kind = "larger than 16 MiB", "usage" break end
    parts[#parts + 1] = piece
  end
  input:close()
  if message then return nil, message, kind end
  return table.concat(parts)
end

---The CSV field at a position and the position after it; nil for an unclosed quote.
local function field_at(text, at)
  if text:sub(at, at) ~= '"' then
    local value = text:match("^[^,\r\n]*", at)
    return value, at + #value
  end
  local parts, from = {}, at + 1
  while true do
    local quote = text:find('"', from, true)
    if not quote then return nil end
    parts[#parts + 1] = text:sub(from, quote - 1)
    if text:sub(quote + 1, quote + 1) ~= '"' then return table.concat(parts), quote + 1 end
    parts[#parts + 1] = '"'
    from = quote + 2
  end
end

---CSV rows, each a list of fields with its line number; nil and the line of a malformed one.
local function rows_of(text)
  local rows, at, line = {}, 1, 1
  while at <= #text do
    local row = { line = line }
    repeat
      local value, after = field_at(text, at)
      if not value then return nil, line end
      row[#row + 1] = value
      line = line + select(2, value:gsub("\n", ""))
      local comma = text:sub(after, after) == ","
      at = comma and after + 1 or after
    until not comma
    local ending = text:match("^\r?\n", at)
    if not ending and at <= #text then return nil, line end
    at, line = at + #(ending or ""), line + 1
    if #row > 1 or row[1] ~= "" then rows[#rows + 1] = row end
  end
  return rows
end

local function checked(list, id, password, line)
  if type(id) ~= "string" or id == "" then return nil, "line " .. line .. " has no id" end
  if type(password) ~= "string" then
    return nil, "line " .. line .. " has no password (a string in quotes)"
  end
  if password == "" then return nil, "line " .. line .. " has an empty password" end
  list[#list + 1] = { id = id, password = password }
  return true
end

local function from_csv(text)
  local rows, broken = rows_of(text)
  if not rows then return nil, "line " .. broken .. " is malformed (unclosed quote?)" end
  local head, list = rows[1] or {}, {}
  if #head ~= 2 or head[1]:lower() ~= "id" or head[2]:lower() ~= "password" then
    return nil, "the first line must be id,password (or each line a JSON object with both)"
  end
  for i = 2, #rows do
    local row = rows[i]
    if #row ~= 2 then
      return nil, string.format("line %d has %s, not id and password", row.line,
        format.count(#row, "field"))
    end
    local done, message = checked(list, row[1], row[2], row.line)
    if not done then return nil, message end
  end
  return list
end

local function from_ndjson(text)
  local list, line = {}, 0
  for one in (text:gsub("\r\n", "\n") .. "\n"):gmatch("(.-)\n") do
    line = line + 1
    if one:find("%S") then
      local value = json.decode(one)
      if type(value) ~= "table" then return nil, "line " .. line .. " is not a JSON object" end
      local done, message = checked(list, value.id, value.password, line)
      if not done then return nil, message end
    end
  end
  return list
end

---Reads NDJSON of {"id", "password"}, or CSV with the header id,password.
---@param path string  "-" is stdin
---@return Login[]?
---@return string? message
---@return Kind? kind
function logins.read(path)
  local name = path == "-" and "stdin" or path
  local text, message, kind = read_all(path)
  if not text then return nil, "cannot read the logins: " .. message, kind end
  text = text:gsub("^\xef\xbb\xbf", "")
  local list
  if text:find("^%s*{") then
    list, message = from_ndjson(text)
  else
    list, message = from_csv(text)
  end
  if not list then return nil, name .. ": " .. message, "usage" end
  if #list == 0 then return nil, name .. " has no logins", "usage" end
  return list
end

---Whether a tenant is on this machine: cleartexts are sent nowhere else.
---@param base string
---@return boolean
function logins.is_near(base)
  local host = base:match("^https?://([^/]+)$") or ""
  host = host:gsub(":%d+$", "")
  return host == "localhost" or host == "[::1]" or host:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

---@param settings Settings
---@param list Login[]
---@param blocked? table<TriedLogin, table>  receives the users that are blocked, as the tenant
---  shows them
---@return TriedLogin[]?
---@return string? message
---@return Kind? kind
function logins.try(settings, list, blocked)
  local transport <close> = http.new {
    ca_file = settings.ca_file, user_agent = "auth0-migrate/" .. require("host").version,
  }
  local made = client.new {
    base = settings.base, credentials = settings.credentials, fetch = fetch.new(transport),
    clock = scheduler.clock(settings.time_scale), patience = PATIENCE,
  }
  local settled, message, kind = connections.read(made, settings.connection)
  if not settled then return nil, message, kind end
  local target = {
    base = settings.base, connection = settled.name, credentials = settings.credentials,
    client = made, fetch = fetch.new(transport),
  }
  local tried = {}
  for i, one in ipairs(list) do
    local answer
    answer, message, kind = login.try(target, one.id, one.password)
    if not answer then return nil, message, kind end
    tried[i] = { id = one.id, result = answer.result, reason = answer.reason }
    if blocked and answer.result == "blocked" then blocked[tried[i]] = answer.user end
  end
  return tried
end

---Those that did not succeed. Apart from them the logins of blocked users: the password is right.
---@param tried TriedLogin[]
---@return TriedLogin[] failed
---@return TriedLogin[] blocked
function logins.failed(tried)
  local failed, blocked = {}, {}
  for _, one in ipairs(tried) do
    local list = one.result == "blocked" and blocked or failed
    if one.result ~= "yes" then list[#list + 1] = one end
  end
  return failed, blocked
end

return logins
