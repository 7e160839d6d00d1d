local tap = require "tests.tap"
local csv = require "host.csv"
local file = require "host.file"
local json = require "host.json"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---A reader of `text` as if it were a file called users.csv.
local function open(text, options)
  local folder = assert(file.temporary())
  local path = folder .. "/users.csv"
  local out = assert(file.create(path))
  assert(out:write(text))
  out:close()
  local input = assert(file.open(path))
  assert(file.remove_tree(folder))
  return csv.reader(input, options)
end

---All rows as plain tables; broken ones as {message, line}.
local function rows(text, options)
  local reader = assert(open(text, options))
  local all, lines = {}, {}
  while true do
    local row, message, line = reader:next()
    if row == nil then
      assert(not message, message)
      reader:close()
      return all, lines
    end
    all[#all + 1] = row and json.materialize(row) or { message, line }
    lines[#lines + 1] = row and message or nil
  end
end

local function failure(text, options)
  local reader, message, kind = open(text, options)
  while reader do
    local row
    row, message, kind = reader:next()
    if row == nil then break end
  end
  return message, kind
end

test("what a program wrote is read exactly", function()
  for text, value in pairs {
    ["sep=;\n"] = "sep=;", ["\xef\xbb\xbfa\n"] = "\xef\xbb\xbfa", ["a\rb"] = "a\rb",
    ["#a\n#\n"] = "#a",
  } do
    equal(rows(text, { header = { "x" }, exact = true })[1], { x = value })
  end
end)

test("rows are read by the names in the first row", function()
  local reader <close> = assert(open("id,email\n1,a@b.example\n2,\n"))
  equal(reader:columns(), { "id", "email" })
  local row, line = reader:next()
  equal({ row.id, row.email, line }, { "1", "a@b.example", 2 })
  row, line = reader:next()
  equal({ row.id, row.email, line }, { "2", nil, 3 })
  equal({ reader:next() }, {})
  equal({ reader:next() }, {})
end)

for name, case in pairs {
  ["line ends may be CRLF"] = {
    "a,b\r\n1,2\r\n3,4\r\n", { { a = "1", b = "2" }, { a = "3", b = "4" } } },
  ["the last row may lack its line end"] = {
    "a,b\n1,2\n3,4", { { a = "1", b = "2" }, { a = "3", b = "4" } } },
  ["the last row may end with CR alone"] = { "a,b\r\n1,2\r", { { a = "1", b = "2" } } },
  ["blank lines are skipped"] = {
    "\n\na,b\n\n1,2\n \t\r\n3,4\n\n\n", { { a = "1", b = "2" }, { a = "3", b = "4" } } },
  ["an empty line of a table with one column is a row"] = {
    "a\n1\n\n2\n", { { a = "1" }, {}, { a = "2" } } },
  ["quoted fields hold delimiters, line ends and doubled quotes"] = {
    'a,b\n"x,""y""\n,z",2\n', { { a = 'x,"y"\n,z', b = "2" } } },
  ["a quoted field may be the last thing in the file"] = { 'a,b\n1,"2"', { { a = "1", b = "2" } } },
  ["a quote inside an unquoted field is text"] = {
    'a,b\n5" tube,2\n', { { a = '5" tube', b = "2" } } },
  ["an empty field reads as nil, quoted or not"] = { 'a,b,c\n,"",x\n', { { c = "x" } } },
  ["a byte order mark is no part of the first name"] = {
    "\xef\xbb\xbfa,b\n1,2\n", { { a = "1", b = "2" } } },
  ["empty fields behind the last column are ignored"] = {
    "a,b\n1,2,, ,\n", { { a = "1", b = "2" } } },
  ["names lose their outer blanks"] = { " a , b\n1,2\n", { { a = "1", b = "2" } } },
  ["a column without a name is called by its number"] = {
    "a,,c\n1,2,3\n", { { a = "1", ["column 2"] = "2", c = "3" } } },
  ["columns without names at the end may be missing in rows"] = {
    "a,b,,\n1,2\n", { { a = "1", b = "2" } } },
  ["backslash N is nil unless quoted"] = { 'a,b\n\\N,"\\N"\n', { { b = "\\N" } } },
  ["blanks behind a closing quote are ignored"] = { 'a,b\n"1" ,2\n', { { a = "1", b = "2" } } },
  ["an empty file has no rows"] = { "", {} },
  ["a header alone has no rows"] = { "a,b", {} },
  ["a row of delimiters only is a record"] = { "a,b\n,\n", { {} } },
} do
  test(name, function() equal((rows(case[1])), case[2]) end)
end

for name, case in pairs {
  ["the delimiter may be any byte"] = {
    "a;b\n1;2,3\n", { delimiter = ";" }, { { a = "1", b = "2,3" } } },
  ["the quote may be any byte"] = {
    "a,b\n'1,''',2\n", { quote = "'" }, { { a = "1,'", b = "2" } } },
  ["without a quote, quotes are text"] = {
    'a,b\n"1,2\n', { quote = "" }, { { a = '"1', b = "2" } } },
  ["an escape takes the next byte"] = {
    'a\tb\tc\n1\\\t2\tx\\\ny\t"q\\"\\n\\\\"\n', { delimiter = "\t", escape = "\\" },
    { { a = "1\t2", b = "x\ny", c = 'q"\n\\' } } },
  ["backslash N is nil where backslash escapes"] = {
    "a,b,c\n\\N,\\0,\\\\N\n", { escape = "\\" }, { { b = "\0", c = "\\N" } } },
  ["quotes in an unquoted field with escapes are text"] = {
    'a,b\nx""\\ty,2\n', { escape = "\\" }, { { a = 'x""\ty', b = "2" } } },
  ["names can be given"] = { "1,2\n", { header = { "a", "b" } }, { { a = "1", b = "2" } } },
  ["null words count only where nothing is quoted"] = {
    'a,b,c\nNULL,"NULL",null\n', { null = { "NULL" } }, { { b = "NULL", c = "null" } } },
  ["empty fields are kept when asked for"] = {
    'a,b\n,""\n', { empty = "keep" }, { { a = "", b = "" } } },
  ["blanks stay by default"] = { "a,b\n 1 ,2\n", {}, { { a = " 1 ", b = "2" } } },
  ["trim takes blanks off, but not inside quotes"] = {
    'a,b,c\n 1\t, " 2 " ,  \n', { trim = true }, { { a = "1", b = " 2 " } } },
  ["pad takes short rows and long ones"] = {
    "a,b\n1\n1,2,3\n", { ragged = "pad" }, { { a = "1" }, { a = "1", b = "2" } } },
  ["windows-1252 is converted"] = {
    "n\xe4me,b\n\x80,\xe9\n", { encoding = "windows-1252" }, { { ["näme"] = "€", b = "é" } } },
  ["iso-8859-1 is latin1"] = { "a\n\xfc\n", { encoding = "iso-8859-1" }, { { a = "ü" } } },
  ["latin1 is converted"] = { "a\n\xfc\n", { encoding = "latin1" }, { { a = "ü" } } },
  ["UTF-16LE is converted"] = {
    "a\0,\0b\0\n\0\x3d\xd8\x00\xde,\0\xac\x20\n\0", { encoding = "utf-16le" },
    { { a = "😀", b = "€" } } },
  ["a mark of UTF-16 wins over the option"] = {
    "\xfe\xff\0a\0,\0b\0\r\0\n\x00\xe9\0,\0x", { encoding = "latin1" }, { { a = "é", b = "x" } } },
} do
  test(name, function() equal((rows(case[1], case[2])), case[3]) end)
end

for name, case in pairs {
  ["a row with too few fields is stepped over"] = {
    "a,b,c\n1,2\n3,4,5\n", {},
    { { "row has 2 fields, the header 3", 2 }, { a = "3", b = "4", c = "5" } } },
  ["a row with too many fields is stepped over"] = {
    "a\nx,1\n2\n", {}, { { "row has 2 fields, the header 1", 2 }, { a = "2" } } },
  ["a row that is not UTF-8 is stepped over and names the column"] = {
    "a,b\n1,\xff\n3,4\n", {},
    { { 'invalid UTF-8 in column "b"; is its encoding windows-1252?', 2 },
      { a = "3", b = "4" } } },
  ["half a character at the end of UTF-16 is not UTF-8"] = {
    "a\0\n\0b\0\n\0c", { encoding = "utf-16le" },
    { { a = "b" }, { 'invalid UTF-8 in column "a"', 3 } } },
  ["text behind a closing quote is stepped over"] = {
    'a,b\n"he said "hi" to",2\n3,4\n', {},
    { { 'text after the closing quote of column "a"', 2 }, { a = "3", b = "4" } } },
} do
  test(name, function() equal((rows(case[1], case[2])), case[3]) end)
end

test("a skipped row has its text, truncated and converted to UTF-8", function()
  local reader <close> = assert(open("a,b\n\xffx,é\n1," .. ("é"):rep(3000) .. ",3\n"))
  local row, _, line, raw = reader:next()
  equal({ row, line, raw }, { false, 2, "\u{FFFD}x,é" })
  row, _, line, raw = reader:next()
  equal({ row, line }, { false, 3 })
  assert(#raw <= 4096 and utf8.len(raw))
end)

test("lines are counted through quoted and escaped line ends", function()
  local _, lines = rows('a,b\n"1\n\n",2\n3,4\r\n\n5,6\n')
  equal(lines, { 2, 5, 7 })
  _, lines = rows("a,b\n1\\\n,2\n3,4\n", { escape = "\\" })
  equal(lines, { 2, 4 })
end)

for name, case in pairs {
  ["a quote that is never closed names the line where it opens"] = {
    'a,b\n1,2\n"3\n",4\n5,"6\n7,8\n', {},
      "users.csv:5: the quote that opens here is never closed" },
  ["a quote open for longer than the limit names its line"] = {
    'a,b\nx,"' .. ("y\n"):rep(300000), { limit = 100000 },
    "users.csv:2: the quote that opens here is not closed within 100000 bytes" },
  ["a row longer than the limit is a failure"] = {
    "a\n" .. ("x"):rep(300), { limit = 100 }, "users.csv:2: a row longer than 100 bytes" },
  ["two columns of one name are a failure that names both"] = {
    "id,email,id\n", {}, 'users.csv: columns 1 and 3 are both called "id"' },
  ["a header that is not UTF-8 is a failure"] = {
    "a,\xff\n", {}, "users.csv:1: the header is not UTF-8; is its encoding windows-1252?" },
  ["a header with zero bytes is a failure"] = { "a\0,\0b\0\n\0", {}, "is it UTF-16?" },
  ["a header with text behind quotes is a failure"] = {
    '"a"b,c\n', {}, "users.csv:1: text after the closing quote of column 1" },
} do
  test(name, function()
    local message, kind = failure(case[1], case[2])
    contains(message, case[3])
    equal(kind, "parse")
  end)
end

test("a damaged input is reported", function()
  local message, kind = failure("\x1f\x8b\x08\0\0\0\0\0\0\3")
  contains(message, "damaged gzip data")
  equal(kind, "parse")
end)

test("rows of any size are read across the buffer's end", function()
  local parts, expected = { "a,b\n" }, {}
  for i = 1, 3000 do
    local long = (i .. ","):rep(i % 97, "|")
    parts[#parts + 1] = ('%d,"%s""\n"\r\n'):format(i, long)
    expected[i] = { a = tostring(i), b = long .. '"\n' }
  end
  parts[#parts + 1] = ('x,"%s"\n'):format(("z\n"):rep(500000))
  expected[#expected + 1] = { a = "x", b = ("z\n"):rep(500000) }
  equal((rows(table.concat(parts))), expected)
end)

test("UTF-16 of any size is converted across the buffer's end", function()
  local text = "a\0,\0b\0\n\0" .. ("\x3d\xd8\x00\xde,\0\xe9\0\n\0"):rep(60000)
  local all = rows(text, { encoding = "utf-16le" })
  equal(#all, 60000)
  equal(all[60000], { a = "😀", b = "é" })
end)

test("a row that is no longer current raises instead of showing another's data", function()
  local reader <close> = assert(open("a\n1\n2\n"))
  local first = reader:next()
  local step, state, key = pairs(first)
  reader:next()
  raises(function() return first.a end, "this record is no longer valid: the reader has moved on")
  raises(function() return pairs(first) end, "this record is no longer valid")
  raises(function() return #first end, "this record is no longer valid")
  raises(function() step(state, key) end, "this record is no longer valid")
end)

test("the last row is gone at the end and when the reader is closed", function()
  local reader = assert(open("a\n1\n2\n"))
  local row = reader:next()
  equal(row.a, "1")
  row = reader:next()
  reader:next()
  raises(function() return row.a end, "this record is no longer valid")
  reader = assert(open("a\n1\n"))
  row = reader:next()
  reader:close()
  reader:close()
  raises(function() return row.a end, "this record is no longer valid")
  raises(function() reader:next() end, "the reader is closed")
end)

test("a record outlives the variables that refer to its reader", function()
  local reader = assert(open("a\n1\n"))
  local row = reader:next()
  reader = nil -- luacheck: ignore
  collectgarbage()
  collectgarbage()
  equal(row.a, "1")
end)

test("fields are read by number too, and counted", function()
  local reader <close> = assert(open("a,b\n1,2\n"))
  local row = reader:next()
  equal({ row[1], row[2], row[3], row[0], #row }, { "1", "2", nil, nil, 2 })
end)

test("pairs iterates over the fields that are not nil in the order of the columns", function()
  local reader <close> = assert(open("z,y,x\n1,,3\n"))
  local seen = {}
  for name, value in pairs(reader:next()) do seen[#seen + 1] = name .. value end
  equal(seen, { "z1", "x3" })
end)

test("columns that do not exist are noted once", function()
  local reader <close> = assert(open("email\na\nb\n"))
  for _ = 1, 2 do
    local row = reader:next()
    equal({ row.emial, row.name, row.emial }, {})
  end
  equal(reader:unknown(), { "emial", "name" })
end)

test("a record cannot be changed", function()
  local reader <close> = assert(open("a\n1\n"))
  local row = reader:next()
  raises(function() row.a = "2" end, "records are read-only")
end)

test("with place, a row's place is a text that ends in its line", function()
  local _, places = rows('a,b\n1,2\n"x\ny",3\n4,5\n', { place = "users.csv:" })
  equal(places, { "users.csv:2", "users.csv:3", "users.csv:5" })
  raises(function() open("a\n1\n", { place = 1 }) end, "place must be a string")
end)

test("a column is found by name whether Lua shares the name or not", function()
  local long = ("n"):rep(41)
  local reader = assert(open("a," .. long .. "\n1,2\n"))
  local row = reader:next()
  equal({ row.a, row[long], row[("n"):rep(40) .. "n"] }, { "1", "2", "2" })
  reader:close()
end)

test("invalid options are misuse", function()
  for _, options in ipairs {
    { delimiter = ";;" }, { delimiter = '"' }, { quote = "ab" }, { ragged = "keep" },
    { empty = "" }, { encoding = "utf-7" }, { header = false }, { header = {} },
    { header = { 1 } }, { limit = 0 }, { limit = "x" }, { quote = 1 },
    { null = { 1 } }, { null = "NULL" }, { delimiter = "\n" },
  } do
    raises(function() open("a\n1\n", options) end)
  end
end)

for name, case in pairs {
  ["a line sep=; gives the delimiter"] = { "sep=;\r\na;b\r\n1;2\r\n", nil, 3 },
  ["a quoted line sep, in any case"] = { '"SEP=\t"\na\tb\n1\t2\n', nil, 3 },
  ["a delimiter that was given counts more than sep="] = {
    "sep=;\na|b\n1|2", { delimiter = "|" }, 3 },
  ["a line sep= after a byte order mark"] = { "\xef\xbb\xbfsep=;\na;b\n1;2", nil, 3 },
  ["a line sep= in UTF-16"] = {
    "\xff\xfe" .. ("sep=;\r\na;b\r\n1;2\r\n"):gsub(".", "%0\0"), nil, 3 },
  ["a line sep= in a file with carriage returns alone"] = { "sep=;\ra;b\r1;2\r", nil, 3 },
  ["lines that end with a carriage return alone"] = { "a,b\r1,2\r", nil, 2 },
  ["a file with carriage returns alone and no last line end"] = { "a,b\r1,2", nil, 2 },
  ["UTF-16 with its mark, little end first"] = {
    "\xff\xfe" .. ("a,b\r\n1,2\r\n"):gsub(".", "%0\0"), nil, 2 },
  ["UTF-16 with its mark, big end first"] = {
    "\xfe\xff" .. ("a,b\n1,2\n"):gsub(".", "\0%0"), { encoding = "windows-1252" }, 2 },
  ["names without what shows nothing around them"] = {
    "\u{A0}a\u{200B},\"\u{3000}b \"\n1,2\n", nil, 2 },
  ["a name with the guard of spreadsheets"] = { '="a",b\n1,2\n', nil, 2 },
} do
  test("a file of a spreadsheet is read: " .. name, function()
    equal({ rows(case[1], case[2]) }, { { { a = "1", b = "2" } }, { case[3] } })
  end)
end

test("a line sep= without a header below it is a file without rows", function()
  equal(rows("sep=;\n"), {})
  equal(rows("sep=;"), {})
  equal(rows("sep=\nx\n"), { { ["sep="] = "x" } })
  equal(rows("sep=;;\n1;\n", { delimiter = ";" }), { { ["sep="] = "1" } })
end)

test("a line sep= is skipped for names that are given, too", function()
  equal(rows("sep=;\n1;2\n", { header = { "a", "b" } }), { { a = "1", b = "2" } })
end)

test("quoted values keep their line feeds in a file with carriage returns alone", function()
  local all, lines = rows('a,b\r1,"x\ny\rz"\r2,\r')
  equal({ all, lines }, { { { a = "1", b = "x\ny\rz" }, { a = "2" } }, { 2, 4 } })
end)

test("a carriage return is no line end where lines end with a line feed", function()
  equal(rows("a,b\n1,x\ry\n"), { { a = "1", b = "x\ry" } })
end)

for given, expected in pairs {
  ['="00123"'] = "00123", ['"=""00123"""'] = "00123", ['=""'] = false, ['"="""""'] = false,
  ['="x'] = '="x', ['"=""a""b"""'] = '="a"b"', ["=1"] = "=1", ['"="'] = "=",
} do
  test("the guard of spreadsheets is no part of the value: " .. given, function()
    equal(rows("id,x\n" .. given .. ",y\n")[1].id, expected or nil)
  end)
end

test("the guard may be kept", function()
  equal(rows('id\n="1"\n', { guard = "keep" }), { { id = '="1"' } })
end)

test("trim knows all white space, and keeps the byte of a BIT column", function()
  equal(rows("a,b\n\u{3000}x\u{A0} ,\0\n", { trim = true }), { { a = "x", b = "\0" } })
end)

test("names that differ in what shows nothing are the same name", function()
  contains(failure("email,id,email\u{200B}\n"), 'columns 1 and 3 are both called "email"')
end)

for text, line in pairs {
  ["# made by x\nid,email\n1,a\n"] = 1, ["\n# a, b, c\nid,email\n1,a\n"] = 2,
  ["# a\n# b\nid\n"] = 1, ["# a, b\n# c, d\nid,email\n"] = 1,
} do
  test("a comment in place of the header is named: " .. text:gsub("\n", "/"), function()
    local message, kind = failure(text)
    equal({ message:match("users.csv:(%d+):"), kind }, { tostring(line), "parse" })
    contains(message, 'begins with "#": a comment, not the names of the columns')
  end)
end

test("a first name may begin with # where the row below has as many fields",
  function()
    equal({ rows("#,email\n1,a\n\n2,b,\n") },
      { { { ["#"] = "1", email = "a" }, { ["#"] = "2", email = "b" } }, { 2, 4 } })
    equal(rows("# of logins\n"), {})
    equal(rows('"#x"\na,b\n')[1], { "row has 2 fields, the header 1", 2 })
    equal(rows("#a,b\n1\n", { ragged = "pad" }), { { ["#a"] = "1" } })
  end)
