--- host.text for text from outside: shown on a terminal, and without the values in it.

local clock = require "host.clock"
local tap = require "tests.tap"
local text = require "host.text"

local equal, raises, test = tap.equal, tap.raises, tap.test

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

test("no value stays because of the signs around it", function()
  local signs = {}
  for sign in (" \n,;<>()[]\"'!?:|@/.={}\\#&*~`\xff"):gmatch(".") do signs[#signs + 1] = sign end
  for _, case in ipairs(VALUES) do
    local value = case[1]
    for _, first in ipairs(signs) do
      for _, second in ipairs(signs) do
        for _, last in ipairs(signs) do
          local shown = text.redact("x" .. first .. second .. value .. last .. "y")
          equal(shown:find(value:sub(1, 8), 1, true) or shown:find(value:sub(-8), 1, true), nil,
            first .. second .. value .. last)
        end
      end
    end
  end
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

test("the time for a text grows with its length", function()
  for _, unit in ipairs {
    "a", "@", "a@", "$", "$a", "$a$", "eyJ", ".", "é", "\xff", "A1", "a@b.", "eyJ=", "eyJ.", "+1",
    "+12345678 ", "1-", "a=", "{S}", "0x", "5f", " (", "a@!", "-@", "+(", "/a",
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

local B64 <const> = "W6ph5Mm5Pz8GgiULbPgzG37mj9g="

---{kind, text, the same redacted}
for _, case in ipairs {
  { "an address", "cannot read <Ann.O'Neil+x@Sub.Example.com>.", "cannot read <(address)>." },
  { "an address that ends a sentence", "taken: ann@example.com. Next", "taken: (address). Next" },
  { "an address behind a sign of one", "@ann@example.com, !@ben@example.com, \xff@cy@example.com",
    "@(address), (address), ?@(address)" },
  { "an address outside ASCII", "für ünal@bücher.example", "für (address)" },
  { "a bcrypt hash", "no $2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234, sorry",
    "no (hash), sorry" },
  { "an argon2 hash", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g", "(hash)" },
  { "an LDAP hash", "{SSHA}" .. B64, "{SSHA}(hash)" },
  { "a hash of Werkzeug", "pbkdf2:sha256:260000$salt$aabbcc", "pbkdf2:sha256:260000(hash)" },
  { "MD5 in hex", "(5F4DCC3B5AA765D61D8327DEB882CF99)", "((hash))" },
  { "hex with a prefix", "0x5f4dcc3b5aa765d61d8327deb882cf99", "(hash)" },
  { "SHA-512 in hex", ("0123456789abcdef"):rep(8), "(hash)" },
  { "SHA-1 in Base64", "digest=" .. B64 .. " (x)", "digest=(hash) (x)" },
  { "16 bytes in Base64", "X03MO1qnZdYdgyfeuILPmQ== X03MO1qnZdYdgyfeuILPmQ", "(hash) (hash)" },
  { "SHA-256 in Base64", "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=", "(hash)" },
  { "SHA-512 in Base64 for URLs", "sQnzu7wkTrgkQZF-0G1hiJnMhg_-Ng", "(hash)" },
  { "a TOTP secret", "secret JBSWY3DPEHPK3PXP.", "secret (secret)." },
  { "a JWT", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_d-e now", "Bearer (token) now" },
  { "a JWT behind a name", "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "t=(token)" },
  { "a phone number", "call +49 (0)30 123-4567, ok", "call (number), ok" },
  { "a number in groups", "415-555-0106 or 4111-1111-1111-1111", "(number) or (number)" },
  { "a long number", "no 1234567; user7654321", "no (number); user(number)" },
  { "a UUID, which is an id of a person or may be", "550e8400-e29b-41d4-a716-446655440000",
    "(id)" },
  { "an id of Auth0", "auth0|5f7c8ec7c33c6c004bbafe82", "auth0|(hash)" },
  { "bytes that are not UTF-8", "a\xff\xc3b\xed\xa0\x80", "a??b???" },
} do
  test("redact takes out " .. case[1], function()
    local shown = text.redact(case[2])
    equal(shown, case[3])
    equal(text.redact(shown), shown)
  end)
end

test("redact leaves sentences as they are", function()
  for _, value in ipairs {
    "", "lualib/migrate/retry.lua:12: attempt to index a nil value (field 'email')",
    "GET /jobs/job_kLrVbGFa3X2nwQsD/errors: giving up after 12 attempts (503)",
    "OBJECT_ADDITIONAL_PROPERTIES custom_password_hash.hash.value", "123456 of 50 000 users, 50 %",
    "on 2026-11-29T10:00:00.000Z at 127.0.0.1:8080", "it costs $5 and $10, 1+1 = 2, C++ a@ @b",
    "internationalization_and_localization of user_metadata.preferred-language", "naïve 日本語",
    "Expected ^[A-Za-z0-9+/]{22}$ but found {\"a\": [1, 2]}", "two\nlines\tand a tab",
  } do
    equal(text.redact(value), value)
  end
end)

test("redact cuts at 2 kB, with the note, between characters, and only once", function()
  for _, piece in ipairs { "x", "ä", "日", "a@b.example ", "12345678 ", "\xff" } do
    local shown = text.redact(piece:rep(10000))
    assert(#shown <= 2000 and #shown > 1980, #shown)
    equal(shown:sub(-9), "… (cut)")
    equal({ text.is_utf8(shown), text.redact(shown) }, { true, shown })
  end
  equal(#text.redact(("x"):rep(2000)), 2000)
  equal(text.redact(("x"):rep(50), 20), ("x"):rep(11) .. "… (cut)")
  raises(function() text.redact("x", 5) end, "room for the note")
end)
