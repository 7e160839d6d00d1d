--- The recipe contract, by the real program: what `map` may return, and `dedupe`.

local json = require "host.json"
local rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"

local test = tap.test
local HEAD, finish, once, recipe_with, user
  = rig.HEAD, rig.finish, rig.once, rig.recipe_with, rig.user

local MAP <const> = HEAD .. [[
local ways = {
  user = function(row) return { email = row.email } end,
  list = function(row) return { { email = "a" .. row.email }, { email = "b" .. row.email } } end,
  mixed = function(row)
    return { { email = "c" .. row.email }, migrate.reject("half", "HALF", "email"), 7 }
  end,
  skip = function() return nil, "closed account" end,
  skip_number = function() return nil, 42 end,
  skip_quietly = function() return nil end,
  reject = function() return migrate.reject("too old", "TOO_OLD", "created") end,
  reject_plainly = function() return migrate.reject("no") end,
  raise = function() error("no such country") end,
  raise_table = function() error({}) end,
  index_nil = function(row) return { email = row.nothing.email } end,
  nothing = function() end,
  number = function() return 7 end,
  text = function() return "user" end,
  yes = function() return true end,
  empty = function() return {} end,
  empty_list = function() return migrate.array {} end,
  the_record = function(row) return row end,
  a_function = function(row) return { email = row.email, app_metadata = { f = print } } end,
  invalid = function(row) return { email = "nowhere", nonsense = 1, given_name = "" } end,
  warn = function(row)
    migrate.warn("odd", "something odd")
    return { email = row.email }
  end,
}
return {
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row, params, position)
    assert(params.input == "users.ndjson" and position == row.n)
    return ways[row.way](row)
  end,
}
]]
local WAYS <const> = {
  "user", "list", "mixed", "skip", "skip_number", "skip_quietly", "skip_quietly", "reject",
  "reject_plainly", "raise", "raise_table", "index_nil", "nothing", "number", "text", "yes",
  "empty", "empty_list", "the_record", "a_function", "invalid", "warn", "warn",
}

local mapped = once(function()
  local records = {}
  for i, way in ipairs(WAYS) do
    records[i] = { way = way, n = i, email = way .. i .. "@example.com" }
  end
  return finish(MAP, records)
end)

---The rejections of the record that took this path.
local function rejected(way)
  local found = {}
  for _, line in ipairs(mapped().files.rejected) do
    if WAYS[line.position] == way then found[#found + 1] = line end
  end
  return found[1], found[2]
end

test("each outcome of map is counted once, and the books balance", function()
  local report = mapped().report
  tap.equal(report.records, {
    read = 23, extra = 3, skipped = 4, unchanged = 0, rejected = 16, duplicate = 0, staged = 6,
  })
  assert(report.balanced)
  tap.equal(report.users,
    { inserted = 6, updated = 0, already_there = 0, failed = 0, pending = 0 })
  tap.equal(mapped().status, 3)
end)

test("skipped records are counted by their reason and listed with their place", function()
  local result = mapped()
  tap.equal(result.report.skipped, { ["closed account"] = 1, ["42"] = 1, ["no reason"] = 2 })
  tap.equal(result.files.skipped[1],
    { position = 4, at = "users.ndjson:4", reason = "closed account" })
end)

for _, case in ipairs {
  { "reject", "TOO_OLD", "created", "too old" },
  { "reject_plainly", "REJECTED", "", "no" },
  { "raise", "RECIPE_ERROR", "", "shop.lua:14: no such country" },
  { "raise_table", "RECIPE_ERROR", "", "table" },
  { "index_nil", "RECIPE_ERROR", "", "shop.lua:16: attempt to index a nil value" },
  { "nothing", "RECIPE_RESULT", "", "ended without a return" },
  { "number", "RECIPE_RESULT", "", "a number" },
  { "text", "RECIPE_RESULT", "", "a string" },
  { "yes", "RECIPE_RESULT", "", "a boolean" },
  { "empty", "RECIPE_RESULT", "", "empty table" },
  { "empty_list", "RECIPE_RESULT", "", "empty" },
  { "the_record", "RECIPE_RESULT", "", "not a user" },
  { "a_function", "INVALID_TYPE", "app_metadata.f", "f" },
} do
  test(string.format("map's way %s is rejected as %s with its place and record", case[1], case[2]),
    function()
      local line = assert(rejected(case[1]))
      tap.equal({ line.code, line.path, line.outcome }, { case[2], case[3], "rejected" })
      tap.contains(line.message, case[4])
      tap.equal(line.at, "users.ndjson:" .. line.position)
      tap.equal(line.record.way, case[1])
    end)
end

test("the items of a list are evaluated one by one: a user, a rejection, a number", function()
  local first, second = rejected "mixed"
  tap.equal({ first.code, first.path, first.message }, { "HALF", "email", "half" })
  tap.equal(second.code, "RECIPE_RESULT")
  tap.contains(second.message, "item 3 is a number")
end)

test("a rejected user has all its errors, and counts under the first code only", function()
  local line = rejected "invalid"
  local found = {}
  for _, e in ipairs(line.errors) do found[#found + 1] = e.code .. " " .. e.path end
  table.sort(found)
  tap.equal(found, { "FORMAT email", "OBJECT_ADDITIONAL_PROPERTIES nonsense" })
  tap.equal(line.user.email, "nowhere")
  local sum = 0
  for _, n in pairs(mapped().report.codes.rejected) do sum = sum + n end
  tap.equal(sum, 16)
end)

test("migrate.warn is counted in the report", function()
  tap.equal(mapped().report.warnings.odd, 2)
end)

-- dedupe ---------------------------------------------------------------------------------------

test("dedupe as a list: an equal value of any key is the same user, and the first wins", function()
  local result = finish(recipe_with [[dedupe = { "app_metadata.crm", "email" },]], {
    user(1, { app_metadata = { crm = 7 } }), user(2, { app_metadata = { crm = 7 } }),
    user(3, { email = "USER1@example.com" }), user(4, { app_metadata = { crm = 8 } }),
  })
  tap.equal(result.status, 0)
  tap.equal({ result.report.records.duplicate, result.report.records.staged }, { 2, 2 })
  local kept = {}
  for _, line in ipairs(result.files.rejected) do
    kept[#kept + 1] = { line.position, line.outcome, line.code, line.path, line.kept }
  end
  tap.equal(kept, {
    { 2, "duplicate", "DUPLICATE", "app_metadata.crm", 1 },
    { 3, "duplicate", "DUPLICATE", "email", 1 },
  })
end)

test("without dedupe the same user again is a duplicate, another with its address is rejected",
  function()
    local result = finish(recipe_with(), {
      user(1), user(1, { given_name = "A" }), user(2, { email = "user1@example.com" }),
      { email = "User1@Example.com" }, { email = "e@example.com", user_id = "u1" },
      { email = "f@example.com", username = "frank" },
      { email = "g@example.com", username = "frank" },
    }, { files = { ["connection.json"] = [[{"requires_username": true}]] } })
    local found = {}
    for _, line in ipairs(result.files.rejected) do
      found[#found + 1] = { line.position, line.outcome, line.code, line.kept }
    end
    tap.equal(found, {
      { 2, "duplicate", "DUPLICATE", 1 }, { 3, "rejected", "CONFLICT_EMAIL", 1 },
      { 4, "duplicate", "DUPLICATE", 1 }, { 5, "rejected", "CONFLICT", 1 },
      { 7, "rejected", "CONFLICT_USERNAME", 6 },
    })
    tap.equal(result.report.codes.rejected,
      { CONFLICT_EMAIL = 1, CONFLICT = 1, CONFLICT_USERNAME = 1 })
    assert(result.report.balanced)
  end)

local chosen = once(function()
  return finish(recipe_with [[
  dedupe = function(a, b)
    local way = b.app_metadata.way
    if way == "a" then return a end
    if way == "b" then return b end
    if way == "raise" then error "cannot tell" end
    if way == "nil" then return nil end
    if way == "broken" then return { email = "nowhere" } end
    local both = { app_metadata = { way = "merged", of = { a.user_id, b.user_id } } }
    for key, value in pairs(a) do both[key] = both[key] or value end
    return both
  end,]], {
    user(1, { app_metadata = { way = "first" } }),
    user(2, { app_metadata = { way = "first" } }),
    user(3, { app_metadata = { way = "first" } }),
    user(4, { email = "user1@example.com", app_metadata = { way = "a" } }),
    user(5, { email = "user2@example.com", app_metadata = { way = "b" } }),
    user(6, { email = "user3@example.com", app_metadata = { way = "merge" } }),
    user(7, { email = "user1@example.com", app_metadata = { way = "raise" } }),
    user(8, { email = "user1@example.com", app_metadata = { way = "nil" } }),
    user(9, { email = "user2@example.com", app_metadata = { way = "a" } }),
    user(10, { email = "user10@example.com", user_id = "u5", app_metadata = { way = "a" } }),
    user(11, { email = "user3@example.com", app_metadata = { way = "broken" } }),
  })
end)

test("dedupe as a function: the returned user is kept, the other is its duplicate", function()
  local found = {}
  for _, line in ipairs(chosen().files.rejected) do
    if line.outcome == "duplicate" then
      found[#found + 1] = { line.position, line.at, line.kept, line.user.user_id }
    end
  end
  tap.equal(found, {
    { 4, "users.ndjson:4", 1, "u4" }, { 2, "users.ndjson:2", 5, "u2" },
    { 6, "users.ndjson:6", 3, "u6" }, { 9, "users.ndjson:9", 5, "u9" },
    { 10, "users.ndjson:10", 5, "u5" },
  })
end)

test("dedupe as a function: kept and merged users are sent in the source's order", function()
  local sent = {}
  for i, one in ipairs(json.decode(chosen().chunks[1])) do
    sent[i] = { one.user_id, one.app_metadata.way }
  end
  tap.equal(sent, { { "u1", "first" }, { "u5", "b" }, { "u3", "merged" } })
end)

test("a dedupe that raises, returns nothing or an invalid user rejects that record", function()
  local found = {}
  for _, line in ipairs(chosen().files.rejected) do
    if line.outcome == "rejected" then found[line.position] = line end
  end
  tap.equal(found[7].code, "RECIPE_ERROR")
  tap.contains(found[7].message, "shop.lua:")
  tap.contains(found[7].message, "cannot tell")
  tap.equal(found[8].code, "RECIPE_RESULT")
  tap.equal(found[11].code, "FORMAT")
  local report = chosen().report
  assert(report.balanced)
  tap.equal(report.records, { read = 11, extra = 0, skipped = 0, unchanged = 0, rejected = 3,
    duplicate = 5, staged = 3 })
end)
