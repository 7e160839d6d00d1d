--- A run beside the free tier's bucket: two requests a second, on the tenant's time.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

-- For both sides, so that the bucket keeps its rate.
local TIME <const> = { AUTH0_MIGRATE_TIME_SCALE = "5" }

tap.test("the free tier refuses no request of a run that keeps two slots busy", function()
  program.scene(40, function(s)
    s:tenant({ "--tier", "free" }, TIME)
    s:run(program.words("--yes", "--chunk-users", "10"), TIME):ends_with(0)
    for answer, n in pairs(s:metrics().statuses) do
      assert(not answer:find(" 429$"), answer .. ": " .. n)
    end
    s:holds(40)
  end)
end)
