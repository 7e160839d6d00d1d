--- What columns mean: by their values first, by their names second.

local digest = require "host.digest"
local guess = require "new.guess"
local json = require "host.json"
local survey = require "new.survey"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local BCRYPT <const> = "$2b$10$9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW"

---The names of the columns that have a meaning, of 40 records.
---@param record fun(i: integer): table
---@param is_nameless? boolean
local function meanings(record, is_nameless)
  local found = survey.new {}
  for i = 1, 40 do found:record(record(i)) end
  found:finish()
  local made, keys = guess.of(found.columns, found.records, is_nameless), {}
  for field, column in pairs(made.fields) do keys[field] = column.key end
  return keys
end

test("values win over names: a column called login with addresses is the address", function()
  equal(meanings(function(i)
    return { login = "a" .. i .. "@b.cd", note = "text " .. i, key = "k" .. i }
  end).email, "login")
end)

test("the first address is not that of an invoice or one that is not confirmed yet", function()
  local found = meanings(function(i)
    return {
      billing_email = "b" .. i .. "@b.cd", mail = "a" .. i .. "@b.cd",
      unconfirmed_email = "c" .. i .. "@b.cd",
    }
  end)
  equal(found.email, "mail")
end)

test("an id that repeats is none", function()
  local found = meanings(function(i)
    return { id = i % 7, email = "a" .. i .. "@b.cd", number = 5000 + i }
  end)
  equal(found.user_id, "number")
end)

test("a hash is found by its values, whatever its column is called", function()
  equal(meanings(function(i) return { email = i .. "@b.cd", zz = BCRYPT } end).hash, "zz")
end)

test("a token for a new password is no hash", function()
  equal(meanings(function(i)
    return { email = i .. "@b.cd", reset_password_token = BCRYPT }
  end).hash, nil)
end)

---{name of the column, value, meaning}
local NAMED <const> = {
  { "Vorname", "Anna", "given_name" }, { "prénom", "Anna", "given_name" },
  { "usr_lname", "Weber", "family_name" }, { "userFirstName", "Anna", "given_name" },
  { "E-Mail bestätigt am", "2024-01-02 03:04:05", "email_verified" },
  { "is_active", "t", "active" }, { "gesperrt", "nein", "blocked" },
  { "mobile_verified_at", "2024-01-02", "phone_verified" },
  { "deleted_at", "2024-01-02", "deleted" },
  { "account_status", "active", "status" }, { "banned_until", "2030-01-02", "until" },
  { "bloqueado_ate", "2030-01-02", "until" }, { "blocked_date", "2030-01-02", nil },
  { "Förnamn", "Anna", "given_name" }, { "Imię", "Anna", "given_name" },
  { "zuletzt_gesperrt_bis", "2030-01-02", "until" }, { "onayli", "evet", "email_verified" },
}

test("names in several languages and spellings are known", function()
  for _, case in ipairs(NAMED) do
    local found = meanings(function(i)
      return { email = "a" .. i .. "@b.cd", [case[1]] = case[2] }
    end)
    if case[3] then equal(found[case[3]], case[1]) else equal(found["until"], nil) end
  end
end)

test("names that begin alike, without a sign between their words, are known", function()
  local found = meanings(function(i)
    return { clubmail = "a" .. i .. "@b.cd", clubnumber = 900 + i, clubfirstname = "Anna" .. i }
  end)
  equal({ found.email, found.user_id, found.given_name },
    { "clubmail", "clubnumber", "clubfirstname" })
end)

test("a key beside a salt is the hash, and bytes beside a digest are its salt", function()
  equal(meanings(function(i)
    return { email = i .. "@b.cd", auth = { salt = "s" .. i, k = digest.hash("sha256", "x" .. i) } }
  end).hash, "auth.k")
  equal(meanings(function(i)
    return {
      email = i .. "@b.cd",
      auth = { hash = digest.hash("sha256", "x" .. i), z = digest.hash("md5", "y" .. i) },
    }
  end).salt, "auth.z")
end)

test("a column whose words name algorithms does so, whatever it is called", function()
  equal(meanings(function(i)
    return { email = i .. "@b.cd", password = BCRYPT, zz = i % 2 == 0 and "bcrypt" or "SHA-1" }
  end).algorithm, "zz")
end)

test("a name whose values say otherwise means nothing", function()
  local found = meanings(function(i)
    return { email = "a" .. i .. "@b.cd", verified = "word" .. i, phone = "see notes", active = i }
  end)
  equal({ found.email_verified, found.phone_number, found.active }, {})
end)

test("members of an organization are not those of the person", function()
  local found = meanings(function(i)
    return { email = "a" .. i .. "@b.cd", org = { name = "Corp" }, profile = { name = "A B" .. i } }
  end)
  equal(found.name, "profile.name")
end)

test("a flag beside an address in the same item of a list is its own", function()
  local found = meanings(function(i)
    return { emails = json.array { { value = "a" .. i .. "@b.cd", verified = i % 2 == 0 } } }
  end)
  equal({ found.email, found.email_verified }, { "emails[].value", "emails[].verified" })
end)

test("without names of columns, their values tell what they are", function()
  local found = survey.new { columns = { "c1", "c2", "c3", "c4", "c5" } }
  for i = 1, 40 do
    found:record {
      c1 = tostring(900 + i), c2 = "Anna" .. i, c3 = "Weber" .. i, c4 = "a" .. i .. "@b.cd",
      c5 = ("%032x"):format(i * 7919),
    }
  end
  found:finish()
  local made = guess.of(found.columns, found.records, true)
  equal(guess.name_columns(made, found.columns),
    { "user_id", "given_name", "family_name", "email", "password" })
end)

test("given names that repeat, and words of a state, are known without names of columns", function()
  local found = survey.new { columns = { "c1", "c2", "c3", "c4" } }
  for i = 1, 90 do
    found:record {
      c1 = "a" .. i .. "@b.cd", c2 = "Anna" .. string.char(97 + i % 15),
      c3 = "Weber" .. string.char(97 + i % 25), c4 = i % 9 == 0 and "locked" or "enabled",
    }
  end
  found:finish()
  local made = guess.of(found.columns, found.records, true)
  equal(guess.name_columns(made, found.columns), { "email", "given_name", "family_name", "status" })
end)

test("words of a kind, without names of columns, are no names of people", function()
  local found = survey.new { columns = { "c1", "c2" } }
  for i = 1, 90 do
    found:record { c1 = "a" .. i .. "@b.cd", c2 = i % 3 == 0 and "Gold" or "Silver" }
  end
  found:finish()
  equal(guess.of(found.columns, found.records, true).fields.name, nil)
end)

test("a password in an object of passwords is the hash, whatever it is called", function()
  equal(meanings(function(i)
    return { email = i .. "@b.cd", services = { password = { plain = "secret " .. i } } }
  end).hash, "services.password.plain")
  equal(meanings(function(i)
    return { email = i .. "@b.cd", credentials = ("%032x"):format(i * 7919) }
  end).hash, "credentials")
end)

test("the text of an element of XML is a column beside those of its attributes", function()
  local found = meanings(function(i)
    return { ["@number"] = "Z-" .. i, mail = i == 1 and "a1@b.cd"
      or { "a" .. i .. "@b.cd", ["@confirmed"] = i % 2 == 0 and "yes" or "no" } }
  end)
  equal({ found.user_id, found.email, found.email_verified }, { "@number", "mail",
    "mail.@confirmed" })
end)
