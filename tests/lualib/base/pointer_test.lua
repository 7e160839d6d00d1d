local json = require "host.json"
local pointer = require "base.pointer"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local VALUE <const> = json.decode [[{
  "a": { "b/c": 1, "m~n": 2, "list": [{ "id": 7 }, null] }, "@odata.nextLink": "x", "": 3, "n": null
}]]

test("a pointer leads to a member, an item, or nothing", function()
  equal(pointer.get(VALUE, "/a/b~1c"), 1)
  equal(pointer.get(VALUE, "/a/m~0n"), 2)
  equal(pointer.get(VALUE, "/a/list/0/id"), 7)
  equal(pointer.get(VALUE, "/a/list/1"), json.null)
  equal(pointer.get(VALUE, "/@odata.nextLink"), "x")
  equal(pointer.get(VALUE, "/"), 3)
  equal(pointer.get(VALUE, ""), VALUE)
  for _, none in ipairs {
    "/a/list/2", "/a/list/-1", "/a/list/x", "/b/c", "/n/x", "/@odata.nextLink/x",
  } do
    equal(pointer.get(VALUE, none), nil, none)
  end
  equal(pointer.get("text", "/a"), nil)
  equal(pointer.get(nil, "/a"), nil)
end)

test("what is set is set in a copy", function()
  local before = { search = { query = "*", fields = json.array {} }, other = { 1 } }
  local after = pointer.set(before, "/search/next", "abc")
  equal(json.encode(after), '{"other":[1],"search":{"fields":[],"next":"abc","query":"*"}}')
  equal(before.search.next, nil)
  equal(pointer.set(before, "/other/0", 2).other, { 2 })
  equal(before.other, { 1 })
  equal(pointer.set(before, "/other/next", "abc"), nil)
  equal(pointer.set(json.array {}, "/next", "abc"), nil)
end)

test("missing objects are created", function()
  equal(pointer.set(nil, "/a/b", 1), { a = { b = 1 } })
  equal(pointer.set({ a = json.null }, "/a/b", 1), { a = { b = 1 } })
end)

test("a pointer begins with a slash and has whole escapes", function()
  for _, yes in ipairs { "", "/", "/a/b", "/a~0b~1" } do equal(pointer.is(yes), true, yes) end
  for _, no in ipairs { "a", "/a~", "/a~2", " /a" } do equal(pointer.is(no), false, no) end
  equal(pointer.is(1), false)
end)
