--- The pages of shipped recipes, docs/sources/NAME.md: what they lack, and their section
--- "Parameters", which is generated. `auth0-migrate --run tests/house/source_pages.lua --write`
--- writes it into the pages.

local arguments = ...
if type(arguments) == "table" then dofile "tests/modules.lua" end

local catalog_page = require "catalog.page"
local file = require "host.file"
local library = require "recipe.library"
local params = require "recipe.params"
local recipe = require "recipe"

local source_pages = {}

local WRITE <const> = "run build/auth0-migrate --run tests/house/source_pages.lua --write"

---@param name string  of a shipped recipe
---@return string
function source_pages.path(name)
  return "docs/sources/" .. name .. ".md"
end

---The parameters that a shipped recipe declares.
---@param name string
---@return table<string, ParamDeclaration>
function source_pages.declared(name)
  local loaded = assert(recipe.load(name, { params = params.UNRESOLVED, library = {} }))
  loaded.state:close()
  return loaded.declared
end

---What is wrong with a page; nothing for a good one.
---@param text string
---@param declared table<string, ParamDeclaration>
---@return string[]
function source_pages.faults(text, declared)
  local found, page, at = {}, catalog_page.read(text), 0
  local places = {}
  for i, section in ipairs(page.sections) do places[section.title] = i end
  if page.title == "" then found[#found + 1] = "has no title" end
  if not places[""] then found[#found + 1] = "does not say what the recipe reads" end
  for _, title in ipairs(catalog_page.SECTIONS) do
    local place = places[title]
    if not place then
      local hint = title == "Parameters" and ": " .. WRITE or ""
      found[#found + 1] = "has no section " .. title .. hint
    elseif place < at then
      found[#found + 1] = "has the section " .. title .. " in another place"
    end
    at = math.max(at, place or 0)
  end
  for _, title in ipairs { "Carried over", "Lost" } do
    local section = catalog_page.section(page, title)
    if section and #section.rows == 0 then found[#found + 1] = title .. " has no table" end
  end
  if not found[1] and catalog_page.with_parameters(text, declared) ~= text then
    found[1] = "has other parameters than the recipe: " .. WRITE
  end
  return found
end

if type(arguments) ~= "table" then return source_pages end

if arguments[1] == "--write" then
  for _, name in ipairs(library.shipped_names()) do
    local path = source_pages.path(name)
    local text = file.read(path)
    local made = text and catalog_page.with_parameters(text, source_pages.declared(name))
    if made and made ~= text then
      assert(file.write(path, made))
      print(path)
    end
  end
end
return 0
