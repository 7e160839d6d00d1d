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

test("a source without records is valid", function()
  local found <close> = lookup({}, "id")
  equal(found:get("1"), nil)
end)

test("a key that no record has is a failure", function()
  raises(function() lookup({ { id = 1 } }, "ide") end,
    'no record of the lookup source has "ide" (records read: 1)')
end)

test("a broken record is a failure that names its place", function()
  raises(function() lookup({ { id = 1 }, bad_record.new("x", "row has 1 field") }, "id") end,
    "#2: row has 1 field")
end)

test("a key of another type is misuse", function()
  raises(function() lookup({}, nil) end, "expects a key")
  raises(function() lookup("x", "id") end, "expects records")
end)
