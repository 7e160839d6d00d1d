--- Logins at the rehearsal tenant, over real HTTP.

local digest = require "host.digest"
local rules = require "auth0.hash.rules"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local tap = require "tests.tap"
local worked_hashes = require "tests.lualib.auth0.hash.worked_hashes"
local test = tap.test

local REALM <const> = "http://auth0.com/oauth/grant-type/password-realm"
local OTP <const> = "http://auth0.com/oauth/grant-type/mfa-otp"
local PLAIN <const> = "Tr0ub4dor&3-heron"
local SECRET <const> = "GEZDGNBVGY3TQOJQ"

local function served(name, fn)
  test(name, function() rig.with({}, fn) end)
end

---A user whose password is PLAIN.
local function user(more)
  local made = {
    email = "Anna@example.com", email_verified = true, custom_password_hash = {
      algorithm = "sha1", hash = { value = "7db5f9c4d8ee1012f9651eab6b71ca6504977d44",
        encoding = "hex" },
    },
  }
  for key, value in pairs(more or {}) do made[key] = value ~= json.null and value or nil end
  return made
end

local function token(t, body)
  body.client_id, body.client_secret = t.info.client_id, t.info.client_secret
  return t:call("POST", "/oauth/token", { token = false, body = body })
end

local function enter(t, name, password, more)
  local body = { grant_type = REALM, realm = t.info.connection, username = name,
    password = password or PLAIN }
  for key, value in pairs(more or {}) do body[key] = value ~= json.null and value or nil end
  return token(t, body)
end

local function refused(response, status, code, description)
  tap.equal({ response.status, response.json.error }, { status, code })
  tap.contains(response.json.error_description, description)
end

local function code_at(unix)
  local mac = digest.hmac("sha1", digest.unbase32(SECRET), string.pack(">I8", unix // 30))
  local number = string.unpack(">I4", mac, (mac:byte(-1) & 15) + 1) & 0x7fffffff
  return string.format("%06d", number % 1000000)
end

served("a user logs in with the imported hash, by either grant", function(t)
  t:import { user() }
  local answer = enter(t, "anna@EXAMPLE.com")
  tap.equal(answer.status, 200)
  tap.equal({ answer.json.token_type, answer.json.expires_in }, { "Bearer", 86400 })
  assert(answer.json.access_token and answer.json.id_token)
  tap.equal(token(t, { grant_type = "password", username = "anna@example.com",
    password = PLAIN }).status, 200)
end)

served("a hash of each algorithm matches its password, and no other", function(t)
  local users = worked_hashes.users()
  tap.equal(#users, #rules.ALGORITHMS)
  tap.equal(t:import(users).summary.inserted, #users)
  for _, one in ipairs(users) do
    for _, wrong in ipairs { worked_hashes.PLAIN .. "x", "x" } do
      refused(enter(t, one.email, wrong), 403, "invalid_grant", "Wrong")
    end
    tap.equal(enter(t, one.email, worked_hashes.PLAIN).status, 200, one.email)
    refused(enter(t, one.email, "x"), 403, "invalid_grant", "Wrong")
  end
end)

served("a hash of a hostile cost is reported, not computed", function(t)
  t:import { user { custom_password_hash = { algorithm = "pbkdf2", hash = { encoding = "utf8",
    value = "$pbkdf2-sha1$i=2147483648,l=20$c2Fs$" .. ("A"):rep(27) } } } }
  refused(enter(t, "anna@example.com"), 501, "server_error", "cannot be verified here")
end)

served("a user logs in with the phone number, too", function(t)
  t:import { user { email = "b@example.com", phone_number = "+4930123456" } }
  tap.equal(enter(t, "+4930123456").status, 200)
end)

served("a wrong password and an unknown name get the same response", function(t)
  t:import { user() }
  for name, password in pairs { ["anna@example.com"] = "wrong", ["nobody@example.com"] = PLAIN } do
    refused(enter(t, name, password), 403, "invalid_grant", "Wrong email or password.")
  end
end)

served("a user who was imported without a hash cannot log in", function(t)
  t:import { user { custom_password_hash = json.null } }
  refused(enter(t, "anna@example.com"), 403, "invalid_grant", "Wrong")
end)

served("a blocked user is reported as blocked only with the right password", function(t)
  t:import { user { blocked = true } }
  refused(enter(t, "anna@example.com"), 401, "unauthorized", "user is blocked")
  refused(enter(t, "anna@example.com", "wrong"), 403, "invalid_grant", "Wrong")
end)

for _, case in ipairs {
  { "no password", { password = json.null }, 400, "invalid_request", "password" },
  { "no username", { username = json.null }, 400, "invalid_request", "username" },
  { "no realm", { realm = json.null }, 400, "invalid_request", "realm" },
  { "an unknown realm", { realm = "Nowhere" }, 403, "unauthorized_client", "realm" },
} do
  served("a login is rejected with " .. case[1], function(t)
    refused(enter(t, "anna@example.com", PLAIN, case[2]), case[3], case[4], case[5])
  end)
end

served("a login requires the client's secret", function(t)
  local answer = t:call("POST", "/oauth/token", { token = false, body = { grant_type = "password",
    client_id = t.info.client_id, username = "a", password = "b" } })
  refused(answer, 401, "access_denied", "Unauthorized")
end)

served("a user's token is not valid for the Management API, whatever its scope", function(t)
  t:import { user() }
  local answer = enter(t, "anna@example.com", PLAIN, { scope = "openid read:users" })
  for _, name in ipairs { "access_token", "id_token" } do
    local shown = t:call("GET", "/api/v2/users", { token = answer.json[name] })
    tap.equal(shown.status, 401)
    tap.contains(shown.json.message, "Client is not global.")
  end
end)

served("a hash that cannot be checked here is neither a match nor a mismatch", function(t)
  t:import { user { custom_password_hash = {
    algorithm = "argon2", hash = { encoding = "utf8",
      value = "$argon2d$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" .. ("a"):rep(22) },
  } } }
  refused(enter(t, "anna@example.com"), 501, "server_error", "argon2d")
end)

served("after a login the hash is Auth0's own, and an import cannot change it", function(t)
  local other = user { custom_password_hash = { algorithm = "md5", hash = {
    value = digest.hex(digest.hash("md5", "other")), encoding = "hex" } } }
  t:import { user() }
  tap.equal(t:import({ other }, { upsert = true }).summary.failed, 0)
  refused(enter(t, "anna@example.com"), 403, "invalid_grant", "Wrong")
  tap.equal(enter(t, "anna@example.com", "other").status, 200)
  local status, errors = t:import({ user() }, { upsert = true })
  tap.equal(status.summary.failed, 1)
  tap.contains(json.encode(errors), "already has password hash defined")
  tap.equal(enter(t, "anna@example.com", "other").status, 200)
  refused(enter(t, "anna@example.com"), 403, "invalid_grant", "Wrong")
end)

---Bcrypt of cost 10: Auth0's own format, which needs no rehash.
local BCRYPT <const> = "$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"

for what, hash in pairs {
  ["a password_hash"] = { password_hash = "$2b" .. BCRYPT, custom_password_hash = json.null },
  ["a custom bcrypt of cost 10"] = { custom_password_hash = { algorithm = "bcrypt",
    hash = { value = "$2y" .. BCRYPT, encoding = "utf8" } } },
} do
  served(what .. " is kept at a login, as the user's own", function(t)
    t:import { user(hash) }
    for _ = 1, 2 do tap.equal(enter(t, "anna@example.com").status, 200) end
    refused(enter(t, "anna@example.com", "other"), 403, "invalid_grant", "Wrong")
    local _, errors = t:import({ user() }, { upsert = true })
    tap.contains(json.encode(errors), "already has password hash defined")
  end)
end

served("with a factor a login requires its code after the password", function(t)
  t:import { user { mfa_factors = { { totp = { secret = SECRET } } } } }
  local first = enter(t, "anna@example.com")
  refused(first, 403, "mfa_required", "Multifactor authentication required")
  local mfa = first.json.mfa_token
  local function second(code, mfa_token)
    return token(t, { grant_type = OTP, otp = code, mfa_token = mfa_token or mfa })
  end
  refused(second("12345"), 403, "invalid_grant", "Invalid otp_code.")
  refused(second(code_at(os.time()), "a.b.c"), 403, "invalid_grant", "Malformed mfa_token")
  refused(second(code_at(os.time()), t:token()), 403, "invalid_grant", "Malformed mfa_token")
  refused(token(t, { grant_type = OTP, mfa_token = mfa }), 400, "invalid_request", "otp")
  local answer = second(code_at(os.time()))
  tap.equal(answer.status, 200)
  assert(answer.json.access_token)
end)

served("a wrong password is rejected before any factor is requested", function(t)
  t:import { user { mfa_factors = { { totp = { secret = SECRET } } } } }
  refused(enter(t, "anna@example.com", "wrong"), 403, "invalid_grant", "Wrong")
end)
