--- Made-up people of exports for tests of `new`, and what becomes of them; hashes as applications
--- make them.

local digest = require "host.digest"

local new_people = {}

new_people.COUNT = 40

local GIVEN <const> = { "Annegret", "Bartholo", "Cosmina", "Dieuwke", "Evanthia", "Folkert" }
local FAMILY <const> = { "Rarenordin", "Raresuda", "Rareostra", "Rarevest" }

---@class Person
---@field id integer
---@field given string
---@field family string
---@field email string
---@field is_verified boolean
---@field is_closed boolean
---@field password string
---@field salt string    16 bytes
---@field hex_salt string  text

---@param i integer
---@return Person
function new_people.of(i)
  local seed = digest.hash("sha256", "person " .. i)
  return {
    id = 71000 + i * 13, given = GIVEN[i % #GIVEN + 1] .. string.char(97 + i % 26),
    family = FAMILY[i % #FAMILY + 1] .. string.char(97 + i // 2 % 26),
    email = "rareperson" .. i .. "@people.test", is_verified = i % 3 > 0, is_closed = i % 7 == 0,
    password = "secret of " .. i, salt = seed:sub(1, 16), hex_salt = digest.hex(seed:sub(17, 24)),
  }
end

---@return Person[]
function new_people.all()
  local list = {}
  for i = 1, new_people.COUNT do list[i] = new_people.of(i) end
  return list
end

---The text of all people, by a function that writes one.
---@param write fun(person: Person, i: integer): string
---@return string
function new_people.text(write)
  local parts = {}
  for i, person in ipairs(new_people.all()) do parts[i] = write(person, i) end
  return table.concat(parts)
end

---@param name string
---@param person Person
---@param salt? string  before the password
---@return string bytes
function new_people.digest(name, person, salt)
  return digest.hash(name, (salt or "") .. person.password)
end

---@param name string
---@param person Person
---@param rounds integer
---@param salt string
---@return string bytes
function new_people.pbkdf2(name, person, rounds, salt)
  return assert(digest.pbkdf2(name, person.password, salt, rounds, #digest.hash(name, "")))
end

---@param person Person
---@return string bytes
function new_people.scrypt(person)
  return assert(digest.scrypt(person.password, person.salt, 1024, 8, 1, 32))
end

return new_people
