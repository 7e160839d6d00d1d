--- Explains findings: adds a redacted description of the value and a fix to code, path and message.
--- Only for rejected records and the first warning of its kind: valid users cost nothing.

local codes = require "auth0.codes"
local fields = require "auth0.advice.fields"
local hashes = require "auth0.advice.hashes"
local json = require "host.json"
local text = require "host.text"
local redact = require "auth0.redact"

local advice = {}

---@class Advised  an explained finding
---@field code string
---@field path string
---@field message string
---@field shape string  the redacted description of the value
---@field fix string    a sentence

---The value at a path of a finding; names may contain dots, so the longest existing name wins.
local function value_at(value, path)
  if path == "" then return value end
  if type(value) ~= "table" then return nil end
  local place, rest = path:match("^%[(%d+)%]%.?(.*)$")
  if place then return value_at(value[tonumber(place) + 1], rest) end
  local longest, left = nil, ""
  for name in next, value do
    if type(name) == "string" and path:sub(1, #name) == name then
      local after = path:sub(#name + 1)
      local ends = after == "" or after:find("^[.%[]") ~= nil
      if ends and (not longest or #name > #longest) then longest, left = name, after end
    end
  end
  if not longest then return nil end
  return value_at(value[longest], (left:gsub("^%.", "")))
end

-- Technical terms, which a message may quote.
local WORDS <const> = {
  "md4", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3", "ssha", "ssha256",
  "ssha512", "ripemd160", "whirlpool", "hmac", "bcrypt", "scrypt", "argon2", "argon2i", "argon2d",
  "argon2id", "pbkdf2", "ldap", "phpass", "crypt", "hex", "base64", "utf8", "utf16le", "utf16",
  "ucs2", "latin1", "ascii", "binary", "prefix", "suffix", "middle", "both",
}

local function is_of_the_trade(word)
  local plain = word:lower():gsub("[-_]", "")
  for _, known in ipairs(WORDS) do
    if plain == known or (#plain > 3 and text.distance(plain, known) <= 1) then return true end
  end
  return false
end

---"No enum match for: MD5" quotes the value, or the digest in a PBKDF2 value. Anything but a
---technical term may be a secret.
local function message_of(finding, value)
  if finding.code ~= "ENUM_MISMATCH" or type(value) ~= "string" then return finding.message end
  local word = value:match("^%$pbkdf2%-([%w-]+)") or value
  return is_of_the_trade(word) and finding.message or "No enum match for: an unknown value"
end

local function advise(user, finding, value)
  if type(user) ~= "table" then return end
  local path = finding.path:gsub("%[%d+%]", "[]")
  local below = path:match("^custom_password_hash%.(.+)$")
  local custom = user.custom_password_hash
  if below and finding.keyword ~= "additional" and type(custom) == "table" then
    return hashes.of(custom, below, finding)
  end
  return fields.of(value, finding, path)
end

local ADDRESSES <const> = { ["email"] = true, ["mfa_factors[].email.value"] = true }

---The size of a user: "object of 12040 bytes, 11800 of them in app_metadata".
---@param user any
---@return string
function advice.size(user)
  local written = type(user) == "table" and json.encode(user)
  if not written then return redact.of(user) end
  local name, bytes = fields.largest(user)
  return string.format("object of %d bytes, %d of them in %s", #written, bytes, tostring(name))
end

---@param user any  as checked
---@param finding UserFinding
---@return Advised
function advice.of(user, finding)
  local value = value_at(user, finding.path)
  local cause, fix = advise(user, finding, value)
  local message = message_of(finding, value)
  local as = ADDRESSES[finding.path:gsub("%[%d+%]", "[]")] and "email" or nil
  return {
    code = finding.code, path = finding.path,
    message = cause and message .. ": " .. cause or message,
    shape = finding.keyword == "max_bytes" and advice.size(value) or redact.of(value, as),
    fix = fix or finding.fix or advice.fix(finding.code, finding.path),
  }
end

---The fix where only the code is known.
---@param code string
---@param path? string
---@return string
function advice.fix(code, path)
  return codes.fix(code, path) or "Correct the record in the source, or change the mapping."
end

return advice
