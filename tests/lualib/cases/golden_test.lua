--- What changed between two lists of users.

local golden = require "cases.golden"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local function user(id, name)
  return { user_id = id, email = id .. "@example.com", name = name }
end

---"changed 2 name", "added 3": each change.
local function changes(before, now)
  local old, new, list = {}, {}, {}
  for i, one in ipairs(before) do old[i] = { user = one, line = i } end
  for i, one in ipairs(now) do new[i] = { user = one } end
  for i, change in ipairs(golden.changes(old, new)) do
    local first = change.differences and " " .. change.differences[1].path or ""
    list[i] = change.kind .. " " .. change.line .. first
  end
  return list
end

local A <const>, B <const>, C <const> = user "a", user "b", user "c"

test("equal lists have no changes", function() equal(changes({ A, B }, { A, B }), {}) end)

test("a user is found again by an identifier", function()
  equal(changes({ A, B }, { A, user("b", "Bob") }), { "changed 2 name" })
end)

test("a user between others does not change the others", function()
  equal(changes({ A, C }, { A, B, C }), { "added 2" })
  equal(changes({ A, B, C }, { A, C }), { "removed 2" })
end)

test("another order is told", function()
  equal(changes({ A, B, C }, { B, A, C }), { "moved 2" })
end)

test("users that are equal are paired once each", function()
  equal(changes({ A, A }, { A }), { "removed 2" })
  equal(changes({ A }, { A, A }), { "added 2" })
end)

test("a user with no identifier is compared as a whole", function()
  equal(changes({ { name = "x" } }, { { name = "y" } }), { "removed 1", "added 1" })
end)
