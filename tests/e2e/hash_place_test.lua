--- A password hash is kept whichever key of the user a recipe assigns it to, for every source of
--- users: map, dedupe, fix, and an edited failed.ndjson.

local json = require "host.json"
local program = require "tests.e2e.program"
local recipe_rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local BCRYPT <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local PHP <const> = "$2y$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local PBKDF2 <const> = "$pbkdf2-sha256$i=10000,l=32$ABEiM0RVZneImaq7zN3u/w"
  .. "$T7fb8iVNq2pbBxt2b4+QbqmRktHeX2yjD4prwis59cE"
local HASHES <const> = { BCRYPT, PHP, PBKDF2 }

---Ways to assign a hash, including those from when `auto` returned one result per key.
local WAYS <const> = {
  "user.custom_password_hash = password.auto(row.hash)",
  "user.password_hash = password.auto(row.hash)",
  "user = { custom_password_hash = password.auto(row.hash), email = row.email }",
  "user = { email = row.email, custom_password_hash = password.auto(row.hash) }",
  "user = { email = row.email, password_hash = password.auto(row.hash) }",
  "user.password_hash, user.custom_password_hash = password.auto(row.hash)",
  "local why user.password_hash, user.custom_password_hash, why = password.auto(row.hash) "
    .. "if why then return nil, why end",
  "local a, b, why = password.auto(row.hash) "
    .. "if not a and not b then return nil, why end "
    .. "user = { email = row.email, password_hash = a, custom_password_hash = b }",
  "local a, b = password.auto(row.hash) "
    .. "if a then user.password_hash = a else user.custom_password_hash = b end",
  "local hash = password.auto(row.hash) "
    .. "user = { email = row.email, password_hash = hash, custom_password_hash = hash }",
  "user.custom_password_hash = password.fields(password.auto(row.hash))",
  "user.custom_password_hash = password.fields(made(row.hash))",
  "user.password_hash, user.custom_password_hash = password.fields(made(row.hash))",
  "user.password_hash = made(row.hash)",
  "user.custom_password_hash = made(row.hash)",
}

local HEAD <const> = [[
local ndjson = require "source.ndjson"
local password = require "auth0.password"
local function made(hash) return password.bcrypt(hash) or password.phc(hash) end
local ways = {}
]]
local TAIL <const> = [[
return {
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row) return ways[row.way]({ email = row.email }, row) end,
}
]]

local function recipe_of(ways)
  local parts = { HEAD }
  for i, way in ipairs(ways) do
    parts[#parts + 1] = string.format("ways[%d] = function(user, row) %s return user end\n", i, way)
  end
  return table.concat(parts) .. TAIL
end

---A record for each way and hash.
local function records_of(ways)
  local records = {}
  for way in ipairs(ways) do
    for i, hash in ipairs(HASHES) do
      records[#records + 1] = {
        email = string.format("user%d.%d@example.com", way, i), way = way, hash = hash,
      }
    end
  end
  return records
end

local function run(args, ways)
  return recipe_rig.run({
    ["shop.lua"] = recipe_of(ways), ["users.ndjson"] = recipe_rig.lines(records_of(ways)),
    ["logins.csv"] = "id,password\nuser1.1@example.com,\"" .. PLAIN .. "\"\n"
      .. "user1.3@example.com,\"" .. PLAIN .. "\"\n",
  }, args)
end

---Whether a user has the hash under the key for its form, and nothing under the other.
local function check_user(user, hash, way)
  equal(verify.password(user, PLAIN), true, way)
  if user.password_hash then
    equal({ user.password_hash, user.custom_password_hash }, { BCRYPT }, way)
  else
    equal(user.custom_password_hash.hash.value, hash, way)
  end
end

test("map: a hash is under its key, however a recipe assigns it", function()
  local ended = run({ "map", "shop.lua", "input=users.ndjson" }, WAYS):ends_with(0)
  local users = recipe_rig.mapped_users(ended)
  equal(#users, #WAYS * #HASHES)
  for i, user in ipairs(users) do
    local way, n = (i - 1) // #HASHES + 1, (i - 1) % #HASHES + 1
    check_user(user, HASHES[n], WAYS[way])
  end
  equal(ended.stderr:find("password_not", 1, true), nil)
end)

test("preview and check accept it, and the password succeeds in prove", function()
  local args = { "shop.lua", "input=users.ndjson" }
  local said = run({ "preview", "-n", "45", table.unpack(args) }, WAYS):ends_with(0).stdout
  equal(said:find("INVALID_TYPE", 1, true), nil)
  run({ "check", table.unpack(args) }, WAYS):ends_with(0)
  said = run({ "prove", "--logins", "logins.csv", table.unpack(args) }, WAYS):ends_with(0).stdout
  tap.contains(said, "logins    2 tried, 2 succeeded")
end)

---Ways to assign two hashes.
local TWO <const> = {
  "user.password_hash, user.custom_password_hash = made(row.hash), password.phc(" .. '"' .. PBKDF2
    .. '")',
  "user.password_hash, user.custom_password_hash = '" .. BCRYPT .. "', password.phc(" .. '"'
    .. PBKDF2 .. '")',
}

test("two hashes are rejected, whichever keys they are under", function()
  local ended = run({ "check", "shop.lua", "input=users.ndjson", "--json" }, TWO):ends_with(3)
  equal(ended:object().records.rejected, #TWO * #HASHES)
  equal(ended:object().codes.rejected.NOT_PASSED > 0, true)
end)

test("a hash without a key in the table that map returns is rejected, not lost", function()
  local ended = run({ "check", "shop.lua", "input=users.ndjson", "--json" }, {
    "user = { email = row.email, password.auto(row.hash) }",
    "user = { email = row.email, password.auto('$6$a$b') }",
  }):ends_with(3)
  equal(ended:object().records.rejected, 2 * #HASHES)
end)

test("dedupe: the hash of a merged user is under its key", function()
  local result = recipe_rig.finish(recipe_rig.recipe_with [[
  dedupe = function(a, b)
    a.custom_password_hash = b.user_metadata.hash
    return a
  end,]], {
    recipe_rig.user(1), recipe_rig.user(2, { email = "user1@example.com",
      user_metadata = { hash = BCRYPT } }),
  })
  local sent = json.decode(result.chunks[1])
  equal({ #sent, sent[1].password_hash, sent[1].custom_password_hash }, { 1, BCRYPT })
end)

test("a recipe that extends a shipped one finds the hash under its key", function()
  local ended = recipe_rig.run({
    ["shop.lua"] = [[
      local csv = require "recipes.csv"
      local function map(row, params, position)
        local user = csv.map(row, params, position)
        local plain, custom = type(user.password_hash), type(user.custom_password_hash)
        user.user_metadata = { kinds = plain .. " " .. custom }
        return user
      end
      return require("migrate").extend(csv, { map = map })]],
    ["users.csv"] = "email,hash\na@example.com," .. BCRYPT .. "\nb@example.com," .. PHP .. "\n",
  }, { "map", "shop.lua", "input=users.csv" }):ends_with(0)
  local users = recipe_rig.mapped_users(ended)
  equal({ users[1].user_metadata.kinds, users[2].user_metadata.kinds },
    { "string nil", "nil table" })
end)

local THERE <const> = json.encode { { email = "x@example.com", username = "taken1",
  email_verified = true }, { email = "y@example.com", username = "taken2", email_verified = true } }
local PBKDF2_TABLE <const> = {
  algorithm = "pbkdf2", hash = { value = PBKDF2, encoding = "utf8" },
}

test("fix: the hash of a repaired user is under its key", function()
  local result = recipe_rig.finish(recipe_rig.recipe_with [[
  fix = { CONFLICT_USERNAME = function(user)
    user.username = user.username:gsub("taken", "free")
    if user.custom_password_hash then
      user.password_hash, user.custom_password_hash = user.custom_password_hash, nil
    else
      user.custom_password_hash, user.password_hash = user.password_hash, nil
    end
    return user
  end },]], {
    recipe_rig.user(1, { username = "taken1", password_hash = BCRYPT }),
    recipe_rig.user(2, { username = "taken2", custom_password_hash = PBKDF2_TABLE }),
  }, {
    files = { ["there.json"] = THERE, ["connection.json"] = '{"requires_username":true}' },
    args = { "--keep-chunks", "--existing", "there.json", "--connection-file", "connection.json" },
  })
  local again = json.decode(result.chunks[2])
  equal({ #again, again[1].password_hash, again[2].custom_password_hash }, { 2, BCRYPT,
    PBKDF2_TABLE })
end)

test("retry: a hash that was moved to the other key is moved back", function()
  program.scene(nil, function(s)
    s:write("shop.lua", recipe_rig.recipe_with())
    s:write("users.ndjson", recipe_rig.lines { recipe_rig.user(1, { username = "taken1" }) })
    s:write("there.json", THERE)
    s:tenant { "--existing", "there.json" }
    s:run({ "shop.lua", "input=users.ndjson", "--yes" }):ends_with(3)
    local list = s:read "shop.run/failed.ndjson"
    s:write("shop.run/failed.ndjson", (list:gsub('"username":"taken1"',
      '"username":"free1","custom_password_hash":"' .. BCRYPT .. '"')))
    s:write("logins.csv", "id,password\nuser1@example.com,\"" .. PLAIN .. "\"\n")
    s:run({ "retry", "shop.run" }):ends_with(0)
    s:run({ "try-login", "--logins", "logins.csv" }):ends_with(0)
  end)
end)
