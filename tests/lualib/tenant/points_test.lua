--- Points of Auth0's documentation that the rehearsal tenant follows, besides those of
--- tenant_test.lua.

local connection = require "auth0.connection"
local digest = require "host.digest"
local file = require "host.file"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local tap = require "tests.tap"
local tenant = require "tenant"
local equal, test = tap.equal, tap.test
local served, refused = rig.served, rig.refused

local PRIVATE <const> = assert(file.read "tests/host/rsa.pem")
local PUBLIC <const> = assert(file.read "tests/host/rsa-public.pem")
local TYPE <const> = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

local function url64(data)
  return digest.base64(data, { url = true, pad = false })
end

---An assertion with changed claims; false removes one.
local function assertion(t, changes, alg, key)
  local now = math.floor(t.tenant.wall())
  local claims = {
    iss = t.info.client_id, sub = t.info.client_id, aud = t.info.domain .. "/", iat = now,
    exp = now + 60, jti = digest.hex(digest.random(8)),
  }
  for name, value in pairs(changes or {}) do claims[name] = value or nil end
  local signed = url64(json.encode { alg = alg or "RS256", typ = "JWT" }) .. "."
    .. url64(json.encode(claims))
  return signed .. "." .. url64(assert(digest.sign(key or alg or "RS256", PRIVATE, signed)))
end

local function ask(t, text, changes)
  local body = {
    grant_type = "client_credentials", client_id = t.info.client_id,
    audience = t.info.domain .. "/api/v2/", client_assertion_type = TYPE, client_assertion = text,
  }
  for name, value in pairs(changes or {}) do body[name] = value or nil end
  return t:call("POST", "/oauth/token", { token = false, body = body })
end

local KEYED <const> = { public_key = PUBLIC }

for _, alg in ipairs { "RS256", "RS384", "PS256" } do
  served("a client authenticates with an assertion of " .. alg .. ", once", KEYED, function(t)
    local text = assertion(t, nil, alg)
    equal(ask(t, text).status, 200)
    local again = ask(t, text)
    equal({ again.status, again.json.error }, { 401, "invalid_client" })
    tap.contains(again.json.error_description, "already used")
  end)
end

for name, case in pairs {
  ["for another audience"] = { { aud = "https://x/" }, "aud" },
  ["for the tenant without its slash"] = { { aud = "http://127.0.0.1" }, "aud" },
  ["by another client"] = { { iss = "x" }, "iss" },
  ["about another client"] = { { sub = "x" }, "sub" },
  ["without an id"] = { { jti = false }, "jti" },
  ["with a long id"] = { { jti = ("x"):rep(65) }, "jti" },
  ["without an expiry"] = { { exp = false }, "exp" },
  ["that has ended"] = { { exp = 1000 }, "expired" },
  ["that lasts for an hour"] = { { exp = os.time() + 3600 }, "5 minutes" },
  ["of the future"] = { { nbf = 4102444800 }, "future" },
  ["that is too long"] = { { more = ("x"):rep(2000) }, "2048" },
} do
  served("an assertion " .. name .. " is rejected", KEYED, function(t)
    local response = ask(t, assertion(t, case[1]))
    equal({ response.status, response.json.error }, { 401, "invalid_client" })
    tap.contains(response.json.error_description, case[2])
  end)
end

served("an assertion that is not of this key is rejected", KEYED, function(t)
  tap.contains(ask(t, assertion(t, nil, "HS256", "RS256")).json.error_description, "alg")
  tap.contains(ask(t, assertion(t, nil, "RS384", "RS256")).json.error_description, "signature")
  tap.contains(ask(t, "abc").json.error_description, "not a JWT")
  tap.contains(ask(t, assertion(t), { client_assertion_type = "x" }).json.error_description,
    "client_assertion_type")
  equal(ask(t, nil, { client_secret = t.tenant.client_secret }).status, 401)
  equal(t.info.client_secret, nil)
end)

served("without a registered key no assertion is accepted", {}, function(t)
  equal(ask(t, assertion(t)).status, 401)
end)

test("an invalid public key is rejected at the start", function()
  local made, message, kind = tenant.open { public_key = "x" }
  equal({ made, kind }, { nil, "usage" })
  tap.contains(message, "public key")
end)

local MANY <const> = { connections = {} }
for i = 1, 5 do
  MANY.connections[i] = {
    id = "con_0000000000000" .. string.format("%03d", i), name = "C" .. i,
    strategy = i > 3 and "email" or "auth0", clients = { "a", "b", "c" },
  }
end

served("connections are paginated in both ways", MANY, function(t)
  local names, from = {}, "0"
  repeat
    local page = t:call("GET", "/api/v2/connections?take=4&from=" .. from).json
    for _, one in ipairs(page.connections) do names[#names + 1] = one.name end
    from = page.next
  until not from
  equal(#names, 6)
  equal(#t:call("GET", "/api/v2/connections?page=1&per_page=4").json, 2)
end)

served("connections are filtered by one strategy or more", MANY, function(t)
  equal(#t:call("GET", "/api/v2/connections?strategy=email").json, 2)
  equal(#t:call("GET", "/api/v2/connections?strategy=email&strategy=auth0").json, 6)
  equal(t:call("GET", "/api/v2/connections?strategy=sms").json, json.array {})
end)

served("fields can be excluded", MANY, function(t)
  local one = t:call("GET",
    "/api/v2/connections/" .. MANY.connections[1].id .. "?fields=options&include_fields=false").json
  equal({ one.name, one.options }, { "C1" })
end)

served("clients of a connection are paginated", MANY, function(t)
  local path = "/api/v2/connections/" .. MANY.connections[1].id .. "/clients"
  local page = t:call("GET", path .. "?take=2").json
  equal({ #page.clients, page.next }, { 2, "2" })
  page = t:call("GET", path .. "?take=2&from=2").json
  equal({ page.clients[1].client_id, page.next }, { "c" })
  refused(t:call("GET", path .. "?take=1001"), 400, "take")
end)

for name, case in pairs {
  ["of another strategy"] = { '{"strategy":"email"}', "Connection must be a database connection." },
  ["that is disabled"] = { '{"enabled":false}', "Connection must be enabled." },
  ["that is a custom database"] = { '{"custom_database":true}',
    "Custom Database Connections without import mode are not allowed." },
} do
  served("imports into a connection " .. name .. " are rejected",
    { connection = assert(connection.decode(case[1])) }, function(t)
      refused(t:call("POST", "/api/v2/jobs/users-imports", { parts = {
        { name = "users", data = "[]", filename = "u.json" },
        { name = "connection_id", data = t.info.connection_id },
      } }), 400, case[2])
    end)
end

served("a search is sorted on request", {}, function(t)
  t:import { { email = "b@example.com" }, { email = "a@example.com" } }
  local function first(sort)
    return t:call("GET", "/api/v2/users?sort=" .. sort).json[1].email
  end
  equal({ first "email:1", first "email:-1" }, { "a@example.com", "b@example.com" })
  refused(t:call("GET", "/api/v2/users?sort=colour:1"), 400, "sort")
end)

for name, case in pairs {
  ["a username without usernames"] = { { username = "ana" }, "without requires_username" },
  ["a bad address"] = { { email = "bad" }, "format email" },
  ["a long name"] = { { given_name = ("x"):rep(151) }, "too long" },
  ["a forbidden key of metadata"] = { { app_metadata = { email = "x" } }, "on property" },
} do
  served("a change to " .. name .. " is rejected", {}, function(t)
    t:import { { email = "a@example.com", user_id = "1" } }
    refused(t:call("PATCH", "/api/v2/users/auth0%7C1", { body = case[1] }), 400, case[2])
  end)
end

for _, pair in ipairs {
  { "password", "email" }, { "password", "email_verified" }, { "username", "email" },
  { "username", "email_verified" }, { "username", "password" },
} do
  served("a change of both " .. pair[1] .. " and " .. pair[2] .. " is rejected", {}, function(t)
    t:import { { email = "a@example.com", user_id = "1" } }
    local body = {}
    for _, name in ipairs(pair) do body[name] = name ~= "email_verified" and "x" or true end
    refused(t:call("PATCH", "/api/v2/users/auth0%7C1", { body = body }), 400, "simultaneously")
  end)
end

served("changing app_metadata requires only its own scope",
  { scopes = { "create:users", "read:users", "update:users_app_metadata" } }, function(t)
    t:import { { email = "a@example.com", user_id = "1" } }
    local path = "/api/v2/users/auth0%7C1"
    equal(t:call("PATCH", path, { body = { app_metadata = { a = 1 } } }).status, 200)
    refused(t:call("PATCH", path, { body = { blocked = true } }), 403, "update:users")
  end)

served("users are not deleted by a non-unique email address", { connection = (function()
  local settings = connection.defaults()
  settings.identifiers = { email = true, username = false, phone_number = false }
  settings.unique.email = false
  return settings
end)() }, function(t)
  refused(t:call("DELETE", "/api/v2/connections/" .. t.info.connection_id
    .. "/users?email=a%40example.com"), 400, "non-unique")
end)

served("users are deleted by email address in database connections only", MANY, function(t)
  refused(t:call("DELETE", "/api/v2/connections/" .. MANY.connections[5].id
    .. "/users?email=a%40example.com"), 400, "Connection must be a database connection.")
  refused(t:call("DELETE", "/api/v2/connections/con_x/users?email=a"), 404, "does not exist")
end)

served("a ticket is for a user by id, or by connection and email address", {}, function(t)
  t:import { { email = "a@example.com", user_id = "1" } }
  local path = "/api/v2/tickets/password-change"
  local by_address = { connection_id = t.info.connection_id, email = "A@example.com" }
  for _, body in ipairs { { user_id = "auth0|1" }, by_address } do
    local response = t:call("POST", path, { body = body })
    equal(response.status, 201)
    tap.contains(response.json.ticket, t.info.domain)
  end
  refused(t:call("POST", path, { body = { user_id = "auth0|2" } }), 404, "User not found")
  refused(t:call("POST", path, { body = { email = "a@example.com" } }), 400, "user_id")
  refused(t:call("POST", path, { body = { connection_id = "con_x", email = "a" } }), 400,
    "does not exist")
end)

served("a user gets each type of factor once", {}, function(t)
  t:import { { email = "a@example.com", user_id = "1" } }
  local path = "/api/v2/users/auth0%7C1/authentication-methods"
  local totp = { type = "totp", totp_secret = "ABCDEFGH" }
  local response = t:call("POST", path, { body = totp })
  equal({ response.status, response.json.type, response.json.totp_secret }, { 201, "totp" })
  equal(t:call("POST", path, { body = totp }).status, 409)
  refused(t:call("POST", path, { body = { type = "phone", phone_number = "030" } }), 400,
    "phone_number")
  refused(t:call("POST", path, { body = { type = "smoke" } }), 400, "type")
  refused(t:call("POST", "/api/v2/users/auth0%7C2/authentication-methods", { body = totp }), 404,
    "User not found")
end)

---The content of an export.
local function exported(t, body)
  local job = t:call("POST", "/api/v2/jobs/users-exports", { body = body })
  equal(job.status, 200)
  local view
  repeat view = t:call("GET", "/api/v2/jobs/" .. job.json.id).json until view.location
  equal({ view.type, view.format, view.status }, { "users_export", body.format, "completed" })
  local folder = assert(file.temporary())
  local response = assert(t.fetch { method = "GET", url = view.location, save = folder .. "/x" })
  local text = assert(file.read(folder .. "/x"))
  file.remove_tree(folder)
  return text, view.location, response
end

served("an export as CSV prefixes strings with an apostrophe, but not dates and numbers", {},
  function(t)
    t:import { { email = "a@example.com", user_id = "1", name = 'Ana "A", B',
      app_metadata = { n = 7, list = { 1, 2 } } } }
    local fields = { { name = "user_id", export_as = "id" }, { name = "name" },
      { name = "app_metadata.n" }, { name = "app_metadata.list" }, { name = "email_verified" },
      { name = "identities[0].connection", export_as = "provider" }, { name = "nothing" } }
    equal(exported(t, { format = "csv", fields = fields }),
      'id,name,app_metadata.n,app_metadata.list,email_verified,provider,nothing\n'
        .. '"\'auth0|1","\'Ana ""A"", B",7,"\'[1,2]",false,'
        .. '"\'Username-Password-Authentication",\n')
    local whole, location = exported(t, { format = "csv" })
    tap.contains(whole, "user_id,email,email_verified,")
    tap.contains(whole:match("[^,]+Z,"), "20")
    tap.contains(location, "/tenant.csv.gz")
  end)

served("the job of an export echoes its request", {}, function(t)
  local asked = { format = "json", limit = 3, fields = { { name = "email" } } }
  local view = t:call("POST", "/api/v2/jobs/users-exports", { body = asked }).json
  equal({ view.status, view.format, view.limit, view.fields }, { "pending", "json", 3,
    asked.fields })
end)

served("an export's link expires after a minute, and a new one is available", {}, function(t)
  t:import { { email = "a@example.com" } }
  local _, location = exported(t, { format = "json", limit = 1 })
  local wall = t.tenant.wall
  t.tenant.wall = function() return wall() + 61 end
  equal(assert(t.fetch { method = "GET", url = location }).status, 403)
  local fresh = t:call("GET", "/api/v2/jobs/" .. t.tenant.db:value(
    "SELECT id FROM job WHERE type = 'users_export'")).json.location
  equal(assert(t.fetch { method = "GET", url = fresh }).status, 200)
end)

local TOO_MANY <const> = {}
for i = 1, 31 do TOO_MANY[i] = { name = "f" .. i } end

for name, case in pairs {
  ["more than 30 fields as CSV"] = { { format = "csv", fields = TOO_MANY }, "too long" },
  ["whole metadata as CSV"] = { { format = "csv", fields = { { name = "app_metadata" } } },
    "app_metadata" },
  ["a long name"] = { { fields = { { name = ("x"):rep(101) } } }, "too long" },
  ["a field without a name"] = { { fields = { { export_as = "x" } } }, "name" },
  ["a field with more keys"] = { { fields = { { name = "x", colour = "red" } } }, "Additional" },
  ["a limit of 0"] = { { limit = 0 }, "limit" },
} do
  served("an export of " .. name .. " is rejected", {}, function(t)
    refused(t:call("POST", "/api/v2/jobs/users-exports", { body = case[1] }), 400, case[2])
  end)
end
