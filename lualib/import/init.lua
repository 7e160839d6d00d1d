--- The import: chunks become jobs, jobs become results, failed users are repaired and sent again.
--- The recipe's functions drive it, or the defaults of `migrate`.

local archive = require "journal.archive"
local canary = require "import.canary"
local default_finalize = require "migrate.finalize"
local default_import = require "migrate.import"
local drive = require "import.drive"
local engines = require "import.engine"
local failure = require "base.failure"
local gates = require "journal.gates"
local guard = require "base.guard"
local jobs = require "auth0.api.jobs"
local retry = require "migrate.retry"
local run_object = require "import.run_object"
local scheduler = require "base.scheduler"
local users = require "auth0.api.users"

local import = {}

local ROUNDS <const> = 3 -- the import included

---@class EngineOptions
---@field ledger Ledger
---@field dir RunDirectory
---@field tenant Tenant
---@field recipe LoadedRecipe
---@field clock Clock
---@field ui table
---@field log Log
---@field slots integer
---@field patience number       own seconds to wait out an outage
---@field chunk_bytes integer   for repaired users
---@field chunk_users? integer
---@field keep_chunks? boolean
---@field max_failures? Limit
---@field delete_ghosts boolean
---@field ask_ghosts fun(n: integer): boolean?
---@field ask_canary fun(): boolean?
---@field on_interrupt fun(stop: fun(reason: Failure))  receives what to call on a signal
---@field prepare? fun(run: Run)  queues users of a finished run before the recipe's `import`

---Called after a harvest; a failure only leaves the work for the end of the run.
local function archiving(options)
  if options.keep_chunks then return nil end
  local hindered = false
  return function(chunk)
    if hindered then return end
    local done, message = archive.prepare(options.ledger, options.dir, chunk, scheduler.pass)
    if done then return end
    hindered = true
    options.log("not_archived", { chunk = chunk, message = message })
  end
end

local function new_engine(options)
  local recipe, ledger = options.recipe, options.ledger
  local own = type(recipe.import) == "table" and recipe.import or {}
  local parts = {
    client = options.tenant.client, connection = options.tenant.connection, jobs = jobs,
    users = users,
    upsert = ledger:get("upsert") == 1,
    rounds = type(recipe.finalize) == "table" and recipe.finalize.rounds or ROUNDS,
    retry = type(recipe.retry) == "function" and recipe.retry or retry.new(recipe.retry),
    external_id = own.external_id or ledger:get("run"),
    send_completion_email = own.send_completion_email or false,
    archive = archiving(options),
  }
  for name, value in pairs(options) do parts[name] = value end
  return engines.new(parts)
end

---Calls a recipe's function or the default, then joins what it spawned.
local function phase(engine, name, default, run, driver)
  local ok, reason
  if engine.recipe.functions[name] then
    ok, reason = guard.call(driver.call, driver, name, name)
  else
    ok, reason = guard.call(default, run)
  end
  if not ok then engine:fail(reason) end
  engine:join()
end

---Calls a step of our own; an error ends the import.
local function step(engine, fn, ...)
  local ok, reason = guard.call(fn, ...)
  if not ok then engine:fail(reason) end
end

---Imports what is staged and finalizes, as the recipe or the defaults say.
---@param options EngineOptions
---@return true?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function import.run(options)
  local engine = new_engine(options)
  options.on_interrupt(function(reason) engine:stop(reason) end)
  failure.check(options.ledger:adopt())
  local run = run_object.new(engine)
  local driver = drive.new(engine, run)
  if options.prepare then
    step(engine, options.prepare, run)
  else
    local too_many = gates.failures(engine.max_failures, options.ledger)
    if too_many then engine:stop(failure.new(too_many, "failures")) end -- jobs are waited for
  end
  phase(engine, "import", default_import, run, driver)
  if not engine.ending then step(engine, canary.conclude, engine) end
  if not engine.ending then phase(engine, "finalize", default_finalize, run, driver) end
  engine.outages:clear() -- an ending is not delayed by what still waits
  options.ui:progress { phase = "import", finished = true }
  if engine.ending then return engine.ending:values() end
  return true
end

return import
