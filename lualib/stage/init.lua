--- The stage: turns a source into chunk files, journal entries, and files of what is not sent. No
--- network. The same source, options and recipe produce the same bytes.

local connection_rules = require "auth0.connection"
local dedupe = require "stage.dedupe"
local clock = require "host.clock"
local duplicates = require "stage.duplicates"
local file = require "host.file"
local findings = require "stage.findings"
local gates = require "journal.gates"
local json = require "host.json"
local lost = require "journal.lost"
local packer = require "stage.packer"
local pipeline = require "stage.pipeline"
local capped_names = require "base.capped_names"
local sorted = require "base.sorted"
local user_rules = require "auth0.user"

local stage = {}

---@class Stage : Sink
---@field ledger Ledger
---@field dir RunDirectory
---@field packer Packer
---@field next_id integer
---@field part StagedPart      since the last chunk
---@field reason fun(reason: string): string  under which a skipped record is counted
---@field n_users integer      packed so far
---@field n_seen integer       users and records with an outcome
---@field ended? boolean       the source has ended
---@field findings Findings    of rejected records
---@field n_sets integer       sets of losses that the journal has
local Stage = {}
Stage.__index = Stage

local function empty_part()
  return { rejected = {}, skipped = {}, warnings = {}, facts = {} }
end

local function write_line(output, value)
  local text, message, kind = json.encode(value)
  if not text then return nil, message, kind end
  return output:write(text .. "\n")
end

function Stage:skipped(position, at, reason)
  local key = self.reason(reason)
  self.part.skipped[key] = (self.part.skipped[key] or 0) + 1
  self.n_seen = self.n_seen + 1
  return write_line(self.skipped_file, { position = position, at = at, reason = reason })
end

---Writes a line of rejected.ndjson for any record: a user (with a function in it) or a record (with
---bad UTF-8) that JSON cannot hold is left out.
local function rejected_line(output, rejection)
  if json.encode(rejection) then return write_line(output, rejection) end
  local slim = {}
  for key, value in pairs(rejection) do slim[key] = value end
  slim.user = nil
  if not json.encode(slim) then slim.record = nil end
  slim.message = slim.message .. " (parts of it cannot be written as JSON)"
  return write_line(output, slim)
end

function Stage:rejected(rejection)
  local rejected = self.part.rejected
  rejected[#rejected + 1] = rejection
  self.n_seen = self.n_seen + 1
  self.findings:add(rejection)
  self.on_rejected(rejection)
  return rejected_line(self.rejected_file, rejection)
end

function Stage:user(mapped, position, at)
  local packed, refused, kind = self.packer:add(mapped, position, at)
  if packed then
    self.n_users = self.n_users + 1
    self.n_seen = self.n_seen + 1
    return true
  elseif packed == nil then
    return nil, refused, kind
  end
  return self:rejected(refused)
end

---Plain users that were packed.
function Stage:took(users)
  self.n_users = self.n_users + users
  self.n_seen = self.n_seen + users
end

---What was read so far. A chunk is written while the record that did not fit is still current, or
---while users wait for the recipe's dedupe. Until the source has ended only what is written counts,
---so that the books of an interrupted stage balance.
---@private
function Stage:facts()
  local position, extra = self.pipe.position, self.pipe.extra
  if self.ended then return { read = position, extra = extra } end
  local read = math.min(position, math.max(0, self.n_seen - extra))
  return { read = read, extra = self.n_seen - read }
end

---@private
function Stage:save(id)
  local writer = self.packer.writer
  local sha256, message, kind = writer:save(self.dir:chunk(id))
  if not sha256 then return nil, message, kind end
  local saved = {
    id = id, users = writer:count(), bytes = writer:size(), sha256 = sha256,
    places = writer:places(), lost = writer:lost(),
  }
  writer:reset()
  return saved
end

---Writes the chunk and everything since the last one: the file first, then the journal.
function Stage:flush()
  local part = self.part
  if self.packer.writer:count() > 0 then
    local message, kind
    part.chunk, message, kind = self:save(self.next_id)
    if not part.chunk then return nil, message, kind end
    self.next_id = self.next_id + 1
  end
  part.facts = self:facts()
  part.warnings = self:all_warnings()
  part.losses = { after = self.n_sets, sets = self.pipe:losses(self.n_sets) }
  self.n_sets = self.n_sets + #part.losses.sets
  self.part = empty_part()
  return self.ledger:staged(part)
end

---Warnings of rules and readers, and of migrate.warn.
function Stage:all_warnings()
  local all = {}
  for code, warning in pairs(self.pipe.warnings) do all[code] = warning end
  for code, warning in pairs(self.pipe:own_warnings()) do all[code] = warning end
  return all
end

---Packs the users of a chunk from index `first` to `last` into the file of chunk `id`.
---@private
function Stage:repack(id, users, first, last, codes)
  for index = first, last do
    local placed = users[index]
    assert(self.packer.writer:add(placed.user, placed.position, placed.at, user_rules.ORDER, nil,
      codes[index]))
  end
  return self:save(id)
end

---Separates the canary's users once all are counted. The chunk in which they end is split: it keeps
---them, and the users behind them become the last chunk. A canary of all users needs nothing.
---@private
function Stage:set_apart()
  local n = self.canary and gates.count(self.canary, self.n_users)
  if not n or n == self.n_users then return true end
  local id, kept = self.ledger:chunk_of(n)
  local record = self.ledger:chunk(id)
  if record.users == kept then return self.ledger:set_apart(record) end
  local users, message, kind = self.dir:users(record)
  if not users then return nil, message, kind end
  local rest, first
  local codes = lost.of_chunk(self.ledger, id)
  rest, message, kind = self:repack(self.next_id, users, kept + 1, #users, codes)
  if not rest then return nil, message, kind end
  first, message, kind = self:repack(id, users, 1, kept, codes)
  if not first then return nil, message, kind end
  return self.ledger:set_apart(first, rest)
end

---The place, value and fix of each first warning, by code.
function Stage:first_warnings()
  local firsts = {}
  for code, warning in pairs(self:all_warnings()) do
    if warning.at or warning.fix then
      firsts[code] = { at = warning.at, shape = warning.shape, fix = warning.fix }
    end
  end
  return firsts
end

---Counts by number as JSON keeps them.
local function lost_pairs(counts)
  local list = json.array {}
  for code, n in sorted.pairs(counts) do list[#list + 1] = { code, n } end
  return list
end

function Stage:finish()
  self.ended = true
  local flushed, message, kind = self:flush()
  if flushed then flushed, message, kind = self:set_apart() end
  if not flushed then return nil, message, kind end
  for _, output in ipairs { self.skipped_file, self.rejected_file } do
    flushed, message, kind = output:finish()
    if not flushed then return nil, message, kind end
  end
  local used, statistics = self.pipe:used(), self.packer.statistics
  return self.ledger:note {
    staged_at = clock.now(), findings = self.findings:list(),
    tally = statistics:facts(), warned = self:first_warnings(),
    lookups = used.lookups, hashes = used.hashes and 1 or nil,
    lost = lost_pairs(statistics:lost()),
  }
end

---The pipeline for these settings: rules for the connection, duplicates, the recipe's dedupe.
---@param recipe LoadedRecipe
---@param options {connection?: table, spool: string, upsert?: boolean, packer?: Packer}
---@param sink Sink
---@return Pipeline?
---@return string? message
---@return Kind? kind
function stage.pipeline(recipe, options, sink)
  local connection = options.connection
  local detector, message, kind = duplicates.new {
    unique = connection and connection.unique, keys = recipe.dedupe, spool = options.spool,
  }
  if not detector then return nil, message, kind end
  local chooser
  if recipe.functions.dedupe then
    chooser, message, kind = dedupe.new(recipe.state)
    if not chooser then return nil, message, kind end
  end
  local pipe = pipeline.new {
    recipe = recipe, connection = connection, duplicates = detector, sink = sink, dedupe = chooser,
    upsert = options.upsert, packer = options.packer,
  }
  for _, warning in ipairs(connection and connection_rules.warnings(connection) or {}) do
    pipe:warn(warning.code, warning.message).fix = warning.fix
  end
  return pipe
end

---@class StageOptions
---@field recipe LoadedRecipe
---@field ledger Ledger
---@field dir RunDirectory
---@field connection? table     settings of the connection; nil: Auth0's defaults
---@field chunk_bytes integer
---@field chunk_users? integer
---@field limit? integer        records
---@field canary? Limit         users to import alone first
---@field upsert? boolean       count for the plan what it would change
---@field pause fun(position: integer, source: any): true?, string?, Kind?
---@field on_rejected? fun(rejection: Rejection)

---@param options StageOptions
---@return true?
---@return string? message
---@return Kind? kind
function stage.run(options)
  local dir = options.dir
  local skipped_file <close>, message, kind = file.create(dir:file("skipped.ndjson"))
  if not skipped_file then return nil, message, kind end
  local rejected_file <close>, why, what = file.create(dir:file("rejected.ndjson"))
  if not rejected_file then return nil, why, what end
  local self = setmetatable({
    recipe = options.recipe, ledger = options.ledger, dir = dir,
    next_id = 1, part = empty_part(), reason = capped_names.new(),
    skipped_file = skipped_file, rejected_file = rejected_file,
    on_rejected = options.on_rejected or function() end, canary = options.canary,
    n_users = 0, n_seen = 0, n_sets = 0, findings = findings.new(),
  }, Stage)
  self.packer = packer.new(options.chunk_bytes, options.chunk_users,
    function() return self:flush() end, { upsert = options.upsert })
  local pipe
  pipe, message, kind = stage.pipeline(options.recipe,
    {
      connection = options.connection, spool = dir.path, upsert = options.upsert,
      packer = self.packer,
    }, self)
  if not pipe then return nil, message, kind end
  self.pipe = pipe
  local done
  done, message, kind = pipe:run(options.pause, options.limit)
  pipe.duplicates:close()
  if done then done, message, kind = self:finish() end
  self.packer:close()
  return done, message, kind
end

return stage
