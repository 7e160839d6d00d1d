--- Staging: the stage of a session, with its signals and progress; other tasks get their turn.

local connect = require "auth0.api.connect"
local progress = require "stage.progress"
local stage = require "stage"

local staging = {}

---Stages into the session's directory.
---@param session Session
---@return true?
---@return string? message
---@return Kind? kind
function staging.run(session)
  local settings = session.settings
  local connection = session.tenant and session.tenant.connection
  if not connection then
    local message, kind
    connection, message, kind = connect.offline(settings)
    if message then return nil, message, kind end
  end
  local pause, finish = progress.new {
    ui = session.ui, interrupted = function() return session.interrupted end,
    message = "interrupted while staging",
  }
  local done, message, kind = stage.run {
    recipe = session.recipe, ledger = session.ledger, dir = session.dir, connection = connection,
    chunk_bytes = settings.chunk_bytes, chunk_users = settings.chunk_users,
    limit = settings.limit, canary = settings.canary, upsert = settings.upsert,
    pause = pause,
  }
  if not done then return nil, message, kind end
  return session.ledger:note { stage_seconds = finish() }
end

return staging
