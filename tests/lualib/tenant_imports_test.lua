--- What the rehearsal tenant's import jobs do to single users, and what they say of them.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.lualib.tenant_rig"
local store = require "host.store"
local tap = require "tests.tap"
local tenant = require "tenant"
local equal, test = tap.equal, tap.test

local function served(name, options, fn)
  test(name, function() rig.with(options, fn) end)
end

-- What is stored, what is shown ---------------------------------------------------------------

served("a user whose factors failed is shown as it was sent, and stored without them",
  { faults = { { ["do"] = "mfa-failed" } } }, function(t)
    local factors = { { totp = { secret = "ABCD" } } }
    local _, errors = t:import { { email = "Ana@Example.com", mfa_factors = factors } }
    equal(errors[1].user, { email = "Ana@Example.com", mfa_factors = factors })
    equal(errors[1].errors,
      { { code = "MFA_FACTORS_FAILED", message = "Unable to import factors" } })
    local record = json.decode(t.tenant.db:value("SELECT record FROM user"))
    equal({ record.email, record.email_verified, record.mfa_factors },
      { "ana@example.com", false })
  end)

served("a user who conflicts is shown as it was sent", {}, function(t)
  t:import { { email = "ana@example.com" } }
  local user = { email = "ANA@example.com", user_id = "2" }
  local _, errors = t:import { user }
  equal(errors[1].user, user)
end)

-- State files ---------------------------------------------------------------------------------

for name, sql in pairs {
  ["of another version"] = "PRAGMA user_version = 1",
  ["of another program"] = "CREATE TABLE setting (name TEXT)",
} do
  test("a state file " .. name .. " is refused", function()
    local folder = assert(file.temporary())
    local path = folder .. "/state.db"
    do
      local db <close> = assert(store.open(path))
      assert(db:exec(sql))
    end
    local made, message, kind = tenant.open { state = path }
    equal({ made, kind }, { nil, "usage" })
    tap.contains(message, "name another file with --state")
    file.remove_tree(folder)
  end)
end
