--- A run within the rate limit of the free tier: two requests per second, by the tenant's clock.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

-- For both sides, so that the rate limit scales too.
local TIME <const> = { AUTH0_MIGRATE_TIME_SCALE = "5" }

tap.test("the free tier rejects no request of a run that keeps two slots busy", function()
  program.scene(40, function(s)
    s:tenant({ "--tier", "free" }, TIME)
    s:run(program.words("--yes", "--chunk-users", "10"), TIME):ends_with(0)
    for answer, n in pairs(s:metrics().statuses) do
      assert(not answer:find(" 429$"), answer .. ": " .. n)
    end
    s:holds(40)
  end)
end)
