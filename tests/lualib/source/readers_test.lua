local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local csv = require "source.csv"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local host_json = require "host.json"
local json = require "source.json"
local ndjson = require "source.ndjson"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---The records of an iterator as a list of {record, at}; a broken record as its message.
local function collect(records)
  local all = {}
  for record, at in records do
    local value = bad_record.is(record) and record.message or host_json.materialize(record)
    all[#all + 1] = { value, at }
  end
  return all
end

---The Failure that `fn` raises.
local function failing(fn)
  local ok, err = pcall(fn)
  assert(not ok, "expected a failure")
  assert(failure.is(err), tostring(err))
  return err
end

test("csv records come with the file and the line where they start", function()
  folder.with({ ["users.csv"] = 'id,note\n1,"a\nb"\n2,\n' }, function(root)
    equal(collect(csv.records(root .. "/users.csv")), {
      { { id = "1", note = "a\nb" }, "users.csv:2" }, { { id = "2" }, "users.csv:4" },
    })
  end)
end)

test("ndjson records come with their line", function()
  folder.with({ ["u.ndjson"] = '{"id":1}\n\n{"id":2}\n' }, function(root)
    equal(collect(ndjson.records(root .. "/u.ndjson")), {
      { { id = 1 }, "u.ndjson:1" }, { { id = 2 }, "u.ndjson:3" },
    })
  end)
end)

test("a JSON array in an NDJSON file is named, and a list as a record is one", function()
  local files = { ["u.ndjson"] = '[{"id":1},{"id":2}]\n', ["l.ndjson"] = "[1]\n[[2]]\n" }
  folder.with(files, function(root)
    local err = failing(function() collect(ndjson.records(root .. "/u.ndjson")) end)
    contains(err.message, "u.ndjson: its first line is a JSON array of records")
    equal(#collect(ndjson.records(root .. "/l.ndjson")), 2)
  end)
end)

test("json records come with their pointer", function()
  folder.with({ ["r.json"] = '{"users":[{"id":1},{"id":2}]}', ["l.json"] = '[{"id":3}]' },
    function(root)
      equal(collect(json.records(root .. "/r.json", { pointer = "/users" })), {
        { { id = 1 }, "r.json#/users/0" }, { { id = 2 }, "r.json#/users/1" },
      })
      equal(collect(json.records(root .. "/l.json")), { { { id = 3 }, "l.json#/0" } })
    end)
end)

for what, head in pairs {
  ["an SQLite database"] = "SQLite format 3\0\16\0",
  ["a spreadsheet or a zip archive"] = "PK\3\4\20\0\0\0",
} do
  test("the message about " .. what .. " says what it is", function()
    folder.with({ ["u.csv"] = head .. "\n\n", ["u.json"] = head }, function(root)
      for name, reader in pairs { ["u.csv"] = csv, ["u.json"] = json } do
        local ok, err = pcall(function() return reader.records(root .. "/" .. name)() end)
        tap.equal(ok, false)
        tap.contains(tostring(err), name .. " is " .. what)
      end
    end)
  end)
end

test("null is the same value in every reader", function()
  folder.with({ ["u.ndjson"] = '{"id":null}\n' }, function(root)
    equal(ndjson.records(root .. "/u.ndjson")().id, json.null)
    equal(ndjson.null, json.null)
  end)
end)

test("a folder is read file by file, each with its own header", function()
  folder.with({
    ["b.csv"] = "id,x\n2,b\n", ["a.tsv"] = "x\tid\na\t1\n", ["c.json"] = "[]", [".csv"] = "no\n1\n",
  }, function(root)
    equal(collect(csv.records(root)), {
      { { id = "1", x = "a" }, "a.tsv:2" }, { { id = "2", x = "b" }, "b.csv:2" },
    })
  end)
end)

test("a delimiter option applies to tsv files too", function()
  folder.with({ ["a.tsv"] = "x;id\na;1\n" }, function(root)
    equal(collect(csv.records(root .. "/a.tsv", { delimiter = ";" })), {
      { { id = "1", x = "a" }, "a.tsv:2" },
    })
  end)
end)

test("files with the same name are distinguished by their paths", function()
  folder.with({ ["a/u.csv"] = "id\n1\n", ["b/u.csv"] = "id\n2\n" }, function(root)
    local all = collect(csv.records(root .. "/a/u.csv," .. root .. "/b/u.csv"))
    equal({ all[1][2], all[2][2] }, { root .. "/a/u.csv:2", root .. "/b/u.csv:2" })
  end)
end)

test("a broken record is a value among the others", function()
  folder.with({ ["u.csv"] = "a,b\n1\n2,3\n", ["u.ndjson"] = '{"a":\n{"a":1}\n' }, function(root)
    equal(collect(csv.records(root .. "/u.csv")), {
      { "row has 1 field, the header 2", "u.csv:2" }, { { a = "2", b = "3" }, "u.csv:3" },
    })
    local all = collect(ndjson.records(root .. "/u.ndjson"))
    equal({ #all, all[1][2], all[2] }, { 2, "u.ndjson:1", { { a = 1 }, "u.ndjson:2" } })
    assert(type(all[1][1]) == "string")
    local record = csv.records(root .. "/u.csv")()
    equal({ record.raw, tostring(record) }, { "1", "row has 1 field, the header 2" })
  end)
end)

test("an error that ends the reading is raised and names the file", function()
  folder.with({ ["u.csv"] = 'a\n1\n"2\n', ["u.json"] = '[{"a":1},{"a":}]' }, function(root)
    local err = failing(function() collect(csv.records(root .. "/u.csv")) end)
    equal({ err.message, err.kind },
    { "u.csv:3: the quote that opens here is never closed", "parse" })
    err = failing(function() collect(json.records(root .. "/u.json")) end)
    contains(err.message, "u.json: ")
    equal(err.kind, "parse")
  end)
end)

test("a missing file is reported before anything is read", function()
  local err = failing(function() csv.records("/nowhere/users.csv") end)
  equal(err.kind, "missing")
  contains(err.message, "cannot read /nowhere/users.csv: no such file")
end)

test("a file without the list is skipped among several, but not alone", function()
  local files = { ["r.json"] = '{"realm":"r"}', ["u.json"] = '{"users":[{"id":1}]}' }
  folder.with(files, function(root)
    local records = json.records(root, { pointer = "/users" })
    equal(collect(records), { { { id = 1 }, "u.json#/users/0" } })
    equal(records:warnings()[1].code, "file_without_records")
    contains(records:warnings()[1].message, "r.json: no list at /users")
    contains(failing(function() collect(json.records(root .. "/r.json",
      { pointer = "/users" })) end)
      .message, "no list at /users")
    contains(failing(function() collect(json.records(root, { pointer = "/people" })) end)
      .message, "no list at /people")
  end)
end)

test("a file that is broken before the list is not skipped among several", function()
  local files = { ["r.json"] = '{"realm":', ["u.json"] = '{"users":[{"id":1}]}' }
  folder.with(files, function(root)
    local err = failing(function() collect(json.records(root, { pointer = "/users" })) end)
    contains(err.message, "r.json: invalid JSON at byte ")
    equal(err.kind, "parse")
  end)
end)

test("unknown columns are warned about once, with the closest name", function()
  folder.with({ ["u.csv"] = "Email,id\na,1\nb,2\n" }, function(root)
    local records = csv.records(root .. "/u.csv")
    for row in records do assert(not row.emial and not row.zzzzzz) end
    equal(records:warnings(), {
      { code = "unknown_column",
        message = 'column "emial" is not in u.csv; did you mean "Email"?' },
      { code = "unknown_column", message = 'column "zzzzzz" is not in u.csv' },
    })
  end)
end)

test("members that no record has are warned about at the end, with the closest name", function()
  folder.with({ ["a.json"] = '[{"email":"a"},{"email":"b","opt":1}]', ["b.json"] = '[{"id":1}]' },
    function(root)
      local records = json.records(root .. "/a.json")
      local row = records()
      assert(not row.emial and not row.zzzzzz and not row.opt)
      equal(records:warnings(), {})
      for more in records do assert(not more.emial) end
      equal(records:warnings(), {
        { code = "unknown_member",
          message = 'no record of a.json has the member "emial"; did you mean "email"?' },
        { code = "unknown_member", message = 'no record of a.json has the member "zzzzzz"' },
      })
      local both = json.records { root .. "/a.json", root .. "/b.json" }
      for one in both do assert(one.id or not one.idd) end
      equal(both:warnings()[1].message,
        'no record of the 2 files has the member "idd"; did you mean "id"?')
    end)
end)

test("members inside records that none has are warned about with their path", function()
  folder.with({ ["u.json"] = [=[[
    {"profile": {"city": "x", "address": {"zip": 1}}, "addresses": [{"street": 1}, {"opt": 1}]},
    {"profile": {"later": 1}}
  ]]=] }, function(root)
    local function read(options)
      local records = json.records(root .. "/u.json", options)
      for row in records do
        local inside = row.profile.address or {}
        assert(not row.profile.cty and not inside.zipp or row.profile.later)
        local first = row.addresses and row.addresses[1] or {}
        assert(not first.strret and not first.opt and not first.zzzzzz)
      end
      local messages = {}
      for i, warning in ipairs(records:warnings()) do
        equal(warning.code, "unknown_member")
        messages[i] = warning.message:gsub("^no record of u.json has the member ", "")
      end
      return messages
    end
    equal(read(), {
      '"addresses[].strret"; did you mean "addresses[].street"?', '"addresses[].zzzzzz"',
      '"profile.cty"; did you mean "profile.city"?',
      '"profile.address.zipp"; did you mean "profile.address.zip"?',
    })
    equal(read { optional = { "profile.cty", "addresses[].strret", "zzzzzz" } }, {
      '"addresses[].zzzzzz"', '"profile.address.zipp"; did you mean "profile.address.zip"?',
    })
    equal(read { optional = true }, {})
  end)
end)

test("a name that is optional may be missing in all records", function()
  folder.with({ ["u.ndjson"] = '{"id":1}\n', ["u.csv"] = "id\n1\n" }, function(root)
    for _, reader in ipairs { ndjson, csv } do
      local path = root .. (reader == csv and "/u.csv" or "/u.ndjson")
      for optional, n in pairs { [true] = 0, a = 1, b = 1 } do
        local given = optional == true or { optional }
        local records = reader.records(path, { optional = given })
        for row in records do assert(not row.a and not row.b) end
        equal(#records:warnings(), n)
      end
      raises(function() reader.records(path, { optional = 5 }) end,
        "optional must be true or a list of names")
    end
  end)
end)

test("a file that was split at the wrong delimiter is warned about", function()
  folder.with({ ["u.csv"] = "id;mail\n1;a\n" }, function(root)
    local records = csv.records(root .. "/u.csv")
    collect(records)
    equal(records:warnings(), {
      { code = "delimiter", message = 'u.csv has a single column; is its delimiter ";"?' },
    })
  end)
end)

test("unknown options are misuse, with the closest name", function()
  for _, case in ipairs {
    { csv.records, { delimeter = ";" },
      'csv.records has no option "delimeter"; did you mean "delimiter"?' },
    { json.records, { pointr = "" },
      'json.records has no option "pointr"; did you mean "pointer"?' },
    { ndjson.records, { pointer = "" }, 'ndjson.records has no option "pointer"' },
    { csv.records, "x", "options must be a table" },
  } do
    raises(function() case[1]("-", case[2]) end, case[3])
  end
  raises(function() csv.records(nil) end, "csv.records expects the name of its input, got nil")
end)

test("progress ends at 1 and counts bytes on disk", function()
  folder.with({ ["a.csv"] = "id\n1\n", ["b.csv"] = "id\n2\n" }, function(root)
    local records = csv.records(root)
    records()
    local share, bytes, total = records:progress()
    equal({ share, bytes, total }, { 0.5, 5, 10 })
    collect(records)
    equal((records:progress()), 1.0)
  end)
end)

test("a closed reader yields nothing more", function()
  folder.with({ ["a.csv"] = "id\n1\n2\n" }, function(root)
    local records = csv.records(root .. "/a.csv")
    records()
    records:close()
    records:close()
    equal({ records() }, {})
  end)
end)

test("reading past the end returns nothing again", function()
  folder.with({ ["a.csv"] = "id\n" }, function(root)
    local records = csv.records(root .. "/a.csv")
    equal({ records() }, {})
    equal({ records() }, {})
  end)
end)

---The rows of a file of which only the beginning says how it is written, and the warnings.
local function detected(text, options)
  local rows, codes = {}, {}
  folder.with({ ["u.csv"] = text }, function(root)
    local records <close> = csv.records(root .. "/u.csv", options or { detect = true })
    for record in records do
      rows[#rows + 1] = type(record) == "userdata" and { record.id, record.name } or "broken"
    end
    for i, warning in ipairs(records:warnings()) do codes[i] = warning.code end
  end)
  return rows, codes
end

test("csv with detect is read as its beginning shows", function()
  local two = { { "1", "a, b" }, { "2", "c" } }
  for what, text in pairs {
    semicolons = "id;name\n1;a, b\n2;c\n", tabs = "id\tname\n1\ta, b\n2\tc\n",
    pipes = "id|name\n1|a, b\n2|c\n", commas = 'id,name\n1,"a, b"\n2,"c"\n',
    apostrophes = "'id','name'\n'1','a, b'\n'2','c'\n",
    ["a sep line"] = "sep=;\nid;name\n1;a, b\n2;c\n",
    ["UTF-16"] = "\xFF\xFE" .. ("id;name\n1;a, b\n2;c\n"):gsub(".", "%0\0"),
    ["UTF-16 without a mark"] = ("id;name\n1;a, b\n2;c\n"):gsub(".", "%0\0"),
  } do
    local rows, codes = detected(text)
    equal({ what, rows, codes }, { what, two, {} })
  end
end)

test("csv with detect: escapes, words for NULL, and letters that are not UTF-8", function()
  equal(detected 'id,name\n1,"say \\"a\\", b"\n2,\\N\n3,(null)\n',
    { { "1", 'say "a", b' }, { "2" }, { "3" } })
  local rows, codes = detected "id;name\n1;J\xFCrg\n"
  equal({ rows, codes }, { { { "1", "J\u{FC}rg" } }, { "encoding" } })
end)

test("csv with detect: what is given counts", function()
  equal(detected("id;name\n1;a,b\n", { detect = true, delimiter = ",", header = { "id", "name" },
    ragged = "pad" }), { { "id;name" }, { "1;a", "b" } })
  equal(detected("1;a\n2;b\n", { detect = true, header = { "id", "name" } }),
    { { "1", "a" }, { "2", "b" } })
end)

test("csv with detect: one broken row does not change how the others are read", function()
  local lines = { "id,name" }
  for i = 1, 9 do lines[#lines + 1] = i .. ',"a, ' .. i .. '"' end
  table.insert(lines, 4, '0,"a"b')
  local rows = detected(table.concat(lines, "\n"))
  equal({ #rows, rows[1], rows[3], rows[10] }, { 10, { "1", "a, 1" }, "broken", { "9", "a, 9" } })
end)

test("csv with detect: a file without a header has numbered columns", function()
  folder.with({ ["u.csv"] = "1,a@example.com\n2,b@example.com\n" }, function(root)
    local records <close> = csv.records(root .. "/u.csv", { detect = true })
    equal(records:columns(), { "column 1", "column 2" })
    equal(records()["column 2"], "a@example.com")
  end)
end)
