--- A record as a text to be kept on disk, and back: JSON that also holds bytes that are not text,
--- texts beside members (`[1]` of an element of XML), and broken records.

local bad_record = require "source.bad_record"
local digest = require "host.digest"
local json = require "host.json"
local text = require "host.text"

local record_text = {}

-- The first byte of a text that is not the record's own JSON; of a string in such a text.
local BROKEN <const>, PACKED <const> = "!", "*"
local TEXT <const>, BASE64 <const>, INDEX <const> = "t", "b", "i"

---A copy in which all strings are text, and all members of an object have a name.
local function packed(value)
  if type(value) == "string" then
    return text.is_utf8(value) and TEXT .. value or BASE64 .. digest.base64(value)
  end
  if type(value) ~= "table" then return value end
  local is_list = json.is_array(value)
  local copy = is_list and json.array {} or {}
  for name, inner in next, value do
    if not is_list then name = type(name) == "string" and packed(name) or INDEX .. name end
    copy[name] = packed(inner)
  end
  return copy
end

---The string, or index, that was packed.
local function unpacked_word(word)
  if type(word) ~= "string" then return word end
  local mark, rest = word:sub(1, 1), word:sub(2)
  if mark == INDEX then return math.tointeger(rest) end
  return mark == TEXT and rest or digest.unbase64(rest)
end

---The value that was packed.
local function unpacked(value)
  if type(value) == "string" then return unpacked_word(value) end
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array {} or {}
  for name, inner in next, value do copy[unpacked_word(name)] = unpacked(inner) end
  return copy
end

---@param record any  plain
---@return string? text
---@return string? message
---@return host.Kind? kind
function record_text.encode(record)
  if bad_record.is(record) then
    return BROKEN .. json.encode(packed { record.raw, record.message })
  end
  local written, message, kind = json.encode(record)
  if written then return written end
  written = json.encode(packed(record)) -- it fails too if the reason is another one
  if written then return PACKED .. written end
  return nil, message, kind
end

---@param written string  by encode
---@return any record
function record_text.decode(written)
  local first = written:sub(1, 1)
  if first == BROKEN then
    local broken = unpacked(json.decode(written:sub(2)))
    return bad_record.new(broken[1], broken[2])
  end
  if first == PACKED then return unpacked(json.decode(written:sub(2))) end
  return (json.decode(written))
end

return record_text
