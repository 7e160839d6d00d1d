--- UUIDs as text, from the 16 bytes that databases and directories store.

local digest = require "host.digest"

local uuid = {}

---@alias UuidLayout
---| "swapped"  MySQL's UUID_TO_BIN(x, 1): the time's high, middle and low parts
---| "guid"     Active Directory's objectGUID, SQL Server's uniqueidentifier: the first three parts
---  begin with their last byte

---The order of the bytes of each layout.
---@type table<string, string>
local ORDERS <const> = {
  swapped = "%5%6%7%8%3%4%1%2",
  guid = "%4%3%2%1%6%5%8%7",
}

local FIRST_HALF <const> = ("(.)"):rep(8)
local TEXT <const> = "^{?(" .. ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(3) .. "%-"
  .. ("%x"):rep(12) .. ")}?$"

local function bytes_of(given)
  if #given == 16 then return given end
  local digits = given:match("^%s*(.-)%s*$"):gsub("^[0\\][xX]", "")
  return #digits == 32 and digest.unhex(digits) or nil
end

---Lower-case text of a UUID that is written as text, which may stand in braces; else nil.
---@param given string
---@return string?
function uuid.plain(given)
  if #given ~= 36 and #given ~= 38 then return nil end
  local digits = given:match(TEXT)
  return digits and digits:lower()
end

---Lower-case text of a UUID, from 16 bytes, their hexadecimal digits, or text; else nil.
---@param given any
---@param layout? UuidLayout  of bytes and digits; default: in the order of the text
---@return string?
function uuid.read(given, layout)
  if layout ~= nil and not ORDERS[layout] then
    error('value.uuid: the layout must be "swapped" or "guid"', 2)
  end
  if type(given) ~= "string" then return nil end
  local text = given:match("^%s*(.-)%s*$"):match(TEXT)
  if text then return text:lower() end
  local bytes = bytes_of(given)
  if not bytes then return nil end
  if layout then bytes = bytes:sub(1, 8):gsub(FIRST_HALF, ORDERS[layout]) .. bytes:sub(9) end
  return (digest.hex(bytes):gsub("^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)",
    "%1-%2-%3-%4-"))
end

return uuid
