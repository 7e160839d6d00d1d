--- Runs that are killed, interrupted or disconnected from their tenant: resumed, they leave the
--- same tenant as an undisturbed run.

local clock = require "host.clock"
local file = require "host.file"
local program = require "tests.e2e.program"
local store = require "host.store"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---Resumes, and fails unless all `n` users are in the tenant once and the books balance.
local function resumed(s, n, args)
  local report = s:run(args or { "resume", "shop.run", "--json" }):ends_with(0):object()
  equal(report.balanced, true)
  equal(report.users, { inserted = n, updated = 0, already_there = 0, failed = 0, pending = 0 })
  s:holds(n)
end

local function state_of(s, state)
  return s:journal("shop.run", function(book)
    return book.db:value("SELECT count(*) FROM chunk WHERE state LIKE ?", state)
  end) or 0
end

-- Killed ----------------------------------------------------------------------------------

-- What must have happened before the kill; `slow` work per record, `speed` of the tenant's jobs.
local MOMENTS <const> = {
  {
    "while staging", slow = "200000",
    seen = function(s) return s:exists "shop.run/chunks/000003.json" end,
  },
  { "after the stage", seen = function(s) return state_of(s, "%") == 6 end },
  { "with the first job in flight", seen = function(s) return s:metrics().jobs >= 1 end },
  { "with two jobs in flight", seen = function(s) return state_of(s, "sent") == 2 end },
  { "between submits", seen = function(s) return state_of(s, "harvested") >= 1 end },
  { "near the end", seen = function(s) return state_of(s, "harvested") >= 5 end },
}

for _, moment in ipairs(MOMENTS) do
  test("a run killed " .. moment[1] .. " is resumed to the same end", function()
    scene(60, function(s)
      s:slow_tenant(nil, 120)
      local first = s:start(words("--yes", "--chunk-users", "10", "slow=" .. (moment.slow or "0")))
      s:until_(moment[1], function() return moment.seen(s) end)
      first:kill "KILL"
      equal(first:wait().status, 137)
      resumed(s, 60)
    end)
  end)
end

test("a run killed again and again is resumed to the same end", function()
  scene(60, function(s)
    s:slow_tenant(nil, 200)
    local args = words("--yes", "--chunk-users", "10")
    for harvested = 0, 4 do
      local one = s:start(args)
      s:until_("progress", function() return state_of(s, "harvested") > harvested end)
      one:kill "KILL"
      one:wait()
      args = { "resume" }
    end
    resumed(s, 60)
  end)
end)

test("resume decides the outcome of failed users that a kill left open", function()
  scene(20, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    -- The same users from a second run fail; its journal before their outcome is decided.
    s:run(words("--yes", "--fresh", "--keep-chunks", "--json")):ends_with(0)
    local db <close> = assert(store.open(s:path "shop-2.run/journal.db"))
    db:run "UPDATE failure SET outcome = 'open', user_id = NULL"
    db:run "DELETE FROM run WHERE key = 'finished_at'"
    db:close()
    local report = s:run({ "resume", "shop-2.run", "--json" }):ends_with(0):object()
    equal(report.users.already_there, 20)
    equal(report.users.pending, 0)
  end)
end)

---The journal after the program was killed between the last byte of an upload and its answer.
local function lose_the_answer(s, journal)
  for _, name in ipairs { "journal.db-wal", "journal.db-shm" } do
    file.remove(s:path("shop.run/" .. name))
  end
  s:write("shop.run/journal.db", journal)
  local db <close> = assert(store.open(s:path "shop.run/journal.db"))
  local begun = clock.now() - 2
  db:run("INSERT INTO attempt (chunk, begun) VALUES (1, ?)", begun)
  db:run("UPDATE chunk SET state = 'sending', first_intent = ?", begun)
  db:run "INSERT OR REPLACE INTO run VALUES ('consent', 1)"
  db:close()
end

for _, option in ipairs { "--no-color", "--upsert" } do
  test("an upload whose answer was lost in a kill is recognised as ours, with " .. option,
    function()
      scene(20, function(s)
        s:tenant()
        s:run(words(option)):ends_with(8)
        local journal = s:read "shop.run/journal.db"
        s:run({ "resume", "--yes", "--keep-chunks" }):ends_with(0)
        lose_the_answer(s, journal)
        resumed(s, 20)
      end)
    end)
end

-- Signals ---------------------------------------------------------------------------------

for _, signal in ipairs { "INT", "TERM" } do
  test("SIG" .. signal .. " ends with 130, says how to go on, and loses nothing", function()
    scene(40, function(s)
      s:slow_tenant(nil, 60)
      local first = s:start(words("--yes", "--chunk-users", "10", "--json"))
      s:until_("two jobs", function() return state_of(s, "sent") == 2 end)
      first:kill(signal)
      first:ends_with(130)
      contains(first.stderr, "next: auth0-migrate resume shop.run\n")
      equal(first:object().status, "interrupted")
      equal(first:object().next, "auth0-migrate resume shop.run")
      equal(first:object().balanced, true)
      equal(s:run({ "report" }).status, 130)
      resumed(s, 40)
    end)
  end)
end

test("a second SIGINT stops immediately, and the run can be resumed", function()
  scene(40, function(s)
    s:slow_tenant(nil, 60)
    local first = s:start(words("--yes", "--chunk-users", "10"))
    s:until_("two jobs", function() return state_of(s, "sent") == 2 end)
    first:kill "INT"
    first:kill "INT"
    first:ends_with(130)
    contains(first.stderr, "next: auth0-migrate resume shop.run\n")
    contains(first.stdout, ": interrupted\n")
    contains(first.stdout, "\nprogress is saved\n")
    resumed(s, 40)
  end)
end)

test("SIGINT while staging ends with 130; resume stages again", function()
  scene(60, function(s)
    s:tenant()
    local first = s:start(words("--yes", "--chunk-users", "2", "slow=300000"))
    s:until_("a chunk", function() return s:exists "shop.run/chunks/000002.json" end)
    first:kill "INT"
    first:ends_with(130)
    contains(first.stderr, "next: auth0-migrate resume shop.run\n")
    equal(s:metrics().uploads.count, 0)
    resumed(s, 60)
  end)
end)

-- Outages ---------------------------------------------------------------------------------

test("a tenant that is down at first is a warning: the run stages, and ends with 5", function()
  scene(5, function(s)
    local tenant = s:tenant { "--state", "tenant.db" }
    tenant:kill "TERM"
    tenant:wait()
    local ended = s:run(words("--yes", "--patience", "60s")):ends_with(5)
    contains(ended.stderr, "warning: cannot reach the tenant")
    contains(ended.stderr, "next: auth0-migrate resume shop.run\n")
    equal(state_of(s, "staged"), 1)
    s:tenant { "--state", "tenant.db", "--port", s.env.AUTH0_DOMAIN:match("%d+$") }
    resumed(s, 5)
  end)
end)

test("a run waits for the end of an outage during the import", function()
  scene(30, function(s)
    local tenant = s:tenant { "--state", "tenant.db" }
    local first = s:start(words("--yes", "--chunk-users", "1", "--json"))
    s:until_("a harvest", function() return state_of(s, "harvested") > 0 end)
    tenant:kill "TERM"
    tenant:wait()
    equal(first.status, nil)
    s:tenant { "--state", "tenant.db", "--port", s.env.AUTH0_DOMAIN:match("%d+$") }
    equal(first:ends_with(0):object().users.inserted, 30)
    s:holds(30)
  end)
end)

test("an outage beyond --patience ends with 5; resume completes the run", function()
  scene(30, function(s)
    local tenant = s:tenant { "--state", "tenant.db" }
    local first = s:start(words("--yes", "--chunk-users", "1", "--patience", "20s", "--json"))
    s:until_("a harvest", function() return state_of(s, "harvested") > 0 end)
    tenant:kill "KILL"
    tenant:wait()
    first:ends_with(5)
    equal(first:object().status, "incomplete")
    equal(first:object().balanced, true)
    contains(first.stderr, "next: auth0-migrate resume shop.run\n")
    s:tenant { "--state", "tenant.db", "--port", s.env.AUTH0_DOMAIN:match("%d+$") }
    resumed(s, 30)
  end)
end)

test("SIGINT while the tenant does not answer ends with 130 immediately", function()
  scene(5, function(s)
    local tenant = s:tenant()
    s:run(words()):ends_with(8)
    tenant:kill "TERM"
    tenant:wait()
    local first = s:start({ "resume", "--yes" }, { AUTH0_MIGRATE_TIME_SCALE = "1" })
    s:until_("a failed request", function()
      return s:read("shop.run/log.ndjson"):find('"retry"', 1, true)
    end)
    first:kill "INT"
    first:ends_with(130)
    contains(first.stderr, "next: auth0-migrate resume shop.run\n")
  end)
end)

test("a token that is no longer accepted is renewed", function()
  scene(30, function(s)
    s:slow_tenant({ token_seconds = 1 }, 40)
    s:run(words("--yes", "--chunk-users", "10")):ends_with(0)
    s:holds(30)
  end)
end)
