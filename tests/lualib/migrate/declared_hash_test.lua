--- The hash of a row by what it says, by a declared format, and by a column with the algorithm.

local tap = require "tests.tap"
local declared_hash = require "migrate.declared_hash"
local digest = require "host.digest"
local password = require "auth0.password"
local verify = require "tests.recipes.verify"
local test, equal = tap.test, tap.equal

local warned = {}
local HELPERS <const> = {
  password = password, migrate = { warn = function(code) warned[#warned + 1] = code end },
}

local RAW <const> = " \1\255 salt\n" -- bytes with blanks at both ends
local KEY <const> = digest.pbkdf2("sha256", "correct horse", RAW, 3, 32)
local TEXT_KEY <const> = digest.pbkdf2("sha256", "correct horse", "NaCl", 3, 32)
local DIGEST <const> = digest.hash("sha256", "correct horse" .. RAW)
local HEX <const> = digest.hex(digest.hash("sha256", "NaCl" .. "correct horse"))

---{what, formats, stored, salt, algorithm}
for _, case in ipairs {
  { "raw bytes", "sha256_salted_suffix", DIGEST, RAW },
  { "hex of PostgreSQL", "md5,sha256_salted_suffix", "\\x" .. digest.hex(DIGEST),
    "\\x" .. digest.hex(RAW) },
  { "hex of MySQL", "sha256_salted_suffix", "0x" .. digest.hex(DIGEST):upper(),
    "0x" .. digest.hex(RAW):upper() },
  { "text", "sha256_salted", " " .. HEX .. " ", " NaCl " },
  { "PBKDF2 with bytes", nil, KEY, RAW, "pbkdf2-sha256:3" },
  { "PBKDF2 with a salt that is text", nil, digest.hex(TEXT_KEY), "NaCl", "PBKDF2_HMAC_SHA256:3" },
  { "PBKDF2 in Base64", nil, digest.base64(TEXT_KEY), "NaCl", "pbkdf2:sha256:3" },
  { "bcrypt in a binary column", nil, "\\x" .. digest.hex(
    "$2b$10$9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW"), nil, "bcrypt" },
} do
  test("a stored hash logs in: " .. case[1], function()
    local rules = declared_hash.new({ password_format = case[2] }, HELPERS, true)
    local hash = rules:of(case[3], case[4], case[5])
    local user = type(hash) == "string" and { password_hash = hash }
      or { custom_password_hash = hash }
    equal({ verify.login(user, "correct horse"), verify.login(user, "x") }, { true, false })
  end)
end

test("without bytes, a salt that looks like hex is text", function()
  local rules = declared_hash.new({ password_format = "sha256_salted" }, HELPERS)
  equal(rules:of(HEX, "0xAB").salt, { value = "0xAB", encoding = "utf8", position = "prefix" })
end)

test("a digest that nobody declared, and PBKDF2 without a salt, are no hash", function()
  local rules = declared_hash.new({}, HELPERS, true)
  equal({ rules:of(HEX, "NaCl"), rules:of(HEX, nil, "pbkdf2-sha256:3") }, {})
end)

test("an unknown format is refused", function()
  tap.raises(function() declared_hash.new({ password_format = "md7" }, HELPERS) end,
    "unknown password_format=md7")
end)
