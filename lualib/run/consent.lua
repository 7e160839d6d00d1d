--- Consent: what a person must agree to before it happens, and the limits a person has set. What
--- was agreed to is kept in the journal.

local format = require "base.format"
local clock = require "host.clock"
local failure = require "base.failure"

local consent = {}

-- Why a session ends after a signal.
consent.INTERRUPTED = failure.new("interrupted; what was sent is recorded", "interrupted",
  { detail = "what was sent is recorded" })

---Whether a person, now or earlier, has agreed to send. Nil, message, kind when not.
---@param session Session
---@return true?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function consent.given(session)
  if session.ledger:get("consent") then return true end
  local question = string.format("Import %s into %s of %s?",
    format.count(session.plan.users, "user"), session.settings.connection or "the connection",
    session.settings.base or "the tenant")
  if not session.settings.yes then
    session.ui:plan(session.plan)
    local answer = session.ui:ask(question)
    if session.interrupted then return consent.INTERRUPTED:values() end
    if answer == nil then
      return nil, "nothing was sent: no terminal to ask on, and no --yes", "consent",
        { add = "--yes" }
    elseif not answer then
      return nil, "nothing was sent", "consent"
    end
  end
  return session.ledger:note { consent = clock.now() }
end

---A gate's limit: the one that is given now, else the one the run was begun with.
---@param session Session
---@param name "max_rejects"|"max_failures"
---@return Limit?
function consent.gate(session, name)
  local limit = session.settings[name]
  if not limit then return session.ledger:get_table(name) end
  failure.check(session.ledger:note { [name] = limit })
  return limit
end

---After a clean canary: a person may try a login before the rest follows.
---@param session Session
---@param users integer
---@return boolean? go_on  nil: nobody to ask
function consent.after_canary(session, users)
  if session.settings.yes then return true end
  local answer = session.ui:ask(string.format(
    "The canary, the first %s of the source, is in the tenant. Try a login as one of them. "
      .. "Send the rest?", format.count(users, "user")))
  if answer == nil and session.ui.cancelled then return false end -- a terminal that went away
  return answer
end

---Whether ghosts may be deleted: --yes agrees only beside --delete-ghosts.
---@param session Session
---@param n integer  users that look as if they met one
---@return boolean?  nil: nobody to ask
function consent.ghosts(session, n)
  if session.settings.yes and session.settings.delete_ghosts then return true end
  return session.ui:ask(string.format("%s seem to meet ghosts, users that no list of the tenant "
    .. "shows. Delete each, after a look-up, and import its user again?",
    format.count(n, "refused user")))
end

---Whether --delete-ghosts was given, now or when the run began.
---@param session Session
---@return boolean
function consent.delete_ghosts(session)
  local settings = session.settings
  if settings.delete_ghosts then
    failure.check(session.ledger:note { delete_ghosts = 1,
      ghosts_consent = settings.yes and 1 or session.ledger:get("ghosts_consent") })
  end
  return session.ledger:get("delete_ghosts") == 1
end

return consent
