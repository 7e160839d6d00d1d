--- The command test: runs the cases of recipes and compares what comes out with what they say. No
--- network, a fixed clock, and nothing of the machine but the files that a test names.

local clock = require "host.clock"
local connect = require "auth0.api.connect"
local files = require "cases.files"
local golden = require "cases.golden"
local json = require "host.json"
local judge = require "cases.judge"
local outcome = require "cases.outcome"
local scheduler = require "base.scheduler"
local shape = require "cases.shape"
local shown = require "cases.shown"
local signals = require "base.signals"

local cases = {}

local FAILED <const> = 3
local INTERRUPTED <const> = "interrupted; the tests that were not run yet are left out"

---@class CaseReport
---@field recipe string   as it was named
---@field file string
---@field line integer
---@field name string
---@field passed boolean
---@field differences CaseDifference[]
---@field notes string[]  how the case ran
---@field seconds number

---@class GoldenReport  a golden file that was written
---@field file string
---@field is_new boolean
---@field users integer
---@field changed integer
---@field added integer
---@field removed integer
---@field moved integer
---@field differences CaseDifference[]

---@class CasesReport
---@field cases CaseReport[]
---@field passed integer
---@field failed integer
---@field updated GoldenReport[]
---@field hides_values boolean  values are described that --show-values shows
---@field lacks_golden boolean  a golden file does not exist yet
---@field exit integer
---@field status "complete"

---@class CasesOptions
---@field env fun(name: string): string?
---@field limits table            of the recipe, see StateOptions
---@field connection_file? string
---@field show_values? boolean
---@field update? boolean         write golden files

---The members of a result, as if nothing was run.
---@return table
function cases.empty()
  return { cases = json.array {}, passed = 0, failed = 0, updated = json.array {} }
end

---The cases of all test files of the recipes; every file is read before any case runs.
local function read_all(names, env)
  local list = {}
  for _, name in ipairs(names) do
    local found, message, kind, more = files.of(name, env)
    if not found then return nil, message, kind, more end
    for _, file in ipairs(found) do list[#list + 1] = shape.cases(file) end
  end
  return list
end

---Writes the golden file of a case, unless it has the same users.
---@return GoldenReport?
local function update(case, made, look)
  if not case.expect or made.failed then return nil end
  local before = golden.read(case)
  local changes = golden.changes(before or {}, made.users)
  if before and #changes == 0 then return nil end
  local report = {
    file = case.expect, is_new = before == nil, users = #made.users,
    changed = 0, added = 0, removed = 0, moved = 0,
    differences = json.array(before and judge.of(case, made, look) or {}),
  }
  for _, change in ipairs(changes) do report[change.kind] = report[change.kind] + 1 end
  golden.write(case, made.users)
  return report
end

---@param world CaseWorld
---@param case Case
---@param declared table
---@param report CasesReport
---@param options CasesOptions
local function run(world, case, declared, report, options)
  local began, look = clock.monotonic(), shown.new(options.show_values or false)
  local made = outcome.of(world, case, declared)
  local updated = options.update and update(case, made, look)
  if updated then table.insert(report.updated, updated) end
  local list, lacks_golden = judge.of(case, made, look)
  report.hides_values = report.hides_values or #list > 0 and look.is_hidden
  report.lacks_golden = report.lacks_golden or lacks_golden or false
  local passed = #list == 0
  report.passed = report.passed + (passed and 1 or 0)
  report.failed = report.failed + (passed and 0 or 1)
  table.insert(report.cases, {
    recipe = case.file.recipe, file = case.file.name, line = case.line, name = case.name,
    passed = passed, differences = json.array(list),
    notes = json.array(passed and {} or made.notes), seconds = clock.monotonic() - began,
  })
end

---What all cases of a call share, for those that are not tests.
---@param options {env: (fun(name: string): string?), limits: table, connection_file?: string}
---@return CaseWorld?
---@return string? message
---@return Kind? kind
function cases.world(options)
  local connection, message, kind = connect.offline(options)
  if message then return nil, message, kind end
  return {
    env = options.env, limits = options.limits, connection = connection, formats = {},
    pause = function()
      scheduler.pass()
      return true
    end,
  }
end

---Runs the tests of recipes. Raises a failure for a test file that is wrong.
---@param names string[]  of recipes
---@param options CasesOptions
---@return CasesReport?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function cases.run(names, options)
  local world, message, kind = cases.world(options)
  if not world then return nil, message, kind end
  local list, more
  list, message, kind, more = read_all(names, options.env)
  if not list then return nil, message, kind, more end
  local stopped = false
  local _ <close> = signals.watch(function() stopped = true end, function() os.exit(130) end)
  world.pause = function()
    scheduler.pass()
    if stopped then return nil, INTERRUPTED, "interrupted" end
    return true
  end
  local report = cases.empty()
  report.hides_values, report.lacks_golden = false, false
  for _, of_file in ipairs(list) do
    local declared = outcome.declared(world, of_file[1])
    for _, case in ipairs(of_file) do
      if not world.pause() then return nil, INTERRUPTED, "interrupted" end
      run(world, case, declared, report, options)
    end
  end
  report.status, report.exit = "complete", report.failed > 0 and FAILED or 0
  return report
end

return cases
