--- What `new` writes of each recipe's samples: how many users come out right without an edit, as a
--- table; and that it never takes an export for that of another system.

local file = require "host.file"
local json = require "host.json"
local new = require "new"
local process = require "host.process"
local recipes = require "recipe"
local rig = require "tests.recipes.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local FOLDER <const> = "tests/recipes"
local LEAST <const> = 0.8 -- of the users of systems whose recipe is shipped
local STRICT <const> = {
  "user_id", "email", "email_verified", "username", "phone_number", "phone_verified", "blocked",
  "password_hash", "custom_password_hash", "mfa_factors",
}

local function covers(actual, expected)
  if type(expected) ~= "table" then return actual == expected end
  if type(actual) ~= "table" then return false end
  for key, value in pairs(expected) do
    if not covers(actual[key], value) then return false end
  end
  return true
end

---Whether a user is as it was expected.
local function is_right(user, expected)
  if not user or not covers(user, expected) then return false end
  for _, name in ipairs(STRICT) do
    local is_hash = name:find("password") ~= nil -- expected ones have logins instead
    if not is_hash and expected[name] == nil and user[name] ~= nil then return false end
  end
  return true
end

---Writes a recipe of a sample, runs it with no other parameters, and counts.
---@return {right: integer, all: integer, extends: string?}
local function measure(folder, name, from)
  local expected = assert(json.decode(assert(file.read(folder .. "/" .. name))))
  local made = assert(file.temporary())
  local target = made .. "/made.lua"
  local input = folder .. "/" .. expected.params.input
  local report
  scheduler.run(function()
    report = assert(new.write {
      file = target, input = input, from = from, env = process.env, limits = {},
    })
    return 0
  end)
  local params = { input = input }
  local loaded = assert(recipes.load(target, { params = params }))
  for key, value in pairs(expected.params) do
    local path = folder .. "/" .. value
    if loaded.declared[key] then params[key] = file.stat(path) and path or value end
  end
  loaded.state:close()
  local users, right = {}, 0
  for _, user in ipairs(rig.run(target, params).users) do
    users[user.user_id or user.email] = user
  end
  for _, one in ipairs(expected.users) do
    local user = users[one.user_id] or users[one.email]
    if is_right(user, one) then right = right + 1 end
  end
  assert(file.remove_tree(made))
  return {
    right = right, all = #expected.users,
    extends = report.extends ~= json.null and report.extends or nil,
  }
end

test("new: users that come out right without an edit, by system", function()
  local right, all = 0, 0
  print("# system              users  right  from the columns alone")
  for _, system in ipairs(assert(file.list(FOLDER))) do
    local folder = FOLDER .. "/" .. system
    if file.stat(folder .. "/expected.json") then
      local ok, known = pcall(measure, folder, "expected.json")
      local plain_ok, plain = pcall(measure, folder, "expected.json", "none")
      print(string.format("# %-20s %5s %6s %6s", system, ok and known.all or "-",
        ok and known.right or "-", plain_ok and plain.right or "-"))
      if ok and known.extends then
        equal(known.extends, system)
        right, all = right + known.right, all + known.all
      end
    end
  end
  assert(right >= all * LEAST, string.format("%d of %d users", right, all))
end)
