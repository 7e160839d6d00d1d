local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local bson = require "source.bson"
local concat = require "source.concat"
local csv = require "source.csv"
local dump = require "source.dump"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local host_json = require "host.json"
local join = require "source.join"
local json = require "source.json"
local ndjson = require "source.ndjson"
local reading = require "source.reading"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local FILES <const> = {
  ["users.csv"] = "id,name\n1,a\n2,b\n3,c\n,d\n1,again\n",
  ["passwords.csv"] = "user_id,hash\n3,h3\n1,h1\n9,h9\n1,h1b\n,h0\n",
}
local BY_ID <const> = { key = "id", other = "user_id" }

---The records of a join as a list of {record, at}.
local function collect(records)
  local all = {}
  for record, at in records do
    all[#all + 1] = { bad_record.is(record) and record.message or record, at }
  end
  return all
end

---The join of the two files, with more options.
local function joined(more, fn)
  local options = { key = "id", other = "user_id" }
  for name, value in pairs(more) do options[name] = value end
  folder.with(FILES, function(root)
    fn(join(csv.records(root .. "/users.csv"), csv.records(root .. "/passwords.csv"), options))
  end)
end

local H1 <const>, H3 <const> = { user_id = "1", hash = "h1" }, { user_id = "3", hash = "h3" }
local H9 <const>, H1B <const> = { user_id = "9", hash = "h9" }, { user_id = "1", hash = "h1b" }

test("each record of the first source has the second's with the same key", function()
  joined({}, function(records)
    equal(collect(records), {
      { { id = "1", name = "a", other = H1 }, "users.csv:2" },
      { { id = "2", name = "b" }, "users.csv:3" },
      { { id = "3", name = "c", other = H3 }, "users.csv:4" },
      { { name = "d" }, "users.csv:5" },
      { { id = "1", name = "again", other = H1 }, "users.csv:6" },
    })
  end)
end)

test("with all, it has a list of them, which may be empty", function()
  joined({ all = true, name = "passwords" }, function(records)
    local all = collect(records)
    equal({ all[1][1].passwords, all[2][1].passwords, all[4][1].passwords },
      { { H1, H1B }, {}, {} })
    equal(host_json.encode(all[2][1]), '{"id":"2","name":"b","passwords":[]}')
  end)
end)

test("an outer join ends with the records of the second source that were not used", function()
  joined({ outer = true }, function(records)
    local all = collect(records)
    equal({ #all, all[6], all[7], all[8] }, { 8,
      { { other = H9, unused = true }, "passwords.csv:4" },
      { { other = H1B, unused = true }, "passwords.csv:5" },
      { { other = { hash = "h0" }, unused = true }, "passwords.csv:6" },
    })
    equal(records(), nil)
  end)
  joined({ outer = true, all = true }, function(records)
    local all = collect(records)
    equal({ #all, all[6], all[7][1] }, { 7,
      { { other = { H9 }, unused = true }, "passwords.csv:4" },
      { other = { { hash = "h0" } }, unused = true },
    })
  end)
end)

test("keys may be computed, and are compared as text", function()
  folder.with({ ["u.ndjson"] = '{"id":7}\n{"id":8.0}\n', ["p.csv"] = "ref\nu-8\nu-7\n" },
    function(root)
      local all = collect(join(ndjson.records(root .. "/u.ndjson"), csv.records(root .. "/p.csv"), {
        key = "id", other = function(row) return row.ref:sub(3) end,
      }))
      equal({ all[1][1], all[2][1].other },
        { { id = 7, other = { ref = "u-7" } }, { ref = "u-8" } })
      all = collect(join(ndjson.records(root .. "/u.ndjson"), { { id = "u7" } }, {
        key = function(record) return "u" .. math.tointeger(record.id) end, other = "id",
      }))
      equal({ all[1][1].other, all[2][1].other }, { { id = "u7" } })
    end)
end)

test("one name for both keys is enough", function()
  equal(collect(join({ { id = 1 }, { id = 2 } }, { { id = 2, x = 1 } }, { key = "id" })), {
    { { id = 1 }, "#1" }, { { id = 2, other = { id = 2, x = 1 } }, "#2" },
  })
end)

test("binary data and big integers of the second source are kept", function()
  local all = collect(join({ { id = "a1b2c3" } }, bson.records "tests/fixtures/mongodb/users.bson",
    { key = "id", other = "_id", outer = true }))
  equal({ #all, all[1][1].other.salt, all[2][1].other.logins },
    { 4, "\0\xff\16\xc3", 9007199254740993 })
end)

test("broken records of both sources are rejected at their places", function()
  folder.with({
    ["u.ndjson"] = '{"id":1}\nx\n{"id":2}\n', ["p.ndjson"] = '{"id":2}\ny\n{"id":3}\n',
  }, function(root)
    for outer, n in pairs { [false] = 4, [true] = 5 } do
      local all = collect(join(ndjson.records(root .. "/u.ndjson"),
        ndjson.records(root .. "/p.ndjson"), { key = "id", outer = outer }))
      equal({ #all, all[1], all[2][2], all[3], all[4][2], all[5] }, {
        n, { { id = 1 }, "u.ndjson:1" }, "u.ndjson:2",
        { { id = 2, other = { id = 2 } }, "u.ndjson:3" }, "p.ndjson:2",
        outer and { { other = { id = 3 }, unused = true }, "p.ndjson:3" } or nil,
      })
      contains(all[4][1], "invalid JSON at byte 1")
    end
  end)
end)

test("what is not an object passes unjoined", function()
  folder.with({ ["u.ndjson"] = "5\nnull\n[1]\nfalse\n{}\n" }, function(root)
    local all = collect(join(ndjson.records(root .. "/u.ndjson"), { { id = 1 } }, { key = "id" }))
    equal({ all[1][1], all[2][1], all[3][1], all[4][1], all[5][1] },
      { 5, host_json.null, { 1 }, false, {} })
  end)
end)

test("a member in the way of the joined record is a failure that says what to do", function()
  local function message(first, options)
    local ok, err = pcall(function() return collect(join(first, { { id = 1 } }, options)) end)
    assert(not ok and failure.is(err) and err.kind == "usage")
    return err.message
  end
  equal(message({ { id = 1, other = 2 } }, { key = "id" }),
    'the first source has the member "other": choose another with the option name')
  equal(message({ { id = 1, x = 2 } }, { key = "id", name = "x" }),
    'the first source has the member "x": choose another with the option name')
  equal(message({ { id = 1, unused = 2 } }, { key = "id", outer = true }),
    'the first source has the member "unused": rename it before the join')
  equal(collect(join({ { id = 2, unused = 2 } }, { { id = 1 } }, { key = "id" }))[1][1].unused, 2)
end)

test("the recipe's own tables are not changed", function()
  local own = { id = 1 }
  equal(join({ own }, { { id = 1 } }, { key = "id" })().other, { id = 1 })
  equal(own, { id = 1 })
end)

test("a joined record can be read again as it was", function()
  folder.with({ ["u.csv"] = "id,n\n1,a\n", ["u.json"] = '[{"id":1,"n":"a"}]',
    ["u.sql"] = "INSERT INTO u (id, n) VALUES (1, 'a');\n" }, function(root)
    for _, users in ipairs { csv.records(root .. "/u.csv"), json.records(root .. "/u.json"),
      dump.records(root .. "/u.sql", { table = "u" }), { { id = "1", n = "a" } } } do
      local records = join(users, { { id = 1, x = "y" } }, { key = "id" })
      local record = records()
      record.other.x = "z"
      record.other = nil
      local again = records:as_read()
      equal({ again.n, again.other }, { "a", { id = 1, x = "y" } })
      equal({ records(), records:as_read() }, {})
    end
  end)
  local records <close> = join(bson.records "tests/fixtures/mongodb/users.bson",
    { { _id = "d9e9a740081755e33d5b1677" } }, { key = "_id", all = true })
  local record = records()
  record.email, record.other[1] = nil, nil
  equal({ records:as_read().email, records:as_read().other },
    { "Ada@Example.com", { { _id = "d9e9a740081755e33d5b1677" } } })
  folder.with({ ["u.sql"] = "INSERT INTO u (id) VALUES (0xff);\n" }, function(root)
    local rows = join(dump.records(root .. "/u.sql", { table = "u" }), {},
      { key = "id", all = true })
    equal({ (rows()).other, rows:as_read() }, { {}, { id = "\\xff", other = {} } })
  end)
  local none = join({ { id = 1 } }, {}, { key = "id" })
  equal({ (none()), none:as_read() }, { { id = 1 }, { id = 1 } })
end)

test("it is a reading, of the first source", function()
  joined({ outer = true }, function(records)
    assert(reading.is(records))
    equal({ records:name(), records:title(), records:columns(), records:optional() },
      { "users.csv", "users.csv", { "id", "name", "other" }, {} })
    assert(records:progress() <= 1.0)
    for _ in records do _ = nil end
    equal(records:progress(), 1.0)
    records:close()
    records:close()
    equal(records(), nil)
  end)
  local plain <close> = join({}, {}, BY_ID)
  equal({ plain:name(), plain:title(), plain:columns(), plain:optional(), plain:warnings() },
    { nil, "the joined sources", nil, true, {} })
  equal({ plain(), plain:progress() }, { nil, 1.0 })
end)

test("a column that the recipe reads and the first source does not have is warned of", function()
  joined({ outer = true }, function(records)
    for record in records do
      assert(record.nmae == nil and record.other ~= 5 and record.unused ~= false)
    end
    local messages = {}
    for i, warning in ipairs(records:warnings()) do messages[i] = warning.message end
    equal(messages, { 'column "nmae" is not in users.csv; did you mean "name"?' })
  end)
  folder.with({ ["u.json"] = '[{"id":1,"o":{"m":1}},{"id":2,"late":1}]' }, function(root)
    local records = join(json.records(root .. "/u.json"), { { id = 5 } }, { key = "id" })
    for record in records do
      assert(record.emial == nil and record.late ~= 2 and not (record.o and record.o.mm))
    end
    local messages = {}
    for i, warning in ipairs(records:warnings()) do messages[i] = warning.message end
    equal(messages, { 'no record of u.json has the member "emial"',
      'no record of u.json has the member "o.mm"; did you mean "o.m"?' })
  end)
end)

test("a member that no document of the first source has is warned of, but not the joined one",
  function()
    for _, documents in ipairs { { { _id = "none" } }, { { _id = "a1b2c3" } } } do
      local records = join(bson.records "tests/fixtures/mongodb/users.bson", documents,
        { key = "_id", outer = true })
      for record in records do
        assert(record.emial == nil and record.email ~= 5 and not (record.other or {}).none)
        assert(record.unused ~= false and not (record.emails or { {} })[1].adress)
      end
      local messages = {}
      for i, warning in ipairs(records:warnings()) do messages[i] = warning.message end
      equal(messages, {
        'no record of users.bson has the member "emial"; did you mean "email"?',
        'no record of users.bson has the member "emails[].adress"; '
          .. 'did you mean "emails[].address"?',
      })
    end
  end)

test("joins can be joined, concatenated, and be those of several sources", function()
  local roles = { { id = 1, role = "r" } }
  local records = join(join(concat({ { id = 1 } }, { { id = 2 } }), { { id = 1, h = "h" } },
    { key = "id", name = "password" }), roles, { key = "id", name = "role" })
  equal(collect(records), {
    { { id = 1, password = { id = 1, h = "h" }, role = roles[1] }, "source 1, #1" },
    { { id = 2 }, "source 2, #1" },
  })
end)

test("a key that no record of the second source has is a failure", function()
  raises(function() join({ { id = 1 } }, { { id = 1 } }, { key = "id", other = "ide" }) end,
    'no record of the lookup source has "ide"')
end)

test("other arguments raise", function()
  for _, case in ipairs {
    { { {}, {} }, 'source.join expects options: { key = "id" }' },
    { { {}, {}, "id" }, 'source.join expects options: { key = "id" }' },
    { { {}, {}, {} }, "source.join: key must be a column name or a function, not nil" },
    { { {}, {}, { key = 5 } }, "key must be a column name or a function, not a number" },
    { { {}, {}, { key = "id", other = true } }, "other must be a column name or a function" },
    { { {}, {}, { key = "id", out = true } }, 'source.join has no option "out"' },
    { { {}, {}, { key = "id", outer = "yes" } }, "outer must be a boolean" },
    { { {}, {}, { key = "id", name = 5 } }, "name must be a string" },
    { { {}, {}, { key = "id", name = "unused" } }, 'name cannot be "unused"' },
    { { {}, {}, { kye = "id" } }, 'source.join has no option "kye"; did you mean "key"?' },
    { { "x", {}, { key = "id" } }, "source.join expects records, got string" },
    { { {}, 5, { key = "id" } }, "source.join expects records, got number" },
  } do
    raises(function() join(table.unpack(case[1], 1, 3)) end, case[2])
  end
  local same = {}
  raises(function() join(same, same, { key = "id" }) end, "both sources are the same")
end)
