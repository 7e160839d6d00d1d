--- Redacted descriptions show enough to recognize a mistake, and nothing of the value itself.

local json = require "host.json"
local tap = require "tests.tap"
local redact = require "auth0.redact"
local test = tap.test

local B10 <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"

---{value, description}
local CASES <const> = {
  { B10:sub(1, 59), '59 characters: "$2b$10$", 52 of [./A-Za-z0-9]' },
  { "{CRYPT}" .. B10, '67 characters: "{CRYPT}$2b$10$", 53 of [./A-Za-z0-9]' },
  { ("ab12"):rep(8), "32 hex digits" },
  { "0x" .. ("ab12"):rep(8), '34 characters: "0x", 32 hex digits' },
  { "ToHUCbyf3O8kvdwvlk0cJA==", "24 characters of Base64, padded" },
  { "JBSWY3DPEHPK3PXP", "16 characters of Base32" },
  { "{SSHA}HoSqzrp0FPTVFs+a7PKpEXlg1TahssPU5fYHGA==",
    '46 characters: "{SSHA}", 40 characters of Base64, padded' },
  { "{hunter2}x", '10 characters, lower-case letters, digits, "{", "}"' },
  { "$argon2id$v=19$m=65536,t=2,p=1$ABEiM0RVZneImaq7zN3u/w$",
    '54 characters: "$argon2id$v=19$m=65536,t=2,p=1$", 22 characters of Base64, "$"' },
  { "pbkdf2_sha256$260000$quartzsalt$zOfUbTZ6ZYwcY6f+XHlco2OO98tzwW1lE7mzqZwLEig=",
    '76 characters: "pbkdf2_sha256$260000$", 10 of lower-case letters, "$", '
      .. "44 characters of Base64, padded" },
  { "+123456789012", '12 digits after "+"' },
  { "030 123", "6 digits and 1 space" },
  { "https://x.y/p", '13 characters: "https://", 5 of lower-case letters and "." and "/"' },
  { "Anna von Meyer 17", "17 characters, letters, digits, 3 spaces" },
  { "ann@example.com", "e-mail address of 15 characters" },
  { "ann@host", 'e-mail address of 8 characters without a dot after "@"' },
  { "ann@a.b, bob", '12 characters, lower-case letters, 1 space, ",", ".", "@"' },
  { "a\u{a0}\u{fc}\t", "3 characters, lower-case letters, 1 character outside ASCII, "
    .. "1 no-break space, 1 trailing whitespace character" },
  { "a\255", "2 bytes, not valid UTF-8" },
  { "", "empty string" }, { "  ", "only whitespace, 2 characters" },
  { 4711, "integer of 4 digits" }, { -1, "negative integer of 1 digit" },
  { 1.5, "number with a fraction" }, { 0 / 0, "not a finite number" }, { true, "boolean" },
  { { 1, 2 }, "list of 2" }, { json.array {}, "empty list" }, { {}, "empty object" },
  { { b = 1, a = 2 }, "object with keys a, b" }, { { [B10] = 1 }, "object with 1 key" },
  { { ["ann@example.com"] = 1, plan = 2 }, "object with keys plan and 1 more" },
  { print, "function" }, { json.null, "null" },
}

for _, case in ipairs(CASES) do
  test("the shape of " .. tostring(case[2]), function()
    tap.equal(redact.of(case[1]), case[2])
  end)
end

test("a value that should be an e-mail address is described as one", function()
  tap.equal(redact.of("anna.example.com", "email"),
    'e-mail address of 16 characters without "@"')
end)

test("a broken line is described by its length", function()
  tap.equal(redact.of_raw("a,b\nc"), "5 characters in 2 lines")
end)

-- No description contains these letters and digits.
local SECRET <const> = "Qz7Xj9"

test("no description contains a letter or digit of a secret", function()
  local frames <const> = {
    "%s", "$2b$10$%s", "{SSHA}%s", "{%s}", "{CRYPT}$1$%s", "$argon2id$v=19$m=1,t=1,p=1$%s$%s",
    "$pbkdf2-%s$1$x", "$pbkdf2-sha1$%s", "https://%s", "%s@%s.com", "auth0|%s", "0x%s", "%s:%s",
    "otpauth://totp/%s", "$%s$", "%s %s", " %s ", "+%s", "data:image/%s",
  }
  for _, frame in ipairs(frames) do
    local value = frame:format(SECRET, SECRET)
    for _, given in ipairs { value, { [value] = value }, { value } } do
      local shape = redact.of(given)
      assert(not shape:find("[QX]") and not shape:find("z7", 1, true), frame .. " gave " .. shape)
    end
  end
end)
