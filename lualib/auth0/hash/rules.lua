--- Rules of custom_password_hash by algorithm (Auth0 docs, "User Data JSON Schema for Bulk User
--- Imports", November 2026). The import accepts a well-formed hash of the wrong length, which then
--- never matches, so lengths are checked here.

local digest = require "host.digest"
local sorted = require "base.sorted"

local rules = {}

---@class HashValue
---@field value string
---@field encoding string
---@field digest? string                                 hmac
---@field key? {value: string, encoding?: string}        hmac

---@class PasswordHash  custom_password_hash
---@field algorithm string
---@field hash HashValue
---@field salt? {value: string, encoding?: string, position?: string}
---@field password? {encoding?: string}
---@field keylen? integer           scrypt: bytes
---@field cost? integer             scrypt: N
---@field blockSize? integer        scrypt: r
---@field parallelization? integer  scrypt: p

---@type table<string, integer>
rules.SIZES = { -- bytes
  md4 = 16, md5 = 16, ripemd160 = 20, sha1 = 20, sha224 = 28, sha256 = 32, sha384 = 48,
  sha512 = 64, whirlpool = 64,
}

---Digests that are also algorithms.
---@type string[]
rules.DIGESTS = { "md4", "md5", "sha1", "sha256", "sha512" }
---@type table<string, true>
rules.IS_DIGEST = {}
for _, name in ipairs(rules.DIGESTS) do rules.IS_DIGEST[name] = true end

-- Auth0's list of digest names for pbkdf2.
local PBKDF2_NAMES <const> = {
  "RSA-MD4", "RSA-MD5", "RSA-MDC2", "RSA-RIPEMD160", "RSA-SHA1", "RSA-SHA1-2", "RSA-SHA224",
  "RSA-SHA256", "RSA-SHA384", "RSA-SHA512", "md4", "md4WithRSAEncryption", "md5",
  "md5WithRSAEncryption", "mdc2", "mdc2WithRSA", "ripemd", "ripemd160", "ripemd160WithRSA",
  "rmd160", "sha1", "sha1WithRSAEncryption", "sha224", "sha224WithRSAEncryption", "sha256",
  "sha256WithRSAEncryption", "sha384", "sha384WithRSAEncryption", "sha512",
  "sha512WithRSAEncryption", "ssl3-md5", "ssl3-sha1", "whirlpool",
}
local is_pbkdf2_name = {}
for _, name in ipairs(PBKDF2_NAMES) do is_pbkdf2_name[name] = true end

-- Node's scrypt fails above this by default.
local SCRYPT_MEMORY <const> = 32 * 1024 * 1024 -- bytes
local B64 <const> = "[A-Za-z0-9+/]+"

---@param value any
---@param encoding? string
---@return string?
function rules.decode(value, encoding)
  if type(value) ~= "string" then return nil end
  if encoding == "hex" then return digest.unhex(value) end
  if encoding == "base64" then return digest.unbase64(value) end
  return value
end

---A salt or key must decode.
local function member_check(member, report)
  if rules.decode(member.value, member.encoding) then return end
  report("PATTERN", "value", "String does not match pattern of " .. tostring(member.encoding))
end

local function hash_text(value)
  local text = type(value.hash) == "table" and value.hash.value
  return type(text) == "string" and text or nil
end

---Reports a hash that does not decode or has another length.
local function decode_hash(hash, size, report)
  if type(hash) ~= "table" or type(hash.value) ~= "string" then return end
  local bytes = rules.decode(hash.value, hash.encoding)
  if not bytes then
    report("PATTERN", "hash.value", "String does not match pattern of " .. tostring(hash.encoding))
  elseif size and #bytes ~= size then
    report("PATTERN", "hash.value", string.format(
      "String does not match pattern of %d bytes: it decodes to %d", size, #bytes))
  end
end

local function hmac_check(value, report)
  local hash = value.hash
  if type(hash) == "table" then decode_hash(hash, rules.SIZES[hash.digest], report) end
end

local function scrypt_check(value, report)
  local cost, size = value.cost, value.keylen
  decode_hash(value.hash, math.type(size) == "integer" and size, report)
  if math.type(cost) == "integer" and cost & (cost - 1) ~= 0 then
    report("NOT_PASSED", "cost", "Value must be a power of two")
  end
end

local function scrypt_doubts(value, report)
  local cost, block = value.cost or 16384, value.blockSize or 8
  if type(cost) == "number" and type(block) == "number" and 128 * cost * block >= SCRYPT_MEMORY then
    report("MAXIMUM", "cost",
      "scrypt needs 32 MiB or more, which the verifier may reject; test one login first")
  end
end

local function pbkdf2_check(value, report)
  local text = hash_text(value)
  if not text then return end
  local name, parameters, salt, key = text:match("^%$pbkdf2%-([%w%-]+)(.-)%$([^$]+)%$([^$]+)$")
  if not name then return end
  if not is_pbkdf2_name[name] then
    report("ENUM_MISMATCH", "hash.value", "No enum match for: " .. name:sub(1, 30))
  end
  local bytes = digest.unbase64(key)
  local length = tonumber(parameters:match("l=(%d+)")) or 64
  if not bytes or not digest.unbase64(salt) then
    report("PATTERN", "hash.value", "String does not match pattern of unpadded Base64")
  elseif #bytes ~= length then
    report("PATTERN", "hash.value", string.format(
      "String does not match pattern of l=%d: the key has %d bytes", length, #bytes))
  end
end

local TRY_FIRST <const> = "; test one login first"

local function hmac_doubts(value, report)
  if value.salt == nil then return end
  report("NOT_PASSED", "salt", "an HMAC with a salt may be rejected at login" .. TRY_FIRST)
end

local function argon2_doubts(value, report)
  local text = hash_text(value)
  if not text then return end
  local kind, rest, salt, key = text:match("^%$argon2(%a+)%$(.*m=.*%$([^$]+)%$([^$]+))$")
  if not kind then return end
  local function doubt(why)
    report("PATTERN", "hash.value", why .. TRY_FIRST)
  end
  if kind == "d" then doubt("argon2d is known to be rejected at login")
  elseif kind ~= "id" then doubt("argon2i may be rejected at login") end
  if not rest:find("v=19%$") then doubt("versions other than 19 may be rejected at login") end
  if not rest:find("p=1[,$]") then doubt("more than one lane (p) may be rejected at login") end
  if rest:find("p=%d+,") then doubt("parameters other than m, t and p may be rejected at login") end
  local salt_bytes, key_bytes = digest.unbase64(salt), digest.unbase64(key)
  if not salt_bytes or #salt_bytes < 8 then doubt("a salt shorter than 8 bytes may be rejected") end
  if not key_bytes or #key_bytes < 16 then doubt("a key shorter than 16 bytes may be rejected") end
end

---Bytes of the digest of an LDAP scheme ("SSHA256"), nil if Auth0 does not support it.
---@param scheme string
---@return integer? size
---@return boolean salted
function rules.ldap_size(scheme)
  local low = scheme:lower()
  local salted = low:find("^ss") ~= nil or low == "smd5"
  local base = salted and low:sub(2) or low
  local names = { md5 = "md5", sha = "sha1", sha1 = "sha1" }
  local name = names[base] or (base:find("^sha%d+$") and base)
  return name and rules.SIZES[name] or nil, salted
end

local function ldap_check(value, report)
  local text = hash_text(value)
  if not text then return end
  local scheme, data = text:match("^{(%w+)}(.+)$")
  if not scheme then return end
  local size, salted = rules.ldap_size(scheme)
  local bytes = digest.unbase64(data)
  local fault
  if not size then
    fault = "a known scheme"
  elseif not bytes then
    fault = "Base64"
  elseif salted and #bytes <= size then
    fault = "a digest with its salt"
  elseif not salted and #bytes ~= size then
    fault = string.format("%d bytes: it decodes to %d", size, #bytes)
  end
  if fault then report("PATTERN", "hash.value", "String does not match pattern of " .. fault) end
end

local function ldap_doubts(value, report)
  local text = hash_text(value)
  if not text or not text:find("^{[^}]*%l") then return end
  report("PATTERN", "hash.value", "a lower-case scheme may be rejected at login" .. TRY_FIRST)
end

local SCRYPT_ONLY <const> = { "keylen", "cost", "blockSize", "parallelization" }

---Rules for an algorithm with a self-describing value.
local function text_rule(patterns, options)
  local forbidden = { table.unpack(SCRYPT_ONLY) }
  if not options.salt then forbidden[#forbidden + 1] = "salt" end
  return {
    forbidden = forbidden,
    properties = { hash = {
      forbidden = { "digest", "key" },
      properties = {
        encoding = { enum = { "utf8" } },
        value = { pattern = patterns, pattern_name = options.name },
      },
    } },
    check = options.check, warn = options.doubts and { check = options.doubts },
  }
end

---Rules for an algorithm with a value in hex or Base64.
local function bytes_rule(options)
  local required = { "encoding" }
  for _, name in ipairs(options.hash_required or {}) do required[#required + 1] = name end
  return {
    forbidden = not options.required and SCRYPT_ONLY or nil,
    required = options.required,
    properties = { hash = {
      required = required, properties = { encoding = { enum = { "hex", "base64" } } },
      switch = options.switch,
    } },
    check = options.check, warn = options.warn,
  }
end

local function value_rule(pattern, name)
  return { properties = { value = { pattern = pattern, pattern_name = name } } }
end

---Rules for a digest. Patterns check the length, at a hundredth of the cost of a `check`.
local function digest_rule(name)
  local size = rules.SIZES[name]
  local letters = (size * 4 + 2) // 3
  return bytes_rule { switch = { on = "encoding", cases = {
    hex = value_rule("^" .. ("%x"):rep(size * 2) .. "$",
      string.format("%d hex digits (%d bytes of %s)", size * 2, size, name)),
    base64 = value_rule({ "^" .. ("[A-Za-z0-9+/]"):rep(letters) .. "=?=?$",
      "^" .. ("[A-Za-z0-9_-]"):rep(letters) .. "=?=?$" },
      string.format("%d characters of Base64 (%d bytes of %s)", letters, size, name)),
  } } }
end

local function bcrypt_patterns()
  local list = {}
  for i, cost in ipairs { "[12]%d", "0[4-9]", "3[01]" } do
    list[i] = "^%$2[aby]%$" .. cost .. "%$" .. ("[./A-Za-z0-9]"):rep(53) .. "$"
  end
  return list
end

local function argon2_patterns()
  local list = {}
  local parameter = ",%l+=[A-Za-z0-9+/]*" -- keyid and data are optional in PHC strings
  for _, more in ipairs { "", parameter, parameter .. parameter } do
    for _, kind in ipairs { "id?", "d" } do
      for _, version in ipairs { "v=%d+%$", "" } do
        list[#list + 1] = "^%$argon2" .. kind .. "%$" .. version .. "m=%d+,t=%d+,p=%d+" .. more
          .. "%$" .. B64 .. "%$" .. B64 .. "$"
      end
    end
  end
  return list
end

local function pbkdf2_patterns()
  local list = {}
  for _, parameters in ipairs { "i=%d+,l=%d+%$", "i=%d+%$", "l=%d+%$", "" } do
    list[#list + 1] = "^%$pbkdf2%-[A-Za-z0-9-]+%$" .. parameters .. B64 .. "%$" .. B64 .. "$"
  end
  return list
end

local CASES <const> = {
  hmac = bytes_rule {
    hash_required = { "digest", "key" }, check = hmac_check, warn = { check = hmac_doubts },
  },
  scrypt = bytes_rule {
    required = { "keylen" }, check = scrypt_check,
    warn = { required = { "salt" }, check = scrypt_doubts },
  },
  bcrypt = text_rule(bcrypt_patterns(), {
    salt = true, name = "^\\$2[aby]\\$[0-3][0-9]\\$[./A-Za-z0-9]{53}$, with a cost of 4 to 31",
  }),
  argon2 = text_rule(argon2_patterns(), {
    doubts = argon2_doubts, name = "$argon2id$v=19$m=...,t=...,p=...$salt$hash, without padding",
  }),
  pbkdf2 = text_rule(pbkdf2_patterns(), {
    check = pbkdf2_check, name = "$pbkdf2-<digest>$i=...,l=...$salt$hash, without padding",
  }),
  ldap = text_rule({ "^{[Ss]?[Mm][Dd]5}" .. B64 .. "=?=?$",
    "^{[Ss]?[Ss][Hh][Aa]%d*}" .. B64 .. "=?=?$" }, {
    check = ldap_check, doubts = ldap_doubts,
    name = "{SCHEME}base64, with MD5, SMD5, SHA... or SSHA...",
  }),
}
for _, name in ipairs(rules.DIGESTS) do CASES[name] = digest_rule(name) end

---@type string[]
rules.ALGORITHMS = sorted.keys(CASES)

local ENCODING <const> = { type = "string", enum = { "base64", "hex", "utf8" } }

local function valued(properties, check)
  properties.value = { type = "string", min_length = 1 }
  properties.encoding = ENCODING
  return {
    type = "object", omit_empty = true, additional = false, required = { "value" },
    properties = properties, check = check,
  }
end

---@type host.schema.Rule
rules.RULE = {
  type = "object", omit_empty = true, additional = false, required = { "algorithm", "hash" },
  properties = {
    algorithm = { type = "string", enum = rules.ALGORITHMS },
    hash = valued {
      digest = { type = "string", enum = { "md4", "md5", "ripemd160", "sha1", "sha224", "sha256",
        "sha384", "sha512", "whirlpool" } },
      key = valued({}, member_check),
    },
    salt = valued({ position = { type = "string", enum = { "prefix", "suffix" } } }, member_check),
    password = {
      type = "object", omit_empty = true, additional = false,
      properties = { encoding = { type = "string", enum = { "ascii", "utf8", "utf16le", "ucs2",
        "latin1", "binary" } } },
    },
    keylen = { type = "integer", minimum = 1 },
    cost = { type = "integer", minimum = 2 },
    blockSize = { type = "integer", minimum = 1 },
    parallelization = { type = "integer", minimum = 1 },
  },
  switch = { on = "algorithm", cases = CASES },
}

return rules
