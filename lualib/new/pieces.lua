--- How a column writes bytes, such as a digest, a salt or a key, and the expression of them.

local digest = require "host.digest"
local forms = require "new.forms"
local text = require "host.text"

local pieces = {}

local NEARLY_ALL <const> = 0.9
local MOST <const> = 0.5
local SHORTEST <const> = 4 -- bytes; a shorter salt is text

---@class Piece
---@field way string       the expression of the value
---@field encoding "text"|"hex"|"base64"|"binary"  binary: bytes, or hex behind a prefix
---@field size? integer    bytes that most values have; nil: of text
---@field is_prefixed? boolean  it is binary, as hex behind the prefix of a database
local Piece = {}
Piece.__index = Piece

---The most frequent name of a table of counts.
---@generic T
---@param counts table<T, integer>
---@return T?
function pieces.most_of(counts)
  local best
  for name, n in pairs(counts) do
    if not best or n > counts[best] or n == counts[best] and name < best then best = name end
  end
  return best
end

---The bytes of a value that a database wrote in hex.
---@param written string
---@return string?
function pieces.unprefixed(written)
  local hex = written:match("^0[xX](%x+)$") or written:match("^\\+[xX](%x+)$")
  return hex and digest.unhex(hex) or nil
end

---Whether a value is bytes and not text.
---@param given string
---@return boolean
function pieces.are_bytes(given)
  return not text.is_utf8(given) or given:find("[%z\1-\8\14-\31]") ~= nil
end

---The encoding of one value, and its size in bytes.
local function encoding_of(sample)
  if pieces.are_bytes(sample) then return "binary", #sample end
  local bytes = pieces.unprefixed(sample)
  if bytes then return "prefixed", #bytes end
  local size, encoding = forms.bytes(text.trim(sample) or "")
  if size and size >= SHORTEST then return encoding, size end
  return "text", nil
end

---Counts of what the values of a column are.
local function counts_of(column)
  local counts, sizes, lengths = {}, {}, {}
  for _, sample in ipairs(column.samples) do
    local encoding, size = encoding_of(sample)
    counts[encoding] = (counts[encoding] or 0) + 1
    if size then sizes[size] = (sizes[size] or 0) + 1 end
    lengths[#sample] = (lengths[#sample] or 0) + 1
  end
  return counts, sizes, lengths
end

---Whether it is certain that a column is Base64, and not letters and digits.
local function is_marked(column)
  for _, sample in ipairs(column.samples) do
    if sample:find("[+/=_-]") then return true end
  end
  return false
end

---@param column Column
---@param way string    its expression
---@param is_key? boolean  it is a digest or a key, which is not text
---@return Piece
function pieces.of(column, way, is_key)
  local counts, sizes, lengths = counts_of(column)
  local made = setmetatable({ way = way, encoding = "text" }, Piece)
  if (counts.binary or 0) > #column.samples * MOST then
    -- Some values are bytes that happen to be text.
    made.encoding, made.size = "binary", pieces.most_of(lengths)
    return made
  end
  local best = pieces.most_of(counts)
  if not best or best == "text" or counts[best] < #column.samples * NEARLY_ALL then return made end
  if best == "base64" and not is_key and not is_marked(column) then return made end
  made.size = pieces.most_of(sizes)
  made.encoding = best == "prefixed" and "binary" or best
  made.is_prefixed = best == "prefixed"
  return made
end

---The expression of the bytes. A salt in hexadecimal digits is text: programs make one so, and
---hash what they made.
---@param is_salt? boolean
---@return string
function Piece:bytes(is_salt)
  if self.encoding == "text" or is_salt and self.encoding == "hex" then return self.way end
  return string.format('password.bytes(%s, "%s")', self.way, self.encoding)
end

---A value as an export would have it; bytes as a dump writes them, which recipes read alike.
---@param bytes string
---@param is_salt? boolean
---@return string
function Piece:written(bytes, is_salt)
  if self.encoding == "base64" then return digest.base64(bytes) end
  if self.encoding == "binary" then return "\\x" .. digest.hex(bytes) end
  if self.encoding == "hex" and not is_salt then return digest.hex(bytes) end
  return bytes
end

return pieces
