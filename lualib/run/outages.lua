--- The outages of a session: shown in its progress while they last, counted in its journal.

local outages = require "base.outages"
local process = require "host.process"
local scheduler = require "base.scheduler"

local watch = {}

local TICK <const> = 1 -- real seconds between updates of what is shown

---@class WatchOptions
---@field ui table
---@field clock Clock
---@field log? Log
---@field ledger? fun(): Ledger?  of the run that counts them, once it is known

---Keeps the terminal up to date while an outage lasts.
local function show(ui, made, changed)
  local present = made:current()
  while present do
    ui:outage(present)
    changed:wait(TICK)
    present = made:current()
  end
  ui:outage(nil)
end

---What the journal keeps of an outage: `status` must know whose it is.
local function kept(outage)
  if not outage then return nil end
  outage.pid = process.id()
  return outage
end

---@param options WatchOptions
---@return Outages
function watch.new(options)
  local changed, made, is_shown = scheduler.condition(), nil, false
  local count, seconds = 0, 0 -- as far as saved

  local function save(book)
    local now_count, now_seconds = made:figures()
    book:save_outages({ count = now_count - count, seconds = now_seconds - seconds },
      kept(made:current()))
    count, seconds = now_count, now_seconds
  end

  made = outages.new { clock = options.clock, log = options.log, changed = function()
    local book = options.ledger and options.ledger()
    if book then save(book) end
    changed:notify()
    if is_shown then return end
    is_shown = true
    scheduler.spawn(function()
      show(options.ui, made, changed)
      is_shown = false
    end)
  end }
  return made
end

return watch
