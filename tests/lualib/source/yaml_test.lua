local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local yaml = require "source.yaml"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---The records of an iterator and their places; a broken record as its message.
local function collect(records)
  local all, places = {}, {}
  for record, at in records do
    all[#all + 1] = bad_record.is(record) and record.message or record
    places[#places + 1] = at
  end
  return all, places
end

test("records are the items of a list, with their lines", function()
  folder.with({ ["u.yaml"] = "# users\n- id: 1\n  name: Ada\n- id: 2\n  name: ~\n" }, function(root)
    local all, places = collect(yaml.records(root .. "/u.yaml"))
    equal({ all, places }, { { { id = 1, name = "Ada" }, { id = 2, name = yaml.null } },
      { "u.yaml:2", "u.yaml:4" } })
  end)
end)

test("a folder of files, lists at a pointer, and files without one", function()
  folder.with({ ["a.yaml"] = "users: [{id: 1}]\n", ["b.yml"] = "users: [{id: 2}]\n",
    ["c.yaml"] = "roles: []\n" }, function(root)
    local records = yaml.records(root, { pointer = "/users" })
    equal((collect(records)), { { id = 1 }, { id = 2 } })
    equal(records:warnings()[1].code, "file_without_records")
  end)
end)

test("a record that cannot be read is a broken one, and bad text ends the reading", function()
  folder.with({ ["u.yaml"] = "- {id: 1, id: 2}\n- id: 3\n- [\n" }, function(root)
    local records = yaml.records(root .. "/u.yaml")
    local first, at = records()
    equal({ first.message, at }, { "YAML, line 1, column 11: duplicate key 'id'", "u.yaml:1" })
    equal(records(), { id = 3 })
    local ok, err = pcall(records)
    assert(not ok and failure.is(err))
    contains(err.message, "u.yaml: YAML, line 4, column 1")
    equal(err.kind, "parse")
  end)
end)

test("misuse raises", function()
  raises(function() yaml.records("u.yaml", { pointre = "/x" }) end, 'did you mean "pointer"')
  raises(function() yaml.records("u.yaml", { limit = "1" }) end, "limit")
end)

for head, expected in pairs {
  ["# users\n- id: 1\n  name: Ada\n"] = { "YAML, records in a list" },
  ["---\n- id: 1\n"] = { "YAML, records in a list" },
  ["---\nusers:\n  - id: 1\n"] = { "YAML, records in /users", { pointer = "/users" } },
  ["users:\n- id: 1\n"] = { "YAML, records in /users", { pointer = "/users" } },
  ["---\nid: 1\n---\nid: 2\n"] = { "YAML, records in documents" },
} do
  test("YAML is recognized: " .. head:gsub("\n", "."), function()
    equal(yaml.recognise(head), { sure = 2, what = expected[1], options = expected[2] })
  end)
end

for _, head in ipairs {
  "", "id,email\n1,a@example.com\n", "id\temail\n", '[{"id":1}]', '{"id":1}\n{"id":2}\n',
  "dn: uid=a,dc=example\nuid: a\n\ndn: uid=b\n", '<?xml version="1.0"?><users/>',
  "#id,email\n1,a\n",
  "SQLite format 3\0\16\0", "\22\0\0\0\16a\0\1\0\0\0", "-- MySQL dump\n--\n", "# only",
  "--\n-- PostgreSQL database dump\n--\n", "version: 1\n\ndn: uid=a\n",
} do
  test("this is not recognized as YAML: " .. head:gsub("[%c\x80-\xFF]", "."), function()
    equal(yaml.recognise(head), nil)
  end)
end
