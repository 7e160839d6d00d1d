--- The offline half of a run, event by event: the recipe's state maps, checks and writes; here are
--- duplicates, and what is not sent. Every record reaches the sink exactly once: skipped, rejected,
--- as a duplicate, or as a user.

local advice = require "auth0.advice"
local call = require "recipe.call"
local clock = require "host.clock"
local foreign = require "base.foreign"
local limits = require "auth0.limits"
local mapped = require "stage.mapped"
local redact = require "auth0.redact"
local rejection = require "stage.rejection"
local schema = require "auth0.schema"
local text = require "host.text"
local user_rules = require "auth0.user"

local pipeline = {}

local MOST_BETWEEN <const> = 256 -- records between two pauses, and
local BETWEEN <const> = 0.1 -- seconds, about
local BROKEN_IN_A_ROW <const> = 10 -- records that break the budget end the run
local MOST_TOLD <const> = 10 -- messages of the source that share a code
local APART <const> = "Choose in the recipe which of the two to keep (dedupe), or correct the "
  .. "source."

-- The identifiers that are handed over where no detector names its fields.
local IDENTIFIERS <const> = {
  { name = "email" }, { name = "username" }, { name = "phone_number" }, { name = "user_id" },
}

---@class Sink  receives records; each method returns true, or nil, message, kind to stop
---@field user fun(self, user: Mapped, position: integer, at: string)  user: valid during the call
---@field rejected fun(self, rejection: Rejection)
---@field skipped fun(self, position: integer, at: string, reason: string, record: Mapped)
---@field waits? fun(self, user: Mapped, position: integer)  a user that `dedupe` may still judge
---@field took? fun(self, users: integer)  so many plain users went into the packer directly

---@class PipelineWarning
---@field n integer
---@field message string  of the first warning, like the fields below
---@field code? string    of a rule or a recipe's helper; the name it is counted under may be longer
---@field path? string
---@field at? string
---@field shape? string
---@field fix? string

---@class Pipeline
---@field recipe LoadedRecipe
---@field position integer  records read so far
---@field extra integer     users beyond the first that one record became
---@field warnings table<string, PipelineWarning>
---@field names table<string, table>  of the rules' warnings, see name_of
---@field sink Sink
---@field mapped Mapped     of the last event
---@field private state State
---@field private validator UserValidator  explains findings
---@field private duplicates? Detector
---@field private dedupe? Dedupe    the recipe's own choice
---@field private n_fields integer  that the detector compares
---@field private pause_at integer  the position at which to pause next
---@field private between integer   records until then
---@field private paused number     monotonic: the end of the last pause
---@field private is_simple? boolean  see `step`
---@field private stretch? host.stretch.stretch  takes plain users; nil: the sink sees each
---@field watch? fun(ok: boolean, ...: any): boolean, ...  sees each event, and passes it on
---@field private broken integer    records in a row that broke the budget
---@field private has_user? boolean  somebody is ready to import
---@field private absent table<integer, string>  keys of the recipe that no user has had, by field
local Pipeline = {}
Pipeline.__index = Pipeline

---@class PipelineParts
---@field recipe LoadedRecipe
---@field connection? ConnectionSettings
---@field duplicates? Detector  none: duplicates are not looked for
---@field dedupe? Dedupe
---@field sink Sink
---@field upsert? boolean       hand over what an upsert would change
---@field packer? Packer        of the sink, which then need not see plain users

---The names of the recipe's own keys, by the index of their field.
local function keys_of(detector)
  local keys = {}
  for i, field in ipairs(detector and detector.fields or {}) do
    if field.decides then keys[i] = field.name end
  end
  return keys
end

---What takes plain users without a call of Lua for each; nil if the sink has to see each user.
local function stretch_of(parts, draft)
  if parts.upsert or not parts.packer then return nil end
  local packer = parts.packer
  local counted = packer.statistics
  return parts.recipe.state:stretch {
    draft = draft, set = parts.duplicates.set, writer = packer.writer, tally = counted.tally,
    coverage = counted.covered, tables = counted.tables, largest = limits.PROFILE_WARN_BYTES,
  }
end

---@param parts PipelineParts
---@return Pipeline
function pipeline.new(parts)
  local state = parts.recipe.state
  local fields = {}
  for i, field in ipairs(parts.duplicates and parts.duplicates.fields or IDENTIFIERS) do
    fields[i] = { name = field.name, path = field.path }
  end
  state:must("prepare", {
    connection = parts.connection, fields = fields,
    members = parts.upsert and user_rules.UPSERTED or nil,
  })
  local user = mapped.new(state)
  local is_simple = parts.duplicates and not parts.dedupe and #fields == #IDENTIFIERS
  return setmetatable({
    recipe = parts.recipe, state = state, validator = schema.for_connection(parts.connection),
    duplicates = parts.duplicates, sink = parts.sink, dedupe = parts.dedupe,
    mapped = user, position = 0, extra = 0, broken = 0, warnings = {}, names = {},
    pause_at = 1, between = 1, paused = clock.monotonic(),
    n_fields = #fields,
    is_simple = is_simple, stretch = is_simple and stretch_of(parts, user.draft) or nil,
    absent = keys_of(parts.duplicates),
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
---@param user? table
---@param kept? integer  position of the user that it clashes with
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:reject(at, errors, user, kept)
  return self.sink:rejected(rejection.new {
    position = self.position, at = at, errors = errors, record = self.mapped:record(), user = user,
    kept = kept,
  })
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
---@param at string
---@return Advised[]
---@return table? user  a copy, if there is an error
function Pipeline:errors_of(findings, at)
  local errors, refused, user = {}, {}, nil
  self.validator:explain(findings, function() return self.mapped:user() end)
  for _, finding in ipairs(findings) do
    if not finding.warning then
      user = user or self.mapped:user()
      errors[#errors + 1] = advice.of(user, finding)
      refused[finding.path] = true
    end
  end
  for _, finding in ipairs(findings) do
    if finding.warning and not refused[finding.path] then
      local first = self:warn(self:name_of(finding))
      if first then
        local advised = advice.of(user or self.mapped:user(), finding)
        for key, value in pairs(advised) do first[key] = value end
        first.at = at
      end
    end
  end
  return errors, user
end

---@private
function Pipeline:clash(clash, at)
  local same, user = clash.code == "DUPLICATE", self.mapped:user()
  return self.sink:rejected(rejection.new {
    position = self.position, at = at, outcome = same and "duplicate" or "rejected",
    errors = { rejection.clash(clash, user, not same and APART or nil) },
    record = self.mapped:record(), user = user, kept = clash.position,
  })
end

---Counts the warnings about the last user: of rules, and of values that helpers could not read.
---@param at string
function Pipeline:note(at)
  local _, findings, unread = assert(self.state:call("notes"))
  self:errors_of(findings, at)
  for _, warning in ipairs(unread) do
    local first = self:warn(warning.code, warning.message)
    if first then
      first.code, first.path, first.at = warning.code, "", at
      first.shape, first.fix = warning.shape, warning.fix
    end
  end
end

---Looks for a clash of the last user, and passes it on with `pass(self, at)`.
---@private
function Pipeline:judge(at, pass, ...)
  local dedupe, clash = self.dedupe, nil
  if self.duplicates then
    local message, kind
    local values = { ... }
    for i in next, self.absent do
      if values[i] ~= nil then self.absent[i] = nil end
    end
    clash, message, kind = self.duplicates:add(dedupe and dedupe:slot() or self.position,
      table.unpack(values, 1, self.n_fields))
    if clash == false then return nil, message, kind end
  end
  if dedupe and self.sink.waits then self.sink:waits(self.mapped, self.position) end
  if dedupe and clash then return dedupe:choose(self, clash, at) end
  if clash then return self:clash(clash, at) end
  return pass(self, at)
end

local function send(self, at)
  self.has_user = true
  return self.sink:user(self.mapped, self.position, at)
end

local function keep(self, at)
  self.has_user = true
  return self.dedupe:keep(self, at)
end

---What became of a record, or of one of its users, by the name of the event; see
---recipe.inside.mapper.
---@type table<string, fun(self: Pipeline, at: string, ...: any): true?, string?, Kind?>
local EVENTS <const> = {
  user = function(self, at, algorithm, members, noted, lost, ...)
    local user = self.mapped
    user.algorithm, user.members, user.lost = algorithm, members, lost
    if noted then self:note(at) end
    return self:judge(at, self.dedupe and keep or send, ...)
  end,
  -- Keeps the rules, but JSON cannot hold it.
  unwritable = function(self, at, why, _, noted, _, ...)
    if noted then self:note(at) end
    return self:judge(at, function()
      if self.dedupe then self.dedupe:leave_out() end
      local shape = self.state:must("shape", "user")
      return self:reject(at, { rejection.finding("RECIPE_RESULT", "", why, shape) })
    end, ...)
  end,
  invalid = function(self, at)
    local _, findings = assert(self.state:call("notes"))
    local errors, user = self:errors_of(findings, at)
    return self:reject(at, errors, user)
  end,
  refused = function(self, at, code, path, reason, shape)
    return self:reject(at, { rejection.refused(code, path, reason, shape) })
  end,
  odd = function(self, at, code, message)
    local shape = self.state:must("shape", "user")
    return self:reject(at, { rejection.finding(code, "", message, shape) })
  end,
  skipped = function(self, at, reason)
    return self.sink:skipped(self.position, at, foreign.legible(reason), self.mapped)
  end,
  -- A record that its reader could not parse.
  bad = function(self, at, message, raw)
    return self.sink:rejected(rejection.new {
      position = self.position, at = at, record = raw,
      errors = { rejection.finding("SOURCE", "", message, redact.of_raw(raw)) },
    })
  end,
}

---@private
function Pipeline:count(extra)
  if extra then self.extra = self.extra + 1 else self.position = self.position + 1 end
end

---A rejection that `map` raised.
---@private
function Pipeline:refused(refused, at, extra)
  self:count(extra)
  self.broken = 0
  self.mapped.draft:clear()
  local shape = refused.shape or redact.of(self.mapped:record())
  return EVENTS.refused(self, at, refused.code, refused.path, refused.reason, shape)
end

---Handles an error of the recipe's state. One raised by `map`, or by a metatable of its user,
---rejects the record; one raised by the source ends the run; ours is raised again.
---@private
function Pipeline:failed(err)
  if err.grown then
    call.limit(err, "map")
    return nil, call.text(err) .. " (what the recipe keeps from record to record grows)", "usage"
  end
  local phase, at, extra, map_at = self.state:must("interrupted")
  if err.ended == "interrupted" then return nil, "interrupted", "interrupted" end
  local limit = call.limit(err, phase)
  if phase == "source" then
    return call.failed(err, "source")
  elseif phase == "map" and err.refused then
    return self:refused(err.refused, at, extra)
  elseif phase ~= "map" and not limit and (not err.where or call.is_ours(err)) then
    error(err.trace or err, 0)
  end
  self:count(extra)
  self.broken = limit and self.broken + 1 or 0
  if self.broken == BROKEN_IN_A_ROW then
    return nil, string.format("%s: %d records in a row", call.text(err), self.broken), "usage"
  end
  self.mapped.draft:clear()
  err.where = err.where or map_at
  local shape = redact.of(self.mapped:record())
  return self:reject(at, { rejection.finding("RECIPE_ERROR", "", call.text(err), shape) })
end

---Handles an event. Nil at the end of the source.
---@private
---@return boolean? going
---@return string? message
---@return Kind? kind
function Pipeline:take(ok, event, at, extra, ...)
  if not ok then return self:failed(self.state:failure(event)) end
  if event == nil then return nil end
  self.broken = 0
  self:count(extra)
  if event ~= "user" then self.mapped.draft:clear() end
  return EVENTS[event](self, at, ...)
end

---`take` for most events: a user with the usual identifiers, of whom there is nothing to note.
---@private
function Pipeline:step(ok, event, at, extra, algorithm, members, noted, lost, a, b, c, d, ...)
  if event ~= "user" or noted or extra or not self.is_simple then
    return self:take(ok, event, at, extra, algorithm, members, noted, lost, a, b, c, d, ...)
  end
  local position, user = self.position + 1, self.mapped
  self.position, self.broken = position, 0
  user.algorithm, user.members, user.lost = algorithm, members, lost
  local clash, message, kind = self.duplicates:add(position, a, b, c, d)
  if clash then return self:clash(clash, at) end
  if clash == false then return nil, message, kind end
  self.has_user = true
  return self.sink:user(user, position, at)
end

---Pauses, and plans the next pause: sooner where records take long, so that a signal is seen.
---@private
function Pipeline:pause(pause)
  local each = (clock.monotonic() - self.paused) / self.between
  local going, message, kind = pause(self.position, self)
  local enough = BETWEEN // math.max(each, BETWEEN / MOST_BETWEEN)
  self.between = math.max(1, math.min(2 * self.between, math.tointeger(enough)))
  self.pause_at, self.paused = self.position + self.between, clock.monotonic()
  return going, message, kind
end

---Counts the plain users that were packed, and takes the event that ended the stretch.
---@private
function Pipeline:took(users, ok, ...)
  if users > 0 then
    self.position, self.broken = self.position + users, 0
    self.sink:took(users)
  end
  if ok == nil then return true end
  return self:step(ok, ...)
end

---Takes the next event, after the plain users before it.
---@private
function Pipeline:advance(limit)
  local state, draft = self.state, self.mapped.draft
  if self.watch then return self:step(self.watch(state:next(draft))) end
  local last = math.min(limit, self.pause_at)
  if not self.stretch or self.position >= last then return self:step(state:next(draft)) end
  return self:took(self.stretch:take(self.position, last))
end

---Takes the events of records until the source ends or the limit is reached.
---@param pause fun(position: integer, source: any): true?, string?, Kind?
---@param limit integer
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:read(pause, limit)
  while self.position < limit or self.state:must("remaining") > 0 do
    if self.position >= self.pause_at then
      local going, message, kind = self:pause(pause)
      if not going then return nil, message, kind end
    end
    local going, message, kind = self:advance(limit)
    if not going then
      if not message then return true end
      if kind == "interrupted" then
        local _, why = pause(self.position, self)
        message = why or message
      end
      return nil, message, kind
    end
  end
  return true
end

---Takes all events of the next record; `warnings` are then those of this record.
---@return true|false|nil  false: the source has ended
---@return string? message
---@return Kind? kind
function Pipeline:one()
  self.warnings = {}
  local before = self.position
  local done, message, kind = self:read(function() return true end, before + 1)
  if not done then return nil, message, kind end
  return self.position > before
end

---Reads, without mapping, until a record; `one` then takes it.
---@param wanted integer|string  position or place
---@return integer|false|nil position  false: there is none
---@return integer|string|nil read     records; or the message
---@return Kind? kind
function Pipeline:seek(wanted)
  local ok, read, found = self.state:run("seek", wanted)
  if not ok then return call.failed(read, "source") end
  self.position = found and read - 1 or read
  return found and read, read
end

---The share of the source that was read, 0 to 1; nil if it is not known.
---@return number?
function Pipeline:progress()
  local ok, share = self.state:call("progress")
  return ok and type(share) == "number" and share or nil
end

---Calls the recipe's `source`.
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:open()
  local ok, err = self.state:run("open")
  if ok then return true end
  if err.ended == "interrupted" then return nil, "interrupted", "interrupted" end
  call.limit(err, "source")
  return call.failed(err, "source")
end

---Warnings about the source, as far as it was read. What several readers say of the same file, such
---as those of the tables of a dump, is said once.
---@return {code: string, message: string}[]
function Pipeline:source_warnings()
  local ok, list = self.state:call("finish")
  local found, seen = {}, {}
  for _, warning in ipairs(ok and type(list) == "table" and list or {}) do
    local is_shown = type(warning) == "table" and not (warning.unless_ready and self.has_user)
    if is_shown and type(warning.code) == "string" then
      local message, count = tostring(warning.message), math.tointeger(warning.count)
      local key = warning.code .. "\0" .. message
      local earlier = seen[key]
      if not earlier then
        seen[key] = { code = warning.code, message = message, count = count }
        found[#found + 1] = seen[key]
      elseif count then
        earlier.count = (earlier.count or 1) + count
      end
    end
  end
  return found
end

---Counts the warnings of the source: each code once for all of its messages, which name columns.
---@private
function Pipeline:warn_of_source()
  local messages = {}
  for _, warning in ipairs(self:source_warnings()) do
    local code = warning.code
    self:warn(code, warning.message)
    self.warnings[code].n = self.warnings[code].n + (warning.count or 1) - 1
    messages[code] = messages[code] or {}
    table.insert(messages[code], warning.message)
  end
  for code, list in pairs(messages) do
    local n = #list
    if n > MOST_TOLD then list[MOST_TOLD + 1] = string.format("and %d more", n - MOST_TOLD) end
    self.warnings[code].message = table.concat(list, "; ", 1, math.min(n, MOST_TOLD + 1))
  end
end

---Warns of the recipe's keys that no user has: they find no duplicates.
---@private
function Pipeline:warn_of_keys()
  if self.is_simple or self.position == 0 then return end
  local names = {}
  for _, name in pairs(self.absent) do names[#names + 1] = '"' .. name .. '"' end
  table.sort(names)
  if #names == 0 then return end
  self:warn("unknown_key", "no user has " .. table.concat(names, ", ") .. ", which `dedupe` names")
end

---The warnings that the recipe counted with migrate.warn.
---@return table<string, PipelineWarning>
function Pipeline:own_warnings()
  local counted = {}
  for code, warning in pairs((self.state:must("warnings"))) do
    counted[text.redact(code)] = {
      n = warning.count, message = text.redact(warning.message), at = warning.at,
    }
  end
  return counted
end

---The sets of losses behind a number, as the recipe named them: what and why, for people.
---@param number integer
---@return LostSet[]
function Pipeline:losses(number)
  local sets = self.state:must("losses", number)
  for _, set in ipairs(sets) do
    for what, reason in pairs(set) do set[what] = foreign.words(reason) end
  end
  return sets
end

---What the recipe's helpers were used for, so far.
---@return RecipeUse
function Pipeline:used()
  return self.state:must("used")
end

---Reads the whole source; `pause`, called every few records, stops it with nil, message, kind.
---@param pause fun(position: integer, source: {progress: function}): true?, string?, Kind?
---@param limit? integer  records
---@return true?
---@return string? message
---@return Kind? kind
function Pipeline:run(pause, limit)
  local done, message, kind = self:open()
  if done then done, message, kind = self:read(pause, limit or math.maxinteger) end
  if not done then return nil, message, kind end
  self:warn_of_source()
  self:warn_of_keys()
  if self.position == 0 then self:warn("EMPTY_SOURCE", "the source has no records") end
  if self.dedupe then return self.dedupe:emit(self.sink) end
  return true
end

return pipeline
