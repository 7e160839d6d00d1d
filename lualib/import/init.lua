--- Importing: the engine of a session's import, and the recipe's or the default functions that
--- drive it.

local call = require "recipe.call"
local canary = require "import.canary"
local consent = require "run.consent"
local engine = require "import.engine"
local failure = require "base.failure"
local finalize = require "migrate.finalize"
local gates = require "journal.gates"
local guard = require "base.guard"
local import = require "migrate.import"
local jobs = require "auth0.api.jobs"
local retry = require "migrate.retry"
local run_object = require "import.run_object"
local scheduler = require "base.scheduler"
local archive = require "journal.archive"
local users = require "auth0.api.users"

local importing = {}

local ROUNDS <const> = 3 -- the import included

---What the engine calls after a harvest; a failure is no more than work that is left for the end.
local function sealing(session)
  if session.settings.keep_chunks then return nil end
  local hindered = false
  return function(chunk)
    if hindered then return end
    local done, message = archive.prepare(session.ledger, session.dir, chunk, scheduler.pass)
    if done then return end
    hindered = true
    session.log("not_sealed", { chunk = chunk, message = message })
  end
end

local function make_engine(session)
  local settings, recipe = session.settings, session.recipe
  local options = type(recipe.import) == "table" and recipe.import or {}
  local rounds = type(recipe.finalize) == "table" and recipe.finalize.rounds or ROUNDS
  session.engine = engine.new {
    ledger = session.ledger, dir = session.dir, client = session.tenant.client,
    jobs = jobs, users = users, connection = session.tenant.connection, recipe = recipe,
    clock = session.clock, upsert = session.ledger:get("upsert") == 1, slots = settings.slots,
    rounds = rounds,
    retry = type(recipe.retry) == "function" and recipe.retry or retry.new(recipe.retry),
    patience = settings.patience, chunk_bytes = settings.chunk_bytes,
    chunk_users = settings.chunk_users, log = session.log,
    external_id = options.external_id or session.ledger:get("run"),
    send_completion_email = options.send_completion_email or false,
    ui = session.ui, seal = sealing(session),
    max_failures = consent.gate(session, "max_failures"),
    invite = function(n) return consent.after_canary(session, n) end,
    delete_ghosts = consent.delete_ghosts(session),
    agree = function(n) return consent.ghosts(session, n) end,
  }
  return session.engine
end

---Calls a recipe's function or the default, then waits for what it left running.
local function phase(session, name, own, default, face)
  local made = session.engine
  local ok, reason
  if type(own) == "function" then
    ok, reason = guard.call(call.check, name, own, face)
  else
    ok, reason = guard.call(default, face)
  end
  if not ok then
    made:log_trace(reason)
    made:stop(reason)
  end
  made:drain()
end

---Calls a step of ours that is not the recipe's; what it raises ends the import.
local function step(made, fn, ...)
  local ok, reason = guard.call(fn, ...)
  if not ok then made:stop(reason) end
end

---Imports what is staged and finalizes, as the recipe or the defaults say.
---@param session Session
---@param prepare? fun(face: Run, made: Engine)  before the recipe's `import`
---@return true?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function importing.run(session, prepare)
  local made = make_engine(session)
  failure.check(session.ledger:adopt())
  local face = run_object.new(made)
  local too_many = not prepare and gates.failures(made.max_failures, session.ledger)
  if too_many then made:stop(failure.new(too_many, "failures")) end -- jobs are waited for
  if prepare then step(made, prepare, face, made) end
  phase(session, "import", session.recipe.import, import, face)
  if not made.ending then step(made, canary.conclude, made) end
  if not made.ending then
    phase(session, "finalize", session.recipe.finalize, finalize, face)
  end
  made.progress:finish()
  if made.ending then return made.ending:values() end
  return true
end

return importing
