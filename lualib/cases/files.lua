--- Finds the tests of a recipe: NAME.test.yaml next to it, the files of the folder NAME.test, and
--- those that are shipped with the program.

local cassette = require "cases.cassette"
local file = require "host.file"
local format = require "base.format"
local host = require "host"
local path = require "base.path"
local recipe = require "recipe"

local files = {}

local ENDING <const> = ".test.yaml"
local FOLDER <const> = ".test"
local LARGEST <const> = 16 * 1024 * 1024 -- bytes of a file

---@class TestFile
---@field recipe string    as it was named
---@field name string      for people: "shop.test.yaml"
---@field folder? string   the real one, of the files that it names; nil: it is in the program
---@field cassettes string the folder of the recipe's cassettes
---@field text string

---The test files in a folder, sorted.
local function in_folder(folder)
  local found = {}
  for _, entry in ipairs(file.list(folder) or {}) do
    if entry:find("%.yaml$") and not entry:find("^%.") then
      found[#found + 1] = path.join(folder, entry)
    end
  end
  return found
end

---@return TestFile?
---@return string? message
---@return Kind? kind
local function read(recipe_name, name, cassettes)
  local text, message, kind = file.read(name, LARGEST)
  if not text then
    return nil, kind == "full" and string.format("%s is larger than %s", name,
      format.bytes(LARGEST)) or "cannot read the tests: " .. message, "usage"
  end
  return {
    recipe = recipe_name, name = name, text = text, folder = file.real(path.dirname(name)),
    cassettes = cassettes,
  }
end

---The names of the test files next to a recipe.
local function beside(where)
  local stem = where:gsub("%.lua$", "")
  local found = {}
  if file.stat(stem .. ENDING) then found[1] = stem .. ENDING end
  for _, name in ipairs(in_folder(stem .. FOLDER)) do found[#found + 1] = name end
  return found, stem .. ENDING
end

---The test files of a recipe.
---@param name string  a path, or the name of a shipped or installed recipe
---@param env fun(name: string): string?
---@return TestFile[]?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function files.of(name, env)
  local source, message, kind, more = recipe.find(name, env)
  if not source then return nil, message, kind, more end
  if source.shipped then
    local shown = source.shipped .. ENDING
    local text = host.source("recipes/" .. shown)
    if text then
      local folder = cassette.folder("recipes/" .. source.shipped)
      return { { recipe = name, name = shown, text = text, cassettes = folder } }
    end
    return nil, "the recipe " .. name .. " is shipped without tests", "usage", { next = false }
  end
  local names, expected = beside(source.where)
  if #names == 0 then
    return nil, string.format("%s has no tests: write %s, a list of cases; `auth0-migrate test "
      .. "--help` shows one", name, expected), "usage", { next = "auth0-migrate test --help" }
  end
  local list = {}
  for i, one in ipairs(names) do
    list[i], message, kind = read(name, one, cassette.folder(source.where))
    if not list[i] then return nil, message, kind end
  end
  return list
end

return files
