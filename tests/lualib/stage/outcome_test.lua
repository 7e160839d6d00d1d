local outcome = require "stage.outcome"
local pipeline = require "stage.pipeline"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local RECORD <const> = { email = "a@b.co" }

---The outcomes of a recipe's records, whose `source` was called.
---@param parts RecipeParts
local function become(parts, options)
  parts.records = parts.records or { RECORD }
  local made = outcome.new(recipe_rig.made(parts, options))
  assert(made.pipe:open())
  return made
end

---The codes of findings.
local function codes(list)
  local found = {}
  for i, one in ipairs(list) do found[i] = one.code end
  return found
end

---The outcome of one record in a run: reasons of skipped records, users, codes of rejections.
local function run(map)
  local got = { users = {}, errors = {} }
  local pipe = pipeline.new {
    recipe = recipe_rig.made { records = { RECORD }, map = map },
    duplicates = { add = function() end },
    sink = {
      user = function(_, mapped)
        table.insert(got.users, mapped:user())
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
  { "a user", "return { email = 'a@b.co', name = '' }", 1, {} },
  { "a user that Auth0 would refuse", "return { email = 'x' }", 1, { "FORMAT" } },
  { "several users", "return { { email = 'a@b.co' }, { email = 'x' } }", 2, { "FORMAT" } },
  { "a list with a rejection and no user",
    "return { { email = 'a@b.co' }, migrate.reject('no', 'MINE'), 7 }", 1,
    { "MINE", "RECIPE_RESULT" } },
  { "a list with a gap", "return { { email = 'a@b.co' }, nil, {} }", 0, { "RECIPE_RESULT" } },
  { "an empty table", "return {}", 0, { "RECIPE_RESULT" } },
  { "a reason", "return nil, 'too old'", 0, {}, "too old" },
  { "a reason that is a number", "return nil, 42", 0, {}, "42" },
  { "nil alone", "return nil", 0, {}, "no reason" },
  { "nil and a table", "return nil, {}", 0, { "RECIPE_RESULT" } },
  { "nothing", "", 0, { "RECIPE_RESULT" } },
  { "a rejection", "return migrate.reject('no', 'MINE')", 0, { "MINE" } },
  { "a string", "return 'x'", 0, { "RECIPE_RESULT" } },
  { "an error", "error('boom')", 0, { "RECIPE_ERROR" } },
} do
  test("a record that map turns into " .. case[1] .. " has the same outcome as in a run", function()
    local made = assert(become({ map = case[2] }):next())
    tap.equal({ #made.users, codes(made.errors), made.skipped }, { case[3], case[4], case[5] })
    tap.equal({ users = made.users, errors = codes(made.errors), skipped = made.skipped },
      run(case[2]))
    tap.equal({ made.record, made.position, made.at }, { RECORD, 1, "list:1" })
  end)
end

test("a record that the reader could not read is shown as its raw text", function()
  recipe_rig.with_broken("raw,text", function(broken, options)
    local made = assert(become({ records = "{ " .. broken .. " }" }, options):next())
    tap.equal({ made.record, codes(made.errors), made.users }, { "raw,text", { "SOURCE" }, {} })
  end)
end)

test("map gets the position, and an error does not affect the next outcome", function()
  local of = become {
    records = { RECORD, RECORD, RECORD, RECORD },
    map = "if position == 2 then error('boom') end "
      .. "return { email = row.email, user_id = tostring(position) }",
  }
  tap.equal(of:next().users[1].user_id, "1")
  tap.equal(codes(of:next().errors), { "RECIPE_ERROR" })
  tap.equal(of:next().users[1].user_id, "3")
  tap.equal(of:next().errors, {})
  tap.equal(of:next(), false)
end)

test("an outcome has all users of its record, and none of the next", function()
  local of = become {
    records = { RECORD, RECORD },
    map = "return position == 1 and { { email = 'a@b.co' }, 7, { email = 'c@b.co' } } or row",
  }
  local first, second = of:next(), of:next()
  tap.equal({ #first.users, codes(first.errors), first.position }, { 2, { "RECIPE_RESULT" }, 1 })
  tap.equal({ #second.users, second.errors, second.position }, { 1, {}, 2 })
end)

test("warnings are those of the record, with code and field", function()
  local of = become {
    records = { { email = "a@b.co", n = 11000 }, RECORD },
    map = "return { email = row.email, user_metadata = { text = ('x'):rep(row.n or 1) } }",
  }
  local made = of:next()
  tap.equal({ codes(made.warnings), made.warnings[1].path }, { { "PROFILE_SIZE_EXCEEDED" }, "" })
  tap.contains(made.warnings[1].message, "10 KB")
  tap.equal(of:next().warnings, {})
end)

test("a place that is not a string is the recipe's mistake, as in a run", function()
  local of = outcome.new(recipe_rig.of [[return {
    source = function() return function() return { email = "a@b.co" }, {} end end,
    map = function(row) return row end,
  }]])
  assert(of.pipe:open())
  local made, message, kind = of:next()
  tap.equal({ made, kind }, { nil, "usage" })
  tap.contains(message, "a table as the place of record 1")
end)
