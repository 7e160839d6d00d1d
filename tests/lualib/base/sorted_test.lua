--- Keys in a fixed order.

local json = require "host.json"
local sorted = require "base.sorted"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

test("keys are sorted bytewise, capital letters first", function()
  equal(sorted.keys { b = 1, a = 1, Z = 1, ["a.b"] = 1, [""] = 1, ["é"] = 1 },
    { "", "Z", "a", "a.b", "b", "é" })
end)

test("numbers come first and are sorted by value, then other keys by their text", function()
  equal(sorted.keys { [10] = 1, [9] = 1, [-1.5] = 1, ["1"] = 1, [true] = 1, ["true"] = 1,
    ["\0"] = 1 }, { -1.5, 9, 10, "\0", "1", true, "true" })
end)

test("nil and an empty table have no keys", function()
  equal({ sorted.keys(nil), sorted.keys {}, sorted.by_count(nil), sorted.all_keys {} },
    { {}, {}, {}, {} })
  for _ in sorted.pairs(nil) do error "a key" end
end)

test("a lazy record of JSON has keys", function()
  equal(sorted.keys(json.decode [[{"b":1,"a":null}]]), { "a", "b" })
end)

test("ranked keys come first, in their order", function()
  local order = { user_id = 1, email = 2 }
  equal(sorted.keys({ b = 1, email = 1, a = 1, user_id = 1 }, order),
    { "user_id", "email", "a", "b" })
  equal(sorted.all_keys({ { a = 1 }, { email = 1, a = 1 } }, order), { "email", "a" })
end)

test("the keys of several tables are there once", function()
  equal(sorted.all_keys { { b = 1, a = 1 }, {}, { c = 1, a = false } }, { "a", "b", "c" })
end)

test("names are the texts of keys", function()
  equal(sorted.names { [2] = 1, ["1"] = 1, [true] = 1, a = 1 }, { "1", "2", "a", "true" })
end)

test("pairs goes through members in order, also through one that is false", function()
  local seen = {}
  for key, value in sorted.pairs { b = false, a = 1, [7] = "x" } do
    seen[#seen + 1] = { key, value }
  end
  equal(seen, { { 7, "x" }, { "a", 1 }, { "b", false } })
end)

test("by count, the largest is first, and equal ones are sorted by name", function()
  equal(sorted.by_count { a = 1, c = 3, b = 3 }, { "b", "c", "a" })
end)
