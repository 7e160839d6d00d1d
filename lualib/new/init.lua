--- The command new: a recipe, and its tests, from an export.

local cases = require "new.cases"
local exports = require "new.exports"
local file = require "host.file"
local guard = require "base.guard"
local guess = require "new.guess"
local json = require "host.json"
local lua_text = require "new.lua_text"
local mapping = require "new.mapping"
local path = require "base.path"
local recipe_text = require "new.recipe_text"
local scheduler = require "base.scheduler"
local survey = require "new.survey"
local synthetic = require "new.synthetic"
local yaml_text = require "new.yaml_text"

local new = {}

local MOST_RECORDS <const> = 100000
local OF_A_TABLE <const> = 200 -- records, to see what a table holds
local AT_ONCE <const> = 500 -- records, before others get their turn

---@class NewOptions
---@field file string         to write: "shop.lua"
---@field input string
---@field from? string        a recipe to extend
---@field force? boolean      overwrite
---@field env fun(name: string): string?
---@field limits table        of recipes, see StateOptions

---@class NewReport
---@field recipe string
---@field tests string
---@field what string[]       of each export that is read
---@field records integer     that were looked at
---@field broken integer
---@field extends? string     the recipe that it extends
---@field fields {name: string, column: string?}[]
---@field commands string[]   to type next, in order
---@field exit integer
---@field status "complete"

---The members of a result, as if nothing was done.
---@return table
function new.empty()
  return {
    recipe = json.null, tests = json.null, what = json.array {}, records = 0, broken = 0,
    extends = json.null, fields = json.array {}, commands = json.array {},
  }
end

---Looks at the records of an export.
---@param export Export
---@param most integer
---@param watch? table<string, true>
---@return Survey
local function look(export, most, watch)
  local records <close> = exports.records(export)
  local found = survey.new {
    columns = records:columns(), are_lists = export.reader == "source.ldif", watch = watch,
  }
  for record in records do
    found:record(record)
    if found.records + found.broken >= most then break end
    if found.records % AT_ONCE == 0 then scheduler.pass() end
  end
  found:finish()
  return found
end

---Looks at a table, which may be one that cannot be read alone.
local function look_shortly(export)
  local ok, found = guard.call(look, export, OF_A_TABLE)
  return ok and found or nil
end

---The exports of all files, and of the tables in them, the likeliest users first.
---@return {export: Export, weight: number, survey: Survey}[]?
---@return string? message
---@return Kind? kind
local function all_of(paths)
  local list = {}
  for _, name in ipairs(paths) do
    local export, message, kind = exports.of(name)
    if not export then return nil, message, kind end
    local tables
    tables, message, kind = exports.tables(export)
    if not tables then return nil, message, kind end
    for _, one in ipairs(tables) do
      local found = (#paths > 1 or #tables > 1) and look_shortly(one)
      list[#list + 1] = {
        export = one, survey = found or nil,
        weight = found and guess.weight(found.columns, found.records) or 0,
      }
    end
  end
  for i, one in ipairs(list) do one.order = i end
  table.sort(list, function(a, b)
    if a.weight == b.weight then return a.order < b.order end
    return a.weight > b.weight
  end)
  return list
end

---The commands that follow, in order.
local function commands_of(recipe, input, login)
  local given = "input=" .. input
  local function line(...)
    local words = { "auth0-migrate", ... }
    for i, word in ipairs(words) do words[i] = path.quote(word) end
    return table.concat(words, " ")
  end
  return json.array {
    line("preview", recipe, given), line("check", recipe, given),
    line("prove", recipe, given, "--login", login or "ADDRESS"), line("test", recipe),
    line("rehearse", recipe, given),
  }
end

local function exists(name)
  return nil, name .. " exists already, and was not changed; use --force to overwrite it", "usage",
    { add = { "--force" } }
end

---The names of the files to write.
local function targets_of(options)
  local recipe = options.file
  if not recipe:find("%.lua$") then recipe = recipe .. ".lua" end
  local tests = recipe:gsub("%.lua$", ".test.yaml")
  for _, name in ipairs { recipe, tests } do
    if file.stat(name) and not options.force then return exists(name) end
  end
  return recipe, tests
end

---@param options NewOptions
---@return NewReport?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function new.write(options)
  local target, tests, kind, more = targets_of(options)
  if not target then return nil, tests, kind, more end
  local paths, message
  paths, message, kind = exports.files(options.input)
  if not paths then return nil, message, kind end
  local list
  list, message, kind = all_of(paths)
  if not list then return nil, message, kind end
  local main = list[1].export
  local found = look(main, MOST_RECORDS, synthetic.pool())
  if found.records == 0 then
    return nil, lua_text.comment(main.name) .. " has no records to learn from", "usage"
  end
  local is_nameless = type((main.options or {}).header) == "table"
  local made = guess.of(found.columns, found.records, is_nameless)
  if is_nameless then main.options.header = guess.name_columns(made, found.columns) end
  local mapped = mapping.of(found, made)
  local name = path.basename(target):gsub("%.lua$", "")
  local text = recipe_text.of { name = name, export = main, mapping = mapped }
  local written
  written, message, kind = file.write(target, text)
  if not written then return nil, message, kind end
  local tested = cases.settle(target, synthetic.of(found, mapped):all(), options)
  written, message, kind = file.write(tests, yaml_text.cases(tested, {}))
  if not written then return nil, message, kind end
  local fields = json.array {}
  for _, line in ipairs(mapped.lines) do
    if not line.is_commented then fields[#fields + 1] = { name = line.name } end
  end
  return {
    recipe = target, tests = tests, what = json.array { main.what }, records = found.records,
    broken = found.broken, fields = fields,
    commands = commands_of(target, options.input), exit = 0, status = "complete",
  }
end

return new
