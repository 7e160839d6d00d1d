--- check.repeatable: records that become something else when they are mapped again.

local check = require "check"
local file = require "host.file"
local recipe_rig = require "tests.recipe_rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

local RECORDS <const> = [[{ { id = 1 }, { id = 2 }, { id = 3 } }]]
local USER <const> = "local user = { user_id = tostring(row.id), email = row.id .. '@example.com',"
  .. " email_verified = true, app_metadata = {} } "

---The report of a check of a recipe with this body of `map`.
local function report_of(map, head, fields, records)
  local recipe = recipe_rig.made {
    records = records or RECORDS, map = USER .. map, head = head, fields = fields,
  }
  return scheduler.run(function()
    return assert(check.run(recipe, { chunk_bytes = 400000, allow_empty = true },
      { progress = function() end }))
  end)
end

---The entry of the warning; nil if there is none.
local function warning_of(...)
  for _, warning in ipairs(report_of(...).warning_list) do
    if warning.code == "not_repeatable" then return warning end
  end
end

test("a map that looks at its record alone is repeatable", function()
  tap.equal(warning_of "user.app_metadata.list = { row.id, 'b' } return user", nil)
end)

for name, case in pairs {
  ["a list built by pairs"] = { "local list = {} for name in pairs { a = 1, b = 2, c = 3, "
    .. "d = 4, e = 5, f = 6, g = 7, h = 8, i = 9 } do list[#list + 1] = name end "
    .. "user.app_metadata.deep = { list = list } return user", nil, "app_metadata.deep.list" },
  ["a clock"] = { "user.user_metadata = { day = os.date '%Y-%m-%d' } return user", nil,
    "user_metadata.day" },
  ["a moment of loading"] = { "user.app_metadata.at = began return user",
    "local began = os.time()", "app_metadata.at" },
  ["a random number"] = { "user.app_metadata.n = math.random(1, 1000000000) return user", nil,
    "app_metadata.n" },
  ["a counter"] = { "n = n + 1 user.user_id = 'u' .. n return user", "local n = 0", "user_id" },
} do
  test(name .. " is not repeatable, and the path is named", function()
    local warning = warning_of(case[1], case[2])
    tap.equal({ warning.path, warning.at, warning.count }, { case[3], "list:2", 2 })
    tap.contains(warning.message, "the first differs in " .. case[3])
  end)
end

test("what comes from pairs is repeatable when it was sorted, or is an object", function()
  tap.equal(warning_of [[
    local list, set = {}, {}
    for name in pairs { alpha = 1, beta = 2, gamma = 3 } do
      list[#list + 1], set[name] = name, true
    end
    table.sort(list)
    user.app_metadata = { list = list, set = set }
    return user
  ]], nil)
end)

test("pairs over a list keeps its order", function()
  tap.equal(warning_of [[
    local list = {}
    for _, name in pairs { "c", "a", "b" } do list[#list + 1] = name end
    user.app_metadata.list = list
    return user
  ]], nil)
end)

test("another outcome of the record is a difference without a path", function()
  local warning = warning_of(
    "n = n + 1 if n % 2 == 0 then return nil, 'even' end return user", "local n = 0")
  tap.equal({ warning.path, warning.count, warning.at }, { "", 2, "list:2" })
end)

test("users that a later record replaces, or that are duplicates, are compared too", function()
  local records = "{ { id = 1 }, { id = 1 }, { id = 1 } }"
  local body = "n = n + 1 user.app_metadata.n = n return user"
  tap.equal(warning_of(body, "local n = 0", nil, records).count, 2)
  tap.equal(warning_of(body, "local n = 0", "dedupe = function(a, b) return b end", records).count,
    2)
end)

test("one record alone is compared", function()
  local warning = warning_of("user.app_metadata.t = os.time() return user", nil, nil,
    "{ { id = 1 } }")
  tap.equal({ warning.path, warning.count }, { "app_metadata.t", 1 })
end)

test("errors, rejections and skipped records that stay the same are repeatable", function()
  tap.equal(warning_of [[
    if row.id == 1 then error({}) end
    if row.id == 2 then return migrate.reject("no", "FORMAT", "email") end
    return nil, "skipped"
  ]], nil)
end)

test("the recipe prints once", function()
  local printed = {}
  local recipe = recipe_rig.made({ records = RECORDS, map = USER .. "print(row.id) return user" },
    { print = function(_, word) printed[#printed + 1] = word end })
  scheduler.run(function()
    assert(check.run(recipe, { chunk_bytes = 400000 }, { progress = function() end }))
  end)
  tap.equal(printed, { "1", "2", "3" })
end)

test("a source that can be read only once is not read again", function()
  local folder = assert(file.temporary())
  local recipe = recipe_rig.made({
    records = RECORDS, map = USER .. "user.app_metadata.t = os.time() return user",
    fields = "params = { input = { help = 'the file', default = '-' } }",
  }, { folder = folder })
  local report = scheduler.run(function()
    return assert(check.run(recipe, { chunk_bytes = 400000 }, { progress = function() end }))
  end)
  assert(file.remove_tree(folder))
  tap.equal(report.warnings.not_repeatable, nil)
end)
