--- The offline half of a run, record by record: source -> map -> validate -> dedupe. Every record
--- reaches the sink exactly once: skipped, rejected, as a duplicate, or as a user.

local advice = require "auth0.advice"
local bad_record = require "source.bad_record"
local call = require "recipe.call"
local json = require "host.json"
local unread_values = require "recipe.inside.unread_values"
local reject = require "migrate.reject"
local rejection = require "stage.rejection"
local user_rules = require "auth0.user"
local redact = require "auth0.redact"

local pipeline = {}

local PAUSE_EVERY <const> = 256 -- records
local APART <const> = "Choose in the recipe which of the two to keep (dedupe), or correct the "
  .. "source."

local IS_WORDS <const> = { string = true, number = true }

-- Called for every record: a local costs a third of the table lookup.
local is_bad, is_reject, normalise = bad_record.is, reject.is_reject, user_rules.normalise

---@class Sink  receives records; each method returns true, or nil, message, kind to stop
---@field user fun(self, user: table, position: integer, at: string, record: any,
---draft?: host.json.draft)  draft: the user's JSON, unless it is empty; valid during the call
---@field rejected fun(self, rejection: Rejection)
---@field skipped fun(self, position: integer, at: string, reason: string, record: any)

---@class PipelineWarning
---@field n integer
---@field message string  of the first warning, like the fields below
---@field code? string    of a rule or a recipe's helper; the name it is counted under may be longer
---@field path? string
---@field at? string
---@field shape? string
---@field fix? string

---@class Pipeline
---@field recipe Recipe
---@field validator host.schema.validator
---@field duplicates table
---@field sink Sink
---@field position integer  records read so far
---@field extra integer     users beyond the first that one record became
---@field warnings table<string, PipelineWarning>
---@field names table<string, table>  of the rules' warnings, see name_of
---@field private unread UnreadValues
---@field private phase? "source"|"map"  which code of the recipe runs; nil: ours
---@field private draft? host.json.draft  of the current user; nil if dedupe is a function
---@field private record any        the last one read
---@field private at string         where it is
---@field private pause_at integer  the position at which to pause next
local Pipeline = {}
Pipeline.__index = Pipeline

---@param parts table  recipe, validator, duplicates, sink, dedupe?
---@return Pipeline
function pipeline.new(parts)
  return setmetatable({
    recipe = parts.recipe, validator = parts.validator, duplicates = parts.duplicates,
    sink = parts.sink, dedupe = parts.dedupe, unread = parts.recipe.unread or {},
    draft = not parts.dedupe and json.draft(user_rules.ORDER) or nil,
    position = 0, extra = 0, warnings = {}, names = {}, pause_at = PAUSE_EVERY,
  }, Pipeline)
end

---Counts a warning; the details of the first are kept.
---@param code string
---@param message? string
---@return PipelineWarning? first  nil for a repeated one
function Pipeline:warn(code, message)
  local warning = self.warnings[code]
  if warning then
    warning.n = warning.n + 1
    return nil
  end
  self.warnings[code] = { n = 1, message = message }
  return self.warnings[code]
end

---@param at string
---@param errors Advised[]
---@param record any
---@param user? table
---@param kept? integer  position of the user that it clashes with
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:reject(at, errors, record, user, kept)
  return self.sink:rejected(rejection.new {
    position = self.position, at = at, errors = errors, record = record, user = user, kept = kept,
  })
end

function Pipeline:reject_result(at, code, message, record, value)
  return self:reject(at, { rejection.of_recipe(code, message, value) }, record)
end

function Pipeline:refuse(at, refused, record)
  return self:reject(at, { rejection.refused(refused, record) }, record)
end

---The name under which a warning of the rules is counted: code and field, with a number if the same
---field has a warning for another reason (another keyword, or another message of a check).
---@private
---@param finding UserFinding
---@return string
function Pipeline:name_of(finding)
  local name = finding.path == "" and finding.code or finding.code .. " " .. finding.path
  local names = self.names[name]
  if not names then
    names = { n = 0 }
    self.names[name] = names
  end
  local reason = finding.keyword == "check" and finding.message or finding.keyword
  if not names[reason] then
    names.n = names.n + 1
    names[reason] = names.n == 1 and name or string.format("%s (%d)", name, names.n)
  end
  return names[reason]
end

---The errors among the findings, with advice. Counts the warnings of fields without an error.
---@param findings UserFinding[]
---@param user table
---@param at string
---@return Advised[]
function Pipeline:errors_of(findings, user, at)
  local errors, refused = {}, {}
  for _, finding in ipairs(findings) do
    if not finding.warning then
      errors[#errors + 1] = advice.of(user, finding)
      refused[finding.path] = true
    end
  end
  for _, finding in ipairs(findings) do
    if finding.warning and not refused[finding.path] then
      local first = self:warn(self:name_of(finding))
      if first then
        for key, value in pairs(advice.of(user, finding)) do first[key] = value end
        first.at = at
      end
    end
  end
  return errors
end

function Pipeline:clash(clash, user, at, record)
  local same = clash.code == "DUPLICATE"
  return self.sink:rejected(rejection.new {
    position = self.position, at = at, outcome = same and "duplicate" or "rejected",
    errors = { rejection.clash(clash, user, not same and APART or nil) },
    record = record, user = user, kept = clash.position,
  })
end

---@private
function Pipeline:warn_of_unread(user, at)
  for _, warning in ipairs(unread_values.of(self.unread, user)) do
    local first = self:warn(warning.code, warning.message)
    if first then
      first.code, first.path, first.at = warning.code, "", at
      first.shape, first.fix = warning.shape, warning.fix
    end
  end
end

---Passes a mapped user through the rules into the sink.
function Pipeline:take(user, at, record)
  normalise(user)
  local draft = self.draft
  local findings = self.validator:check(user, draft)
  if findings then
    local errors = self:errors_of(findings, user, at)
    if errors[1] then return self:reject(at, errors, record, user) end
  end
  local unread = self.unread
  if unread.any or unread.built and not (user.custom_password_hash or user.password_hash) then
    self:warn_of_unread(user, at)
  end
  local dedupe = self.dedupe
  local slot = dedupe and dedupe:slot() or self.position
  local clash, message, kind = self.duplicates:judge(user, slot)
  if clash == false then return nil, message, kind end
  if not dedupe then
    if clash then return self:clash(clash, user, at, record) end
    return self.sink:user(user, self.position, at, record, draft)
  end
  if clash then return dedupe:choose(self, clash, user, at, record) end
  return dedupe:keep(self, user, at, record)
end

---Whether a table has the keys 1 to n and nothing else: users behind a gap would be lost.
local function is_whole_list(list)
  local n = 0
  for _ in next, list do n = n + 1 end
  for i = 1, n do
    if rawget(list, i) == nil then return false end
  end
  return true
end

function Pipeline:take_list(list, at, record)
  if not is_whole_list(list) then
    return self:reject_result(at, "RECIPE_RESULT",
      "map returned a list with gaps (nil between its users) or with named keys", record, list)
  end
  if #list > 1 then self.unread.built = false end -- it is unknown which of the users it belongs to
  for i, user in ipairs(list) do
    local taken, message, kind
    if reject.is_reject(user) then
      taken, message, kind = self:refuse(at, user, record)
    elseif type(user) == "table" then
      taken, message, kind = self:take(user, at, record)
    else
      taken, message, kind = self:reject_result(at, "RECIPE_RESULT", string.format(
        "map returned a list whose item %d is a %s, not a user", i, type(user)), record, user)
    end
    if not taken then return nil, message, kind end
    if i > 1 then self.extra = self.extra + 1 end
  end
  return true
end

local FELL_OFF <const> = "map ended without a return; `return nil, reason` skips a record"

---@private
function Pipeline:mapped(at, record, ...)
  self.phase = nil
  local result, reason = ...
  -- Fields before calls, which cost five times as much: only a rejection has a reason, and most
  -- users have an address.
  if type(result) == "table" and not (result.reason and is_reject(result)) then
    if result[1] ~= nil then return self:take_list(result, at, record) end
    if result.email or next(result) ~= nil then return self:take(result, at, record) end
    return self:reject_result(at, "RECIPE_RESULT", "map returned an empty table", record, result)
  elseif select("#", ...) == 0 then
    return self:reject_result(at, "RECIPE_RESULT", FELL_OFF, record, nil)
  elseif result == nil then
    if reason ~= nil and not IS_WORDS[type(reason)] then
      return self:reject_result(at, "RECIPE_RESULT", "map returned nil and a " .. type(reason)
        .. " as the reason, not a string", record, reason)
    end
    return self.sink:skipped(self.position, at, reason and tostring(reason) or "no reason", record)
  elseif is_reject(result) then
    return self:refuse(at, result, record)
  end
  return self:reject_result(at, "RECIPE_RESULT", "map returned a " .. type(result)
    .. ", not a user", record, result)
end

---@private
function Pipeline:step_over(at, record)
  local shape = redact.of_raw(record.raw)
  return self:reject(at, { rejection.finding("SOURCE", "", record.message, shape) }, record.raw)
end

local function wrong_place(at, position)
  return nil, string.format("the recipe's `source` returned a %s as the place of record %d: its "
    .. "iterator must return a record and, optionally, a string with its place", type(at),
    position), "usage"
end

---Reads records until the source ends or the limit is reached. The caller guards the whole loop,
---because a guard around each call would cost more than the call. So `phase` always shows whose
---code runs, and `record` and `at` the current record.
---@private
---@param source function|table  an iterator
---@param state any              its first argument
---@param pause fun(position: integer, source: any): true?, string?, Kind?
---@param limit integer
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:stretch(source, state, pause, limit)
  local map, params, unread = self.recipe.map, self.recipe.params, self.unread
  while self.position < limit do
    local taken, message, kind
    if self.position >= self.pause_at then
      self.pause_at = self.position + PAUSE_EVERY
      taken, message, kind = pause(self.position, type(source) == "table" and source or {})
      if not taken then return nil, message, kind end
    end
    self.phase = "source"
    local record, at = source(state, self.record)
    self.phase = nil
    if record == nil then return true end
    local position = self.position + 1
    if type(at) ~= "string" then
      if at ~= nil and not IS_WORDS[type(at)] then return wrong_place(at, position) end
      at = at and tostring(at) or "#" .. position
    end
    self.position, self.record, self.at = position, record, at
    if is_bad(record) then
      taken, message, kind = self:step_over(at, record)
    else
      unread.built = false
      if unread.any then unread_values.clear(unread) end
      self.phase = "map"
      taken, message, kind = self:mapped(at, record, map(record, params, position))
    end
    if not taken then return nil, message, kind end
  end
  return true
end

---Handles an error in a stretch. One raised by `map`, or by a metatable of its user while our code
---ran, rejects the record; one raised by the source ends the run; ours is raised again.
---@private
function Pipeline:failed(err)
  local phase = self.phase
  self.phase = nil
  if phase == "source" then
    return call.failed(err, "source")
  elseif phase ~= "map" and (not err.where or call.is_ours(err)) then
    error(err.trace or err, 0)
  end
  return self:reject_result(self.at, "RECIPE_ERROR", call.text(err), self.record, self.record)
end

---Runs stretches, each of which an error of the recipe's ends, until the source ends.
---@private
function Pipeline:read(source, state, pause, limit)
  repeat
    local whole, done, message, kind = call.try(self.stretch, self, source, state, pause, limit)
    if not whole then done, message, kind = self:failed(done) end
    if not done then return nil, message, kind end
  until whole
  return true
end

---Passes one record into the sink, as a run would; `warnings` are then those of this record.
---@param record any
---@param at any     its place, as the source returns it
---@param position integer
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:one(record, at, position)
  self.position, self.warnings = position - 1, {}
  local function source() return record, at end
  return self:read(source, nil, function() return true end, position)
end

---Reads the whole source; `pause`, called every few records, stops it with nil, message, kind.
---@param pause fun(position: integer, source: any): true?, string?, Kind?
---@param limit? integer  records
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:run(pause, limit)
  local recipe = self.recipe
  local source, state, control = pipeline.open(recipe)
  if not source then return nil, state, control end
  self.record = control
  local done, message, kind = self:read(source, state, pause, limit or math.maxinteger)
  if not done then return nil, message, kind end
  local own = type(source) == "table" and source or {} -- a reader of ours, else any iterator
  for _, warning in ipairs(own.warnings and own:warnings() or {}) do
    self:warn(warning.code, warning.message)
  end
  if own.close then own:close() end
  if self.position == 0 then self:warn("EMPTY_SOURCE", "the source has no records") end
  if self.dedupe then return self.dedupe:emit(self.sink) end
  return true
end

local function is_callable(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

---The iterator that a recipe's `source` returns, with its state and control value as for `for`.
---@param recipe Recipe
---@return any source
---@return any state    or the message
---@return any control  or its kind
function pipeline.open(recipe)
  local ok, source, state, control = call.try(recipe.source, recipe.params)
  if not ok then return call.failed(source, "source") end
  if is_callable(source) then return source, state, control end
  return nil, string.format("the recipe's `source` returned a %s; it must return an iterator of "
    .. "records, such as csv.records(params.input)", type(source)), "usage"
end

return pipeline
