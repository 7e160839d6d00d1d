local totals = require "journal.totals"
local file = require "host.file"
local ledger = require "journal.ledger"
local limits = require "auth0.limits"
local tap = require "tests.tap"
local test = tap.test

---Runs `fn` with a fresh ledger in a folder of its own.
local function with_ledger(fn)
  local folder = assert(file.temporary())
  local book = assert(ledger.create(folder .. "/journal.db", { run = "r", read = 0, extra = 0 }))
  fn(book, folder)
  book:close()
  assert(file.remove_tree(folder))
end

local function stage(book, id, users)
  assert(book:staged {
    chunk = { id = id, users = users, bytes = 10, sha256 = "", places = "" },
    rejected = {}, skipped = {}, warnings = {}, facts = { read = id * users, extra = 0 },
  })
end

local function failure(place, fields)
  local f = {
    place = place, position = place, at = "x:" .. place, code = "FORMAT", message = "bad",
    errors = { { code = "FORMAT", message = "bad" } },
  }
  for key, value in pairs(fields or {}) do f[key] = value end
  return f
end

local function send(book, id, job)
  local attempt = assert(book:sending(id))
  assert(book:sent(id, attempt, job))
  return attempt
end

test("a journal that a kill left incomplete is not a run, and is created again", function()
  local folder <const> = assert(file.temporary())
  assert(file.write(folder .. "/journal.db.new", "half made"))
  local book = assert(ledger.create(folder .. "/journal.db", { run = "r" }))
  tap.equal(book:get "run", "r")
  book:close()
  tap.equal(file.list(folder), { "journal.db" })
  assert(file.remove_tree(folder))
end)

local function half(id, users)
  return { id = id, users = users, bytes = 5, sha256 = "", places = "" }
end

---Splits chunk `id`, after its job has failed, into two that follow.
local function split(book, id, job)
  send(book, id, job)
  assert(book:ended(job, { state = "failed" }))
  local users, last = book:chunk(id).users, book:last_chunk()
  local first = users // 2
  assert(book:split(book:chunk(id), { half(last + 1, first), half(last + 2, users - first) }))
end

test("the users of a split chunk count in its halves, and in the whole only once", function()
  with_ledger(function(book)
    stage(book, 1, 5)
    split(book, 1, "job_1")
    local figures = totals.figures(book)
    tap.equal({ figures.staged, figures.pending, totals.in_flight(book) }, { 5, 5, 0 })
    tap.equal({ book:users_staged(), book:users_in_chunks(), book:to_send().users }, { 5, 5, 5 })
    tap.equal({ book:may_run(), book:is_unsettled(), book:is_pending() }, { false, false, true })
    tap.equal(book:chunks_by_state(), { split = 1, staged = 2 })
    local n = 0
    for _ in book:places_up_to() do n = n + 1 end
    tap.equal(n, 1) -- places as staged: each user once
    for id = 2, 3 do
      local attempt, chunk = send(book, id, "job_" .. id), book:chunk(id)
      assert(book:harvested(chunk, attempt, "job_" .. id, { inserted = id, updated = 0 }, {}))
      tap.equal(chunk.users, id)
    end
    figures = totals.figures(book)
    tap.equal({ figures.staged, figures.inserted, figures.pending }, { 5, 5, 0 })
    tap.equal({ book:is_pending(), book:users_harvested() }, { false, 5 })
  end)
end)

test("halves have the round, the upsert and the origin of their chunk", function()
  with_ledger(function(book)
    stage(book, 1, 4)
    assert(book:harvested(book:chunk(1), send(book, 1, "job_1"), "job_1",
      { inserted = 0, updated = 0 }, { failure(1), failure(2), failure(3), failure(4) }))
    local repaired = { id = 2, users = 4, bytes = 9, sha256 = "", places = "", updates = true }
    assert(book:requeued(2, repaired, { { id = 1 }, { id = 2 }, { id = 3 }, { id = 4 } }))
    split(book, 2, "job_2")
    split(book, 4, "job_3")
    local function facts(id)
      local c = book:chunk(id)
      return { c.round, c.upsert, c.updates, c.half_of, c.origin, c.users }
    end
    tap.equal(facts(3), { 2, true, true, 2, 2, 2 })
    tap.equal({ facts(5), facts(6) }, { { 2, true, true, 4, 2, 1 }, { 2, true, true, 4, 2, 1 } })
    tap.equal(book:first_intent(5), book:chunk(2).first_intent)
    tap.equal({ book:attempts(5), book:attempts(2) }, { 1, 1 })
    send(book, 5, "job_4")
    tap.equal({ book:attempts(5), book:hours(5).first }, { 2, book:chunk(2).first_intent })
  end)
end)

test("halves that do not add up to their chunk are misuse", function()
  with_ledger(function(book)
    stage(book, 1, 4)
    tap.raises(function() book:split(book:chunk(1), { half(2, 2), half(3, 1) }) end,
      "the halves of chunk 1 do not have its users")
  end)
end)

test("a chunk goes from staged to harvested, and the books follow", function()
  with_ledger(function(book)
    stage(book, 1, 3)
    tap.equal(totals.figures(book).pending, 3)
    local attempt = send(book, 1, "job_1")
    tap.equal(book:chunk(1).state, "sent")
    assert(book:ended("job_1", { state = "completed", summary = { total = 3, inserted = 2 } }))
    tap.equal(book:chunk(1).state, "ended")
    assert(book:harvested(book:chunk(1), attempt, "job_1", { inserted = 2, updated = 0 },
      { failure(2) }))
    local figures = totals.figures(book)
    tap.equal({ figures.inserted, figures.failed, figures.pending }, { 2, 0, 1 })
    assert(book:judged { { id = 1, outcome = "failed" } })
    figures = totals.figures(book)
    tap.equal({ figures.inserted, figures.failed, figures.pending }, { 2, 1, 0 })
    tap.equal(totals.balanced(figures), true)
  end)
end)

test("a result that does not add up to the chunk is misuse", function()
  with_ledger(function(book)
    stage(book, 1, 3)
    local attempt = send(book, 1, "job_1")
    tap.raises(function()
      book:harvested(book:chunk(1), attempt, "job_1", { inserted = 2, updated = 0 }, {})
    end, "has 3 users, its result has 2")
  end)
end)

test("a repaired user moves to its new chunk and is counted once", function()
  with_ledger(function(book)
    stage(book, 1, 2)
    local attempt = send(book, 1, "job_1")
    assert(book:harvested(book:chunk(1), attempt, "job_1", { inserted = 1, updated = 0 },
      { failure(1, { outcome = "judged" }) }))
    assert(book:requeued(2, { id = 2, users = 1, bytes = 5, sha256 = "", places = "" },
      { { id = 1, why = "repaired" } }))
    local figures = totals.figures(book)
    tap.equal({ figures.staged, figures.inserted, figures.failed, figures.pending, figures.rounds },
      { 2, 1, 0, 1, 2 })
    tap.equal(totals.balanced(figures), true)
  end)
end)

test("an attempt that was not received leaves no first intent", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    local attempt = assert(book:sending(1))
    assert(book:chunk(1).first_intent)
    assert(book:not_sent(1, attempt, "refused", "two jobs are active"))
    tap.equal(book:chunk(1).first_intent, nil)
    tap.equal(book:attempts(1), 0)
  end)
end)

test("an uncertain attempt keeps the first intent through later refusals", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    local attempt = assert(book:sending(1))
    assert(book:uncertain(1, attempt, "the connection broke"))
    local first = book:chunk(1).first_intent
    assert(book:send_again(1))
    local second = assert(book:sending(1))
    assert(book:not_sent(1, second, "refused", "busy"))
    tap.equal(book:chunk(1).first_intent, first)
    tap.equal(book:attempts(1), 1)
  end)
end)

local function seconds(span)
  return math.floor(span.last - span.first + 0.5)
end

test("a chunk's users were created between its first intent and a minute after its job", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    tap.equal(book:hours(1), nil)
    local attempt = assert(book:sending(1, 5000)) -- the tenant's clock is far ahead
    assert(book:sent(1, attempt, "job_1"))
    local function set(sql) assert(book.db:run(sql)) end
    set "UPDATE job SET state = 'completed', ended = submitted + 90"
    tap.equal(seconds(book:hours(1)), 90 + 60)
    tap.equal(book:hours(1).first, book:chunk(1).first_intent)
    -- An end that was seen late, a clock that was set back, a lost job: all are bounded by how long
    -- a job may run.
    for _, change in ipairs { "ended = submitted + 90000", "ended = submitted - 1",
      "ended = submitted + 90, state = 'lost'" } do
      set("UPDATE job SET state = 'completed', " .. change)
      tap.equal(seconds(book:hours(1)), limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS, change)
    end
  end)
end)

test("a job ended when it was first seen completed; its users may be as late as that", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    assert(book:sent(1, assert(book:sending(1)), "job_1"))
    local submitted = book.db:value "SELECT submitted FROM job"
    local function ended(state, after)
      assert(book:ended("job_1", { state = state, ended = submitted + after, unseen = 40 }))
    end
    ended("lost", 80)
    ended("completed", 90)
    ended("completed", 500)
    tap.equal(seconds(book:hours(1)), 90 + 60)
    local times = book:job_times()
    tap.equal({ math.floor(times.busy + 0.5), seconds(times) }, { 70, 70 })
  end)
end)

test("users repeated for their MFA factors may be as old as the run's first upload", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    assert(book:sending(1, -5000))
    for id, more in ipairs { { upsert = true, updates = true }, { upsert = true } } do
      local chunk = { id = id + 1, users = 0, bytes = 10, sha256 = "", places = "" }
      for key, value in pairs(more) do chunk[key] = value end
      assert(book:requeued(2, chunk, {}))
      send(book, chunk.id, "job_" .. id)
    end
    local first = book:chunk(1).first_intent
    tap.equal({ book:hours(3).first, book:hours(3).is_exact }, { first, false })
    assert(book:note { upsert = true })
    assert(book:hours(3).first > first)
    tap.equal({ book:first_intent(1), book:first_intent(3) }, { first, first })
    tap.equal(book:first_intent(2), book:chunk(2).first_intent)
  end)
end)

test("an upload without a response may have created users as long as a job runs", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    assert(book:uncertain(1, assert(book:sending(1)), "the connection broke"))
    assert(book:send_again(1))
    local attempt = assert(book:sending(1))
    assert(book:sent(1, attempt, "job_1"))
    assert(book.db:run "UPDATE job SET state = 'completed', ended = submitted + 90")
    tap.equal(seconds(book:hours(1)), limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS)
  end)
end)

test("an upload that an earlier process did not finish is uncertain", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    assert(book:sending(1))
    tap.equal(book:adopt(), 1)
    tap.equal(book:chunk(1).state, "uncertain")
    tap.equal(book:last_attempt(1).outcome, "uncertain")
  end)
end)

test("only jobs of the last attempt are open", function()
  with_ledger(function(book)
    stage(book, 1, 1)
    send(book, 1, "job_1")
    assert(book:ended("job_1", { state = "failed" }))
    assert(book:send_again(1))
    send(book, 1, "job_2")
    local open = book:open_jobs()
    tap.equal({ #open, open[1].id }, { 1, "job_2" })
  end)
end)

test("a completed step of run:once stays done", function()
  with_ledger(function(book)
    tap.equal(book:was_done("roles"), false)
    assert(book:done_once("roles"))
    tap.equal(book:was_done("roles"), true)
  end)
end)

test("a journal of a newer version is refused, with its version", function()
  with_ledger(function(book, folder)
    assert(book.db:exec("PRAGMA user_version = 99"))
    local other, message, kind = ledger.open(folder .. "/journal.db")
    tap.equal({ other, kind }, { nil, "usage" })
    tap.contains(message, "version 99")
  end)
end)
