--- The command diff: what a change of a recipe changes.

local api_rig = require "tests.api_rig"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local HEAD <const> = [[
local csv, migrate = require "source.csv", require "migrate"
return {
  params = { input = { required = true }%s },
  source = function(params) return csv.records(params.input) end,
  map = function(row, params)
]]
local OLD <const> = [[
    if row.state == "gone" then return nil, "gone" end
    if row.state == "two" then return { { email = "1" .. row.email }, { email = row.email } } end
    return { email = row.email, user_id = row.id, app_metadata = { plan = row.plan, tags = { 1 },
      at = os.time() } }
  end,
}
]]
local NEW <const> = [[
    if row.state == "off" then return nil, "off" end
    if row.state == "bad" then return migrate.reject("bad", "FORMAT", "email") end
    if row.state == "two" then return { email = "1" .. row.email } end
    return { email = row.email, user_id = row.id, app_metadata = { tags = { #row.id },
      at = os.time(), plan = row.plan and row.plan:upper() } }
  end,
}
]]
local ROWS <const> = "id,email,plan,state\n1,a@b.cd,pro,\n22,b@b.cd,PRO,\n3,c@b.cd,,gone\n"
  .. "4,d@b.cd,PRO,off\n5,e@b.cd,PRO,bad\n6,f@b.cd,PRO,two\n7,g@b.cd,PRO,\n"

---Runs `fn` in a scene with both versions and the source.
local function with(fn, old, new, rows)
  program.scene(nil, function(s)
    s:write("old.lua", HEAD:format("") .. (old or OLD))
    s:write("shop.lua", HEAD:format(", country = {}") .. (new or NEW))
    s:write("users.csv", rows or ROWS)
    fn(s)
  end)
end

local function diff(...)
  return { "diff", "shop.lua", "input=users.csv", "--against", "old.lua", ... }
end

test("the users that change, by field, and the records that become something else", function()
  with(function(s)
    local ended = s:run(diff "--show-values"):ends_with(3)
    equal(ended.stdout, [[
records   7 read, 6 changed
users     2 of 7 users change, 3 no longer there, 1 new
  app_metadata.plan  1 user
    users.csv:2: "pro", now "PRO"
  app_metadata.tags[]  1 user
    users.csv:3: 1, now 2
  2 users, now a user  1 record
    users.csv:7
  a user, now rejected: FORMAT at email  1 record
    users.csv:6
  a user, now skipped: off  1 record
    users.csv:5
  skipped: gone, now a user  1 record
    users.csv:4
]])
    equal(ended:next(), "auth0-migrate preview shop.lua input=users.csv --at users.csv:2")
    s:type_in(ended:next()):ends_with(0)
  end)
end)

test("values are described, unless they are asked for", function()
  with(function(s)
    local said = s:run(diff()):ends_with(3).stdout
    contains(said, "users.csv:2: 3 characters, lower-case letters, now 3 characters, upper-case")
    local object = s:run(diff "--json"):ends_with(3):object()
    equal(object.fields[1], {
      path = "app_metadata.plan", count = 1, examples = json.array { {
        at = "users.csv:2", before = "3 characters, lower-case letters",
        now = "3 characters, upper-case letters",
      } },
    })
    equal(object.users, { before = 7, now = 5, changed = 2, added = 1, removed = 3 })
    equal(object.records, { read = 7, changed = 6 })
    equal({ #object.outcomes, object.exit, object.recipe }, { 4, 3, "shop" })
  end)
end)

local DICE <const> = NEW:gsub("os.time%(%)", "os.time(), dice = math.random()")

test("the same recipe changes nothing, though it reads the clock and random numbers", function()
  with(function(s)
    local ended = s:run(diff()):ends_with(0)
    equal(ended.stdout, "records   7 read, 0 changed\nusers     0 of 5 users change\n")
    equal(ended:next(), nil)
  end, DICE, DICE)
end)

test("of a parameter that the earlier version lacks, it says so", function()
  with(function(s)
    local ended = s:run(diff "country=DE"):ends_with(3)
    contains(ended.stderr, "the earlier version has no parameter country; it maps without it")
  end)
end)

local NAMED <const> = 'require("names").plain(row.id)\n' .. NEW

test("the earlier version finds the modules of the present one", function()
  with(function(s)
    s:write("names.lua", "return { plain = function(name) return name end }")
    s.within = { "sh", "-c", 'mkdir before && mv old.lua before && exec "$@"', "sh" }
    local ended = s:run { "diff", "shop.lua", "input=users.csv", "--against", "before/old.lua" }
    ended:ends_with(0)
  end, NAMED, NAMED)
end)

test("what cannot be compared ends with 2", function()
  with(function(s)
    local missing = s:run({ "diff", "shop.lua", "input=users.csv" }):ends_with(2)
    equal(missing:next(), "auth0-migrate diff shop.lua input=users.csv --against OLD.lua")
    local stdin = s:run({ "diff", "shop.lua", "input=-", "--against", "old.lua" }):ends_with(2)
    contains(stdin.stderr, "which the parameter input, a stream, does not allow: read files")
    local near = s:run({ "diff", "shop.lua", "input=users.csv", "--against", "odl.lua" })
    equal(near:ends_with(2):next(),
      "auth0-migrate diff shop.lua input=users.csv --against old.lua")
    s:write("old.lua", "return 1")
    contains(s:run(diff()):ends_with(2).stderr, "old.lua")
  end)
end)

local LINKED <const> = [[
  url = base .. "/users", next = { link = "next" }, id = "/id",
  headers = { Authorization = "Bearer " .. params.token },
]]

---Runs `fn` in a scene with two versions of a recipe that reads an API.
local function with_api(before, now, fn)
  program.scene(nil, function(s)
    local api <close> = api_rig.serve(api_rig.linked(700, 100))
    s.env.AUTH0_MIGRATE_PARAM_TOKEN = "t0p-secret-token"
    s:write("old.lua", before)
    s:write("acme.lua", now)
    fn(s, api, function(...)
      return s:run { "diff", "acme.lua", "host=" .. api.host, "--allow-net", "--against", "old.lua",
        ... }
    end)
  end)
end

test("both versions read the pages of an API, which is asked once", function()
  local before = api_rig.recipe(LINKED)
  local now = before:gsub("email_verified = true", "email_verified = row.id ~= 'u650'")
  with_api(before, now, function(s, api, run)
    local object = run("--json"):ends_with(3):object()
    equal({ object.records.read, object.users.changed, object.fields[1].path },
      { 700, 1, "email_verified" })
    equal({ #api.asked, api:repeated() }, { 7, {} })
    s:run { "check", "acme.lua", "host=" .. api.host, "--allow-net" }:ends_with(0)
    run("--limit", "150"):ends_with(0)
    equal(#api.asked, 7)
    run("--refresh"):ends_with(3)
    equal(#api.asked, 14)
  end)
end)

test("a version that asks for something else reads pages of its own", function()
  local before = api_rig.recipe(LINKED)
  local now = before:gsub('"/users"', '"/users?after=100"')
  with_api(before, now, function(_, api, run)
    local object = run("--json"):ends_with(3):object()
    equal({ object.users.before, object.users.now }, { 700, 600 })
    equal(#api.asked, 13)
  end)
end)

test("an API that refuses one of two versions ends with its failure", function()
  local before = api_rig.recipe(LINKED)
  with_api(before, (before:gsub("needs = {.-},", "")), function(s, _, run)
    local ended = run()
    ended:ends_with(2)
    contains(ended.stderr, "net")
    assert(not ended.stderr:find("earlier version", 1, true))
    s:write("acme.lua", before)
    run():ends_with(0)
  end)
end)

test("an error of one version is a rejection like any other", function()
  with(function(s)
    local object = s:run(diff "--json"):ends_with(3):object()
    equal(object.outcomes[1].now, "rejected: RECIPE_ERROR")
  end, nil, "error('no') end }")
end)

test("the first places are kept, however many users change", function()
  local rows = { "id,email,plan,state" }
  for i = 1, 20000 do rows[#rows + 1] = i .. ",p" .. i .. "@b.cd,pro," end
  with(function(s)
    local object = s:run(diff "--json"):ends_with(3):object()
    equal({ object.users.changed, #object.fields[1].examples }, { 20000, 3 })
    equal(s:run(diff("--limit", "10", "--json")):ends_with(3):object().records.read, 10)
  end, nil, nil, table.concat(rows, "\n"))
end)
