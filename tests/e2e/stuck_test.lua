--- Jobs that never end.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local FAST <const> = { AUTH0_MIGRATE_TIME_SCALE = "10000" } -- two hours are 0.7 s

---A tenant whose second job runs longer than any test.
local function stuck(s)
  s:write("faults.yaml", "- {do: job-stuck, nth: 2, seconds: 1000}\n")
  s:tenant { "--faults", "faults.yaml" }
end

local function whole(s, report)
  equal({ report.balanced, report.users.pending, report.users.failed }, { true, 0, 0 })
  equal(report.users.inserted, 40)
  s:holds(40)
  contains(s:read "shop.run/log.ndjson", "still running after more than two hours")
end

test("a job that is stuck counts as failed after two hours, and no user is lost", function()
  scene(40, function(s)
    stuck(s)
    whole(s, s:run(words("--yes", "--chunk-users", "10", "--json"), FAST):ends_with(0):object())
  end)
end)

test("the two hours of a stuck job continue while no program works", function()
  scene(40, function(s)
    stuck(s)
    local run = s:start(words("--yes", "--chunk-users", "10", "--json"))
    s:until_("all but one", function()
      return s:journal("shop.run", function(book)
        return book.db:value "SELECT count(*) = 3 FROM chunk WHERE state = 'harvested'" == 1
      end)
    end)
    run:kill "KILL"
    run:wait()
    whole(s, s:run({ "resume", "--json" }, FAST):ends_with(0):object())
  end)
end)
