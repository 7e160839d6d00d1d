--- Gates: limits beyond which a run stops. It can be resumed.

local format = require "base.format"
local sorted = require "base.sorted"
local totals = require "journal.totals"

local gates = {}

local ENOUGH <const> = 100 -- users with a result before a percentage of them is meaningful

---@class Limit  exceeded by more than `n`, or by more than `percent` of the whole
---@field n? integer
---@field percent? number

---@param limit Limit
---@return string  "12" or "5%"
function gates.text(limit)
  return limit.n and tostring(limit.n) or string.format("%g%%", limit.percent)
end

---@param limit? Limit
---@param count integer
---@param whole integer
---@return boolean
function gates.exceeded(limit, count, whole)
  if not limit then return false end
  if limit.n then return count > limit.n end
  return whole > 0 and count * 100 > limit.percent * whole
end

---The limit as a number. A percentage is rounded up, to at least one.
---@param limit Limit
---@param whole integer
---@return integer
function gates.count(limit, whole)
  if limit.n then return math.min(limit.n, whole) end
  local share = limit.percent * whole / 100
  return math.min(math.max(1, math.ceil(share - 1e-6)), whole) -- 0.7 % of 1000 are 7, not 8
end

---A message if more records were rejected than the limit allows; checked at the end of the stage.
---@param limit? Limit
---@param figures table<string, integer>  of totals.figures
---@return string?
function gates.rejects(limit, figures)
  if not gates.exceeded(limit, figures.rejected, figures.read) then return nil end
  return string.format("%s of %s rejected, more than --max-rejects %s; nothing was sent",
    format.number(figures.rejected), format.count(figures.read, "record"), gates.text(limit))
end

---@class StageGate  ends a run before anything is sent
---@field name string    "empty", "no_passwords" or "no_matches"
---@field message string
---@field option string  that says that it is meant: "--allow-empty"
---@field at? string     place of a record that shows it

---@class StageFacts
---@field read integer       records
---@field staged integer     users
---@field unchanged integer
---@field tally TallyFacts
---@field hashes? boolean    the recipe called a builder of password hashes
---@field lookups table<string, LookupCoverage>

local function gate(name, at, ...)
  local option = "--allow-" .. name:gsub("_", "-")
  return { name = name, message = string.format(...), option = option, at = at }
end

---The gates that a whole stage does not pass, for what is nearly always a mistake: nobody is ready
---to import, nobody has a password, a lookup found nothing.
---@param facts StageFacts
---@param allowed {allow_empty?: boolean, allow_no_passwords?: boolean, allow_no_matches?: boolean}
---@return StageGate[]
function gates.stage(facts, allowed)
  local found = {}
  if facts.staged == 0 and facts.unchanged == 0 and not allowed.allow_empty then
    found[1] = gate("empty", nil, "%s",
      facts.read == 0 and "the source has no records, so nobody would be imported"
        or "none of " .. format.count(facts.read, "record") .. " is ready to import")
  end
  local without = facts.tally.without_password
  if facts.hashes and without > 0 and without == facts.staged and not allowed.allow_no_passwords
  then
    found[#found + 1] = gate("no_passwords", facts.tally.without_places[1],
      "none of %s has a password, although the recipe builds "
        .. "password hashes", format.count(without, "user"))
  end
  for _, name in ipairs(sorted.keys(facts.lookups)) do
    local use = facts.lookups[name]
    if use.hits == 0 and not allowed.allow_no_matches then
      found[#found + 1] = gate("no_matches", nil,
        "the lookup in %s found none of %s", name, format.count(use.misses, "value"))
    end
  end
  return found
end

---What stopped a run, and the option that says that it is meant.
---@param stopped StageGate
---@return string
function gates.text_of(stopped)
  return string.format("%s; nothing was sent (%s if this is meant)", stopped.message,
    stopped.option)
end

local function failures(ledger)
  local f = totals.figures(ledger)
  local failed = f.failed + f.requeued
  return failed, f.inserted + f.updated + f.already_there + failed, f.staged
end

---A message if more users failed than the limit allows; checked at each harvest.
---@param limit? Limit
---@param ledger Ledger
---@return string?
function gates.failures(limit, ledger)
  if not limit then return nil end
  local failed, results = failures(ledger)
  if limit.percent and results < ENOUGH then return nil end
  if not gates.exceeded(limit, failed, results) then return nil end
  return string.format("%s of %s with a result failed, more than --max-failures %s",
    format.number(failed), format.count(results, "user"), gates.text(limit))
end

---Projected failures at the end, at the rate so far.
---@param ledger Ledger
---@return integer
function gates.expected(ledger)
  local failed, results, staged = failures(ledger)
  return results > 0 and math.ceil(failed * staged / results) or failed
end

return gates
