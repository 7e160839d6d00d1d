local items = require "pages.items"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

for _, case in ipairs {
  { '[1,2]', {}, 2 }, { '[]', {}, 0 }, { '{"users":[1]}', { items = "/users" }, 1 },
  { '{"a":{"b":[1,2,3]}}', { items = "/a/b" }, 3 },
  { '{"users":{}}', { items = "/users" }, 0, "an empty object, as PHP writes lists" },
  { '{}', { items = "/users" }, nil, "the first page" },
  { '{}', {}, nil }, { '{"users":{"a":1}}', { items = "/users" }, nil }, { '7', {}, nil },
  { '{"n":0}', { items = "/users", next = { total = "/n" } }, 0, "the page counts them" },
  { '{"n":"x"}', { items = "/users", next = { total = "/n" } }, nil },
  { '{}', { items = "/users" }, 0, "a later page", true },
  { '{"users":null}', { items = "/users" }, 0, "a later page", true },
  { '{"error":"x"}', { items = "/users" }, nil, "an error with status 200", true },
  { '[]', { items = "/users" }, nil, "another document", true },
} do
  test(string.format("the items of %s at \"%s\"%s", case[1], case[2].items or "",
    case[4] and ", " .. case[4] or ""), function()
    local list, wrong = items.of(json.decode(case[1]), case[2], case[5] or false)
    tap.equal({ list and #list, wrong ~= nil }, { case[3], case[3] == nil })
  end)
end

test("ids are texts, and false for an item without one", function()
  local list = json.decode '[{"id":7},{"id":"a"},{"id":null},{},5,null,{"id":""}]'
  tap.equal(items.ids(list, "/id"), { "7", "a", false, false, false, false, "" })
  tap.equal(items.ids(list), nil)
end)
