--- An outage of the tenant is visible while it lasts, and counted by the report.

local clock = require "host.clock"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local SCALE <const> = 20
local SLOW <const> = { AUTH0_MIGRATE_TIME_SCALE = tostring(SCALE) }
local SLOWER <const> = { AUTH0_MIGRATE_TIME_SCALE = "4" }
local PATIENCE <const> = 7200 / SCALE -- real seconds

local function status_of(s)
  local told = s:run { "status", "--json" }
  return told.status == 0 and told:object() or nil
end

---Waits until `status` shows an outage, the nth of its run, and checks what it says about it.
local function seen(s, run, nth)
  local status = s:until_("an outage", function()
    assert(not run.status, run.stderr)
    local status = status_of(s)
    return status and status.outage ~= json.null and status.outage.next_try
      and status.outages == (nth or 1) and status
  end)
  local outage = status.outage
  local since, now = clock.parse(outage.since), clock.now()
  assert(since <= now and now - since < 60)
  assert(clock.parse(outage.next_try) >= since)
  assert(math.abs(clock.parse(outage.patience_until) - since - PATIENCE) <= 2)
  equal({ status.working, status.next }, { true, json.null })
  local progress = status.progress ~= json.null and status.progress or {}
  equal({ progress.users_per_second, progress.eta_seconds }, {})
  return outage
end

local function counts(report)
  return { report.outages, report.seconds.outages > 0 }
end

-- They last until the test ends them.
local OUTAGES <const> = {
  ["a tenant that answers nothing"] =
    { fault = { ["do"] = "outage", route = "GET /jobs/*", nth = 2, seconds = 60 },
      why = "network" },
  ["jobs that cannot be polled"] = { fault = { ["do"] = "status", status = 503,
    route = "GET /jobs/*" }, why = "status 503" },
  ["uploads that are not answered"] = { fault = { ["do"] = "html", status = 502,
    route = "POST /jobs/users-imports" }, why = "no answer to an upload" },
  ["answers of another server"] = { fault = { ["do"] = "html", status = 200,
    route = "GET /jobs/*" }, why = "the response (200) is not JSON" },
}

for name, case in pairs(OUTAGES) do
  test(name .. ": status shows it, and the report counts one outage", function()
    scene(40, function(s)
      local made = s:slow_tenant({ faults = { case.fault } }, 40)
      local run = s:start(words("--yes", "--chunk-users", "20"), SLOW)
      contains(seen(s, run).why, case.why)
      contains(s:run({ "status" }):ends_with(0).stdout, "outage: no answer since ")
      made.faults = nil
      run:ends_with(0)
      contains(run.stdout, "\noutages   1 of the tenant, ")
      equal(status_of(s).outage, json.null)
      equal(counts(s:run({ "report", "--json" }):object()), { 1, true })
      equal(counts(json.decode(s:read "shop.run/report.json")), { 1, true })
      contains(s:read "shop.run/report.html", ", 1 outage of the tenant (")
      s:holds(40)
    end)
  end)
end

test("a run without outages counts none, and a single lost answer is not one", function()
  scene(20, function(s)
    s:slow_tenant({ faults = { { ["do"] = "close", route = "GET /jobs/*", nth = 1 } } }, 200)
    local report = s:run(words("--yes", "--chunk-users", "5", "--json")):ends_with(0):object()
    equal({ report.outages, report.seconds.outages }, { 0, 0.0 })
    assert(not s:run({ "report" }).stdout:find("outage", 1, true))
    assert(not s:read "shop.run/report.html":find("outage", 1, true))
  end)
end)

test("when patience is over, the run ends with 5; resume shows the outage and counts it", function()
  scene(20, function(s)
    s:slow_tenant({ faults = {
      { ["do"] = "status", status = 503, route = "GET /jobs/*" },
      { ["do"] = "outage", route = "GET /connections", nth = 2, seconds = 60 },
    } }, 200)
    local first = s:run(words("--yes", "--patience", "20s", "--json")):ends_with(5):object()
    equal(counts(first), { 1, true })
    local second = s:start({ "resume" }, SLOW)
    seen(s, second, 2)
    second:kill "INT"
    contains(second:ends_with(130).stdout, "\noutages   2 of the tenant, ")
  end)
end)

test("a killed run's outage is not shown by status", function()
  scene(20, function(s)
    local fault = { ["do"] = "status", status = 503, route = "GET /jobs/*" }
    s:slow_tenant({ faults = { fault } }, 200)
    local run = s:start(words("--yes"), SLOW)
    seen(s, run)
    run:kill "KILL"
    run:wait()
    equal({ status_of(s).outage, status_of(s).outages }, { json.null, 1 })
    assert(not s:run({ "status" }).stdout:find("no answer", 1, true))
  end)
end)

---Runs a command on a terminal until it ends; returns what was drawn, a list.
local function drawn(s, args, env)
  s.within = { "sh", "-c", program.on_terminal('"$*"', {}), "sh" }
  s:run(args, env)
  local list = {}
  for text in s:read "said":gmatch "[^\r\n]+" do list[#list + 1] = text end
  return list
end

test("the bar shows since when, the next try and until when, without rate and time left", function()
  program.need_terminal()
  scene(40, function(s)
    local fault = { ["do"] = "outage", route = "GET /jobs/*", nth = 3, seconds = 3 }
    s:slow_tenant({ faults = { fault } }, 20)
    local shown, ticks = 0, {}
    for _, text in ipairs(drawn(s, words("--yes", "--chunk-users", "20"), SLOWER)) do
      if text:find("no answer", 1, true) then
        shown = shown + 1
        local tried = text:match("no answer since %d%d:%d%d, (.-), gives up %d%d:%d%d UTC")
        assert(tried == "trying now" or tried:find("^next try in "), text)
        ticks[tried] = true
        assert(not text:find("/s", 1, true) and not text:find("left", 1, true), text)
        assert(#text < 90, text)
      end
    end
    assert(shown >= 2 and next(ticks, next(ticks)), "the bar is not kept up to date")
    s:holds(40)
  end)
end)

for command, case in pairs {
  undo = { args = { "undo", "shop.run", "--yes" }, route = "DELETE /users/*" },
  verify = { args = { "verify", "--sample", "5" }, route = "GET /users" },
} do
  test("the bar of " .. command .. " shows an outage", function()
    program.need_terminal()
    scene(10, function(s)
      local fault = { ["do"] = "outage", route = case.route, nth = 1, seconds = 2 }
      s:slow_tenant { faults = { fault } }
      s:run(words("--yes")):ends_with(0)
      local said = table.concat(drawn(s, case.args, SLOW), "\n")
      contains(said, "no answer since ")
    end)
  end)
end
