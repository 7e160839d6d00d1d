--- Which of the tenant's users an undo deletes.

local tap = require "tests.tap"
local undo = require "run.undo"

local test = tap.test

local HOURS <const> = { first = 10000, last = 10360, is_exact = false }
local EXACT <const> = { first = 10000, last = 10360, is_exact = true }

---{what, outcome, creation times of the candidates, decision, why}
for _, case in ipairs {
  { "created while its job ran", "inserted", { 10100 }, "delete" },
  { "created at the last moment", "inserted", { 10360 }, "delete" },
  { "created again a minute after", "inserted", { 10420 }, "kept", undo.AFTER },
  { "created before, reported as inserted, by a wrong clock", "inserted", { 9500 },
    "delete" },
  { "created long before", "inserted", { 9000 }, "kept", undo.BEFORE },
  { "created just before, if the job does not report which users it updated", "upserted", { 9900 },
    "kept", undo.UPDATED },
  { "created two seconds before, if the job does not report", "upserted", { 9998 }, "kept",
    undo.UPDATED },
  { "created before by less than the clock's precision, if the job does not report", "upserted",
    { 9999.5 }, "kept", undo.TOO_CLOSE },
  { "created in the second of the intent, if the job does not report", "upserted", { 10000.5 },
    "kept", undo.TOO_CLOSE },
  { "created in the second of a job with a known time", "upserted", { 10000.5 }, "delete",
    nil, EXACT },
  { "created just before a job with a known time", "upserted", { 9999.9 }, "kept",
    undo.TOO_CLOSE, EXACT },
  { "created in the hours, if the job does not report", "upserted", { 10001 }, "delete" },
  { "created after the hours, if the job does not report", "upserted", { 10420 }, "kept",
    undo.AFTER },
  { "of no known age", "inserted", { false }, "kept", undo.UNKNOWN },
  { "that does not exist", "inserted", {}, "gone" },
  { "two that were created in the hours", "inserted", { 10001, 10002 }, "kept", undo.SEVERAL },
  { "one of two", "inserted", { 9000, 10002 }, "delete" },
} do
  test("undo: a user " .. case[1] .. " is for " .. case[4], function()
    local theirs = {}
    for i, created in ipairs(case[3]) do
      theirs[i] = { user_id = "auth0|" .. i, created = created or nil }
    end
    local what, _, why = undo.rule(case[2], theirs, case[6] or HOURS)
    tap.equal({ what, why }, { case[4], case[5] })
  end)
end
