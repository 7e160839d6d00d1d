--- The recipe auth0 and the export job of another tenant: all users, and the same as from its file.

local file = require "host.file"
local json = require "host.json"
local recipe_rig = require "tests.recipes.rig"
local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"
local tenant_rig = require "tests.lualib.tenant.rig"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PARAMS <const> = { client_id = "client", client_secret = "secret-of-the-client" }

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["a connection breaks within the file"] = { cut = 1 },
  ["a link has expired"] = { expire_cursor = 1, times = 2 },
  ["each token is good for two requests"] = { token_requests = 2 },
} do
  test("auth0 by its export job, each user once: " .. what, function()
    local options = { users = 650 }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("auth0", "auth0", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, 650, 0 })
  end)
end

---The records of the recipe's sample, in which users have all kinds of identities.
local function sample()
  local records = {}
  for line in assert(file.read("tests/recipes/auth0/users.ndjson")):gmatch("[^\n]+") do
    records[#records + 1] = json.decode(line)
  end
  return records
end

test("auth0 by its export job is what a file has", function()
  local all = rig.compare("auth0", "auth0", sample(), PARAMS)
  local one, of_file = { connection = "Partners" }, { from = "Partners" }
  for name, value in pairs(PARAMS) do one[name] = value end
  local some = rig.compare("auth0", "auth0", sample(), one, of_file)
  assert(#all.users > #some.users)
  one.connection, one.social = nil, "keep"
  assert(#rig.compare("auth0", "auth0", sample(), one, { social = "keep" }).users > #all.users)
end)

test("auth0 joins the hashes of the support to the users of the job", function()
  local params, hashes = {}, "tests/recipes/auth0/password_hashes.ndjson"
  for name, value in pairs(PARAMS) do params[name] = value end
  params.hashes = hashes
  local made = rig.compare("auth0", "auth0", sample(), params, { hashes = hashes })
  equal(made.users[1].password_hash ~= nil, true)
end)

test("auth0 without a parameter of the job says what it needs, and why it was refused", function()
  contains(rig.run("auth0", "auth0", { users = 1 }, {}).message,
    "needs the parameters domain, client_id and client_secret")
  local refused = rig.run("auth0", "auth0", { users = 1 },
    { client_id = "client", client_secret = "another-secret" })
  contains(refused.message, "the API rejected the credentials")
  equal({ refused.message:find("another-secret", 1, true), #refused.users }, { nil, 0 })
end)

---The users of the built-in tenant, by its job and by the file that its job would give.
for _, form in ipairs { "plain", "gzip" } do
  test("auth0 reads the built-in tenant by its job: " .. form, function()
    local existing = assert(file.temporary())
    local users = json.array {}
    for i = 1, 300 do
      users[i] = {
        user_id = "u" .. i, email = "person" .. i .. "@example.com", email_verified = i % 2 == 0,
        name = "Ää \"Q\" " .. i, blocked = i % 7 == 0 or nil, app_metadata = { plan = "p" .. i },
        user_metadata = { list = json.array { i, json.array {} } },
      }
    end
    assert(file.write(existing .. "/users.json", json.encode(users)))
    tenant_rig.with({
      existing = existing .. "/users.json", doubts = { { name = "export", value = form } },
    }, function(t)
      local made = rig.at("auth0", t.info.domain, {
        client_id = t.info.client_id, client_secret = t.info.client_secret,
      })
      local lines = {}
      for i = 1, 300 do lines[i] = json.encode(t:user("auth0|u" .. i)) end
      local from_file = recipe_rig.over("auth0", { ["users.ndjson"] = table.concat(lines, "\n") })
      equal({ made.message, #made.users, #made.left_out }, { nil, 300, 0 })
      local by_id = {}
      for _, user in ipairs(from_file.users) do by_id[user.user_id] = user end
      for _, user in ipairs(made.users) do equal(user, by_id[user.user_id]) end
    end)
    assert(file.remove_tree(existing))
  end)
end

test("auth0 with an application that may not read users says which scope it lacks", function()
  tenant_rig.with({ scopes = { "create:users" } }, function(t)
    local made = rig.at("auth0", t.info.domain, {
      client_id = t.info.client_id, client_secret = t.info.client_secret,
    })
    contains(made.message, "the credentials lack a permission")
    contains(made.message, "read:users")
  end)
end)
