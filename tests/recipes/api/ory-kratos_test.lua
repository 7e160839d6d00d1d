--- The ory-kratos recipe over the API: the users of the file, with hashes and secrets.

local rig = require "tests.recipes.api.rig"
local recipe_rig = require "tests.recipes.rig"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

local FILE <const> = "tests/recipes/ory-kratos/identities.json"
local TOKEN <const> = "ory_pat_example"

local function over(options, params)
  options.file = options.file or not options.users and FILE or nil
  return rig.run("ory-kratos", "kratos", options, params or { token = TOKEN })
end

test("ory-kratos, API: the users, losses and warnings are those of the file", function()
  local file = recipe_rig.run("ory-kratos", { input = FILE })
  local api = over {}
  equal({ api.message, api.users, api.left_out }, { nil, file.users, file.left_out })
  equal(api.counts.refused, 0)
end)

test("ory-kratos, API: all users come once, through throttles, failures and cut answers", function()
  local options = { users = 1200 }
  for name, value in pairs(rig.TROUBLE) do options[name] = value end
  local made = over(options)
  equal({ made.message, #made.users }, { nil, 1200 })
  assert(made.counts.throttled > 0 and made.counts.failed > 0 and made.counts.cut > 0)
end)

test("ory-kratos, API: a wrong token, or none, is refused and nothing is mapped", function()
  for _, params in ipairs { { token = "other" }, {} } do
    local made = over({}, params)
    equal(#made.users, 0)
    contains(made.message, "401")
  end
end)

test("ory-kratos, API: the address of the API is needed", function()
  local made = recipe_rig.run("ory-kratos", { input = "api" })
  contains(made.message, "domain=")
end)
