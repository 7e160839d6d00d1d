--- Stage: the whole source becomes chunk files, a journal and the files of what stays behind.
--- No network. The same source, options and recipe give the same bytes.

local chooser = require "migrate.chooser"
local clock = require "host.clock"
local duplicates = require "migrate.duplicates"
local file = require "host.file"
local findings = require "migrate.findings"
local json = require "host.json"
local packer = require "migrate.packer"
local pipeline = require "migrate.pipeline"
local schema = require "auth0.schema"
local told_apart = require "migrate.told_apart"

local stage = {}

---@class Stage : Sink
---@field ledger Ledger
---@field dir RunDirectory
---@field packer Packer
---@field next_id integer
---@field part StagedPart      since the last chunk
---@field reason fun(reason: string): string  under which a skipped record is counted
---@field n_users integer      packed so far
---@field n_seen integer       users and records that have gone one way or another
---@field ended? boolean       the source has ended
---@field findings Findings     of what was rejected
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

---A line of rejected.ndjson, whatever the record holds: a user that JSON cannot write (a function
---in it) is left out, and a record (bad UTF-8) too.
local function rejected_line(output, rejection)
  if json.encode(rejection) then return write_line(output, rejection) end
  local slim = {}
  for key, value in pairs(rejection) do slim[key] = value end
  slim.user = nil
  if not json.encode(slim) then slim.record = nil end
  slim.message = slim.message .. " (not all of it can be shown as JSON)"
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

---The canary's users are packed apart from the rest.
function Stage:end_canary()
  local flushed, message, kind = self:flush()
  if not flushed then return nil, message, kind end
  return self.ledger:note { canary_chunk = self.next_id - 1 }
end

function Stage:user(user, position, at, record)
  local packed, message, kind = self:pack(user, position, at, record)
  if packed and self.n_users == self.canary then return self:end_canary() end
  return packed, message, kind
end

function Stage:pack(user, position, at, record)
  local packed, rejection, kind = self.packer:add(user, position, at)
  if packed then
    self.n_users = self.n_users + 1
    self.n_seen = self.n_seen + 1
    return true
  elseif packed == nil then
    return nil, rejection, kind
  end
  rejection.record = json.materialize(record)
  return self:rejected(rejection)
end

---What was read so far. A chunk is written while the record that found no room in it is in hand, or
---users wait for the recipe's choice: until the source has ended only what is written counts, so
---that the books of a stage that breaks off balance.
---@private
function Stage:facts()
  local position, extra = self.pipe.position, self.pipe.extra
  if self.ended then return { read = position, extra = extra } end
  local read = math.min(position, math.max(0, self.n_seen - extra))
  return { read = read, extra = self.n_seen - read }
end

---Writes the chunk and all that happened since the last one: the file first, then the journal.
function Stage:flush()
  local part, writer = self.part, self.packer.writer
  if writer:count() > 0 then
    local sha256, message, kind = writer:save(self.dir:chunk(self.next_id))
    if not sha256 then return nil, message, kind end
    part.chunk = {
      id = self.next_id, users = writer:count(), bytes = writer:size(), sha256 = sha256,
      places = writer:places(),
    }
    self.next_id = self.next_id + 1
    writer:reset()
  end
  part.facts = self:facts()
  part.warnings = self:all_warnings()
  self.part = empty_part()
  return self.ledger:staged(part)
end

---Those of the rules and the readers, and those of the recipe's migrate.warn.
function Stage:all_warnings()
  local all = {}
  for code, warning in pairs(self.pipe.warnings) do all[code] = warning end
  for code, warning in pairs(self.recipe.warnings) do
    all[code] = { n = warning.count, message = warning.message }
  end
  return all
end

function Stage:finish()
  self.ended = true
  local flushed, message, kind = self:flush()
  if not flushed then return nil, message, kind end
  for _, output in ipairs { self.skipped_file, self.rejected_file } do
    flushed, message, kind = output:finish()
    if not flushed then return nil, message, kind end
  end
  return self.ledger:note {
    staged_at = clock.now(), findings = self.findings:list(), tally = self.packer.tally:facts(),
  }
end

---The offline half for these settings: rules for the connection, duplicates, the recipe's choice.
---@param recipe Recipe
---@param options {connection?: table, spool: string}
---@param sink Sink
---@return Pipeline?
---@return string? message
---@return Kind? kind
function stage.pipeline(recipe, options, sink)
  local connection = options.connection
  local keys = type(recipe.dedupe) == "table" and recipe.dedupe or nil
  local detector, message, kind = duplicates.new {
    unique = connection and connection.unique, keys = keys, spool = options.spool,
  }
  if not detector then return nil, message, kind end
  local choose
  if type(recipe.dedupe) == "function" then
    choose, message, kind = chooser.new(recipe.dedupe)
    if not choose then return nil, message, kind end
  end
  return pipeline.new {
    recipe = recipe, validator = schema.for_connection(connection), duplicates = detector,
    sink = sink, chooser = choose,
  }
end

---@class StageOptions
---@field recipe Recipe
---@field ledger Ledger
---@field dir RunDirectory
---@field connection? table     settings of the connection; nil: Auth0's defaults
---@field chunk_bytes integer
---@field chunk_users? integer
---@field limit? integer        records
---@field canary? integer       users that go alone first
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
    next_id = 1, part = empty_part(), reason = told_apart.new(),
    skipped_file = skipped_file, rejected_file = rejected_file,
    on_rejected = options.on_rejected or function() end, canary = options.canary,
    n_users = 0, n_seen = 0, findings = findings.new(),
  }, Stage)
  self.packer = packer.new(options.chunk_bytes, options.chunk_users,
    function() return self:flush() end)
  local pipe
  pipe, message, kind = stage.pipeline(options.recipe,
    { connection = options.connection, spool = dir.path }, self)
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
