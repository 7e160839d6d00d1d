--- A recipe that extends one that knows the export, and its tests, which are those of that recipe.

local cases_of = require "cases.files"
local lua_text = require "new.lua_text"

local extension = {}

local MOST_CASES <const> = 5
local SHORTEST <const> = 4 -- characters of a value that tells something

---The local of a module: "ory_kratos" of "ory-kratos".
local function local_name(module)
  local name = module:match("[^.]+$"):gsub("[^%w_]", "_")
  return lua_text.is_name(name) and name or "base"
end

---@param name string     of the recipe
---@param module string   that it extends: "recipes.keycloak"
---@param system string   "Keycloak"
---@param has_needs boolean  it asks for something that a file does not need, such as a host
---@return string
function extension.text(name, module, system, has_needs)
  local base = local_name(module)
  local lines = {
    string.format("--- %s: an export of %s. Extends the recipe that reads it;", name, system),
    "--- written by `auth0-migrate new`.",
    "",
    string.format("local %s = require %s", base, lua_text.quoted(module)),
    'local migrate = require "migrate"',
    "",
    "---@type Recipe",
    (has_needs and "local extended = " or "return ") .. "migrate.extend(" .. base .. ", {",
    string.format("  name = %s,", lua_text.quoted(name)),
    "  map = function(record, params, position)",
    string.format("    local user, reason = %s.map(record, params, position)", base),
    "    -- Change the user here; it is nil for a record that is skipped:",
    '    -- if user then user.app_metadata = { source = "old system" } end',
    "    return user, reason",
    "  end,",
    "})",
  }
  if has_needs then
    lines[#lines + 1] = "extended.needs = nil -- the export is a file: nothing else is asked for"
    lines[#lines + 1] = "return extended"
  end
  return table.concat(lines, "\n") .. "\n"
end

---The cases of a test file that is a list, each as its text, with what stands before them.
local function split(text)
  local head, list = {}, {}
  for line in text:gmatch("[^\n]*\n?") do
    if line:find("^%- ") then list[#list + 1] = {} end
    local into = list[#list] or head
    into[#into + 1] = line
  end
  for i, case in ipairs(list) do list[i] = table.concat(case) end
  return table.concat(head), list
end

---Every value in a text that may be one of the export: what is between quotes, and words.
---@param text string
---@return table<string, true>
local function values_in(text)
  local found = {}
  local function add(value)
    value = value:match("^%s*(.-)%s*$")
    if #value >= SHORTEST then found[value] = true end
  end
  for line in text:gmatch("[^\n]+") do
    for value in line:gmatch('"([^"]*)"') do add(value) end
    for value in line:gmatch("'([^']*)'") do add(value) end
    for value in line:gmatch(": ([^{%[\"'].*)$") do add(value) end
    for value in line:gmatch(": ([^,{}%[%]\"']+)") do add(value) end -- in a map on one line
    for value in line:gmatch("[^%s,{}%[%]\"']+") do add(value) end
  end
  return found
end

---The tests of a shipped recipe.
---@param recipe string  its name
---@param env fun(name: string): string?
---@return string? text
function extension.tests(recipe, env)
  local files = cases_of.of(recipe, env)
  return files and files[1] and files[1].text
end

---The values of the tests, for a survey to say which of them the export has.
---@param text string?
---@return table<string, true>
function extension.values(text)
  return text and values_in(text) or {}
end

---The first of the tests that have no value of the export, as a test file.
---@param text string
---@param is_rare fun(value: string): boolean
---@return string?  nil if none of them may be used
function extension.tests_without(text, is_rare)
  local head, list = split(text)
  if head:find("^cases:") or head:find("\ncases:") or #list == 0 then
    for value in pairs(values_in(text)) do
      if is_rare(value) then return nil end
    end
    return text
  end
  local kept = {}
  for _, case in ipairs(list) do
    local may = #kept < MOST_CASES
    for value in pairs(may and values_in(case) or {}) do may = may and not is_rare(value) end
    if may then kept[#kept + 1] = case end
  end
  return kept[1] and head .. table.concat(kept) or nil
end

return extension
