--- The outcome of single records, by the pipeline of a run, without detection of duplicates.

local bad_record = require "source.bad_record"
local json = require "host.json"
local pipeline = require "stage.pipeline"

local outcome = {}

---@class Outcome
---@field record any        of the source, as JSON holds it; raw text if its reader failed
---@field skipped? string   the reason
---@field users User[]      normalised, including rejected ones
---@field errors Advised[]  why the record, or one of its users, is rejected
---@field warnings PipelineWarning[]  of rules and helpers, sorted by name

---@class OutcomeSink : Sink
---@field made Outcome
local OutcomeSink = {}
OutcomeSink.__index = OutcomeSink

function OutcomeSink:user(user)
  table.insert(self.made.users, user)
  return true
end

function OutcomeSink:rejected(rejection)
  local made = self.made
  table.insert(made.users, rejection.user)
  table.move(rejection.errors, 1, #rejection.errors, #made.errors + 1, made.errors)
  return true
end

function OutcomeSink:skipped(_, _, reason)
  self.made.skipped = reason
  return true
end

local function sorted(warnings)
  local names, list = {}, {}
  for name in pairs(warnings) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do list[i] = warnings[name] end
  return list
end

---Returns a function that determines the outcome of a record.
---@param recipe Recipe
---@param validator host.schema.validator
---@return fun(record: any, at: any, position: integer): Outcome?, string?, Kind?
function outcome.new(recipe, validator)
  local sink = setmetatable({}, OutcomeSink)
  local pipe = pipeline.new {
    recipe = recipe, validator = validator, sink = sink,
    duplicates = { judge = function() end },
  }
  return function(record, at, position)
    local shown = bad_record.is(record) and record.raw or json.materialize(record)
    sink.made = { record = shown, users = {}, errors = {} }
    local done, message, kind = pipe:one(record, at, position)
    if not done then return nil, message, kind end
    sink.made.warnings = sorted(pipe.warnings)
    return sink.made
  end
end

return outcome
