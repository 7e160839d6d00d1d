--- tenant: limits, metrics, and the state that survives a restart.

local buckets = require "tenant.buckets"
local clock = require "host.clock"
local file = require "host.file"
local fixtures = require "tests.run_fixtures"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local scheduler = require "base.scheduler"
local schema = require "tests.schema_of"
local state = require "tenant.state"
local store = require "host.store"
local tap = require "tests.tap"
local tenant = require "tenant"

local test = tap.test
local served, refused, only = rig.served, rig.refused, rig.only

served("the 429 of a tier's empty bucket announces the reset", { tier = "free" }, function(t)
  t:token()
  local last
  for _ = 1, 6 do -- a new second may begin in between
    last = t:call("GET", "/api/v2/users")
    if last.status == 429 then break end
  end
  refused(last, 429, "Global limit has been reached")
  tap.equal(last.json.errorCode, "too_many_requests")
  tap.equal({ last.headers["x-ratelimit-limit"], last.headers["x-ratelimit-remaining"] },
    { "2", "0" })
  assert(tonumber(last.headers["x-ratelimit-reset"]) >= math.floor(t.tenant.wall()))
end)

---How many of 100 simultaneous requests a group's bucket allows.
local function allowed(made, group, now)
  local n = 0
  for _ = 1, 100 do
    local _, refusal = made:take(group, now)
    if not refusal then n = n + 1 end
  end
  return n
end

for _, case in ipairs {
  { "free", "other", 2, 2, 2 }, { "enterprise", "other", 50, 16, 50 },
  { "production", "other", 10, 2, 10 }, { "production", "read_users", 40, 8, 40 },
} do
  test(string.format("the bucket of %s on %s holds %d and refills %d a second", case[2], case[1],
    case[3], case[4]), function()
    local made = buckets.new(case[1])
    tap.equal(allowed(made, case[2], 1000.2), case[3])
    tap.equal(allowed(made, case[2], 1000.9), 0)
    tap.equal(allowed(made, case[2], 1001), case[4])
    tap.equal(allowed(made, case[2], 2000), case[5])
  end)
end

test("groups of the production tier have separate buckets", function()
  local made = buckets.new "production"
  tap.equal(allowed(made, "delete_users", 1000), 20)
  tap.equal(allowed(made, "write_users", 1000), 20)
  local headers = made:take("write_users", 1000)
  tap.equal(headers["x-ratelimit-reset"], "1001")
end)

test("without a tier no request is rejected", function()
  local made = buckets.new()
  for _ = 1, 20 do tap.equal(allowed(made, "other", 1000), 100) end
end)

served("metrics report the use of slots, requests, uploads and users", {}, function(t)
  t:import { { email = "a@example.com" } }
  local seen = t:call("GET", "/__tenant/metrics", { token = false }).json
  tap.equal({ seen.users, seen.jobs, seen.uploads.count, seen.uploads.completion_mails },
    { 1, 1, 1, 0 })
  tap.equal(seen.requests["POST /api/v2/jobs/users-imports"], 1)
  tap.equal(seen.statuses["POST /api/v2/jobs/users-imports 202"], 1)
  assert(seen.slots.use > 0 and seen.slots.use <= 0.51 and seen.slots.active == 0)
end)

local function with_folder(fn)
  local folder = assert(file.temporary())
  fn(folder)
  file.remove_tree(folder)
end

test("with a state file the tenant, its users and its unfinished jobs survive a restart", function()
  with_folder(function(folder)
    local path, info, job = folder .. "/tenant.db", nil, nil
    local users = {}
    for i = 1, 300 do users[i] = { email = i .. "@example.com", user_id = "u" .. i } end
    users[300].email = "1@example.com"
    rig.with({ state = path, tier = "enterprise", time_scale = 20 }, function(t)
      info = t.info
      job = jobs.submit(t.client, { data = json.encode(users), connection_id = info.connection_id })
      repeat scheduler.sleep(0.01) until t.tenant.db:value("SELECT done FROM job") > 0
    end)
    rig.with({ state = path }, function(t)
      tap.equal({ t.info.client_id, t.info.client_secret, t.info.connection_id },
        { info.client_id, info.client_secret, info.connection_id })
      local status
      repeat
        scheduler.sleep(0.005)
        status = jobs.status(t.client, job.id)
      until status.state ~= "running"
      tap.equal(status.summary, { total = 300, inserted = 299, updated = 0, failed = 1 })
      tap.equal(jobs.errors(t.client, job.id)[1].errors[1].code, "DUPLICATED_USER")
    end)
  end)
end)

test("a file is stored only until its job ends, and only if a restart can resume it", function()
  with_folder(function(folder)
    for _, path in ipairs { "", folder .. "/tenant.db" } do
      rig.with({ state = path ~= "" and path or nil, tier = "enterprise", time_scale = 20 },
        function(t)
          local users = {}
          for i = 1, 300 do users[i] = { email = i .. "@example.com" } end
          local job = jobs.submit(t.client,
            { data = json.encode(users), connection_id = t.info.connection_id })
          local function stored() return t.tenant.db:value("SELECT payload FROM job") end
          repeat scheduler.sleep(0.01) until t.tenant.db:value("SELECT done FROM job") > 0
          tap.equal(stored(), path ~= "" and json.encode(users) or nil)
          repeat
            scheduler.sleep(0.005)
            local status = jobs.status(t.client, job.id)
          until status.state ~= "running"
          tap.equal(stored(), nil)
        end)
    end
  end)
end)

---The state files of finished runs, by version.
local function old_states()
  local list = {}
  for _, fixture in ipairs(fixtures.all()) do
    if fixture.name == "finished" then list[fixture.state] = fixture end
  end
  return list
end

for version, fixture in ipairs(old_states()) do
  test("a state of version " .. version .. " is migrated to the tables of a new one", function()
    with_folder(function(folder)
      fixtures.unpack(fixture, folder)
      local db <close> = assert(state.open(folder .. "/tenant.db"))
      local new <close> = assert(state.open(folder .. "/new.db"))
      tap.equal(db:value "PRAGMA user_version", state.VERSION)
      tap.equal(schema.of(db), schema.of(new))
    end)
  end)
end

test("new tables and migrated ones accept only the known kinds of password", function()
  with_folder(function(folder)
    fixtures.unpack(old_states()[1], folder)
    for _, name in ipairs { "tenant.db", "new.db" } do
      local db <close> = assert(state.open(folder .. "/" .. name))
      local function add(kind)
        return db:run([[INSERT INTO user (connection, room, user_id, record, password, created,
          updated) VALUES ('con', 1, ?1, '{}', ?1, 1, 1)]], kind)
      end
      for _, kind in ipairs { "random", "imported", "set" } do tap.equal(add(kind), 1) end
      tap.equal(add("other"), nil)
    end
  end)
end)

-- Two users with one email address, in a connection that allows it; tables of version 1.
local SHARED <const> = [[
INSERT INTO connection VALUES ('con_shared', 'Shared', 'auth0',
  '{"attributes": {"email": {"unique": false, "identifier": {"active": true}}}}', '["app"]');
INSERT INTO user (connection, user_id, email, record, password, created, updated) VALUES
  ('con_shared', 'auth0|x', 'ana@example.com', '{"email": "ana@example.com"}', 'random', 1, 1),
  ('con_shared', 'auth0|y', 'ana@example.com', '{"email": "ana@example.com"}', 'random', 1, 1)]]

test("a state of version 1 keeps its users, also those with the same email address", function()
  with_folder(function(folder)
    fixtures.unpack(old_states()[1], folder)
    local path = folder .. "/tenant.db"
    local before, after, query = {}, {}, "SELECT user_id, record, created FROM user ORDER BY id"
    do
      local db <close> = assert(store.open(path))
      assert(db:exec(SHARED))
      for row in db:rows(query) do before[#before + 1] = row end
    end
    rig.with({ state = path }, function(t)
      local db = t.tenant.db
      for row in db:rows(query) do after[#after + 1] = row end
      tap.equal(after, before)
      tap.equal(db:value "SELECT count(*) FROM user WHERE email_room IS NULL", 2)
      tap.equal(db:value [[SELECT count(*) FROM user JOIN connection USING (room)
        WHERE user.connection = connection.id AND ifnull(email_room, user.room) = user.room]],
        #before)
      tap.equal(t:user("auth0|y").email, "ana@example.com")
      local _, errors = t:import { { email = "person3@example.com" } }
      tap.equal(only(errors).errors[1].code, "DUPLICATED_USER")
    end)
  end)
end)

test("existing users are present from the start", function()
  rig.with({ existing = "tests/fixtures/tenant/existing.json" }, function(t)
    local _, errors = t:import { { email = "ana@example.com" }, { email = "new@example.com" } }
    tap.equal(only(errors).errors[1].code, "DUPLICATED_USER")
    tap.equal(t:user("auth0|1").given_name, "Ana")
  end)
end)

test("existing users are older than any run", function()
  rig.with({ existing = "tests/fixtures/tenant/existing.json" }, function(t)
    local created = clock.parse(t:user("auth0|1").created_at)
    tap.equal(os.time() - created > 3600, true)
  end)
end)

for text, said in pairs { ["{"] = "byte", ["{}"] = "not a JSON array",
  ['[{"email":"bad"}]'] = "cannot add user 1" } do
  test("a file of existing users is rejected: " .. text, function()
    with_folder(function(folder)
      local path = folder .. "/existing.json"
      assert(file.write(path, text))
      local made, message, kind = tenant.open { existing = path }
      tap.equal({ made, kind }, { nil, "usage" })
      tap.contains(message, said)
    end)
  end)
end

test("a port in use, and a state file of another format, are failures", function()
  rig.with({}, function(t)
    local made, _, kind = tenant.open { port = t.tenant.listener:port() }
    tap.equal({ made, kind }, { nil, "busy" })
  end)
  local made, _, kind = tenant.open { state = "tests/fixtures/tenant/existing.json" }
  tap.equal({ made, kind }, { nil, "parse" })
end)

test("serve reports when it is ready and ends when it is stopped", function()
  local domain
  scheduler.run(function()
    assert(tenant.serve { on_ready = function(info)
      domain = info.domain
      info.stop()
    end })
  end)
  assert(domain:find("^http://127%.0%.0%.1:%d+$"))
end)
