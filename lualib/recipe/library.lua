--- Finds the texts of the modules that a recipe requires: shipped recipes, the recipe's folder, the
--- folders of AUTH0_MIGRATE_PATH, the user's data folder and LuaRocks trees, in this order. Records
--- the digest of every text before it runs. Internal modules of the program are rejected last, so
--- that their names stay available to the recipe's own modules.

local digest = require "host.digest"
local file = require "host.file"
local host = require "host"
local lock = require "recipe.lock"
local open = require "recipe.open"
local path = require "base.path"
local spelling = require "base.spelling"

local library = {}

---@class LoadedModule
---@field name string
---@field path string
---@field sha256 string  hex
---@field shipped? boolean  a shipped recipe

---@class Library
---@field list LoadedModule[]         third-party modules, in load order
---@field texts LoadedModule[]        `list` and the shipped recipes
---@field folders string[]
---@field refused? FailureMore       of the last text that was refused
---@field private expected? table<string, string>
---@field private look? string
---@field private lock? Lock
local Library = {}
Library.__index = Library

local MAY <const> = "recipes may require " .. table.concat(open.names(), ", ")
  .. ", recipes.* and modules of their own"

local function sha256(text)
  return digest.hex(digest.hash("sha256", text))
end

---The user's data folder, with modules; recipes are in its `recipes/`.
---@param env fun(name: string): string?
---@return string?
function library.data_folder(env)
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
function library.path_folders(env)
  local folders = {}
  for folder in (env "AUTH0_MIGRATE_PATH" or ""):gmatch("[^:]+") do
    folders[#folders + 1] = folder
  end
  return folders
end

---The folders to search after the recipe's own.
---@param env fun(name: string): string?
---@return string[]
function library.folders(env)
  local folders = library.path_folders(env)
  local data, home = library.data_folder(env), env "HOME"
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

---The text of a shipped recipe, and its name in traces.
---@param name string  without "recipes."
---@return string? text
---@return string? where
function library.shipped(name)
  local text, where = host.source("recipes." .. name)
  if text then return text, where:sub(2) end
end

---Names of the shipped recipes, sorted.
---@return string[]
function library.shipped_names()
  local names = {}
  for _, name in ipairs(host.embedded()) do
    local short = name:match("^recipes%.([^.]+)$")
    if short then names[#names + 1] = short end
  end
  return names
end

---@class LibraryOptions
---@field folder? string    the recipe's own
---@field folders string[]  after it
---@field recipe? string    the path of the recipe whose lock counts
---@field expected? table<string, string>  SHA-256 (hex) of texts by module, "" for the recipe, as
---an earlier process ran them
---@field look? string     the command to type where one differs

---@param options LibraryOptions
---@return Library?
---@return string? message
---@return Kind? kind
function library.new(options)
  local self = setmetatable({
    list = {}, texts = {}, folders = {}, expected = options.expected, look = options.look,
  }, Library)
  if options.recipe then
    local message, kind
    self.lock, message, kind = lock.read(options.recipe)
    if message then return nil, message, kind end
  end
  if options.folder then self.folders[1] = options.folder end
  table.move(options.folders, 1, #options.folders, #self.folders + 1, self.folders)
  return self
end

local function found_file(folder, relative)
  local full = folder == "." and relative or path.join(folder, relative)
  local stat = file.stat(full)
  return stat and stat.type == "file" and full or nil
end

---The file of a third-party module.
---@private
function Library:find_file(name)
  local relative = name:gsub("%.", "/")
  for _, folder in ipairs(self.folders) do
    local found = found_file(folder, relative .. ".lua")
      or found_file(folder, relative .. "/init.lua")
    if found then return found end
  end
end

---Compares a text with the one that an earlier process ran, before it runs.
---@param name string  "" for the recipe itself
---@param text string
---@return true?
---@return string? message
---@return Kind? kind
function Library:same(name, text)
  local expected = (self.expected or {})[name]
  if not expected or expected == sha256(text) then return true end
  self.refused = { next = self.look }
  return nil, string.format("%s has changed since the run was staged, and was not run; use "
    .. "--changed to continue with what is staged, or run with --fresh to start a new run",
    name == "" and "the recipe" or "the module " .. name), "usage"
end

---The digest of each text that does not come with the program, by module; "" is the recipe.
---@param text string  the recipe's
---@return table<string, string> hex
function Library:digests(text)
  local digests = { [""] = sha256(text) }
  for _, entry in ipairs(self.list) do digests[entry.name] = entry.sha256 end
  return digests
end

---@private
function Library:record(name, text, where)
  local entry = { name = name, path = where, sha256 = sha256(text) }
  table.insert(self.texts, entry)
  return entry
end

function Library:refuse(name)
  if package.preload[name] or host.source(name) then
    return nil, string.format("the module \"%s\" belongs to the program; %s", name, MAY), "usage"
  end
  return nil, string.format("module \"%s\" not found; searched the program's library, %s; "
    .. "to search other folders, set AUTH0_MIGRATE_PATH%s", name, table.concat(self.folders, ", "),
    spelling.hint(name, open.names())), "usage"
end

---The text of a module, and its file.
---@param name string
---@return string? text
---@return string where  or the message
---@return Kind? kind
function Library:find(name)
  local recipe = name:match("^recipes%.(.+)$")
  local text, where
  if recipe then text, where = library.shipped(recipe) end
  if text then
    self:record(name, text, where).shipped = true
    return text, where
  end
  where = self:find_file(name)
  if not where then return self:refuse(name) end
  local message, kind
  text, message, kind = file.read(where)
  if not text then return nil, message, kind end
  local same
  same, message, kind, self.refused = lock.compare(self.lock, name, sha256(text))
  if same then same, message, kind = self:same(name, text) end
  if not same then return nil, message, kind end
  table.insert(self.list, self:record(name, text, where))
  return text, where
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
function Library:digest(text)
  return joined(sha256(text), self.texts)
end

---The same in two parts, because an upgrade of the program may change the shipped recipes.
---@param text string  the recipe
---@param name? string of a shipped recipe
---@return string hex  of everything that is not shipped
---@return table<string, string> shipped  hex, by recipe name
function Library:parted_digest(text, name)
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

return library
