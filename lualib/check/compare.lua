--- The command diff: maps the whole source with two versions of a recipe, side by side, and counts
--- which users change, in which fields, and which records become something else.

local capped_names = require "base.capped_names"
local connect = require "auth0.api.connect"
local differences = require "check.differences"
local file = require "host.file"
local format = require "base.format"
local json = require "host.json"
local pipeline = require "stage.pipeline"
local progress = require "stage.progress"
local signals = require "base.signals"
local source_pages = require "stage.source_pages"
local user_rules = require "auth0.user"

local compare = {}

local DIFFERENT <const> = 3
local MOST_EXAMPLES <const> = 3
local SEED <const> = 1 -- of math.random, in both
local BLOCK <const> = 256 -- records that a version maps before the other does

---@class ChangedField
---@field path string     "app_metadata.roles"
---@field count integer   users
---@field examples {at: string, before: any, now: any}[]  the first ones; nil: there is none

---@class ChangedOutcome  records that become something else
---@field before string   "a user", "skipped: no e-mail address", "rejected: FORMAT at email"
---@field now string
---@field count integer
---@field examples string[]  places

---@class RecordOutcome  what became of one record
---@field at? string
---@field users string[]   JSON
---@field others string[]  what became of the rest: "skipped: …"

---@type RecordOutcome
local NO_RECORD <const> = { users = {}, others = {} }

---@class BlockSink : Sink  of the records of a block
---@field made table<integer, RecordOutcome>  by position
local BlockSink = {}
BlockSink.__index = BlockSink

---@private
function BlockSink:of(position, at)
  local one = self.made[position]
  if not one then
    one = { at = at, users = {}, others = {} }
    self.made[position] = one
  end
  return one
end

function BlockSink:user(mapped, position, at)
  local users = self:of(position, at).users
  users[#users + 1] = mapped.draft:text()
  return true
end

function BlockSink:rejected(rejection)
  local path = rejection.path ~= "" and " at " .. rejection.path or ""
  table.insert(self:of(rejection.position, rejection.at).others,
    "rejected: " .. rejection.code .. path)
  return true
end

function BlockSink:skipped(position, at, reason)
  table.insert(self:of(position, at).others, "skipped: " .. reason)
  return true
end

---"a user", "2 users; rejected: FORMAT at email", "no record"
---@param one RecordOutcome
local function words_of(one)
  local parts = table.move(one.others, 1, #one.others, 1, {})
  if #one.users > 0 then
    table.insert(parts, 1, #one.users == 1 and "a user" or format.count(#one.users, "user"))
  end
  return parts[1] and table.concat(parts, "; ") or "no record"
end

---@class Comparison
---@field records {read: integer, changed: integer}
---@field users {before: integer, now: integer, changed: integer, added: integer, removed: integer}
---@field fields table<string, ChangedField>
---@field outcomes table<string, ChangedOutcome>
---@field private name fun(name: string): string
local Comparison = {}
Comparison.__index = Comparison

local function new_comparison()
  return setmetatable({
    records = { read = 0, changed = 0 },
    users = { before = 0, now = 0, changed = 0, added = 0, removed = 0 },
    fields = {}, outcomes = {}, field_name = capped_names.new(), outcome_name = capped_names.new(),
  }, Comparison)
end

---Notes one of `entries` under a key, with an example.
local function note(entries, key, new, example)
  local entry = entries[key] or new
  entries[key] = entry
  entry.count = entry.count + 1
  if #entry.examples < MOST_EXAMPLES then table.insert(entry.examples, example) end
end

---@private
function Comparison:user(before, now, at)
  if before == now then return end
  local seen = {}
  for _, one in ipairs(differences.of(json.decode(before), json.decode(now))) do
    local path = self.field_name((one.path:gsub("%[%d+%]", "[]")))
    if not seen[path] then
      seen[path] = true
      note(self.fields, path, { path = path, count = 0, examples = {} },
        { at = at, before = one.before, now = one.now })
    end
  end
  if next(seen) then self.users.changed = self.users.changed + 1 end
  return next(seen) ~= nil
end

---What became of a record with each version.
---@param before RecordOutcome
---@param now RecordOutcome
function Comparison:record(before, now)
  local at, changed, users = now.at or before.at or "", false, self.users
  self.records.read = self.records.read + 1
  users.before, users.now = users.before + #before.users, users.now + #now.users
  local n = math.min(#before.users, #now.users)
  for i = 1, n do changed = self:user(before.users[i], now.users[i], at) or changed end
  users.removed, users.added = users.removed + #before.users - n, users.added + #now.users - n
  local is_plain = #before.others == 0 and #now.others == 0 and #before.users == #now.users
  local was, is = is_plain and "" or words_of(before), is_plain and "" or words_of(now)
  if was ~= is then
    changed = true
    was, is = self.outcome_name(was), self.outcome_name(is)
    note(self.outcomes, was .. "\0" .. is, { before = was, now = is, count = 0, examples = {} }, at)
  end
  if changed then self.records.changed = self.records.changed + 1 end
end

local function by_count(entries, name)
  local list = json.array {}
  for _, entry in pairs(entries) do list[#list + 1] = entry end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    local x, y = user_rules.ORDER[name(a)] or math.huge, user_rules.ORDER[name(b)] or math.huge
    if x ~= y then return x < y end
    return name(a) < name(b)
  end)
  return list
end

---The members of a result, as if nothing was read.
---@return table
function compare.empty()
  local none = new_comparison()
  return {
    recipe = json.null, against = json.null, records = none.records, users = none.users,
    fields = json.array {}, outcomes = json.array {}, seconds = 0,
  }
end

---Which parameter two versions cannot read side by side; nil if they can read all.
local function single_reading(recipe)
  for name, value in pairs(recipe.params) do
    local stat = type(value) == "string" and value ~= "" and file.stat(value)
    local is_stream = stat and stat.type ~= "file" and stat.type ~= "folder"
    if value == "-" or is_stream then return name end
  end
end

---Whether a recipe was granted to ask an API.
local function asks_api(recipe)
  for _, need in ipairs(recipe.granted and recipe.granted:list() or {}) do
    if need.kind == "net" then return true end
  end
  return false
end

---@class CompareShared  by both versions
---@field connection? table
---@field time integer        of their clocks
---@field settings Settings
---@field pages string        where both have the pages of an API
---@field interrupted fun(): boolean

---A pipeline of a version in a state of its own, whose clock and random numbers are those of the
---other.
---@param shared CompareShared
---@param ui? table  shows what an API does
local function new_side(recipe, shared, prints, ui)
  local loaded, message, kind = recipe.again({ time = shared.time, seed = SEED }, prints)
  if not loaded then return nil, message, kind end
  local served
  served, message, kind = source_pages.serve(loaded, shared.settings, ui, {
    directory = shared.pages, wanted = shared.settings.limit, interrupted = shared.interrupted,
  })
  if not served then return nil, message, kind end
  local sink = setmetatable({ made = {} }, BlockSink)
  local pipe = pipeline.new { recipe = loaded, connection = shared.connection, sink = sink }
  local done
  done, message, kind = pipe:open()
  if not done then
    served:close()
    return nil, message, kind
  end
  return { pipe = pipe, sink = sink, state = loaded.state, served = served, going = true }
end

local function close(side)
  side.served:close()
  side.state:close()
end

---Reads what an API has once, for both versions: each page is kept, and read from the disk then.
---@param shared CompareShared
local function keep_pages(recipe, shared, ui)
  if not asks_api(recipe) then return true end
  local side, message, kind = new_side(recipe, shared, false, ui)
  if not side then return nil, message, kind end
  local found
  found, message, kind = side.pipe:seek(shared.settings.limit or math.maxinteger)
  close(side)
  if found == nil then return nil, message, kind end
  shared.settings.refresh = nil -- it was read anew
  return true
end

---Both sides, ready to be read.
---@param shared CompareShared
local function open(recipe, earlier, shared, ui)
  local now
  local done, message, kind = keep_pages(earlier, shared, ui)
  local before = nil
  if done then before, message, kind = new_side(earlier, shared, false) end
  if not before then return nil, "the earlier version: " .. message, kind end
  done, message, kind = keep_pages(recipe, shared, ui)
  if done then now, message, kind = new_side(recipe, shared, true) end
  if now then return before, now end
  close(before)
  return nil, message, kind
end

---Maps the records of a side up to a position, or to the end of its source.
local function advance(side, pause, last)
  side.sink.made = {}
  if not side.going then return true end
  local done, message, kind = side.pipe:read(pause, last)
  side.going = side.pipe.position == last
  return done, message, kind
end

---Reads both sides to their ends, a block of records at a time.
local function read(before, now, made, pause, limit)
  local last = 0
  while last < limit and (before.going or now.going) do
    local from = last + 1
    last = math.min(last + BLOCK, limit)
    local done, message, kind = advance(before, pause, last)
    if not done then return nil, "the earlier version: " .. message, kind end
    done, message, kind = advance(now, pause, last)
    if not done then return nil, message, kind end
    for position = from, math.max(before.pipe.position, now.pipe.position) do
      made:record(before.sink.made[position] or NO_RECORD, now.sink.made[position] or NO_RECORD)
    end
  end
  return true
end

local function statement(recipe, earlier, made, seconds)
  local changed = made.records.changed > 0
  return {
    recipe = recipe.name, against = earlier.path, status = "complete",
    exit = changed and DIFFERENT or 0, records = made.records, users = made.users,
    fields = by_count(made.fields, function(entry) return entry.path end),
    outcomes = by_count(made.outcomes, function(entry) return entry.before .. entry.now end),
    seconds = seconds,
  }
end

---@param recipe LoadedRecipe
---@param earlier LoadedRecipe
---@param settings Settings
---@param ui table
---@return table? report  see `empty`
---@return string? message
---@return Kind? kind
function compare.run(recipe, earlier, settings, ui)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local single = single_reading(recipe) or single_reading(earlier)
  if single then
    return nil, string.format("diff reads the source with both versions side by side, which the "
      .. "parameter %s, a stream, does not allow: read files", single), "usage"
  end
  local stopped = false
  local _ <close> = signals.watch(function() stopped = true end, function() os.exit(130) end)
  local pause, finish = progress.new {
    ui = ui, interrupted = function() return stopped end,
    message = "interrupted; nothing was kept",
  }
  local before, now
  before, now, kind = open(recipe, earlier, {
    connection = connection, time = os.time(), settings = settings,
    pages = source_pages.directory(recipe.name), interrupted = function() return stopped end,
  }, ui)
  if not before then return nil, now, kind end
  local made = new_comparison()
  local done
  done, message, kind = read(before, now, made, pause, settings.limit or math.maxinteger)
  close(before)
  close(now)
  if not done then return nil, message, kind end
  return statement(recipe, earlier, made, finish())
end

return compare
