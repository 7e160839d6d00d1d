--- `require` for recipes. Searches the open part of the program's library, the recipe's folder, the
--- folders of AUTH0_MIGRATE_PATH, the user's data folder and LuaRocks trees, in this order. Loads
--- text only and records the digest of every file. Internal modules of the program are rejected
--- last, so that their names stay available to the recipe's own modules.

local digest = require "host.digest"
local globals = require "recipe.inside.globals"
local face = require "migrate.face"
local failure = require "base.failure"
local file = require "host.file"
local host = require "host"
local open = require "recipe.open"
local unread_values = require "recipe.inside.unread_values"
local path = require "base.path"

local sandbox = {}

---@class LoadedModule
---@field name string
---@field path string
---@field sha256 string  hex
---@field shipped? boolean  a shipped recipe

---@class Sandbox
---@field env table                   the recipe's globals
---@field loaded table<string, any>
---@field list LoadedModule[]         third-party modules, in load order
---@field texts LoadedModule[]        `list` and the shipped recipes
---@field folders string[]
---@field unread UnreadValues
local Sandbox = {}
Sandbox.__index = Sandbox

local LOADING <const> = {}
local MAY <const> = "recipes may require " .. table.concat(open.names(), ", ")
  .. ", recipes.* and modules of their own"

local function sha256(text)
  return digest.hex(digest.hash("sha256", text))
end

---The user's data folder, with modules; recipes are in its `recipes/`.
---@param env fun(name: string): string?
---@return string?
function sandbox.data_folder(env)
  local base = env "XDG_DATA_HOME"
  if not base or base == "" then
    local home = env "HOME"
    if not home or home == "" then return nil end
    base = path.join(home, ".local/share")
  end
  return path.join(base, "auth0-migrate")
end

---@param env fun(name: string): string?
---@return string[]
function sandbox.path_folders(env)
  local folders = {}
  for folder in (env "AUTH0_MIGRATE_PATH" or ""):gmatch("[^:]+") do
    folders[#folders + 1] = folder
  end
  return folders
end

---The folders to search after the recipe's own.
---@param env fun(name: string): string?
---@return string[]
function sandbox.library(env)
  local folders = sandbox.path_folders(env)
  local data, home = sandbox.data_folder(env), env "HOME"
  if data then
    folders[#folders + 1] = data
    folders[#folders + 1] = path.join(data, "recipes")
  end
  if home and home ~= "" then
    folders[#folders + 1] = path.join(home, ".luarocks/share/lua/5.4")
  end
  folders[#folders + 1] = "/usr/local/share/lua/5.4"
  folders[#folders + 1] = "/usr/share/lua/5.4"
  return folders
end

---The loader of a module of the program, and its path.
local function in_program(name)
  for _, searcher in ipairs(package.searchers) do
    local loader, where = searcher(name)
    if type(loader) == "function" then return loader, where end
  end
end

---The text of a shipped recipe, and its name in traces.
---@param name string  without "recipes."
---@return string? text
---@return string? where
function sandbox.shipped(name)
  local _, where = in_program("recipes." .. name)
  if not where then return nil end
  if where:sub(1, 1) ~= "@" then return file.read(where), where end
  return host.source("recipes." .. name), where:sub(2)
end

---Names of the shipped recipes, sorted.
---@return string[]
function sandbox.shipped_names()
  local names = {}
  for _, name in ipairs(host.embedded()) do
    local short = name:match("^recipes%.([^.]+)$")
    if short then names[#names + 1] = short end
  end
  return names
end

---@param options {folder?: string, library: string[], warnings: table}
---@return Sandbox
function sandbox.new(options)
  local self = setmetatable({ loaded = {}, list = {}, texts = {}, folders = {} }, Sandbox)
  if options.folder then self.folders[1] = options.folder end
  table.move(options.library, 1, #options.library, #self.folders + 1, self.folders)
  self.env = globals.new(function(name) return self:require(name) end)
  self.env.package.loaded = self.loaded
  for _, name in ipairs { "coroutine", "io", "math", "os", "string", "table", "utf8" } do
    self.loaded[name] = self.env[name]
  end
  local own
  own, self.unread = unread_values.new()
  for name, module in pairs(own) do self.loaded[name] = module end
  self.loaded.migrate = face.new(options.warnings, self.unread)
  self.loaded.cjson = require("cjson").new()
  return self
end

---Compiles text with the recipe's globals.
---@param text string
---@param where string  the file, for messages and traces
---@return function? chunk
---@return string? message  with file and line
function Sandbox:compile(text, where)
  if text:sub(1, 1) == "\27" then
    return nil, where .. " is compiled Lua; recipes and their modules must be text"
  end
  return load(text:gsub("^#[^\n]*", ""), "@" .. where, "t", self.env)
end

local function found_file(folder, relative)
  local full = folder == "." and relative or path.join(folder, relative)
  local stat = file.stat(full)
  return stat and stat.type == "file" and full or nil
end

---The file of a third-party module.
function Sandbox:find_file(name)
  local relative = name:gsub("%.", "/")
  for _, folder in ipairs(self.folders) do
    local found = found_file(folder, relative .. ".lua")
      or found_file(folder, relative .. "/init.lua")
    if found then return found end
  end
end

function Sandbox:run_text(name, text, where)
  local chunk, message = self:compile(text, where)
  if not chunk then failure.raise(message, "usage") end
  local entry = { name = name, path = where, sha256 = sha256(text) }
  table.insert(self.texts, entry)
  local value = chunk(name, where)
  return value, entry
end

function Sandbox:load_file(name, where)
  local value, entry = self:run_text(name, failure.check(file.read(where)), where)
  table.insert(self.list, entry)
  return value
end

function Sandbox:refuse(name)
  if in_program(name) then
    failure.raise(string.format("the module \"%s\" belongs to the program; %s", name, MAY), "usage")
  end
  failure.raise(string.format("module \"%s\" not found; searched the program's library, %s; "
    .. "to search other folders, set AUTH0_MIGRATE_PATH", name, table.concat(self.folders, ", ")),
    "usage")
end

function Sandbox:load(name)
  if open.MODULES[name] then return require(name) end
  local recipe = name:match("^recipes%.(.+)$")
  local text, where
  if recipe then text, where = sandbox.shipped(recipe) end
  if text then
    local value, entry = self:run_text(name, text, where)
    entry.shipped = true
    return value
  end
  where = self:find_file(name)
  if where then return self:load_file(name, where) end
  return self:refuse(name)
end

---`require` as recipes call it; raises failures.
---@param name string
---@return any
function Sandbox:require(name)
  if type(name) ~= "string" then error("require expects a module name, got " .. type(name), 3) end
  local value = self.loaded[name]
  if value == LOADING then
    failure.raise("the module \"" .. name .. "\" requires itself", "usage")
  elseif value ~= nil then
    return value
  end
  if not name:find("^[%w_][%w_.-]*$") or name:find("..", 1, true) then
    failure.raise("\"" .. name .. "\" is not the name of a module", "usage")
  end
  if name == "debug" or name == "package" then
    failure.raise("the library \"" .. name .. "\" is not available to recipes", "usage")
  end
  self.loaded[name] = LOADING
  local result = self:load(name)
  if self.loaded[name] == LOADING then self.loaded[name] = result == nil and true or result end
  return self.loaded[name]
end

local function joined(first, entries)
  local lines = {}
  for _, entry in ipairs(entries) do lines[#lines + 1] = entry.name .. " " .. entry.sha256 end
  table.sort(lines)
  table.insert(lines, 1, first)
  return sha256(table.concat(lines, "\n"))
end

---The digest of a text and every text loaded for it.
---@param text string
---@return string hex
function Sandbox:digest(text)
  return joined(sha256(text), self.texts)
end

---The same in two parts, because an upgrade of the program may change the shipped recipes.
---@param text string  the recipe
---@param name? string of a shipped recipe
---@return string hex  of everything that is not shipped
---@return table<string, string> shipped  hex, by recipe name
function Sandbox:parted_digest(text, name)
  local own, shipped = {}, {}
  for _, entry in ipairs(self.texts) do
    if entry.shipped then
      shipped[entry.name:match("^recipes%.(.+)$")] = entry.sha256
    else
      own[#own + 1] = entry
    end
  end
  if name then shipped[name] = sha256(text) end
  return joined(name or sha256(text), own), shipped
end

return sandbox
