local pipeline = require "stage.pipeline"
local recipe_rig = require "tests.recipe_rig"
local statistics = require "stage.statistics"
local tap = require "tests.tap"
local test = tap.test

local BCRYPT <const> = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
local PBKDF2 <const> = {
  algorithm = "pbkdf2", hash = {
    value = "$pbkdf2-sha256$i=600000,l=32$c2FsdHNhbHRzYWx0c2FsdA$"
      .. "JGAcIjxvQwjWnt9kAfY9jGHMWdY3OxVJgcDK7odeUjk", encoding = "utf8",
  },
}

---The statistics of users that a recipe maps.
---@param users table[]
---@param options? {upsert: boolean?, sizes: integer[]?}
local function facts_of(users, options)
  options = options or {}
  local counted = statistics.new { upsert = options.upsert }
  local pipe = pipeline.new {
    recipe = recipe_rig.made { records = users, map = "return row" }, upsert = options.upsert,
    sink = {
      user = function(_, mapped, position, at)
        counted:add(mapped, options.sizes and options.sizes[position] or 100, at)
        return true
      end,
    },
  }
  assert(pipe:run(function() return true end))
  return counted:facts()
end

test("statistics have the median and largest size, and the password algorithms", function()
  local users = {
    { email = "a@b.co", password_hash = BCRYPT },
    { email = "c@b.co", custom_password_hash = PBKDF2 }, { email = "d@b.co" },
  }
  tap.equal(facts_of(users, { sizes = { 100, 200, 5000 } }), {
    median = 200, largest = 5000, algorithms = { bcrypt = 1, pbkdf2 = 1 }, without_password = 1,
    without_places = { "list:3" },
  })
end)

test("statistics of no users are zero", function()
  tap.equal(facts_of {},
    { median = 0, largest = 0, algorithms = {}, without_password = 0, without_places = {} })
end)

test("statistics count what an upsert would change, if asked to", function()
  local users = {
    { email = "a@b.co", name = "A", app_metadata = { a = 1 } },
    { email = "c@b.co", app_metadata = { a = 1 }, username = "c" },
  }
  -- The rules give every user with an address `email_verified`.
  tap.equal(facts_of(users, { upsert = true }).overwrites,
    { app_metadata = 2, email_verified = 2, name = 1 })
  tap.equal(facts_of(users).overwrites, nil)
end)

test("statistics name the first three users without a password", function()
  local users = {}
  for i = 1, 5 do users[i] = { email = "user" .. i .. "@example.com" } end
  tap.equal(facts_of(users).without_places, { "list:1", "list:2", "list:3" })
end)

test("statistics name the largest users above 8 KB, and the members that make them so", function()
  local users = {}
  for i = 1, 5 do
    users[i] = { email = i .. "@b.co", user_metadata = { [i == 5 and "a" or "log"] = "x", b = "" } }
  end
  local large = facts_of(users, { sizes = { 8001, 8000, 10001, 12000, 9000 } }).large
  tap.equal({ large.near, large.exceeding }, { 2, 2 })
  tap.equal({ large.users[1], large.users[3].at, #large.users },
    { { at = "list:4", bytes = 12000, member = "user_metadata.log" }, "list:5", 3 })
  tap.equal({ large.members[1].path, large.members[1].users, large.members[2].path },
    { "user_metadata.log", 3, "user_metadata.a" })
  tap.equal(large.summary, "4 users above 8 KB, 2 of them above 10 KB, which Auth0 "
    .. "will reject from 4 March 2027; mostly for user_metadata.log (3 users, at most 3 bytes), "
    .. "user_metadata.a (1 user, at most 3 bytes); the largest: list:4 (12.0 kB), "
    .. "list:3 (10.0 kB), list:5 (9.0 kB)")
  tap.equal(facts_of({ users[1] }, { sizes = { 8000 } }).large, nil)
end)
