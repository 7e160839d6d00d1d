--- The stored hash of a row: one that says what it is, or in a format that a person declared, with
--- a salt in another column.

local digest = require "host.digest"
local password = require "auth0.password"
local text = require "host.text"
local value = require "source.value"

local declared_hash = {}

declared_hash.HELP = "format of digests: md5, sha1, sha256, sha512, ntlm, optionally with _salted "
  .. "(salt first) or _salted_suffix; separate several by commas"

---@class DeclaredHash
---@field private formats string[]
---@field private order? string      of hash and salt in one cell
---@field private has_bytes boolean  bytes, and hex of databases, are salts and keys as bytes
---@field private helpers RecipeHelpers
local DeclaredHash = {}
DeclaredHash.__index = DeclaredHash

---@param params {password_format: string?, password_order: string?}
---@param helpers RecipeHelpers
---@param has_bytes? boolean
---@return DeclaredHash
function declared_hash.new(params, helpers, has_bytes)
  local formats = value.split(params.password_format, ",") or {}
  for _, format in ipairs(formats) do
    if not password.is_format(format) then
      error("unknown password_format=" .. format .. "; " .. declared_hash.HELP, 0)
    end
  end
  return setmetatable({
    formats = formats, order = params.password_order,
    has_bytes = has_bytes == true, helpers = helpers,
  }, DeclaredHash)
end

local function is_text(bytes)
  return text.is_utf8(bytes) and not bytes:find "[%z\1-\8\14-\31]"
end

---Bytes of a binary column: raw, or in hex with the prefix of a database. nil: it is text.
local function bytes_of(given)
  if type(given) ~= "string" then return nil end
  local hex = given:match "^\\x(%x*)$" or given:match "^0[xX](%x+)$"
  if hex then return digest.unhex(hex) end
  return not is_text(given) and given or nil
end

---"pbkdf2-sha256:150000": the digest and the rounds.
local function pbkdf2_of(algorithm)
  local name, rounds = algorithm:lower():match "^pbkdf2[-_:$]+%l*[-_]?(sha%d+)[-_:$](%d+)$"
  return name, rounds
end

---A key as bytes.
local function decoded(given)
  return bytes_of(given) or password.bytes(given, "hex") or password.bytes(given, "base64")
end

---PBKDF2 with key and salt in columns, as a column with the algorithm says.
local function from_algorithm(builders, algorithm, stored, salt)
  local name, rounds = pbkdf2_of(algorithm)
  if not name or not salt then return nil end
  return builders.pbkdf2(name, rounds, bytes_of(salt) or salt, decoded(stored))
end

---A digest in one of the declared formats.
---@private
function DeclaredHash:digest(stored, salt)
  local how = { salt = salt, order = self.order }
  local raw = self.has_bytes and bytes_of(salt)
  if raw then how.salt, how.salt_encoding = digest.hex(raw), "hex" end
  for _, format in ipairs(self.formats) do
    local hash, reason, is_ambiguous = self.helpers.password.declared(stored, format, how)
    if hash then return hash end
    if is_ambiguous then
      self.helpers.migrate.warn("password_order", reason .. "; see the parameter `password_order`")
    end
  end
end

---Text as it is, trimmed; bytes as hex, unless they are a text, such as bcrypt in a binary column.
---@private
function DeclaredHash:text_of(stored)
  local raw = self.has_bytes and bytes_of(stored)
  if not raw then return value.trim(stored) end
  return is_text(raw) and value.trim(raw) or digest.hex(raw)
end

---The hash of a user.
---@param stored? string    not trimmed
---@param salt? string      not trimmed
---@param algorithm? string  what the row says of it
---@return StoredPassword?
function DeclaredHash:of(stored, salt, algorithm)
  local builders, written = self.helpers.password, self:text_of(stored)
  local raw = self.has_bytes and bytes_of(salt)
  if not raw then salt = value.trim(salt) end
  return algorithm and from_algorithm(builders, algorithm, written, salt)
    or builders.auto(written) or written and self:digest(written, salt) or nil
end

return declared_hash
