local tap = require "tests.tap"
local json = require "host.json"
local text = require "host.text"
local test, equal, raises = tap.test, tap.equal, tap.raises

local NIL <const> = {} -- represents nil in the tables of cases

local function check(fn, cases)
  for _, case in ipairs(cases) do
    local expected = case[#case]
    if expected == NIL then expected = nil end
    local arguments = table.move(case, 1, #case - 1, 1, {})
    equal(fn(table.unpack(arguments)), expected, tostring(case[1]))
  end
end

test("every function returns nil for nil and for JSON's null", function()
  for _, name in ipairs { "trim", "lower", "email", "boolean", "is_utf8", "length" } do
    equal(text[name](nil), nil, name)
    equal(text[name](json.null), nil, name)
  end
  equal(text.split(nil, ","), nil)
end)

test("trim removes surrounding white space", function()
  check(text.trim, {
    { "abc", "abc" }, { "  a b\t\r\n", "a b" }, { "\u{A0}\u{FEFF}x\0\u{A0}", "x" },
    { " \n\0", NIL }, { "", NIL }, { "ä", "ä" }, { 12, "12" }, { "x\u{3000}\u{2003} ", "x" },
    { "\u{200B}\u{AD}x\u{200E}\u{202C}", "x" }, { "\u{FEFF}\u{2060}", NIL },
    { "a\u{200D}b", "a\u{200D}b" }, { "\u{2764}\u{FE0F}", "\u{2764}\u{FE0F}" },
    { "\xe3\x80x\x80\x80 ", "\xe3\x80x\x80\x80" }, { "\xe3\x80\x80\x80", "\x80" },
  })
end)

test("a character that shows nothing has a name", function()
  for given, expected in pairs {
    ["zoe\u{200B}@x"] = { "zero-width space", 0x200B }, ["\u{AD}"] = { "soft hyphen", 0xAD },
    ["abcdefghijk\u{3000}"] = { "ideographic space", 0x3000 },
    ["\u{202E}x"] = { "direction mark", 0x202E }, ["\u{FEFF}"] = { "byte order mark", 0xFEFF },
    ["a\u{A0}\u{200B}"] = { "no-break space", 0xA0 },
  } do
    equal({ text.unseen(given) }, expected)
  end
  check(text.unseen, { { "a b\t", NIL }, { "ÄÖ", NIL }, { "", NIL }, { "\xe2\x80", NIL } })
end)

test("lower is what toLowerCase gives, a final sigma included", function()
  check(text.lower, {
    { "ABC Äz", "abc äz" }, { "abc", "abc" }, { "", "" }, { "MÜLLER", "müller" },
    { "abcdefgH", "abcdefgh" }, { "abcdefg[@`{", "abcdefg[@`{" }, { "\xc3A\xff", "\xc3a\xff" },
    { "\u{130}", "i\u{307}" }, { "\u{130}ST", "i\u{307}st" }, { "\u{1E9E}", "ß" },
    { "\u{212A}", "k" }, { "\u{10400}", "\u{10428}" }, { "\u{A7CB}", "\u{264}" },
    { "\u{10D50}", "\u{10D70}" },
    { "ΟΔΟΣ", "οδος" }, { "ΟΔΟΣ ΣΑΣ", "οδος σας" }, { "Σ", "σ" }, { "ΑΣ'", "ας'" },
    { "ΑΣ'Α", "ασ'α" }, { "Α'Σ", "α'ς" }, { "1Σ", "1σ" }, { "ΑΣ1", "ας1" }, { "ΣΣ", "σς" },
    { "Α\u{301}\u{AD}Σ", "α\u{301}\u{AD}ς" },
  })
end)

test("lower case of nothing but capitals, lengths around a word", function()
  for n = 1, 20 do
    equal(text.lower(("x"):rep(n - 1) .. "Z"), ("x"):rep(n - 1) .. "z")
    equal(text.lower(("x"):rep(n - 1) .. "É"), ("x"):rep(n - 1) .. "é")
  end
end)

test("addresses are trimmed and lower-cased, others are nil", function()
  check(text.email, {
    { " Ana.Souza@Example.COM ", "ana.souza@example.com" }, { "a@b.example", "a@b.example" },
    { "o'brien+x@sub.example.org", "o'brien+x@sub.example.org" },
    { "ü@bücher.example", "ü@bücher.example" },
    { "a@b", NIL }, { "a@b.", NIL }, { "a@.b", NIL }, { "a@b..c", NIL }, { "@b.c", NIL },
    { "a b@c.example", NIL }, { "a@b@c.example", NIL }, { "a@b c.example", NIL }, { "", NIL },
    { "M\u{DC}LLER@Example.com\u{3000}", "m\u{FC}ller@example.com" },
    { "\u{200B}zoe@example.com\u{FEFF}", "zoe@example.com" }, { "zo\u{200B}e@example.com", NIL },
    { "zoe@exam\u{AD}ple.com", NIL }, { "zoe@example.com\u{202C}.x", NIL },
    { "Ana <a@b.example>", NIL }, { "a@-b.example", NIL }, { "a@b-.example", NIL }, { "abc", NIL },
  })
end)

test("words for true and false are recognised in any case", function()
  check(text.boolean, {
    { "TRUE", true }, { "t", true }, { " Yes ", true }, { "y", true }, { "on", true },
    { "1", true }, { "X", true }, { 1, true }, { 1.0, true }, { true, true },
    { "False", false }, { "F", false }, { "no", false }, { "N", false }, { "off", false },
    { "0", false }, { 0, false }, { false, false }, { "1.0", true }, { "0.0", false },
    { "-1", true }, { -1, true }, { "1.000", true }, { " 0.00 ", false },
    { "\1", true }, { "\0", false }, { "b'1'", true }, { "0x00", false },
    { "WAHR", true }, { "Falsch", false }, { "VRAI", true }, { "FAUX", false }, { "SI", true },
    { "Sí", true }, { "SÍ", true }, { "NÃO", false }, { "ИСТИНА", true }, { "ЛОЖЬ", false },
    { "FAŁSZ", false }, { "YANLIŞ", false }, { "Yanlış", false }, { "是", true },
    { "1.", NIL }, { "1.01", NIL }, { "2.0", NIL }, { "-", NIL }, { "--1", NIL }, { "10", NIL },
    { "\2", NIL }, { ("ja"):rep(40), NIL },
    { "maybe", NIL }, { "", NIL }, { 2, NIL }, { 0.5, NIL }, { 1e300, NIL }, { "truely", NIL },
  })
end)

test("with lists only their words count", function()
  check(text.boolean, {
    { "Ja", { "ja" }, { "nein" }, true }, { "NEIN", { "ja" }, { "nein" }, false },
    { "AKTIVNÍ", { "aktivní" }, { "x" }, true }, { "\1", { "ja" }, NIL },
    { "yes", { "ja" }, { "nein" }, NIL }, { "yes", { "ja" }, NIL }, { 2, { 2 }, true },
  })
end)

test("split trims its parts and omits empty ones", function()
  check(text.split, {
    { "a, b,,c ,", ",", { "a", "b", "c" } }, { "a", ",", { "a" } },
    { "a||b|c", "||", { "a", "b|c" } }, { " ; ", ";", {} }, { "", ";", {} },
  })
  raises(function() text.split("a", "") end, "empty separator")
end)

test("split returns a list that is marked as one for JSON", function()
  equal(json.encode(text.split("", ",")), "[]")
end)

test("UTF-8 is checked strictly", function()
  for value, expected in pairs {
    [""] = true, ["abcdefghijkl"] = true, ["abcdefghé"] = true, ["\u{10FFFF}"] = true,
    ["\xc0\x80"] = false, ["\xed\xa0\x80"] = false, ["\xf4\x90\x80\x80"] = false,
    ["\xe0\x80\x80"] = false, ["\xf0\x80\x80\x80"] = false, ["abc\xc3"] = false, ["\x80"] = false,
    ["12345678\xff"] = false, ["\u{E000}\u{FFFD}"] = true,
  } do
    equal(text.is_utf8(value), expected, string.format("%q", value))
  end
end)

test("length counts characters", function()
  check(text.length, { { "", 0 }, { "aé€😀", 4 }, { "\xff", NIL } })
end)

test("distance counts insertions, deletions, replacements and swaps", function()
  check(text.distance, {
    { "", "", 0 }, { "email", "email", 0 }, { "emial", "email", 1 }, { "mail", "email", 1 },
    { "emails", "email", 1 }, { "e-mail", "email", 1 }, { "abc", "", 3 }, { "", "abc", 3 },
    { "kitten", "sitting", 3 }, { "ca", "ac", 1 },
  })
end)

test("what cannot be read is one nil, so that it can be the last argument of a call", function()
  for name, unread in pairs {
    trim = " ", lower = json.null, email = "nowhere", boolean = "perhaps",
    split = json.null, is_utf8 = json.null, length = "\xff",
  } do
    for _, given in ipairs { unread, false } do
      local results = table.pack(text[name](given or nil, name == "split" and "," or nil))
      tap.equal({ results.n, results[1] }, { 1 }, name)
      tap.equal(tostring(text[name](given or nil, name == "split" and "," or nil)), "nil")
    end
  end
  tap.equal(table.pack(text.boolean("x", { "a" }, { "b" })).n, 1)
end)
