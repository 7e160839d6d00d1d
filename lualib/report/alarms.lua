--- Alarms: answers of the tenant that do not fit what was sent, what they mean for the books, and
--- what to do.

local format = require "base.format"
local path = require "base.path"

local alarms = {}

local LOOKED_UP <const> = "The summary of %s is not what was sent; the %s of which the job did "
  .. "not say that they failed were looked up one by one: who was created by this run counts as "
  .. "inserted, who was there before as already there (as updated, with upsert), and who is not "
  .. "there was sent once more or counts as failed (JOB_FAILED). "
local STRANGERS <const> = "%s no user of this run; nobody is counted for that. "
local NEXT <const> = "`auth0-migrate verify %s` compares the tenant with what was sent; log.ndjson "
  .. "tells each alarm"

---What people read about the alarms of a run; nil without one.
---@param statement Report
---@return string?
function alarms.text(statement)
  local n, looked_up = statement.alarms or 0, statement.looked_up or { jobs = 0, users = 0 }
  if n == 0 then return nil end
  local text = format.count(n, "answer of the tenant does", "answers of the tenant do")
    .. " not fit what was sent. "
  if looked_up.jobs > 0 then
    text = text .. LOOKED_UP:format(format.count(looked_up.jobs, "job"),
      format.count(looked_up.users, "user"))
  end
  local strangers = n - looked_up.jobs
  if strangers > 0 then
    text = text .. STRANGERS:format(format.count(strangers, "refusal names", "refusals name"))
  end
  return text .. NEXT:format(path.quote(statement.directory))
end

return alarms
