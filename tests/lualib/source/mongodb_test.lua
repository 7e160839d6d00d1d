local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local bson = require "source.bson"
local digest = require "host.digest"
local extended_json = require "source.extended_json"
local failure = require "base.failure"
local file = require "host.file"
local folder = require "tests.lualib.source.folder"
local json = require "host.json"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local FIXTURES <const> = "tests/fixtures/mongodb/"
local UUID <const> = "00112233-4455-6677-8899-aabbccddeeff"
local users = assert(file.read(FIXTURES .. "users.bson"))

---The records of an iterator as a list of {record, at}; a broken record as its message.
local function collect(records)
  local all = {}
  for record, at in records do
    all[#all + 1] = { bad_record.is(record) and record.message or record, at }
  end
  return all
end

---What a reader makes of a file of this content: its list, or the message of its failure.
local function read(reader, name, content, options)
  local ok, list
  folder.with({ [name] = content }, function(root)
    ok, list = pcall(function() return collect(reader.records(root .. "/" .. name, options)) end)
    if not ok and not failure.is(list) then error(list, 0) end
  end)
  return ok and list or list.message
end

---The value of a member `v` whose extended JSON this is; the message if the document is bad.
local function value(text)
  local list = read(extended_json, "a.json", '{"v":' .. text .. "}\n")
  local record = list[1][1]
  return type(record) == "table" and record.v or record
end

test("mongodump's and mongoexport's files of the same documents give the same records", function()
  local expected = collect(bson.records(FIXTURES .. "users.bson"))
  equal(#expected, 4)
  for name, place in pairs {
    ["canonical.ndjson"] = ":%d", ["pretty.json"] = "#/%d", ["relaxed.json"] = "#/%d",
  } do
    local all = collect(extended_json.records(FIXTURES .. name))
    equal(#all, 4)
    for i, pair in ipairs(all) do
      equal(pair[1], expected[i][1], name)
      equal(pair[2], name .. place:format(place:find("/") and i - 1 or i))
      equal(expected[i][2], "users.bson#" .. i - 1)
    end
    equal(json.encode(all[4][1]), json.encode(expected[4][1])) -- lists without items, too
    equal(1 / all[2][1].zero, -math.huge)
  end
end)

test("documents are read as a recipe wants them", function()
  local all = collect(bson.records(FIXTURES .. "users.bson"))
  local first, second, third, fourth = all[1][1], all[2][1], all[3][1], all[4][1]
  equal({ first._id, first.createdAt, first.logins, first.score, first.nothing }, {
    "d9e9a740081755e33d5b1677", "2023-01-02T03:04:05.678Z", 9007199254740993, 3.0, bson.null,
  })
  equal({ second._id, second.createdAt, second.late, second.nan }, {
    "00112233-4455-6677-8899-aabbccddeeff", "0001-01-01T00:00:00.000Z",
    "+010000-01-01T00:00:00.000Z", "NaN",
  })
  equal({ third.salt, third.old, third.prices[1], third.prices[11] },
    { "\0\xff\16\xc3", "legacy", "0.1", "9.999999999999999999999999999999999E+6144" })
  equal({ fourth.regex, fourth.scoped, fourth.stamp, fourth.least, fourth.owner }, {
    "/^a/b/im", "g(x)", "2023-01-02T03:04:05.000Z", "MinKey",
    { ["$ref"] = "users", ["$id"] = "0102030405060708090a0b0c" },
  })
end)

test("a compressed dump, and a folder of them, is read", function()
  folder.with({
    ["b.bson.gz"] = digest.gzip(users), ["a.bson"] = "\5\0\0\0\0", ["a.metadata.json"] = "{}",
  }, function(root)
    local all = collect(bson.records(root))
    equal({ #all, all[1], all[5][2] }, { 5, { {}, "a.bson#0" }, "b.bson.gz#3" })
  end)
end)

test("a broken document is rejected with its place, and the next one is read", function()
  local broken = users:gsub("Ada@", "\xff\xff\xff\xff", 1)
  local all = read(bson, "u.bson", broken)
  equal({ #all, all[1][2] }, { 4, "u.bson#0" })
  contains(all[1][1], "invalid UTF-8")
  folder.with({ ["u.bson"] = broken }, function(root)
    local raw = bson.records(root .. "/u.bson")().raw
    contains(raw, "email\\x00")
    contains(raw, "\\xff\\xff\\xff\\xffExample.com")
  end)
end)

test("a dump that was cut off says where, and the documents before are read", function()
  local all = read(bson, "u.bson", users:sub(1, -20))
  equal({ #all, all[4][2] }, { 4, "u.bson#3" })
  contains(all[4][1], "the file is cut off: it ends after")
end)

test("a length that no document has ends the reading, with the name of the file", function()
  contains(read(bson, "u.bson", users .. "\xff\xff\xff\xff"),
    "u.bson: document #4, at byte 1194, has the length -1, which no document of BSON has")
  contains(read(bson, "u.archive", "\x6d\xe2\x99\x81" .. users .. "a,b\n"),
    "u.archive: an archive of mongodump: ")
  local letter = "a\0\0\0\2a\0\x55\0\0\0" .. ("a,b\n"):rep(21) .. "\0\0" -- a length of 97
  contains(read(bson, "u.bson", letter .. "\0\0\0\0"),
    "u.bson: document #1, at byte 98, has the length 0")
end)

test("a file in the other format is named with the reader that reads it", function()
  contains(read(bson, "u.bson", '{"_id":{"$oid":"d9e9a740081755e33d5b1677"}}\n'),
    "u.bson is JSON, not BSON: read it with source.extended_json")
  contains(read(bson, "u.bson", "id,email\n1,a@example.com\n"), "u.bson is CSV, not BSON: ")
  contains(read(extended_json, "u.json", users),
    "u.json is BSON, not JSON: read it with source.bson")
  contains(read(require "source.csv", "u.csv", users), "u.csv is BSON, not CSV: read it with")
  contains(read(extended_json, "u.json", "id,email\n1,a@example.com\n"),
    "u.json is CSV, not JSON: ")
end)

test("each wrapped value becomes what its BSON is", function()
  for text, expected in pairs {
    ['{"$oid":"D9E9a740081755e33d5b1677"}'] = "d9e9a740081755e33d5b1677",
    ['{"$date":"2016-01-02T03:04:05Z"}'] = "2016-01-02T03:04:05.000Z",
    ['{"$date":"2016-01-02T03:04:05.6Z"}'] = "2016-01-02T03:04:05.600Z",
    ['{"$date":"2016-01-02T03:04:05.678+0130"}'] = "2016-01-02T01:34:05.678Z",
    ['{"$date":"2016-01-01T00:04:05.678+01:00"}'] = "2015-12-31T23:04:05.678Z",
    ['{"$date":"+010000-02-29T00:00:00Z"}'] = "+010000-02-29T00:00:00.000Z",
    ['{"$date":"-000001-01-01T00:00:00.000Z"}'] = "-000001-01-01T00:00:00.000Z",
    ['{"$date":"0000-12-31T23:59:59.999Z"}'] = "0000-12-31T23:59:59.999Z",
    ['{"$date":"9999-12-31T23:59:59.999-01:00"}'] = "+010000-01-01T00:59:59.999Z",
    ['{"$date":1451703845678}'] = "2016-01-02T03:04:05.678Z",
    ['{"$date":-1}'] = "1969-12-31T23:59:59.999Z",
    ['{"$date":{"$numberLong":"-62135596800000"}}'] = "0001-01-01T00:00:00.000Z",
    ['{"$numberLong":"9007199254740993"}'] = 9007199254740993,
    ['{"$numberLong":"-9223372036854775808"}'] = math.mininteger, ['{"$numberLong":5}'] = 5,
    ['{"$numberInt":"-2147483648"}'] = -2147483648, ['{"$numberDouble":"3.0"}'] = 3.0,
    ['{"$numberDouble":"3"}'] = 3.0, ['{"$numberDouble":"-1.5E-7"}'] = -1.5e-7,
    ['{"$numberDouble":"NaN"}'] = "NaN", ['{"$numberDouble":"-Infinity"}'] = "-Infinity",
    ['{"$numberDecimal":"1E+3"}'] = "1E+3", ['{"$numberDecimal":"NaN"}'] = "NaN",
    ['{"$binary":{"base64":"AP8QMQ==","subType":"00"}}'] = "\0\xff\16\49",
    ['{"$binary":"AP8QMQ==","$type":"00"}'] = "\0\xff\16\49",
    ['{"$binary":"ABEiM0RVZneImaq7zN3u/w==","$type":"04"}'] = UUID,
    ['{"$binary":"ABEiM0RVZneImaq7zN3u/w==","$type":4}'] = UUID,
    ['{"$uuid":"00112233-4455-6677-8899-AABBCCDDEEFF"}'] = UUID,
    ['{"$regularExpression":{"pattern":"^a","options":"i"}}'] = "/^a/i",
    ['{"$regex":"^a","$options":"i"}'] = "/^a/i", ['{"$undefined":true}'] = json.null,
    ['{"$timestamp":{"t":1672628645,"i":1}}'] = "2023-01-02T03:04:05.000Z",
    ['{"$symbol":"s"}'] = "s", ['{"$code":"f()"}'] = "f()",
    ['{"$code":"f()","$scope":{"a":{"$numberInt":"1"}}}'] = "f()",
    ['{"$minKey":1}'] = "MinKey", ['{"$maxKey":1}'] = "MaxKey",
    ['{"$dbPointer":{"$ref":"c","$id":{"$oid":"d9e9a740081755e33d5b1677"}}}'] =
      { ["$ref"] = "c", ["$id"] = "d9e9a740081755e33d5b1677" },
    -- what only looks like one
    ['{"$ref":"c","$id":{"$numberInt":"5"}}'] = { ["$ref"] = "c", ["$id"] = 5 },
    ['{"$oid":"x","more":1}'] = { ["$oid"] = "x", more = 1 },
    ['{"$regex":"x"}'] = { ["$regex"] = "x" },
    ['{"$type":"x"}'] = { ["$type"] = "x" },
    ['[{"a":[{"$numberInt":"1"},2]}]'] = { { a = { 1, 2 } } },
  } do
    equal(value(text), expected, text)
  end
end)

test("wrong contents of a wrapped value reject the document only", function()
  for name, contents in pairs {
    ["$oid"] = { '""', '"d9e9a740081755e33d5b167g"', '"d9e9a740081755e33d5b16771"', "1", "null" },
    ["$date"] = { '""', '"yesterday"', '"2016-13-01T00:00:00Z"', '"2016-01-01"', "1.5", "{}",
      "true", '{"$numberLong":"x"}', '"2016-01-01T00:00:00 somewhere"' },
    ["$numberInt"] = { '"2147483648"', '"1.5"', '""', "{}" },
    ["$numberLong"] = { '"9223372036854775808"', '"x"', "1.5", "null", '"0x10"' },
    ["$numberDouble"] = { '"x"', '"1e999"', '"inf"', '"0x1p4"', "{}" },
    ["$numberDecimal"] = { '"x"', "1", '""' },
    ["$binary"] = { '"*"', '{"base64":"*","subType":"00"}', '{"base64":"AAAA"}', "1",
      '{"base64":"AAAA","subType":"04"}', '{"base64":"AAAA","subType":"zz"}' },
    ["$uuid"] = { '"00112233"', "1" }, ["$timestamp"] = { "1", '{"t":-1,"i":0}' },
    ["$regularExpression"] = { '"x"', '{"pattern":"x"}' }, ["$undefined"] = { "false" },
    ["$symbol"] = { "1" }, ["$code"] = { "1" }, ["$dbPointer"] = { "1", '{"$ref":"c"}' },
    ["$minKey"] = { '"1"' }, ["$maxKey"] = { "2" },
  } do
    for _, text in ipairs(contents) do
      local line = ('{"v":[{"%s":%s}]}'):format(name, text)
      local all = read(extended_json, "a.json", line .. '\n{"v":1}\n')
      equal(all, { { "invalid extended JSON: wrong contents of " .. name, "a.json:1" },
        { { v = 1 }, "a.json:2" } }, line)
      all = read(extended_json, "a.json", "[" .. line .. ',{"v":1}]')
      equal({ all[1][2], all[2] }, { "a.json#/0", { { v = 1 }, "a.json#/1" } })
    end
  end
end)

test("a rejected document is shown as it was written", function()
  folder.with({ ["a.json"] = '{"id":{"$oid":"x"},"l":[{"$numberInt":"1"}]}\n' }, function(root)
    equal(extended_json.records(root .. "/a.json")().raw,
      '{"id":{"$oid":"x"},"l":[{"$numberInt":"1"}]}')
  end)
end)

test("the form of an export is found in its beginning", function()
  local ID <const> = '{"_id":{"$oid":"d9e9a740081755e33d5b1677"}}'
  for text, place in pairs {
    [ID] = ":1", ["\n \n" .. ID] = ":3", [" [" .. ID .. "]"] = "#/0",
    ["\n[\n" .. ID .. "]"] = "#/0",
    [ID:gsub("^{", "{ \r\n")] = "#/0", [ID:gsub("^{", "{\t")] = ":1", ["\xEF\xBB\xBF" .. ID] = ":1",
  } do
    equal(read(extended_json, "a.json", text),
      { { { _id = "d9e9a740081755e33d5b1677" }, "a.json" .. place } }, text)
  end
  for _, text in ipairs { "", "\n", "[]", (" "):rep(70000) } do
    equal(read(extended_json, "a.json", text), {})
  end
  equal(read(extended_json, "a.json", "{}\nx\n5\n"),
    { { {}, "a.json:1" }, { "invalid JSON at byte 1: expected a value", "a.json:2" },
      { 5, "a.json:3" } })
end)

test("a member that the recipe reads and no document has is warned of, with its path", function()
  for _, case in ipairs { { bson, "users.bson" }, { extended_json, "canonical.ndjson" } } do
    local function warned(options)
      local records, messages = case[1].records(FIXTURES .. case[2], options), {}
      for record in records do
        assert(record.emial == nil and record.score ~= 0 and record.emails ~= 0)
        assert(not record.emails or not record.emails[1].adress)
      end
      for i, warning in ipairs(records:warnings()) do messages[i] = warning.message end
      return messages
    end
    local source = "no record of " .. case[2] .. " has the member "
    equal(warned(), {
      source .. '"emial"; did you mean "email"?',
      source .. '"emails[].adress"; did you mean "emails[].address"?',
    })
    equal(warned { optional = { "emial", "emails[].adress" } }, {})
    equal(warned { optional = true }, {})
  end
end)

test("a record can be read again as it was", function()
  for _, case in ipairs { { bson, "users.bson" }, { extended_json, "relaxed.json" } } do
    local records <close> = case[1].records(FIXTURES .. case[2])
    local record = records()
    local name = record.name
    record.name = nil
    equal(records:as_read().name, name)
    equal(records:as_read().createdAt, "2023-01-02T03:04:05.678Z")
  end
end)

test("options that there are not are refused", function()
  raises(function() bson.records("x", { pointer = "/a" }) end,
    'bson.records has no option "pointer"')
  raises(function() bson.records("x", { limit = "1" }) end, "bson.records: limit must be a number")
  raises(function() extended_json.records("x", { limits = 1 }) end, 'did you mean "limit"?')
  raises(function() extended_json.records(5) end, "expects the name of its input")
end)

test("a document over the limit is rejected", function()
  local all = read(bson, "u.bson", users, { limit = 300 })
  equal({ #all, all[1][1]._id }, { 4, "d9e9a740081755e33d5b1677" })
  contains(all[3][1], "above the limit of 300")
  local long = '{"a":"' .. ("x"):rep(400) .. '"}\n{}'
  contains(read(extended_json, "u.json", long, { limit = 300 })[1][1],
    "a line longer than 300 bytes")
end)

-- Beginnings of files in other formats.
local OTHERS <const> = {
  "", "\0", "id,email\n1,a@example.com\n", "a;b\n", '{"id":1}\n{"id":2}\n', '[{"id":1}]', "[]",
  "{}", "dn: uid=a,dc=x\nuid: a\n\n", "-- dump\nCOPY users (id) FROM stdin;\n1\n\\.\n",
  "INSERT INTO `users` VALUES (1,'$oid');\n", '<?xml version="1.0"?><users><user/></users>',
  "SQLite format 3\0\16\0\1\1\0@  ",
  "PK\3\4\20\0\0\0", "\x1f\x8b\8\0\0\0\0\0",
  ("\0"):rep(100),
  '{"text":"{\\"$oid\\":\\"x\\"}"}', '{"$ref":"c"}', "\x6d\xe2\x99\x81\5\0\0\0\0",
}

test("each reader recognises its files by their beginning, and no others", function()
  for i = 40, #users, 7 do equal(bson.recognise(users:sub(1, i)).sure, 3) end
  equal(bson.recognise("\12\0\0\0\16a\0\1\0\0\0\0" .. "\12\0\0\0\16a\0\1\0\0\0\0").sure, 2)
  equal(bson.recognise(users).what, "BSON, as mongodump writes it")
  equal(extended_json.recognise(users), nil)
  for _, name in ipairs { "canonical.ndjson", "pretty.json", "relaxed.json" } do
    local head = assert(file.read(FIXTURES .. name))
    equal(extended_json.recognise(head),
      { sure = 3, what = "JSON of MongoDB, as mongoexport writes it" })
    equal(bson.recognise(head), nil)
  end
  for _, head in ipairs(OTHERS) do
    equal({ bson.recognise(head), extended_json.recognise(head) }, {}, ("%q"):format(head))
  end
end)
