--- The command new over all formats: its recipe passes all that a person types next, unedited.

local formats = require "tests.e2e.new_formats"
local json = require "host.json"
local people = require "tests.e2e.new_people"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

---The users that `map` shows.
local function users_of(shown)
  local list = {}
  for line in shown:gmatch("[^\n]+") do list[#list + 1] = assert(json.decode(line)) end
  return list
end

---The members of an expected user, of the one that came out.
local function same_members(user, expected)
  local found = { blocked = user.blocked }
  for name in pairs(expected) do found[name] = user[name] end
  return found
end

for _, export in ipairs(formats) do
  test("new, check, test, prove and rehearse: " .. export.name, function()
    program.scene(nil, function(s)
      export.write(s.folder)
      local input = "input=" .. export.input
      s:run({ "new", "made.lua", input }):ends_with(0)
      local recipe, tests = s:read "made.lua", s:read "made.test.yaml"
      s:run({ "test", "made.lua" }):ends_with(0)
      s:run({ "check", "made.lua", input }):ends_with(0)
      local users = users_of(s:run({ "map", "made.lua", input }):ends_with(0).stdout)
      equal(#users, people.COUNT)
      for i, person in ipairs(people.all()) do
        local expected = export.user(person, i)
        equal(same_members(users[i], expected), expected, recipe)
        for _, cell in ipairs { person.email, person.given, person.family, tostring(person.id) } do
          assert(not (recipe .. tests):find(cell, 1, true), cell)
        end
      end
      local known = people.of(5)
      s:write("logins.csv", "id,password\n" .. known.email .. "," .. known.password .. "\n")
      s:run({ "prove", "made.lua", input, "--logins", "logins.csv" }):ends_with(0)
      s:run({ "rehearse", "made.lua", input }):ends_with(0)
      contains(tests, "login: a made-up password")
      for _, part in ipairs(export.has or {}) do contains(recipe, part) end
    end)
  end)
end
