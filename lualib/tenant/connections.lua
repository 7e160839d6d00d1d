--- Connections of the rehearsal tenant.

local answers = require "tenant.answers"
local digest = require "host.digest"
local failure = require "base.failure"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local settings_of = require "auth0.connection"

local connections = {}

connections.SQL = [[
CREATE TABLE connection (
  room INTEGER PRIMARY KEY, -- its number: indexes of users are shorter with it
  id TEXT UNIQUE NOT NULL, name TEXT UNIQUE NOT NULL, strategy TEXT NOT NULL,
  options TEXT NOT NULL, -- JSON, as the Management API shows it
  clients TEXT NOT NULL  -- JSON list of client ids
);]]

local CLIENTS <const>, MOST_CLIENTS <const> = 50, 1000 -- of a page

local LETTERS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

---An id such as "con_" and 16 letters and digits.
---@param prefix string
---@return string
function connections.new_id(prefix)
  local id = digest.random(16):gsub(".", function(byte)
    local i = byte:byte() % #LETTERS + 1
    return LETTERS:sub(i, i)
  end)
  return prefix .. "_" .. id
end

---Converts settings of auth0.connection to options of the Management API.
---@param settings Connection
---@return table
function connections.options_of(settings)
  local username = settings.username or {}
  local options = {
    import_mode = settings.import_mode or false,
    enabledDatabaseCustomization = settings.custom_database or false,
    requires_username = settings.requires_username or false,
    validation = { username = { min = username.min or 1, max = username.max or 15 } },
  }
  local unique = settings.unique or {}
  if not settings.identifiers and unique.email ~= false then return options end
  local active = settings.identifiers or { email = true }
  local required = settings.profile_required or { email = not settings.identifiers }
  local attributes = {}
  for _, name in ipairs(identifiers.LOGINS) do
    attributes[name] = {
      identifier = { active = active[name] or false }, profile_required = required[name] or false,
    }
  end
  attributes.email.unique = unique.email ~= false
  attributes.username.validation = {
    min_length = username.min or 1, max_length = username.max or 15,
    allowed_types = {
      email = username.allow_email or false, phone_number = username.allow_phone or false,
    },
  }
  options.attributes = attributes
  return options
end

---@class TenantConnection  as the Management API shows it, with its clients
---@field id? string        default: a new one
---@field name string
---@field strategy? string  default "auth0"
---@field options? table
---@field clients? string[] default: the tenant's only client

---@param tenant Tenant
---@param given TenantConnection
---@return string id
function connections.add(tenant, given)
  local id = given.id or connections.new_id("con")
  assert(tenant.db:run([[INSERT INTO connection (id, name, strategy, options, clients)
    VALUES (?, ?, ?, ?, ?)]], id, given.name, given.strategy or "auth0",
    json.encode(given.options or {}),
    json.encode(json.array(given.clients or { tenant.client_id }))))
  return id
end

---@class StoredConnection
---@field room integer
---@field id string
---@field name string
---@field strategy string
---@field options table
---@field clients string[]
---@field settings Connection

local function loaded(row)
  if not row then return nil end
  row.options, row.clients = json.decode(row.options), json.decode(row.clients)
  row.settings = settings_of.from_api(row)
  return row
end

---@param tenant Tenant
---@param id string
---@return StoredConnection?
function connections.by_id(tenant, id)
  return loaded(tenant.db:row("SELECT * FROM connection WHERE id = ?", id))
end

---@param tenant Tenant
---@param name string
---@return StoredConnection?
function connections.by_name(tenant, name)
  return loaded(tenant.db:row("SELECT * FROM connection WHERE name = ?", name))
end

local function shown(row, scopes, query)
  local fields = query.fields
  local all = {
    id = row.id, name = row.name, strategy = row.strategy, realms = json.array { row.name },
    is_domain_connection = false,
    options = scopes["read:connections_options"] and row.options or nil,
  }
  if not fields then return all end
  local include = query.include_fields ~= "false"
  local some = {}
  for name in fields:gmatch("[^,%s]+") do
    if include then some[name] = all[name] else all[name] = nil end
  end
  return include and some or all
end

---The requested strategies; the parameter may be repeated.
local function strategies_of(request)
  local set = {}
  for value in ("&" .. request.raw_query):gmatch("&strategy=([^&]*)") do
    local name = value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    set[name] = true
  end
  return set
end

local function number(text, default, least, most)
  if text == nil then return default end
  local value = math.tointeger(tonumber(text))
  return value and value >= least and value <= most and value or nil
end

---GET /api/v2/connections: a list, optionally with totals, or paginated by checkpoint.
---@param tenant Tenant
---@param request host.server.request
---@param scopes table<string, true>
---@return Answer
function connections.list(tenant, request, scopes)
  local query = request.query
  local by_checkpoint = query.take or query.from
  local size = number(query.take or query.per_page, by_checkpoint and 50 or 100, 1, 100)
  local page = number(query.page, 0, 0, 1000000)
  local from = number(query.from, 0, 0, 1000000)
  if not size then
    return answers.invalid_query("'Value is out of range'", query.take and "take" or "per_page")
  elseif not page then return answers.invalid_query("'Value is out of range'", "page")
  elseif not from then return answers.invalid_query("'Invalid checkpoint'", "from") end
  local matching, strategies = json.array {}, strategies_of(request)
  for row in tenant.db:rows("SELECT * FROM connection ORDER BY name") do
    if (not query.name or query.name == row.name)
      and (not query.strategy or strategies[row.strategy]) then
      matching[#matching + 1] = shown(loaded(row), scopes, query)
    end
  end
  local start = by_checkpoint and from or page * size
  local list = json.array(table.move(matching, start + 1, math.min(#matching, start + size), 1, {}))
  if by_checkpoint then
    local following = start + size < #matching and tostring(start + size) or nil
    return answers.json { connections = list, next = following }
  elseif query.include_totals == "true" then
    return answers.json {
      start = start, limit = size, total = #matching, length = #list, connections = list,
    }
  end
  return answers.json(list)
end

local function missing()
  return answers.refuse(404, "The connection does not exist", "inexistent_connection")
end

---GET /api/v2/connections/{id}
---@param tenant Tenant
---@param request host.server.request
---@param scopes table<string, true>
---@return Answer
function connections.get(tenant, request, scopes)
  local row = connections.by_id(tenant, request.ids[1])
  if not row then return missing() end
  return answers.json(shown(row, scopes, request.query))
end

---DELETE /api/v2/connections/{id}: deletes its users, too.
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function connections.delete(tenant, request)
  local id, db = request.ids[1], tenant.db
  local transaction <close> = db:begin()
  for _, sql in ipairs {
    "DELETE FROM user WHERE connection = ?", "DELETE FROM ghost WHERE connection = ?",
    "DELETE FROM connection WHERE id = ?",
  } do db:run(sql, id) end
  failure.check(transaction:commit())
  return answers.none()
end

---GET /api/v2/connections/{id}/clients
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function connections.clients(tenant, request)
  local row = connections.by_id(tenant, request.ids[1])
  if not row then return missing() end
  local take = number(request.query.take, CLIENTS, 1, MOST_CLIENTS)
  local from = number(request.query.from, 0, 0, 1000000)
  if not take then return answers.invalid_query("'Value is out of range'", "take") end
  if not from then return answers.invalid_query("'Invalid checkpoint'", "from") end
  local list = json.array {}
  for i = from + 1, math.min(#row.clients, from + take) do
    list[#list + 1] = { client_id = row.clients[i] }
  end
  local following = from + take < #row.clients and tostring(from + take) or nil
  return answers.json { clients = list, next = following }
end

return connections
