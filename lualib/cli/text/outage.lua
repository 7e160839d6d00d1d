--- An outage as text: since when, the next attempt, until when patience lasts.

local clock = require "host.clock"
local format = require "base.format"

local outage_text = {}

---"14:03"
local function time(unix)
  return clock.iso(unix):sub(12, 16)
end

local function next_try(unix)
  local left = unix and unix - clock.now() or 0
  return left > 0 and "next try in " .. format.duration(left) or "trying now"
end

---For the progress bar: "no answer since 14:03, next try in 12 s, gives up 16:03 UTC".
---@param outage Outage
---@return string
function outage_text.short(outage)
  return string.format("no answer since %s, %s, gives up %s UTC", time(outage.since),
    next_try(outage.next_try), time(outage.patience_until))
end

---For `status`: whole moments, and what was wrong.
---@param outage table  of a Status
---@return string
function outage_text.long(outage)
  return string.format("outage: no answer since %s (%s); %s; gives up at %s",
    format.moment(outage.since), outage.why,
    next_try(outage.next_try and clock.parse(outage.next_try)),
    format.moment(outage.patience_until))
end

return outage_text
