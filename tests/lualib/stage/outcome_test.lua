local bad_record = require "source.bad_record"
local outcome = require "stage.outcome"
local pipeline = require "stage.pipeline"
local reject = require "migrate.reject"
local schema = require "auth0.schema"
local tap = require "tests.tap"
local test = tap.test

local RECORD <const> = { email = "a@b.co" }

local function become(map)
  local recipe = { map = map, params = {}, warnings = {} }
  return outcome.new(recipe, schema.for_connection())
end

---The codes of findings.
local function codes(list)
  local found = {}
  for i, one in ipairs(list) do found[i] = one.code end
  return found
end

---The outcome of one record in a run: reasons of skipped records, users, codes of rejections.
local function run(map, record)
  local got = { users = {}, errors = {} }
  local given = { record }
  local pipe = pipeline.new {
    recipe = {
      source = function() return function() return table.remove(given), "list:1" end end,
      map = map, params = {}, warnings = {},
    },
    validator = schema.for_connection(), duplicates = { judge = function() end },
    sink = {
      user = function(_, user)
        table.insert(got.users, user)
        return true
      end,
      rejected = function(_, rejected)
        table.insert(got.users, rejected.user)
        for _, code in ipairs(codes(rejected.errors)) do table.insert(got.errors, code) end
        return true
      end,
      skipped = function(_, _, _, reason)
        got.skipped = reason
        return true
      end,
    },
  }
  assert(pipe:run(function() return true end))
  return got
end

for _, case in ipairs {
  { "a user", function() return { email = "a@b.co", name = "" } end, 1, {} },
  { "a user that Auth0 would refuse", function() return { email = "x" } end, 1, { "FORMAT" } },
  { "several users", function() return { { email = "a@b.co" }, { email = "x" } } end, 2,
    { "FORMAT" } },
  { "a list with a rejection and no user",
    function() return { { email = "a@b.co" }, reject.reject("no", "MINE"), 7 } end, 1,
    { "MINE", "RECIPE_RESULT" } },
  { "a list with a gap", function() return { { email = "a@b.co" }, nil, {} } end, 0,
    { "RECIPE_RESULT" } },
  { "an empty table", function() return {} end, 0, { "RECIPE_RESULT" } },
  { "a reason", function() return nil, "too old" end, 0, {}, "too old" },
  { "a reason that is a number", function() return nil, 42 end, 0, {}, "42" },
  { "nil alone", function() return nil end, 0, {}, "no reason" },
  { "nil and a table", function() return nil, {} end, 0, { "RECIPE_RESULT" } },
  { "nothing", function() end, 0, { "RECIPE_RESULT" } },
  { "a rejection", function() return reject.reject("no", "MINE") end, 0, { "MINE" } },
  { "a string", function() return "x" end, 0, { "RECIPE_RESULT" } },
  { "an error", function() error("boom") end, 0, { "RECIPE_ERROR" } },
} do
  test("a record that map turns into " .. case[1] .. " has the same outcome as in a run", function()
    local made = assert(become(case[2])(RECORD, "list:1", 1))
    tap.equal({ #made.users, codes(made.errors), made.skipped }, { case[3], case[4], case[5] })
    tap.equal({ users = made.users, errors = codes(made.errors), skipped = made.skipped },
      run(case[2], RECORD))
    tap.equal(made.record, RECORD)
  end)
end

test("a record that the reader could not read is shown as its raw text", function()
  local made = assert(become(function() end)(bad_record.new("raw;text", "2 fields"), "list:1", 1))
  tap.equal({ made.record, codes(made.errors), made.users }, { "raw;text", { "SOURCE" }, {} })
end)

test("map gets the position, and an error does not affect the next outcome", function()
  local of = become(function(record, _, position)
    if position == 8 then error("boom") end
    return { email = record.email, user_id = tostring(position) }
  end)
  tap.equal(of(RECORD, "list:7", 7).users[1].user_id, "7")
  tap.equal(codes(of(RECORD, nil, 8).errors), { "RECIPE_ERROR" })
  tap.equal(of(RECORD, "list:9", 9).users[1].user_id, "9")
  tap.equal(of(RECORD, "list:300", 300).errors, {})
end)

test("warnings are those of the record, with code and field", function()
  local of = become(function(record)
    return { email = record.email, user_metadata = { text = ("x"):rep(record.n or 1) } }
  end)
  local made = of({ email = "a@b.co", n = 11000 }, "list:1", 1)
  tap.equal({ codes(made.warnings), made.warnings[1].path }, { { "TOO_LARGE" }, "" })
  tap.contains(made.warnings[1].message, "10 KB")
  tap.equal(of(RECORD, "list:2", 2).warnings, {})
end)

test("a place that is not a string is the recipe's mistake, as in a run", function()
  local made, message, kind = become(function() return { email = "a@b.co" } end)(RECORD, {}, 1)
  tap.equal({ made, kind }, { nil, "usage" })
  tap.contains(message, "a table as the place of record 1")
end)
