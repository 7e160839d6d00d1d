--- The options of rehearse and plan, with the real program.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

-- An option of run with a value, for each that has a meaning in a rehearsal.
local OF_RUN <const> = {
  "--yes", "--upsert", "--limit", "4", "--slots", "1", "--chunk-bytes", "400k", "--chunk-users",
  "2", "--keep-chunks", "--patience", "1h", "--max-rejects", "1", "--max-failures", "1",
  "--canary", "1", "--delete-ghosts", "--run-dir", "mine", "--recipe-memory", "64MB",
  "--recipe-steps", "1000000", "--recipe-time", "5s", "--allow-net=a.example.com", "--no-input",
  "--json",
}
-- The others.
local OF_THE_TENANT <const> = { "--domain", "a.example.com", "--connection", "Users", "--ca-file",
  "ca.pem", "--fresh", "--changed", "--dry-run" }

local function with(command, ...)
  local args = words()
  args[1] = command
  for _, list in ipairs { ... } do table.move(list, 1, #list, #args + 1, args) end
  return args
end

test("rehearse takes the options of run, and --yes changes nothing", function()
  scene(6, function(s)
    local report = s:run(with("rehearse", OF_RUN)):ends_with(0):object()
    equal({ report.directory, report.jobs.submitted, report.users.inserted }, { "mine", 3, 4 })
    assert(s:exists "mine/chunks/000001.json")
    equal(s:exists "shop.rehearsal", false)
  end)
end)

test("plan takes the options of run, asks nothing and leaves nothing behind", function()
  scene(6, function(s)
    local plan = s:run(with("plan", OF_RUN, OF_THE_TENANT)):ends_with(0):object().plan
    equal({ plan.users, plan.jobs, plan.slots, plan.upsert, plan.connection, plan.canary.users },
      { 4, 3, 1, true, "Users", 1 })
    equal(s:exists "mine", false)
  end)
end)

test("the hours of plan, run and rehearse follow --slots", function()
  scene(6, function(s)
    s:tenant()
    local function hours(command, slots)
      local object = s:run(with(command, { "--json", "--fresh", "--slots", slots })):object()
      return object.plan.hours[1].hours
    end
    for _, command in ipairs { "plan", "run" } do
      equal(hours(command, "1"), 2 * hours(command, "2"))
      equal(hours(command, "20"), hours(command, "2") / 10)
    end
    local forecast = s:run(with("rehearse", { "--json", "--slots", "1" })):object().forecast
    equal(forecast[1].hours, hours("plan", "1"))
  end)
end)

for _, dir in ipairs { "shop.run", "other" } do
  test("rehearse --run-dir does not replace a run in " .. dir, function()
    scene(6, function(s)
      s:tenant()
      s:run(words("--run-dir", dir)):ends_with(8)
      local ended = s:run(with("rehearse", { "--run-dir", dir })):ends_with(2)
      contains(ended.stderr, dir .. " exists and is not a rehearsal")
      equal(ended:next(), nil)
      s:run({ "resume", dir, "--yes" }):ends_with(0)
      s:holds(6)
    end)
  end)
end

test("rehearse --run-dir replaces an earlier rehearsal", function()
  scene(6, function(s)
    for _ = 1, 2 do s:run(with("rehearse", { "--run-dir", "mine" })):ends_with(0) end
  end)
end)

test("rehearse has no option for a tenant of your own", function()
  scene(6, function(s)
    contains(s:run(with("rehearse", { "--domain", "a.example.com" })):ends_with(2).stderr,
      "rehearse has no option --domain")
  end)
end)
