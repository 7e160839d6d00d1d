--- The end of every session with a run: the report, the next command and the cleanup.

local clock = require "host.clock"
local command = require "base.command"
local exit_status = require "base.exit_status"
local failure = require "base.failure"
local json = require "host.json"
local user_lists = require "report.user_lists"
local next_command = require "run.next_command"
local report = require "report"
local scheduler = require "base.scheduler"
local source_pages = require "stage.source_pages"
local archive = require "journal.archive"

local finish = {}

---Removes the pages that the run was staged from; those of a trial or a rehearsal serve others.
local function remove_pages(session)
  local book, directories = session.ledger, { session.dir:file("pages") }
  if not session.settings.limit and not book:get("rehearsal") then
    directories[2] = source_pages.directory(book:get("recipe"))
  end
  for _, directory in ipairs(directories) do
    local removed, message = source_pages.remove(directory)
    if not removed then session.ui:warn("cannot remove the pages of the source: " .. message) end
  end
end

---Removes what a finished run no longer needs from the directory. Can be repeated.
---@param session Session
function finish.tidy(session)
  session.dir:spend_reserve()
  remove_pages(session)
  if session.settings.keep_chunks then return end
  local total = session.ledger:users_in_chunks()
  -- Minutes for millions of users: shows progress, and an interrupt leaves the rest to a resume.
  local replaced, why = archive.replace(session.ledger, session.dir, function(users)
    scheduler.pass()
    session.ui:progress { phase = "archive", done = users, total = total, share = users / total }
    return not session.interrupted
  end)
  if not replaced then session.ui:warn("cannot archive the chunk files: " .. why) end
end

---Writes the lists of users; on a full disk into the reserved space.
local function write_lists(session)
  local listed, message, kind = user_lists.write(session.ledger, session.dir)
  if kind == "full" then
    session.dir:spend_reserve()
    listed, message, kind = user_lists.write(session.ledger, session.dir)
  end
  if listed then return true end
  return nil, "cannot write the lists of failed users: " .. message, kind
end

---Why the session ended. One with refused credentials continues with others.
local function message_of(session, why)
  if not why then return nil end
  local message = why.more and why.more.detail or why.message
  if exit_status.of(why.kind) ~= exit_status.of("credentials") then return message end
  if session.ledger:get("rehearsal") then return message end
  return string.format("%s; when this is corrected, `%s` continues", message,
    command.after(session.settings, "resume", session.dir.path))
end

---The last step of every session whose directory exists: writes and returns the report.
---@param session Session
---@param why? Failure  why it ended early
---@return Report
function finish.finish(session, why)
  if why and why.kind == "full" then session.dir:spend_reserve() end
  local done, message, kind = write_lists(session)
  if not done and why then
    session.ui:warn(message)
  elseif not done then
    why = failure.new(message, kind)
  end
  local statement = report.build(session.ledger, {
    directory = session.dir.path, exit = why and exit_status.of(why.kind),
    message = message_of(session, why),
  })
  statement.plan, statement.findings = session.plan, report.findings(session.ledger)
  statement.next = next_command.of(session, statement, why) or json.null
  done, message = report.write(session.dir, statement)
  if not done then session.ui:warn("cannot write report.json: " .. message) end
  if done and not why and statement.users.pending == 0 then
    failure.check(session.ledger:note { finished_at = clock.now() })
    finish.tidy(session)
  end
  session.log("end", { exit = statement.exit, message = why and why.message })
  return statement
end

return finish
