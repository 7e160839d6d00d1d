--- Check, map and preview: the offline half of a run, with nothing left behind.

local advice = require "auth0.advice"
local format = require "base.format"
local bad_record = require "source.bad_record"
local connect = require "auth0.api.connect"
local connection_rules = require "auth0.connection"
local file = require "host.file"
local findings = require "stage.findings"
local gates = require "journal.gates"
local call = require "recipe.call"
local json = require "host.json"
local unread_values = require "recipe.inside.unread_values"
local reject = require "migrate.reject"
local packer = require "stage.packer"
local pipeline = require "stage.pipeline"
local progress = require "stage.progress"
local rejection = require "stage.rejection"
local schema = require "auth0.schema"
local empty_tables = require "check.empty_tables"
local signals = require "base.signals"
local stage = require "stage"
local capped_names = require "base.capped_names"
local user_rules = require "auth0.user"
local redact = require "auth0.redact"

local check = {}

---A sink that packs without keeping, counts, and shows each rejection to the caller.
---@class CheckSink : Sink
---@field counts table<string, integer>
---@field packed {jobs: integer, users: integer, bytes: integer}
---@field ends table<integer, boolean>  how many users there were when a chunk ended
local CheckSink = {}
CheckSink.__index = CheckSink

local function new_sink(settings, on_user)
  local self = setmetatable({
    counts = { skipped = 0, rejected = 0, duplicate = 0, staged = 0 },
    packed = { jobs = 0, users = 0, bytes = 0 }, ends = {}, reasons = {}, codes = {},
    reason = capped_names.new(),
    findings = findings.new(), shapes = empty_tables.new(), on_user = on_user,
  }, CheckSink)
  self.packer = packer.new(settings.chunk_bytes, settings.chunk_users, function()
    self:close_chunk()
    return true
  end, settings.upsert)
  return self
end

function CheckSink:skipped(_, _, reason)
  self.counts.skipped = self.counts.skipped + 1
  reason = self.reason(reason)
  self.reasons[reason] = (self.reasons[reason] or 0) + 1
  return true
end

function CheckSink:rejected(refused)
  self.counts[refused.outcome] = self.counts[refused.outcome] + 1
  if refused.outcome == "rejected" then
    self.codes[refused.code] = (self.codes[refused.code] or 0) + 1
  end
  self.findings:add(refused)
  return true
end

---Ends the chunk that is being packed.
function CheckSink:close_chunk()
  local writer, packed = self.packer.writer, self.packed
  if writer:count() == 0 then return end
  packed.jobs = packed.jobs + 1
  packed.users = packed.users + writer:count()
  packed.bytes = packed.bytes + writer:size()
  self.ends[packed.users] = true
  writer:reset()
end

---What a canary comes to. The chunk in which it ends becomes two.
---@param limit? Limit
---@return CanaryFigures?
function CheckSink:cut(limit)
  if not limit then return nil end
  local packed = self.packed
  local n = gates.count(limit, packed.users)
  if n == 0 then return nil end
  if not self.ends[n] then
    packed.jobs, packed.bytes = packed.jobs + 1, packed.bytes + 1 -- "a,b" becomes "a][b"
  end
  return { asked = gates.text(limit), users = n }
end

function CheckSink:user(user, position, at, _, draft)
  local packed, refused = self.packer:add(user, position, at, draft)
  if not packed then return self:rejected(refused) end
  self.counts.staged = self.counts.staged + 1
  self.shapes:add(user)
  if self.on_user then return self.on_user(user, position, at) end
  return true
end

---Runs the source through a sink.
---@return Pipeline?
---@return string? message
---@return Kind? kind
local function through(recipe, settings, ui, sink)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local why, fix
  if connection then why, fix = connection_rules.objection(connection) end
  if why then ui:warn(why .. "; " .. fix) end
  local spool
  spool, message, kind = file.temporary()
  if not spool then return nil, message, kind end
  local pipe
  pipe, message, kind = stage.pipeline(recipe, { connection = connection, spool = spool }, sink)
  if not pipe then return nil, message, kind end
  local interrupted = false
  local watched = signals.watch(function() interrupted = true end, function() os.exit(130) end)
  local pause, finish = progress.new {
    ui = ui, interrupted = function() return interrupted end,
    message = "interrupted; nothing was kept",
  }
  local done
  done, message, kind = pipe:run(pause, settings.limit)
  if done then sink.seconds = finish() end
  watched:close()
  pipe.duplicates:close()
  file.remove_tree(spool)
  if not done then return nil, message, kind end
  sink:close_chunk()
  return pipe
end

---The report of a source that was only looked at.
local function statement(recipe, pipe, sink, canary)
  local c = sink.counts
  local warnings, list = {}, {}
  local sources = { pipe.warnings, recipe.warnings, sink.shapes:warnings() }
  for _, from in ipairs(sources) do
    for code, warning in pairs(from) do
      warnings[code] = warning.n or warning.count
      list[#list + 1] = {
        code = code, count = warnings[code], message = warning.message, at = warning.at,
        shape = warning.shape, fix = warning.fix,
      }
    end
  end
  table.sort(list, function(a, b) return a.code < b.code end)
  return {
    recipe = recipe.name, exit = c.rejected > 0 and 3 or 0, status = "complete",
    records = {
      read = pipe.position, extra = pipe.extra, skipped = c.skipped, unchanged = 0,
      rejected = c.rejected, duplicate = c.duplicate, staged = c.staged,
    },
    balanced = pipe.position + pipe.extra == c.skipped + c.rejected + c.duplicate + c.staged,
    codes = { rejected = sink.codes, failed = {} }, skipped = sink.reasons, warnings = warnings,
    warning_list = json.array(list), findings = json.array(sink.findings:list()),
    packed = sink.packed, canary = canary,
    tally = sink.packer.tally:facts(),
    seconds = { stage = sink.seconds },
  }
end

---Maps and validates the whole source.
---@param recipe Recipe
---@param settings Settings
---@param ui table
---@return Report?
---@return string? message
---@return Kind? kind
function check.run(recipe, settings, ui)
  local sink = new_sink(settings)
  local pipe, message, kind = through(recipe, settings, ui, sink)
  if not pipe then return nil, message, kind end
  return statement(recipe, pipe, sink, sink:cut(settings.canary))
end

---Hands every user that would be sent to `write`, as a line of JSON.
---@param recipe Recipe
---@param settings Settings
---@param ui table
---@param write fun(text: string): true?, string?, Kind?
---@return Report?
---@return string? message
---@return Kind? kind
function check.map(recipe, settings, ui, write)
  local sink = new_sink(settings, function(user)
    return write(json.encode(user, user_rules.ORDER) .. "\n")
  end)
  local pipe, message, kind = through(recipe, settings, ui, sink)
  if not pipe then return nil, message, kind end
  return statement(recipe, pipe, sink)
end

---@class Preview
---@field position integer
---@field at string
---@field record any
---@field users? table[]   mapped and normalised
---@field skipped? string  the reason
---@field errors? table[]  findings in words, warnings too

---One of the values that `map` returned.
local function preview_user(shown, validator, user)
  local errors = shown.errors
  if reject.is_reject(user) then
    errors[#errors + 1] = rejection.refused(user, shown.record)
  elseif type(user) ~= "table" then
    local message = "map returned a list with a " .. type(user) .. " in it"
    errors[#errors + 1] = rejection.of_recipe("RECIPE_RESULT", message, user)
  else
    shown.users[#shown.users + 1] = user_rules.normalise(user)
    for _, finding in ipairs(validator:check(user) or {}) do
      local advised = advice.of(user, finding)
      advised.warning = finding.warning
      errors[#errors + 1] = advised
    end
  end
end

---What the recipe's helpers could not read.
local function note_left_out(shown, left)
  for _, user in ipairs(left.any and shown.users or {}) do
    for _, told in ipairs(unread_values.of(left, user)) do
      told.path, told.warning = "", true
      table.insert(shown.errors, told)
    end
  end
end

local function count(ok, ...)
  return ok, select("#", ...), ...
end

local function preview_of(recipe, validator, record, at, position)
  unread_values.clear(recipe.left_out)
  if bad_record.is(record) then
    local shape = redact.of_raw(record.raw)
    local errors = { rejection.finding("SOURCE", "", record.message, shape) }
    return { position = position, at = at, record = record.raw, errors = errors }
  end
  local shown = { position = position, at = at, record = json.materialize(record) }
  local ok, n, result, reason = count(call.try(recipe.map, record, recipe.params, position))
  if not ok then
    shown.errors = { rejection.of_recipe("RECIPE_ERROR", call.text(result), shown.record) }
  elseif reject.is_reject(result) then
    shown.errors = { rejection.refused(result, shown.record) }
  elseif type(result) == "table" then
    shown.users, shown.errors = {}, {}
    for _, user in ipairs(result[1] ~= nil and result or { result }) do
      preview_user(shown, validator, user)
    end
    note_left_out(shown, recipe.left_out)
  elseif n == 0 then
    shown.errors = { rejection.of_recipe("RECIPE_RESULT", pipeline.FELL_OFF, nil) }
  elseif result == nil then
    shown.skipped = reason or "no reason"
  else
    local message = "map returned a " .. type(result) .. ", not a user"
    shown.errors = { rejection.of_recipe("RECIPE_RESULT", message, result) }
  end
  return shown
end

---What was odd about a source as far as it was read, and what the recipe warned of.
local function warnings_of(source, recipe)
  local list = json.array {}
  if type(source) == "table" then
    if source.warnings then table.move(source:warnings(), 1, #source:warnings(), 1, list) end
    if source.close then source:close() end
  end
  for code, warning in pairs(recipe.warnings) do
    list[#list + 1] = { code = code, message = warning.message }
  end
  table.sort(list, function(a, b) return a.message < b.message end)
  return list
end

---Shows source records beside what they become.
---@param recipe Recipe
---@param settings Settings
---@param which {n?: integer, at?: integer|string}  the first n (default 3), or the one at a
---position or place
---@param show fun(preview: Preview)
---@return {code: string, message: string}[]? warnings
---@return string? message
---@return Kind? kind
function check.preview(recipe, settings, which, show)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local validator = schema.for_connection(connection)
  local source, state, control = pipeline.open(recipe)
  if not source then return nil, state, control end
  local wanted = which.at
  local last = type(wanted) == "string" and math.maxinteger or wanted or which.n or 3
  for position = 1, last do
    local fine, record, at = call.try(source, state, control)
    if not fine then return call.failed(record, "source") end
    if record == nil then
      if wanted then
        return nil, string.format("the source has %s, none at %s",
          format.count(position - 1, "record"), wanted), "usage"
      end
      break
    end
    control, at = record, at or "#" .. position
    if not wanted or position == wanted or at == wanted then
      show(preview_of(recipe, validator, record, at, position))
      if wanted then break end
    end
  end
  return warnings_of(source, recipe)
end

return check
