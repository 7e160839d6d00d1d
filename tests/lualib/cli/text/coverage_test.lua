--- cli.text.coverage: the table of fields and lookups.

local coverage_text = require "cli.text.coverage"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

local function field(users, forms, without)
  return {
    users = users, forms = forms, looks = { { look = "a@a.a", users = users } },
    first_without = without or json.null,
  }
end

test("fields stand in the order of a user's members, with their first absence", function()
  tap.equal(coverage_text.lines {
    fields = {
      ["app_metadata.plan"] = field(1200, 100, "users.csv:7"), email = field(1500, 3),
      ["app_metadata"] = field(1500, 1),
    },
    passwords = {}, lookups = { ["roles.csv"] = { hits = 1, misses = 2000 } },
  }, {
    "field              users  looks  first without  most frequent looks",
    "email              1 500      3                 a@a.a",
    "app_metadata       1 500      1                 a@a.a",
    "app_metadata.plan  1 200   100+  users.csv:7    a@a.a",
    "lookup in roles.csv: 1 value found, 2 000 not",
  })
end)

test("forty fields are shown, and how many there are more", function()
  local fields = {}
  for i = 1, 45 do fields[string.format("app_metadata.k%02d", i)] = field(1, 1) end
  local lines = coverage_text.lines { fields = fields, passwords = {}, lookups = {}, others = 3 }
  tap.equal({ #lines, lines[42], lines[43] }, { 43, "and 5 more fields, see --json",
    "3 values of further fields, not distinguished" })
end)

test("a long name is cut", function()
  local lines = coverage_text.lines {
    fields = { ["app_metadata." .. ("x"):rep(50)] = field(1, 1) }, passwords = {}, lookups = {},
  }
  tap.contains(lines[2], "app_metadata.xxxxxxxxxxxxxxxxxxxx...  ")
end)

test("without users and lookups there is nothing to show", function()
  tap.equal(coverage_text.lines { fields = {}, passwords = {}, lookups = {} }, {})
end)
