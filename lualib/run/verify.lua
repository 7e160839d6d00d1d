--- Verify: compares the tenant with what a run sent, all users by one export of the connection, or
--- a sample by lookups. Memory does not grow with the users: what was sent is in a scratch file.

local command = require "base.command"
local format = require "base.format"
local totals = require "journal.totals"
local clock = require "host.clock"
local exit_status = require "base.exit_status"
local digests = require "journal.digests"
local file = require "host.file"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local run_users = require "journal.users"
local open = require "run.open"
local outages = require "run.outages"
local scheduler = require "base.scheduler"
local signals = require "base.signals"
local sent_users = require "journal.sent_users"

local verify = {}

local SCOPES <const> = { "read:users" }
local EXAMPLES <const> = 10
local BATCH <const> = 50    -- entries looked up together

local THERE <const>, COMPARED <const> = sent_users.THERE, sent_users.COMPARED
local IN_FLIGHT <const> = sent_users.IN_FLIGHT
local ASKED <const> = {
  inserted = COMPARED, updated = COMPARED, upserted = COMPARED, already_there = THERE,
}

---@class VerifyStatement
---@field run string
---@field directory string
---@field status "same"|"different"|"incomplete"
---@field exit integer
---@field users table<string, integer>  compared, same, different, missing, already_there, failed,
---pending (without a result), in_flight (may have been sent), blocked (compared, and blocked in the
---tenant but not by the run); extra: in the connection, not of this run; nil for a sample
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
---@field outages Outages
local Verify = {}
Verify.__index = Verify

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

function Verify:compare(sent, theirs)
  local names = digests.differences(sent.ids, sent.digests, theirs)
  local users = self.statement.users
  users.compared = users.compared + 1
  -- Blocking a user later changes nothing that was sent.
  if theirs.blocked == true and not sent.digests.blocked then users.blocked = users.blocked + 1 end
  if #names == 0 then
    users.same = users.same + 1
    return true
  end
  return self:note { position = sent.position, at = sent.at, outcome = "different",
    user_id = theirs.user_id, fields = json.array(names) }
end

function Verify:miss(sent)
  local users = self.statement.users
  users.compared = users.compared + 1
  return self:note { position = sent.position, at = sent.at, outcome = "missing" }
end

---Shows progress and lets signals through.
function Verify:pause(done, total)
  scheduler.pass()
  self.ui:progress { phase = "verify", done = done, total = total,
    seconds = clock.monotonic() - self.began - self.outages:seconds() }
end

---Calls `fn` with each user that must or may be in the tenant, and what is expected of it.
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

---The sent user that an exported one matches: the first without differences, else the first.
local function match(sent, theirs)
  for rows in sent:candidates(theirs) do
    for _, row in ipairs(rows) do
      if row.expected ~= COMPARED or #digests.differences(row.ids, row.digests, theirs) == 0 then
        return row
      end
    end
    if rows[1] then return rows[1] end
  end
end

function Verify:take(sent, theirs)
  local users, row = self.statement.users, match(sent, theirs)
  if not row then
    users.extra = users.extra + 1
    return true
  end
  local done, message, kind = sent:mark_seen(row)
  if not done then return nil, message, kind end
  if row.expected == COMPARED then return self:compare(row, theirs) end
  if row.expected == THERE then users.already_there = users.already_there + 1 end
  return true
end

function Verify:read(sent, export)
  local input <close>, message, kind = file.open(export)
  if not input then return nil, message, kind end
  local reader <close> = json.reader(input, { lines = true, lazy = false })
  return sent:in_stretches(function(turn)
    local n = 0
    while true do
      local theirs, why, what = reader:next()
      if theirs == nil then
        if why then return nil, "users export: " .. why, what end
        return true
      end
      if type(theirs) ~= "table" then
        return nil, "users export: a line is not an object", "temporary"
      end
      for name, value in pairs(theirs) do
        if value == json.null then theirs[name] = nil end
      end
      n = n + 1
      if n % 500 == 0 then self:pause(n) end
      local done
      done, why, what = self:take(sent, theirs)
      if done then done, why, what = turn() end
      if not done then return nil, why, what end
    end
  end)
end

---All users, by an export. Its files are in the run directory, where there is space, until the end.
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
  local sent <close>, message, kind = sent_users.create(scratch)
  if not sent then return nil, message, kind end
  local done
  done, message, kind = sent:fill(function(add) return self:each(add) end)
  if not done then return nil, message, kind end
  self.ui:say "waiting for the tenant's users export"
  done, message, kind = jobs.export(tenant.client, {
    connection_id = tenant.connection.id, save = export, fields = digests.exported(),
  })
  if done then done, message, kind = self:read(sent, export) end
  if not done then return nil, message, kind end
  for row in sent:missing() do
    done, message, kind = self:miss(row)
    if not done then return nil, message, kind end
  end
  return true
end

---A random sample of `n` entries, each equally likely.
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

---The result as if nothing was compared.
---@return table
function verify.empty()
  return {
    run = json.null, directory = json.null, seconds = 0, next = json.null, list = json.null,
    sample = json.null,
    users = {
      compared = 0, same = 0, different = 0, missing = 0, already_there = 0, failed = 0,
      pending = 0, blocked = 0, in_flight = 0,
    },
    fields = {}, examples = json.array {},
  }
end

local function new_statement(held, sample)
  local statement, figures = verify.empty(), totals.figures(held.ledger)
  local users = statement.users
  statement.run, statement.directory = held.ledger:get("run"), held.dir.path
  statement.sample, users.extra = sample, not sample and 0 or nil
  users.failed, users.pending = figures.failed, figures.pending
  users.in_flight = totals.in_flight(held.ledger)
  statement.message = open.undone(held.ledger, held.dir)
  return statement
end

local function finish(self)
  local statement = self.statement
  local differs = statement.users.missing + statement.users.different > 0
  local unknown = statement.users.in_flight > 0
  statement.exit = differs and 3 or unknown and exit_status.of("temporary") or 0
  statement.status = differs and "different" or unknown and "incomplete" or "same"
  if unknown then
    statement.next = command.after(self.held.settings, "resume", self.held.dir.path)
    statement.message = statement.message or string.format("the outcome of %s is still unknown; "
      .. "run `%s` first", format.count(statement.users.in_flight, "sent user"), statement.next)
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
  local held <close>, message, kind, more = open.take(dir, settings, ui)
  if not held then return nil, message, kind, more end
  local sample = options and options.sample
  local self = setmetatable({
    held = held, ui = ui, began = clock.monotonic(), statement = new_statement(held, sample),
  }, Verify)
  local function interrupted()
    scheduler.finish {
      status = "interrupted", exit = exit_status.of("interrupted"),
      message = "nothing was changed",
    }
  end
  local _ <close> = signals.watch(interrupted, interrupted)
  local times = scheduler.clock(settings.time_scale)
  self.outages = outages.new { ui = ui, clock = times }
  self.tenant, message, kind, more = open.connect(held, times, SCOPES, self.outages)
  if not self.tenant then return nil, message, kind, more end
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
