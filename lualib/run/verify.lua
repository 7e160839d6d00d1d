--- Verify: the tenant beside what a run sent, all users by one export of the connection, or a
--- sample by look-ups. Memory does not grow with the users: what was sent waits in a scratch file.

local format = require "base.format"
local totals = require "journal.totals"
local clock = require "host.clock"
local identifiers = require "auth0.identifiers"
local exit_status = require "base.exit_status"
local digests = require "journal.digests"
local file = require "host.file"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local path = require "base.path"
local run_users = require "journal.users"
local open = require "run.open"
local scheduler = require "base.scheduler"
local signals = require "base.signals"
local store = require "host.store"

local verify = {}

local SCOPES <const> = { "read:users" }
local EXAMPLES <const> = 10
local BATCH <const> = 50    -- entries looked up together
local STRETCH <const> = 5000 -- rows in a transaction of the scratch

-- What is asked of a user that was sent, as a number of the scratch.
local THERE <const> = 0     -- it has to be there
local COMPARED <const> = 1  -- and to be as it was sent
local IN_FLIGHT <const> = 2 -- neither is known yet
local ASKED <const> = {
  inserted = COMPARED, updated = COMPARED, upserted = COMPARED, already_there = THERE,
}

local SCRATCH <const> = [[
CREATE TABLE sent (
  id INTEGER PRIMARY KEY, position INTEGER, at TEXT, asked INTEGER, key TEXT, ids TEXT,
  digests TEXT, seen INTEGER NOT NULL DEFAULT 0);
]]

---@class VerifyStatement
---@field run string
---@field directory string
---@field status "same"|"different"|"incomplete"
---@field exit integer
---@field users table<string, integer>  compared, same, different, missing, already_there, failed,
---pending (without a result), in_flight (those that may have been sent), blocked (compared, but
---blocked in the tenant though the run did not say so); extra: in the connection, not of this
---run; not told of a sample
---@field fields table<string, integer> users in which the field differs
---@field examples table[]  the first differences, lines of the list
---@field sample? integer   users looked up
---@field list? string      file with all differences
---@field seconds number
---@field message? string
---@field next string|lightuserdata

---@class Verify
---@field held HeldRun
---@field tenant Tenant
---@field ui table
---@field statement VerifyStatement
---@field output host.file.output
---@field began number
local Verify = {}
Verify.__index = Verify

---Notes a difference.
---@param line {position: integer, at: string, outcome: string, user_id?: string, fields?: string[]}
---@return true?
---@return string? message
---@return Kind? kind
function Verify:note(line)
  local statement = self.statement
  statement.users[line.outcome] = statement.users[line.outcome] + 1
  for _, name in ipairs(line.fields or {}) do
    statement.fields[name] = (statement.fields[name] or 0) + 1
  end
  if #statement.examples < EXAMPLES then table.insert(statement.examples, line) end
  return self.output:write(assert(json.encode(line)) .. "\n")
end

---Compares one user that is there.
function Verify:compare(sent, theirs)
  local names = digests.differences(sent.ids, sent.digests, theirs)
  local users = self.statement.users
  users.compared = users.compared + 1
  -- Who blocks a user later changes nothing that was sent.
  if theirs.blocked == true and not sent.digests.blocked then users.blocked = users.blocked + 1 end
  if #names == 0 then
    users.same = users.same + 1
    return true
  end
  return self:note { position = sent.position, at = sent.at, outcome = "different",
    user_id = theirs.user_id, fields = json.array(names) }
end

---A user that should be there and is not.
function Verify:miss(sent)
  local users = self.statement.users
  users.compared = users.compared + 1
  return self:note { position = sent.position, at = sent.at, outcome = "missing" }
end

---Called between rows: progress, and a turn for signals.
function Verify:pause(done, total)
  scheduler.pass()
  self.ui:progress { phase = "verify", done = done, total = total,
    seconds = clock.monotonic() - self.began }
end

---Calls `fn` with each user that must, or may, be in the tenant, and what is asked of it.
---@param fn fun(entry: RunUser, asked: integer): true?, string?, Kind?
---@return true?
---@return string? message
---@return Kind? kind
function Verify:each(fn)
  local ledger = self.held.ledger
  for record in ledger:chunks() do
    if record.first_intent then
      local entries, message, kind = run_users.chunk(ledger, self.held.dir, record.id)
      if not entries then return nil, message, kind end
      for _, entry in ipairs(entries) do
        local asked = entry.in_flight and IN_FLIGHT or ASKED[entry.outcome]
        if asked then
          local done
          done, message, kind = fn(entry, asked)
          if not done then return nil, message, kind end
        end
      end
      scheduler.pass()
    end
  end
  return true
end

-- All users -------------------------------------------------------------------------------

---Runs `fn` in transactions of the scratch, each of STRETCH calls of the function that it gets.
local function in_stretches(db, fn)
  local tx, n = db:begin(), 0
  local _ <close> = setmetatable({}, { __close = function() tx:close() end })
  local done, message, kind = fn(function()
    n = n + 1
    if n % STRETCH ~= 0 then return true end
    local committed, why, what = tx:commit()
    tx = db:begin()
    return committed, why, what
  end)
  if not done then return nil, message, kind end
  return tx:commit()
end

---Fills the scratch with what was sent.
function Verify:fill(db)
  local done, message, kind = db:exec(SCRATCH)
  if not done then return nil, message, kind end
  done, message, kind = in_stretches(db, function(turn)
    return self:each(function(entry, asked)
      local compared = asked == COMPARED
      local added, why, what = db:run([[INSERT INTO sent (position, at, asked, key, ids, digests)
        VALUES (?, ?, ?, ?, ?, ?)]], entry.position, entry.at, asked, run_users.key(entry),
        compared and json.encode(entry.ids) or "{}",
        compared and json.encode(entry.digests) or "{}")
      if not added then return nil, why, what end
      return turn()
    end)
  end)
  if not done then return nil, message, kind end
  -- Made after the rows: a sort on disk is far cheaper than a tree that grows at random.
  return db:exec("CREATE INDEX sent_key ON sent (key)")
end

local UNSEEN <const> = "SELECT * FROM sent WHERE key = ? AND seen = 0 ORDER BY id LIMIT 100"

---The user of the run that an exported one is. With addresses that are not unique several share a
---key: the first that is not seen yet and does not differ, else the first not seen.
local function match(db, theirs)
  for _, key in ipairs(identifiers.keys(identifiers.of(theirs))) do
    local rows = {}
    for row in db:rows(UNSEEN, key) do rows[#rows + 1] = row end
    for _, row in ipairs(rows) do
      row.ids, row.digests = json.decode(row.ids), json.decode(row.digests)
      if row.asked ~= COMPARED or #digests.differences(row.ids, row.digests, theirs) == 0 then
        return row
      end
    end
    if rows[1] then return rows[1] end
  end
end

---Takes one exported user.
function Verify:take(db, theirs)
  local users, row = self.statement.users, match(db, theirs)
  if not row then
    users.extra = users.extra + 1
    return true
  end
  local done, message, kind = db:run("UPDATE sent SET seen = 1 WHERE id = ?", row.id)
  if not done then return nil, message, kind end
  if row.asked == COMPARED then return self:compare(row, theirs) end
  if row.asked == THERE then users.already_there = users.already_there + 1 end
  return true
end

---Reads the export.
function Verify:read(db, export)
  local input <close>, message, kind = file.open(export)
  if not input then return nil, message, kind end
  local reader <close> = json.reader(input, { lines = true, lazy = false })
  return in_stretches(db, function(turn)
    local n = 0
    while true do
      local theirs, why, what = reader:next()
      if theirs == nil then
        if why then return nil, "the export of the users: " .. why, what end
        return true
      end
      if type(theirs) ~= "table" then
        return nil, "the export of the users holds a line that is no user", "temporary"
      end
      for name, value in pairs(theirs) do
        if value == json.null then theirs[name] = nil end
      end
      n = n + 1
      if n % 500 == 0 then self:pause(n) end
      local done
      done, why, what = self:take(db, theirs)
      if done then done, why, what = turn() end
      if not done then return nil, why, what end
    end
  end)
end

---All users, by an export. Files lie in the run directory, where there is room, and are gone
---afterwards.
function Verify:all()
  local dir, tenant = self.held.dir, self.tenant
  local export, scratch = dir:file("verify.export"), dir:file("verify.db")
  local function clean()
    for _, name in ipairs { export, scratch } do
      if file.stat(name) then file.remove(name) end
    end
  end
  clean()
  local _ <close> = setmetatable({}, { __close = clean })
  local db, message, kind = store.open(scratch, { durable = false })
  if not db then return nil, message, kind end
  local _ <close> = setmetatable({}, { __close = function() db:close() end })
  local done
  done, message, kind = self:fill(db)
  if not done then return nil, message, kind end
  self.ui:say "waiting for the tenant's export of the users"
  done, message, kind = jobs.export(tenant.client, {
    connection_id = tenant.connection.id, save = export, fields = digests.exported(),
  })
  if done then done, message, kind = self:read(db, export) end
  if not done then return nil, message, kind end
  for row in db:rows([[SELECT position, at FROM sent WHERE seen = 0 AND asked <> ?
    ORDER BY position]], IN_FLIGHT) do
    done, message, kind = self:miss(row)
    if not done then return nil, message, kind end
  end
  return true
end

-- A sample --------------------------------------------------------------------------------

---As many entries as were asked for, each as likely as any other.
function Verify:choose(n)
  local chosen, seen = {}, 0
  local done, message, kind = self:each(function(entry, asked)
    if asked ~= COMPARED then return true end
    seen = seen + 1
    local place = seen <= n and seen or math.random(seen)
    if place <= n then chosen[place] = entry end
    return true
  end)
  if not done then return nil, message, kind end
  return chosen
end

function Verify:sample(n)
  local chosen, message, kind = self:choose(n)
  if not chosen then return nil, message, kind end
  for first = 1, #chosen, BATCH do
    local batch = table.move(chosen, first, math.min(first + BATCH - 1, #chosen), 1, {})
    local find
    find, message, kind = run_users.find(self.tenant.client, self.tenant.connection.name, batch)
    if not find then return nil, message, kind end
    for _, entry in ipairs(batch) do
      local theirs = find(entry)[1]
      local done
      if theirs then
        done, message, kind = self:compare(entry, theirs)
      else
        done, message, kind = self:miss(entry)
      end
      if not done then return nil, message, kind end
    end
    self:pause(first + #batch - 1, #chosen)
  end
  return true
end

-- The whole -------------------------------------------------------------------------------

local function new_statement(held, sample)
  local figures = totals.figures(held.ledger)
  return {
    run = held.ledger:get("run"), directory = held.dir.path, sample = sample,
    users = {
      compared = 0, same = 0, different = 0, missing = 0, already_there = 0,
      failed = figures.failed, pending = figures.pending, blocked = 0,
      in_flight = totals.in_flight(held.ledger), extra = not sample and 0 or nil,
    },
    fields = {}, examples = json.array {}, next = json.null,
    message = (open.undone(held.ledger, held.dir)),
  }
end

local function finish(self)
  local statement = self.statement
  local differs = statement.users.missing + statement.users.different > 0
  local unknown = statement.users.in_flight > 0
  statement.exit = differs and 3 or unknown and exit_status.of("temporary") or 0
  statement.status = differs and "different" or unknown and "incomplete" or "same"
  if unknown then
    local directory = path.quote(self.held.dir.path)
    statement.next = "auth0-migrate resume " .. directory
    statement.message = statement.message or string.format("%s sent, and what became of them is "
      .. "not known yet: `auth0-migrate resume %s` first",
      format.count(statement.users.in_flight, "user was", "users were"), directory)
  end
  statement.list = differs and self.held.dir:file("verify.ndjson") or nil
  statement.seconds = clock.monotonic() - self.began
  if not differs then file.remove(self.held.dir:file("verify.ndjson")) end
  return statement
end

---Compares the tenant with what a run, finished or not, has sent.
---@param dir? string  default the newest run
---@param settings Settings
---@param ui table
---@param options? {sample?: integer}
---@return VerifyStatement?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function verify.run(dir, settings, ui, options)
  local held <close>, message, kind, more = open.take(dir, settings)
  if not held then return nil, message, kind, more end
  local sample = options and options.sample
  local self = setmetatable({
    held = held, ui = ui, began = clock.monotonic(), statement = new_statement(held, sample),
  }, Verify)
  local function interrupted()
    scheduler.finish {
      status = "interrupted", exit = exit_status.of("interrupted"), next = json.null,
      message = "nothing was changed",
    }
  end
  local _ <close> = signals.watch(interrupted, interrupted)
  self.tenant, message, kind = open.connect(held.ledger, settings,
    scheduler.clock(settings.time_scale), SCOPES)
  if not self.tenant then return nil, message, kind end
  local output <close>, why, what = file.create(held.dir:file("verify.ndjson"))
  if not output then return nil, why, what end
  self.output = output
  local done
  if sample then done, message, kind = self:sample(sample) else done, message, kind = self:all() end
  if done then done, message, kind = output:finish() end
  if not done then return nil, message, kind end
  ui:progress { phase = "verify", finished = true }
  return finish(self)
end

return verify
