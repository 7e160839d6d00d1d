--- The lock file next to recipes: the digests of the modules that each of them loads. Only `recipes
--- lock` writes it; without it nothing is pinned.

local command = require "base.command"
local file = require "host.file"
local json = require "host.json"
local path = require "base.path"
local sorted = require "base.sorted"
local yaml = require "host.yaml"

local lock = {}

lock.NAME = "auth0-migrate.lock.yaml"

local LIMIT <const> = 4 * 1024 * 1024 -- bytes

local HEADER <const> = "# Written by `auth0-migrate recipes lock`; do not edit. SHA-256 of each\n"
  .. "# module that the recipes of this directory load.\n"

---@class Lock  what is pinned for one recipe
---@field path string     of the lock file
---@field recipe string   the recipe's path
---@field digests table<string, string>  hex, by module

---@alias LockedModule {name: string, path: string, sha256: string}

---@param recipe_path string
---@return string
function lock.path(recipe_path)
  return path.join(path.dirname(recipe_path), lock.NAME)
end

local function is_map(value)
  return type(value) == "table" and not (json.is_array(value) and next(value) ~= nil)
end

local function wrong_digests(name, digests)
  if not is_map(digests) then return name .. " must be a map of modules to digests" end
  for module, sha256 in pairs(digests) do
    local is_digest = type(sha256) == "string" and #sha256 == 64 and not sha256:find("[^%x]")
    if not is_digest then return name .. ", " .. module .. ": not a SHA-256 in hex" end
  end
end

---The digests of all recipes, by their file names; nil without a message if there is no lock file.
local function read_all(name)
  if not file.stat(name) then return nil end
  local text, message = file.read(name, LIMIT)
  if not text then return nil, "cannot read the lock file: " .. message, "usage" end
  local all
  all, message = yaml.decode(text)
  if all == nil then return nil, name .. ": " .. message, "usage" end
  if all == json.null then return {} end
  if not is_map(all) then return nil, name .. ": must be a map of recipes", "usage" end
  for recipe, digests in pairs(all) do
    local wrong = wrong_digests(recipe, digests)
    if wrong then return nil, name .. ": " .. wrong, "usage" end
  end
  return all
end

---What the lock file next to a recipe pins for it; nil without a message if there is none.
---@param recipe_path string
---@return Lock?
---@return string? message
---@return Kind? kind  "usage": it is damaged
function lock.read(recipe_path)
  local name = lock.path(recipe_path)
  local all, message, kind = read_all(name)
  if not all then return nil, message, kind end
  return {
    path = name, recipe = recipe_path, digests = all[path.basename(recipe_path)] or {},
  }
end

local function lock_command(recipe_path)
  return command.line { "recipes", "lock", recipe_path }
end

---What differs; nil if the module is as pinned.
local function difference(pinned, name, sha256)
  local before = pinned.digests[name]
  if before and before:lower() == sha256 then return nil end
  return string.format('the module "%s" %s %s: locked %s, found %s', name,
    before and "differs from" or "is not in", pinned.path, before or "none", sha256)
end

---Whether a recipe may load a module of this content.
---@param pinned? Lock
---@param name string
---@param sha256 string  hex, lower case
---@return true?
---@return string? message  with both digests
---@return Kind? kind  "usage"
---@return FailureMore? more
function lock.compare(pinned, name, sha256)
  local what = pinned and difference(pinned, name, sha256)
  if not what then return true end
  local pin = lock_command(pinned.recipe)
  return nil, what .. "; if the change is intended, `" .. pin .. "` pins it", "usage",
    { next = pin }
end

---Whether the lock file has exactly these modules.
---@param recipe_path string
---@param modules LockedModule[]
---@return true?
---@return string? message  a line for each difference
---@return Kind? kind  "usage"
---@return FailureMore? more
function lock.check(recipe_path, modules)
  local pinned, message, kind = lock.read(recipe_path)
  if message then return nil, message, kind end
  local more = { next = lock_command(recipe_path) }
  if not pinned then return nil, lock.path(recipe_path) .. " does not exist", "usage", more end
  local lines, loaded = {}, {}
  for _, module in ipairs(modules) do
    loaded[module.name] = true
    lines[#lines + 1] = difference(pinned, module.name, module.sha256)
  end
  for name, sha256 in pairs(pinned.digests) do
    if not loaded[name] then
      lines[#lines + 1] = string.format('the module "%s" of %s is not loaded: locked %s, '
        .. 'found none', name, pinned.path, sha256)
    end
  end
  table.sort(lines)
  if #lines > 0 then return nil, table.concat(lines, "\n"), "usage", more end
  return true
end

---The text of a lock file. Names and digests are quoted: some hexadecimal digits read as a number.
local function text_of(all)
  local lines = {}
  for recipe, modules in sorted.pairs(all) do
    local name, message = json.encode(recipe)
    if not name then return nil, message end
    lines[#lines + 1] = name .. (next(modules) and ":\n" or ": {}\n")
    for module, sha256 in sorted.pairs(modules) do
      lines[#lines + 1] = string.format('  "%s": "%s"\n', module, sha256)
    end
  end
  return HEADER .. table.concat(lines)
end

---Pins the modules of a recipe; those of other recipes in the file stay.
---@param recipe_path string
---@param modules LockedModule[]
---@return boolean? changed
---@return string? message
---@return Kind? kind
function lock.write(recipe_path, modules)
  local name = lock.path(recipe_path)
  local all, message, kind = read_all(name)
  if message then return nil, message, kind end
  all = all or {}
  local digests = {}
  for _, module in ipairs(modules) do digests[module.name] = module.sha256 end
  all[path.basename(recipe_path)] = digests
  local text
  text, message = text_of(all)
  if not text then return nil, "cannot write " .. name .. ": " .. message, "usage" end
  if file.read(name, LIMIT) == text then return false end
  local done
  done, message, kind = file.write(name, text)
  if not done then return nil, message, kind end
  return true
end

return lock
