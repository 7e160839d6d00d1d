--- What a value of an export looks like: an address, a moment, a hash. A value may have several
--- forms: `1` is a number and a flag.

local digest = require "host.digest"
local json = require "host.json"
local phone = require "source.phone"
local text = require "host.text"
local date = require "source.date"

local forms = {}

local LONGEST <const> = 4096 -- bytes; longer text is prose or data
local SHORTEST_TOKEN <const> = 16 -- bytes
local PHONE_DIGITS <const> = { least = 6, most = 15 }
local SMALLEST_MOMENT <const> = 100000000 -- seconds, 1973; smaller numbers are counts and ids
local DIGEST_BYTES <const> = { [16] = true, [20] = true, [32] = true, [48] = true, [64] = true }

-- What systems write for an address that was confirmed, or not.
local CONFIRMED <const> = {
  verified = true, confirmed = true, unverified = true, unconfirmed = true,
}

local UUID <const> = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"

---Bytes of a digest or key in hexadecimal digits or Base64, and which; nil for other text.
---@param written string
---@return integer? size
---@return "hex"|"base64"|nil encoding
function forms.bytes(written)
  local hex = written:gsub("^\\?\\x", ""):gsub("^0[xX]", "")
  if #hex >= 2 and #hex % 2 == 0 and hex:find("^%x+$") then return #hex // 2, "hex" end
  if not written:find("^[%w+/_-]+=*$") then return nil end
  local is_base64 = written:find("=$") or written:find("[+/]")
    or (written:find("%l") and written:find("%u") and written:find("%d"))
  local bytes = is_base64 and digest.unbase64(written)
  if bytes then return #bytes, "base64" end
end

local function add_token(found, written)
  local size, encoding = forms.bytes(written)
  if size and #written >= SHORTEST_TOKEN then
    found.token = true
    if DIGEST_BYTES[size] then found.digest = encoding end
  end
  if #written >= SHORTEST_TOKEN and written:find("^[A-Z2-7]+=*$") then found.base32 = true end
end

---A number as people write one, with an international prefix or without.
local function add_phone(found, written)
  if not written:find("^[%d%s()+./x-]+$") then return end
  local _, n = written:gsub("%d", "")
  if n < PHONE_DIGITS.least or n > PHONE_DIGITS.most or written:find("^%d+%.%d+$") then return end
  local is_abroad = written:find("^%+") or written:find("^00")
  if is_abroad then
    if phone.read(written) then found.international = true end
  elseif not written:find("^%d%d%d%d%-%d%d%-%d%d") then
    found.national = true
    if written:find("^%(?0") or written:find("[%s()-]") then found.dialled = true end
  end
end

local function add_number(found, written)
  if not written:find("^%-?%d+$") then
    if written:find("^%-?%d+%.%d+$") then found.decimal = true end
    return
  end
  found.integer = true
  local number = math.tointeger(tonumber(written))
  if number and number >= SMALLEST_MOMENT and date.read(number) then found.epoch = true end
end

local function add_document(found, written)
  local first = written:sub(1, 1)
  if first == "{" or first == "[" then
    local value = json.decode(written)
    if type(value) == "table" then found.json = json.is_array(value) and "list" or "object" end
  elseif written:find("^[aOsibd]:%d") then
    found.php = true
  end
end

local function add_words(found, written)
  if found.address or found.integer or found.decimal or found.moment or found.token then return end
  if written:find("^[%w_.-]+$") then
    found.word = true
  elseif not written:find("[%c{}<>|=@]") then
    found.words = true
    local _, n = written:gsub("%S+", "")
    if n == 1 then found.word = true end
  end
end

---@param written string  not blank
---@return table<string, any> found  by form: true, or more about it
function forms.of(written)
  local found = {}
  local trimmed = #written <= LONGEST and text.is_utf8(written) and text.trim(written) or nil
  if not trimmed then
    found[text.is_utf8(written) and "prose" or "bytes"] = true
    return found
  end
  if text.boolean(trimmed) ~= nil then found.boolean = true end
  if CONFIRMED[trimmed:lower()] then found.confirmed = true end
  if trimmed:find("@", 1, true) and text.email(trimmed) then found.address = true end
  if trimmed:find(UUID) then found.uuid = true end
  if trimmed:find("^https?://%S+$") then found.url = true end
  if trimmed:find("^otpauth://") then found.otpauth = true end
  if trimmed:find("^%d+%.%d+%.%d+%.%d+$") then found.ip = true end
  add_number(found, trimmed)
  local first = trimmed:byte()
  local is_digit = first >= 0x30 and first <= 0x39
  if is_digit and not found.integer and trimmed:find("^%d%d%d%d%-%d%d") and date.read(trimmed) then
    found.moment = true
  elseif trimmed:find("^0000%-00%-00") then
    found.moment = true
  end
  add_document(found, trimmed)
  if not found.uuid and not found.address and not found.moment then
    add_phone(found, trimmed)
    add_token(found, trimmed)
  end
  add_words(found, trimmed)
  return found
end

return forms
