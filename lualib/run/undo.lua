--- Undo: deletes the users that a run inserted, and no others.

local command = require "base.command"
local format = require "base.format"
local totals = require "journal.totals"
local clock = require "host.clock"
local exit_status = require "base.exit_status"
local file = require "host.file"
local json = require "host.json"
local limits = require "auth0.limits"
local next_command = require "run.next_command"
local report = require "report"
local run_users = require "journal.users"
local open_run = require "run.open"
local outages = require "run.outages"
local scheduler = require "base.scheduler"
local signals = require "base.signals"
local users = require "auth0.api.users"

local undo = {}

local SCOPES <const> = { "delete:users", "read:users" }
local BATCH <const> = 50   -- users that are looked up and deleted together
local AT_ONCE <const> = 4  -- requests in flight
-- Seconds by which a user may be older than its upload if the tenant reported it as inserted.
local EARLY <const> = 600
-- If only the time proves that this run created a user: seconds by which it must be newer than the
-- intent, because the tenant's clock is read to a second, unless the job states its time.
local PROOF <const> = 1

local INTERRUPTED <const> = "progress is saved"

undo.UPDATED = "there before this run, which only updated it" -- as journals store it: do not change
undo.BEFORE = "created before this run"
undo.AFTER = "created after this run"
undo.TOO_CLOSE = "created as the upload started: nothing proves that this run created it"
undo.SEVERAL = "several users share its identifiers"
undo.UNKNOWN = "the tenant does not report when it was created"

---Whether this run created the user, by the evidence alone.
---@param outcome "inserted"|"upserted"
---@param theirs {user_id: string, created?: number}[]  users of the connection that may be it
---@param hours {first: number, last: number, is_exact: boolean}  of the chunk, see Ledger:hours
---@return "delete"|"gone"|"kept" what
---@return string? user_id
---@return string? why
function undo.rule(outcome, theirs, hours)
  local first = hours.first - EARLY
  if outcome == "upserted" then first = hours.first + (hours.is_exact and 0 or PROOF) end
  local ours = {}
  for _, user in ipairs(theirs) do
    local created = user.created
    if created and created >= first and created <= hours.last then
      ours[#ours + 1] = user
    end
  end
  if #ours == 1 then return "delete", ours[1].user_id end
  if #theirs == 0 then return "gone" end
  local user = theirs[1]
  local why = #ours > 1 and undo.SEVERAL or not user.created and undo.UNKNOWN
    or user.created > hours.last and undo.AFTER
    or user.created >= hours.first - PROOF and undo.TOO_CLOSE
    or outcome == "upserted" and undo.UPDATED or undo.BEFORE
  return "kept", user.user_id, why
end

---@class Undo
---@field held HeldRun
---@field ledger Ledger
---@field tenant Tenant
---@field ui table
---@field total integer
---@field done integer
---@field skipped integer  of those: handled before
---@field began number
---@field outages Outages
---@field stopped boolean
local Undo = {}
Undo.__index = Undo

local function hours_of(n)
  local list = {}
  for tier, rate in pairs(limits.DELETES_PER_SECOND) do
    list[#list + 1] = { tier = tier, hours = n / rate / 3600 }
  end
  table.sort(list, function(a, b) return a.hours < b.hours end)
  return json.array(list)
end

---"2.5 h", or "3 min" if it is less than an hour; at least a minute.
local function time_text(hours)
  if hours >= 1 then return string.format("%.1f h", hours) end
  return string.format("%d min", math.max(1, math.ceil(hours * 60)))
end

---@param targets string[]  user ids
---@return true?
---@return string? message
---@return Kind? kind
function Undo:delete(targets)
  local next_one, failed, tasks = 0, nil, {}
  local function work()
    while next_one < #targets and not failed and not self.stopped do
      next_one = next_one + 1
      local done, message, kind = users.delete(self.tenant.client, targets[next_one])
      if not done then failed = failed or { message, kind } end
    end
  end
  for i = 1, math.min(AT_ONCE, #targets) do tasks[i] = scheduler.spawn(work) end
  for _, task in ipairs(tasks) do task:join() end
  if failed then return nil, failed[1], failed[2] end
  if self.stopped then return nil, INTERRUPTED, "interrupted" end
  return true
end

---Looks up some users of a chunk, deletes those that this run created, and records the result.
---@param chunk integer
---@param entries RunUser[]
---@param intended table<integer, boolean>  places that an earlier process was deleting
---@return true?
---@return string? message
---@return Kind? kind
function Undo:stretch(chunk, entries, intended)
  local tenant = self.tenant
  local find, message, kind = run_users.find(tenant.client, tenant.connection.name, entries)
  if not find then return nil, message, kind end
  local hours = self.ledger:hours(chunk)
  local part = { place = entries[#entries].place, deleted = 0, gone = 0, kept = {} }
  local targets, places = {}, {}
  for _, entry in ipairs(entries) do
    local what, user_id, why = undo.rule(entry.outcome, find(entry), hours)
    if what == "delete" then
      targets[#targets + 1], places[#places + 1] = user_id, entry.place
    elseif what == "kept" then
      table.insert(part.kept, { place = entry.place, position = entry.position, at = entry.at,
        why = why, user_id = user_id })
    elseif intended[entry.place] then
      part.deleted, places[#places + 1] = part.deleted + 1, entry.place
    else
      part.gone = part.gone + 1
    end
  end
  local done
  done, message, kind = self.ledger:undoing(chunk, places)
  if done then done, message, kind = self:delete(targets) end
  if not done then return nil, message, kind end
  part.deleted = part.deleted + #targets
  return self.ledger:undone(chunk, part)
end

function Undo:chunk(id)
  local entries, message, kind = run_users.chunk(self.ledger, self.held.dir, id)
  if not entries then return nil, message, kind end
  local progress, intended = self.ledger:undo_progress(id), {}
  for _, place in ipairs(progress.intent) do intended[place] = true end
  local batch, done = {}, true
  local function flush()
    if #batch > 0 then done, message, kind = self:stretch(id, batch, intended) end
    self.done = self.done + #batch
    self.ui:progress { phase = "undo", done = self.done, total = self.total,
      seconds = clock.monotonic() - self.began - self.outages:seconds(),
      since = self.done - self.skipped }
    batch = {}
    return done
  end
  for _, entry in ipairs(entries) do
    if entry.outcome == "inserted" or entry.outcome == "upserted" then
      if entry.place <= progress.place then
        self.done, self.skipped = self.done + 1, self.skipped + 1
      else
        batch[#batch + 1] = entry
      end
      if #batch == BATCH and not flush() then return nil, message, kind end
    end
  end
  if not flush() then return nil, message, kind end
  return true
end

function Undo:all()
  for id in self.ledger:chunks_with_result() do
    local done, message, kind = self:chunk(id)
    if not done then return nil, message, kind end
  end
  self.ui:progress { phase = "undo", finished = true }
  return self.ledger:note { undo_finished = clock.now() }
end

---The command that undoes the run, or continues to.
local function command_of(held)
  return command.after(held.settings, "undo", held.dir.path)
end

local function write_kept(held)
  local output <close>, message, kind = file.create(held.dir:file("kept.ndjson"))
  if not output then return nil, message, kind end
  for row in held.ledger:kept() do
    local done
    done, message, kind = output:write(json.encode(row) .. "\n")
    if not done then return nil, message, kind end
  end
  return output:finish()
end

---Adds the undo to the run's own report. Nothing of an undone run can be retried or resumed.
local function note(held)
  local statement = report.read(held.dir)
    or report.build(held.ledger, { directory = held.dir.path })
  statement.undo, statement.written = totals.undone(held.ledger), clock.iso(clock.now())
  statement.next = not statement.undo.finished and command_of(held) or json.null
  return report.write(held.dir, statement)
end

---@class UndoStatement : UndoFigures
---@field run string
---@field directory string
---@field status "undone"|"planned"|"incomplete"|"interrupted"|"failed"
---@field exit integer
---@field users integer    that the run inserted, or may have
---@field hours {tier: string, hours: number}[]
---@field seconds number
---@field message? string
---@field next string|lightuserdata

---The result as if nothing was deleted.
---@return table
function undo.empty()
  return {
    run = json.null, directory = json.null, users = 0, hours = json.array {}, seconds = 0,
    deleted = 0, gone = 0, kept = {}, finished = false, next = json.null,
    begun = json.null, ended = json.null,
  }
end

local STATUS <const> = { [0] = "undone", [3] = "undone", [5] = "incomplete", [8] = "planned",
  [130] = "interrupted" }

---The command after an undo: the same again where a later attempt continues it, and with --yes only
---where nobody could be asked.
local function next_command_of(held, status, more)
  local dir, settings = held.dir.path, held.settings
  if status == 0 then return nil end
  if status == 3 then return command.after(settings, "report", dir) end
  if more and more.next ~= nil then return more.next or nil end
  if more and more.add then return command.after(settings, "undo", dir, more.add) end
  if status == exit_status.of("credentials") then return next_command.doctor(settings) end
  local is_repeated = status == exit_status.of("temporary")
    or status == exit_status.of("interrupted")
  return is_repeated and command.after(settings, "undo", dir) or nil
end

local function statement_of(held, users_, began, message, kind, more)
  local figures = totals.undone(held.ledger)
    or { deleted = 0, gone = 0, kept = {}, finished = false }
  local status = kind and exit_status.of(kind) or 0
  for why in pairs(figures.kept) do
    if status == 0 and why ~= undo.UPDATED then status = 3 end
  end
  figures.run, figures.directory = held.ledger:get("run"), held.dir.path
  figures.status, figures.exit = STATUS[status] or "failed", status
  figures.users, figures.hours = users_, hours_of(users_)
  figures.seconds = clock.monotonic() - began
  figures.message = message
  figures.next = next_command_of(held, status, more) or json.null
  return figures
end

---Why the users that the run inserted are not known yet.
local function unsettled(held)
  if not held.ledger:is_unsettled() then return nil end
  local resume = command.after(held.settings, "resume", held.dir.path)
  return string.format("the outcome of some uploads of %s is still unknown; run `%s` first",
    held.dir.path, resume), { next = resume }
end

---Whether the operator has confirmed, now or for an earlier undo that was interrupted.
function Undo:consent(settings)
  local held, ui, n = self.held, self.ui, self.total
  if settings.yes or held.ledger:get("undo_begun") then return true end
  local times = {}
  for _, one in ipairs(hours_of(n)) do
    times[#times + 1] = string.format("%s (%s)", time_text(one.hours), one.tier)
  end
  ui:say(string.format("to delete  %s of connection %s of %s", format.count(n, "user"),
    settings.connection, settings.base))
  ui:say("takes      about " .. table.concat(times, ", "))
  local answer = ui:ask(string.format("Delete the users that %s inserted?", held.dir.path))
  if answer then return true end
  if self.stopped then return nil, "nothing was deleted", "interrupted" end
  if answer == false then return nil, "nothing was deleted", "consent" end
  return nil, "nothing was deleted: not a terminal; use --yes", "consent",
    { add = "--yes" }
end

local function watch(self)
  return signals.watch(function()
    self.stopped = true
    self.ui:cancel()
    self.ui:warn("interrupted: waiting for responses in flight; interrupt again to stop at once")
  end, function()
    scheduler.finish {
      status = "interrupted", exit = exit_status.of("interrupted"), message = INTERRUPTED,
      next = command_of(self.held),
    }
  end)
end

---Deletes what a run inserted, or continues an interrupted undo.
---@param dir string
---@param settings Settings
---@param ui table
---@return UndoStatement?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function undo.run(dir, settings, ui)
  local held <close>, message, kind, more = open_run.take(dir, settings, ui)
  if not held then return nil, message, kind, more end
  local began = clock.monotonic()
  local why
  why, more = unsettled(held)
  if why then return nil, why, "usage", more end
  local n = totals.inserted(held.ledger)
  if held.ledger:get("undo_finished") then return statement_of(held, n, began) end
  if n == 0 then
    local statement = statement_of(held, n, began)
    statement.message = "the run inserted no users; nothing to delete"
    return statement
  end
  local times = scheduler.clock(settings.time_scale)
  local watched = outages.new { ui = ui, clock = times }
  local tenant
  tenant, message, kind, more = open_run.connect(held, times, SCOPES, watched)
  if not tenant then return nil, message, kind, more end
  local self = setmetatable({
    held = held, ledger = held.ledger, tenant = tenant, ui = ui, total = n, done = 0, skipped = 0,
    began = began, stopped = false, outages = watched,
  }, Undo)
  local _ <close> = watch(self)
  local done
  done, message, kind, more = self:consent(settings)
  if not done then return statement_of(held, n, began, message, kind, more) end
  done, message, kind = held.ledger:begin_undo()
  if done then done, message, kind = note(held) end
  if done then done, message, kind = self:all() end
  if done then message, kind = nil, nil end
  for _, write in ipairs { note, write_kept } do
    local written, reason = write(held)
    if not written then ui:warn("cannot write a file of the run: " .. reason) end
  end
  return statement_of(held, n, began, message, kind)
end

return undo
