local csv = require "host.csv"
local file = require "host.file"
local json = require "host.json"
local tap = require "tests.tap"
local text = require "host.text"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

-- {encoding, text, its bytes}, as Python has them
local CASES <const> = {
  { "windows-1250", "Zażółć gęślą jaźń €",
    "Za\xBF\xF3\xB3\xE6 g\xEA\x9Cl\xB9 ja\x9F\xF1 \x80" },
  { "windows-1251", "Съешь ещё №",
    "\xD1\xFA\xE5\xF8\xFC \xE5\xF9\xB8 \xB9" },
  { "windows-1252", "Müller Œuvre €",
    "M\xFCller \x8Cuvre \x80" },
  { "windows-1253", "Ξεσκεπάζω Ψ",
    "\xCE\xE5\xF3\xEA\xE5\xF0\xDC\xE6\xF9 \xD8" },
  { "windows-1254", "Işıl Ğ İ",
    "I\xFE\xFDl \xD0 \xDD" },
  { "windows-1255", "שָׁלוֹם ₪",
    "\xF9\xC8\xD1\xEC\xE5\xC9\xED \xA4" },
  { "windows-1256", "مرحبا چپ",
    "\xE3\xD1\xCD\xC8\xC7 \x8D\x81" },
  { "windows-1257", "Šarūnas ķēniņš",
    "\xD0ar\xFBnas \xED\xE7ni\xF2\xF0" },
  { "iso-8859-1", "Ærøskøbing",
    "\xC6r\xF8sk\xF8bing" },
  { "iso-8859-2", "Příliš żółty ľ",
    "P\xF8\xEDli\xB9 \xBF\xF3\xB3ty \xB5" },
  { "iso-8859-5", "Ђорђе Ў",
    "\xA2\xDE\xE0\xF2\xD5 \xAE" },
  { "iso-8859-7", "Ωμέγα",
    "\xD9\xEC\xDD\xE3\xE1" },
  { "iso-8859-9", "İğşı",
    "\xDD\xF0\xFE\xFD" },
  { "iso-8859-15", "€ Šœž",
    "\xA4 \xA6\xBD\xB8" },
  { "koi8-r", "Чучело Ё",
    "\xFE\xD5\xDE\xC5\xCC\xCF \xB3" },
  { "ibm437", "Ñandú ½ ß",
    "\xA5and\xA3 \xAB \xE1" },
  { "ibm850", "Ærøskøbing Ú",
    "\x92r\x9Bsk\x9Bbing \xE9" },
  { "ibm852", "Žluťoučký kůň",
    "\xA6lu\x9Cou\x9Fk\xEC k\x85\xE5" },
  { "macintosh", "Ångström ƒ Ÿ",
    "\x81ngstr\x9Am \xC4 \xD9" },
  { "shift_jis", "表ソ能 十|｢ｱ｣①",
    "\x95\x5C\x83\x5C\x94\x5C \x8F\x5C|\xA2\xB1\xA3\x87@" },
  { "euc-jp", "山田ｱ太郎",
    "\xBB\xB3\xC5\xC4\x8E\xB1\xC2\xC0\xCF\xBA" },
  { "gb18030", "李丂镕 ㄅ€😀",
    "\xC0\xEE\x81@\xE9F \xA8\xC5\xA2\xE3\x949\xFC6" },
  { "big5", "許功蓋擺",
    "\xB3\x5C\xA5\x5C\xBB\x5C\xC2\x5C" },
  { "euc-kr", "홍길동 똠방각하",
    "\xC8\xAB\xB1\xE6\xB5\xBF \x8Cc\xB9\xE6\xB0\xA2\xC7\xCF" },
}
local UNICODE <const> = { ["utf-8"] = true, ["utf-16le"] = true, ["utf-16be"] = true }

---A reader of bytes, which arrive in blocks of `size` bytes.
local function open(bytes, options, size)
  local at = 1
  local input = file.feed("users.csv", function()
    local block = bytes:sub(at, at + (size or #bytes) - 1)
    at = at + (size or #bytes)
    return block ~= "" and block or nil
  end)
  return csv.reader(input, options)
end

---All rows as plain tables; broken ones as {message, line}.
local function rows(bytes, options, size)
  local reader <close>, all = assert(open(bytes, options, size)), {}
  while true do
    local row, message, line = reader:next()
    if row == nil then
      assert(not message, message)
      return all
    end
    all[#all + 1] = row and json.materialize(row) or { message, line }
  end
end

for _, case in ipairs(CASES) do
  local encoding, words, bytes = table.unpack(case)

  test(encoding .. " is read and written", function()
    equal(text.decode(bytes, encoding), words)
    equal(text.encode(words, encoding), bytes)
    assert(bytes ~= words, "no ASCII")
  end)

  test(encoding .. " is read from a file that is cut anywhere", function()
    local whole = 'id,"name"\r\n1,"' .. bytes .. ", " .. bytes .. '"\r\n2,' .. bytes .. "\r\n"
    local expected = { { id = "1", name = words .. ", " .. words }, { id = "2", name = words } }
    for size = 1, 7 do equal(rows(whole, { encoding = encoding }, size), expected) end
    equal(rows(bytes .. "\n" .. bytes, { encoding = encoding, header = { "a" } }),
      { { a = words }, { a = words } })
  end)
end

test("every encoding has a case here", function()
  local found = {}
  for _, case in ipairs(CASES) do found[case[1]] = true end
  for _, name in ipairs(text.encodings()) do
    assert(found[name] or UNICODE[name], name)
    equal(text.encoding(name), name)
  end
end)

test("a long file is read across the ends of buffers", function()
  for _, name in ipairs { "shift_jis", "gb18030", "windows-1250" } do
    for _, case in ipairs(CASES) do
      if case[1] == name then
        for pad = 0, 3 do
          local line = ("x"):rep(pad) .. case[3]
          local all = rows("a,b\n" .. (line .. ',"' .. line .. '"\n'):rep(20000),
            { encoding = name })
          equal(#all, 20000)
          local expected = ("x"):rep(pad) .. case[2]
          for _, row in ipairs(all) do assert(row.a == expected and row.b == expected) end
        end
      end
    end
  end
end)

test("a second byte that looks like a delimiter, a quote or an escape is none", function()
  equal(rows("a|b\n\x83\x7C|\x95\x5C\n",
    { encoding = "shift_jis", delimiter = "|", escape = "\\" }), { { a = "ポ", b = "表" } })
  equal(rows("a|b\n'\xB3\x5C'|\xA5\x5C\n",
    { encoding = "big5", delimiter = "|", quote = "'", escape = "\\" }), { { a = "許", b = "功" } })
  equal(rows("a|b\n\x81\x7C|\x82\x7C\n", { encoding = "gbk", delimiter = "|" }),
    { { a = "亅", b = "倈" } })
end)

test("Windows's own characters are read", function()
  equal(text.decode("\xFB\xFC\xEE\xE0\xED\x40~", "shift_jis"), "髙髙纊~")
  equal(text.decode("\xAD\xA1\\~", "euc-jp"), "①\\~")
  equal(text.decode("\xF9\xDA", "big5"), "恒")
end)

test("bytes that are not of the encoding are told with their line", function()
  for name, bad in pairs {
    ["windows-1250"] = "\x81", ["windows-1253"] = "\xD2", ["windows-1255"] = "\xFF",
    ["windows-1257"] = "\xA1", ["iso-8859-7"] = "\xFF", shift_jis = "\xFF", ["euc-jp"] = "\xFF",
    gb18030 = "\xFF", big5 = "\xFF", ["euc-kr"] = "\xFF",
  } do
    for size = 1, 3 do
      equal(rows("a,b\n1,x\n2," .. bad .. "\n3,y\n", { encoding = name }, size), {
        { a = "1", b = "x" }, { "invalid " .. name .. ' in column "b"', 3 }, { a = "3", b = "y" },
      })
    end
    contains(select(2, open("a" .. bad .. "\n1\n", { encoding = name })),
      "users.csv:1: the header is not " .. name)
  end
end)

test("half a character ends no row but its own", function()
  for name, half in pairs {
    shift_jis = "\x83", ["euc-jp"] = "\xA4", gb18030 = "\x81", big5 = "\xA4", ["euc-kr"] = "\xB0",
  } do
    local wrong = "invalid " .. name .. ' in column "b"'
    for size = 1, 4 do
      local bytes = "a,b\n1," .. half .. '\n2,"' .. half .. '"\n3,' .. half
      equal(rows(bytes, { encoding = name }, size), { { wrong, 2 }, { wrong, 3 }, { wrong, 4 } })
    end
  end
  equal(rows("a,b\n1,\x81\x30\x81", { encoding = "gb18030" }), {
    { 'invalid gb18030 in column "b"', 2 } })
end)

test("bytes that windows-1252 has no character for are read as browsers do", function()
  equal(rows("a\n\x81\x8D\n", { encoding = "windows-1252" }), { { a = "\u{81}\u{8D}" } })
end)

test("a byte order mark is no text", function()
  equal(rows("\x84\x31\x95\x33a,b\n1,\xC0\xEE\n", { encoding = "gb18030" }, 1),
    { { a = "1", b = "李" } })
  equal(rows("\x84\x31\x95\x33sep=;\na;b\n1;2\n", { encoding = "gb18030" }),
    { { a = "1", b = "2" } })
  equal(rows("\xEF\xBB\xBFa\n\u{142}\n", { encoding = "windows-1250" }), { { a = "ł" } })
  equal(rows("\xFF\xFEa\0\n\0B\1\n\0", { encoding = "shift_jis" }, 1), { { a = "ł" } })
end)

test("names are known in the forms that people write", function()
  for given, name in pairs {
    ["CP1250"] = "windows-1250", ["Windows_1250"] = "windows-1250", ["win-1251"] = "windows-1251",
    ["ISO_8859-2"] = "iso-8859-2", ["latin2"] = "iso-8859-2", ["ISO8859-15"] = "iso-8859-15",
    ["Latin-1"] = "iso-8859-1", ["KOI8R"] = "koi8-r", ["Shift-JIS"] = "shift_jis",
    SJIS = "shift_jis", ["cp932"] = "shift_jis", EUCJP = "euc-jp", GBK = "gb18030",
    ["gb2312"] = "gb18030",
    ["Big-5"] = "big5", ["cp949"] = "euc-kr", ["CP852"] = "ibm852", ["IBM-437"] = "ibm437",
    MacRoman = "macintosh", UTF8 = "utf-8", ["utf_16_be"] = "utf-16be",
  } do
    equal(text.encoding(given), name)
  end
  for _, given in ipairs { "", "-", "windows-1520", "utf-7", ("a"):rep(1000) } do
    equal(text.encoding(given), nil)
  end
  equal({ text.encoding("cp1250"), text.encoding("gbk") }, { "windows-1250", "gb18030", false })
  equal(select(2, text.encoding("cp1250")), true)
end)

test("what an encoding has no character for is not written", function()
  equal({ text.encode("aΩ", "latin1") }, { nil, "Ω cannot be written in latin1", "parse" })
  equal({ text.encode("a\xFF", "gbk") }, { nil, "it is not UTF-8", "parse" })
  equal(text.encode("Ω😀", "utf-16be"), "\x03\xA9\xD8\x3D\xDE\x00")
  raises(function() text.encode("a", "utf-7") end, "unknown encoding")
  raises(function() text.decode("a", "utf-8") end, "an encoding of Unicode")
end)
