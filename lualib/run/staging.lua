--- Staging: the stage of a session, with its signals, its progress, and a turn for other tasks.

local clock = require "host.clock"
local connect = require "auth0.api.connect"
local scheduler = require "base.scheduler"
local stage = require "stage"

local staging = {}

local PAUSE <const> = 0.05 -- seconds of records between two pauses

---What is called between records, and pauses now and then: for signals, progress, other tasks.
---@return fun(position: integer, source: table): true?, string?, Kind?
local function pauses(session, began)
  local paused = 0
  return function(position, source)
    local now = clock.monotonic()
    if now - paused < PAUSE then return true end
    paused = now
    scheduler.pass()
    if session.interrupted then return nil, "interrupted while staging", "interrupted" end
    session.ui:progress {
      phase = "stage", done = position, share = source.progress and source:progress() or nil,
      seconds = now - began,
    }
    return true
  end
end

---Stages into the session's directory.
---@param session Session
---@return true?
---@return string? message
---@return Kind? kind
function staging.run(session)
  local settings, began = session.settings, clock.monotonic()
  local connection = session.tenant and session.tenant.connection
  if not connection then
    local message, kind
    connection, message, kind = connect.offline(settings)
    if message then return nil, message, kind end
  end
  local done, message, kind = stage.run {
    recipe = session.recipe, ledger = session.ledger, dir = session.dir, connection = connection,
    chunk_bytes = settings.chunk_bytes, chunk_users = settings.chunk_users,
    limit = settings.limit, canary = settings.canary, upsert = settings.upsert,
    pause = pauses(session, began),
  }
  if not done then return nil, message, kind end
  local seconds = clock.monotonic() - began
  session.ui:progress { phase = "stage", finished = true, seconds = seconds }
  return session.ledger:note { stage_seconds = seconds }
end

return staging
