--- Alarms: responses that do not match what was sent, what they mean for the totals, what to do.

local format = require "base.format"
local path = require "base.path"

local alarms = {}

local LOOKED_UP <const> = "The summary of %s does not match what was sent. Users not reported as "
  .. "failed (%s) were looked up one by one: those created by this run count as inserted, those "
  .. "that existed before as already there (with upsert as updated), and those that do not exist "
  .. "were sent again or count as failed (JOB_FAILED). "
local STRANGERS <const> = "%s no user of this run; no user counts as failed for that. "
local VERIFY <const> = "`auth0-migrate verify %s` compares the tenant with what was sent; "
local LOG <const> = "log.ndjson lists each alarm"

---The text about the alarms of a run; nil if there are none.
---@param statement Report
---@return string?
function alarms.text(statement)
  local n, looked_up = statement.alarms or 0, statement.looked_up or { jobs = 0, users = 0 }
  if n == 0 then return nil end
  local text = format.count(n, "response of the tenant does", "responses of the tenant do")
    .. " not match what was sent. "
  if looked_up.jobs > 0 then
    text = text .. LOOKED_UP:format(format.count(looked_up.jobs, "job"),
      format.count(looked_up.users, "user"))
  end
  local strangers = n - looked_up.jobs
  if strangers > 0 then
    text = text .. STRANGERS:format(format.count(strangers, "reported failure matches",
      "reported failures match"))
  end
  -- Of a rehearsal the tenant no longer exists, of an undone run the users.
  local can_verify = not (statement.rehearsal or statement.undo)
  return text .. (can_verify and VERIFY:format(path.quote(statement.directory)) or "") .. LOG
end

return alarms
