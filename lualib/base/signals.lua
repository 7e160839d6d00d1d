--- SIGINT and SIGTERM: the first asks the run to end, the second ends it now. SIGHUP says that the
--- terminal is gone; under nohup it never comes.

local loop = require "host.loop"
local scheduler = require "base.scheduler"

local signals = {}

---@class Signals
---@field handles host.loop.signal[]
local Signals = {}
Signals.__index = Signals

---@param first fun()
---@param second fun()
---@param hang_up? fun()  for each SIGHUP; without it the program dies of one
---@return Signals
function signals.watch(first, second, hang_up)
  local self = setmetatable({ handles = {}, n = 0 }, Signals)
  local function watch(name, act)
    local handle = loop.signal(name)
    table.insert(self.handles, handle)
    scheduler.spawn(function()
      while true do
        scheduler.await(handle)
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

-- What a multiplexer sets for the programs in it.
local MULTIPLEXERS <const> = { "TMUX", "STY", "ZELLIJ" }

---Whether a run is to go on without its terminal: nobody watches a quiet one, and a multiplexer
---keeps its programs when somebody leaves.
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
  for _, handle in ipairs(self.handles) do handle:close() end
  self.handles = {}
end

Signals.__close = Signals.close

return signals
