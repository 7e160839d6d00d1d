--- Pauses between records: let other tasks run, end the reading on an interrupt, show progress.

local clock = require "host.clock"
local scheduler = require "base.scheduler"

local progress = {}

local PAUSE <const> = 0.05 -- seconds of records between two pauses

---@class ProgressOptions
---@field ui table
---@field interrupted fun(): boolean?  whether a signal was received
---@field message string               returned on an interrupt

---@param options ProgressOptions
---@return fun(position: integer, source: table): true?, string?, Kind? pause  for Pipeline:run
---@return fun(): number finish  shows the end; returns the elapsed seconds
function progress.new(options)
  local ui, began, paused = options.ui, clock.monotonic(), 0
  local function pause(position, source)
    local now = clock.monotonic()
    if now - paused < PAUSE then return true end
    paused = now
    scheduler.pass()
    if options.interrupted() then return nil, options.message, "interrupted" end
    ui:progress {
      phase = "stage", done = position, share = source.progress and source:progress() or nil,
      seconds = now - began,
    }
    return true
  end
  local function finish()
    local seconds = clock.monotonic() - began
    ui:progress { phase = "stage", finished = true, seconds = seconds }
    return seconds
  end
  return pause, finish
end

return progress
