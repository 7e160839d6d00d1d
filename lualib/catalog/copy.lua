--- Begins a recipe of one's own from another one: by default one that extends it, else a copy of
--- all of it, with its tests.

local file = require "host.file"
local host = require "host"
local json = require "host.json"
local library = require "recipe.library"
local open = require "recipe.open"
local path = require "base.path"
local recipe = require "recipe"

local copy = {}

local LARGEST <const> = 16 * 1024 * 1024 -- bytes of a page or of tests

---@class CopyOptions
---@field whole? boolean
---@field force? boolean  overwrites files
---@field env fun(name: string): string?

---@class CopyReport
---@field recipe string    the file that was written
---@field extends string   the module that it extends; null: it is a whole copy
---@field files string[]   all that were written
---@field exit integer
---@field next string

local EXTENDED <const> = [[
--- The recipe %s with changes of our own: fields that stand here replace those of the recipe.

local base = require "%s"
local migrate = require "migrate"

---@type Recipe
return migrate.extend(base, {
  map = function(record, params, position)
    local user, reason = base.map(record, params, position)
    if not user then return nil, reason end -- skipped
    -- user.app_metadata = user.app_metadata or {}
    -- user.app_metadata.plan = record.plan
    return user, reason
  end,
})
]]

---Where the copy is written: a folder gets a file with a name that is not the recipe's, so that the
---name of the recipe still means what it means.
local function target_of(source, to)
  local name = "my-" .. path.basename(source.where)
  if not to then return name end
  local stat = file.stat(to)
  if stat and stat.type == "folder" then return path.join(to, name) end
  return path.extension(to) == "lua" and to or to .. ".lua"
end

local function stem_of(where)
  return (path.basename(where):gsub("%.lua$", ""))
end

---The folder of a file that need not exist yet, as the system names it.
local function folder_of(where)
  return file.real(path.dirname(where)) or path.dirname(where)
end

local function is_searched(folder, env)
  for _, one in ipairs(library.folders(env)) do
    if file.real(one) == folder then return true end
  end
  return false
end

---The module by which a file can require a recipe; nil if it cannot.
---@param source RecipeText
---@param target string
---@param env fun(name: string): string?
---@return string?
local function module_of(source, target, env)
  if source.shipped then return "recipes." .. source.shipped end
  local name, own, other = stem_of(source.path), folder_of(target), folder_of(source.path)
  if not name:find("^[%w_][%w_-]*$") or open.MODULES[name] or name == stem_of(target) then
    return nil
  elseif own == other then
    return name
  end
  local is_hidden = file.stat(path.join(own, name .. ".lua")) ~= nil
  return not is_hidden and is_searched(other, env) and name or nil
end

---A file next to a recipe, or of a shipped one.
---@param source RecipeText
---@param shipped string  its name in the program
---@param ending string
---@return string?
local function beside(source, shipped, ending)
  if source.shipped then return (host.source(shipped)) end
  local name = source.path:gsub("%.lua$", "") .. ending
  local stat = file.stat(name)
  return stat and stat.type == "file" and file.read(name, LARGEST) or nil
end

---What a copy with another name is: without the name of the recipe, so that it has its own run
---directories.
local function whole(source)
  return (source.text:gsub('\n  name%s*=%s*"[%w_.-]+",\n', "\n", 1))
end

---@return {name: string, text: string}[]
local function files_of(source, target, extended)
  local stem, list = target:gsub("%.lua$", ""), {}
  local own = source.shipped or ""
  local tests = beside(source, "recipes/" .. own .. ".test.yaml", ".test.yaml")
  local page = not extended and beside(source, "docs/sources/" .. own .. ".md", ".md")
  list[1] = {
    name = target, text = extended and EXTENDED:format(stem_of(source.where), extended)
      or whole(source),
  }
  if tests then list[#list + 1] = { name = stem .. ".test.yaml", text = tests } end
  if page then list[#list + 1] = { name = stem .. ".md", text = page } end
  return list
end

---Writes the files: the recipe last, so that a failure leaves none that lacks its tests.
local function write(files, force)
  for _, one in ipairs(files) do
    if not force and file.stat(one.name) then
      return nil, one.name .. " exists already; --force overwrites it", "usage", { add = "--force" }
    end
  end
  for i = #files, 1, -1 do
    local written, message, kind = file.write(files[i].name, files[i].text)
    if not written then return nil, message, kind end
  end
  return true
end

---@param name string  a path, or the name of a shipped or installed recipe
---@param to? string   a file or a folder; default: my-NAME.lua
---@param options CopyOptions
---@return CopyReport?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function copy.run(name, to, options)
  local source, message, kind, more = recipe.find(name, options.env)
  if not source then return nil, message, kind, more end
  local target = target_of(source, to)
  if not source.shipped and file.real(target) == source.path then
    return nil, target .. " is the recipe itself; name another file", "usage", { next = false }
  end
  local extended = not options.whole and module_of(source, target, options.env) or nil
  if not options.whole and not extended then
    return nil, string.format("%s cannot require %s to extend it: neither is it in the same "
      .. "directory under another name nor in one of AUTH0_MIGRATE_PATH; --whole copies it", target,
      source.where), "usage", { add = "--whole" }
  end
  local files = files_of(source, target, extended)
  local written
  written, message, kind, more = write(files, options.force)
  if not written then return nil, message, kind, more end
  local names = json.array {}
  for i, one in ipairs(files) do names[i] = one.name end
  return {
    recipe = target, extends = extended or json.null, files = names, exit = 0,
    next = "auth0-migrate " .. (#files > 1 and "test " or "recipes show ") .. path.quote(target),
  }
end

return copy
