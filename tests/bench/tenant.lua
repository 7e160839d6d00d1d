--- How many users the built-in tenant imports per CPU second, including validation and conflicts:
--- N users with unordered identifiers, in jobs of 1000; a tenth has capitals in its email address,
--- and the last tenth are conflicts. To run it:
--- `auth0-migrate --run tests/bench/tenant.lua [N]`.

local imports = require "tenant.imports"
local jobs = require "tenant.jobs"
local json = require "host.json"
local scheduler = require "base.scheduler"
local tenant = require "tenant"

local JOB <const> = 1000 -- users
local STEP <const>, PRIME <const> = 7919, 10000019 -- i * STEP % PRIME repeats no number below PRIME

local users = math.tointeger(tonumber((...)[1])) or 50000

local function user(i)
  local n = i * STEP % PRIME
  return {
    email = (n % 10 == 0 and "P" or "p") .. "erson." .. n .. "@example.com", email_verified = true,
    user_id = "u" .. n,
    username = "user" .. n, given_name = "Ana", family_name = "Garcia",
    app_metadata = { plan = "gold", roles = { "buyer", "editor" }, legacy_id = n },
    user_metadata = { country = "DE", newsletter = true },
    custom_password_hash = {
      algorithm = "bcrypt", hash = { value = "$2b$12$" .. ("a"):rep(53) },
    },
  }
end

---The files; the last ones have users that exist already.
local function files()
  local list = {}
  for first = 1, users, JOB do
    local file = json.array {}
    for i = first, math.min(users, first + JOB - 1) do
      file[#file + 1] = user(i > users * 0.9 and i - users // 2 or i)
    end
    list[#list + 1] = json.encode(file)
  end
  return list
end

scheduler.run(function()
  local made = assert(tenant.open {})
  local texts = files()
  local began = os.clock()
  for _, text in ipairs(texts) do
    local job = jobs.add(made, {
      type = "users_import", connection = made.default.id, payload = text, upsert = false,
      mail = false,
    })
    imports.begin(made, job)
    repeat scheduler.pass() until jobs.get(made, job.id).status ~= "pending"
  end
  local seconds = os.clock() - began
  print(string.format("%d users in %.1f s of CPU: %.0f a second; %d are in the tenant", users,
    seconds, users / seconds, made.db:value("SELECT count(*) FROM user")))
  made:close()
end)
