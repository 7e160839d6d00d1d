--- What a run reports while it works: `status` from another terminal, and the log.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

test("status shows jobs with age, progress and deadline, users, rate and time left", function()
  scene(60, function(s)
    s:slow_tenant(nil, 10)
    local run = s:start(words("--yes", "--chunk-users", "20"))
    local status = s:until_("a rate", function()
      local told = s:run { "status", "--json" }
      local object = told.status == 0 and told:object()
      local progress = object and object.progress or json.null
      return progress ~= json.null and progress.users_per_second and object
    end)
    equal(status.progress.total, 60)
    assert(status.progress.eta_seconds > 0 and status.progress.seen_seconds < 30)
    equal({ status.progress.foreign, status.finished, status.staged }, { 0, false, true })
    local job = status.active[1]
    equal(job.users, 20)
    assert(job.seconds > 0 and job.seconds < 60)
    assert(job.percentage and job.percentage <= 100)
    contains(job.kept_until, "T")
    equal(status.deadline, job.kept_until)
    local text = s:run({ "status" }):ends_with(0).stdout
    for _, part in ipairs {
      "chunks: ", "import: ", " of 60 users", " left", "result available until",
    } do
      contains(text, part)
    end
    run:ends_with(0)
    equal(s:run({ "status", "--json" }):object().progress, json.null)
  end)
end)

test("status and the log show jobs of others that hold the slots", function()
  scene(5, function(s)
    s:write("faults.yaml", "- {do: foreign, route: GET /connections, nth: 1, seconds: 2}\n")
    s:tenant { "--faults", "faults.yaml" }
    local run = s:start(words "--yes")
    local status = s:until_("somebody else's jobs", function()
      local told = s:run { "status", "--json" }
      local object = told.status == 0 and told:object()
      local progress = object and object.progress or json.null
      return progress ~= json.null and progress.foreign > 0 and object
    end)
    equal(status.errors[1].message, "2 import jobs of other clients hold slots")
    contains(s:run({ "status" }).stdout, "2 import slots in use by other programs")
    run:ends_with(0)
    contains(s:read "shop.run/log.ndjson", '"foreign":2')
    s:holds(5)
  end)
end)

local CHAOS <const> = [[
- {do: status, route: GET /jobs/*, every: 3, status: 429, retry_after: 0}
- {do: status, route: GET /jobs/*, every: 5, status: 503}
- {do: close, route: POST /jobs/users-imports, nth: 2, processed: true}
- {do: unauthorized, route: GET /jobs/*, nth: 2}
- {do: job-failed, nth: 3, details: "user person7@example.com"}
- {do: foreign, route: POST /jobs/users-imports, nth: 4, seconds: 0.3}
]]

test("the log of a chaotic run has each event, and no address, hash or token", function()
  scene(60, function(s)
    s:write("faults.yaml", CHAOS)
    s:tenant { "--faults", "faults.yaml" }
    s:run(words("--yes", "--chunk-users", "10")):ends_with(0)
    s:holds(60)
    local log, seen = s:read "shop.run/log.ndjson", {}
    for _, line in ipairs(s:lines "shop.run/log.ndjson") do
      seen[line.event] = true
      contains(line.time, "T")
    end
    for _, event in ipairs { "token", "sending", "submitted", "job_ended", "harvested", "retry",
      "outage", "outage_over", "uncertain", "token_refused", "job_failed", "slots_full", "end" } do
      assert(seen[event], "no event " .. event)
    end
    for _, secret in ipairs { "@example.com", program.HASH, s.env.AUTH0_CLIENT_SECRET, "eyJ",
      "Bearer" } do
      assert(not log:find(secret, 1, true), "the log holds " .. secret)
    end
  end)
end)
