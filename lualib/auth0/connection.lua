--- The settings of a database connection that decide which users are valid and which conflict.
--- Source: Auth0 Management API v2, connections; docs "Flexible Identifiers and Attributes",
--- "Non-Unique Emails", "Adding Username for Database Connections" (November 2026).

local identifiers = require "auth0.identifiers"
local json = require "host.json"

local connection = {}

connection.NAME = "Username-Password-Authentication" -- of a new tenant

---@class Connection : ConnectionSettings
---@field id? string
---@field name string
---@field strategy string            "auth0" for databases
---@field enabled boolean            for at least one application
---@field import_mode boolean        a custom database that imports its users to Auth0
---@field custom_database boolean
---@field requires_username boolean
---@field unique table<string, boolean>  of email, username, phone_number, user_id
---@field options_known boolean      false: the token could not read them; Auth0's defaults

---@param name? string
---@return Connection
function connection.defaults(name)
  return {
    name = name or connection.NAME, strategy = "auth0", enabled = true, import_mode = false,
    custom_database = false, requires_username = false, username = { min = 1, max = 15 },
    unique = { email = true, username = true, phone_number = true, user_id = true },
    options_known = false,
  }
end

local function object(value)
  return type(value) == "table" and value or {}
end

local function integer(value, default)
  local number = tonumber(value)
  return number and math.floor(number) or default
end

---Flexible identifiers: which ones are active, required and unique.
local function apply_attributes(settings, attributes)
  settings.identifiers, settings.profile_required = {}, {}
  for _, name in ipairs(identifiers.LOGINS) do
    local attribute = object(attributes[name])
    settings.identifiers[name] = object(attribute.identifier).active == true
    settings.profile_required[name] = attribute.profile_required == true
  end
  settings.unique.email = object(attributes.email).unique ~= false
  local rules = object(object(attributes.username).validation)
  local allowed = object(rules.allowed_types)
  settings.username = {
    min = integer(rules.min_length, 1), max = integer(rules.max_length, 15),
    allow_email = allowed.email == true, allow_phone = allowed.phone_number == true,
  }
  settings.requires_username = settings.profile_required.username
end

---@param value table
---@return Connection
function connection.from_api(value)
  local settings = connection.defaults(value.name)
  settings.id, settings.strategy = value.id, value.strategy
  if type(value.options) ~= "table" then return settings end
  local options = value.options
  settings.options_known = true
  settings.import_mode = options.import_mode == true
  settings.custom_database = options.enabledDatabaseCustomization == true
  if options.enabledDatabaseCustomization == nil then -- disabled scripts remain
    settings.custom_database = object(options.customScripts).login ~= nil
  end
  settings.requires_username = options.requires_username == true
  local limits = object(object(options.validation).username)
  settings.username = { min = integer(limits.min, 1), max = integer(limits.max, 15) }
  if type(options.attributes) == "table" then apply_attributes(settings, options.attributes) end
  return settings
end

---Why users cannot be imported, and what to do; nil if they can.
---@param settings Connection
---@return string? why
---@return string? fix
function connection.objection(settings)
  local name = settings.name
  if settings.strategy ~= "auth0" then
    return string.format("connection %s has the strategy %s", name, tostring(settings.strategy)),
      "users can only be imported into a database connection: choose another one"
  elseif settings.custom_database and not settings.import_mode then
    return string.format("connection %s is a custom database without import mode", name),
      'enable "Import Users to Auth0" in its settings, or choose another one'
  elseif not settings.enabled then
    return string.format("connection %s is not enabled for any application", name),
      "enable it for an application (Applications tab of the connection)"
  end
end

---What a person should know of a connection before users are sent to it.
---@param settings Connection
---@return {code: string, message: string, fix: string}[]
function connection.warnings(settings)
  local list = {}
  local why, fix = connection.objection(settings)
  if why then list[1] = { code = "CONNECTION_UNUSABLE", message = why, fix = fix } end
  if not settings.options_known then
    list[#list + 1] = {
      code = "CONNECTION_SETTINGS_UNKNOWN", message = string.format("the settings of connection %s "
        .. "cannot be read; Auth0's defaults are assumed for usernames and identifiers",
        settings.name),
      fix = "grant read:connections_options, or use --connection-file",
    }
  end
  if settings.unique.email == false then
    list[#list + 1] = {
      code = "EMAIL_NOT_UNIQUE", message = string.format("e-mail addresses are not unique in "
        .. "connection %s: users are distinguished by user_id, and an upload without a response "
        .. "cannot be resent", settings.name),
      fix = "set user_id for every user",
    }
  end
  return list
end

local SHAPE <const> = {
  id = "string", name = "string", strategy = "string", enabled = "boolean",
  import_mode = "boolean", custom_database = "boolean", requires_username = "boolean",
  options_known = "boolean", username = "table", unique = "table", identifiers = "table",
  profile_required = "table",
}

---Settings from the text of a --connection-file: the output of `encode`, or a connection as the
---Management API returns it.
---@param text string
---@return Connection?
---@return string? message
---@return Kind? kind
function connection.decode(text)
  local value, message = json.decode(text)
  if value == nil then return nil, "cannot parse the connection file: " .. message, "usage" end
  if type(value) ~= "table" or json.is_array(value) then
    return nil, "the connection file is not a JSON object", "usage"
  end
  if type(value.options) == "table" then return connection.from_api(value) end
  local settings = connection.defaults()
  settings.options_known = true
  for key, given in pairs(value) do
    if not SHAPE[key] then
      return nil, string.format("the connection file: unknown setting %q", key), "usage"
    elseif type(given) ~= SHAPE[key] then
      return nil, string.format("the connection file: %s must be of type %s", key,
        SHAPE[key] == "table" and "object" or SHAPE[key]), "usage"
    elseif key == "unique" then
      for name, is in pairs(given) do settings.unique[name] = is end
    else
      settings[key] = given
    end
  end
  return settings
end

---@param settings Connection
---@return string
function connection.encode(settings)
  return assert(json.encode(settings)) .. "\n"
end

return connection
