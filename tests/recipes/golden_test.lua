--- Runs every shipped recipe over its samples. A folder here is named like its recipe; each
--- expected*.json in it is a run:
---   params     of the recipe; the name of a file in the folder becomes its path, also after "@"
---   users      what each imported user must contain; identifying, verified, blocked, password and
---              MFA fields that are not listed must be absent
---   left_out   for each record that is not imported, in order, its code or a part of the reason
---   warnings   if it is there: how often each warning of the rules and helpers is counted
---   passwords  user_id -> the password that must log in

local tap = require "tests.tap"
local file = require "host.file"
local json = require "host.json"
local migrate = require "migrate"
local pipeline = require "stage.pipeline"
local recipes = require "recipe"
local rig = require "tests.recipes.rig"
local user_rules = require "auth0.user"
local verify = require "tests.recipes.verify"

local test = tap.test

local FOLDER <const> = "tests/recipes"
local STRICT <const> = {
  "user_id", "email", "email_verified", "username", "phone_number", "phone_verified", "blocked",
  "password_hash", "custom_password_hash", "mfa_factors",
}

---Whether `actual` has all of `expected`; lists must be equal.
local function covers(actual, expected)
  if type(expected) ~= "table" then return actual == expected end
  if type(actual) ~= "table" then return false end
  for key, value in pairs(expected) do
    if not covers(actual[key], value) then return false end
  end
  return not json.is_array(expected) or #actual == #expected
end

local function run(name, params)
  local made = rig.run(name, params)
  local warnings = {}
  for warned, one in pairs(made.warnings) do warnings[warned] = one.n end
  return made.users, made.left_out, warnings
end

local function params_of(folder, given)
  local params = {}
  for name, value in pairs(given) do
    local mark, path = value:match "^(@?)(.*)$"
    params[name] = file.stat(folder .. "/" .. path) and mark .. folder .. "/" .. path or value
  end
  return params
end

---@param passwords table<string, string>
---@param refused string?  the user_id to try with a wrong password
local function check_user(user, expected, passwords, refused)
  tap.equal(covers(user, expected), true, "user " .. expected.user_id .. " is "
    .. json.encode(user))
  for _, name in ipairs(STRICT) do
    if expected[name] == nil then
      tap.equal(user[name], nil, name .. " of " .. expected.user_id)
    end
  end
  local password = passwords[expected.user_id]
  if password then
    tap.equal(verify.login(user, password), true, "the password of " .. expected.user_id)
    if expected.user_id == refused then -- one is enough: slow hashes are slow to reject, too
      tap.equal(verify.login(user, password .. "x"), false, "a wrong one of " .. refused)
    end
  else
    tap.equal(user_rules.has_password(user), false, "no password for " .. expected.user_id)
  end
end

local function check(name, path)
  local folder = FOLDER .. "/" .. name
  local expected = assert(json.decode(assert(file.read(path))))
  local users, left_out, warnings = run(name, params_of(folder, expected.params))
  tap.equal(#users, #expected.users, "users")
  local passwords, refused = expected.passwords, nil
  for _, one in ipairs(expected.users) do
    refused = refused or passwords[one.user_id] and one.user_id
  end
  for i, user in ipairs(users) do check_user(user, expected.users[i], passwords, refused) end
  if expected.warnings then tap.equal(warnings, expected.warnings) end
  tap.equal(#left_out, #expected.left_out, "records left out")
  for i, reason in ipairs(left_out) do tap.contains(reason, expected.left_out[i]) end
end

for _, name in ipairs(assert(file.list(FOLDER))) do
  local folder = FOLDER .. "/" .. name
  if file.stat("recipes/" .. name .. ".lua") and file.stat(folder).type == "folder" then
    for _, part in ipairs(file.list(folder)) do
      if part:find("^expected.*%.json$") then
        local path = folder .. "/" .. part
        test("recipes: " .. name .. " maps its samples (" .. part .. ")", function()
          check(name, path)
        end)
      end
    end
    test("recipes: " .. name .. " can be extended", function()
      local base = require("recipes." .. name)
      local mine = migrate.extend(base, { name = "mine" })
      tap.equal({ mine.name, mine.map, mine.source }, { "mine", base.map, base.source })
    end)
  end
end

test("recipes: each shipped recipe has samples, and cases", function()
  for _, entry in ipairs(assert(file.list("recipes"))) do
    local name = entry:match("^(.+)%.lua$")
    if name then
      assert(file.stat(FOLDER .. "/" .. name .. "/expected.json"), name)
      assert(file.stat("recipes/" .. name .. ".test.yaml"), name)
    end
  end
end)

---{parameter, value, part of the message}
local REFUSED <const> = {
  { "email", "Emial", "the file has no such column" },
  { "password_format", "md7", "unknown password_format=md7" },
  { "password_format", "sha256_middle", "unknown password_format=sha256_middle" },
}

test("recipes: csv rejects an unknown column or format", function()
  for _, case in ipairs(REFUSED) do
    local params = { input = FOLDER .. "/csv/users.csv", [case[1]] = case[2] }
    local loaded = assert(recipes.load("csv", { params = params }))
    local opened, message, kind = pipeline.new({ recipe = loaded, sink = {} }):open()
    tap.equal({ opened, kind }, { nil, "usage" })
    tap.contains(message, case[3])
  end
end)

test("recipes: csv finds a given column in any case", function()
  local users = run("csv", { input = FOLDER .. "/csv/users.csv", null = "NULL", nickname = "ID" })
  tap.equal(users[1].nickname, "1001")
  users = run("csv", { input = FOLDER .. "/csv/users.csv", nickname = "first_name" })
  tap.equal(users[1].nickname, "Ana")
end)
