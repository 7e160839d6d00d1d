--- Consent: what the operator must confirm, and the limits of gates; the journal keeps both.

local format = require "base.format"
local clock = require "host.clock"
local failure = require "base.failure"

local consent = {}

-- Why a session ends after a signal.
consent.INTERRUPTED = failure.new("interrupted; progress is saved", "interrupted",
  { detail = "progress is saved" })

---Whether the operator has agreed, now or earlier, to send.
---@param ledger Ledger
---@param settings Settings
---@param ui table
---@param plan Plan
---@return true?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function consent.given(ledger, settings, ui, plan)
  if ledger:get("consent") then return true end
  local question = string.format("Import %s into %s of %s?",
    format.count(plan.users, "user"), settings.connection or "the connection",
    settings.base or "the tenant")
  if not settings.yes then
    ui:plan(plan)
    local answer = ui:ask(question)
    if answer == nil then
      return nil, "nothing was sent: not a terminal; use --yes", "consent",
        { add = "--yes" }
    elseif not answer then
      return nil, "nothing was sent", "consent"
    end
  end
  return ledger:note { consent = clock.now() }
end

---A gate's limit: the one given now, else the one the run was started with.
---@param ledger Ledger
---@param settings Settings
---@param name "max_rejects"|"max_failures"
---@return Limit?
function consent.gate(ledger, settings, name)
  local limit = settings[name]
  if not limit then return ledger:get_table(name) end
  failure.check(ledger:note { [name] = limit })
  return limit
end

local ALLOWED <const> = { "allow_empty", "allow_no_passwords", "allow_no_matches" }

---The gates of the stage that were allowed, now or when the run started.
---@param ledger Ledger
---@param settings Settings
---@return table<string, boolean>
function consent.allowed(ledger, settings)
  local allowed = {}
  for _, name in ipairs(ALLOWED) do
    if settings[name] then failure.check(ledger:note { [name] = 1 }) end
    allowed[name] = ledger:get(name) == 1
  end
  return allowed
end

---Asks after a clean canary whether to send the rest; the operator may try a login first.
---@param settings Settings
---@param ui table
---@param question fun(): CanaryQuestion
---@return boolean?  nil: not a terminal
function consent.after_canary(settings, ui, question)
  if settings.yes then return true end
  local asked = question()
  local answer = ui:ask(asked.question, asked.about, asked.command)
  if answer == nil and ui.cancelled then return false end -- the terminal went away
  return answer
end

---Whether ghosts may be deleted: --yes confirms only together with --delete-ghosts.
---@param settings Settings
---@param ui table
---@param n integer  failed users that a ghost may block
---@return boolean?  nil: not a terminal
function consent.ghosts(settings, ui, n)
  if settings.yes and settings.delete_ghosts then return true end
  return ui:ask(string.format("%s may be blocked by ghosts, users that exist in the tenant but "
    .. "are not listed. Look up each again, delete its ghost, and import the user?",
    format.count(n, "failed user")))
end

---Whether --delete-ghosts was given, now or when the run started.
---@param ledger Ledger
---@param settings Settings
---@return boolean
function consent.delete_ghosts(ledger, settings)
  if settings.delete_ghosts then
    failure.check(ledger:note { delete_ghosts = 1,
      ghosts_consent = settings.yes and 1 or ledger:get("ghosts_consent") })
  end
  return ledger:get("delete_ghosts") == 1
end

return consent
