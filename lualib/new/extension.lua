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

---@class ExtensionFacts
---@field name string       of the recipe
---@field module string     that it extends: "recipes.keycloak"
---@field system string     "Keycloak"
---@field has_needs boolean it asks for something that a file does not need, such as a host
---@field has_dedupe boolean it says itself what to do with duplicates
---@field added Additions

---Lines of code, behind blanks.
local function indented(lines, indent, list)
  for _, line in ipairs(list) do lines[#lines + 1] = indent .. line end
end

---What is added to the user.
---@param added Additions
local function additions_of(base, added)
  local lines = {}
  if #added.lines + #added.kept + #added.secret == 0 then
    return {
      "-- Change the user here; it is nil for a record that is skipped. Add to the metadata:",
      "-- if user then",
      "--   user.app_metadata = user.app_metadata or {}",
      '--   user.app_metadata.source = "old system"',
      "-- end",
    }
  end
  lines[1] = "if not user then return nil, reason end"
  lines[2] = "-- What " .. base .. " does not read; uncomment what the users shall keep."
  indented(lines, "", added.before)
  indented(lines, "", added.lines)
  if #added.secret > 0 then
    local said = "Not read, because it is secret or too much: " .. table.concat(added.secret, ", ")
    indented(lines, "", lua_text.comment_lines("", said .. "."))
  end
  if #added.kept > 0 then
    local mark = added.has_kept and "" or "-- "
    lines[#lines + 1] = mark .. "local kept = user.app_metadata or {}"
    indented(lines, "", added.kept)
    lines[#lines + 1] = mark .. "user.app_metadata = next(kept) and kept"
  end
  return lines
end

---@param facts ExtensionFacts
---@return string
function extension.text(facts)
  local base, added = local_name(facts.module), facts.added
  local body = {
    "---@type Recipe",
    (facts.has_needs and "local extended = " or "return ") .. "migrate.extend(" .. base .. ", {",
    string.format("  name = %s,", lua_text.quoted(facts.name)),
  }
  if added.repeats and not facts.has_dedupe then
    indented(body, "", lua_text.comment_lines("  ", "some addresses occur more than once: the "
      .. "first record is kept, the others are counted as duplicates"))
    body[#body + 1] = '  dedupe = { "email" },'
  end
  local country = added.country
  if country and country.default then
    indented(body, "", { string.format("  -- params = { country = { default = %s } }, -- %s",
      lua_text.quoted(country.default), country.why) })
  end
  body[#body + 1] = "  map = function(row, params, position)"
  body[#body + 1] = string.format("    local user, reason = %s.map(row, params, position)", base)
  if added.has_bad then
    indented(body, "    ", {
      "-- some of the addresses are none; `path` is what a rejected record has",
      "local email = user and user.email",
      'if user and user.path == "email" or email and not value.email(email) then',
      '  return nil, "not an e-mail address"',
      "end",
    })
  end
  indented(body, "    ", additions_of(base, added))
  indented(body, "", { "    return user, reason", "  end,", "})" })
  if facts.has_needs then
    body[#body + 1] = "extended.needs = nil -- the export is a file: nothing else is asked for"
    body[#body + 1] = "return extended"
  end
  local written = table.concat(added.helpers, "\n") .. "\n" .. table.concat(body, "\n")
  local lines = {
    string.format("--- %s: an export of %s. Extends the recipe that reads it;", facts.name,
      facts.system),
    "--- written by `auth0-migrate new`.", "",
    string.format("local %s = require %s", base, lua_text.quoted(facts.module)),
    'local migrate = require "migrate"',
  }
  if written:find("%f[%w_]value%.") then
    lines[#lines + 1] = 'local value = require "source.value"'
  end
  lines[#lines + 1] = ""
  indented(lines, "", added.helpers)
  indented(lines, "", body)
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
