--- What words say about hashes.

local algorithms = require "new.algorithms"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

---{word, what it says}
local WORDS <const> = {
  { "SHA-1", { kind = "digest", digest = "sha1" } },
  { "sha", { kind = "digest", digest = "sha1" } },
  { "salted_sha256", { kind = "digest", digest = "sha256" } },
  { "PBKDF2WithHmacSHA512", { kind = "pbkdf2", digest = "sha512" } },
  { "pbkdf2:sha256:150000", { kind = "pbkdf2", digest = "sha256", rounds = 150000 } },
  { "HmacSHA256", { kind = "hmac", digest = "sha256" } }, { "BCRYPT", { kind = "auto" } },
  { "sha512crypt", { kind = "auto" } }, { "argon2id", { kind = "argon2", variant = "id" } },
  { "md5(md5)", { kind = "unsupported" } }, { "plaintext", { kind = "cleartext" } },
  { "NTLM", { kind = "digest", digest = "ntlm" } },
}

test("a word says which algorithm it means, however it is written", function()
  for _, case in ipairs(WORDS) do equal(algorithms.of(case[1]), case[2], case[1]) end
end)

test("other words say nothing", function()
  for _, word in ipairs { "legacy", "2", "", ("sha1"):rep(20), "active", 7 } do
    equal(algorithms.of(word), nil)
  end
end)
