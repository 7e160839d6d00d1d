local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local csv = require "source.csv"
local folder = require "tests.lualib.source.folder"
local json = require "source.json"
local lookup = require "source.lookup"
local ndjson = require "source.ndjson"
local test, equal, raises = tap.test, tap.equal, tap.raises

test("records are found by a column, the first or all", function()
  folder.with({ ["roles.csv"] = "id,role\n1,a\n2,b\n1,c\n,d\n" }, function(root)
    local roles <close> = lookup(csv.records(root .. "/roles.csv"), "id")
    equal(roles:get("1"), { id = "1", role = "a" })
    equal(roles:all("1"), { { id = "1", role = "a" }, { id = "1", role = "c" } })
    equal({ roles:get("3"), roles:all("3") }, { nil, {} })
    equal(roles:count(), 3)
  end)
end)

test("a key may be computed", function()
  folder.with({ ["h.ndjson"] = '{"_id":{"$oid":"x1"},"hash":"h"}\n' }, function(root)
    local hashes <close> = lookup(ndjson.records(root .. "/h.ndjson"), function(record)
      return "auth0|" .. record._id["$oid"]
    end)
    equal(hashes:get("auth0|x1").hash, "h")
  end)
end)

test("numbers and their digits are the same key", function()
  local found <close> = lookup({ { id = 7, x = "i" }, { id = "8", x = "s" }, { id = 9.0 } }, "id")
  equal({ found:get("7").x, found:get(8).x, found:get(8.0).x }, { "i", "s", "s" })
  assert(found:get("9"))
end)

test("UUIDs are the same key in either case, with braces or without", function()
  local low <const> = "0b6f2c1e-5a77-4c0b-9e65-1d2c3b4a5901"
  local found <close> = lookup({ { id = low, x = 1 }, { id = "{" .. low:upper() .. "}", x = 2 },
    { id = "Ab", x = 3 } }, "id")
  equal({ #found:all(low:upper()), found:get("{" .. low .. "}").x }, { 2, 1 })
  equal(found:get("ab"), nil) -- other texts are as they are
  equal(found:get(low:gsub("%-", "_")), nil)
end)

test("records come back unchanged: big integers, empty lists, nulls", function()
  local big <const> = 9007199254740993
  folder.with({ ["u.json"] = '[{"id":"a","n":9007199254740993,"l":[],"z":null}]' }, function(root)
    local users <close> = lookup(json.records(root .. "/u.json"), "id")
    local user = users:get("a")
    equal({ user.n, user.z }, { big, json.null })
    equal(require "host.json".encode(user.l), "[]")
  end)
end)

test("nothing is found for nil and null", function()
  local found <close> = lookup({ { id = "1" }, { id = json.null }, {} }, "id")
  equal({ found:get(nil), found:get(json.null), found:count() }, { nil, nil, 1 })
  equal(found:all(nil), {})
end)

---What iterates as a list of {record, at}.
local function listed(records)
  local all = {}
  for record, at in records do all[#all + 1] = { record, at } end
  return all
end

test("records that were never found are listed with their places, those without a key too",
  function()
    folder.with({ ["r.csv"] = "id,role\n1,a\n2,b\n1,c\n,d\n3,e\n" }, function(root)
      local roles <close> = lookup(csv.records(root .. "/r.csv"), "id")
      equal(#listed(roles:unused()), 5)
      roles:get("1")
      roles:get("none")
      roles:get(nil)
      equal(listed(roles:unused()), {
        { { id = "2", role = "b" }, "r.csv:3" }, { { id = "1", role = "c" }, "r.csv:4" },
        { { role = "d" }, "r.csv:5" }, { { id = "3", role = "e" }, "r.csv:6" },
      })
      roles:all("1")
      roles:get(3)
      equal(listed(roles:unused()), {
        { { id = "2", role = "b" }, "r.csv:3" }, { { role = "d" }, "r.csv:5" },
      })
      equal(roles:count(), 4)
    end)
  end)

test("a record that is found while the unused ones are listed is not listed any more", function()
  local found <close> = lookup({ { id = 1 }, { id = 2 }, { id = 3 } }, "id")
  local rest = found:unused()
  equal(rest().id, 1)
  found:get(2)
  equal({ rest().id, rest(), rest() }, { 3 })
end)

test("records of an iterator without places have their numbers", function()
  local left = { { id = 1 }, {}, { id = 3, bad = print } }
  local function without_places() return table.remove(left, 1) end
  raises(function() lookup(without_places, "id") end, "#3: bad cannot be written as JSON")
  left = { { id = 1 }, { bad = print }, {} }
  local found <close> = lookup(without_places, "id")
  equal(listed(found:unused()), { { { id = 1 }, "#1" }, { {}, "#3" } })
  left = { bad_record.new("x", "broken") }
  raises(function() lookup(without_places, "id") end, "#1: broken")
end)

test("records with bytes that are not text come back unchanged", function()
  local found <close> = lookup({ { id = 1, salt = "\xff\0t", n = 3.0 }, { id = "\xff" } }, "id")
  equal({ found:get(1), found:get("\xff") },
    { { id = 1, salt = "\xff\0t", n = 3.0 }, { id = "\xff" } })
end)

test("a source without records is valid", function()
  local found <close> = lookup({}, "id")
  equal(found:get("1"), nil)
end)

test("a key that no record has is a failure", function()
  raises(function() lookup({ { id = 1 } }, "ide") end,
    'no record of the lookup source has "ide" (records read: 1)')
end)

test("a key that no record has is a failure with the file and the nearest name", function()
  folder.with({ ["r.csv"] = "user_id,role\n1,a\n", ["u.json"] = '[{"user_id":1}]' }, function(root)
    raises(function() lookup(csv.records(root .. "/r.csv"), "usr_id") end,
      'no record of r.csv has "usr_id" (records read: 1); did you mean "user_id"?')
    raises(function() lookup(json.records(root .. "/u.json"), "userid") end,
      'no record of u.json has "userid" (records read: 1); did you mean "user_id"?')
  end)
end)

local function noted()
  local notes = {
    warnings = {}, add = function() end, is_read = function() return true end,
  }
  return lookup.noting(notes), notes
end

test("a column that the recipe reads and a looked-up file does not have is warned of once",
  function()
    folder.with({ ["r.csv"] = "id,role,empty\n1,a,\n2,,\n" }, function(root)
      local noting, notes = noted()
      local roles <close> = noting(csv.records(root .. "/r.csv"), "id")
      for _, id in ipairs { "1", "2", "1", "3" } do
        local row = roles:get(id)
        if row then assert(not row.rolle and not row.empty) end
        for _, one in ipairs(roles:all(id)) do assert(not one.rolle and not one.zzzz) end
      end
      equal(notes.warnings, {
        { code = "unknown_column",
          message = 'column "rolle" is not in r.csv; did you mean "role"?' },
        { code = "unknown_column", message = 'column "zzzz" is not in r.csv' },
      })
      equal(roles:get("1"), { id = "1", role = "a" })
    end)
  end)

test("a member that the recipe reads and no looked-up record has is warned of", function()
  folder.with({ ["a.ndjson"] = '{"id":1,"plan":"x"}\n{"id":2,"opt":1}\n',
    ["b.ndjson"] = '{"id":3,"late":1}\n' }, function(root)
    local noting, notes = noted()
    local found <close> = noting(ndjson.records { root .. "/a.ndjson", root .. "/b.ndjson" }, "id")
    local row = found:get(1)
    assert(not row.plna and not row.opt and not row.late)
    equal(notes.warnings, { { code = "unknown_member",
      message = 'no record of the 2 files has the member "plna"; did you mean "plan"?' } })
    notes.is_read = function() return false end
    assert(not row.other)
    equal(#notes.warnings, 1)
  end)
end)

test("members inside looked-up records that none has are warned of at the end", function()
  local records = {}
  for i = 1, 1200 do records[i] = '{"id":' .. i .. ',"o":{"m":1},"l":[{"n":1},{}]}' end
  records[1150] = '{"id":1150,"o":{"rare":1}}'
  folder.with({ ["a.ndjson"] = table.concat(records, "\n") }, function(root)
    local noting, notes = noted()
    local use
    notes.add = function(made) use = made end
    local function read(options)
      local found <close> = noting(ndjson.records(root .. "/a.ndjson", options), "id")
      local row, names = found:get(2), {}
      assert(not row.o.mm and not row.o.rare and not row.l[2].nn and not row.l[1].xxxxxx)
      for _, one in ipairs(found:all(3)) do assert(not one.o.mm and one.o.m and not one.zzzzzz) end
      use.report()
      for i, warning in ipairs(notes.warnings) do
        names[i], notes.warnings[i] = warning.message:match('member (.*)$'), nil
      end
      return names
    end
    equal(read(), {
      '"zzzzzz"', '"l[].nn"; did you mean "l[].n"?', '"l[].xxxxxx"', '"o.mm"; did you mean "o.m"?',
    })
    equal(read { optional = { "o.mm", "zzzzzz", "l[].xxxxxx" } },
      { '"l[].nn"; did you mean "l[].n"?' })
    equal(read { optional = true }, {})
  end)
end)

test("names of a reader that are optional are so in looked-up records", function()
  folder.with({ ["r.csv"] = "id,role\n1,a\n" }, function(root)
    for optional, n in pairs { [true] = 0, rolle = 1, zzzz = 1 } do
      local noting, notes = noted()
      local given = optional == true or { optional }
      local found <close> = noting(csv.records(root .. "/r.csv", { optional = given }), "id")
      local row = found:get(1)
      assert(not row.rolle and not row.zzzz)
      equal(#notes.warnings, n)
    end
  end)
end)

test("a looked-up table of the recipe's own is left as it is", function()
  local noting = noted()
  local own = { { id = 1, o = { a = 1 } } }
  local found <close> = noting(own, "id")
  equal({ getmetatable(own[1]), getmetatable(own[1].o) }, {})
  equal(require "host.json".encode(found:get(1)), '{"id":1,"o":{"a":1}}')
end)

test("warnings of a looked-up source are kept", function()
  folder.with({ ["r.csv"] = "id,role\n1,a\n" }, function(root)
    local noting, notes = noted()
    local found <close> = noting.new(csv.records(root .. "/r.csv"), function(row)
      return row.ident or row.id
    end)
    equal({ found:count(), notes.warnings[1].message }, { 1, 'column "ident" is not in r.csv' })
  end)
end)

test("a looked-up record is a plain table, also in JSON", function()
  local noting = noted()
  local found <close> = noting({ { id = 1, more = { 1, 2 } } }, "id")
  local row, names = found:get(1), {}
  for name in pairs(row) do names[#names + 1] = name end
  table.sort(names)
  equal(names, { "id", "more" })
  row.more = nil
  equal(require "host.json".encode { row = row }, '{"row":{"id":1}}')
end)

test("a method that a lookup does not have raises, with the nearest name", function()
  local found <close> = lookup({}, "id")
  raises(function() found.unused() end, "write lookup:unused(), with a colon")
  raises(function() found:gte(1) end, 'a lookup has no gte; did you mean "get"?')
end)

test("a broken record is a failure that names its place", function()
  raises(function() lookup({ { id = 1 }, bad_record.new("x", "row has 1 field") }, "id") end,
    "#2: row has 1 field")
end)

test("a key of another type is misuse", function()
  raises(function() lookup({}, nil) end, "expects a key")
  raises(function() lookup("x", "id") end, "expects records")
end)
