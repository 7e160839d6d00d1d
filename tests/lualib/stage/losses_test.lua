--- What users lose, from `map` to the sink.

local file = require "host.file"
local losses = require "journal.losses"
local recipe_rig = require "tests.recipe_rig"
local stage = require "stage"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local HASH <const> = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
local NONE <const> = losses.NO_PASSWORD

---What each user loses, in source order, of records mapped with this body.
---@param records table[]
---@param map string
---@param fields? string  of the recipe
local function lost(records, map, fields)
  local recipe = recipe_rig.made {
    records = records, map = map, fields = fields, head = ("local HASH = %q"):format(HASH),
  }
  local codes, folder = {}, assert(file.temporary())
  local nothing = function() return true end
  local pipe = assert(stage.pipeline(recipe, { spool = folder }, {
    user = function(_, mapped)
      codes[#codes + 1] = losses.code(mapped.lost, mapped.algorithm ~= nil)
      return true
    end,
    rejected = nothing, skipped = nothing,
  }))
  assert(pipe:run(nothing))
  pipe.duplicates:close()
  assert(file.remove_tree(folder))
  local sets, list = pipe:losses(0), {}
  for i, code in ipairs(codes) do list[i] = losses.of(code, sets) end
  return list
end

local function people(n, more)
  local list = {}
  for i = 1, n do
    list[i] = { email = "u" .. i .. "@example.com", n = i }
    for name, value in pairs(more and more[i] or {}) do list[i][name] = value end
  end
  return list
end

test("who has no hash loses the password, for the recipe's reason if it gives one", function()
  equal(lost(people(3), [[
    if row.n == 2 then migrate.lost("password", "Firebase keeps its key") end
    return { email = row.email, password_hash = row.n == 3 and HASH or nil } ]]),
    { { password = NONE }, { password = "Firebase keeps its key" }, {} })
end)

test("a hash that helpers reject, or that is assigned to nobody, is the reason", function()
  local list = lost(people(2), [[
    local hash = password.auto(row.n == 1 and "md4:1" or HASH)
    return { email = row.email } ]])
  equal({ list[1].password ~= NONE, list[2].password },
    { true, "the recipe assigned the hash to no user" })
end)

test("what helpers cannot read is lost, unless the user has another", function()
  equal(lost(people(2), [[
    return {
      email = row.email, password_hash = HASH, username = value.username("no name!", "x"),
      phone_number = value.phone("123") or row.n == 2 and "+4930123456" or nil,
      mfa_factors = value.totp("x") and {} or nil,
    } ]]), {
    {
      phone = "the number cannot be read", username = "Auth0 accepts no such username",
      totp = "not 6 digits, 30 seconds and SHA-1, or the secret cannot be read",
    },
    {
      username = "Auth0 accepts no such username",
      totp = "not 6 digits, 30 seconds and SHA-1, or the secret cannot be read",
    },
  })
end)

test("a username that is the user's own address is not a loss", function()
  equal(lost(people(1), [[
    return { email = row.email, password_hash = HASH, username = value.username(row.email) } ]]),
    { {} })
end)

test("what a record loses is that of its own users: all of them", function()
  equal(lost(people(4), [[
    if row.n < 4 then migrate.lost("totp", "t") end
    if row.n == 1 then return nil, "skipped" end
    if row.n == 2 then error("broken") end
    local user = { email = row.email, password_hash = HASH }
    if row.n == 4 then return user end
    return { user, { email = "second@example.com" } } ]]),
    { { totp = "t" }, { totp = "t", password = NONE }, {} })
end)

test("losses outside of map belong to nobody", function()
  equal(lost(people(1), "return { email = row.email, password_hash = HASH }",
    "needs = migrate.lost('totp', 'while loading') and nil,"), { {} })
end)

local SAME <const> = { { email = "same@example.com" }, { email = "same@example.com" } }

for keep, expected in pairs {
  ["return a"] = { totp = "t", password = NONE },
  ["return b"] = { passkey = "p" },
  ["return { email = a.email, password_hash = HASH, name = 'Ada' }"] =
    { totp = "t", passkey = "p" },
  ["migrate.lost('social', 's') return b"] = { passkey = "p" },
} do
  test("of duplicates the one that is kept loses: " .. keep, function()
    equal(lost(people(2, SAME), [[
      migrate.lost(row.n == 1 and "totp" or "passkey", row.n == 1 and "t" or "p")
      return { email = row.email, password_hash = row.n == 2 and HASH or nil } ]],
      "dedupe = function(a, b) " .. keep .. " end,"), { expected })
  end)
end
