--- Cause and fix for a rejected password hash. No text contains a letter of the hash.

local digest = require "host.digest"
local rules = require "auth0.hash.rules"
local identify = require "auth0.hash.identify"
local text = require "host.text"

local hashes = {}

local NO_HASH <const> = "leave the hash out; these users must set a new password."
local CUT_OFF <const> = "Export the whole column; if it has no more, " .. NO_HASH
local WHAT_IS_IT <const> = "Identify it with `auth0-migrate hash identify -`, or with `prove` "
  .. "and a known login."
local BCRYPT_LENGTH <const> = 60 -- characters
local NO_SALT <const> = "Auth0 documents scrypt only with a salt"
local BUILT <const> = "Write `%s`; row.hash stands for the value."
local PERHAPS <const> = "Write `%s` if `prove` confirms it; row.hash stands for the value."
local LDIF <const> =
  'custom_password_hash = password.ldap_password(password.bytes(row.hash, "base64"))'
local AUTO <const> = { -- for self-describing schemes
  supported = true, line = "custom_password_hash = password.auto(row.hash)",
}
local TRY_ONE <const> = "Test one such login in a test tenant before you import all users."

---A value with outer whitespace, such as padding from a database or a line end.
local function blanks(value)
  if text.trim(value) ~= value then
    return "it has leading or trailing whitespace",
      "Remove the whitespace with value.trim or a builder of auth0.password."
  end
end

local function fix_of(kind)
  if kind.line then return (kind.supported and BUILT or PERHAPS):format(kind.line) end
  if kind.supported == nil then return WHAT_IS_IT end
  return "Auth0 cannot verify " .. kind.scheme .. ": " .. NO_HASH
end

---The scheme of a self-describing value, if it is not the expected one.
---@param value string
---@param is_own fun(scheme: string): boolean
local function other_scheme(value, is_own)
  local kind = identify.of(value)
  if not kind or kind.scheme == "unknown" or is_own(kind.scheme) then return end
  return "it looks like " .. kind.scheme, fix_of(kind)
end

local function bcrypt_fault(value)
  local kind, cost = value:match("^%$2(%l?)%$(%d%d)%$")
  if not kind then return "it is not a bcrypt hash", WHAT_IS_IT end
  if kind == "" or kind == "x" then
    return "this variant of bcrypt is not supported", "Auth0 cannot verify it: " .. NO_HASH
  elseif #value < BCRYPT_LENGTH then
    return string.format("it is truncated: %d of %d characters", #value, BCRYPT_LENGTH), CUT_OFF
  elseif #value > BCRYPT_LENGTH then
    return string.format("it has %d characters, but bcrypt has %d", #value, BCRYPT_LENGTH),
      "Map only the bcrypt hash, without the data that the source appends to it."
  elseif not value:sub(8):find("^[./A-Za-z0-9]+$") then
    return "it contains a character that bcrypt does not use",
      "Check how the column is exported: the value was escaped or converted."
  end
  return nil, nil, kind, tonumber(cost)
end

local function is_bcrypt(scheme) return scheme:find("bcrypt", 1, true) ~= nil end

local function bcrypt(value)
  if value:find("^%$wp%$") then return other_scheme(value, function() return false end) end
  local cause, fix = blanks(value)
  if cause then return cause, fix end
  if not value:find("^%$2") then
    cause, fix = other_scheme(value, is_bcrypt)
    if cause then return cause, fix end
  end
  return bcrypt_fault(value)
end

---@param value any
---@return string fix
function hashes.no_table(value)
  local kind = type(value) == "string" and identify.of(value)
  if kind and kind.scheme == "unknown" then return WHAT_IS_IT end
  return fix_of(kind and not kind.supported and kind or AUTO)
end

---Cause and fix for `password_hash`.
---@param value any
---@return string? cause
---@return string? fix
function hashes.plain(value)
  if type(value) ~= "string" then return end
  local cause, fix, kind, cost = bcrypt(value)
  if cause then return cause, fix end
  local custom = "Write `custom_password_hash = password.bcrypt(row.hash)` instead."
  if kind == "y" then return "$2y$ (PHP) is valid in custom_password_hash only", custom end
  if cost ~= 10 then
    return string.format("its cost is %d, but password_hash requires 10", cost or 0), custom
  end
end

local function custom_bcrypt(value)
  local cause, fix, _, cost = bcrypt(value)
  if cause then return cause, fix end
  if cost < 4 or cost > 31 then
    return string.format("its cost is %d, outside 4 to 31", cost), "Auth0 cannot verify it: "
      .. NO_HASH
  end
end

local DIGESTS <const> = { "md5", "sha1", "sha256", "sha512" }

---The digest of this size among those that Auth0 accepts.
local function digest_of(size)
  for _, name in ipairs(DIGESTS) do
    if rules.SIZES[name] == size then return name end
  end
end

---Cause and fix for a self-describing value, whatever else is missing.
local function self_described(value)
  local kind = type(value) == "string" and identify.of(value)
  if kind and kind.supported then return "it looks like " .. kind.scheme, fix_of(kind) end
end

local OTHER_ENCODING <const> = { hex = "base64", base64 = "hex" }
local ENCODING_NAMES <const> = { hex = "hex", base64 = "Base64" }

---Whether a value decodes in this encoding, to `size` bytes if given.
local function fits(value, encoding, size)
  local bytes = rules.decode(value, encoding)
  return bytes ~= nil and (not size or #bytes == size)
end

---A value in hex or Base64 that must have `size` bytes, if known. `member` is the name of the
---member that holds its digest, `digest_name`.
local function encoded(value, encoding, size, digest_name, member)
  local cause, fix = blanks(value)
  if cause then return cause, fix end
  if value:find("^0[xX]") and encoding == "hex" then
    return 'it starts with "0x"', "Remove the 0x, or use password.digest, which does."
  end
  cause, fix = other_scheme(value, function(scheme) return scheme:find(" of %d+ bytes$") ~= nil end)
  if cause then return cause, fix end
  local other = OTHER_ENCODING[encoding]
  if not other then return end
  if size and fits(value, other, size) or not size and not fits(value, encoding) and
    fits(value, other) then
    return string.format("it is %s, not %s", ENCODING_NAMES[other], ENCODING_NAMES[encoding]),
      string.format('Write encoding = "%s", or build the hash with auth0.password, which detects '
        .. "it by the length.", other)
  end
  local bytes = rules.decode(value, encoding)
  if not bytes then
    if encoding == "hex" and value:find("^%x+$") then
      return "it has an odd number of hex digits, so it is truncated", CUT_OFF
    end
    return "it is not valid " .. ENCODING_NAMES[encoding],
      "Check how the column is exported: the value was converted or joined to other data."
  end
  if not size or #bytes == size then return end
  local name = digest_of(#bytes)
  if name and name ~= digest_name and member then
    return string.format("%d bytes is the length of %s", #bytes, name),
      string.format('Write %s = "%s" if `auth0-migrate prove` confirms it.', member, name)
  end
  return string.format("it has %d bytes instead of %d", #bytes, size), #bytes < size and CUT_OFF
    or "Separate the hash from the data joined to it: map a salt as `salt` (`prove` finds it)."
end

local function phc(value, name)
  local cause, fix = blanks(value)
  if cause then return cause, fix end
  cause, fix = other_scheme(value, function(scheme) return scheme == name end)
  if cause then return cause, fix end
  local rebuild = "Write `custom_password_hash = password.phc(row.hash)`, which corrects it."
  local kind = identify.of(value)
  if not (kind and kind.supported) then
    rebuild = "Compare it with the form in the message; if parts are missing, " .. NO_HASH
  end
  local rest = value:match("^%$[%w-]+%$(.*)$")
  if not rest then return "it does not start with $" .. name, rebuild end
  if value:find("=$") then return "its Base64 has padding (=)", rebuild end
  if rest:gsub("^.*%$", "") == "" or select(2, rest:gsub("%$", "")) < 1 then
    return "the salt or the key is missing", CUT_OFF
  end
  if rest:find("[._-][^$]*$") then return "its Base64 uses an alphabet without + and /", rebuild end
  return "parameters or parts are missing or out of order", rebuild
end

local function pbkdf2_check(value)
  local key = digest.unbase64(value:match("%$([^$]+)$") or "")
  local written = value:match("l=(%d+)")
  if key and written ~= tostring(#key) then
    return nil, string.format("Write l=%d, or build the value with password.pbkdf2, which sets it; "
      .. "if l is correct, the key is truncated.", #key)
  end
end

local function ldap(value)
  local cause, fix = blanks(value)
  if cause then return cause, fix end
  local scheme, data = value:match("^{([%w_-]+)}(.*)$")
  if not scheme then
    local whole = digest.unbase64(value)
    if whole and whole:find("^{[%w_-]+}") then
      return "the whole value is Base64, as LDIF writes it after ::", BUILT:format(LDIF)
    end
    cause, fix = other_scheme(value, function() return false end)
    return cause or "it does not start with {SCHEME}", fix or "Add its scheme, such as {SSHA}."
  end
  local kind = identify.of(value)
  if kind and kind.supported then
    return "Auth0 expects another form", BUILT:format(kind.line)
  end
  local size, salted = rules.ldap_size(scheme)
  if not size then
    return "Auth0 cannot verify this scheme", "Auth0 has no form for it: " .. NO_HASH
  end
  local bytes = digest.unbase64(data)
  if not bytes then return "the data after the scheme is not Base64", CUT_OFF end
  if not salted and #bytes > size then
    return "it is longer than its digest, as if it had a salt",
      string.format("Write {S%s} if it is salted.", scheme:upper())
  end
  return "it is shorter than its digest" .. (salted and " and a salt" or ""), CUT_OFF
end

local function value_fault(custom, finding)
  local hash = custom.hash
  local value, algorithm = hash.value, custom.algorithm
  if type(value) ~= "string" then return end
  if finding.warning then return nil, TRY_ONE end
  if algorithm == "bcrypt" then return custom_bcrypt(value) end
  if algorithm == "ldap" then return ldap(value) end
  if algorithm == "pbkdf2" and finding.code == "ENUM_MISMATCH" then
    return nil, "Write a digest that Auth0 supports, such as sha256, or use password.pbkdf2."
  end
  if algorithm == "pbkdf2" and finding.keyword == "check" then return pbkdf2_check(value) end
  if algorithm == "argon2" or algorithm == "pbkdf2" then return phc(value, algorithm) end
  if algorithm == "scrypt" then
    local cause, fix = encoded(value, hash.encoding, custom.keylen)
    local bytes = rules.decode(value, hash.encoding)
    if not bytes or cause and cause:find("^it is") then return cause, fix end
    return nil, string.format("Write keylen = %d, or use password.scrypt, which sets it.",
      #bytes)
  end
  local member = algorithm == "hmac" and "digest" or "algorithm"
  local name = member == "digest" and hash.digest or algorithm
  return encoded(value, hash.encoding, rules.SIZES[name], name, member)
end

local function encoding_fault(custom)
  if custom.algorithm == "argon2" or custom.algorithm == "bcrypt" or custom.algorithm == "ldap"
    or custom.algorithm == "pbkdf2" then
    return custom.algorithm .. " is text", 'Write encoding = "utf8".'
  end
  local value = type(custom.hash) == "table" and custom.hash.value
  local is_hex = type(value) == "string" and rules.decode(value, "hex") ~= nil
  return nil, string.format('Write encoding = "%s", the encoding of the value; auth0.password '
    .. "detects it.", is_hex and "hex" or "base64")
end

local function cost_fault(custom, finding)
  local cost = custom.cost
  if finding.warning then return nil, TRY_ONE end
  if math.type(cost) == "integer" and cost > 0 and cost < 32 then
    return "it may be the logarithm", string.format("Write cost = %d (2 to the power of %d).",
      1 << cost, cost)
  end
  return nil, "Write N, a power of two such as 16384; password.scrypt accepts it as `cost`."
end

local function is_whole(number)
  return math.type(number) == "integer" and number > 0
end

---The fix for scrypt without a salt, with the parameters that are set.
local function scrypt_salt(custom)
  local cost, hash = custom.cost or 16384, type(custom.hash) == "table" and custom.hash or {}
  local cause, fix = self_described(hash.value)
  if cause then return cause, fix end
  local is_power = is_whole(cost) and cost > 1 and cost & (cost - 1) == 0
  local reads = OTHER_ENCODING[hash.encoding] and rules.decode(hash.value, hash.encoding)
  if not is_power or not reads then return NO_SALT, "Add the salt." end
  local more = is_whole(custom.blockSize) and ", block = " .. custom.blockSize or ""
  if is_whole(custom.parallelization) then more = more .. ", lanes = " .. custom.parallelization end
  return NO_SALT, string.format("Add the salt: `custom_password_hash = password.scrypt { "
    .. 'cost = %d%s, salt = row.salt, key = password.bytes(row.hash, "%s") }`; row.hash stands '
    .. "for the value, row.salt for the bytes of the salt.", cost, more, hash.encoding)
end

---The digest of an HMAC: the given one, else the one of its length, else nil.
local function hmac_digest(hash)
  local bytes = OTHER_ENCODING[hash.encoding] and rules.decode(hash.value, hash.encoding)
  local name = rules.SIZES[hash.digest] and hash.digest or bytes and digest_of(#bytes)
  return bytes and rules.SIZES[name] == #bytes and name
end

---@param what string  what is missing
local function hmac_fault(what)
  return function(custom)
    local hash = custom.hash
    local cause, fix = self_described(hash.value)
    if cause then return cause, fix end
    local name, key = hmac_digest(hash), type(hash.key) == "table" and hash.key or {}
    if not name then return nil, "Add " .. what .. "." end
    local more = OTHER_ENCODING[key.encoding] and ', { key_encoding = "' .. key.encoding .. '" }'
    return nil, string.format("Add %s: `custom_password_hash = password.hmac(\"%s\", row.hash, "
      .. "row.key%s)`; row.hash and row.key stand for the values.", what, name, more or "")
  end
end

local function salt_fault(custom, finding)
  local name = tostring(custom.algorithm)
  if finding.code == "NOT_PASSED" and not finding.warning then
    return name .. " stores its salt in the value", "Leave `salt` out."
  elseif name == "scrypt" then
    return scrypt_salt(custom)
  end
  return nil, TRY_ONE
end

local function encoding_of(member)
  return function(custom)
    local given = member(custom)
    local encoding = type(given) == "table" and given.encoding
    return nil, string.format('Write encoding = "utf8" if the value is text, not %s.',
      ENCODING_NAMES[encoding] or "encoded")
  end
end

local NO_VALUE <const> = "Leave custom_password_hash out if the source has no hash; the "
  .. "builders of auth0.password return nil then."
local WRITE_BUILDER <const> = "Build the hash with auth0.password, which sets all required members."
local NOT_HERE <const> = "Leave it out: only scrypt uses it."

---By member of custom_password_hash; a string is the fix alone.
---@type table<string, string|fun(custom: table, finding: UserFinding): string?, string?>
local MEMBERS <const> = {
  ["hash.value"] = value_fault,
  ["hash.encoding"] = encoding_fault,
  ["hash.digest"] = hmac_fault "the digest of the HMAC",
  ["hash.key"] = hmac_fault "the key of the HMAC",
  ["hash.key.value"] = encoding_of(function(custom) return custom.hash.key end),
  ["salt.value"] = encoding_of(function(custom) return custom.salt end),
  salt = salt_fault,
  ["salt.position"] = 'Write position = "prefix" or "suffix"; Auth0 supports no other position.',
  cost = cost_fault,
  keylen = "Write keylen, the length of the hash in bytes; password.scrypt sets it.",
  ["password.encoding"] = "Write ascii, utf8, utf16le, ucs2, latin1 or binary.",
  algorithm = "Write one of " .. table.concat(rules.ALGORITHMS, ", ") .. "; a salt belongs in "
    .. "`salt`.",
  hash = NO_VALUE,
}
local SCRYPT_ONLY <const> = {
  keylen = true, cost = true, blockSize = true, parallelization = true,
}

---The documented spelling of a value such as "MD5" or "UTF-8", nil if there is none.
local function documented(below, value)
  local rule = rules.RULE
  for name in below:gmatch("[^.]+") do rule = (rule.properties or {})[name] or {} end
  if type(value) ~= "string" then return nil end
  local plain = value:lower():gsub("[-_]", "")
  for _, word in ipairs(rule.enum or {}) do
    if word == plain and word ~= value then return word end
  end
end

local ALSO_ABSENT <const> = {
  salt = true, ["hash.encoding"] = true, ["hash.digest"] = true, ["hash.key"] = true,
}

---Cause and fix for a member of `custom_password_hash`.
---@param custom table   as mapped
---@param below string   the path below it
---@param finding UserFinding
---@return string? cause  for the message
---@return string? fix    a sentence
function hashes.of(custom, below, finding)
  if finding.keyword == "forbidden" and SCRYPT_ONLY[below] then return nil, NOT_HERE end
  if finding.keyword == "forbidden" and below:find("^hash%.") then
    return nil, "Leave it out: only hmac uses it."
  elseif finding.keyword == "enum" then
    local value = custom
    for name in below:gmatch("[^.]+") do value = value[name] end
    local word = documented(below, value)
    if word then return nil, string.format('Write "%s".', word) end
  end
  if below == "hash.value" and finding.keyword == "required" then return nil, NO_VALUE end
  local member = MEMBERS[below]
  if type(member) == "string" then return nil, member end
  local is_there = finding.keyword ~= "type" and finding.keyword ~= "required"
  if member and (is_there or finding.keyword == "required" and ALSO_ABSENT[below]) then
    local cause, fix = member(custom, finding)
    return cause, fix or WRITE_BUILDER
  elseif SCRYPT_ONLY[below] then
    return nil, "Write a whole number of at least 1; password.scrypt sets it."
  end
  return nil, WRITE_BUILDER
end

return hashes
