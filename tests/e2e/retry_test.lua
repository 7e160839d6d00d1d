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

---A finished run with two users whose usernames are taken.
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

test("retry imports manually repaired users, and the report covers both imports", function()
  scene_with_failures(function(s)
    local list = s:read "shop.run/failed.ndjson"
    s:write("shop.run/failed.ndjson", (list:gsub('"username":"taken"', '"username":"bert"')))
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
    tap.equal({ statement.users.inserted, statement.users.failed, statement.balanced },
      { 2, 1, true })
    tap.equal(s:lines("shop.run/failed.ndjson")[1].position, 3)
  end)
end)

test("retry applies a recipe that has changed since, and may end with 0", function()
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

test("a user whose line was removed stays failed", function()
  scene_with_failures(function(s)
    s:write("shop.run/failed.ndjson", "")
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
    tap.equal({ statement.users.inserted, statement.users.failed }, { 1, 2 })
    local lines = s:lines "shop.run/failed.ndjson"
    tap.equal({ #lines, lines[1].code, lines[1].user }, { 2, "CONFLICT_USERNAME", nil })
  end)
end)

---Each: an edit of the list, and the message about it.
for _, case in ipairs {
  { "a broken line", function(list) return (list:gsub('"taken"', '"bert')) end,
    ":1: invalid JSON" },
  { "a line without its id", function(list) return (list:gsub('"id":2,', "")) end,
    ":2: expected an object with its original `id`" },
  { "a line that stands twice", function(list) return list .. list end,
    ":3: an earlier line has the same `id`" },
  { "a user that is a text", function(list) return (list:gsub('"user":{.-}', '"user":"bert"')) end,
    ":1: `user` is not an object" },
} do
  test("with " .. case[1] .. " nothing is begun, and the list stays as it is", function()
    scene_with_failures(function(s)
      local list = case[2](s:read "shop.run/failed.ndjson")
      s:write("shop.run/failed.ndjson", list)
      local ended = s:run({ "retry", "shop.run" }):ends_with(2)
      tap.contains(ended.stderr, "failed.ndjson" .. case[3])
      tap.equal(ended:next(), nil) -- an editor is needed
      tap.equal(s:read "shop.run/failed.ndjson", list)
      s:run({ "report", "shop.run" }):ends_with(3)
    end)
  end)
end

test("users of a list that was sorted are not lost", function()
  scene_with_failures(function(s)
    local first, second = s:read("shop.run/failed.ndjson"):match "^(.-\n)(.*)$"
    s:write("shop.run/failed.ndjson", (second .. first:gsub('"taken"', '"b b"')))
    s:run({ "retry", "shop.run" }):ends_with(3)
    for _, line in ipairs(s:lines "shop.run/failed.ndjson") do
      tap.equal(line.user.user_id, tostring(line.position))
    end
  end)
end)

test("a removed line does not block a further retry", function()
  scene_with_failures(function(s)
    local first = s:read("shop.run/failed.ndjson"):match "^(.-\n)"
    s:write("shop.run/failed.ndjson", first)
    s:run({ "retry", "shop.run" }):ends_with(3)
    local list = s:read "shop.run/failed.ndjson"
    s:write("shop.run/failed.ndjson", (list:gsub('"username":"taken"', '"username":"bert"')))
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
    tap.equal({ statement.users.inserted, statement.users.failed }, { 2, 1 })
  end)
end)

test("a repair that conflicts with another user of the run is not sent", function()
  scene_with_failures(function(s)
    local list = s:read "shop.run/failed.ndjson"
    s:write("shop.run/failed.ndjson", (list:gsub('"username":"taken"', '"username":"Anna"')))
    s:run({ "retry", "shop.run" }):ends_with(3)
    tap.contains(s:read "shop.run/failed.ndjson", "the repaired user conflicts with record 1")
  end)
end)

test("manually repaired users are not repaired again by the recipe", function()
  scene_with_failures(function(s)
    local list = s:read "shop.run/failed.ndjson"
    s:write("shop.run/failed.ndjson", (list:gsub('"username":"taken"', '"username":"bert"')))
    s:write("shop.lua", RECIPE:format(
      [[fix = { CONFLICT_USERNAME = require "auth0.fixers".drop_username }]]))
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(0):object()
    tap.equal(statement.users.inserted, 3)
    local names = {}
    for _, user in ipairs(s:users()) do names[user.email] = user.username end
    tap.equal({ names["b@example.com"], names["c@example.com"] }, { "bert", nil })
  end)
end)

test("retry does what a fixer requests in addition to the user", function()
  program.scene(nil, function(s)
    s:write("shop.lua", RECIPE:format(""))
    s:write("people.ndjson", PEOPLE)
    s:write("existing.json", [=[[{"user_id":"1","email":"a@example.com","username":"other"}]]=])
    s:tenant { "--existing", "existing.json" }
    s:run({ "shop.lua", "input=people.ndjson", "--yes" }):ends_with(3)
    s:write("shop.lua", RECIPE:format(
      [[finalize = { rounds = 1 }, fix = { DUPLICATED_USER = require "auth0.fixers".upsert }]]))
    local statement = s:run({ "retry", "shop.run", "--json" }):ends_with(0):object()
    tap.equal({ statement.users.inserted, statement.users.updated }, { 2, 1 })
    tap.contains(s:read "shop.run/report.json", "sent again with upsert")
  end)
end)

test("a repair that our rules reject says why and stays failed", function()
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
