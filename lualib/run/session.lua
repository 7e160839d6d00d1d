--- A session: start or resume a run, stage, plan, ask, import, finalize; always ends in a report.

local totals = require "journal.totals"
local canary = require "import.canary"
local canary_question = require "run.canary_question"
local clock = require "host.clock"
local command = require "base.command"
local finish = require "run.finish"
local connect = require "auth0.api.connect"
local consent = require "run.consent"
local exit_status = require "base.exit_status"
local failure = require "base.failure"
local gates = require "journal.gates"
local import = require "import"
local ledger = require "journal.ledger"
local fingerprint = require "run.fingerprint"
local log = require "journal.log"
local lost = require "journal.lost"
local next_command = require "run.next_command"
local permission = require "recipe.permission"
local plan = require "check.plan"
local process = require "host.process"
local recipes = require "recipe"
local saved_settings = require "run.saved_settings"
local restage = require "run.restage"
local retry_input = require "run.retry_input"
local report = require "report"
local open = require "run.open"
local outages = require "run.outages"
local scheduler = require "base.scheduler"
local signals = require "base.signals"
local source_pages = require "stage.source_pages"
local staging = require "run.staging"

local session = {}

---@class Session
---@field recipe LoadedRecipe
---@field settings Settings
---@field ui table
---@field dir RunDirectory
---@field ledger Ledger
---@field log Log
---@field clock Clock
---@field tenant? Tenant
---@field outages Outages
---@field interrupted boolean
---@field turn Condition  a response or an interrupt has arrived
---@field signals? Signals
---@field stop_import? fun(reason: Failure)  of the running import
---@field plan? Plan    for the report
---@field retries? boolean  failed users of a finished run
local Session = {}
Session.__index = Session

local function new_session(recipe, settings, ui, dir)
  local self = setmetatable({
    recipe = recipe, settings = settings, ui = ui, dir = dir, interrupted = false,
    clock = scheduler.clock(settings.time_scale), turn = scheduler.condition(),
  }, Session)
  self.outages = outages.new {
    ui = ui, clock = self.clock, ledger = function() return self.ledger end,
    log = function(...) self.log(...) end,
  }
  return self
end

function Session:close()
  if self.signals then self.signals:close() end
  if self.ledger then self.ledger:close() end
  self.dir:close()
end

Session.__close = Session.close

---Connects to the tenant; an interrupt does not wait for its response.
---@param hasty? boolean  an outage is not waited out
---@return Tenant?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function Session:connect(hasty)
  local result
  self.ui:progress { phase = "connect", detail = "the tenant" }
  scheduler.spawn(function()
    result = table.pack(connect.open(self.settings, self.clock,
      { log = self.log, hasty = hasty, outages = self.outages }))
    self.turn:notify()
  end)
  while not result and not self.interrupted do self.turn:wait() end
  self.outages:clear()
  if self.interrupted then return consent.INTERRUPTED:values() end
  return table.unpack(result, 1, result.n)
end

---Sets the tenant and connection of the run, or checks that they are unchanged.
function Session:settle_tenant()
  local settings = self.settings
  local tenant, message, kind, more = open.reach(self.ledger, self.dir, settings,
    "staged; sending needs ", function()
      if self.tenant then return self.tenant end
      return self:connect()
    end)
  if not tenant then return nil, message, kind, more end
  self.tenant = tenant
  return self.ledger:note {
    base = settings.base, connection = tenant.connection.name,
    connection_id = tenant.connection.id, slots = settings.slots,
  }
end

---Remaining seconds of a ready-made token; nil for one that can be renewed.
function Session:token_seconds()
  local grant = self.tenant and self.tenant.client:grant()
  return grant and grant.ready_made and grant.expires and grant.expires - clock.now() or nil
end

---What continues the run, if this process is stopped at once.
function Session:note_directory()
  local settings, dir = self.settings, self.dir.path
  self.ui:works_on(dir, settings.rehearsal or command.after(settings, "resume", dir))
end

function Session:watch_signals()
  local function interrupt()
    if self.interrupted then return end
    self.interrupted = true
    self.turn:notify()
    self.ui:cancel() -- an open question
    self.ui:warn("interrupted: waiting for responses in flight; interrupt again to stop at once")
    if self.stop_import then self.stop_import(consent.INTERRUPTED) end
  end
  self.signals = signals.watch(interrupt, function()
    scheduler.finish(finish.finish(self, consent.INTERRUPTED))
  end, function()
    local survives = signals.survives(self.ui.quiet, process.env)
    self.log("hang_up", { survives = survives })
    if survives then self.ui:cancel() else interrupt() end
  end)
end

---Imports what is staged, and what `prepare` queues.
---@param prepare? fun(run: Run)
---@return true?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function Session:import(prepare)
  local book, settings, ui = self.ledger, self.settings, self.ui
  return import.run {
    ledger = book, dir = self.dir, tenant = self.tenant, recipe = self.recipe,
    clock = self.clock, ui = ui, log = self.log, slots = settings.slots,
    patience = settings.patience, chunk_bytes = settings.chunk_bytes,
    chunk_users = settings.chunk_users, keep_chunks = settings.keep_chunks,
    max_failures = consent.gate(book, settings, "max_failures"),
    delete_ghosts = consent.delete_ghosts(book, settings),
    ask_ghosts = function(n) return consent.ghosts(settings, ui, n) end,
    ask_canary = function()
      return consent.after_canary(settings, ui, function()
        return canary_question.of(book, self.recipe, settings)
      end)
    end,
    on_interrupt = function(stop) self.stop_import = stop end,
    prepare = prepare,
  }
end

---The gate that stops the run at the end of its stage.
---@private
---@return Failure?
function Session:stage_gate()
  local book, figures = self.ledger, totals.figures(self.ledger)
  local too_many = gates.rejects(consent.gate(book, self.settings, "max_rejects"), figures)
  if too_many then return failure.new(too_many, "rejects") end
  local stopped = gates.stage({
    read = figures.read, staged = figures.staged, unchanged = figures.unchanged,
    tally = book:get_table("tally"), hashes = book:get("hashes") == 1,
    lookups = book:get_table("lookups") or {},
  }, consent.allowed(book, self.settings))[1]
  if not stopped then return nil end
  return failure.new(gates.text_of(stopped), "gate", { at = stopped.at })
end

function Session:proceed()
  -- A signal that arrived last is seen in one turn and handled in the next.
  for _ = 1, 2 do scheduler.pass() end
  if self.interrupted then return finish.finish(self, consent.INTERRUPTED) end
  self.plan = plan.of(self.ledger:to_send(), {
    connection = self.settings.connection, upsert = self.ledger:get("upsert") == 1,
    slots = self.settings.slots,
    tally = self.ledger:get_table("tally"), token_seconds = self:token_seconds(),
    left_out = totals.figures(self.ledger), skipped = totals.skipped(self.ledger),
    codes = totals.codes(self.ledger).rejected, warnings = report.warnings(self.ledger),
    canary = canary.figures(self.ledger), losses = lost.report(self.ledger),
  })
  local done, message, kind, more = true, nil, nil, nil
  if not self.ledger:was_sent() then
    local stopped = self:stage_gate()
    if stopped then return finish.finish(self, stopped) end
  end
  if self.ledger:is_pending() then
    done, message, kind, more = consent.given(self.ledger, self.settings, self.ui, self.plan)
    if self.interrupted then done, message, kind, more = consent.INTERRUPTED:values() end
  end
  if done and self.ledger:get("consent") then
    done, message, kind, more = self:settle_tenant()
    if done then done, message, kind, more = self:import() end
  end
  return finish.finish(self, not done and failure.new(message, kind, more) or nil)
end

---Replaces a stage of which nothing was sent. Consent to it does not count for the new one.
---@param what string  has changed
---@return Report?
---@return string? message
---@return Kind? kind
function Session:stage_anew(what)
  self.ui:say(what .. "; nothing was sent yet, so it is staged anew")
  self.log("staged_anew", { message = what })
  self.before = totals.figures(self.ledger)
  return self:begin(true, true)
end

---The pages of an API outlive a stage that cannot be resumed.
---@private
function Session:set_pages_aside()
  local moved = source_pages.set_aside(self.dir:file("pages"), self.recipe.name)
  if moved then self.ui:say("the pages that were read are kept in " .. moved) end
end

---Stages into the directory, which this session holds.
---@param again? boolean  replaces a stage of which nothing was sent
---@param changed? boolean  nothing of that stage counts any more
---@return Report?
---@return string? message
---@return Kind? kind
function Session:begin(again, changed)
  local message, kind
  if connect.has_credentials(self.settings) then
    self.tenant, message, kind = self:connect(true)
    if not self.tenant and exit_status.of(kind) ~= exit_status.of("temporary") then
      if not again then self.dir:discard() end
      return nil, message, kind, next_command.of_tenant(self.settings, kind)
    end
    if not self.tenant then
      self.ui:warn("cannot reach the tenant, staging anyway: " .. message)
    end
  end
  local connection = self.tenant and self.tenant.connection
  local facts = saved_settings.facts(self.recipe, self.settings, connection,
    not changed and self.ledger or nil)
  if again then
    local elsewhere = not changed and self.settings.base
      and open.elsewhere(self.ledger, self.settings, connection)
    if elsewhere then
      return nil, elsewhere, "usage", { next = command.line { "status", self.dir.path } }
    end
    self.ledger:close()
    -- The journal stays until the new one takes its name, so that a kill loses no fact of the run.
    self.dir:clear("log.ndjson", "journal.db", "pages")
  end
  local done
  done, message, kind = self.dir:reserve()
  if not done then return nil, message, kind end
  self.ledger, message, kind = ledger.create(self.dir:journal(), facts)
  if not self.ledger then return nil, message, kind end
  self:note_directory()
  done, message, kind = staging.run(self)
  if done then
    if self.before then
      self.ui:say(restage.compare(self.before, totals.figures(self.ledger)))
    end
    return self:proceed()
  end
  if exit_status.of(kind) == exit_status.of("usage") then
    self:set_pages_aside()
    self.dir:discard() -- nothing was staged that could be resumed
    return nil, message, kind
  end
  -- The tenant is not asked while staging: what was refused are credentials of the source.
  local more = exit_status.of(kind) == exit_status.of("credentials")
    and { next = command.after(self.settings, "resume", self.dir.path) } or nil
  return finish.finish(self, failure.new(message, kind, more))
end

function Session:resume()
  local undone, more = open.undone(self.ledger, self.dir, self.settings)
  if undone then return nil, undone, "usage", more end
  local reserved, message, kind = self.dir:reserve()
  if not reserved then return nil, message, kind end
  local remark = fingerprint.remark(self.ledger, self.recipe)
  if remark then self.ui:warn(remark) end
  self.log("resume", { message = remark })
  report.discard(self.dir)
  if self.settings.yes and not self.ledger:get("consent") then
    failure.check(self.ledger:note { consent = clock.now() })
  end
  return self:proceed()
end

function Session:take()
  local taken, message, kind, more = self.dir:take(function(text) self.ui:warn(text) end)
  if not taken then return nil, message, kind, more end
  self.log, message = log.open(self.dir:file("log.ndjson"))
  if message then self.ui:warn("the run continues without a log: " .. message) end
  return true
end

function Session:open_existing()
  local message, kind
  self.ledger, message, kind = ledger.open(self.dir:journal(), {
    on_update = function(from, to)
      self.log("journal_updated", { from = from, to = to })
      self.ui:say(string.format("%s was upgraded from version %d to %d; older versions of the "
        .. "program can no longer use it", self.dir:journal(), from, to))
    end,
  })
  if not self.ledger then return nil, message, kind end
  saved_settings.apply(self.settings, self.ledger)
  self:note_directory()
  return true
end

---@param recipe LoadedRecipe
---@param settings Settings
---@param ui table
---@return Report?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function session.run(recipe, settings, ui)
  local self <close> = new_session(recipe, settings, ui, open.directory(recipe, settings))
  local existed = self.dir:exists()
  local done, message, kind, more = self:take()
  if not done then return nil, message, kind, more end
  recipes.deny(recipe, self.dir:paths())
  self:watch_signals()
  if existed then
    done, message, kind = self:open_existing()
    if not done then return nil, message, kind end
    if not self.ledger:get("staged_at") then return self:begin(true) end
    if self.ledger:get("finished_at") then
      local shown = command.line { "report", self.dir.path }
      return nil, string.format("%s is finished: `%s` shows its result, `%s` removes it, --fresh "
        .. "starts a new run", self.dir.path, shown, command.line { "forget", self.dir.path }),
        "usage", { next = shown }
    end
    local what = not settings.changed and restage.change(self.ledger, recipe, settings)
    if what and not self.ledger:was_sent() then return self:stage_anew(what) end
    if what then return fingerprint.refuse(what, self.dir.path) end
    ui:say(self.dir.path .. " is unfinished: resuming it (--fresh starts a new run)")
    return self:resume()
  end
  return self:begin()
end

---A session with an existing run, locked and opened; its recipe is not loaded yet.
local function open_session(dir, settings, ui)
  local found, message, kind, more = open.find(dir)
  if not found then return nil, message, kind, more end
  local self = new_session(nil, settings, ui, found)
  local done
  done, message, kind, more = self:take()
  if done then done, message, kind = self:open_existing() end
  if done then return self end
  self:close()
  return nil, message, kind, more
end

---What is to be added to a command that takes options and no parameters.
local function for_options(more)
  local add = more and more.add
  return not (type(add) == "string" and add:sub(1, 2) ~= "--") and more or nil
end

---@param unchanged? boolean  a text that has changed since the stage is refused before it runs
---@return true?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function Session:load_recipe(unchanged)
  local settings, book = self.settings, self.ledger
  local denied, secrets = self.dir:paths(), settings.secret_files or {}
  local message, kind, more
  table.move(secrets, 1, #secrets, #denied + 1, denied)
  self.recipe, message, kind, more = recipes.load(book:get("recipe_path"), {
    params = book:get_table("params"), file = settings.file_params,
    from_environment = settings.params_from_environment, file_folder = settings.file_folder,
    config = settings.config_file, denied = denied, allow = settings.allow,
    limits = settings.recipe_limits, named = book:get_table("named"),
    busy = function() self.ui:loading() end,
    expected = unchanged and not settings.changed and book:get_table("recipe_texts") or nil,
    look = command.line { "status", self.dir.path },
    settle = function(facts)
      local remembered = book:get_table("grants")
      return permission.settle(facts, settings, self.ui, { remembered = remembered })
    end,
  })
  if not self.recipe then return nil, message, kind, for_options(more) end
  self:watch_signals()
  return true
end

---Resumes a run, without reading its source.
---@param dir? string
---@param settings Settings
---@param ui table
---@return Report?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function session.resume(dir, settings, ui)
  local self <close>, message, kind, more = open_session(dir, settings, ui)
  if not self then return nil, message, kind, more end
  if self.ledger:get("finished_at") then
    finish.tidy(self) -- a kill may have prevented it
    return report.read(self.dir)
  end
  local rehearsed
  rehearsed, more = open.rehearsed(self.ledger)
  if rehearsed then return nil, rehearsed, "usage", more end
  local done
  done, message, kind, more = self:load_recipe(true)
  if not done then return nil, message, kind, more end
  if not self.ledger:get("staged_at") then return self:begin(true) end
  local what = not settings.changed and fingerprint.change(self.ledger, self.recipe, false)
  if what then return fingerprint.refuse(what, self.dir.path) end
  return self:resume()
end

---Why a run cannot be retried yet.
local function unfinished(self)
  if self.ledger:get("finished_at") then return nil end
  local resume = command.after(self.settings, "resume", self.dir.path)
  return string.format("%s is not finished; run `%s` first", self.dir.path, resume),
    { next = resume }
end

---Imports the failed.ndjson of a finished run, repaired by hand or by the recipe; reports on both.
---@param dir? string
---@param settings Settings
---@param ui table
---@return Report?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function session.retry(dir, settings, ui)
  local self <close>, message, kind, more = open_session(dir, settings, ui)
  if not self then return nil, message, kind, more end
  local why
  why, more = open.rehearsed(self.ledger)
  if not why then why, more = unfinished(self) end
  if not why then why, more = open.undone(self.ledger, self.dir, settings) end
  if why then return nil, why, "usage", more end
  local done
  done, message, kind = retry_input.check(self.dir, self.ledger)
  if done then done, message, kind, more = self:load_recipe() end
  if done then
    self.log("retry")
    done, message, kind, more = self:settle_tenant()
  end
  if done then done, message, kind = self.ledger:reopen(fingerprint.digests(self.recipe)) end
  if not done then return nil, message, kind, more end
  report.discard(self.dir)
  self.retries = true
  done, message, kind, more = self:import(retry_input.queue(self.ledger, self.dir))
  return finish.finish(self, not done and failure.new(message, kind, more) or nil)
end

---The progress of a run, for another terminal: writes nothing.
---@param dir? string
---@return table?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function session.status(dir)
  local found, message, kind, more = open.find(dir, true)
  if not found then return nil, message, kind, more end
  local holder = found:holder()
  local book
  if found:exists() then
    book, message, kind = ledger.open(found:journal(), { readonly = true })
  else
    book, message, kind = ledger.blank()
  end
  if not book then return nil, message, kind end
  local statement = require("report.status").of(book, found, holder)
  book:close()
  return statement
end

---How far an undo is that was killed after it wrote the report.
local function with_undo(statement, dir)
  if not statement.undo or statement.undo.finished then return statement end
  local book = ledger.open(dir:journal(), { readonly = true })
  if not book then return statement end
  statement.undo = totals.undone(book)
  book:close()
  return statement
end

---The report of a run.
---@param dir? string
---@return Report?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function session.report(dir)
  local found, message, kind, more = open.find(dir)
  if not found then return nil, message, kind, more end
  local statement
  statement, message, kind = report.read(found)
  if statement then return with_undo(statement, found) end
  if kind == "missing" then
    local shown = command.line { "status", found.path }
    return nil, string.format("%s has no report yet; `%s` shows its progress", found.path, shown),
      "usage", { next = shown }
  end
  return nil, message, kind
end

return session
