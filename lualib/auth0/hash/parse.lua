--- Recognizes stored hashes by their prefixes: the scheme, and its builder or the reason why Auth0
--- cannot verify it.

local build = require "auth0.hash.build"
local digest = require "host.digest"
local rules = require "auth0.hash.rules"
local json = require "host.json"
local spring = require "auth0.hash.spring"
local vendors = require "auth0.hash.vendors"

local parse = {}

---Unpadded Base64 as PHC strings, passlib ("." for "+") and LDAP servers write it.
local function from_b64(value)
  return value and digest.unbase64((value:gsub("%.", "+")))
end

---argon2 and pbkdf2 in the PHC string format, and pbkdf2 as passlib writes it.
---@param value string?
---@return PasswordHash? hash
---@return string? reason
function parse.phc(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  local kind, version, m, t, p, salt, key
    = hash:match("^%$argon2(%a+)%$v=(%d+)%$m=(%d+),t=(%d+),p=(%d+)%$([^$]*)%$([^$]+)$")
  if kind then
    return build.argon2 {
      kind = kind, version = version, memory = m, time = t, lanes = p, salt = from_b64(salt),
      key = from_b64(key),
    }
  elseif hash:find("^%$argon2") then
    return nil, "argon2 without version 19 or with additional parameters is not supported"
  end
  local name, middle
  name, middle, salt, key = hash:match("^%$pbkdf2%-?([%w-]*)%$([^$]+)%$([^$]*)%$([^$]+)$")
  if not name then return nil, "not argon2 or pbkdf2 in the PHC format" end
  local iterations = middle:match("^i=(%d+)") or middle:match("^t=(%d+)") or middle:match("^%d+$")
  return build.pbkdf2(name == "" and "sha1" or name, iterations, from_b64(salt), from_b64(key))
end

local DJANGO_DIGESTS <const> = { md5 = "md5", sha1 = "sha1" }

---Clerk writes the key in hex, which as Base64 would decode to a longer key.
local function django_pbkdf2(name, rest)
  local iterations, salt, key = rest:match("^(%d+)%$([^$]*)%$(.+)$")
  if not iterations then return nil, "the Django pbkdf2 hash is damaged" end
  local bytes = digest.unhex(key)
  if not bytes or #bytes ~= rules.SIZES[name] then bytes = digest.unbase64(key) end
  return build.pbkdf2(name, iterations, salt, bytes) -- the salt is text
end

local function django_scrypt(rest)
  local n, salt, r, p, key = rest:match("^(%d+)%$([^$]*)%$(%d+)%$(%d+)%$(.+)$")
  if not n then return nil, "the Django scrypt hash is damaged" end
  return build.scrypt {
    cost = n, block = r, lanes = p, salt = salt, key = digest.unbase64(key),
  }
end

local DJANGO <const> = {
  pbkdf2_sha256 = function(rest) return django_pbkdf2("sha256", rest) end,
  pbkdf2_sha1 = function(rest) return django_pbkdf2("sha1", rest) end,
  pbkdf2_sha512 = function(rest) return django_pbkdf2("sha512", rest) end,
  argon2 = function(rest) return parse.phc("$" .. rest) end,
  bcrypt = function(rest) return build.bcrypt(rest:match("^%$.*") and rest) end,
  scrypt = django_scrypt,
  bcrypt_sha256 = "Django's bcrypt over SHA-256 is not supported",
  crypt = "crypt(3) with DES is not supported",
}

---@param value string?
---@return PasswordHash? hash
---@return string? reason
function parse.django(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  if hash:sub(1, 1) == "!" then return nil, "Django marks the password as unusable" end
  local name, rest = hash:match("^([%w_]+)%$(.*)$")
  if not name then
    if hash:find("^%x+$") and #hash == 32 then return build.digest("md5", hash) end
    return nil, "not a Django password"
  end
  local entry = DJANGO[name]
  if type(entry) == "string" then return nil, entry end
  if entry then return entry(rest) end
  if DJANGO_DIGESTS[name] then
    local salt, hex = rest:match("^([^$]*)%$(%x+)$")
    if not salt then return nil, "the Django " .. name .. " hash is damaged" end
    return build.digest(name, hex, { salt = salt, encoding = "hex" })
  end
  return nil, "the Django hasher " .. name:sub(1, 30) .. " is not supported"
end

local PRF <const> = { [0] = "sha1", "sha256", "sha512" }

---ASP.NET Identity's Base64: version 2 (first byte 0) and 3 (first byte 1).
---@param value string?
---@return PasswordHash? hash
---@return string? reason
function parse.aspnet(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  local bytes = digest.unbase64(hash)
  if not bytes then return nil, "not an ASP.NET Identity hash: not valid Base64" end
  local version = bytes:byte(1)
  if version == 0 and #bytes == 49 then
    return build.pbkdf2("sha1", 1000, bytes:sub(2, 17), bytes:sub(18))
  elseif version == 1 and #bytes > 13 + 16 then
    local prf, iterations, size = string.unpack(">I4I4I4", bytes, 2)
    if PRF[prf] and size >= 8 and #bytes >= 13 + size + 16 and iterations > 0 then
      return build.pbkdf2(PRF[prf], iterations, bytes:sub(14, 13 + size), bytes:sub(14 + size))
    end
  end
  return nil, "not an ASP.NET Identity hash"
end

-- Before release 8 an algorithm could be absent, or the default of its column, "HmacSHA1".
local KEYCLOAK <const> = {
  ["pbkdf2"] = "sha1", HmacSHA1 = "sha1", ["pbkdf2-sha256"] = "sha256",
  ["pbkdf2-sha512"] = "sha512",
}

---A part of Keycloak's credential: JSON in a string, or a table.
local function document(value)
  if type(value) == "table" then return value end
  if type(value) ~= "string" then return nil end
  local parsed = json.decode(value)
  return type(parsed) == "table" and parsed or nil
end

local function first_parameter(parameters, name)
  local value = type(parameters) == "table" and parameters[name]
  if type(value) == "table" then return value[1] end
  return value or nil
end

local function keycloak_argon2(data, salt, key)
  local parameters = data.additionalParameters
  local version = first_parameter(parameters, "version") or "1.3"
  return build.argon2 {
    kind = first_parameter(parameters, "type") or "id",
    version = (version == "1.3" or version == "19") and 19 or 16,
    memory = first_parameter(parameters, "memory"), time = data.hashIterations,
    lanes = first_parameter(parameters, "parallelism") or 1, salt = salt, key = key,
  }
end

---A Keycloak credential of type "password", also in the flat form before version 8.
---@param credential table
---@return PasswordHash? hash
---@return string? reason
function parse.keycloak_credential(credential)
  local secret, data = document(credential.secretData), document(credential.credentialData)
  if not secret or not data then
    if type(credential.hashedSaltedValue) ~= "string" then
      return nil, type(credential.value) == "string"
        and "the realm has the cleartext password itself: hash it, or leave it out"
        or "the Keycloak credential has no data"
    end
    secret = { value = credential.hashedSaltedValue, salt = credential.salt }
    local algorithm = credential.algorithm
    if algorithm == nil or algorithm == json.null or algorithm == "" then algorithm = "pbkdf2" end
    data = {
      algorithm = algorithm, hashIterations = credential.hashIterations,
      additionalParameters = credential.additionalParameters,
    }
  end
  if type(secret.value) ~= "string" then return nil, "the Keycloak credential has no value" end
  if secret.value:find("^%$2") then return build.bcrypt(secret.value) end
  local salt = type(secret.salt) == "string" and digest.unbase64(secret.salt) or nil
  local key = digest.unbase64(secret.value)
  if data.algorithm == "argon2" then return keycloak_argon2(data, salt, key) end
  local name = KEYCLOAK[data.algorithm]
  if not name then
    return nil, "Keycloak's algorithm " .. tostring(data.algorithm) .. " is not supported"
  end
  return build.pbkdf2(name, data.hashIterations, salt, key)
end

local LDAP_PBKDF2 <const> = {
  PBKDF2 = "sha1", ["PBKDF2-SHA1"] = "sha1", ["PBKDF2-SHA256"] = "sha256",
  ["PBKDF2-SHA512"] = "sha512",
}
local CLEARTEXT <const> = "this is the cleartext password itself: hash it, or leave it out"
local LDAP_NONE <const> = {
  SASL = "another system stores the password ({SASL})",
  KERBEROS = "another system stores the password ({KERBEROS})",
  SCRYPT = "scrypt in the crypt(3) format is not supported",
  CLEAR = CLEARTEXT, CLEARTEXT = CLEARTEXT, PLAIN = CLEARTEXT, NOOP = CLEARTEXT,
  ["X-LMHASH"] = "LM hashes (DES) are not supported", LANMAN = "LM hashes (DES) are not supported",
}
local DES <const> = "crypt(3) with DES is not supported"
local LDAP_NT <const> = { ["X-NTHASH"] = true, NTHASH = true, NT = true, NTLM = true }
local LDAP_WRAPPED <const> = {
  CRYPT = true, BCRYPT = true, BLOWFISH = true, ["BLF-CRYPT"] = true,
}

---389 Directory Server's older form: rounds, 64 bytes of salt, 256 bytes of key.
local function ds_pbkdf2(data)
  local bytes = digest.unbase64(data)
  if not bytes or #bytes ~= 4 + 64 + 256 then return nil, "the {PBKDF2_SHA256} value is damaged" end
  return build.pbkdf2("sha256", string.unpack(">I4", bytes), bytes:sub(5, 68), bytes:sub(69))
end

---Ping's and ForgeRock's "{PBKDF2-HMAC-SHA256}rounds:...": the key, then its salt.
local function ping_pbkdf2(scheme, data)
  local name = scheme == "PBKDF2" and "sha1" or build.digest_name(scheme:match("^PBKDF2%-(.+)$"))
  local iterations, rest = data:match("^(%d+):(.+)$")
  local bytes = rest and digest.unbase64(rest)
  local size = rules.SIZES[name or ""]
  if not bytes or not size or #bytes <= size then
    return nil, "the {" .. scheme .. "} value is damaged"
  end
  return build.pbkdf2(name, iterations, bytes:sub(size + 1), bytes:sub(1, size))
end

---An LDAP userPassword: the SHA and MD5 families, and schemes that wrap other formats.
---@param value string?
---@return PasswordHash? hash
---@return string? reason
function parse.ldap_password(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  local scheme, data = hash:match("^{([%w_-]+)}(.*)$")
  scheme = scheme and scheme:upper()
  if LDAP_NONE[scheme or ""] then return nil, LDAP_NONE[scheme] end
  if LDAP_WRAPPED[scheme or ""] then
    if data:find("^%$2") then return build.bcrypt(data) end
    local found = parse.identify(data)
    return nil, found and found.name ~= "unknown" and found.reason or DES
  end
  if (scheme or ""):find("^ARGON2") then return parse.phc(data) end
  if scheme == "PBKDF2_SHA256" then return ds_pbkdf2(data) end
  if LDAP_NT[scheme or ""] then
    return build.digest("md4", data, { encoding = "hex", password_encoding = "utf16le" })
  end
  if scheme and scheme:find("^PBKDF2") and data:find("^%d+:") then
    return ping_pbkdf2(scheme, data)
  end
  local name = LDAP_PBKDF2[scheme or ""]
  if not name then return build.ldap((hash:gsub("^({[Ss]+[Hh][Aa])%-(%d+})", "%1%2"))) end
  local iterations, salt, key = data:match("^(%d+)%$([^$]*)%$([^$]+)$")
  return build.pbkdf2(name, iterations, from_b64(salt), from_b64(key))
end

---@class HashScheme
---@field name string
---@field supported boolean
---@field reason? string    why it is not supported

---@class Scheme
---@field name string
---@field pattern string                      a Lua pattern; the first match wins
---@field build? fun(value: string): PasswordHash?, string?
---@field reason? string                      for one that Auth0 cannot verify
---@field ambiguous? true                     the pattern alone is not proof

local HASHED_HASH <const> = "a hash of a hash is not supported"
local FIREBASE <const> = "Firebase's modified scrypt, which encrypts a signer key, is not supported"

local SPRING <const> = "^{%w+@SpringSecurity_v%d+_%d+}"

---"{argon2@SpringSecurity_v5_8}": the version is of the settings, which the value contains.
local function spring_versioned(hash)
  local id, rest = hash:match("^{(%w+)@[%w_]+}(.*)$")
  if id == "argon2" then return parse.phc(rest) end
  if id == "scrypt" then return spring.scrypt(rest) end
  return nil, "{" .. id .. "@…} of Spring Security does not contain its parameters: build it with "
    .. "auth0.password, and `prove` it with one known login"
end

local function spring_ldap(hash)
  return parse.ldap_password((hash:gsub("^{%a+}", "")))
end

local function keycloak_text(hash)
  return parse.keycloak_credential(document(hash) or {})
end

---Self-describing schemes, the specific ones first.
---@type Scheme[]
parse.SCHEMES = {
  { name = "WordPress 6.8 bcrypt", pattern = "^%$wp%$2",
    reason = "WordPress 6.8 hashes before bcrypt; without $wp it looks valid but never matches" },
  { name = "peppered bcrypt", pattern = "^%$2[aby]%$%d%d%$" .. ("[./A-Za-z0-9]"):rep(53) .. "%$.",
    build = vendors.peppered_bcrypt },
  { name = "bcrypt", pattern = "^%$2[aby]%$", build = build.bcrypt },
  { name = "old bcrypt", pattern = "^%$2x?%$", build = build.bcrypt },
  { name = "argon2", pattern = "^%$argon2", build = parse.phc },
  { name = "pbkdf2", pattern = "^%$pbkdf2", build = parse.phc },
  { name = "phpBB", pattern = "^%$%w+\\", reason = HASHED_HASH },
  { name = "phpass", pattern = "^U?%$[PH]%$", reason = "phpass (iterated MD5) is not supported" },
  { name = "Drupal phpass", pattern = "^U?%$S%$",
    reason = "Drupal's phpass (iterated SHA-512) is not supported" },
  { name = "md5-crypt", pattern = "^%$1%$", reason = "md5-crypt is not supported" },
  { name = "apr1", pattern = "^%$apr1%$", reason = "Apache's md5-crypt is not supported" },
  { name = "Ory Kratos", pattern = "^%$sha%d+%$pf=", build = vendors.ory },
  { name = "Ory Kratos", pattern = "^%$md5%$", build = vendors.ory },
  { name = "Ory Kratos", pattern = "^%$hmac%-%w+%$", build = vendors.ory_hmac },
  { name = "md5-crypt", pattern = "^%$md5%-crypt%$", reason = "md5-crypt is not supported" },
  { name = "SHA-crypt", pattern = "^%$sha%d+%-crypt%$", reason = "SHA-crypt is not supported" },
  { name = "Firebase scrypt", pattern = "^%$firescrypt%$", reason = FIREBASE },
  { name = "Firebase scrypt", pattern = "^%$fb?_?scrypt%$", reason = FIREBASE },
  { name = "ZITADEL", pattern = "^%$md5salted%-", build = vendors.zitadel_md5 },
  { name = "sha1-crypt", pattern = "^%$sha1%$", reason = "sha1-crypt is not supported" },
  { name = "sha256-crypt", pattern = "^%$5%$", reason = "sha256-crypt is not supported" },
  { name = "sha512-crypt", pattern = "^%$6%$", reason = "sha512-crypt is not supported" },
  { name = "yescrypt", pattern = "^%$y%$", reason = "yescrypt is not supported" },
  { name = "scrypt-crypt", pattern = "^%$7%$",
    reason = "scrypt in the crypt(3) format is not supported" },
  { name = "gost-yescrypt", pattern = "^%$gy%$", reason = "yescrypt is not supported" },
  { name = "bcrypt over SHA-256 (passlib)", pattern = "^%$bcrypt%-sha256%$", reason = HASHED_HASH },
  { name = "scrypt", pattern = "^%$scrypt%$", build = vendors.scrypt },
  { name = "Werkzeug", pattern = "^scrypt:%d+:%d+:%d+%$", build = vendors.werkzeug },
  { name = "Werkzeug", pattern = "^pbkdf2:%w+:%d+%$", build = vendors.werkzeug },
  { name = "Magento", pattern = "^%x+:[^:]*:%d[%d_:]*$", build = vendors.magento },
  { name = "SCRAM", pattern = "^SCRAM%-SHA", reason = "SCRAM keys are not supported" },
  { name = "MySQL", pattern = "^%*%x+$", reason = HASHED_HASH },
  { name = "MySQL 8", pattern = "^%$A%$", reason = "sha256-crypt is not supported" },
  { name = "SQL Server", ambiguous = true, pattern = "^0[xX]0[12]00%x+$",
    build = vendors.sql_server },
  { name = "Oracle", pattern = "^S:" .. ("%x"):rep(60) .. "$", build = vendors.oracle },
  { name = "ForgeRock", pattern = '^{%s*"%$crypto"', build = vendors.forgerock },
  { name = "Keycloak", pattern = '^{.*"secretData"', build = keycloak_text },
  { name = "authPassword", pattern = "^S?H?A?M?D?%d+%$[A-Za-z0-9+/]+=*%$[A-Za-z0-9+/]+=*$",
    build = vendors.auth_password },
  { name = "Spring Security", pattern = SPRING, build = spring_versioned },
  { name = "Spring Security", pattern = "^{scrypt}%$%x+%$", build = spring.scrypt },
  { name = "Spring Security", pattern = "^%$%x%x%x%x%x%x?%$[A-Za-z0-9+/]+=*%$[A-Za-z0-9+/]+=*$",
    build = spring.scrypt },
  { name = "Spring Security", pattern = "^{pbkdf2}%x+$", build = spring.pbkdf2 },
  { name = "Spring Security", pattern = "^{sha256}" .. ("%x"):rep(80) .. "$",
    reason = "Spring Security's {sha256}, a digest of 1024 rounds, is not supported" },
  { name = "Spring Security", pattern = "^{ldap}{", build = spring_ldap },
  { name = "Spring Security", pattern = "^{[%w-]+}{[^}]*}", build = spring.salted },
  { name = "Spring Security", ambiguous = true, pattern = "^{[%w-]+}[A-Za-z0-9+/]+=*$",
    build = spring.unsalted },
  { name = "Atlassian", pattern = "^{[Pp][Kk][Cc][Ss]5[Ss]2}", build = vendors.atlassian },
  { name = "MediaWiki", pattern = "^:A:%x+$", build = vendors.mediawiki },
  { name = "MediaWiki", pattern = "^:B:[^:]+:%x+$", build = vendors.mediawiki },
  { name = "MediaWiki", pattern = "^:pbkdf2:%w+:%d+:", build = vendors.mediawiki },
  { name = "LDAP", pattern = "^{[%w_-]+}", build = parse.ldap_password },
  { name = "Django", pattern = "^pbkdf2_.*wrapped.*%$", reason = HASHED_HASH },
  { name = "Django", pattern = "^crypt%$", build = parse.django },
  { name = "Django", pattern = "^pbkdf2_sha%d+%$", build = parse.django },
  { name = "Django", pattern = "^argon2%$argon2", build = parse.django },
  { name = "Django", pattern = "^bcrypt_?s?h?a?2?5?6?%$%$2", build = parse.django },
  { name = "Django", pattern = "^scrypt%$%d+%$", build = parse.django },
  { name = "Django", pattern = "^md5%$[^$]*%$%x+$", build = parse.django },
  { name = "Django", pattern = "^sha1%$[^$]*%$%x+$", build = parse.django },
  { name = "Django unusable", pattern = "^!", reason = "no usable password" },
  { name = "unusable", pattern = "^[*x]$", reason = "no usable password" },
  { name = "ASP.NET Identity 3", ambiguous = true, pattern = "^AQAAAA[AEI][A-Za-z0-9+/]+=*$",
    build = parse.aspnet },
  { name = "ASP.NET Identity 2", ambiguous = true, pattern = "^A[A-P][A-Za-z0-9+/]+=*$",
    build = parse.aspnet },
}

local function bare(value)
  local bits = value:find("^%x+$") and ({ [32] = "MD5, MD4 or NT", [40] = "SHA-1",
    [64] = "SHA-256", [128] = "SHA-512" })[#value]
  if not bits then return nil end
  return "bare hex (" .. bits .. "?) does not identify its digest and salt: use password.digest"
end

---@param hash string  cleaned
---@return string name  of the scheme
---@return PasswordHash? made
---@return string? reason
local function recognise(hash)
  for _, scheme in ipairs(parse.SCHEMES) do
    if hash:find(scheme.pattern) then
      local made, why
      if scheme.build then made, why = scheme.build(hash) end
      if made or not scheme.ambiguous then return scheme.name, made, why or scheme.reason end
    end
  end
  return "unknown", nil, bare(hash) or "the scheme of the hash was not recognized"
end

---@param value string?
---@return HashScheme? scheme  nil without a value
function parse.identify(value)
  local hash = build.cleaned(value)
  if not hash then return nil end
  local name, made, why = recognise(hash)
  return { name = name, supported = made ~= nil, reason = not made and why or nil }
end

---@param value string?
---@return PasswordHash? hash
---@return string? reason
function parse.any(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  local _, made
  _, made, why = recognise(hash)
  return made, why
end

return parse
