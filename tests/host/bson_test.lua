local tap = require "tests.tap"
local bson = require "host.bson"
local digest = require "host.digest"
local file = require "host.file"
local folder = require "tests.lualib.source.folder"
local json = require "host.json"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local function sized(bytes)
  return string.pack("<i4", #bytes + 4) .. bytes
end

---A document of these elements, each a type, a name and the bytes of its value.
local function document(...)
  local parts = {}
  for i, element in ipairs { ... } do
    parts[i] = string.char(element[1]) .. element[2] .. "\0" .. element[3]
  end
  return sized(table.concat(parts) .. "\0")
end

local function text(given)
  return string.pack("<s4", given .. "\0")
end

---What a reader says of a file: {record or false, place or message, place}, and the failure.
local function read(bytes, options)
  local list = {}
  local message, kind
  folder.with({ ["a.bson"] = bytes }, function(root)
    local input <close> = assert(file.open(root .. "/a.bson"))
    local reader <close> = bson.reader(input, options)
    while true do
      local record, place, at = reader:next()
      if record == nil then
        message, kind = place, at
        break
      end
      list[#list + 1] = { record, place, at }
    end
  end)
  return list, message, kind
end

---The value of one element.
local function value(kind, bytes)
  local list = read(document { kind, "v", bytes })
  assert(list[1][1], list[1][2])
  return list[1][1].v
end

---Why a document is bad, without the byte.
local function wrong(bytes)
  local list = read(sized(bytes) .. document())
  equal({ #list, list[1][1], list[1][3], list[2] }, { 2, false, "0", { {}, "1" } })
  return (list[1][2]:gsub("^invalid BSON at byte %d+: ", ""))
end

test("a value of each type becomes what a recipe can use", function()
  local id <const> = "\x65\2\xaa" .. ("\0"):rep(8) .. "\1"
  for _, case in ipairs {
    { 0x01, string.pack("<d", 1.5), 1.5 }, { 0x01, string.pack("<d", 3), 3.0 },
    { 0x01, string.pack("<d", 0 / 0), "NaN" }, { 0x01, string.pack("<d", 1 / 0), "Infinity" },
    { 0x01, string.pack("<d", -1 / 0), "-Infinity" },
    { 0x02, text "Ad\0a ä", "Ad\0a ä" }, { 0x02, text "", "" },
    { 0x03, document { 0x10, "a", "\1\0\0\0" }, { a = 1 } },
    { 0x04, document({ 0x08, "0", "\1" }, { 0x0a, "1", "" }, { 0x08, "7", "\0" }),
      { true, json.null, false } },
    { 0x05, "\3\0\0\0\0\1\xff\0", "\1\xff\0" }, { 0x05, "\0\0\0\0\x80", "" },
    { 0x05, "\7\0\0\0\2\3\0\0\0abc", "abc" },
    { 0x05, "\16\0\0\0\3" .. ("\1"):rep(16), ("\1"):rep(16) },
    { 0x05, "\16\0\0\0\4" .. digest.unhex "00112233445566778899aabbccddeeff",
      "00112233-4455-6677-8899-aabbccddeeff" },
    { 0x06, "", json.null }, { 0x07, id, "6502aa000000000000000001" },
    { 0x08, "\0", false }, { 0x08, "\1", true },
    { 0x09, string.pack("<i8", 1672628645678), "2023-01-02T03:04:05.678Z" },
    { 0x0a, "", json.null }, { 0x0b, "^a\0im\0", "/^a/im" },
    { 0x0c, text "users" .. id, { ["$ref"] = "users", ["$id"] = "6502aa000000000000000001" } },
    { 0x0d, text "f()", "f()" }, { 0x0e, text "s", "s" },
    { 0x0f, sized(text "g(x)" .. document { 0x10, "x", "\1\0\0\0" }), "g(x)" },
    { 0x10, "\xff\xff\xff\xff", -1 },
    { 0x11, string.pack("<I4I4", 9, 1672628645), "2023-01-02T03:04:05.000Z" },
    { 0x12, string.pack("<i8", 9007199254740993), 9007199254740993 },
    { 0x12, string.pack("<i8", math.mininteger), math.mininteger },
    { 0x7f, "", "MaxKey" }, { 0xff, "", "MinKey" },
  } do
    equal(value(case[1], case[2]), case[3], ("type %02x"):format(case[1]))
  end
end)

test("dates are exact from one end of 64 bits to the other", function()
  for milliseconds, expected in pairs {
    [0] = "1970-01-01T00:00:00.000Z", [-1] = "1969-12-31T23:59:59.999Z",
    [951782400000] = "2000-02-29T00:00:00.000Z", [4107542399999] = "2100-02-28T23:59:59.999Z",
    [-62135596800000] = "0001-01-01T00:00:00.000Z", [-62135596800001] = "0000-12-31T23:59:59.999Z",
    [-62167219200001] = "-000001-12-31T23:59:59.999Z",
    [253402300799999] = "9999-12-31T23:59:59.999Z",
    [253402300800000] = "+010000-01-01T00:00:00.000Z",
    [8640000000000000] = "+275760-09-13T00:00:00.000Z",
    [-8640000000000000] = "-271821-04-20T00:00:00.000Z",
    [math.maxinteger] = "+292278994-08-17T07:12:55.807Z",
    [math.mininteger] = "-292275055-05-16T16:47:04.192Z",
  } do
    equal(bson.date(milliseconds), expected)
    equal(bson.moment(expected), expected:find("^.2922") == nil and milliseconds or nil)
  end
end)

test("a date in ISO 8601 is read with any zone and fraction, and nothing else is", function()
  for written, expected in pairs {
    ["1970-01-01T00:00:00Z"] = 0, ["1970-01-01T00:00:00.1Z"] = 100, ["1970-01-01T01:00:00+01"] = 0,
    ["1970-01-01T00:00:00.1239999Z"] = 123, ["1970-01-01T01:30:00.5+0130"] = 500,
    ["1969-12-31T22:30:00-01:30"] = 0, ["2000-02-29T00:00:00Z"] = 951782400000,
  } do
    equal(bson.moment(written), expected, written)
  end
  for _, written in ipairs {
    "", "1970", "1970-01-01", "1970-01-01 00:00:00Z", "1970-01-01T00:00:00", "1970-1-1T00:00:00Z",
    "1970-00-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-32T00:00:00Z",
    "1970-02-30T00:00:00Z", "1900-02-29T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
    "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx",
    "1970-01-01T00:00:00+1", "1970-01-01T00:00:00+01:", "1970-01-01T00:00:00+01:60",
    "01970-01-01T00:00:00Z", "+1970-01-01T00:00:00Z", "1970-01-01T00:00:0\0Z",
  } do
    equal(bson.moment(written), nil, written)
  end
end)

test("decimal numbers are written as MongoDB writes them", function()
  for hex, expected in pairs {
    ["01000000000000000000000000003E30"] = "0.1", ["01000000000000000000000000004630"] = "1E+3",
    ["0000000000000000000000000000007C"] = "NaN", ["0000000000000000000000000000007E"] = "NaN",
    ["00000000000000000000000000000078"] = "Infinity",
    ["000000000000000000000000000000F8"] = "-Infinity",
    ["000000000000000000000000000040B0"] = "-0", ["00000000000000000000000000003030"] = "0E-8",
    ["FFFFFFFF638E8D37C087ADBE09EDFF5F"] = "9.999999999999999999999999999999999E+6144",
    ["FFFFFFFF638E8D37C087ADBE09ED4130"] = "9999999999999999999999999999999999",
    ["01000000000000000000000000000000"] = "1E-6176",
    ["D2040000000000000000000000003430"] = "0.001234",
    ["15CD5B07000000000000000000003A30"] = "123456.789",
    -- coefficients out of range count as 0
    ["0000000000000000000000000000106C"] = "0", ["00000000648E8D37C087ADBE09ED4130"] = "0",
    ["FFFFFFFFFFFFFFFFFFFFFFFFFFFF4130"] = "0",
  } do
    equal(value(0x13, assert(digest.unhex(hex:lower()))), expected, hex)
  end
end)

test("a list without items is one, and the last value of a name wins", function()
  local list = read(document({ 4, "l", document() }, { 3, "d", document() },
    { 0x10, "a", "\1\0\0\0" }, { 0x10, "a", "\2\0\0\0" }))
  equal(json.encode(list[1][1]), '{"a":2,"d":{},"l":[]}')
end)

test("documents come with their number, and the reader has the last one once more", function()
  folder.with({ ["a.bson"] = document { 0x0e, "n", text "x" } .. document() }, function(root)
    local input <close> = assert(file.open(root .. "/a.bson"))
    local reader <close> = bson.reader(input)
    equal(reader:record(), nil)
    local record, place = reader:next()
    record.n = nil
    equal({ place, reader:record() }, { "0", { n = "x" } })
    equal({ reader:next() }, { {}, "1" })
    equal({ reader:next(), reader:record() }, {})
    reader:close()
    raises(function() reader:next() end, "the reader is closed")
  end)
end)

test("a document that is broken inside is stepped over", function()
  for bytes, expected in pairs {
    ["\x77a\0\0"] = "a value of an unknown type", ["\2a\0\9\0\0\0x\0\0"] =
      "the length of a string is wrong",
    ["\2a\0\0\0\0\0\0"] = "the length of a string is wrong",
    ["\2a\0\xff\xff\xff\xffx\0\0"] = "the length of a string is wrong",
    ["\2a\0\2\0\0\0xy\0"] = "a string without an end", ["\2a\0\2\0\0\0\xc3\0\0"] = "invalid UTF-8",
    ["\2\xff\0\2\0\0\0x\0\0"] = "invalid UTF-8",
    ["\16a\0\1\0\0"] = "the document ends inside a value",
    ["\16abc"] = "a document without an end", ["\16ab\0"] = "a name without an end",
    ["\16\0"] = "a name without an end",
    ["\3a\0\4\0\0\0\0"] = "the length of a document is wrong",
    ["\3a\0\x7f\0\0\0\0\0"] = "the length of a document is wrong",
    ["\3a\0\5\0\0\0\1\0"] = "a document without an end", ["\8a\0\2\0"] = "neither true nor false",
    ["\5a\0\xff\xff\xff\x7f\0\0"] = "the length of binary data is wrong",
    ["\5a\0\xff\xff\xff\xff\0\0"] = "the length of binary data is wrong",
    ["\5a\0\4\0\0\0\2\1\0\0\0\0"] = "the inner length of binary data is wrong",
    ["\5a\0\1\0\0\0\4x\0"] = "a UUID that does not have 16 bytes",
    ["\11a\0x\0y"] = "a document without an end", ["\11a\0x\0y\0"] = "a name without an end",
    ["\15a\0\3\0\0\0\0"] = "the length of code is wrong",
    ["\15a\0\x7f\0\0\0\0"] = "the length of code is wrong",
    ["\15a\0" .. sized(text "f" .. document() .. "x") .. "\0"] = "the length of code is wrong",
    ["\12a\0\2\0\0\0x\0\1\2\0"] = "the document ends inside a value",
    ["\0\0"] = "a name without an end",
  } do
    equal(wrong(bytes), expected, ("%q"):format(bytes))
  end
  local list = read(document { 2, "name", text "\xff" })
  contains(list[1][2], "invalid BSON at byte 15: invalid UTF-8")
end)

test("depth is bounded", function()
  local function nested(levels)
    local inner = document()
    for _ = 2, levels do inner = document { 3, "a", inner } end
    return read(inner)[1]
  end
  assert(nested(200)[1])
  contains(nested(201)[2], "more than 200 levels")
  contains(nested(5000)[2], "more than 200 levels")
end)

test("a document that the file's end cuts off is said to be, and is the last", function()
  local whole = document { 2, "name", text(("x"):rep(200)) }
  for size = 1, #whole - 1 do
    local list, message = read(whole .. whole:sub(1, size))
    equal({ #list, message }, { 2 })
    equal({ list[2][1], list[2][3] }, { false, "1" })
    contains(list[2][2], size < 4 and "it ends inside the length of a document"
      or ("it ends after %d of the document's %d bytes"):format(size, #whole))
  end
end)

test("a length that no document has ends the reading", function()
  for _, size in ipairs { 0, 4, -1, math.tointeger(-2 ^ 31), 16 * 1024 * 1024 + 16 * 1024 + 1 } do
    local list, message, kind = read(document() .. string.pack("<i4", size) .. document())
    equal({ #list, message, kind }, { 1, "document #1, at byte 6, has the length " .. size
      .. ", which no document of BSON has; what follows cannot be read", "parse" })
  end
end)

test("an archive of mongodump is named", function()
  local list, message, kind = read("\x6d\xe2\x99\x81" .. document())
  equal({ #list, kind }, { 0, "parse" })
  contains(message, "an archive of mongodump: write the collection to a file of its own")
end)

test("a document over the limit is stepped over without being kept", function()
  local small = document { 2, "a", text "x" }
  local large = document { 2, "a", text(("x"):rep(3000000)) }
  local list, message = read(large .. small .. large .. small, { limit = 1000 })
  equal({ #list, message, list[2], list[4] },
    { 4, nil, { { a = "x" }, "1" }, { { a = "x" }, "3" } })
  equal({ list[1][1], list[1][2] },
    { false, "a document of 3000013 bytes, above the limit of 1000" })
  equal(#read(large .. large:sub(1, 2000000), { limit = 1000 }), 2)
  contains(read(large:sub(1, 500), { limit = 1000 })[1][2], "it ends after 500 of")
  equal(#read(small .. large), 2)
end)

test("misuse raises", function()
  raises(function() bson.reader(1) end, "host.file.input expected")
  folder.with({ ["a"] = "" }, function(root)
    local input <close> = assert(file.open(root .. "/a"))
    raises(function() bson.reader(input, { limit = 0 }) end, "the limit must be positive")
    raises(function() bson.reader(input, 1) end, "table expected")
  end)
  raises(function() bson.uuid "x" end, "a UUID has 16 bytes")
end)
