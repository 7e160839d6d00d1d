--- Staging: the stage of a session, with its signals and progress; other tasks get their turn.

local connect = require "auth0.api.connect"
local progress = require "stage.progress"
local source_pages = require "stage.source_pages"
local stage = require "stage"

local staging = {}

---Where the pages of the run's source are kept; those of a rehearsal or a trial serve the run that
---follows, too.
local function pages_of(session)
  local settings = session.settings
  local is_first = not settings.rehearsal and not settings.limit
  return is_first and session.dir:file("pages") or source_pages.directory(session.recipe.name)
end

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
  local served <close>, why, what = source_pages.serve(session.recipe, settings, session.ui, {
    interrupted = function() return session.interrupted end, directory = pages_of(session),
    outages = session.outages, log = session.log, wanted = settings.limit,
  })
  if not served then return nil, why, what end
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
