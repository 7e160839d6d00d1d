--- The pages of a recipe whose source is an API, for the commands that map it: where they are kept,
--- what the recipe was granted, and which of its parameters are secrets.

local file = require "host.file"
local grants = require "recipe.grants"
local kinds = require "recipe.kinds"
local needs = require "recipe.needs"
local pages = require "pages"
local recipes = require "recipe"
local scheduler = require "base.scheduler"

local source_pages = {}

local SILENT <const> = { say = function() end, progress = function() end, outage = function() end }

---The directory of pages that commands without a run keep.
---@param name string  of the recipe
---@return string
function source_pages.directory(name)
  return name .. ".pages"
end

local function secrets_of(recipe)
  local found = {}
  for name, value in pairs(recipe.params or {}) do
    local declared = (recipe.declared or {})[name]
    if declared and kinds.is_secret(declared) then found[name] = value end
  end
  return found
end

---Whether the recipe may ask a host.
local function allowing(recipe)
  return function(host)
    if recipe.granted and recipe.granted:allows("net", host) then return true end
    local need = { kind = "net", what = needs.normal("net", host) or host }
    return grants.refuse(recipe.name, { need })
  end
end

---@class SourcePagesOptions
---@field interrupted? fun(): boolean?
---@field directory? string   of the pages; default: beside the recipe's runs
---@field outages? Outages
---@field log? Log
---@field wanted? integer     records
---@field tape? Tape          records what the API answers: no page that was kept is used

---Serves pages to the recipe from here on. To be closed.
---@param recipe LoadedRecipe
---@param settings Settings
---@param ui? table
---@param options? SourcePagesOptions
---@return Pages?
---@return string? message
---@return Kind? kind
function source_pages.serve(recipe, settings, ui, options)
  options = options or {}
  local beside = source_pages.directory(recipe.name)
  if settings.refresh then
    for _, directory in ipairs { beside, options.directory } do
      local removed, message, kind = pages.remove(directory)
      if not removed then return nil, message, kind end
    end
  end
  local own = options.directory and options.directory ~= beside
  local made = pages.new {
    folder = options.directory or beside, older = own and not options.tape and beside or nil,
    allowed = allowing(recipe), secrets = secrets_of(recipe), recipe = recipe.digest or "",
    clock = scheduler.clock(settings.time_scale), ui = ui or SILENT,
    interrupted = options.interrupted or function() return false end, outages = options.outages,
    patience = settings.patience, ca_file = settings.ca_file, wanted = options.wanted,
    log = options.log, tape = options.tape,
  }
  if recipe.rules then recipes.deny(recipe, { beside }) end
  recipe.state:serve_pages(function(...) return made:answer(...) end)
  return made
end

---Serves what a tape answers in place of an API to a recipe that is granted nothing. To be closed.
---@param recipe LoadedRecipe
---@param tape Tape
---@param folder string  temporary, for pages
---@return Pages
function source_pages.replay(recipe, tape, folder)
  local made = pages.new {
    folder = folder, allowed = function() return true end, secrets = secrets_of(recipe),
    recipe = recipe.digest or "", clock = scheduler.clock(), ui = SILENT, tape = tape,
    interrupted = function() return false end,
    fetch = function() error("a tape sends nothing", 2) end,
  }
  recipe.state:serve_pages(function(...) return made:answer(...) end)
  return made
end

---Keeps the pages of a run that ends without a directory where other commands find them.
---@param directory string  of the run's pages
---@param name string       of the recipe
---@return string? moved    where they are now; nil: there are none
function source_pages.set_aside(directory, name)
  if #(file.list(directory) or {}) == 0 then return nil end
  local beside = source_pages.directory(name)
  return pages.move(directory, beside) and beside or nil
end

---@param directory string
---@return true?
---@return string? message
---@return Kind? kind
function source_pages.remove(directory)
  return pages.remove(directory)
end

return source_pages
