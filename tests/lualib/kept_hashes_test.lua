--- migrate.kept_hashes and migrate.pipeline: a password that is left out is told.

local kept_hashes = require "migrate.kept_hashes"
local pipeline = require "migrate.pipeline"
local schema = require "auth0.schema"
local tap = require "tests.tap"
local test = tap.test

local GOOD <const> = "$2a$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

---The warning about hashes after records went through a map that is handed the module.
---@return {n: integer, message: string}?
local function warning_of(records, map)
  local password, watch = kept_hashes.new()
  local i = 0
  local pipe = pipeline.new {
    recipe = {
      source = function()
        return function()
          i = i + 1
          return records[i], records[i] and "list:" .. i
        end
      end,
      map = function(record) return map(record, password) end,
      params = {}, warnings = {}, hashes = watch,
    },
    validator = schema.for_connection(), duplicates = { judge = function() end },
    sink = setmetatable({}, { __index = function() return function() return true end end }),
  }
  assert(pipe:run(function() return true end))
  return pipe.warnings.password_not_kept
end

local function user(hash)
  return { email = "a@b.co", custom_password_hash = hash }
end

local function bcrypt(record, password)
  return user(password.bcrypt(record.hash))
end

test("a hash that is refused is told, with why and the first place", function()
  local warning = warning_of({ { hash = GOOD }, { hash = "$2a$12$cut" }, { hash = "x" } }, bcrypt)
  tap.equal(warning.n, 2)
  tap.contains(warning.message, "list:2: not a bcrypt hash of 60 characters")
end)

local silent = {
  { "no hash at all", { {}, { hash = "" }, { hash = GOOD } }, bcrypt },
  { "a second try that succeeds", { { hash = GOOD } }, function(record, password)
    return user(password.argon2 { kind = "argon2id" } or password.bcrypt(record.hash))
  end },
  { "a user with another password", { { hash = "cut" } }, function(record, password)
    local kept = user(password.bcrypt(record.hash))
    kept.password_hash = GOOD:gsub("%$12%$", "$10$", 1)
    return kept
  end },
  { "a record that is skipped, and the next one", { { hash = "cut" }, {} },
    function(record, password)
      local hash, why = password.bcrypt(record.hash)
      if record.hash then return nil, why end
      return user(hash)
    end },
  { "a user who is rejected", { { hash = "cut" } }, function(record, password)
    password.bcrypt(record.hash)
    return { email = "no address" }
  end },
}
for _, case in ipairs(silent) do
  test("nothing is told of " .. case[1], function()
    tap.equal(warning_of(case[2], case[3]), nil)
  end)
end

test("auto's reason stands behind two places for a hash", function()
  local warning = warning_of({ { hash = "plain" } }, function(record, password)
    local made = user()
    made.password_hash, made.custom_password_hash = password.auto(record.hash)
    return made
  end)
  tap.equal(warning.n, 1)
end)
