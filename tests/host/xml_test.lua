local tap = require "tests.tap"
local file = require "host.file"
local xml = require "host.xml"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local XSI <const> = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

---A reader of `text` as if it were a file.
local function open(text, options)
  local folder = assert(file.temporary())
  local out = assert(file.create(folder .. "/users.xml"))
  assert(out:write(text))
  out:close()
  local input = assert(file.open(folder .. "/users.xml"))
  assert(file.remove_tree(folder))
  local all = { path = { "users", "user" } }
  for name, value in pairs(options or {}) do all[name] = value end
  return xml.reader(input, all)
end

---All records, and their lines; a bad one as its message. After a failure, this and its kind.
local function read(text, options)
  local reader <close> = open(text, options)
  local all, lines = {}, {}
  while true do
    local record, message, kind = reader:next()
    if record == nil then return all, lines, message, kind end
    all[#all + 1] = record or message
    lines[#lines + 1] = record and message or kind
  end
end

---The record that is made of this text inside <user>.
local function record(inside, attributes)
  local user = "<user" .. (attributes or "") .. ">" .. inside .. "</user>"
  return read("<users" .. XSI .. ">" .. user .. "</users>")[1]
end

test("elements at the path are records, with the line on which each begins", function()
  local all, lines, message = read(
    "<users>\n<user><n>a</n></user>\n\n<user\n><n>b</n></user><user/></users>\n")
  equal({ all, lines, message }, { { { n = "a" }, { n = "b" }, {} }, { 2, 4, 5 } })
end)

for name, case in pairs {
  ["an attribute has an @ before its name"] = { "", { ["@id"] = "1", ["@xml:lang"] = "de" },
    ' id="1" xml:lang="de"' },
  ["the text of a record is its first item"] = { "a", { "a" } },
  ["the text beside attributes is the first item"] = { "<e k='x'>a</e>",
    { e = { "a", ["@k"] = "x" } } },
  ["a child with children is a table"] = { "<a><b>1</b></a>", { a = { b = "1" } } },
  ["repeated children are a list"] = { "<r>a</r><n>x</n><r>b</r><r k='1'/>",
    { r = { "a", "b", { ["@k"] = "1" } }, n = "x" } },
  ["an empty child is nil"] = { "<a/><b></b><c> \n</c><d k=''/>", { d = {} } },
  ["a repeated child is a list without the empty ones"] = {
    "<a/><a>1</a><b>2</b><b/><b/><c/><c/>", { a = { "1" }, b = { "2" } } },
  ["a child whose children are empty is a table"] = { "<a><b/></a>", { a = {} } },
  ["a text keeps its white space"] = { "<a> x\n y </a>", { a = " x\n y " } },
  ["CDATA is text, white space beside it is not"] = {
    "<a>\n <![CDATA[<b> &amp; ]]>\n</a>", { a = "<b> &amp; " } },
  ["white space in CDATA is text"] = { "<a><![CDATA[ ]]></a>", { a = " " } },
  ["parts of CDATA and text are one text"] = {
    "<a>1<![CDATA[2]]> <![CDATA[3]]></a>", { a = "12 3" } },
  ["text around children is trimmed and joined"] = { "\n Hello <b>you</b>\n <i>x</i>!\n",
    { "Hello !", b = "you", i = "x" } },
  ["comments and processing instructions are no text"] = {
    "<a>1<!-- 2 --><?p 3?>4</a>", { a = "14" } },
  ["references are characters"] = { "<a k='&quot;'>&lt;&amp;&#228;&#x1F600;</a>",
    { a = { "<&\u{e4}\u{1F600}", ["@k"] = '"' } } },
  ["xsi:nil is nil, and no attribute"] = {
    "<a xsi:nil='true' k='1'>x</a><b xsi:nil='1'/><c xsi:nil='false'>y</c>", { c = "y" } },
  ["a prefix is a part of the name"] = { "<x:a xmlns:x='u' x:k='1'>y</x:a>",
    { ["x:a"] = { "y", ["@x:k"] = "1" } } },
  ["a declaration of a namespace is not an attribute"] = {
    "<a xmlns='u' xmlns:y='v'>x</a>", { a = "x" } },
} do
  test(name, function() equal(record(case[1], case[3]), case[2]) end)
end

test("xsi:nil is known by the prefix that the document declares", function()
  equal(read("<users><user" .. XSI:gsub("xmlns:xsi", "xmlns:i") .. '><a i:nil="true">x</a>'
    .. '<b j:nil="true">x</b></user></users>'), { { b = { "x", ["@j:nil"] = "true" } } })
end)

test("a path may be of any depth, with any element", function()
  local text = "<a><b><u>1</u><v>2</v></b><c><u>3</u><d><u>4</u></d></c></a>"
  equal(read(text, { path = { "a", "*", "u" } }), { { "1" }, { "3" } })
  equal(read(text, { path = { "a", "b", "*" } }), { { "1" }, { "2" } })
  equal(read("<a><b>1</b></a>", { path = { "a" } }), { { b = "1" } })
  equal(read("<users><user><user>1</user></user></users>"), { { user = "1" } })
end)

---ASCII, and the bytes of windows-1252 for the umlaut and the euro sign, as UTF-16.
local function utf16(text, format)
  return (text:gsub(".", function(c)
    return string.pack(format, c == "\x80" and 0x20AC or c:byte())
  end))
end

local TEXT <const> = "<users><user>\xE4\x80</user></users>"
for name, text in pairs {
  ["UTF-8 with a byte order mark"] = "\xEF\xBB\xBF<users><user>\xC3\xA4\xE2\x82\xAC</user></users>",
  ["UTF-16, little endian"] = "\xFF\xFE" .. utf16(TEXT, "<I2"),
  ["UTF-16, big endian, declared"] = "\xFE\xFF"
    .. utf16('<?xml version="1.0" encoding="UTF-16"?>' .. TEXT, ">I2"),
  ["windows-1252"] = '<?xml version="1.0" encoding="Windows-1252"?>' .. TEXT,
} do
  test(name .. " is read", function() equal(read(text), { { "\u{e4}\u{20ac}" } }) end)
end

test("ISO-8859-1 and US-ASCII are read", function()
  local head = '<?xml version="1.0" encoding="%s"?><users><user>%s</user></users>'
  equal(read(head:format("ISO-8859-1", "\xE4")), { { "\u{e4}" } })
  equal(read(head:format("US-ASCII", "a")), { { "a" } })
end)

test("an encoding that is given takes the place of the one declared", function()
  local text = '<?xml version="1.0" encoding="UTF-16"?><users><user>\xE4</user></users>'
  local _, _, message = read(text)
  contains(message, "not in the encoding that it declares; give the option encoding")
  equal(read(text, { encoding = "windows-1252" }), { { "\u{e4}" } })
end)

test("a record over the limit is stepped over", function()
  local long = "<user><n>" .. ("x"):rep(200000) .. "</n></user>"
  local text = "<users>\n<user>1</user>\n" .. long .. "<user a='" .. ("y"):rep(2000)
    .. "'/>\n<user>2</user></users>"
  local all, lines = read(text, { limit = 1000 })
  equal({ all, lines }, { { { "1" }, "the record is longer than 1000 bytes",
    "the record is longer than 1000 bytes", { "2" } }, { 2, 3, 3, 4 } })
end)

test("a record of exactly the limit is read", function()
  equal(#read("<users><user>123</user></users>", { limit = #"<user>123</user>" }), 1)
  equal(read("<users><user>123</user></users>", { limit = #"<user>123</user>" - 1 }),
    { "the record is longer than 15 bytes" })
end)

test("a bad record comes with its beginning", function()
  local reader <close> = open("<users><user a='&b;'>\xC3\xA4</user></users>")
  local _, message, line, raw = reader:next()
  equal({ message, line, raw },
    { "the entity &b; is not defined", 1, "<user a='&b;'>\u{e4}</user>" })
end)

test("a record that is nested too deeply is stepped over, a document is not", function()
  local function nested(n) return ("<a>"):rep(n) .. ("</a>"):rep(n) end
  local all = read("<users><user>" .. nested(99) .. "</user><user>" .. nested(100)
    .. "</user><user>1</user></users>")
  equal({ type(all[1]), all[2], all[3] },
    { "table", "the record is nested more than 100 elements deep", { "1" } })
  local _, _, message = read(nested(10001))
  contains(message, "elements are nested more than 10000 deep")
end)

test("a record with an entity that is not defined is stepped over", function()
  for _, before in ipairs { "", '<!DOCTYPE users SYSTEM "users.dtd">', "<!DOCTYPE users [%x;]>" } do
    equal(read(before .. "<users><user>&nbsp;</user><user a='x&auml;'/><user><b c='&x;'/></user>"
      .. "<user>&lt;</user><other a='&y;'>&z;</other></users>"), {
        "the entity &nbsp; is not defined", "the entity &auml; is not defined",
        "the entity &x; is not defined", { "<" },
      })
  end
end)

for name, declaration in pairs {
  ["an entity that grows"] = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
  ["an external entity"] = '<!ENTITY a SYSTEM "file:///etc/passwd">',
  ["a parameter entity"] = '<!ENTITY % a SYSTEM "http://127.0.0.1/x.dtd"> %a;',
  ["an unparsed entity"] = '<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "x" NDATA n>',
} do
  test("a document that declares " .. name .. " is not read", function()
    local all, _, message, kind = read("<!DOCTYPE users [\n" .. declaration
      .. "]><users><user>&a;</user></users>")
    equal({ #all, kind }, { 0, "parse" })
    contains(message, 'line 2, column ')
    contains(message, 'the document declares the entity "a"; such documents are not read')
  end)
end

test("a document type without entities is skipped", function()
  equal(read('<!DOCTYPE users PUBLIC "-//x//y" "http://127.0.0.1:9/users.dtd" [<!ELEMENT users ANY>'
    .. '<!ATTLIST user kind CDATA "x">]><users><user id="1"/></users>'),
    { { ["@id"] = "1" } })
end)

for name, case in pairs {
  ["an end tag of another element"] = { "<users>\n<user>1</user>\n<user></users>",
    "line 3, column 9: the end tag is not that of <user>" },
  ["a character that may not be there"] = { "<users>\n<user>1</user><user>a & b</user></users>",
    "line 2, column 24: not well-formed (invalid token)" },
  ["a cut record"] = { "<users><user>1</user><user><n>x",
    "line 1, column 32: the document is cut off inside <n>" },
  ["a cut tag"] = { "<users><user>1</user><user a='",
    "line 1, column 22: the document is cut off inside <users>" },
  ["another root"] = { "<users><user>1</user></users><users/>",
    "line 1, column 30: junk after document element" },
  ["bytes that are not UTF-8"] = { "<users><user>1</user>\n<user>\xE4bc</user></users>",
    "line 2, column 7: not UTF-8; is its encoding windows-1252?" },
} do
  test(name .. " ends the reading with line and column, after the records before it", function()
    local all, _, message, kind = read(case[1])
    equal({ all, message, kind }, { { { "1" } }, case[2], "parse" })
  end)
end

test("an unknown encoding, and a file without an element, are told", function()
  local _, _, message = read('<?xml version="1.0" encoding="Shift_JIS"?><users/>')
  contains(message, 'the encoding "Shift_JIS" is not known; give the option encoding, or')
  _, _, message = read("")
  contains(message, "no element found")
end)

test("a document without anything at the path says so, unless it is empty there", function()
  for text, expected in pairs {
    ["<users/>"] = false, ["<users> </users>"] = false, ["<people/>"] = "no element at users/user",
    ["<users><person/></users>"] = "no element at users/user",
  } do
    local all, _, message, kind = read(text)
    equal({ #all, message or false, kind }, { 0, expected, expected and "missing" or nil })
  end
  local _, _, message = read("<a><b/></a>", { path = { "a", "*", "c" } })
  equal(message, nil)
  _, _, message = read("<b/>", { path = { "a" } })
  equal(message, "no element at a")
end)

test("the last record can be had once more", function()
  local reader <close> = open("<users><user><a>1</a></user></users>")
  equal(reader:record(), nil)
  local first = reader:next()
  first.a = nil
  equal(reader:record(), { a = "1" })
  equal(reader:next(), nil)
  equal(reader:record(), nil)
end)

test("a reader that failed fails again, and a closed one raises", function()
  local reader = open("<users><user>")
  equal(select(3, reader:next()), "parse")
  equal({ reader:next() }, { nil, "the reader has already failed", "parse" })
  reader:close()
  reader:close()
  raises(function() reader:next() end, "the reader is closed")
end)

test("a tag of many megabytes ends the reading", function()
  local _, _, message = read("<users><user a='" .. ("x"):rep(9 << 20) .. "'/></users>")
  equal(message, "line 1: a tag or comment of more than 8388608 bytes")
end)

test("a document type without end ends the reading", function()
  for _, declarations in ipairs {
    ("<!-- a comment -->"):rep(100000), ("<!ELEMENT %d ANY>"):rep(100000),
    ("<!ATTLIST a b CDATA 'x'>"):rep(100000), (" "):rep(2 << 20),
  } do
    local n = 0
    declarations = declarations:gsub("%%d", function()
      n = n + 1
      return "a" .. n
    end)
    local _, _, message = read("<!DOCTYPE a [" .. declarations .. "]><a/>")
    contains(message, "the document type is longer than 1048576 bytes")
  end
end)

test("a document with names without end is not read to its end", function()
  local parts = { "<users>" }
  for i = 1, 70000 do parts[#parts + 1] = "<n" .. i .. "/>" end
  local _, _, message = read(table.concat(parts))
  contains(message, "too many different names of elements and attributes")
  parts = { "<users><user" }
  for i = 1, 70000 do parts[#parts + 1] = " a" .. i .. "='1'" end
  _, _, message = read(table.concat(parts) .. "/></users>")
  contains(message, "too many different names of elements and attributes")
end)

test("memory does not grow with the document", function()
  local function resident()
    return math.tointeger(tonumber(file.read("/proc/self/statm"):match("^%d+ (%d+)")) * 4)
  end
  if not file.stat("/proc/self/statm") then tap.skip("no /proc") end
  if file.read("/proc/self/maps"):find("libasan", 1, true) then tap.skip("with sanitizers") end
  local folder <const> = assert(file.temporary())
  local out = assert(file.create(folder .. "/big.xml"))
  assert(out:write("<users>"))
  local block = "<!-- " .. ("c"):rep(1000) .. " --><x>" .. ("y"):rep(1000) .. "</x><user><a k='1'>"
    .. ("z"):rep(1000) .. "</a></user>"
  for _ = 1, 10000 do assert(out:write(block)) end
  assert(out:write("</users>"))
  out:close()
  local input <close> = assert(file.open(folder .. "/big.xml"))
  local reader <close> = xml.reader(input, { path = { "users", "user" } })
  for _ = 1, 1000 do assert(reader:next()) end
  local before = resident()
  local n = 1000
  while reader:next() do n = n + 1 end
  assert(file.remove_tree(folder))
  equal(n, 10000)
  assert(resident() - before < 8 * 1024, "grown")
end)

test("an outline has the elements of a head, with how often they occur", function()
  equal({ xml.outline("<a><b i='1'/><b/><c><d><e>1</e></d></c") }, { {
    { path = "a", count = 1, has_parts = true, above = 0 },
    { path = "a/b", count = 2, has_parts = true, above = 1 },
    { path = "a/c", count = 1, has_parts = true, above = 1 },
    { path = "a/c/d", count = 1, has_parts = true, above = 3 },
    { path = "a/c/d/e", count = 1, has_parts = false, above = 4 },
  } })
  local list, message = xml.outline("<a><b></a>")
  equal({ #list, message }, { 2, "line 1, column 9: the end tag is not that of <b>" })
  local reader <close> = open("<users><x/><user><y/></user></users>")
  assert(reader:next())
  equal(#reader:outline(), 2)
end)

test("an outline is bounded in depth and width", function()
  local text = "<a>"
  for i = 1, 200 do text = text .. "<b" .. i .. "/>" end
  equal(#xml.outline(text), 100)
  equal(#xml.outline(("<a>"):rep(50)), 6)
end)

test("what is not a path, a limit or an input is misuse", function()
  for _, options in ipairs { { path = {} }, { path = { 1 } }, { path = "users" }, { limit = 0 },
    { limit = 1 << 40 }, { encoding = 1 } } do
    raises(function() open("<a/>", options) end, "")
  end
end)
