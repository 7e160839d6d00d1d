--- Runs killed at crash points: the important ones one by one, then sixty at random.

local crash = require "base.crash"
local crashes = require "tests.e2e.crashes"
local tap = require "tests.tap"
local test = tap.test

local SEED <const> = 20261124
local KILLS <const> = 60

local function needs_crash_points()
  if not crash.possible then tap.skip "this build has no CRASH_POINTS" end
end

for name, plan in pairs {
  ["an upload whose answer was not recorded, while its job still runs"] =
    { place = "upload.answer:2", speed = 30, with_ids = true },
  ["the same without ids, by address alone"] = { place = "upload.answer:2", speed = 30 },
  ["the same with upsert"] = { place = "upload.answer:2", speed = 30, upsert = true },
  ["an intent that came to nothing"] = { place = "sending.after:3", speed = 3000 },
  -- The third upload takes the slot of a job that ended, and goes before the record of that end.
  ["an upload that began before the ended job was recorded"] =
    { place = "upload.begun:3", speed = 30, with_ids = true },
  ["such an upload without ids, after jobs of a moment"] =
    { place = "upload.begun:5", speed = 3000 },
  ["such an upload with upsert"] = { place = "upload.begun:3", speed = 30, upsert = true },
  ["such an upload that may not be repeated"] =
    { place = "upload.begun:3", speed = 3000, twins = true },
  ["the intent of such an upload, and then its second attempt"] =
    { place = "sending.after:3", again = { "upload.begun:1" }, speed = 30, with_ids = true },
  ["a job that ended and was not harvested"] = { place = "ended.after:2", speed = 3000 },
  ["the last transition"] = { place = "harvested.after:12", speed = 3000 },
  ["what remains of a chunk was written early, and again at the end"] =
    { place = "sent.prepared:3", again = { "sent.file:2" }, speed = 3000 },
  ["a stage that dies twice, the second time before its new journal is there"] =
    { place = "staged.before:4", again = { "create.before:1" }, speed = 3000 },
  ["a stage whose canary was being set apart"] =
    { place = "set_apart.before:1", canary = "10%", speed = 3000 },
  ["a stage whose canary was set apart just now"] =
    { place = "set_apart.after:1", again = { "sending.after:3" }, canary = "10%", speed = 3000 },
  ["a chunk of which one half was written"] =
    { place = "split.file:1", again = { "split.file:2" }, speed = 3000, poison = 36 },
  ["a chunk whose halves were written, but not recorded"] =
    { place = "split.before:1", again = { "split.before:2" }, speed = 3000, poison = 37 },
  ["a chunk that was just split, three times"] = { place = "split.after:1",
    again = { "split.after:1", "harvested.after:1" }, speed = 3000, poison = 36, with_ids = true },
  ["an upload of a half whose answer was not recorded, while its job still runs"] = {
    place = "split.after:1", again = { "upload.answer:1", "adopt.after:1" }, speed = 30,
    poison = 60, upsert = true,
  },
  ["an upload that may not be repeated, and arrived"] =
    { place = "upload.answer:3", speed = 3000, twins = true },
  ["the same twice, the second time while it is looked for"] =
    { place = "upload.answer:3", again = { "adopt.after:1" }, speed = 30, twins = true },
} do
  test("killed and resumed, a run ends like an undisturbed one: " .. name, function()
    needs_crash_points()
    plan.again = plan.again or {}
    local deaths = crashes.one(plan)
    tap.equal(deaths, 1 + #plan.again)
  end)
end

test(KILLS .. " kills of runs against a tenant with bad days leave no trace", function()
  needs_crash_points()
  local wrong = crashes.many(KILLS, SEED)
  if #wrong > 0 then error(table.concat(wrong, "\n"), 0) end
end)
