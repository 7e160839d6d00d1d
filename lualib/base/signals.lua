--- SIGINT and SIGTERM: the first asks the run to stop, the second stops it now. SIGHUP: the
--- terminal is gone; under nohup it never arrives.

local loop = require "host.loop"
local scheduler = require "base.scheduler"

local signals = {}

---@class Signals
---@field handles host.loop.signal[]
---@field closed boolean
local Signals = {}
Signals.__index = Signals

---@param first fun()
---@param second fun()
---@param hang_up? fun()  called on SIGHUP; without it, SIGHUP ends the program
---@return Signals
function signals.watch(first, second, hang_up)
  local self = setmetatable({ handles = {}, n = 0, closed = false }, Signals)
  local function watch(name, act)
    local handle = loop.signal(name)
    table.insert(self.handles, handle)
    scheduler.spawn(function()
      while true do
        scheduler.await(handle)
        if self.closed then return end -- a signal woke this task, and another task closed first
        local n = handle:count()
        if n > 0 then act(n) end
      end
    end)
  end
  local function stop(n)
    self.n = self.n + n
    if self.n == n and n == 1 then first() else second() end
  end
  watch("INT", stop)
  watch("TERM", stop)
  if hang_up then watch("HUP", hang_up) end
  return self
end

-- Variables that a terminal multiplexer sets.
local MULTIPLEXERS <const> = { "TMUX", "STY", "ZELLIJ" }

---Whether a run continues without its terminal: nobody watches a quiet one, and a multiplexer
---keeps its programs when the user detaches.
---@param quiet boolean
---@param env fun(name: string): string?
---@return boolean
function signals.survives(quiet, env)
  for _, name in ipairs(MULTIPLEXERS) do
    if (env(name) or "") ~= "" then return true end
  end
  return quiet
end

function Signals:close()
  self.closed = true
  for _, handle in ipairs(self.handles) do handle:close() end
  self.handles = {}
end

Signals.__close = Signals.close

return signals
