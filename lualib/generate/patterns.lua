--- Patterns of users from the cases of a recipe: its records, what lies in the files next to them,
--- and which passwords they have.

local csv = require "source.csv"
local file = require "host.file"
local guard = require "base.guard"
local json = require "host.json"
local json_reader = require "source.json"
local ndjson = require "source.ndjson"
local outcome = require "cases.outcome"
local path = require "base.path"
local pattern = require "generate.pattern"
local place = require "cases.place"
local sorted = require "base.sorted"

local patterns = {}

local INPUT <const> = "input"

---@class SideFile  of a parameter that names one
---@field param string
---@field format SampleFormat
---@field names string[]     of the members of its records
---@field constant? string   its text, if it has nothing of a user

---@class UserPattern
---@field name string       of the case
---@field line integer      of the case
---@field record Pattern
---@field names string[]    of the members of the record
---@field side table<string, Pattern[]>  by parameter
---@field password? string  that the hash in the record is of
---@field has_bcrypt boolean a hash is computed for each user
---@field weight? integer    how often it is chosen
---@field is_proven? boolean the recipe keeps the password
---@field login? string      which value of the person logs in
---@field is_blocked? boolean
---@field params table<string, {value: string, line: integer}>  but for those that name files
---@field user User         that the recipe makes of the record

---@class PatternSet
---@field list UserPattern[]
---@field format? SampleFormat|false  of the records
---@field param string                that names their file
---@field side table<string, SideFile>
---@field left {name: string, why: string}[]  cases of which none was made

local READERS <const> = {
  csv = function(name)
    local records = csv.records(name)
    return records, { kind = "csv" }
  end,
  ndjson = function(name) return ndjson.records(name), { kind = "ndjson" } end,
  json = function(name) return json_reader.records(name), { kind = "json" } end,
}
READERS.jsonl = READERS.ndjson

---The records of a file that a case writes out; nil for a form that is not known.
---@return table[]?
---@return SampleFormat? format
local function records_of(folder, name, text)
  local reader = READERS[path.extension(name):lower()]
  if not reader then return nil end
  local full = path.join(folder, "records." .. path.extension(name):lower())
  assert(file.write(full, text))
  local list, format = {}, nil
  local ok = guard.call(function()
    local records <close>, found = reader(full)
    format = found
    for record in records do
      list[#list + 1] = json.decode(assert(json.encode(json.materialize(record))))
    end
  end)
  return ok and list or nil, format
end

---Values by which records of different files are of the same user.
local JOINS <const> = { id = true, email = true, username = true }

local function is_joined(made)
  for kind in pairs(made.uses) do
    if JOINS[kind] then return true end
  end
  return false
end

local function has_slot(made)
  return next(made.uses) ~= nil
end

---Parameters that name files which the case writes out, and the others.
local function parted(case)
  local files, others = {}, {}
  for name, given in pairs(case.params) do
    if case.files[given.value] then files[name] = given.value else others[name] = given end
  end
  return files, others
end

---Adds what lies in the files next to the records; nil and why for what is not understood.
local function add_side(set, case, folder, made, slots)
  for param, name in pairs((parted(case))) do
    local text = case.files[name]
    local records, format = records_of(folder, name, text)
    if not records then return nil, "the form of " .. name .. " is not known" end
    local list, found = {}, false
    for _, record in ipairs(records) do
      local one = pattern.of(record, slots)
      found = found or has_slot(one)
      if is_joined(one) then list[#list + 1] = one end
    end
    local side = set.side[param] or { param = param, format = format, names = {} }
    for _, one in ipairs(sorted.all_keys(records)) do
      local is_known = false
      for _, known in ipairs(side.names) do is_known = is_known or known == one end
      if not is_known then table.insert(side.names, one) end
    end
    side.constant = not found and text or nil
    for _, one in ipairs(list) do made.has_bcrypt = made.has_bcrypt or one.uses.bcrypt ~= nil end
    set.side[param], made.side[param] = side, list
  end
  return true
end

---The records of a case: its own, or those of the one file that it writes out.
local function records_of_case(case, folder)
  if case.record then return { json.decode(case.record) } end
  local name = case.input and #case.input == 1 and case.input[1]
  local text = name and case.files[name]
  if not text then return nil, "its records lie in several files, or next to the test" end
  local records, format = records_of(folder, name, text)
  if not records then return nil, "the form of " .. name .. " is not known" end
  return records, format
end

---Adds a pattern for each record of a case.
local function add(set, world, case, declared, folder)
  local records, format = records_of_case(case, folder)
  if not records then return nil, format end
  local made = outcome.of(world, case, declared)
  if made.failed or #made.users ~= #records then
    return nil, "not every record of it becomes a user"
  end
  if case.record then format = outcome.format(world, case, declared) end
  if set.format == nil then set.format = format end
  local _, params = parted(case)
  for i, record in ipairs(records) do
    local user = made.users[i].user
    local slots = pattern.slots(user)
    local one = {
      name = case.name, line = case.line, record = pattern.of(record, slots), side = {},
      names = sorted.keys(record), password = case.login, params = params, user = user,
    }
    one.has_bcrypt = one.record.uses.bcrypt ~= nil
    local done, why = add_side(set, case, folder, one, slots)
    if not done then return nil, why end
    table.insert(set.list, one)
  end
  return true
end

---Whether a case is of these parameters.
local function is_of(case, params)
  local _, others = parted(case)
  for name, given in pairs(others) do
    if params[name] ~= given.value then return false end
  end
  for name in pairs(params) do
    if not others[name] then return false end
  end
  return true
end

---@param world CaseWorld
---@param cases Case[]
---@param declared table<string, ParamDeclaration>
---@param params table<string, string>  cases with others are left out
---@return PatternSet
function patterns.of(world, cases, declared, params)
  local folder = assert(file.temporary())
  local set = {
    list = {}, side = {}, left = {},
    param = place.record_param(declared, {}) or INPUT,
  }
  for _, case in ipairs(cases) do
    local why
    if case.cassette then
      why = "it reads an API"
    elseif case.fix or case.rejected or not (case.record or case.input) then
      why = "no user comes out of it"
    elseif not is_of(case, params) then
      why = "it has other parameters"
    else
      why = select(2, add(set, world, case, declared, folder))
    end
    if why then table.insert(set.left, { name = case.name, why = why }) end
  end
  file.remove_tree(folder)
  return set
end

return patterns
