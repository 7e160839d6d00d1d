--- The outcome of single records, by the pipeline of a run, without detection of duplicates.

local pipeline = require "stage.pipeline"
local sorted = require "base.sorted"

local outcome = {}

---@class Outcome
---@field position integer
---@field at string
---@field record any        of the source, as JSON holds it; raw text if its reader failed
---@field skipped? string   the reason
---@field users User[]      normalised, including rejected ones
---@field errors Advised[]  why the record, or one of its users, is rejected
---@field warnings PipelineWarning[]  of rules and helpers, sorted by name

---@class OutcomeSink : Sink
---@field made Outcome
local OutcomeSink = {}
OutcomeSink.__index = OutcomeSink

---@private
function OutcomeSink:place(position, at, record)
  local made = self.made
  made.position, made.at, made.record = position, at, record
  return made
end

function OutcomeSink:user(mapped, position, at)
  table.insert(self:place(position, at, mapped:record()).users, mapped:user())
  return true
end

function OutcomeSink:rejected(rejection)
  local made = self:place(rejection.position, rejection.at, rejection.record)
  table.insert(made.users, rejection.user)
  table.move(rejection.errors, 1, #rejection.errors, #made.errors + 1, made.errors)
  return true
end

function OutcomeSink:skipped(position, at, reason, mapped)
  self:place(position, at, mapped:record()).skipped = reason
  return true
end

local function list_of(warnings)
  local list = {}
  for _, warning in sorted.pairs(warnings) do list[#list + 1] = warning end
  return list
end

---@class Outcomes
---@field pipe Pipeline
---@field private sink OutcomeSink
local Outcomes = {}
Outcomes.__index = Outcomes

---@param recipe LoadedRecipe
---@param connection? ConnectionSettings
---@return Outcomes
function outcome.new(recipe, connection)
  local sink = setmetatable({}, OutcomeSink)
  return setmetatable({
    sink = sink, pipe = pipeline.new { recipe = recipe, connection = connection, sink = sink },
  }, Outcomes)
end

---The outcome of the next record; false at the end of the source.
---@return Outcome|false|nil
---@return string? message
---@return Kind? kind
function Outcomes:next()
  self.sink.made = { users = {}, errors = {} }
  local done, message, kind = self.pipe:one()
  if not done then return done, message, kind end
  self.sink.made.warnings = list_of(self.pipe.warnings)
  return self.sink.made
end

return outcome
