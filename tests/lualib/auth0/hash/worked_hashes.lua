--- A worked hash of each algorithm that Auth0 imports, all of one password.

local worked_hashes = {}

worked_hashes.PLAIN = "Tr0ub4dor&3-heron"

local SALT16 <const> = "ABEiM0RVZneImaq7zN3u/w"

local function of(value, encoding, more)
  local made = { hash = { value = value, encoding = encoding } }
  for name, given in pairs(more or {}) do made[name] = given end
  return made
end

---@type table<string, PasswordHash>
worked_hashes.BY_ALGORITHM = {
  argon2 = of("$argon2id$v=19$m=65536,t=2,p=1$" .. SALT16
    .. "$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI", "utf8"),
  bcrypt = of("$2y$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq", "utf8"),
  hmac = { hash = {
    value = "1b0401f8942e0207c19780ec12f1983393fc38c0dedbffe04d20e0e660456d7d", encoding = "hex",
    digest = "sha256", key = { value = "orchard-key", encoding = "utf8" },
  } },
  ldap = of("{SSHA}HoSqzrp0FPTVFs+a7PKpEXlg1TahssPU5fYHGA==", "utf8"),
  md4 = of("7349fe48561f6e72580a922bf19256be", "hex", { password = { encoding = "utf16le" } }),
  md5 = of("TDF6RRyBtuidHqdgxWADFg==", "base64", {
    salt = { value = "pebble-77", position = "suffix" },
  }),
  pbkdf2 = of("$pbkdf2-sha256$i=10000,l=32$" .. SALT16
    .. "$T7fb8iVNq2pbBxt2b4+QbqmRktHeX2yjD4prwis59cE", "utf8"),
  scrypt = of("XXwOgV8XTXza1RqduV+z5ElzsMSWpyaLx/5idgPiO1M=", "base64", {
    salt = { value = "AP8QpcPS4fA=", encoding = "base64" }, keylen = 32, cost = 4096,
    blockSize = 8, parallelization = 2,
  }),
  sha1 = of("7db5f9c4d8ee1012f9651eab6b71ca6504977d44", "hex"),
  sha256 = of("6bcc8a68b2a76c62bbcc48e8b8712499a0d47a59019e0371114e52f798689980", "hex", {
    salt = { value = "00ff10a5c3d2e1f0", encoding = "hex", position = "prefix" },
  }),
  sha512 = of("kIh+asHTBUhJQvqrKCeUxhP8Fpu3OFA7/s64Q1FWzNhmiXcs4Chkt66MC3RJXDm9RPYmJvEsMJ4rqTCL3yHF"
    .. "Rg==", "base64", { salt = { value = "pebble-77", position = "suffix" } }),
}

for algorithm, hash in pairs(worked_hashes.BY_ALGORITHM) do hash.algorithm = algorithm end

---Users with these hashes; each has its algorithm as its name.
---@return User[]
function worked_hashes.users()
  local users = {}
  for algorithm, hash in pairs(worked_hashes.BY_ALGORITHM) do
    users[#users + 1] = {
      email = algorithm .. "@example.com", email_verified = true, custom_password_hash = hash,
    }
  end
  table.sort(users, function(a, b) return a.email < b.email end)
  return users
end

return worked_hashes
