--- Drives a recipe's own `import` and `finalize`, and what they spawn: tasks in the recipe's state,
--- which wait here for the `run` object. Chunks, jobs and failures cross as plain tables and are
--- found again by their id; users cross as JSON.

local call = require "recipe.call"
local failure = require "base.failure"
local guard = require "base.guard"
local json = require "host.json"
local scheduler = require "base.scheduler"

local drive = {}

local MOST_OPEN <const> = 64 -- jobs that are kept whole although they may have ended

---@class Drive
---@field private engine Engine
---@field private run Run
---@field private chunks table<integer, LedgerChunk>  handed out, by id
---@field private jobs table<integer, Job>            of this process, by chunk
---@field private open integer[]                      chunks whose job may still run
---@field private iterators table<integer, {next: fun(): any, close?: table}>
local Drive = {}
Drive.__index = Drive

---@param engine Engine
---@param run Run
---@return Drive
function drive.new(engine, run)
  return setmetatable({
    engine = engine, run = run, chunks = {}, jobs = {}, open = {}, iterators = {},
  }, Drive)
end

---Raises the misuse of a method; the recipe gets it at its own line.
local function expect(right, ...)
  if not right then error(failure.new(string.format(...), "misuse"), 0) end
  return right
end

---Whether a table that comes back says the same as ours, as far as ours is plain.
local function is_same(given, ours)
  for key, value in pairs(ours) do
    if type(value) ~= "table" and given[key] ~= value then return false end
  end
  return true
end

---Our own job for one that comes back.
---@private
function Drive:job_of(given, what)
  local chunk = type(given) == "table" and given.chunk
  local job = type(chunk) == "table" and self.jobs[chunk.id]
  return expect(job, "run:%s expects a job from run:submit()", what)
end

---Keeps of jobs that are harvested only what is asked of them.
---@private
function Drive:slim()
  local open = {}
  for _, id in ipairs(self.open) do
    local job = self.jobs[id]
    if job.result then
      self.jobs[id] = { id = job.id, chunk = { id = id }, result = job.result }
    else
      open[#open + 1] = id
    end
  end
  self.open = open
end

---@private
function Drive:iterator(next_one, close)
  table.insert(self.iterators, { next = next_one, close = close })
  return #self.iterators
end

---@private
function Drive:failure_of(id, what)
  local known = math.type(id) == "integer" and self.run:failure(id)
  return expect(known, "run:%s expects a failure from run:failures()", what)
end

---A user that crosses as JSON.
local function closed(one)
  if not one then return nil end
  local crossing = {}
  for key, value in pairs(one) do crossing[key] = value end
  crossing.user = crossing.user and json.encode(crossing.user)
  return crossing
end

---What the methods of the recipe's `run` wait for, by name.
---@type table<string, fun(self: Drive, ...: any): ...: any>
local SERVED <const> = {
  chunks = function(self)
    local following = self.run:chunks()
    return self:iterator(function()
      local chunk = following()
      if chunk then self.chunks[chunk.id] = chunk end
      return chunk
    end)
  end,
  failures = function(self, given)
    local following = self.run:failures(given ~= nil and self:job_of(given, "failures") or nil)
    return self:iterator(function() return closed(following()) end)
  end,
  users = function(self, outcome)
    local following, _, _, close = self.run:users(outcome)
    return self:iterator(function() return closed(following()) end, close)
  end,
  next = function(self, number)
    local iterator = expect(self.iterators[number], "the iteration has ended")
    return iterator.next()
  end,
  close = function(self, number)
    local iterator = self.iterators[number]
    if iterator and iterator.close then iterator.close:close() end
    self.iterators[number] = false
  end,
  submit = function(self, given)
    local chunk = self.chunks[given.id]
    expect(not self.jobs[given.id], "run:submit: chunk %s was already submitted",
      tostring(given.id))
    expect(chunk and is_same(given, chunk), "run:submit expects a chunk from run:chunks()")
    local job = self.run:submit(chunk, true) -- its id crosses with it
    self.chunks[chunk.id], self.jobs[chunk.id] = nil, job
    table.insert(self.open, chunk.id)
    if #self.open >= MOST_OPEN then self:slim() end
    return { id = job.id, chunk = chunk, attempt = job.attempt, submitted = job.submitted }
  end,
  wait = function(self, given)
    return self.run:wait(self:job_of(given, "wait"))
  end,
  settle = function(self)
    return self.run:settle()
  end,
  repair = function(self, id)
    local user, more = self.run:repair(self:failure_of(id, "repair"))
    return user and json.encode(user), more
  end,
  requeue = function(self, text, id, options)
    return self.run:requeue(json.decode(text), self:failure_of(id, "requeue"), {
      why = options.why and tostring(options.why), upsert = options.upsert == true,
      delete_ghost = options.delete_ghost == true,
    })
  end,
  give_up = function(self, id, why)
    return self.run:give_up(self:failure_of(id, "give_up"), why)
  end,
  was_done = function(self, key)
    return self.engine.ledger:was_done(key)
  end,
  done_once = function(self, key)
    self.engine:record("done_once", key)
  end,
  spawn = function(self, number)
    self.engine:spawn(function() self:call(number, "spawn") end)
  end,
  sleep = function(self, seconds)
    return self.run:sleep(seconds)
  end,
  request = function(self, request)
    return self.run:request(request)
  end,
  log = function(self, text, fields)
    return self.run:log(text, fields)
  end,
}

---Serves what a task waits for, and resumes it with the answer. A failure of the world is raised
---in the recipe, which may catch it; the end of the import ends the task; ours is raised here.
---@private
function Drive:serve(task, name, ...)
  local results = table.pack(guard.call(SERVED[name], self, ...))
  local err = results[2]
  if results[1] then return task:resume(table.unpack(results, 1, results.n)) end
  if self.engine.ending and err == self.engine.ending then return task:stop() end
  if err.trace then error(err, 0) end
  return task:resume(false, err.message, err.kind)
end

---The end of a task's turn: true when it has ended.
---@private
function Drive:turned(task, name, how, ...)
  if how == "wait" then return self:turned(task, name, self:serve(task, ...)) end
  if how == "pass" then
    scheduler.pass()
    if self.engine:draining() then return self:turned(task, name, task:stop()) end
    return self:turned(task, name, task:resume())
  end
  if how == "done" then return end
  local err = ...
  if err.ended == "stopped" then self.engine:check_running() end
  call.limit(err, name)
  error(call.blamed(err, name), 0)
end

---Calls a function of the recipe as a task and waits until it ends. Raises its error, as a mistake
---of the recipe unless a line of the program raised it.
---@param which "import"|"finalize"|integer  integer: one that was spawned
---@param name string  for messages
function Drive:call(which, name)
  local run = self.run
  local task, err = self.engine.recipe.state:task("drive", which, {
    rounds = run.rounds, upsert = run.upsert, connection = run.connection,
  })
  if not task then error(call.blamed(err, name), 0) end
  self:turned(task, name, task:resume())
end

return drive
