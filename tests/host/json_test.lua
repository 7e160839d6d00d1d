--- host.json: lossless both ways, strict, and streaming.

local file = require "host.file"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

local function written(cases)
  for _, case in ipairs(cases) do
    local text, message = json.encode(case[1], case[3])
    tap.equal(text, case[2], message)
  end
end

local function refused(cases)
  for _, case in ipairs(cases) do
    local text, message, kind = json.encode(case[1])
    tap.equal({ text, kind }, { nil, "parse" })
    tap.contains(message, case[2])
  end
end

test("scalars are written in their shortest exact form", function()
  written {
    { 0, "0" }, { -1, "-1" }, { math.maxinteger, "9223372036854775807" },
    { math.mininteger, "-9223372036854775808" }, { 9007199254740993, "9007199254740993" },
    { 0.1, "0.1" }, { 1.5, "1.5" }, { 1 / 3, "0.3333333333333333" }, { 3.0, "3.0" },
    { -0.0, "-0.0" }, { 1e15, "1e+15" }, { 1e300, "1e+300" }, { 5e-324, "4.94065645841247e-324" },
    { true, "true" }, { false, "false" }, { json.null, "null" }, { "", '""' },
  }
end)

test("doubles read back as the same doubles", function()
  for _, d in ipairs { 0.1, 1 / 3, 2 ^ 53, 1e22, 1.7976931348623157e308, 5e-324, 123456.789e3,
    -0.0 } do
    tap.equal(json.decode(json.encode(d)), d)
    tap.equal(1 / json.decode(json.encode(d)), 1 / d)
  end
end)

test("only what must be escaped is escaped", function()
  written {
    { "\"\\\b\f\n\r\t", [["\"\\\b\f\n\r\t"]] }, { "\0\1\31", [["\u0000\u0001\u001f"]] },
    { "a/b\127", "\"a/b\127\"" }, { "héé €😀", '"héé €😀"' },
    { ("x"):rep(7) .. "\"" .. ("y"):rep(9), '"xxxxxxx\\"yyyyyyyyy"' },
    { "\xc2\x80\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
      "\"\xc2\x80\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"" },
  }
end)

test("text that is not UTF-8 is rejected with its place", function()
  for _, bad in ipairs { "\xff", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
    "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82",
      "\xf0\x9f\x98" } do
    refused { { { a = { "ok", "1234567890" .. bad } }, "a[1] cannot be written as JSON" },
      { { a = bad .. "x" }, "byte 1" }, { { [bad] = 1 }, "UTF-8" } }
    tap.equal(json.decode('"' .. bad .. '"'), nil)
    tap.equal(json.decode('"' .. bad .. '0123456789"'), nil)
  end
end)

test("members are sorted by bytes", function()
  written {
    { { b = 1, a = 2, B = 3, [""] = 4, ab = 5, aa = 6 }, '{"":4,"B":3,"a":2,"aa":6,"ab":5,"b":1}' },
    { { abcdefgh = 1, abcdefgz = 2, abcdefg = 3, ["abcdefgh\0"] = 4, abcdefghi = 5 },
      '{"abcdefg":3,"abcdefgh":1,"abcdefgh\\u0000":4,"abcdefghi":5,"abcdefgz":2}' },
    { { ["é"] = 1, z = 2 }, '{"z":2,"é":1}' },
  }
end)

test("members with a rank come first, at the root only", function()
  local order = { user_id = 1, email = 2, zeta = 3 }
  written { { { email = 1, a = { user_id = 1, email = 2, b = 3 }, user_id = 2, b = 4 },
    '{"user_id":2,"email":1,"a":{"b":3,"email":2,"user_id":1},"b":4}', order } }
end)

test("an object of many members is sorted as well", function()
  local object, names = {}, {}
  for i = 1, 1000 do
    names[i] = "member" .. i
    object[names[i]] = i
  end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = ('"%s":%d'):format(name, object[name]) end
  written { { object, "{" .. table.concat(names, ",") .. "}" } }
  object = {}
  for i = 1, 33 do object[("k%02d"):format(i)] = i end
  tap.contains(json.encode(object, { k33 = 1, k32 = 2 }), '{"k33":33,"k32":32,"k01":1,')
end)

test("names that displace each other in the writer's cache stay correct", function()
  local inner, outer = {}, {}
  for i = 1, 30 do
    outer["outer" .. i] = { ["first" .. i] = i, deep = {} }
    for k = 1, 30 do outer["outer" .. i].deep["name" .. i * 100 + k] = k end
    inner["inner" .. i] = outer
  end
  tap.equal(json.decode(json.encode(inner)), inner)
  tap.equal(json.encode(json.decode(json.encode(inner))), json.encode(inner))
end)

test("ranks belong to their order", function()
  local value = { alpha = 1, beta = 2, gamma = 3 }
  for _ = 1, 2 do
    written { { value, '{"alpha":1,"beta":2,"gamma":3}' },
      { value, '{"beta":2,"alpha":1,"gamma":3}', { beta = 1 } },
      { value, '{"gamma":3,"alpha":1,"beta":2}', { gamma = 1, alpha = 2 } },
      { value, '{"alpha":1,"beta":2,"gamma":3}' } }
  end
end)

test("objects of every size around the limit of the stack are complete", function()
  for n = 30, 35 do
    local object = {}
    for i = 1, n do object["k" .. i] = i end
    tap.equal(json.decode(json.encode(object)), object)
  end
end)

test("lists are distinguished from objects", function()
  written {
    { {}, "{}" }, { json.array {}, "[]" }, { { 1, 2 }, "[1,2]" }, { { [1] = "a" }, '["a"]' },
    { { {}, json.array {} }, "[{},[]]" }, { json.array { json.null }, "[null]" },
  }
  local backwards = {}
  for i = 5, 1, -1 do backwards[i] = i end
  written { { backwards, "[1,2,3,4,5]" } }
end)

test("array marks the table itself, and only plain ones", function()
  local list = {}
  assert(json.array(list) == list and json.array(list) == list)
  tap.raises(function() json.array(setmetatable({}, {})) end, "an object, not a list")
  tap.raises(function() json.array(1) end)
  tap.raises(function() setmetatable(list, nil) end)
end)

test("is_array sees the mark or a sequence", function()
  tap.equal(json.is_array(json.array {}), true)
  tap.equal(json.is_array { 1, 2 }, true)
  tap.equal(json.is_array(json.decode "[]"), true)
  for _, other in ipairs { {}, { a = 1 }, { 1, a = 2 }, { [1] = 1, [3] = 3 }, "x", 1, json.null } do
    tap.equal(json.is_array(other), false)
  end
end)

test("what JSON cannot hold is rejected, with the path", function()
  local cycle = {}
  cycle.again = cycle
  refused {
    { { a = { b = { {}, { c = print } } } }, "a.b[1].c cannot be written as JSON: a function" },
    { { a = { 1, nil, 3 } }, "a cannot be written as JSON: a list with holes" },
    { { a = { [2] = 1 } }, "a cannot be written" }, { { 1, x = 2 }, "both list items and members" },
    { json.array { x = 1 }, "both list items and members" }, { { x = 1, [1.5] = 2 }, "both" },
    { { [true] = 1 }, "a boolean as a key" }, { { a = 0 / 0 }, "not finite" },
    { 1 / 0, "the value cannot be written as JSON: a number that is not finite" },
    { cycle, "nested deeper than 200" }, { { io.stdout }, "[0] cannot be written as JSON" },
    { coroutine.create(print), "a thread" }, { { [{}] = 1 }, "a table as a key" },
  }
  tap.equal(#select(2, json.encode(cycle)) < 300, true)
end)

local function nested(n)
  local value = json.array {}
  for _ = 2, n do value = { value } end
  return value
end

test("200 levels are the limit in both directions", function()
  local text = ("["):rep(200) .. ("]"):rep(200)
  tap.equal(json.encode(nested(200)), text)
  tap.equal(json.encode(json.decode(text)), text)
  tap.equal(json.encode(nested(201)), nil)
  local _, message = json.decode("[" .. text .. "]")
  tap.contains(message, "byte 201: expected no more than 200 levels")
end)

test("numbers are read without loss", function()
  for text, value in pairs {
    ["0"] = 0, ["-1"] = -1, ["9223372036854775807"] = math.maxinteger,
    ["-9223372036854775808"] = math.mininteger, ["9223372036854775808"] = "9223372036854775808",
    ["-9223372036854775809"] = "-9223372036854775809",
    ["123456789012345678901234567890"] = "123456789012345678901234567890",
    ["1.0"] = 1.0, ["1e2"] = 100.0, ["1E+2"] = 100.0, ["25e-1"] = 2.5, ["1e400"] = "1e400",
    ["-1e400"] = "-1e400", ["1e-400"] = "1e-400", ["0e-400"] = 0.0, ["-0"] = -0.0,
  } do
    tap.equal(json.decode(text), value, text)
    tap.equal(json.decode("[" .. text .. "]")[1], value, text)
  end
  local long = "0." .. ("1"):rep(100)
  tap.equal(json.decode(long), tonumber(long))
end)

test("strings are read with all their escapes", function()
  tap.equal(json.decode [["\"\\\/\b\f\n\r\tA\u0041\u00e9\u20ac\ud83d\ude00\u0000x"]],
    "\"\\/\b\f\n\r\tAAé€😀\0x")
end)

test("a byte that is not plain is found at every place of a string", function()
  local ODD <const> = { ["\\n"] = "\n", ["\\u00e9"] = "é", ["é"] = "é", ["€"] = "€" }
  for _, size in ipairs { 0, 1, 7, 8, 15, 16, 17, 31, 33 } do
    for at = 0, size do
      local before, after = ("x"):rep(at), ("y"):rep(size - at)
      for written_as, char in pairs(ODD) do
        local quoted = '"' .. before .. written_as .. after .. '"'
        local name = before .. char .. after
        tap.equal(json.decode("{" .. quoted .. ":" .. quoted .. "}"), { [name] = name })
      end
      for _, bad in ipairs { "\0", "\31", "\x80", "\xff", "\\x" } do
        local _, message = json.decode('"' .. before .. bad .. after .. '"')
        tap.equal(message:match "at byte (%d+):", tostring(at + 2))
      end
    end
  end
end)

test("objects at one path have the members of their own, of whatever number", function()
  local lines, wanted = {}, {}
  for i, n in ipairs { 0, 1, 40, 2, 0, 300, 3 } do
    local object, members = {}, {}
    for k = 1, n do
      object["m" .. k] = k
      members[k] = string.format('"m%d":0,"m%d":%d', k, k, k) -- the last one counts
    end
    lines[i] = '{"a":{"b":{' .. table.concat(members, ",") .. "}}}"
    wanted[i] = object
  end
  local records = json.reader(table.concat(lines, "\n"), { lines = true, asked = json.asked(true) })
  for _, object in ipairs(wanted) do
    local read = {}
    for name, value in next, records:next().a.b do read[name] = value end
    tap.equal(read, object)
  end
end)

test("white space may stand between any two tokens", function()
  local tokens = { "{", '"a"', ":", "[", "1", ",", "{", "}", ",", '"é"', "]", ",", '"b"', ":",
    "null", "}" }
  local whole = json.encode(json.decode(table.concat(tokens)))
  for i = 1, #tokens do
    for _, blank in ipairs { " ", "\t", "\r", "\n  " } do
      local text = table.concat(tokens, "", 1, i) .. blank .. table.concat(tokens, "", i + 1)
      local record = json.reader(text):next()
      local copy = {}
      for name, value in pairs(record) do copy[name] = value end
      tap.equal(json.encode(copy), whole)
    end
    local cut = table.concat(tokens, "", 1, i - 1) .. table.concat(tokens, "", i + 1)
    tap.equal((json.decode(cut)), nil)
  end
end)

test("objects and arrays are read as tables", function()
  tap.equal(json.decode ' { "a" : [ 1 , { } , [ ] , null , true ] , "b" : { "c" : false } } ',
    { a = { 1, {}, {}, json.null, true }, b = { c = false } })
  tap.equal(json.encode(json.decode '{"a":[],"b":{}}'), '{"a":[],"b":{}}')
end)

test("of two members with one name the last wins", function()
  tap.equal(json.decode '{"a":1,"b":2,"a":3}', { a = 3, b = 2 })
  local parts = {}
  for i = 1, 50 do parts[i] = ('"a":%d,"b%d":0'):format(i, i) end
  tap.equal(json.decode("{" .. table.concat(parts, ",") .. "}").a, 50)
end)

test("large tables survive a round trip", function()
  local list = {}
  for i = 1, 1000 do list[i] = i % 3 == 0 and { i } or i end
  tap.equal(json.decode(json.encode(list)), list)
end)

test("invalid text is rejected with the byte and what was expected", function()
  for _, case in ipairs {
    { "", 1, "a value, found the end" }, { "  ", 3, "a value" }, { "[", 2, "a value" },
    { "[1", 3, "',' or ']'" }, { "[1,]", 4, "a value" }, { "[,1]", 2, "a value" },
    { "[1 2]", 4, "',' or ']'" }, { "{", 2, "" }, { '{"a"', 5, "':'" }, { '{"a":', 6, "a value" },
    { '{"a":1', 7, "',' or '}'" }, { '{"a":1,}', 8, "a member's name" },
    { "{a:1}", 2, "a member's name" },
    { '{"a" 1}', 6, "':'" }, { '{"a":1 "b":2}', 8, "',' or '}'" }, { "[1]]", 4, "the end" },
    { "1 2", 3, "the end" },
    { "tru", 1, "a value" }, { "nul", 1, "a value" }, { "truex", 1, "a value" },
    { "NaN", 1, "a value" },
    { "01", 2, "leading 0" }, { "-", 2, "a digit" }, { "+1", 1, "a value" }, { "1.", 3, "a digit" },
    { ".5", 1, "a value" }, { "1e", 3, "a digit" }, { "1e+", 4, "a digit" },
    { "0x10", 2, "the number" },
    { "1.5.2", 4, "the number" }, { '"a', 3, "end the string" }, { '"\n"', 2, "control" },
    { '"\\x"', 2, "an escape" }, { '"\\u12"', 2, "an escape" }, { '"\\ud800"', 2, "an escape" },
    { '"\\ude00"', 2, "an escape" }, { '"\\ud800\\u0041"', 2, "an escape" },
    { "'a'", 1, "a value" },
    { "\xef\xbb\xbf1", 1, "a value" }, { "[1\0]", 3, "',' or ']'" },
  } do
    local value, message, kind = json.decode(case[1])
    tap.equal({ value, kind }, { nil, "parse" }, case[1])
    tap.contains(message, ("invalid JSON at byte %d: expected "):format(case[2]))
    tap.contains(message, case[3])
  end
end)

-- -- the reader ----------------------------------------------------------------------------

local folder

---Opens a reader on a text. The folder goes with the last test.
local function reader(text, options)
  folder = folder or assert(file.temporary())
  local path = folder .. "/input.json"
  assert(file.write(path, text))
  return json.reader(assert(file.open(path)), options)
end

---All records with their places, and the failure that ended them.
local function read(text, options)
  local records <close> = reader(text, options)
  local list = {}
  while true do
    local record, place, line, raw = records:next()
    if record == nil then return list, place, line end
    if record == false and raw then
      list[#list + 1] = { false, place, line, raw }
    else
      list[#list + 1] = { json.materialize(record), place }
    end
  end
end

test("elements of a document that is an array are records", function()
  tap.equal(read ' [ {"a":1} , [2], 3, "x", null, {} ] ', { { { a = 1 }, "0" }, { { 2 }, "1" },
    { 3, "2" }, { "x", "3" }, { json.null, "4" }, { {}, "5" } })
  tap.equal(read "[]", {})
  tap.equal(read "", {})
end)

test("concatenated documents are records", function()
  local expected = { { { a = 1 }, "0" }, { { b = 2 }, "1" }, { { c = {} }, "2" } }
  tap.equal(read '{"a":1}{"b":2} {"c":[]}', expected)
  tap.equal(read '{"a":1}\n{\n"b":2\n}\r\n\n{"c":[]}\n', expected)
  tap.equal(read "[1][2]\n[]", { { 1, "0" }, { 2, "1" } })
end)

test("a file in UTF-16 is read", function()
  local path = assert(file.temporary())
  for _, format in ipairs { "<I2", ">I2" } do
    local parts = {}
    for _, point in utf8.codes('\u{FEFF}{"a":"\u{e9}"}\r\n{"a":2}\r\n') do
      parts[#parts + 1] = string.pack(format, point)
    end
    assert(file.write(path .. "/a.json", table.concat(parts)))
    local handle <close> = assert(file.open(path .. "/a.json"))
    local lines <close> = json.reader(handle, { lines = true })
    tap.equal({ json.materialize(lines:next()), (json.materialize(lines:next())) },
      { { a = "\u{e9}" }, { a = 2 } })
  end
  assert(file.remove_tree(path))
end)

test("a byte order mark is skipped", function()
  tap.equal(read "\xef\xbb\xbf[1]", { { 1, "0" } })
  tap.equal(read("\xef\xbb\xbf1\n2", { lines = true }), { { 1, 1 }, { 2, 2 } })
end)

test("a pointer leads to the records, past anything", function()
  local text = '{"x":{"users":[9]},"":[7],"users":[{"a":1},{"a":2}],"z":[{}],"a/b":{"m~n":[[3,4]]}}'
  for pointer, expected in pairs {
    ["/users"] = { { { a = 1 }, "0" }, { { a = 2 }, "1" } }, ["/x/users"] = { { 9, "0" } },
    ["/a~1b/m~0n"] = { { { 3, 4 }, "0" } }, ["/a~1b/m~0n/0"] = { { 3, "0" }, { 4, "1" } },
    ["/"] = { { 7, "0" } },
  } do
    tap.equal(read(text, { pointer = pointer }), expected, pointer)
  end
  tap.equal(read("[1]", { pointer = "" }), { { 1, "0" } })
  tap.equal(read('{"\\u0061":[1]}', { pointer = "/a" }), { { 1, "0" } })
  tap.equal(read('{"a":[1]}{"a":[2]}', { pointer = "/a" }), { { 1, "0" }, { 2, "1" } })
end)

test("a pointer that leads nowhere is a failure that says where it ended", function()
  for _, case in ipairs {
    { '{"x":1}', "/users", "there is no /users" },
    { '{"users":{}}', "/users", "/users is an object" },
    { '{"a":{"b":"c"}}', "/a/b/c", "/a/b is a string" }, { "[1]", "/1", "there is no /1" },
    { "[]", "/0", "there is no /0" }, { "[[]]", "/x", "there is no /x" },
    { "5", "", "the document is a number" }, { "null", "/a", "the document is null" },
  } do
    local _, message, kind = read(case[1], { pointer = case[2] })
    tap.contains(message, case[3])
    tap.equal(kind, "missing")
  end
end)

test("invalid JSON before a pointer's target is a failure with the byte", function()
  for _, case in ipairs {
    { "", "/a", "expected a value, found the end" }, { '{"a":}', "/a", "invalid JSON at byte 6" },
    { '{"a":\0}', "/a", "invalid JSON at byte 6: expected a value" },
    { '{"a":1,}', "/b", "invalid JSON at byte 8" }, { '{"a":[1],"a":[2]}', "/a", "only once" },
  } do
    local _, message, kind = read(case[1], { pointer = case[2] })
    tap.contains(message, case[3])
    tap.equal(kind, "parse")
  end
end)

test("an invalid document is a failure with the byte, after the records before it", function()
  for text, byte in pairs { ["[1,2"] = 5, ["[1,2}"] = 5, ["[1,2]x"] = 6, ["[1,2]{}"] = 6,
    ['[1,2,{"a"]'] = 10,
    ["1\n2\nx"] = 5, ["[1,2,"] = 6, ["[1,2,]"] = 6, ["1 2 tru"] = 5 } do
    local records, message, kind = read(text)
    tap.equal(#records, 2, text)
    tap.contains(message, ("invalid JSON at byte %d: expected"):format(byte))
    tap.equal(kind, "parse")
  end
  local records, message = read('{"a":[1,2],"b":}', { pointer = "/a" })
  tap.equal(#records, 2)
  tap.contains(message, "byte 16")
end)

test("after a failure every call fails", function()
  local records <close> = reader "x"
  tap.equal(records:next(), nil)
  local record, message, kind = records:next()
  tap.equal({ record, message, kind }, { nil, "the reader has already failed", "parse" })
end)

test("an invalid line is skipped", function()
  tap.equal(read('{"a":1}\n\n  \r\n{"b":}\r\n"\xff"\n1 2\n{"c":2}', { lines = true }), {
    { { a = 1 }, 1 },
    { false, "invalid JSON at byte 6: expected a value", 4, '{"b":}\r' },
    { false, "invalid JSON at byte 2: expected valid UTF-8", 5, '"\xff"' },
    { false, "invalid JSON at byte 3: expected the end of the line", 6, "1 2" },
    { { c = 2 }, 7 },
  })
end)

test("a truncated line at the end is an invalid line", function()
  tap.equal(read('1\n{"a":', { lines = true }), { { 1, 1 },
    { false, "invalid JSON at byte 6: expected a value, found the end", 2, '{"a":' } })
end)

test("the form of a text is found in its beginning, however it arrives", function()
  local detect <const> = { detect = true, lazy = false }
  for text, place in pairs {
    ['{"a":1}'] = 1, ['\n {"a":1}\n'] = 2, ['{ "a":1}\n'] = 1, ['{\t\r"a":1}'] = 1,
    ['{\n"a":1}'] = "0", ['{ \t\r\n"a":1}'] = "0", ['[{"a":1}]'] = "0", ['\n [{"a":1}]'] = "0",
    ['\xef\xbb\xbf[{"a":1}]'] = "0",
  } do
    tap.equal(read(text, detect), { { { a = 1 }, place } }, text)
  end
  tap.equal({ read("", detect), read("\n \n", detect), read("[]", detect) }, { {}, {}, {} })
  tap.equal(read("{", detect)[1][3], 1)
  tap.equal(read("\0\n5", detect)[2], { 5, 2 })
  tap.equal(read(("\n"):rep(200000) .. "5", detect), { { 5, 200001 } })
end)

test("records over the limit fail, long lines are skipped", function()
  local long = '{"b":"' .. ("1"):rep(20) .. '"}'
  tap.equal(read("1\n" .. long .. "\n2", { lines = true, limit = 10 }), { { 1, 1 },
    { false, "a line longer than 10 bytes", 2, long:sub(1, 10) }, { 2, 3 } })
  local records, message, kind = read("[1," .. long .. "]", { limit = 10 })
  tap.equal({ #records, message, kind },
    { 1, "the record at byte 4 is longer than 10 bytes", "parse" })
end)

test("records that do not fit the window are read whole", function()
  local parts, longs = {}, {}
  for i = 1, 200 do
    longs[i] = ("é"):rep(i * 37 % 5000) .. i
    parts[i] = json.encode { id = i, long = longs[i], list = { i, { i } } }
  end
  parts[201] = json.encode { id = 201, long = ("x"):rep(700000) }
  for _, form in ipairs { { "[" .. table.concat(parts, ", \n ") .. "]" }, { table.concat(parts) },
    { table.concat(parts, "\n"), { lines = true } }, { table.concat(parts, "\n") },
    { '{"skip":"' .. ("y"):rep(300000) .. '","deep":' .. ("[1,"):rep(150)
      .. "2" .. ("]"):rep(150) ..
      ',"users":[' .. table.concat(parts, ",") .. "]}", { pointer = "/users" } } } do
    local records <close> = reader(form[1], form[2])
    for i = 1, 200 do
      local record = assert(records:next())
      assert(record.id == i and record.long == longs[i] and record.list[2][1] == i)
    end
    tap.equal(#records:next().long, 700000)
    tap.equal(select("#", records:next()), 0)
  end
end)

test("every token may cross the end of the window", function()
  local record = '{"é\\ud83d\\ude00":[-12.5e+3,true,false,null,"\\\\\\u00e9😀"],"b":{"c":{}}}'
  local expected = json.decode(record)
  for cut = 1, #record + 1 do
    local fill = 128 * 1024 - 3 - cut
    local records <close> = reader('["' .. ("x"):rep(fill) .. '",' .. record .. "]")
    records:next()
    local got, place = records:next()
    tap.equal(json.materialize(got), expected, "cut at " .. cut)
    tap.equal(place, "1")
    tap.equal(records:next(), nil)
  end
end)

test("a lazy record decodes its members when they are read", function()
  local records <close> = reader
    '[{"s":"té","e":"a\\nb","n":1,"f":1.5,"t":true,"z":null,"o":{"p":[]},"k\\u0041":2,"d":1,"d":2}]'
  local record = records:next()
  tap.equal(type(record), "userdata")
  tap.equal({ record.s, record.e, record.n, record.f, record.t, record.z, record.kA, record.d },
    { "té", "a\nb", 1, 1.5, true, json.null, 2, 2 })
  tap.equal({ record.none, record[1], record["k\\u0041"] }, {})
  tap.equal(json.encode(record.o), '{"p":[]}')
end)

test("nested values of a record keep changes that a map made", function()
  local records <close> = reader '[{"a":{"b":1},"c":2}]'
  local record = records:next()
  record.a.b = 5
  tap.equal(record.a.b, 5)
  tap.equal(json.materialize(record), { a = { b = 5 }, c = 2 })
  for name, value in pairs(record) do assert(name ~= "a" or value == record.a) end
  tap.equal(json.encode(record), '{"a":{"b":5},"c":2}')
end)

test("pairs yields each member once", function()
  local records <close> = reader '[{"a":1,"b":null,"a":3}]'
  local seen = {}
  for name, value in pairs(records:next()) do
    assert(seen[name] == nil)
    seen[name] = value
  end
  tap.equal(seen, { a = 3, b = json.null })
end)

test("a record cannot be written to", function()
  local records <close> = reader "[{}]"
  local record = records:next()
  tap.raises(function() record.a = 1 end, "records are read-only; build a new table")
end)

test("a record is invalid once the reader moves on or closes", function()
  local gone = "this record is no longer valid: the reader has moved on"
  local records = reader '[{"a":1},{"a":2}]'
  local first = records:next()
  local second = records:next()
  tap.raises(function() return first.a end, gone)
  tap.raises(function() return pairs(first) end, gone)
  tap.raises(function() return json.materialize(first) end, gone)
  tap.contains(select(2, json.encode { first }), gone)
  tap.equal(second.a, 2)
  records:close()
  records:close()
  tap.raises(function() return second.a end, gone)
  tap.raises(function() records:next() end, "closed")
end)

test("a record of very many members is read whole at once", function()
  local parts = {}
  for i = 1, 3000 do parts[i] = ('"k%d":{"v":%d}'):format(i, i) end
  local records <close> = reader("[{" .. table.concat(parts, ",") .. "}]")
  local record = records:next()
  for i = 1, 3000 do assert(record["k" .. i].v == i) end
  tap.equal(record.k3001, nil)
end)

test("lazy = false returns plain tables", function()
  local records <close> = reader('{"a":[1]}', { lazy = false })
  local record = records:next()
  records:next()
  tap.equal(record, { a = { 1 } })
end)

test("materialize and as_read leave other values alone", function()
  for _, value in ipairs { 1, "x", true, { 1 }, json.null, io.stdout } do
    assert(json.materialize(value) == value)
    assert(json.as_read(value) == value)
  end
end)

test("a record as it was read is that of its text, whatever was done with its members", function()
  for _, options in ipairs { {}, { lines = true }, { lazy = false } } do
    local records <close> = reader('{"a":{"b":1},"c":[null]}\n{"a":2}\n', options)
    local record = records:next()
    record.a.b, record.c[2] = nil, "new"
    tap.equal(records:record(), { a = { b = 1 }, c = { json.null } })
    if type(record) == "userdata" then
      tap.equal(json.as_read(record), records:record())
      tap.equal(json.materialize(record).a, {})
    end
    records:next()
    tap.equal(records:record(), { a = 2 })
    if type(record) == "userdata" then tap.equal(json.as_read(record), nil) end
    records:next()
    tap.equal(records:record(), nil)
  end
end)

test("a list as it was read, and nothing before the first record and for a broken line", function()
  local records <close> = reader("[1]\n[\n", { lines = true })
  tap.equal(records:record(), nil)
  local record = records:next()
  record[1] = 2
  tap.equal(records:record(), { 1 })
  tap.equal(records:next(), false)
  tap.equal(records:record(), nil)
  records:close()
  tap.equal(records:record(), nil)
end)

test("misuse of the reader raises", function()
  tap.raises(function() json.reader(7) end)
  for _, options in ipairs { { pointer = "users" }, { pointer = "/a~2" }, { pointer = "/a~" },
    { limit = 0 }, { lines = true, pointer = "/a" }, { detect = true, lines = true },
    { detect = true, pointer = "/a" } } do
    tap.raises(function() reader("[]", options) end)
  end
end)

test("a failure to read is returned", function()
  folder = folder or assert(file.temporary())
  local path = folder .. "/cut.json.gz"
  assert(file.write(path, "\x1f\x8b\8\0\0\0\0\0\0\3cut"))
  local records <close> = json.reader(assert(file.open(path)))
  local record, message, kind = records:next()
  tap.equal(record, nil)
  assert(type(message) == "string" and type(kind) == "string")
  assert(file.remove_tree(folder))
  folder = nil
end)

test("a reader whose input was closed raises, and fails from then on", function()
  local line = ('"%s"'):format(("x"):rep(100))
  for _, lines in ipairs { true, false } do
    folder = folder or assert(file.temporary())
    local list = {}
    for i = 1, 3000 do list[i] = line end -- more than the reader takes in one go
    local text = table.concat(list, lines and "\n" or ",")
    assert(file.write(folder .. "/long.json", lines and text or "[" .. text .. "]"))
    local input = assert(file.open(folder .. "/long.json"))
    local records <close> = json.reader(input, { lines = lines })
    assert(records:next())
    input:close()
    tap.raises(function() repeat until not records:next() end)
    for _ = 1, 2 do
      tap.equal({ records:next() }, { nil, "the reader has already failed", "parse" })
    end
  end
  assert(file.remove_tree(folder))
  folder = nil
end)

---What is missing after all records of a text, of each of which these members are read.
local function missing_of(texts, names_of)
  local asked = json.asked()
  for _, text in ipairs(texts) do
    local records <close> = reader(text, { lines = true, asked = asked })
    local i = 0
    while true do
      local record = records:next()
      if record == nil then break end
      i = i + 1
      for _, name in ipairs(names_of(i)) do assert(record ~= false and (record[name] or true)) end
    end
  end
  return asked:missing(), asked
end

local function always(...)
  local names = { ... }
  return function() return names end
end

for _, case in ipairs {
  { "in no record", { '{"a":1}\n{"a":2}\n' }, always("a", "b"), { "b" } },
  { "in an earlier record only", { '{"b":1}\n{"a":2}\n' }, always "b", {} },
  { "in a later record only", { '{"a":1}\n{"a":2}\n{"b":1}\n' }, always "b", {} },
  { "in a later record in which nobody read it", { '{"a":1}\n{"b":1}\n{"a":1}\n' },
    function(i) return i == 1 and { "b" } or { "a" } end, {} },
  { "in the last record, in which nobody read it", { '{"a":1}\n{"b":1}\n' },
    function(i) return i == 1 and { "b" } or {} end, {} },
  { "read in the last record only", { '{"a":1}\n{"a":1}\n' },
    function(i) return i == 2 and { "b" } or {} end, { "b" } },
  { "in another file", { '{"a":1}\n', '{"b":1}\n' }, always "b", {} },
  { "in no file", { '{"a":1}\n', '{"a":1}\n' }, always "b", { "b" } },
  { "written with an escape", { '{"a":1}\n{"\\u0062":1}\n' },
    function(i) return i == 1 and { "b" } or {} end, {} },
  { "null", { '{"b":null}\n' }, always "b", {} },
  { "of records of very many members", { "{" .. ('"x":{},'):rep(300) .. '"y":1}\n' },
    always("x", "y", "z"), { "z" } },
  { "with a long name", { '{"a":1}\n' }, always(("n"):rep(41)), {} },
  { "of a record next to lists and broken lines", { "[1]\n{\n{\"a\":1}\n[2]\n" },
    function(i) return i == 3 and { "b" } or {} end, { "b" } },
} do
  test("a member that was read and is missing is noted unless a record has it: " .. case[1],
    function() tap.equal(missing_of(case[2], case[3]), case[4]) end)
end

test("of the members that are missing, the first hundred are noted", function()
  local names = {}
  for i = 1, 150 do names[i] = "n" .. i end
  local missing, asked = missing_of({ '{"a":1,"b":{}}\n{"a":1}\n' }, always(table.unpack(names)))
  tap.equal({ #missing, missing[1], missing[100] }, { 100, "n1", "n100" })
  tap.equal(asked:names(), { "a", "b" })
end)

---The members that were read in vain of objects inside the records of a text, with their paths.
local function missing_inside(text, ask)
  local asked = json.asked(true)
  local records <close> = reader(text, { lines = true, asked = asked })
  local i = 0
  while true do
    local record = records:next()
    if not record then break end
    i = i + 1
    ask(record, i)
  end
  local found, texts = {}, { [0] = "" }
  for number, path in ipairs(json.paths(asked)) do
    texts[number] = texts[path.above] .. "/" .. path.name
    for _, name in ipairs(path.asked:missing()) do
      found[#found + 1] = texts[number] .. "/" .. name
    end
  end
  return found, asked
end

for _, case in ipairs {
  { "of a member", '{"p":{"a":1}}\n', function(r) return r.p.a, r.p.b end, { "/p/b" } },
  { "at any depth", '{"p":{"q":{"r":{}}}}\n', function(r) return r.p.q.r.s end, { "/p/q/r/s" } },
  { "in items of a list", '{"l":[{"a":1},{"c":2}]}\n',
    function(r) return r.l[1].b, r.l[1].c end, { "/l/[]/b" } },
  { "in lists of lists", '{"l":[[{}]]}\n', function(r) return r.l[1][1].a end, { "/l/[]/[]/a" } },
  { "that an earlier object has", '{"p":{"b":1}}\n{"p":{}}\n', function(r) return r.p.b end, {} },
  { "that a later object has", '{"p":{}}\n{"p":{"b":1}}\n', function(r) return r.p.b end, {} },
  { "that a later object has in which nobody read it", '{"p":{}}\n{"p":{"b":1}}\n',
    function(r, i) return r.p and i == 1 and r.p.b end, {} },
  { "that an object has which nobody read", '{"p":{}}\n{"p":{"b":1}}\n',
    function(r, i) return i == 1 and r.p.b end, { "/p/b" } },
  { "that an object elsewhere has", '{"p":{},"b":1,"q":{"b":1}}\n',
    function(r) return r.q, r.p.b end, { "/p/b" } },
  { "that is null", '{"p":{"b":null}}\n', function(r) return r.p.b end, {} },
  { "that is written with an escape", '{"p":{}}\n{"p":{"\\u0062":1}}\n',
    function(r, i) return r.p and i == 1 and r.p.b end, {} },
  { "of an object that was iterated over", '{"p":{"a":1}}\n',
    function(r) for _, p in pairs(r) do assert(not p.b) end end, { "/p/b" } },
  { "of one among very many members", "{" .. ('"x":{},'):rep(300) .. '"y":{"a":1}}\n',
    function(r) return r.y.a, r.y.b end, { "/y/b" } },
  { "whose name is long, or no string", '{"p":{}}\n',
    function(r) return r.p[("n"):rep(41)], r.p[1], r.p[true] end, {} },
  { "that C reads", '{"p":{}}\n', function(r) return ("a"):gsub("a", r.p) end, {} },
  { "that was removed from it", '{"p":{"b":1}}\n',
    function(r) r.p.b = nil return r.p.b end, {} },
  { "of an object below a long name", '{"' .. ("n"):rep(41) .. '":{"a":{}}}\n',
    function(r) return r[("n"):rep(41)].a.b end, {} },
} do
  test("a member that was read in vain inside a record is noted with its path: " .. case[1],
    function() tap.equal(missing_inside(case[2], case[3]), case[4]) end)
end

test("of the first thousand objects at a path and then of some, the names are known", function()
  local lines = { '{"p":{"early":1}}' }
  for i = 2, 1300 do lines[i] = '{"p":{"often":1}}' end
  lines[1100] = '{"p":{"rare":1}}'
  local function ask(record, i)
    return record.p and i == 1200 and (record.p.early or record.p.never)
  end
  tap.equal(missing_inside(table.concat(lines, "\n"), ask), { "/p/never" })
end)

test("an object inside a record is a plain table to all but reads of what it lacks", function()
  local records <close> = reader('{"p":{"a":1,"o":{},"l":[]},"q":{"a":1}}', {
    asked = json.asked(true),
  })
  local record = records:next()
  local p = record.p
  assert(p == record.p and p.o == record.p.o)
  tap.equal({ next(p.o), rawget(p, "x"), #p, p.x, p[1] }, { nil, nil, 0, nil, nil })
  assert(tostring(p):find("^table: "))
  assert(not getmetatable(p))
  tap.raises(function() setmetatable(p, nil) end)
  tap.equal(json.encode(p), '{"a":1,"l":[],"o":{}}')
  local names = {}
  for name in pairs(p) do names[#names + 1] = name end
  table.sort(names)
  tap.equal(names, { "a", "l", "o" })
  p.x, p.a = 2, nil
  tap.equal(json.encode(json.materialize(record)), '{"p":{"l":[],"o":{},"x":2},"q":{"a":1}}')
  tap.equal(json.encode(json.as_read(record)), '{"p":{"a":1,"l":[],"o":{}},"q":{"a":1}}')
  assert(json.array(p.o) == p.o and json.is_array(p.o) and json.encode(p.o) == "[]")
end)

test("objects inside records are not watched unless that is asked for", function()
  local asked = json.asked()
  local records <close> = reader('{"p":{"a":{}}}', { asked = asked })
  local p = records:next().p
  assert(getmetatable(p) == nil and getmetatable(p.a) == nil)
  tap.equal(json.paths(asked), {})
end)

test("at most a hundred names at a path are noted, and a hundred paths", function()
  local found = missing_inside('{"p":{}}', function(record)
    for i = 1, 150 do assert(not record.p["n" .. i]) end
  end)
  tap.equal({ #found, found[1], found[100] }, { 100, "/p/n1", "/p/n100" })
  local text = {}
  for i = 1, 19 do text[i] = string.format('"a%d":%s{}%s', i, ('{"b":'):rep(8), ("}"):rep(8)) end
  local _, asked = missing_inside("{" .. table.concat(text, ",") .. "}", function(record)
    for _, value in pairs(record) do
      while value do value = value.b end
    end
  end)
  tap.equal(#json.paths(asked), 100)
end)

test("what an object has beyond twenty objects shares a path", function()
  local members = {}
  for i = 1, 30 do members[i] = string.format('"u%02d":{"n":%d}', i, i) end
  members[31] = '"x":{"m":1}'
  local found, asked = missing_inside('{"users":{' .. table.concat(members, ",") .. "}}",
    function(record)
      assert(not record.users.u01.m and not record.users.u30.m and not record.users.u29.o)
    end)
  tap.equal(#json.paths(asked), 22)
  tap.equal(found, { "/users/u01/m", "/users/*/o" })
end)

test("of decoded tables, all objects can be seen, and what is read in vain noted", function()
  local asked = json.asked(true)
  for i = 1, 1100 do
    local record = { o = { ["n" .. i // 1050] = 1 }, l = json.array { { a = 1 } }, [1] = {} }
    assert(json.see(record, asked) == record and getmetatable(record.o) == nil)
  end
  local record = json.watch(json.decode '{"o":{},"l":[{}]}', asked)
  assert(getmetatable(record) == nil and not record.other)
  assert(not (record.o.n0 or record.o.n1 or record.o.n2 or record.l[1].a or record.l[1].b))
  local found = {}
  for _, path in ipairs(json.paths(asked)) do
    for _, name in ipairs(path.asked:missing()) do found[#found + 1] = path.name .. "/" .. name end
  end
  table.sort(found)
  tap.equal(found, { "[]/b", "o/n2" })
  for _, other in ipairs { json.asked(), json.paths(asked)[1].asked } do
    tap.raises(function() json.watch({}, other) end, "without paths")
  end
  tap.raises(function() json.paths(json.paths(asked)[1].asked) end, "of a path")
end)

test("what is read in vain of a decoded table itself is noted, if that is wanted", function()
  local asked = json.asked(true)
  for i = 1, 3 do
    local record = json.watch({ id = i, late = i == 3 or nil, o = {} }, asked, true)
    assert(not record.none and not record.o.inner and record.id == i)
    assert(i == 3 or not record.late)
    record.none = i
    tap.equal(json.encode(record):match('"none":%d'), '"none":' .. i)
  end
  local names = asked:names()
  table.sort(names)
  tap.equal({ asked:missing(), names }, { { "none" }, { "id", "late", "o" } })
  local list = json.watch(json.array { 1 }, asked, true)
  assert(json.is_array(list) and list.other == nil)
  tap.equal(asked:missing(), { "none" })
end)

test("a decoded table itself is noted as a record is, if that is asked for", function()
  local asked = json.asked(true)
  local record = json.watch({ a = "1", [1] = "x", o = { b = 1 } }, asked, true)
  assert(not (record.later or record.never or record.o.none or record[2]))
  tap.equal({ record.a, record[1] }, { "1", "x" })
  json.watch({ later = 1 }, asked, true)
  tap.equal(asked:missing(), { "never" })
  local names = asked:names()
  table.sort(names)
  tap.equal(names, { "a", "later", "o" })
  tap.equal(json.paths(asked)[1].asked:missing(), { "none" })
  tap.equal(json.encode(json.watch(json.decode "[1]", asked, true)), "[1]")
end)

test("objects outlive their reader and what notes them", function()
  local object
  do
    local records <close> = reader('{"p":{"a":{}}}', { asked = json.asked(true) })
    object = records:next().p
  end
  for _ = 1, 3 do collectgarbage() end
  assert(not object.x and not object.a.x)
end)

for _, case in ipairs {
  { "at the top", '{"users":[{"a":1},{"b":"]},"}],"n":[1],"e":[]}',
    { { pointer = "/users", count = 2, keyed = false, first = { a = 1 } } }, false },
  { "below objects, of an element", '[{"d":{"x":[{"a":"\\"{["}]},"y":{}}]',
    { { pointer = "/d/x", count = 1, keyed = false, first = { a = '"{[' } },
      { pointer = "", count = 2, keyed = true, first = { x = { { a = '"{[' } } } } }, true },
  { "with a name that a pointer must escape", '{"a/~\\u0062":[ {} , {} ]}',
    { { pointer = "/a~1~0b", count = 2, keyed = false, first = {} } }, false },
  { "as an object of objects", '{"u1":{"a":1} , "u2":{"a":2}}',
    { { pointer = "", count = 2, keyed = true, first = { a = 1 } } }, false },
  { "too deep to be named", '{"a":{"b":{"c":{"d":[{}],"e":{"f":[{}]}}}}}',
    { { pointer = "/a/b/c/d", count = 1, keyed = false, first = {} } }, false },
  { "nowhere", '{"a":[[{}]],"b":"[{","c":{}}', {}, false },
} do
  test("the arrays of objects inside a record are found: " .. case[1], function()
    local records <close> = reader(case[2])
    assert(records:next())
    local arrays, is_element = records:arrays()
    tap.equal({ json.encode(json.array(arrays)), is_element },
      { json.encode(json.array(case[3])), case[4] })
    records:next()
    tap.equal(records:arrays(), {})
  end)
end

test("of an array whose first object is large, that is not decoded", function()
  local long = ("x"):rep(70000)
  local records <close> = reader('{"users":[{"a":"' .. long .. '"},{}],"m":[{"b":1}]}')
  assert(records:next())
  local arrays = records:arrays()
  tap.equal({ arrays[1].count, arrays[1].first, arrays[2].first }, { 2, {}, { b = 1 } })
end)

test("of the arrays inside a record, the first twenty are found", function()
  local members = {}
  for i = 1, 30 do members[i] = string.format('"a%d":[{}]', i) end
  local records <close> = reader("{" .. table.concat(members, ",") .. "}")
  records:next()
  tap.equal(#records:arrays(), 20)
end)

test("a reader takes a text in place of an input, as it is", function()
  local pointed <close> = json.reader('{"a":[{"b":1},{"b":2}],"c":3}', { pointer = "/a" })
  local first, place = pointed:next()
  tap.equal({ first.b, place }, { 1, "0" })
  tap.equal(pointed:next().b, 2)
  tap.equal(pointed:next(), nil)
  local cut <close> = json.reader('[{"b":1},{"b"')
  tap.equal(cut:next().b, 1)
  tap.equal(select(3, cut:next()), "parse")
  local empty <close> = json.reader("")
  tap.equal(empty:next(), nil)
  local compressed <close> = json.reader("\x1f\x8b[]")
  tap.equal(select(3, compressed:next()), "parse")
end)

test("items finds the items of a list, and nothing else", function()
  local text = ' [ 1,"a]",{"b":[2]} , [] ]\n'
  local places, found = json.items(text), {}
  for i = 1, #places, 2 do found[#found + 1] = text:sub(places[i], places[i + 1]) end
  tap.equal(found, { "1", '"a]"', '{"b":[2]}', "[]" })
  tap.equal(json.items "[]", {})
  for _, wrong in ipairs {
    "", "{}", "1", "[", "[1", "[1,", "[1,]", "[,1]", "[1] 2", "[1 2]", '["\xff"]', "[01]",
    '[{"a"}]',
  } do
    local list, message, kind = json.items(wrong)
    tap.equal({ list, kind }, { nil, "parse" }, wrong)
    tap.contains(message, "invalid JSON at byte")
  end
end)
