--- Resolves the settings of a command. Precedence: flags, a named profile, the environment, the
--- configuration file, the recipe, the defaults.

local file = require "host.file"
local loopback = require "base.loopback"
local json = require "host.json"
local limits = require "auth0.limits"
local options = require "cli.common.options"
local tables = require "cli.text.tables"

local settings = {}

---@class Credentials
---@field client_id? string
---@field client_secret? string
---@field access_token? string
---@field private_key? string  PEM
---@field audience? string

---@class Settings
---@field base? string            the tenant's URL, without a slash at the end
---@field credentials Credentials
---@field unsaid? UnsaidDomain    a tenant to be confirmed before a secret is sent to it
---@field connection? string      name or id
---@field upsert boolean
---@field run_dir? string
---@field rehearsal? string       the command line of a rehearsal, whose tenant ends with the run
---@field rehearse_wider? fun(flag: string, value: string): string  the same with another option
---@field fresh boolean
---@field yes boolean
---@field changed boolean
---@field refresh boolean         pages of an API that were kept are read anew
---@field json boolean
---@field limit? integer          records
---@field secret_file? string   that the credentials were read from
---@field exposed? string[]     files with a secret that other users can read
---@field file_params? table<string, any>            from the configuration file, for `resume`
---@field params_from_environment? table<string, boolean>
---@field file_folder? string      of the configuration file, for `resume` like the next one
---@field config_file? string
---@field secret_files? string[]  that the configuration file names
---@field max_rejects? Limit
---@field max_failures? Limit
---@field allow_empty? boolean         pass the gates of a whole stage
---@field allow_no_passwords? boolean
---@field allow_no_matches? boolean
---@field canary? Limit           users
---@field delete_ghosts boolean
---@field recipe_limits {memory?: integer, steps?: integer, seconds?: number}
---@field allow Allow             what the options `--allow-X` grant to the recipe
---@field slots integer
---@field chunk_bytes integer
---@field chunk_users? integer
---@field keep_chunks boolean
---@field patience number         seconds
---@field ca_file? string
---@field connection_file? string
---@field params table<string, string>  from the command line
---@field time_scale number
---@field origin table<string, Origin>
---@field quiet boolean
---@field verbose boolean
---@field color boolean
---@field interactive boolean     the user can be asked
---@field carried? fun(name: string): string[]  options that a next command of this name needs

---@class UnsaidDomain  named by a file that may not be the user's; the secret is of the environment
---@field file string    the configuration file
---@field base string    the tenant's URL

---@alias Origin "flag"|"profile"|"environment"|"file"|"recipe"|"default"

local DEFAULTS <const> = {
  slots = limits.JOBS, chunk_bytes = limits.CHUNK_BYTES, patience = 2 * 60 * 60,
  upsert = false, keep_chunks = false,
}

-- Settings that more than one layer can set.
local LAYERED <const> = {
  "connection", "upsert", "slots", "chunk_bytes", "chunk_users", "keep_chunks", "patience",
  "ca_file", "connection_file",
}

local ENVIRONMENT <const> = {
  domain = true, client_id = true, client_secret = true, client_secret_file = true,
  access_token = true, access_token_file = true, private_key_file = true, audience = true,
  connection = true,
}

-- Kinds of client authentication in order of preference: {setting, field of credentials}.
local PROOFS <const> = {
  { "access_token", "access_token" }, { "private_key", "private_key" },
  { "client_secret", "client_secret" },
}

local LABEL <const> = {
  domain = "AUTH0_DOMAIN", client_id = "AUTH0_CLIENT_ID", client_secret = "AUTH0_CLIENT_SECRET",
  access_token = "AUTH0_ACCESS_TOKEN", private_key = "AUTH0_PRIVATE_KEY",
}

---@class Layer
---@field name Origin
---@field get fun(key: string): any, string?

local function layers_of(sources)
  local flags, config, env = sources.flags, sources.config, sources.env
  local recipe = sources.recipe
  local import = recipe and type(recipe.import) == "table" and recipe.import or {}
  return {
    { name = "flag", get = function(key) return flags[key] end },
    { name = "profile", get = function(key) return config:get("profile", key) end },
    {
      name = "environment", get = function(key)
        local value = ENVIRONMENT[key] and env("AUTH0_" .. key:upper())
        return value ~= "" and value or nil
      end,
    },
    { name = "file", get = function(key) return config:get("values", key) end },
    { name = "recipe", get = function(key) return import[key] end },
    { name = "default", get = function(key) return DEFAULTS[key] end },
  }
end

---Parses a value of a file or the environment as its option would.
local function typed(layer, key, value)
  if layer.name == "flag" or layer.name == "default" then return value end
  local option = options.by_key(key)
  if not option then return tostring(value) end
  local parsed, expected
  if not option.argument then
    if type(value) == "boolean" then return value end
    expected = "true or false"
  elseif option.parse then
    parsed, expected = option.parse(tostring(value))
    if parsed ~= nil then return parsed end
  else
    return tostring(value)
  end
  return nil, string.format("%s: %s must be %s, not \"%s\"", layer.where or layer.name, key,
    expected, tostring(value))
end

---The value of the first layer that has one, and its origin; nil and a message on failure.
local function look_up(layers, key)
  for _, layer in ipairs(layers) do
    local value, message = layer.get(key)
    if message then return nil, message end
    if value ~= nil then
      value, message = typed(layer, key, value)
      if message then return nil, message end
      return value, layer.name
    end
  end
  return nil
end

---The tenant's URL from a host or a URL.
local function base_url(domain)
  local scheme, rest = domain:match("^(%a[%w+.-]*)://(.*)$")
  scheme, rest = (scheme or "https"):lower(), (rest or domain):gsub("/+$", "")
  local bad = string.format("the tenant domain must be a host such as acme.eu.auth0.com or a URL "
    .. "without a path, not \"%s\"", domain)
  if scheme ~= "https" and scheme ~= "http" then return nil, bad end
  local host = rest:lower()
  if not (host:find("^[%w.-]+$") or host:find("^[%w.-]+:%d+$") or host:find("^%[[%x:]+%]$")
    or host:find("^%[[%x:]+%]:%d+$")) then
    return nil, bad
  end
  if scheme == "http" and not loopback.is(host) then
    return nil, string.format("%s is not encrypted: use https; http is accepted for this machine "
      .. "only", domain)
  end
  return scheme .. "://" .. host
end

---A secret of a layer, given directly or by the name of its file, which is the third result.
local function secret(layer, key)
  local value, message = nil, nil
  if key ~= "private_key" then value, message = layer.get(key) end
  if message then return nil, message end
  local path
  path, message = layer.get(key .. "_file")
  if message then return nil, message end
  if value ~= nil and path ~= nil then
    return nil, string.format("the %s sets both %s and %s_file; remove one", layer.name, key, key)
  end
  if value ~= nil then return tostring(value) end
  if path == nil then return nil end
  local text
  text, message = file.read(tostring(path))
  if not text then return nil, (LABEL[key] or key) .. "_FILE: " .. message end
  text = text:gsub("\r?\n$", "")
  return text, nil, tostring(path)
end

---The credentials of the first layer that has any: a token of another layer may belong to another
---tenant and must not be sent to this one.
---@return string|true? proof  the setting that was chosen; true: none is given
---@return string? message
local function read_proof(layers, resolved)
  for _, layer in ipairs(layers) do
    for _, proof in ipairs(PROOFS) do
      local value, message, path = secret(layer, proof[1])
      if message then return nil, message end
      if value then
        resolved.credentials[proof[2]], resolved.origin[proof[1]] = value, layer.name
        resolved.secret_file = path
        return proof[1]
      end
    end
  end
  return true
end

---Whether the credentials hold a secret.
---@param resolved Settings
---@return boolean
function settings.has_secret(resolved)
  for _, proof in ipairs(PROOFS) do
    if resolved.credentials[proof[2]] then return true end
  end
  return false
end

-- The part of the configuration that a layer reads.
local PARTS <const> = { profile = "profile", file = "values" }

---Whether the environment has, or has the path of, the secret that was chosen.
local function is_of_environment(config, origin, proof)
  local part = PARTS[origin[proof]]
  if not part then return origin[proof] == "environment" end
  return (config:variable(part, proof) or config:variable(part, proof .. "_file")) ~= nil
end

---A tenant that only a file of the working directory names, with a secret of the environment:
---whoever wrote the file would choose where the secret goes.
local function unsaid(resolved, config, proof)
  local is_said = resolved.origin.domain ~= "file" or config:variable("values", "domain") == "whole"
  if is_said or not is_of_environment(config, resolved.origin, proof) then return nil end
  local file_name = config:local_path()
  return file_name and { file = file_name, base = resolved.base } or nil
end

local function read_tenant(resolved, layers, config)
  local domain, from = look_up(layers, "domain")
  if domain == nil and from then return nil, from end
  if domain then
    local base, message = base_url(domain)
    if not base then return nil, message end
    resolved.base, resolved.origin.domain = base, from
  end
  for _, key in ipairs { "client_id", "audience" } do
    local value
    value, from = look_up(layers, key)
    if value == nil and from then return nil, from end
    resolved.credentials[key], resolved.origin[key] = value, from
  end
  local proof, message = read_proof(layers, resolved)
  if not proof then return nil, message end
  resolved.unsaid = proof ~= true and unsaid(resolved, config, proof) or nil
  return true
end

---The value of AUTH0_MIGRATE_TIME_SCALE.
---@param env fun(name: string): string?
---@return number? scale
---@return string? message
---@return Kind? kind  "usage"
function settings.time_scale(env)
  local text = env "AUTH0_MIGRATE_TIME_SCALE"
  if not text or text == "" then return 1 end
  local scale = tonumber(text)
  if not scale or scale <= 0 or scale == math.huge then
    return nil, "AUTH0_MIGRATE_TIME_SCALE must be a number above 0, not \"" .. text .. "\"",
      "usage"
  end
  return scale
end

local ALLOWED <const> = { "read", "net", "env", "exec", "api" }

---What the options `--allow-X` grant.
---@param flags table<string, any>
---@return Allow
function settings.allowed(flags)
  local allow = {}
  for _, kind in ipairs(ALLOWED) do
    for _, what in ipairs(flags["allow_" .. kind] or {}) do
      allow[kind] = allow[kind] or {}
      if what == true then
        allow[kind].declared = true
      else
        table.insert(allow[kind], what)
      end
    end
  end
  return allow
end

---What one call of the recipe may use; nil: the default.
---@param flags table<string, any>
---@return {memory?: integer, steps?: integer, seconds?: number}
function settings.limits(flags)
  return {
    memory = flags.recipe_memory, steps = flags.recipe_steps, seconds = flags.recipe_time,
  }
end

---@class SettingsSources
---@field flags table
---@field config Config
---@field env fun(name: string): string?
---@field recipe? Recipe
---@field offline? boolean   no tenant is used: credentials are not read

---@param sources SettingsSources
---@return Settings?
---@return string? message
---@return Kind? kind  "usage"
function settings.resolve(sources)
  local flags = sources.flags
  local resolved = {
    credentials = {}, origin = {}, params = flags.params or {}, limit = flags.limit,
    run_dir = flags.run_dir, fresh = flags.fresh or false, yes = flags.yes or false,
    refresh = flags.refresh or false, changed = flags.changed or false, json = flags.json or false,
    max_rejects = flags.max_rejects, max_failures = flags.max_failures, canary = flags.canary,
    allow_empty = flags.allow_empty, allow_no_passwords = flags.allow_no_passwords,
    allow_no_matches = flags.allow_no_matches,
    delete_ghosts = flags.delete_ghosts or false, allow = settings.allowed(flags),
    recipe_limits = settings.limits(flags),
  }
  local layers = layers_of(sources)
  layers[2].where, layers[4].where = sources.config.path, sources.config.path
  for _, key in ipairs(LAYERED) do
    local value, from = look_up(layers, key)
    if value == nil and from then return nil, from, "usage" end
    resolved[key], resolved.origin[key] = value, from
  end
  local message
  resolved.time_scale, message = settings.time_scale(sources.env)
  if not resolved.time_scale then return nil, message, "usage" end
  if not sources.offline then
    local done
    done, message = read_tenant(resolved, layers, sources.config)
    if not done then return nil, message, "usage" end
  end
  return resolved
end

local SHOWN <const> = {
  "base", "client_id", "audience", "connection", "upsert", "slots", "chunk_bytes", "chunk_users",
  "keep_chunks", "patience", "ca_file", "connection_file",
}
local NAMES <const> = { base = "domain" }

---The settings that apply and their origins, without secrets.
---@param resolved Settings
---@return {name: string, value: any, origin: Origin}[]
function settings.list(resolved)
  local list = json.array {}
  for _, key in ipairs(SHOWN) do
    local value = resolved[key]
    if value == nil then value = resolved.credentials[key] end
    local name = NAMES[key] or key
    if value ~= nil then
      list[#list + 1] = { name = name, value = value, origin = resolved.origin[name] or "default" }
    end
  end
  for _, proof in ipairs(PROOFS) do
    local from = resolved.origin[proof[1]]
    if from then list[#list + 1] = { name = proof[1], value = "given", origin = from } end
  end
  return list
end

---The same, one line each.
---@param resolved Settings
---@return string[]
function settings.describe(resolved)
  local lines = {}
  for i, one in ipairs(settings.list(resolved)) do
    lines[i] = string.format("%s: %s (%s)", one.name, tables.setting(one), one.origin)
  end
  return lines
end

return settings
