--- The configuration file auth0-migrate.yaml. `${NAME}` is replaced from the environment when the
--- value is used.

local file = require "host.file"
local json = require "host.json"
local paths = require "base.path"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local yaml = require "host.yaml"

local config = {}

config.DEFAULT = "auth0-migrate.yaml"

-- Settings allowed in the file and in each of its profiles.
config.KEYS = {
  "domain", "client_id", "client_secret", "client_secret_file", "access_token",
  "access_token_file", "private_key_file", "audience", "connection", "upsert", "slots",
  "chunk_bytes", "chunk_users", "keep_chunks", "patience", "ca_file", "connection_file", "params",
}

---@class Config
---@field path? string   the configuration file, nil when none was found
---@field values table<string, any>     settings of the file, not expanded
---@field profile table<string, any>    settings of the named profile, not expanded
---@field env Environment
local Config = {}
Config.__index = Config

local function is_map(value)
  return type(value) == "table" and not json.is_array(value)
end

local function check_keys(where, values, known)
  local allowed = {}
  for _, name in ipairs(known) do allowed[name] = true end
  for name, value in sorted.pairs(values) do
    if not allowed[name] then
      return nil, string.format("%s: unknown setting \"%s\"%s", where, name,
        spelling.hint(name, known)), "usage"
    end
    local map = name == "params" or name == "profiles"
    if value ~= json.null and map ~= is_map(value) then
      return nil, string.format("%s: %s must be %s", where, name, map and "a map of names to values"
        or "a single value"), "usage"
    end
  end
  return true
end

local function with_profiles()
  local known = table.move(config.KEYS, 1, #config.KEYS, 1, {})
  known[#known + 1] = "profiles"
  return known
end

local function check(path, values)
  if not is_map(values) then
    return nil, path .. ": the configuration must be a map of settings, such as domain: ...",
      "usage"
  end
  local fine, message, kind = check_keys(path, values, with_profiles())
  if not fine then return nil, message, kind end
  for name, profile in pairs(is_map(values.profiles) and values.profiles or {}) do
    local where = path .. ", profile " .. name
    if not is_map(profile) then return nil, where .. ": must be a map of settings", "usage" end
    fine, message, kind = check_keys(where, profile, config.KEYS)
    if not fine then return nil, message, kind end
  end
  return true
end

local function read(path)
  local text, message = file.read(path)
  if not text then return nil, "cannot read the configuration: " .. message, "usage" end
  local values
  values, message = yaml.decode(text)
  if values == nil and message then
    -- YAML reads the brace of an unquoted ${NAME} as the start of a map.
    local hint = text:find("{[^\n]*${") and "; inside { } quote a value such as ${NAME}" or ""
    return nil, path .. ": " .. message .. hint, "usage"
  end
  if values == nil or values == json.null then return {} end
  local fine, why, kind = check(path, values)
  if not fine then return nil, why, kind end
  return values
end

local function choose_profile(self, name)
  local profiles = is_map(self.values.profiles) and self.values.profiles or {}
  if profiles[name] then
    self.profile = profiles[name]
    return self
  end
  local names = sorted.keys(profiles)
  if #names == 0 then
    return nil, string.format("unknown profile %s: %s", name, self.path
      and self.path .. " has no profiles" or config.DEFAULT .. " does not exist"), "usage"
  end
  local near = spelling.find(name, names)
  return nil, string.format("unknown profile %s: %s has %s", name, self.path,
    table.concat(names, ", ")), "usage", near and { wrong = name, meant = near } or nil
end

-- `${NAME}` in a value.
local VARIABLE <const> = "%${([%a_][%w_]*)}"

---Takes the variables that the file names, for they may be secrets: a recipe is loaded before the
---settings are read.
local function take_variables(self, values)
  for _, value in pairs(values) do
    if type(value) == "table" then
      take_variables(self, value)
    elseif type(value) == "string" then
      for name in value:gmatch(VARIABLE) do self.env(name, true) end
    end
  end
end

---Reads the named file, or the default one if it exists.
---@param options {path?: string, profile?: string, env: Environment}
---@return Config?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function config.load(options)
  local self = setmetatable({ values = {}, profile = {}, env = options.env }, Config)
  local path = options.path or (file.stat(config.DEFAULT) and config.DEFAULT)
  if path then
    local values, message, kind = read(path)
    if not values then return nil, message, kind end
    self.path, self.values = path, values
    take_variables(self, values)
  end
  if options.profile then return choose_profile(self, options.profile) end
  return self
end

---Replaces `${NAME}`. The second result says whether anything was replaced.
function Config:expand(where, value)
  if type(value) ~= "string" then return value, false end
  local missing, found
  local expanded = value:gsub(VARIABLE, function(name)
    found = true
    local replacement = self.env(name)
    if not replacement then missing = missing or name end
    return replacement or ""
  end)
  if missing then
    return nil, string.format("%s: %s uses ${%s}, which is not set in the environment",
      self.path, where, missing)
  end
  return expanded, found or false
end

---A setting, expanded; nil if it is not set.
---@param part "profile"|"values"
---@param key string
---@return any value
---@return string? message
function Config:get(part, key)
  local value = self[part][key]
  if value == nil or value == json.null then return nil end
  local expanded, message = self:expand(key, value)
  if expanded == nil then return nil, message end
  return expanded
end

local SECRET_FILES <const> = { "client_secret_file", "access_token_file", "private_key_file" }

---The files with a secret that it names.
---@return string[]
function Config:secret_files()
  local names = {}
  for _, part in ipairs { "profile", "values" } do
    for _, key in ipairs(SECRET_FILES) do
      local name = self:get(part, key)
      if type(name) == "string" and name ~= "" then names[#names + 1] = name end
    end
  end
  return names
end

---Whether a setting is taken from the environment: "whole" if it is nothing but `${NAME}`, "part"
---if `${NAME}` is in it.
---@param part "profile"|"values"
---@param key string
---@return "whole"|"part"|nil
function Config:variable(part, key)
  local value = self[part][key]
  if type(value) ~= "string" or not value:find(VARIABLE) then return nil end
  return value:find("^" .. VARIABLE .. "$") and "whole" or "part"
end

local function is_below(folder, name)
  return folder == "/" or name == folder or name:sub(1, #folder + 1) == folder .. "/"
end

---The real directory of the file; nil without one.
---@return string?
function Config:folder()
  return self.path and file.real(paths.dirname(self.path))
end

---The file's real path if it is in the working directory or below it, where it may be somebody
---else's, like the rest of a directory that was downloaded.
---@return string?
function Config:local_path()
  local here = file.real(".")
  local real = self.path and file.real(self.path)
  local folder = self.path and file.real(paths.dirname(self.path))
  if not here or not real or not folder then return self.path end
  -- A link there may name any file: who made the link chose the file.
  return (is_below(here, real) or is_below(here, folder)) and real or nil
end

-- Settings that are secrets themselves.
local SECRETS <const> = { "client_secret", "access_token" }

local function holds_secret(values)
  for _, key in ipairs(SECRETS) do
    local value = values[key]
    if value ~= nil and value ~= json.null and not tostring(value):find("^" .. VARIABLE .. "$") then
      return true
    end
  end
  return false
end

---Whether the file holds a secret, in whichever profile.
---@return boolean
function Config:has_secret()
  if holds_secret(self.values) then return true end
  for _, profile in pairs(is_map(self.values.profiles) and self.values.profiles or {}) do
    if holds_secret(profile) then return true end
  end
  return false
end

---A parameter of the recipe as it is written in the file.
---@param name string
---@return any
function Config:get_param(name)
  for _, part in ipairs { "profile", "values" } do
    local given = self[part].params
    if is_map(given) and given[name] ~= nil then return given[name] end
  end
end

---The recipe's parameters and which of them contain a value from the environment. The profile's
---override the file's.
---@return table<string, any>? params
---@return table<string, boolean>|string from_environment  or the message
function Config:params()
  local params, from_environment = {}, {}
  for _, part in ipairs { "values", "profile" } do
    local given = self[part].params
    for name, value in pairs(is_map(given) and given or {}) do
      local expanded, found = self:expand("params." .. name, value)
      if expanded == nil then return nil, found end
      if expanded ~= json.null then
        params[name], from_environment[name] = expanded, found or nil
      end
    end
  end
  return params, from_environment
end

return config
