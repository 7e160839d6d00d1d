--- The values of the i-th made-up user, computed from a seed: the same ones each time, none twice.

local digest = require "host.digest"

local person = {}

-- First names with what an address has in their place; last names likewise. Many languages.
local GIVEN <const> = {
  { "Ada" }, { "Amina" }, { "André", "andre" }, { "Aylin" }, { "Björn", "bjorn" }, { "Chiara" },
  { "Dilan" }, { "Eszter" }, { "Femke" }, { "Giulia" }, { "Hiroshi" }, { "Ingrid" },
  { "João", "joao" }, { "Jürgen", "jurgen" }, { "Kwame" }, { "Lakshmi" }, { "Léa", "lea" },
  { "Linh" }, { "Małgorzata", "malgorzata" }, { "Mateo" }, { "Mei" }, { "Miloš", "milos" },
  { "Nadia" }, { "Ngozi" }, { "Noor" }, { "Olena" }, { "Priya" }, { "Raúl", "raul" }, { "Søren",
  "soren" }, { "Sofia" }, { "Tomás", "tomas" }, { "Yuki" },
}
local FAMILY <const> = {
  { "Abara" }, { "Andersson" }, { "Bianchi" }, { "Çelik", "celik" }, { "Costa" }, { "Dubois" },
  { "Eriksen" }, { "Fernández", "fernandez" }, { "Haddad" }, { "Horváth", "horvath" },
  { "Ivanenko" }, { "Jansen" }, { "Kovács", "kovacs" }, { "Kowalski" }, { "Kumar" },
  { "Lindqvist" }, { "Moreau" }, { "Müller", "muller" }, { "Nguyen" }, { "Novák", "novak" },
  { "O'Brien", "obrien" }, { "Okafor" }, { "Papadopoulos" }, { "Petrović", "petrovic" },
  { "Rossi" }, { "Sánchez", "sanchez" }, { "Sato" }, { "Silva" }, { "Tanaka" }, { "Virtanen" },
  { "Weiß", "weiss" }, { "Yılmaz", "yilmaz" },
}
local DOMAINS <const> = { "example.com", "example.org", "example.net" } -- RFC 2606
local BASE32 <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
local LEAST_DIGITS <const> = 6 -- of an id or a number that are counted

---@class Person
---@field i integer
---@field given string
---@field family string
---@field name string
---@field email string
---@field username string
---@field private seed string
local Person = {}
Person.__index = Person

local function plain(entry)
  return entry[2] or entry[1]:lower()
end

---@param seed integer
---@param i integer  from 1
---@return Person
function person.new(seed, i)
  local self = setmetatable({ i = i, seed = seed .. ":" .. i }, Person)
  local raw = self:bytes("name", 5)
  local given, family = GIVEN[raw:byte(1) % #GIVEN + 1], FAMILY[raw:byte(2) % #FAMILY + 1]
  self.given, self.family = given[1], family[1]
  self.name = given[1] .. " " .. family[1]
  self.username = plain(given) .. i
  self.email = string.format("%s.%s%d@%s", plain(given), plain(family), i,
    DOMAINS[raw:byte(3) % #DOMAINS + 1])
  return self
end

---Bytes that look random, of a purpose.
---@param purpose string
---@param n integer  at most 32
---@return string
function Person:bytes(purpose, n)
  return assert(digest.hash("sha256", purpose .. ":" .. self.seed)):sub(1, n)
end

---An id of the form of another one; its last digits, or letters, count the users.
---@param form string
---@return string
function Person:id(form)
  if form:find("^%x+%-%x+%-%x+%-%x+%-%x+$") and #form == 36 then
    local hex = digest.hex(self:bytes("id", 16))
    return string.format("%s-%s-4%s-8%s-%s", hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16),
      hex:sub(18, 20), hex:sub(21, 32))
  elseif form:find("^%d+$") then
    local width = math.max(#form, LEAST_DIGITS)
    return #form > 18 and form:sub(1, #form - 12) .. string.format("%012d", self.i)
      or tostring((10 ^ (width - 1) // 1 | 0) + self.i)
  elseif form:find("^%x+$") and #form >= 16 then
    local hex = digest.hex(self:bytes("id", 32)):rep(#form // 64 + 1):sub(1, #form)
    return form:find("%u") and hex:upper() or hex
  end
  local count = tostring(self.i)
  local kept = math.max(1, #form - math.max(#count, LEAST_DIGITS))
  return form:sub(1, kept) .. string.rep("0", #form - kept - #count) .. count
end

---The end of a number in place of another end.
---@param digits string
---@return string
function Person:phone(digits)
  local n = (tonumber(digits) + self.i) % (10 ^ #digits // 1 | 0)
  return string.format("%0" .. #digits .. "d", n)
end

---Bytes in place of a secret.
---@param n integer
---@return string
function Person:secret(n)
  local bytes = self:bytes("totp", math.min(n, 32))
  return (bytes .. bytes:rep(n // #bytes + 1)):sub(1, n)
end

---Letters and digits in place of a secret that is text.
---@param n integer
---@return string
function Person:secret_text(n)
  return (self:secret(n):gsub(".", function(c)
    local at = c:byte() % #BASE32 + 1
    return BASE32:sub(at, at)
  end))
end

return person
