--- The `run` object for `import` and `finalize`: a safe, thin layer; every method journals.

local call = require "recipe.call"
local canary = require "import.canary"
local clock = require "host.clock"
local evidence = require "import.evidence"
local failure = require "base.failure"
local fixers = require "auth0.fixers"
local ghosts = require "import.ghosts"
local identifiers = require "auth0.identifiers"
local inside_run = require "recipe.inside.run"
local json = require "host.json"
local reconcile = require "import.reconcile"
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
---@field private uploads {late?: Job}  for upload.submit
local Run = {}

---@class Refused  what is known of a failure, whatever a recipe changes in its user
---@field identifiers table  of the user as it failed
---@field is_absent? boolean proven missing in the tenant, and its chunk cannot be sent again as is
---@field is_ghost? boolean  a lookup found no user

---Raises the misuse of a method at the recipe's line.
local function expect(right, ...)
  if not right then error(string.format(...), 3) end
end

---The `run` object of an engine. Recipes get functions only: the engine behind them holds the
---tenant's credentials.
---@param engine Engine
---@return Run
---@return fun(id: integer, user: table) remember  records the identifiers of a failed user
function run_object.new(engine)
  local own = setmetatable({
    engine = engine, queue = requeue.new(engine), ghosts = ghosts.new(engine), yielded = {},
    refused = {}, uploads = {},
  }, { __index = Run })
  local calls = {}
  for name, method in pairs(Run) do
    calls[name] = function(...) return method(own, ...) end
  end
  return inside_run.new(calls, {
    params = engine.recipe.params, rounds = engine.rounds, upsert = engine.upsert,
    connection = engine.connection.name,
  }), function(id, user)
    own.refused[id] = { identifiers = identifiers.of(user) }
  end
end

---Continues the jobs, uncertain uploads and undecided failures of an earlier process.
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
    local chunk = engine.ledger:next_chunk("staged", after)
    while chunk and self.yielded[chunk.id] do
      after = chunk.id
      chunk = engine.ledger:next_chunk("staged", after)
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

---Uploads a chunk once a slot is free; returns the job, which has no id while the response is late.
---A recipe cannot submit a chunk twice.
---@param chunk LedgerChunk
---@return Job
function Run:submit(chunk)
  local engine = self.engine
  local stands = type(chunk) == "table" and self.yielded[chunk.id]
  expect(stands, "run:submit expects a chunk from run:chunks()")
  expect(stands == "open", "run:submit: chunk %d was already submitted", chunk.id)
  self.yielded[chunk.id] = "sent"
  local job = { chunk = chunk }
  upload.submit(engine, job, self.uploads)
  return job
end

---Waits until a job is harvested.
---@param job Job
---@return JobResult
function Run:wait(job)
  local engine = self.engine
  expect(type(job) == "table" and job.chunk, "run:wait expects a job from run:submit()")
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

---Iterates over failed users that are neither repaired nor given up, of one job or of all.
---@param job? Job
---@return fun(): RunFailure?
function Run:failures(job)
  local engine = self.engine
  if job then self:wait(job) else self:settle() end
  local after, chunk, users, repeatable = 0, nil, nil, nil
  return function()
    while true do
      local row = engine.ledger:failures("judged", after, 1, job and job.chunk.id)[1]
      if not row then return nil end
      after = row.id
      if not self.queue:holds(row.id) then
        if row.chunk ~= chunk then
          chunk = row.chunk
          users = engine:check(engine.dir:users(engine.ledger:chunk(chunk)))
          repeatable = evidence.repeatable(users, engine.connection.unique)
        end
        local refused = run_users.refused(row, users[row.place].user)
        self.refused[row.id] = {
          identifiers = identifiers.of(refused.user), is_ghost = evidence.is_ghost(row),
          is_absent = row.code == "JOB_FAILED" and not row.user_id and not repeatable,
        }
        return refused
      end
    end
  end
end

---The options that a fixer returned with the user; unknown ones are dropped.
local function options_of(more)
  if type(more) ~= "table" then return {} end
  return {
    why = more.why and tostring(more.why) or nil, upsert = more.upsert == true or nil,
    delete_ghost = more.delete_ghost == true or nil,
  }
end

---Repairs a failed user with the recipe's `fix`, which receives a copy. Nil and a reason if there
---is none, or it changed nothing or failed. A user left out by a completed job, or proven not
---created by a lost upload, is returned as it is, unless the recipe has a fix for JOB_FAILED.
---@param refused RunFailure
---@return table? user
---@return FixOptions|string|nil options  or why there is no user
function Run:repair(refused)
  local fix = self.engine.recipe.fix
  local known = self.refused[refused.id] or {}
  local has_own = type(fix) == "table" and fix.JOB_FAILED
  local is_absent = known.is_absent and refused.round < self.engine.rounds
  if not has_own and (is_absent or self.engine.ledger:was_left_out(refused.id)) then
    return refused.user, {}
  end
  local factors = refused.code == "MFA_FACTORS_FAILED"
  if type(fix) == "table" then
    local has_one = false
    for _, e in ipairs(refused.errors) do has_one = has_one or fix[e.code] ~= nil end
    fix = has_one and fixers.all(fix) or nil
  end
  if not fix then
    if factors and refused.round < self.engine.rounds then return refused.user, {} end
    if refused.code == "DUPLICATED_USER" and known.is_ghost and self.engine.delete_ghosts then
      local user, more = fixers.ghost(refused.user, refused)
      return user, more
    end
    local none = "no fix for " .. refused.code
    return nil, refused.why and refused.why .. "; " .. none or none
  end
  local before = json.encode(refused.user)
  local ok, user, more = call.try(fix, json.decode(before), refused)
  if not ok then return nil, "the recipe's fix failed: " .. call.text(user) end
  if user == nil then return nil, more and tostring(more) or "the recipe's fix gave up" end
  if type(user) ~= "table" then return nil, "the recipe's fix returned a " .. type(user) end
  local options = options_of(more)
  local asks = options.upsert or options.delete_ghost or factors
  if not asks and json.encode(user) == before then
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
  expect(type(user) == "table", "run:requeue expects a user, not a %s", type(user))
  expect(type(refused) == "table" and refused.id,
    "run:requeue expects a failure from run:failures() after the user")
  options = options_of(options)
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
  expect(type(refused) == "table" and refused.id,
    "run:give_up expects a failure from run:failures()")
  self.refused[refused.id] = nil
  self.engine:record("judged", { { id = refused.id, outcome = "failed", why = why } })
end

---Iterates over users with a result; "unknown": an upsert inserted or updated it, not known which.
---@param outcome? "inserted"|"updated"|"unknown"|"already_there"|"failed"
---@return fun(): {user: table, position: integer, outcome: string, user_id: string?}?
function Run:users(outcome)
  return results.each(self.engine, outcome)
end

---Runs `fn` unless an earlier process completed it; journals its completion.
---@param key string
---@param fn fun()
function Run:once(key, fn)
  expect(type(key) == "string" and type(fn) == "function", "run:once expects a key and a function")
  local engine = self.engine
  if engine.ledger:was_done(key) then return end
  fn()
  engine:record("done_once", key)
end

---Runs `fn` concurrently; it is joined when `import` or `finalize` returns.
---@param fn fun()
function Run:spawn(fn)
  expect(type(fn) == "function", "run:spawn expects a function, not a %s", type(fn))
  local engine = self.engine
  engine:spawn(function() call.check("spawn", fn) end)
end

---@param seconds number
function Run:sleep(seconds)
  expect(type(seconds) == "number", "run:sleep expects seconds, not a %s", type(seconds))
  local engine = self.engine
  engine:sleep(seconds)
  engine:check_running()
end

---Calls the Management API, `path` relative to /api/v2; adds the credentials.
---@param request {method: string, path: string, query?: table, body?: any}
---@return {status: integer, headers: table, body: any}
function Run:request(request)
  local engine = self.engine
  expect(type(request) == "table" and type(request.method) == "string"
    and type(request.path) == "string" and request.path:sub(1, 1) == "/",
    "run:request expects a method and a path that starts with /, such as "
      .. "{ method = \"GET\", path = \"/users\" }")
  local response, message, kind = engine.client:request {
    method = request.method, path = request.path, query = request.query, body = request.body,
  }
  if not response then failure.raise(message, kind) end
  return { status = response.status, headers = response.headers, body = response.body }
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
