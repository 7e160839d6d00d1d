--- The `run` object for `import` and `finalize`: a safe, thin layer; every method journals. The
--- defaults call it directly, a recipe's functions through import.drive.

local canary = require "import.canary"
local clock = require "host.clock"
local evidence = require "import.evidence"
local failure = require "base.failure"
local fixers = require "auth0.fixers"
local ghosts = require "import.ghosts"
local halves = require "journal.halves"
local identifiers = require "auth0.identifiers"
local paths = require "auth0.api.paths"
local reconcile = require "import.reconcile"
local repair = require "recipe.repair"
local requeue = require "import.requeue"
local results = require "import.results"
local run_users = require "journal.users"
local upload = require "import.upload"

local run_object = {}

local NO_GHOST <const> = "not a ghost: the user did not fail as one that already exists"

---@class Run
---@field params table      the recipe's parameters
---@field rounds integer    maximum, the import included
---@field upsert boolean
---@field connection string name
---@field private engine Engine
---@field private queue Requeue
---@field private ghosts Ghosts
---@field private yielded table<integer, string> chunks handed out by this process ("open"), or sent
---by this or an earlier process ("sent")
---@field private refused table<integer, Refused>  by id: failures handed out
---@field private uploads {open?: Job}  for upload.submit
local Run = {}
Run.__index = Run

---@class Refused  what is known of a failure, whatever a recipe changes in its user
---@field identifiers table  of the user as it failed
---@field is_absent? boolean proven missing in the tenant, and its chunk cannot be sent again as is
---@field is_ghost? boolean  a lookup found no user

---@param engine Engine
---@return Run
function run_object.new(engine)
  return setmetatable({
    engine = engine, queue = requeue.new(engine), ghosts = ghosts.new(engine), yielded = {},
    refused = {}, uploads = {}, params = engine.recipe.params, rounds = engine.rounds,
    upsert = engine.upsert, connection = engine.connection.name,
  }, Run)
end

---Records the identifiers of a failed user, as they were when it failed.
---@param id integer
---@param user table
function Run:remember(id, user)
  self.refused[id] = { identifiers = identifiers.of(user) }
end

---Continues the jobs, uncertain uploads, halves and undecided failures of an earlier process.
local function adopt(self)
  local engine = self.engine
  if self.adopted then return end
  self.adopted = true
  for _, open in ipairs(engine.ledger:open_jobs()) do
    engine.slots:adopt()
    self.yielded[open.chunk] = "sent" -- if its job fails, it is sent again from there
    upload.adopt(engine, {
      id = open.id, attempt = open.attempt, chunk = engine.ledger:chunk(open.chunk),
      submitted = open.submitted,
      adopted = math.max(0, clock.now() - open.submitted) / engine.clock.real(1),
    })
  end
  local chunk = engine.ledger:next_chunk("uncertain")
  while chunk do
    self.yielded[chunk.id] = "sent"
    upload.adopt(engine, { chunk = chunk })
    chunk = engine.ledger:next_chunk("uncertain", chunk.id)
  end
  for _, parts in ipairs(halves.to_send(engine.ledger)) do upload.adopt_halves(engine, parts) end
  for _, id in ipairs(engine.ledger:unjudged()) do
    engine:spawn(function() reconcile.failures(engine, engine.ledger:chunk(id)) end)
  end
end

---Iterates over staged chunks; adopts earlier jobs first. A gate or an interrupt ends the
---iteration.
---@return fun(): LedgerChunk?
function Run:chunks()
  local engine = self.engine
  adopt(self)
  self.queue:flush()
  local after = 0
  return function()
    if engine.ending then return nil end
    local chunk = engine.ledger:next_to_submit(after)
    while chunk and self.yielded[chunk.id] do
      after = chunk.id
      chunk = engine.ledger:next_to_submit(after)
    end
    if not chunk then return nil end
    if canary.holds(engine, chunk.id) then
      canary.judge(engine)
      if engine.ending then return nil end
    end
    after = chunk.id
    self.yielded[chunk.id] = "open"
    return chunk
  end
end

---Uploads a chunk once a slot is free; returns the job, which has no id before the tenant's answer.
---A recipe cannot submit a chunk twice.
---@param chunk LedgerChunk
---@param answered? boolean  waits for the answer, unless it is late
---@return Job
function Run:submit(chunk, answered)
  local engine = self.engine
  self.yielded[chunk.id] = "sent"
  local job = { chunk = chunk }
  upload.submit(engine, job, self.uploads, answered)
  return job
end

---Waits until a job is harvested.
---@param job Job
---@return JobResult
function Run:wait(job)
  local engine = self.engine
  while not job.result do
    engine:check_running()
    engine.changed:wait()
  end
  return job.result
end

---Waits until every job is harvested and every failure decided.
function Run:settle()
  local engine = self.engine
  engine:join()
  engine:check_running()
end

---A failure with its user, as it failed. The users of the last chunk are kept.
---@private
function Run:opened(row)
  local engine = self.engine
  if row.chunk ~= self.open_chunk then
    self.open_users = engine:check(engine.dir:users(engine.ledger:chunk(row.chunk)))
    self.repeatable = evidence.repeatable(self.open_users, engine.connection.unique)
    self.open_chunk = row.chunk
  end
  local refused = run_users.refused(row, self.open_users[row.place].user)
  self.refused[row.id] = {
    identifiers = identifiers.of(refused.user), is_ghost = evidence.is_ghost(row),
    is_absent = row.code == "JOB_FAILED" and not row.user_id and not self.repeatable,
  }
  return refused
end

---Iterates over failed users that are neither repaired nor given up, of one job or of all.
---@param job? Job
---@return fun(): RunFailure?
function Run:failures(job)
  local engine = self.engine
  if job then self:wait(job) else self:settle() end
  local after = 0
  return function()
    while true do
      local row = engine.ledger:failures("judged", after, 1, job and job.chunk.id)[1]
      if not row then return nil end
      after = row.id
      if not self.queue:holds(row.id) then return self:opened(row) end
    end
  end
end

---A failure by its id, if it is neither repaired nor given up.
---@param id integer
---@return RunFailure?
function Run:failure(id)
  local row = self.engine.ledger:failures("judged", id - 1, 1)[1]
  if row and row.id == id and not self.queue:holds(id) then return self:opened(row) end
end

---Repairs a failed user with the recipe's `fix`, which receives a copy. Nil and a reason if there
---is none, or it changed nothing or failed. A user left out by a completed job, or proven not
---created by a lost upload, is returned as it is, unless the recipe has a fix for JOB_FAILED.
---@param refused RunFailure
---@return table? user
---@return FixOptions|string|nil options  or why there is no user
function Run:repair(refused)
  local engine, recipe = self.engine, self.engine.recipe
  local known = self.refused[refused.id] or {}
  local again = refused.round < engine.rounds
  if not repair.names(recipe, "JOB_FAILED")
    and (known.is_absent and again or engine.ledger:was_left_out(refused.id)) then
    return refused.user, {}
  end
  local factors = refused.code == "MFA_FACTORS_FAILED"
  if not repair.is_for(recipe, refused.errors) then
    if factors and again then return refused.user, {} end
    if refused.code == "DUPLICATED_USER" and known.is_ghost and engine.delete_ghosts then
      return fixers.ghost(refused.user, refused)
    end
    local none = "no fix for " .. refused.code
    return nil, refused.why and refused.why .. "; " .. none or none
  end
  local user, options, is_same = repair.user(recipe, refused)
  if not user then return nil, options end
  if is_same and not (options.upsert or options.delete_ghost or factors) then
    return nil, "the recipe's fix changed nothing"
  end
  return user, options
end

---Queues a repaired user for the next run:chunks(). False and a reason if it is still invalid, or
---if the ghost to delete is not one or must not be deleted.
---@param user table
---@param refused RunFailure
---@param options? FixOptions  what run:repair returned with the user
---@return boolean queued
---@return string? why
function Run:requeue(user, refused, options)
  options = options or {}
  local known = self.refused[refused.id] or { identifiers = identifiers.of(refused.user) }
  local why = self.queue:objection(user, known.identifiers, refused.position)
  if why then return false, why end
  if options.delete_ghost then
    if not known.is_ghost then return false, refused.why or NO_GHOST end
    local deleted
    deleted, why = self.ghosts:delete(refused, known.identifiers)
    if not deleted then return false, why end
  end
  self.refused[refused.id] = nil
  return self.queue:add(user, refused, options)
end

---Counts a user as failed for good.
---@param refused RunFailure
---@param why? string
function Run:give_up(refused, why)
  self.refused[refused.id] = nil
  self.engine:record("judged", { { id = refused.id, outcome = "failed", why = why } })
end

---Iterates over users with a result; "unknown": an upsert inserted or updated it, not known which.
---@param outcome? "inserted"|"updated"|"unknown"|"already_there"|"failed"
---@return fun(): {user: table, position: integer, outcome: string, user_id: string?}?
function Run:users(outcome)
  return results.each(self.engine, outcome)
end

---@param seconds number
function Run:sleep(seconds)
  local engine = self.engine
  engine:sleep(seconds)
  engine:check_running()
end

---Calls a route of the Management API that is open to recipes or was granted; adds the credentials.
---@param request {method: string, path: string, query?: table, body?: any}  path: below /api/v2
---@return {status: integer, headers: table, body: any}
function Run:request(request)
  local engine, method = self.engine, request.method:upper()
  local context = { connection_id = engine.connection.id }
  local granted = engine.recipe.granted
  local path = failure.check(paths.allowed(method, request.path, context,
    granted and granted:routes()))
  local response = failure.check(engine.client:request {
    method = method, path = path, query = request.query, body = request.body,
  })
  return {
    status = response.status, headers = response.headers,
    body = paths.filter(method, path, context, response.body),
  }
end

---Writes an event to log.ndjson.
---@param text string
---@param fields? table
function Run:log(text, fields)
  local engine = self.engine
  local event = { message = text }
  for key, value in pairs(fields or {}) do event[key] = value end
  engine.log("recipe", event)
end

return run_object
