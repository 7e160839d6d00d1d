--- Who a user is to somebody who writes a letter.

local json = require "host.json"
local persons = require "journal.persons"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

test("a name is the name, or both of its parts, and not the address", function()
  equal(persons.of({ email = "a@b.co", name = "Ada L." }).name, "Ada L.")
  equal(persons.of({ given_name = "Ada", family_name = "Lovelace" }).name, "Ada Lovelace")
  equal(persons.of({ email = "a@b.co", name = "a@b.co", family_name = "L" }).name, "L")
  equal(persons.of({ email = "a@b.co", name = " ", given_name = 5 }).name, nil)
end)

for given, expected in pairs {
  [ { user_metadata = { locale = "de" } } ] = "de",
  [ { app_metadata = { preferred_language = "pt-BR" } } ] = "pt-BR",
  [ { user_metadata = { locale = "de" }, app_metadata = { locale = "fr" } } ] = "de",
  [ { locale = "en_US", user_metadata = {} } ] = "en_US",
  [ { user_metadata = { lang = "=HYPERLINK(1)" } } ] = false,
  [ { user_metadata = { language = 7 } } ] = false,
  [ { user_metadata = "de" } ] = false,
} do
  test("a language from " .. json.encode(given), function()
    equal(persons.of(given).locale or false, expected)
  end)
end

test("an archive keeps name and language, from which the person is read again", function()
  local user = { email = "a@b.co", given_name = "Ada", user_metadata = { locale = "de" } }
  local line = json.decode('{"email":"a@b.co"' .. persons.kept(user) .. "}")
  equal(persons.of(line), persons.of(user))
  equal(persons.kept { email = "a@b.co" }, "")
end)
