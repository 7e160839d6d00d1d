local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test = tap.test

local RECIPE <const> = [[
local ndjson = require "source.ndjson"
return {
  name = "shop",
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row) return { user_id = row.id, email = row.email, username = row.username } end,
  %s
}
]]

local PEOPLE <const> = [[
{"id":"1","email":"a@example.com","username":"anna"}
{"id":"2","email":"b@example.com","username":"taken"}
{"id":"3","email":"c@example.com","username":"taken2"}
]]

local EXISTING <const> = [[
[{"user_id":"z1","email":"y@example.com","username":"taken"},
 {"user_id":"z2","email":"z@example.com","username":"taken2"}]
]]

---A finished run with two users whose names others have.
local function scene_with_failures(fn)
  program.scene(nil, function(s)
    s:write("shop.lua", RECIPE:format(""))
    s:write("people.ndjson", PEOPLE)
    s:write("existing.json", EXISTING)
    s:tenant { "--existing", "existing.json" }
    local run = s:run { "shop.lua", "input=people.ndjson", "--yes" }
    tap.contains(run:ends_with(3).stderr, "auth0-migrate retry shop.run")
    tap.equal(#s:lines "shop.run/failed.ndjson", 2)
    fn(s)
  end)
end

test("retry imports what a person has repaired, and the statement covers both imports", function()
  scene_with_failures(function(s)
    local list = s:read "shop.run/failed.ndjson"
    s:write("shop.run/failed.ndjson", (list:gsub('"username":"taken"', '"username":"bert"')))
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
    tap.equal({ statement.users.inserted, statement.users.failed, statement.balanced },
      { 2, 1, true })
    tap.equal(s:lines("shop.run/failed.ndjson")[1].position, 3)
  end)
end)

test("retry applies a recipe that was changed since, and may end with 0", function()
  scene_with_failures(function(s)
    s:write("shop.lua", RECIPE:format([[
  fix = { CONFLICT_USERNAME = function(user)
    user.username = nil
    return user
  end }]]))
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(0):object()
    tap.equal({ statement.users.inserted, statement.users.failed }, { 3, 0 })
    tap.equal(s:read "shop.run/failed.ndjson", "")
  end)
end)

test("a line that is taken out stays failed", function()
  scene_with_failures(function(s)
    s:write("shop.run/failed.ndjson", "")
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
    tap.equal({ statement.users.inserted, statement.users.failed }, { 1, 2 })
    local lines = s:lines "shop.run/failed.ndjson"
    tap.equal({ #lines, lines[1].code, lines[1].user }, { 2, "CONFLICT_USERNAME", nil })
  end)
end)

test("a repair that our own rules refuse says why and stays failed", function()
  scene_with_failures(function(s)
    local list = s:read "shop.run/failed.ndjson"
    s:write("shop.run/failed.ndjson", (list:gsub('"username":"taken"', '"username":"b b"')))
    s:run({ "retry", "shop.run" }):ends_with(3)
    tap.contains(s:lines("shop.run/failed.ndjson")[1].why, "PATTERN username")
  end)
end)

test("a run that is not finished is resumed, not retried", function()
  program.scene(3, function(s)
    s:tenant()
    s:run(program.words()):ends_with(8)
    tap.contains(s:run({ "retry", "shop.run" }):ends_with(2).stderr,
      "auth0-migrate resume shop.run")
  end)
end)
