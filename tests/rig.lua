--- A staged run, and a tenant that is a table: what tests of the import's policy use.

local chunk = require "host.chunk"
local clock = require "host.clock"
local engine = require "import.engine"
local file = require "host.file"
local ledger = require "journal.ledger"
local directory = require "journal.directory"
local run_object = require "import.run_object"
local scheduler = require "base.scheduler"

local rig = {}

local UNIQUE <const> = { email = true, username = true, phone_number = true, user_id = true }

local function stage(book, dir, users, per_chunk)
  local writer <close> = chunk.new(400000, per_chunk)
  local id = 0
  local function flush()
    if writer:count() == 0 then return end
    id = id + 1
    assert(book:staged {
      chunk = {
        id = id, users = writer:count(), bytes = writer:size(),
        sha256 = assert(writer:save(dir:chunk(id))), places = writer:places(),
      },
      rejected = {}, skipped = {}, warnings = {}, facts = { read = #users, extra = 0 },
    })
    writer:reset()
  end
  for i, user in ipairs(users) do
    if not writer:add(user, i, "test:" .. i) then
      flush()
      assert(writer:add(user, i, "test:" .. i))
    end
  end
  flush()
end

---Users with an address and an id.
---@param n integer
---@return table[]
function rig.users(n)
  local users = {}
  for i = 1, n do
    users[i] = { user_id = "u" .. i, email = "user" .. i .. "@example.com", email_verified = false }
  end
  return users
end

---Users as auth0.api.users finds them.
function rig.found(users)
  for _, user in ipairs(users) do
    user.created = user.created_at and clock.parse(user.created_at)
  end
  return users
end

---A tenant that accepts everything. Tests replace a function, or put behaviours into `script`: a
---list of answers to the submits, in order ("accept" when it is exhausted).
---@return table
function rig.tenant()
  local tenant = { jobs = {}, submits = 0, script = {}, known = {}, active = 0, most_active = 0 }

  function tenant.submit(_, request)
    tenant.submits = tenant.submits + 1
    local id = "job_" .. tenant.submits -- others may come before this one is answered
    local scripted = table.remove(tenant.script, 1)
    if request.on_sent then request.on_sent() end
    scheduler.sleep(0)
    if type(scripted) == "table" then return scripted end
    local n = 0
    for _ in chunk.values(request.data) do n = n + 1 end
    tenant.active = tenant.active + 1
    tenant.most_active = math.max(tenant.most_active, tenant.active)
    tenant.jobs[id] = { looks = 0, users = n, upsert = request.upsert }
    if scripted then scripted(tenant.jobs[id], request) end
    return { outcome = "accepted", id = id }
  end

  function tenant.status(_, id)
    local job = tenant.jobs[id]
    job.looks = job.looks + 1
    if job.looks < 2 then return { state = "running" } end
    if not job.over then
      job.over = true
      tenant.active = tenant.active - 1
    end
    local failed = #(job.errors or {})
    return {
      state = job.state or "completed",
      summary = job.summary
        or { total = job.users, inserted = job.users - failed, updated = 0, failed = failed },
    }
  end

  function tenant.errors(_, id)
    return tenant.jobs[id].errors or {}
  end

  function tenant.find()
    return rig.found(tenant.known)
  end

  return tenant
end

---An import of a staged run in one process, at a thousandfold speed.
---@param book Ledger
---@param dir RunDirectory
---@param options table  tenant, recipe, upsert, unique, retry, slots, clock, log, ui, ...
---@return Run run
---@return Engine made
function rig.import(book, dir, options)
  local tenant = options.tenant or rig.tenant()
  local made = engine.new {
    ledger = book, dir = dir, client = options.client or {},
    jobs = tenant, users = tenant,
    connection = { id = "con_1", name = "C", unique = options.unique or UNIQUE },
    recipe = options.recipe or { params = {} }, clock = options.clock or scheduler.clock(1000),
    upsert = options.upsert or false, slots = options.slots or 2, rounds = 3, patience = 100,
    retry = options.retry or function(failure)
      if failure.attempt < 3 then return 1 end
    end,
    chunk_bytes = 400000, external_id = "test", send_completion_email = false,
    log = options.log or function() end, ui = options.ui or { progress = function() end },
    max_failures = options.max_failures,
    ask_canary = options.ask_canary or function() end,
    delete_ghosts = options.delete_ghosts, ask_ghosts = options.ask_ghosts,
  }
  return run_object.new(made), made
end

---Runs `fn(run, made, book, dir)` with an import of a staged run.
---@param options table  users or n, per_chunk, and those of rig.import
---@param fn fun(run: Run, made: Engine, book: Ledger, dir: RunDirectory)
function rig.with_run(options, fn)
  local folder = assert(file.temporary())
  local dir = directory.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test", read = 0, extra = 0 }))
  stage(book, dir, options.users or rig.users(options.n or 6), options.per_chunk or 2)
  scheduler.run(function()
    local run, made = rig.import(book, dir, options)
    fn(run, made, book, dir)
  end)
  book:close()
  dir:close()
  assert(file.remove_tree(folder))
end

return rig
