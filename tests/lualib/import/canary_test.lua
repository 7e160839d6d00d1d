--- The canary: the first users alone, evaluated once.

local canary = require "import.canary"
local failures = require "base.failure"
local guard = require "base.guard"
local import = require "migrate.import"
local import_rig = require "tests.lualib.import.rig"
local recipe_rig = require "tests.recipe_rig"
local rig = require "tests.rig"
local tap = require "tests.tap"

local test = tap.test
local whole, users_of = import_rig.whole, import_rig.users_of

test("a canary is sent alone and evaluated once; a clean one releases the rest", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant, ask_canary = function()
    tap.equal(tenant.submits, 1)
    return true
  end }, function(face, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal(users_of(whole(face, made, book)), { 6, 0, 0, 0, 0 })
    tap.equal(book:get "canary_good", 2)
  end)
end)

---Imports as another process that resumes, answering the canary's question.
local function again(earlier, answer)
  local asked = false
  local run, made = rig.import(earlier.ledger, earlier.dir, {
    tenant = earlier.jobs, ask_canary = function()
      asked = true
      return answer
    end,
  })
  guard.call(import, run)
  made:join()
  return { made.ending and made.ending.kind or "done", asked }, made.ending
end

test("a no after a clean canary is asked again by every process until a yes", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant }, function(_, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal((again(made, false)), { "canary", true })
    local result, ending = again(made, false)
    tap.equal(result, { "canary", true })
    tap.equal(ending.more.add, nil) -- who has just said no is asked again
    result, ending = again(made, nil)
    tap.equal(result, { "canary", true }) -- nobody to ask: the no stands
    tap.equal({ ending.more.add, tenant.submits }, { "--yes", 1 })
    tap.equal((again(made, true)), { "done", true })
    tap.equal((again(made, false)), { "done", false })
    tap.equal(tenant.submits, 3)
  end)
end)

test("a question after a canary that an interrupt ends is asked again", function()
  local tenant = rig.tenant()
  local stop
  local options = { n = 6, tenant = tenant, ask_canary = function() stop() end }
  rig.with_run(options, function(face, made, book)
    assert(book:note { canary_chunk = 1 })
    function stop() made:stop(failures.new("interrupted", "interrupted")) end
    guard.call(import, face)
    made:join()
    tap.equal({ made.ending.kind, tenant.submits }, { "interrupted", 1 })
    tap.equal((again(made, true)), { "done", true })
  end)
end)

test("without a terminal the rest follows a clean canary", function()
  rig.with_run({ n = 6 }, function(_, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal((again(made, nil)), { "done", true })
  end)
end)

test("a failed canary is evaluated once: the next process continues without a question", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  rig.with_run({ n = 6, tenant = tenant }, function(_, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal((again(made, true)), { "canary", false })
    tap.equal((again(made, false)), { "done", false })
  end)
end)

test("a canary that existed before, or failed, stops the run before the rest", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  rig.with_run({ n = 6, tenant = tenant }, function(face, made, book)
    assert(book:note { canary_chunk = 1 })
    local figures = whole(face, made, book)
    tap.equal({ made.ending.kind, tenant.submits, figures.pending }, { "canary", 1, 4 })
  end)
end)

---A canary of all users, as an earlier version staged it too: the journal names no last chunk.
local function of_all(book, n)
  assert(book:note { settings = { canary = { n = n } }, staged_at = 1 })
end

test("a canary of all users is evaluated at the end, and holds nothing back", function()
  rig.with_run({ n = 6 }, function(_, made, book)
    of_all(book, 9)
    tap.equal(canary.figures(book), { asked = "9", users = 6 })
    canary.conclude(made)
    tap.equal(canary.figures(book).good, nil) -- nothing was sent yet
    tap.equal((again(made, nil)), { "done", false })
    canary.conclude(made)
    tap.equal(canary.figures(book), { asked = "9", users = 6, good = 6 })
  end)
end)

test("a canary of all users counts only the first round", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  local recipe = recipe_rig.with [[fix = function(user)
    user.email = "other@example.com"
    return user
  end]]
  rig.with_run({ n = 6, tenant = tenant, recipe = recipe }, function(face, made, book)
    of_all(book, 6)
    tap.equal(users_of(whole(face, made, book)), { 6, 0, 0, 0, 0 })
    canary.conclude(made)
    tap.equal(canary.figures(book), { asked = "6", users = 6, good = 5 })
  end)
end)

test("a canary that ends before the last user is not concluded without its question", function()
  rig.with_run({ n = 6 }, function(face, made, book)
    of_all(book, 2)
    assert(book:note { canary_chunk = 1 })
    face:wait(face:submit(face:chunks()()))
    made:join()
    canary.conclude(made)
    tap.equal(canary.figures(book), { asked = "2", users = 2 })
  end)
end)
