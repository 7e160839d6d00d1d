--- The commands check and map: run the stage over the whole source and keep only figures.

local connect = require "auth0.api.connect"
local empty_tables = require "check.empty_tables"
local file = require "host.file"
local findings = require "stage.findings"
local gates = require "journal.gates"
local json = require "host.json"
local losses = require "journal.losses"
local packer = require "stage.packer"
local repeatable = require "check.repeatable"
local progress = require "stage.progress"
local signals = require "base.signals"
local source_pages = require "stage.source_pages"
local stage = require "stage"
local statistics = require "stage.statistics"
local capped_names = require "base.capped_names"
local text = require "host.text"

local check = {}

---A sink that packs and counts, and keeps nothing.
---@class CheckSink : Sink
---@field counts table<string, integer>
---@field packed {jobs: integer, users: integer, bytes: integer}
---@field ends table<integer, boolean>  numbers of users at which a chunk ended
local CheckSink = {}
CheckSink.__index = CheckSink

---@param options {on_user?: fun(mapped: Mapped), coverage?: boolean}
local function new_sink(settings, options)
  local self = setmetatable({
    counts = { skipped = 0, rejected = 0, duplicate = 0, staged = 0 },
    packed = { jobs = 0, users = 0, bytes = 0 }, ends = {}, reasons = {}, codes = {},
    reason = capped_names.new(),
    findings = findings.new(), tables = empty_tables.new(), on_user = options.on_user,
  }, CheckSink)
  self.packer = packer.new(settings.chunk_bytes, settings.chunk_users, function()
    self:close_chunk()
    return true
  end, { upsert = settings.upsert, coverage = options.coverage, tables = self.tables })
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
    local code = text.redact(refused.code)
    self.codes[code] = (self.codes[code] or 0) + 1
  end
  self.findings:add(refused)
  return true
end

function CheckSink:close_chunk()
  local writer, packed = self.packer.writer, self.packed
  if writer:count() == 0 then return end
  packed.jobs = packed.jobs + 1
  packed.users = packed.users + writer:count()
  packed.bytes = packed.bytes + writer:size()
  self.ends[packed.users] = true
  writer:reset()
end

---The figures of a canary. The chunk in which it ends is split.
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

function CheckSink:took(users)
  self.counts.staged = self.counts.staged + users
end

function CheckSink:user(mapped, position, at)
  local packed, refused, kind = self.packer:add(mapped, position, at)
  if packed == nil then return nil, refused, kind end
  if not packed then return self:rejected(refused) end
  self:took(1)
  if self.on_user then return self.on_user(mapped) end
  return true
end

---@param again? boolean  compare with a second mapping of the first records
local function read(recipe, settings, ui, sink, again)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local spool
  spool, message, kind = file.temporary()
  if not spool then return nil, message, kind end
  local pipe
  pipe, message, kind = stage.pipeline(recipe, {
    connection = connection, spool = spool, upsert = settings.upsert,
    packer = not sink.on_user and sink.packer or nil,
  }, sink)
  if not pipe then return nil, message, kind end
  local made = again and repeatable.watch(pipe)
  local interrupted = false
  local watched = signals.watch(function() interrupted = true end, function() os.exit(130) end)
  local pause, finish = progress.new {
    ui = ui, interrupted = function() return interrupted end,
    message = "interrupted; nothing was kept",
  }
  local served
  served, message, kind = source_pages.serve(recipe, settings, ui, {
    interrupted = function() return interrupted end, wanted = settings.limit,
  })
  local done = served
  if served then done, message, kind = pipe:run(pause, settings.limit) end
  if done then sink.seconds = finish() end
  if done and made then
    pipe.warnings.not_repeatable = repeatable.warning(recipe, connection, made, served)
  end
  if served then served:close() end
  watched:close()
  pipe.duplicates:close()
  file.remove_tree(spool)
  if not done then return nil, message, kind end
  sink:close_chunk()
  return pipe
end

local function statement(recipe, pipe, sink, settings)
  local c = sink.counts
  local warnings, list = {}, {}
  local sources = { pipe.warnings, pipe:own_warnings(), empty_tables.warnings(sink.tables) }
  for _, from in ipairs(sources) do
    for code, warning in pairs(from) do
      warnings[code] = warning.n
      list[#list + 1] = {
        code = code, count = warnings[code], message = warning.message, at = warning.at,
        path = warning.path, shape = warning.shape, fix = warning.fix,
      }
    end
  end
  table.sort(list, function(a, b) return a.code < b.code end)
  local used, tally = pipe:used(), sink.packer.statistics:facts()
  local stopped = gates.stage({
    read = pipe.position, staged = c.staged, unchanged = 0, tally = tally, hashes = used.hashes,
    lookups = used.lookups,
  }, settings)
  return {
    recipe = recipe.name, exit = (c.rejected > 0 or stopped[1]) and 3 or 0, status = "complete",
    gates = json.array(stopped),
    records = {
      read = pipe.position, extra = pipe.extra, skipped = c.skipped, unchanged = 0,
      rejected = c.rejected, duplicate = c.duplicate, staged = c.staged,
    },
    balanced = pipe.position + pipe.extra == c.skipped + c.rejected + c.duplicate + c.staged,
    codes = { rejected = sink.codes, failed = {} }, skipped = sink.reasons, warnings = warnings,
    warning_list = json.array(list), findings = json.array(sink.findings:list()),
    packed = sink.packed, canary = sink:cut(settings.canary),
    losses = losses.list(sink.packer.statistics:lost(), pipe:losses(0), c.staged),
    tally = tally, coverage = sink.packer.statistics:coverage(used.lookups),
    seconds = { stage = sink.seconds },
  }
end

---The members of a result, as if nothing was read.
---@return table
function check.empty()
  return {
    recipe = json.null, next = json.null, canary = json.null,
    records = { read = 0, extra = 0, skipped = 0, unchanged = 0, rejected = 0, duplicate = 0,
      staged = 0 },
    balanced = true, codes = { rejected = {}, failed = {} }, skipped = {}, warnings = {},
    warning_list = json.array {}, findings = json.array {},
    packed = { jobs = 0, users = 0, bytes = 0 }, tally = statistics.new():facts(),
    seconds = { stage = 0 }, gates = json.array {},
    coverage = { fields = {}, passwords = {}, lookups = {} }, losses = json.array {},
  }
end

---@param recipe LoadedRecipe
---@param settings Settings
---@param ui table
---@return Report?
---@return string? message
---@return Kind? kind
function check.run(recipe, settings, ui)
  local sink = new_sink(settings, { coverage = true })
  local pipe, message, kind = read(recipe, settings, ui, sink, true)
  if not pipe then return nil, message, kind end
  return statement(recipe, pipe, sink, settings)
end

---What the users of the source are like, without findings: always exit 0.
---@param recipe LoadedRecipe
---@param settings Settings
---@param ui table
---@return table? report  {records, coverage, exit}
---@return string? message
---@return Kind? kind
function check.stats(recipe, settings, ui)
  local sink = new_sink(settings, { coverage = true })
  local pipe, message, kind = read(recipe, settings, ui, sink)
  if not pipe then return nil, message, kind end
  local whole = statement(recipe, pipe, sink, settings)
  return {
    recipe = whole.recipe, exit = 0, status = whole.status, records = whole.records,
    skipped = whole.skipped, codes = whole.codes, coverage = whole.coverage,
  }
end

---Passes every user that would be sent to `write`, as a line of JSON.
---@param recipe LoadedRecipe
---@param settings Settings
---@param ui table
---@param write fun(text: string): true?, string?, Kind?
---@return Report?
---@return string? message
---@return Kind? kind
function check.map(recipe, settings, ui, write)
  local sink = new_sink(settings, {
    on_user = function(mapped) return write(mapped.draft:text() .. "\n") end,
  })
  local pipe, message, kind = read(recipe, settings, ui, sink)
  if not pipe then return nil, message, kind end
  return statement(recipe, pipe, sink, settings)
end

return check
