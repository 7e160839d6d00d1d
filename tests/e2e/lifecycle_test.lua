--- A run from its beginning to its end, by the real program against the built-in tenant.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

test("without a terminal and --yes a run stages, sends nothing and ends with 8", function()
  scene(5, function(s)
    s:tenant()
    local ended = s:run(words()):ends_with(8)
    contains(ended.stderr, "next: auth0-migrate resume shop.run --yes")
    equal(s:metrics().uploads.count, 0)
    equal(s:exists "shop.run/chunks/000001.json", true)
  end)
end)

test("resume --yes sends what was planned", function()
  scene(5, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    s:run({ "resume", "--yes" }):ends_with(0)
    s:holds(5)
  end)
end)
