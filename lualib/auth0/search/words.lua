--- The bytes that may have been hashed in place of a cleartext: its encodings, and what other
--- systems do to a password before they hash it.

local digest = require "host.digest"
local unsupported = require "auth0.hash.unsupported"

local words = {}

---@class WordCandidate  bytes that may have been hashed in place of a cleartext
---@field bytes string
---@field encoding? PasswordEncoding  nil: utf8
---@field what? string                description, if Auth0 does not support it
---@field rare? boolean               not worth a costly attempt

---The cleartext in the encodings that Auth0 supports.
---@param cleartext string
---@return WordCandidate[]
function words.encodings(cleartext)
  local list, seen = { { bytes = cleartext } }, { [cleartext] = true }
  for _, encoding in ipairs { "utf16le", "latin1" } do
    local bytes = digest.transcode(cleartext, encoding)
    if bytes and not seen[bytes] then
      seen[bytes] = true
      list[#list + 1] = { bytes = bytes, encoding = encoding }
    end
  end
  return list
end

---Encodings of an inner digest, the frequent ones first.
---@type {what: string, of: fun(raw: string): string}[]
local FORMS <const> = {
  { what = "the hex of ", of = digest.hex },
  { what = "the Base64 of ", of = digest.base64 },
  { what = "the bytes of ", of = function(raw) return raw end },
  { what = "the upper-case hex of ", of = function(raw) return digest.hex(raw):upper() end },
}

local NESTED <const> = { "sha256", "md5", "sha1", "sha512", "sha384" }

---What other systems do to a cleartext before they hash it, and Auth0 does not support.
---@param cleartext string
---@param secrets SearchSecret[]
---@return WordCandidate[]
function words.nested(cleartext, secrets)
  local list, seen = {}, { [cleartext] = true }
  local function add(bytes, what, rare)
    if not bytes or seen[bytes] then return end
    seen[bytes] = true
    list[#list + 1] = { bytes = bytes, what = what, rare = rare }
  end
  add(unsupported.wordpress(cleartext), "WordPress 6.8's hash of the password (without its $wp)")
  for _, form in ipairs(FORMS) do
    for _, name in ipairs(NESTED) do
      for _, secret in ipairs(secrets) do
        add(form.of(digest.hmac(name, secret.value, cleartext)),
          form.what .. "the hmac-" .. name .. " of the password and the pepper")
        add(form.of(digest.hash(name, cleartext .. secret.value)),
          form.what .. "the " .. name .. " of the password and the pepper")
        add(form.of(digest.hash(name, secret.value .. cleartext)),
          form.what .. "the " .. name .. " of the pepper and the password")
      end
      add(form.of(digest.hash(name, cleartext)), form.what .. "the password's " .. name)
    end
  end
  for _, inner in ipairs(NESTED) do
    for _, outer in ipairs(NESTED) do
      add(digest.hex(digest.hash(outer, digest.hex(digest.hash(inner, cleartext)))), string.format(
        "the hex of the %s of the hex of the password's %s", outer, inner), true)
    end
  end
  add(cleartext:lower(), "the password in lower case", true)
  add(cleartext:upper(), "the password in upper case", true)
  add(cleartext:match("^%s*(.-)%s*$"), "the password without its outer whitespace", true)
  add(digest.transcode(cleartext, "utf16be"), "the password in UTF-16, big-endian", true)
  return list
end

return words
