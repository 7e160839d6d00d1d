--- host.text for text from outside: shown on a terminal, and without the values in it.

local clock = require "host.clock"
local tap = require "tests.tap"
local text = require "host.text"

local equal, test = tap.equal, tap.test

test("what moves a cursor, ends a line or reorders text is shown as an escape", function()
  for _, case in ipairs {
    { "plain, Zürich – 東京", "plain, Zürich – 東京" }, { "\27[31mred\7", "\\x1b[31mred\\x07" },
    { "a\r\nnext: rm", "a\\x0d\\x0anext: rm" }, { "a\0b\127", "a\\x00b\\x7f" },
    { "\xc2\x9b31m", "\\x9b31m" }, { "\u{202e}gnp.exe", "\\u{202e}gnp.exe" },
    { "\u{200f}\u{2066}\u{2028}\u{061c}", "\\u{200f}\\u{2066}\\u{2028}\\u{061c}" },
    { "\xff\xc3", "\\xff\\xc3" }, { "", "" },
  } do
    equal(text.printable(case[1]), case[2])
  end
end)

test("text for a terminal is bounded, and ends with a whole character or escape", function()
  equal(text.printable(("ä"):rep(5), 10), ("ä"):rep(5))
  equal(text.printable(("ä"):rep(6), 11), ("ä"):rep(5) .. "… (cut)")
  equal(text.printable("abc\27", 6), "abc… (cut)")
  equal(#text.printable(("x"):rep(1 << 20)), 2000 + #"… (cut)")
end)

local BCRYPT <const> = "$2b$10$eDGngzJtABFJKsLrfsZNHWuXp.X98PCeWz5m1xzsjJJUXZ4t26VTe"
local SHA256 <const> = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

-- Values, and what stands in their place.
local VALUES <const> = {
  { "ada@example.com", "(address)" }, { "Ada.O'Neil+x@mail.example.co.uk", "(address)" },
  { "jörg@müller.de", "(address)" }, { BCRYPT, "(hash)" },
  { "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "(hash)" }, { SHA256, "(hash)" },
  { "5f4dcc3b5aa765d61d8327deb882cf99", "(hash)" }, { SHA256:upper(), "(hash)" },
  { "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", "(hash)" },
  { "JBSWY3DPEHPK3PXP", "(secret)" }, { "491701234567", "(number)" },
  { "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "(token)" },
}

test("values that name or let in a person are replaced wherever they stand", function()
  for _, case in ipairs(VALUES) do
    for _, frame in ipairs { "%s", "no %s here", '"%s"', "<%s>", "(%s)", "[%s]", "is %s, again" } do
      equal(text.redact((frame:gsub("%%s", (case[1]:gsub("%%", "%%%%"))))),
        (frame:gsub("%%s", case[2])), case[1])
    end
  end
  equal(text.redact("mail=ada@example.com;tel=+491701234567"), "(address);tel=+(number)")
  equal(text.redact("a@b.co,c@d.co a@b.co"), "(address),(address) (address)")
end)

test("words, codes, places and short numbers stay", function()
  for _, kept in ipairs {
    "attempt to index a nil value (field 'plan')", "shop.lua:12: custom_password_hash.hash.value",
    "OBJECT_ADDITIONAL_PROPERTIES at users.csv:18", "https://acme.eu.auth0.com/api/v2/jobs",
    "lualib/recipe/inside/unread_values.lua", "45 of 123456 users, 99.5 %", "2026-11-29T08:06:12Z",
    "user @ home, @handle, a@, x@ y", "$PATH and $2 off", "Grüße aus Zürich", "",
    "internationalization-of-the-documentation/and/more/of/it",
  } do
    equal(text.redact(kept), kept)
  end
end)

test("what is left is UTF-8, bounded, and cut where no value is", function()
  equal(text.redact("a\xffb\xc3 ok"), "a?b? ok")
  equal(text.redact("x ada@example.com y", 8), "x … (cut)")
  equal(text.redact(("ä"):rep(9), 5), "ää… (cut)")
  equal(#text.redact(("word "):rep(1000)), 2000 + #"… (cut)")
end)

test("the time for a text grows with its length", function()
  for _, unit in ipairs {
    "a", "@", "a@", "$", "$a", "$a$", "eyJ", ".", "é", "\xff", "A1", "a@b.",
  } do
    local function seconds(size)
      local long, began = unit:rep(size // #unit), clock.monotonic()
      text.redact(long, size * 12)
      text.printable(long, size * 12)
      return clock.monotonic() - began
    end
    -- Sixteen times the length in at most a hundred times the time: a square would be 256 times.
    assert(seconds(1 << 20) < 0.02 + 100 * seconds(1 << 16), unit)
  end
end)
