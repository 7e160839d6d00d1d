--- Phone numbers in shipped recipes, with the country as a parameter, as the program runs them.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

-- {what, country, written, the number; nil: kept in user_metadata and counted}
local CASES <const> = {
  { "a country by its letters", "DE", "0151 2345678", "+491512345678" },
  { "small letters", "de", "0151 2345678", "+491512345678" },
  { "a calling code with a plus", "+49", "0151 2345678", "+491512345678" },
  { "Italy's zero is kept", "39", "06 6981 2345", "+390669812345" },
  { "so is that of Côte d'Ivoire", "225", "07 12 34 56 78", "+2250712345678" },
  { "Russia's prefix is 8", "7", "8 (912) 345-67-89", "+79123456789" },
  { "a German number without plus may be an area code", "49", "491512345678", nil },
  { "a British number without plus is read", "44", "447700900123", "+447700900123" },
  { "a zero after the calling code", "49", "+49 0151 2345678", "+491512345678" },
  { "a zero after the calling code and 00", "49", "0049 0151 2345679", "+491512345679" },
  { "a number without area code", "1", "555-0100", nil },
  { "a number without area code, in parentheses", "1", "(555)0100", nil },
}

---The user that a recipe maps, and the warnings of check, with this export.
local function mapped(s, recipe, name, export, country)
  s:write(name, export)
  local args = { recipe, "input=" .. name, "country=" .. country }
  local shown = s:run({ "map", table.unpack(args) }):ends_with(0)
  args[#args + 1] = "--json"
  local checked = json.decode(s:run({ "check", table.unpack(args) }).stdout)
  return json.decode(shown.stdout:match("[^\n]+")), checked.warning_list
end

local EXPORTS <const> = {
  csv = function(written)
    return "users.csv", "id,email,phone\n1,a1@example.com,\"" .. written .. "\"\n"
  end,
  keycloak = function(written)
    return "realm.json", json.encode { users = { {
      id = "1", email = "a1@example.com", attributes = { phone = { written } },
    } } }
  end,
}

for recipe, export in pairs(EXPORTS) do
  test("phone numbers by their country: " .. recipe, function()
    program.scene(0, function(s)
      for _, case in ipairs(CASES) do
        local name, text = export(case[3])
        local user, warnings = mapped(s, recipe, name, text, case[2])
        equal(user.phone_number, case[4], case[1])
        local kept = user.user_metadata and user.user_metadata.phone
        equal(kept, not case[4] and case[3] or nil, case[1])
        local codes = {}
        for _, warning in ipairs(warnings) do codes[warning.code] = true end
        equal(codes.no_country_code, not case[4] and true or nil, case[1])
      end
    end)
  end)

  test("an unknown country is refused before anything is read: " .. recipe, function()
    program.scene(0, function(s)
      for _, command in ipairs { "map", "check" } do
        local ended = s:run { command, recipe, "input=missing.csv", "country=Germany" }
        contains(ended:ends_with(2).stderr, 'the parameter country must be a calling code or a '
          .. 'country, such as 49, +49 or DE, not "Germany"; did you mean "DE"?')
      end
    end)
  end)
end
