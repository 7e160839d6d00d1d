--- The rules for a recipe's files, and what the gate makes of them.

local gate = require "host.gate"
local reach = require "recipe.reach"
local tap = require "tests.tap"
local test = tap.test

local function env_of(values)
  return function(name) return values[name] end
end

local EMPTY <const> = env_of {}

test("a parameter's value names one file, or several separated by commas", function()
  local rules = reach.rules { named = { "a.csv", "b.csv, c*.csv,", "-" }, env = EMPTY }
  tap.equal(rules.named, { "a.csv", "b.csv, c*.csv,", "b.csv", "c*.csv", "-" })
end)

---What is denied, without the run directories that happen to be in the working directory.
local function denied_by(rules)
  local names = {}
  for _, name in ipairs(rules.denied) do
    if name:sub(1, 2) ~= "./" then names[#names + 1] = name end
  end
  return names
end

test("the program's own files are denied, wherever they are named", function()
  local rules = reach.rules {
    folder = "shop", denied = { "key.txt" }, config = "other.yaml",
    env = env_of { AUTH0_CLIENT_SECRET_FILE = "secret", AUTH0_ACCESS_TOKEN_FILE = "token",
      AUTH0_PRIVATE_KEY_FILE = "key.pem" },
  }
  tap.equal({ rules.folders, denied_by(rules) }, { { "shop" }, { "auth0-migrate.yaml", "other.yaml",
    "key.txt", "secret", "token", "key.pem", "shop/auth0-migrate.yaml" } })
end)

test("what options grant by name is readable, and a recipe without a folder has none", function()
  local rules = reach.rules { allow = { read = { "/data", declared = true } }, env = EMPTY }
  tap.equal({ rules.folders, rules.named }, { {}, { "/data" } })
end)

test("an empty variable names no file", function()
  local rules = reach.rules { env = env_of { AUTH0_CLIENT_SECRET_FILE = "" } }
  tap.equal(denied_by(rules), { "auth0-migrate.yaml" })
  assert(gate.new(rules))
end)
