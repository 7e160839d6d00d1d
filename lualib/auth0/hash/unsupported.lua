--- Verifies a cleartext against hashes that Auth0 cannot import, where possible: on a match, the
--- value is the right one, and its user needs a new password.

local digest = require "host.digest"
local verify = require "auth0.hash.verify"

local unsupported = {}

local DIGITS <const> = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
local MOST_LOG <const> = 20 -- log2 of the rounds of phpass: two seconds
local DRUPAL_LENGTH <const> = 50 -- minimum length to which Drupal truncates

---Bytes in the Base64 of phpass: low bits first.
local function encode64(bytes)
  local parts = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local held = a | (b or 0) << 8 | (c or 0) << 16
    for i = 0, c and 3 or b and 2 or 1 do
      local digit = (held >> 6 * i & 63) + 1
      parts[#parts + 1] = DIGITS:sub(digit, digit)
    end
  end
  return table.concat(parts)
end

local function phpass(value, cleartext, name)
  local old, head, log, salt = value:match("^(U?)(%$%u%$(.)(........))")
  local rounds = log and DIGITS:find(log, 1, true)
  if not rounds or rounds - 1 > MOST_LOG then return nil end
  local plain = old == "U" and digest.hex(digest.hash("md5", cleartext)) or cleartext
  local hash = digest.hash(name, salt .. plain)
  for _ = 1, 1 << (rounds - 1) do hash = digest.hash(name, hash .. plain) end
  local made, stored = head .. encode64(hash), value:sub(#old + 1)
  if name == "sha512" and #stored >= DRUPAL_LENGTH then made = made:sub(1, #stored) end
  return made == stored
end

---@type {pattern: string, fits: fun(value: string, cleartext: string): boolean?}[]
local SCHEMES <const> = {
  { pattern = "^U?%$[PH]%$", fits = function(value, cleartext)
    return phpass(value, cleartext, "md5")
  end },
  { pattern = "^U?%$S%$", fits = function(value, cleartext)
    return phpass(value, cleartext, "sha512")
  end },
  { pattern = "^%$wp%$2", fits = function(value, cleartext)
    return verify.text(unsupported.wordpress(cleartext), value:sub(4))
  end },
  { pattern = "^bcrypt_sha256%$%$2", fits = function(value, cleartext)
    return verify.text(digest.hex(digest.hash("sha256", cleartext)), value:match("%$(%$2.*)$"))
  end },
  { pattern = "^{[Cc][Rr][Yy][Pp][Tt]}%$", fits = function(value, cleartext)
    return verify.text(cleartext, value:sub(#"{CRYPT}" + 1))
  end },
  { pattern = "^%$[1567y]%$", fits = function(value, cleartext)
    return verify.text(cleartext, value)
  end },
  { pattern = "^%$sha1%$", fits = function(value, cleartext)
    return verify.text(cleartext, value)
  end },
}

---The input that WordPress 6.8 passes to bcrypt.
---@param cleartext string
---@return string
function unsupported.wordpress(cleartext)
  local trimmed = cleartext:match("^%s*(.-)%s*$")
  return digest.base64(assert(digest.hmac("sha384", "wp-sha384", trimmed)))
end

---@param value string
---@param cleartext string
---@return boolean? fits  nil if it cannot be verified
function unsupported.fits(value, cleartext)
  for _, scheme in ipairs(SCHEMES) do
    if value:find(scheme.pattern) then return scheme.fits(value, cleartext) end
  end
end

return unsupported
