--- The command new with hashes of several schemes: all are proven by their logins.

local digest = require "host.digest"
local people = require "tests.e2e.new_people"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, contains = tap.test, tap.contains

local hex <const> = digest.hex
local BCRYPT <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local BCRYPT_PASSWORD <const> = "Tr0ub4dor&3-heron"

---@param person Person
local function rounds_of(person)
  return hex(people.pbkdf2("sha256", person, 1100, person.hex_salt))
end

---Columns of the hash of the n-th person, and its password.
---@type {name: string, header: string, row: (fun(person: Person, i: integer): string, string?),
---  has: string[], has_not?: string[]}[]
local EXPORTS <const> = {
  {
    name = "a column that names the algorithm", header = "hash_algo,password,salt,iterations",
    row = function(one, i)
      if i % 4 == 0 then return "bcrypt," .. BCRYPT .. ",,", BCRYPT_PASSWORD end
      if i % 4 == 1 then return "MD5," .. hex(people.digest("md5", one)) .. ",," end
      if i % 4 == 2 then
        return string.format("sha1,%s,%s,", hex(people.digest("sha1", one, one.hex_salt)),
          one.hex_salt)
      end
      return string.format("pbkdf2-sha256,%s,%s,1100", rounds_of(one), one.hex_salt)
    end,
    has = { "md5 = function", '["pbkdf2-sha256"] = function', "hash_of(row.hash_algo," },
  },
  {
    name = "a version of passwords", header = "password_version,password_hash,password_salt",
    row = function(one, i)
      if i % 2 == 0 then return "2," .. BCRYPT .. ",", BCRYPT_PASSWORD end
      return string.format("1,%s,%s", hex(people.digest("sha512", one, one.hex_salt)),
        one.hex_salt)
    end,
    has = { '["1"] = function', '["2"] = function' },
  },
  {
    name = "a word before the hash", header = "passwort",
    row = function(one, i)
      if i % 3 == 0 then return "bcrypt:" .. BCRYPT, BCRYPT_PASSWORD end
      if i % 3 == 1 then
        return string.format("sha1:%s:%s", hex(people.digest("sha1", one, one.hex_salt)),
          one.hex_salt)
      end
      return hex(people.digest("md5", one))
    end,
    has = { "sha1 = function", "hash_of(row.passwort)" },
  },
  {
    name = "a word before a salt and a digest", header = "pass",
    row = function(one)
      return string.format("sha256$%s$%s", one.hex_salt,
        hex(people.digest("sha256", one, one.hex_salt)))
    end,
    has = { "sha256 = function", '"sha256_salted"' },
  },
  {
    name = "PBKDF2 with its rounds in the value", header = "pass",
    row = function(one)
      return string.format("sha512:1000:%s:%s", digest.base64(one.salt),
        digest.base64(people.pbkdf2("sha512", one, 1000, one.salt)))
    end,
    has = { 'password.pbkdf2("sha512"' },
  },
  {
    name = "a word that is rare and says nothing", header = "scheme,password",
    row = function(one, i)
      if i == 9 then return "rareword," .. hex(people.digest("md5", one)) end
      if i % 2 == 0 then return "md5(md5)," .. hex(people.digest("md5", one)), "" end
      return "sha1," .. hex(people.digest("sha1", one))
    end,
    has = { "password.none(", "There are more words" }, has_not = { "rareword" },
  },
}

for _, export in ipairs(EXPORTS) do
  test("new writes a function for each scheme: " .. export.name, function()
    program.scene(nil, function(s)
      local logins = { "id,password\n" }
      s:write("users.csv", "id,mail," .. export.header .. "\n" .. people.text(function(one, i)
        local columns, password = export.row(one, i)
        if password ~= "" and not columns:find("^rare") and i <= 8 then
          table.insert(logins, string.format('%s,%s\n', one.email, password or one.password))
        end
        return string.format("%d,%s,%s\n", one.id, one.email, columns)
      end))
      s:write("logins.csv", table.concat(logins))
      s:run({ "new", "made.lua", "input=users.csv" }):ends_with(0)
      local recipe = s:read "made.lua"
      for _, part in ipairs(export.has) do contains(recipe, part) end
      for _, part in ipairs(export.has_not or {}) do
        assert(not (recipe .. s:read "made.test.yaml"):find(part, 1, true), part)
      end
      contains(s:read "made.test.yaml", "login: a made-up password")
      s:run({ "test", "made.lua" }):ends_with(0)
      local proven = s:run({ "prove", "made.lua", "input=users.csv", "--logins", "logins.csv" })
      assert(proven:ends_with(0), recipe)
    end)
  end)
end
