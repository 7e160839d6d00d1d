--- The end of every session with a run: the statement, the command to type next, and what may go.

local canary = require "import.canary"
local clock = require "host.clock"
local exit_status = require "base.exit_status"
local failure = require "base.failure"
local gates = require "journal.gates"
local json = require "host.json"
local user_lists = require "report.user_lists"
local path = require "base.path"
local report = require "report"
local scheduler = require "base.scheduler"
local totals = require "journal.totals"
local archive = require "journal.archive"

local finish = {}

---The command to type after an ending.
local function next_command(session, status, pending, message)
  local dir, rehearsal = path.quote(session.dir.path), session.ledger:get("rehearsal")
  if status == 0 then return nil end
  if rehearsal then return status == 3 and "auth0-migrate report " .. dir or rehearsal end
  if status == 3 and not pending then
    return string.format("auth0-migrate %s %s",
      session.ledger:has_failed() and "retry" or "report", dir)
  end
  if status == 4 then
    return string.format("auth0-migrate resume %s --max-rejects %d", dir,
      totals.figures(session.ledger).rejected)
  elseif status == 7 and gates.is_failures(message) then
    return string.format("auth0-migrate resume %s --max-failures %d", dir,
      gates.expected(session.ledger))
  end
  local wants_yes = message == canary.REFUSED and not session.settings.interactive
  if status == 8 or wants_yes then return "auth0-migrate resume " .. dir .. " --yes" end
  return "auth0-migrate resume " .. dir
end

---Takes out of the directory what a finished run needs no more. May be done again.
---@param session Session
function finish.tidy(session)
  session.dir:spend_reserve()
  if session.settings.keep_chunks then return end
  local total = session.ledger:users_in_chunks()
  -- Millions of users take minutes: a person sees it, and may leave the rest to a resume.
  local replaced, why = archive.replace(session.ledger, session.dir, function(users)
    scheduler.pass()
    session.ui:progress { phase = "seal", done = users, total = total, share = users / total }
    return not session.interrupted
  end)
  if not replaced then session.ui:warn("the chunk files stay as they are: " .. why) end
end

---The last step of every session whose directory exists: the statement, written and returned.
---@param session Session
---@param message? string  why it ended, when not because all is done
---@param kind? Kind
---@return Report
function finish.finish(session, message, kind)
  if kind == "full" then session.dir:spend_reserve() end
  local listed, why, what = user_lists.write(session.ledger, session.dir)
  if what == "full" then
    session.dir:spend_reserve()
    listed, why, what = user_lists.write(session.ledger, session.dir)
  end
  if not listed then
    why = "the lists of failed users are not written: " .. why
    if kind then session.ui:warn(why) else message, kind = why, what end
  end
  local statement = report.build(session.ledger, {
    directory = session.dir.path, exit = kind and exit_status.of(kind), message = message,
  })
  statement.next = next_command(session, statement.exit, statement.users.pending > 0, message)
    or json.null
  statement.plan, statement.findings = session.plan, report.findings(session.ledger)
  local written
  written, why = report.write(session.dir, statement)
  if not written then session.ui:warn("report.json is not written: " .. why) end
  if written and not kind and statement.users.pending == 0 then
    failure.check(session.ledger:note { finished_at = clock.now() })
    finish.tidy(session)
  end
  session.log("end", { exit = statement.exit, message = message })
  return statement
end

return finish
