--- The recipe supabase and its API: all users, whatever happens, and the same as from a file.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PARAMS <const> = { token = "service-key" }
local USERS <const> = 2100 -- three pages
local FOLDER <const> = "tests/recipes/supabase/"
local PEOPLE <const> = assert(json.decode(assert(file.read(FOLDER .. "api.json"))))

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
} do
  test("supabase by its API, each user once: " .. what, function()
    local options = { users = USERS }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("supabase", "supabase", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, USERS, 0 })
    local last = made.users[USERS]
    equal({ last.email, last.phone_number, made.counts.elsewhere },
      { "person2100@example.com", "+493000002100", 0 })
  end)
end

test("supabase by its API is what the saved users are", function()
  local made = rig.compare("supabase", "supabase", PEOPLE, PARAMS)
  equal({ #made.users, #made.left_out }, { 5, 5 })
end)

test("supabase by its API has the passwords and factors of an export", function()
  local files = { hashes = FOLDER .. "csv/users.csv", factors = FOLDER .. "csv/mfa_factors.csv" }
  local params = { token = PARAMS.token, hashes = files.hashes, factors = files.factors }
  local made = rig.compare("supabase", "supabase", PEOPLE, params, files)
  contains(made.users[1].password_hash, "$2a$10$")
  equal(#made.users[1].mfa_factors, 2)
end)

test("supabase without credentials says what it needs", function()
  contains(rig.run("supabase", "supabase", { users = 1 }, {}).message, "`token`")
end)

test("supabase with credentials that are refused has no users", function()
  local made = rig.run("supabase", "supabase", { users = 1 }, { token = "other" })
  equal(#made.users, 0)
  contains(made.message, "401")
end)
