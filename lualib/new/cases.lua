--- What a recipe makes of its test records, for the file of its tests.

local json = require "host.json"
local outcome = require "cases.outcome"
local path = require "base.path"
local sample = require "source.sample"
local scheduler = require "base.scheduler"
local verify = require "auth0.hash.verify"

local cases = {}

local NOW <const> = 1767225600 -- 2026-01-01T00:00:00Z, as tests have it

-- Readers of whose format a test can write a file.
local WRITTEN <const> = { ["source.csv"] = "csv", ["source.ndjson"] = "ndjson" }
local OF_RECORDS <const> = {
  ["source.csv"] = true, ["source.ndjson"] = true, ["source.json"] = true,
}

local MADE_KEY <const> = "1" -- of what a record refers to

---The rows of a joined export that a record has, each with the column by which it is joined.
local function rows_of(record, one)
  local rows = record[one.member] or {}
  if not json.is_array(rows) then rows = { rows } end
  local list = {}
  for i, row in ipairs(rows) do
    list[i] = {}
    for name, value in pairs(row) do list[i][name] = value end
    list[i][one.other] = tostring(record[one.key])
  end
  return list
end

---The files of joined exports, with what the records have of them. It is taken out of records that
---a test writes to a file of their own.
---@param export Export  the users'
---@param records {record: table}[]
---@param joined Joined[]
---@return table<string, string>? files
---@return table<string, string>? params
function cases.files(export, records, joined)
  local files, params = {}, {}
  local function add(one, rows)
    if not one.param then return end
    local lines = {}
    for i, row in ipairs(rows) do lines[i] = assert(json.encode(row)) end
    local kind = WRITTEN[one.export.reader] or "ndjson"
    local name = one.param .. "." .. kind
    files[name] = sample.text({ kind = kind, options = one.export.options }, lines) or ""
    params[one.param] = name
  end
  for _, one in ipairs(joined) do
    local first = records[1].record
    if one.param and first[one.key] == nil then first[one.key] = MADE_KEY end
    local rows = rows_of(first, one)
    for _, reference in ipairs(one.references) do
      local found = {}
      for _, row in ipairs(rows) do
        row[reference.key] = row[reference.member] and MADE_KEY or nil
        found = rows_of(row, reference)
        if reference.param then row[reference.member] = nil end
      end
      add(reference, found)
    end
    add(one, rows)
  end
  if OF_RECORDS[export.reader] and next(files) then
    for _, one in ipairs(records) do
      for _, other in ipairs(joined) do one.record[other.member] = nil end
    end
  end
  return next(files) and files or nil, next(params) and params or nil
end

---@param recipe string  its path
---@param records {name: string, record: table, login?: string}[]
---@param options {env: fun(name: string): string?, limits: table, files?: table<string, string>,
---  params?: table<string, string>}
---@return SyntheticCase[]
function cases.settle(recipe, records, options)
  local test_file = {
    recipe = recipe:find("/") and recipe or "./" .. recipe, name = path.basename(recipe),
    folder = nil, text = "",
  }
  local world = {
    env = options.env, limits = options.limits, formats = {},
    pause = function()
      scheduler.pass()
      return true
    end,
  }
  local params = {}
  for name, value in pairs(options.params or {}) do params[name] = { value = value, line = 1 } end
  local declared, list = nil, {}
  for _, one in ipairs(records) do
    local case = {
      file = test_file, name = one.name, line = 1, record = assert(json.encode(one.record)),
      params = params, files = options.files or {}, now = NOW,
    }
    declared = declared or outcome.declared(world, case)
    local made = outcome.of(world, case, declared)
    local settled = { name = one.name, record = one.record }
    local user = made.users[1] and made.users[1].user
    if user then
      settled.user = user
      local fits = one.login and verify.password(user, one.login)
      settled.login = fits and one.login or nil
    elseif made.rejected[1] then
      local first = made.rejected[1].errors[1]
      settled.rejected = first.path ~= "" and first.code .. " at " .. first.path or first.code
    elseif made.skipped[1] then
      settled.skipped = made.skipped[1].reason
    end
    if settled.user or settled.rejected or settled.skipped then list[#list + 1] = settled end
  end
  return list
end

return cases
