--- A record as a pattern: the parts that are of its user, such as the address and the id, are
--- places for the values of others. They are found by what the recipe made of the record.

local digest = require "host.digest"
local json = require "host.json"

local pattern = {}

-- Characters for private use, around the number of a place in a text.
local FROM <const>, NUMBER <const>, TO <const> = "\u{E000}", "\u{E002}", "\u{E001}"
local SHORT <const> = 3 -- bytes; a shorter value is part of many texts
local PHONE_END <const> = 6 -- digits by which a number is recognised
local BCRYPT <const> = "%$2[abxy]%$%d%d%$[./%w]+"
local BCRYPT_BYTES <const> = 60

---@class PatternPlace
---@field kind string       "email"
---@field value string      of the record's own user
---@field exact? boolean    also its case
---@field lower? boolean    the value is written in lower case

-- Names of members, by the kinds of their values.
local HINTS <const> = {
  given = { "given", "first", "fore" }, family = { "family", "last", "sur", "^sn$" },
  username = { "user", "login", "uid", "nick", "sam", "screen" }, name = { "name", "^cn$" },
  id = { "id$", "^id", "sub$", "key$", "guid", "number" }, email = { "mail" },
}

---@class Slot
---@field kind string
---@field value string
---@field exact boolean

local function hinted(kind, key)
  for _, hint in ipairs(HINTS[kind] or {}) do
    if key:find(hint) then return true end
  end
  return false
end

---What of a record is of its user.
---@param user User  that the recipe made of it
---@return Slot[]
function pattern.slots(user)
  local slots = {}
  local function add(kind, value, exact)
    if type(value) == "string" and value ~= "" then
      slots[#slots + 1] = { kind = kind, value = value, exact = exact or false }
    end
  end
  for _, factor in ipairs(user.mfa_factors or {}) do
    local secret = factor.totp and factor.totp.secret
    add("totp", secret)
    local raw = secret and digest.unbase32(secret)
    if raw and utf8.len(raw) and raw:find("^[%g]+$") then add("totp_text", raw, true) end
  end
  add("email", user.email)
  add("name", user.name, true)
  add("family", user.family_name, true)
  add("given", user.given_name, true)
  add("id", user.user_id)
  add("username", user.username)
  add("phone", user.phone_number)
  return slots
end

---@class PatternWriter
---@field slots Slot[]
---@field places PatternPlace[]
---@field uses table<string, integer>  of kinds
---@field any_id? boolean     a short id may have any name
local Writer = {}
Writer.__index = Writer

---@private
function Writer:place(slot, found, mark)
  self.uses[slot.kind] = (self.uses[slot.kind] or 0) + 1
  table.insert(self.places, {
    kind = slot.kind, value = found, lower = found:find("%a") and found == found:lower() or nil,
  })
  return (mark or FROM) .. #self.places .. TO
end

---The slot that a whole text is, by the name of its member if it may be several.
---@private
function Writer:whole(text, key)
  local found
  for _, slot in ipairs(self.slots) do
    local equal = slot.kind ~= "phone"
      and (text == slot.value or not slot.exact and text:lower() == slot.value:lower())
    local is_sure = #slot.value >= SHORT or hinted(slot.kind, key)
      or slot.kind == "id" and self.any_id
    if equal and is_sure and (not found or hinted(slot.kind, key)
      and not hinted(found.kind, key)) then
      found = slot
    end
  end
  return found
end

---The digits of a phone number that ends as the user's.
---@private
function Writer:phone(text)
  local digits = text:gsub("%D", "")
  if not text:find("^%+?[%d ()./-]+$") or #digits < PHONE_END then return nil end
  for _, slot in ipairs(self.slots) do
    local tail = digits:sub(-PHONE_END)
    if slot.kind == "phone" and slot.value:sub(-PHONE_END) == tail then
      local left = #digits
      local before = text:gsub("%d", function()
        left = left - 1
        return left < PHONE_END and "" or nil
      end)
      return before:gsub("[%s()./-]+$", " ") .. self:place({ kind = "phone" }, tail)
    end
  end
end

---Whether a value stands in a text as a whole word.
local function is_word(text, first, last)
  return not (text:sub(first - 1, first - 1):find("%w") and text:sub(first, first):find("%w"))
    and not (text:sub(last + 1, last + 1):find("%w") and text:sub(last, last):find("%w"))
end

---The places of a value within a text.
---@private
function Writer:all(slot, text)
  local look = slot.exact and text or text:lower()
  local wanted = slot.exact and slot.value or slot.value:lower()
  local parts, at = {}, 1
  for first, last in function() return look:find(wanted, at, true) end do
    local found = text:sub(first, last)
    parts[#parts + 1] = text:sub(at, first - 1)
    parts[#parts + 1] = is_word(text, first, last) and self:place(slot, found) or found
    at = last + 1
  end
  return table.concat(parts) .. text:sub(at)
end

---Places within a text.
---@private
function Writer:within(text)
  text = text:gsub(BCRYPT, function(hash)
    return #hash == BCRYPT_BYTES and self:place({ kind = "bcrypt" }, hash) or nil
  end)
  for _, slot in ipairs(self.slots) do
    if #slot.value >= SHORT and slot.kind ~= "phone" then text = self:all(slot, text) end
  end
  return text
end

---@private
function Writer:value(value, key)
  if type(value) == "table" then
    local copy = json.is_array(value) and json.array {} or {}
    for name, member in pairs(value) do
      copy[name] = self:value(member, type(name) == "string" and name:lower() or key)
    end
    return copy
  elseif math.type(value) == "integer" then
    local slot = (hinted("id", key) or self.any_id) and self:whole(tostring(value), key)
    return slot and slot.kind == "id" and self:place(slot, slot.value, NUMBER) or value
  elseif type(value) ~= "string" then
    return value
  end
  local slot = self:whole(value, key)
  if slot then return self:place(slot, value) end
  return self:phone(value) or self:within(value)
end

---@class Pattern
---@field parts (string|PatternPlace)[]  of JSON
---@field uses table<string, integer>    how often kinds of values are in it

---A record whose values are marks of places.
local function marked(record, slots, any_id)
  local writer = setmetatable({
    slots = slots, places = {}, uses = {}, any_id = any_id,
  }, Writer)
  return writer, assert(json.encode(writer:value(record, "")))
end

---@param record any     as JSON holds it
---@param slots Slot[]
---@return Pattern
function pattern.of(record, slots)
  local writer, text = marked(record, slots)
  if not writer.uses.id then writer, text = marked(record, slots, true) end
  text = text:gsub('"' .. NUMBER .. "(%d+)" .. TO .. '"', FROM .. "%1" .. TO)
  local parts, at = {}, 1
  for first, number, last in text:gmatch("()" .. FROM .. "(%d+)" .. TO .. "()") do
    parts[#parts + 1] = text:sub(at, first - 1)
    parts[#parts + 1] = writer.places[tonumber(number)]
    at = last
  end
  parts[#parts + 1] = text:sub(at)
  return { parts = parts, uses = writer.uses }
end

---The record of another user, as JSON.
---@param made Pattern
---@param values fun(place: PatternPlace): string  JSON needs no escapes in it
---@return string
function pattern.write(made, values)
  local parts = {}
  for i, part in ipairs(made.parts) do
    parts[i] = type(part) == "string" and part or values(part)
  end
  return table.concat(parts)
end

return pattern
