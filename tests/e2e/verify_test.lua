--- verify, by the real program against the built-in tenant.

local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---Changes a user in the tenant.
local function change(made, user_id, fn)
  local record = json.decode(made.db:value("SELECT record FROM user WHERE user_id = ?", user_id))
  fn(record)
  assert(made.db:run("UPDATE user SET record = ? WHERE user_id = ?", json.encode(record), user_id))
end

test("an unchanged tenant matches a finished run, with 0, and no file is left", function()
  scene(5, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    local done = s:run({ "verify", "--json" }):ends_with(0):object()
    equal({ done.status, done.users.compared, done.users.same, done.users.extra },
      { "same", 5, 5, 0 })
    equal(done.fields, {})
    for _, name in ipairs { "verify.ndjson", "verify.db", "verify.export" } do
      equal(s:exists("shop.run/" .. name), false, name)
    end
    contains(s:run({ "verify", "shop.run" }):ends_with(0).stdout, "5  identical")
  end)
end)

for _, keep in ipairs { "a finished run", "a finished run with --keep-chunks" } do
  test("missing and different users are listed by position and field, with 3: " .. keep, function()
    scene(6, function(s)
      local made = s:slow_tenant()
      s:run(words("--yes", keep:match("%-%-%S+"))):ends_with(0)
      change(made, "auth0|u2", function(user) user.given_name = "Someone" end)
      change(made, "auth0|u3", function(user) user.email_verified = false end)
      assert(made.db:run "DELETE FROM user WHERE user_id = 'auth0|u5'")
      local done = s:run({ "verify", "shop.run", "--json" }):ends_with(3):object()
      equal({ done.users.compared, done.users.same, done.users.different, done.users.missing },
        { 6, 3, 2, 1 })
      equal(done.fields, { given_name = 1, email_verified = 1 })
      local seen = {}
      for _, line in ipairs(s:lines "shop.run/verify.ndjson") do
        seen[line.position] = line.fields and line.fields[1] or line.outcome
      end
      equal(seen, { [2] = "given_name", [3] = "email_verified", [5] = "missing" })
      equal(#done.examples, 3)
    end)
  end)
end

test("users of the connection that are not part of the run are only counted", function()
  scene(3, function(s)
    s:write("existing.json", '[{"email":"x@example.com"},{"email":"person2@example.com",'
      .. '"user_id":"u2"}]')
    s:tenant { "--existing", "existing.json" }
    s:run(words "--yes"):ends_with(0)
    local users = s:run({ "verify", "--json" }):ends_with(0):object().users
    equal({ users.compared, users.already_there, users.extra }, { 2, 1, 1 })
  end)
end)

---A run of 40 users, 10 per job, killed when the first job is harvested and others are in flight.
local function unfinished(fn)
  scene(40, function(s)
    local made, jobs = s:slow_tenant(), 0
    made.import_speed = function()
      jobs = jobs + 1
      return jobs == 1 and math.huge or 2 -- users a second
    end
    local first = s:start(words("--yes", "--chunk-users", "10"))
    s:until_("a result", function()
      return s:metrics().users > 10 and s:journal("shop.run", function(book)
        return book.db:value "SELECT 1 FROM chunk WHERE state = 'harvested'"
      end)
    end)
    first:kill "KILL"
    first:wait()
    fn(s, made)
  end)
end

test("users in flight are neither missing nor extra, and not known yet, with 5", function()
  unfinished(function(s)
    local done = s:run({ "verify", "--json" }):ends_with(5):object()
    local users = done.users
    equal({ users.compared + users.pending, users.same, users.extra, users.missing },
      { 40, users.compared, 0, 0 })
    equal(users.in_flight >= 10 and users.in_flight <= users.pending, true)
    equal({ done.status, done.next }, { "incomplete", "auth0-migrate resume shop.run" })
    contains(s:run({ "verify" }):ends_with(5).stdout, "in flight, result not yet known")
  end)
end)

test("a user that differs is listed for an unfinished run too, with 3", function()
  unfinished(function(s, made)
    assert(made.db:run "DELETE FROM user WHERE id = 1")
    equal(s:run({ "verify", "--json" }):ends_with(3):object().users.missing, 1)
  end)
end)

test("a run that has sent nothing yet matches, and its users are pending", function()
  scene(3, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    local users = s:run({ "verify", "--json" }):ends_with(0):object().users
    equal({ users.compared, users.pending, users.in_flight }, { 0, 3, 0 })
  end)
end)

test("a user who was blocked later is counted, not a difference unless the run set it",
  function()
    for said, status in pairs { [""] = 0, [" blocked = false,"] = 3 } do
      scene(3, function(s)
        s:recipe(function(text) return (text:gsub(" user_id = row.id,", "%0" .. said)) end)
        local made = s:slow_tenant()
        s:run(words "--yes"):ends_with(0)
        change(made, "auth0|u2", function(user) user.blocked = true end)
        for _, args in ipairs { { "verify", "--json" }, { "verify", "--sample", "3", "--json" } } do
          local done = s:run(args):ends_with(status):object()
          equal({ done.users.blocked, done.fields.blocked },
            status == 0 and { 1, nil } or { 0, 1 })
        end
        if status == 0 then
          contains(s:run({ "verify" }):ends_with(0).stdout, "1  compared, blocked in the tenant")
        end
      end)
    end
  end)

test("a finished run no longer has its uploads, and keeps enough to verify and undo it",
  function()
    scene(40, function(s)
      s:write("existing.json", '[{"email":"person2@example.com","user_id":"u2"},'
        .. '{"email":"other@example.com","user_id":"u3"}]')
      s:tenant { "--existing", "existing.json" }
      s:run(words("--yes", "--chunk-users", "7")):ends_with(3)
      local names = file.list(s:path "shop.run/chunks")
      equal(#names, 6)
      for _, name in ipairs(names) do contains(name, ".sent.zst") end
      local users = s:run({ "verify", "--json" }):ends_with(0):object().users
      equal({ users.same, users.already_there, users.failed, users.extra }, { 38, 1, 1, 1 })
      equal(s:run({ "undo", "shop.run", "--yes", "--json" }):ends_with(0):object().deleted, 38)
      equal(#s:users(), 2)
    end)
  end)

test("users without a user_id of ours are matched by their address, upserts too", function()
  scene(4, function(s)
    s:recipe(function(text) return (text:gsub(" user_id = row.id,", "")) end)
    local made = s:slow_tenant()
    s:run(words("--yes", "--limit", "2")):ends_with(0)
    s:run(words("--yes", "--upsert")):ends_with(0)
    equal(s:run({ "verify", "shop.run", "--json" }):ends_with(0):object().users.same, 4)
    assert(made.db:run "DELETE FROM user WHERE email = 'person1@example.com'")
    equal(s:run({ "verify", "shop.run", "--json" }):ends_with(3):object().users.missing, 1)
  end)
end)

test("a sample is looked up, without an export", function()
  scene(30, function(s)
    local made = s:slow_tenant()
    s:run(words "--yes"):ends_with(0)
    local done = s:run({ "verify", "--sample", "8", "--json" }):ends_with(0):object()
    equal({ done.sample, done.users.compared, done.users.same, done.users.extra }, { 8, 8, 8 })
    assert(made.db:run "DELETE FROM user WHERE id % 2 = 0")
    equal(s:run({ "verify", "--sample", "30", "--json" }):ends_with(3):object().users.missing, 15)
    equal(s:metrics().requests["POST /api/v2/jobs/users-exports"], nil)
  end)
end)

test("an undone run says so", function()
  scene(2, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    s:run({ "undo", "shop.run", "--yes" }):ends_with(0)
    local done = s:run({ "verify", "--json" }):ends_with(3):object()
    equal(done.users.missing, 2)
    contains(done.message, "was undone")
  end)
end)

test("without credentials, run or scope nothing is verified", function()
  scene(2, function(s)
    contains(s:run({ "verify" }):ends_with(2).stderr, "no run (NAME.run/)")
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    local env = { AUTH0_CLIENT_SECRET = "" }
    contains(s:run({ "verify" }, env):ends_with(2).stderr, "AUTH0_CLIENT_SECRET")
    contains(s:run({ "verify" }, { AUTH0_CLIENT_SECRET = "wrong" }):ends_with(6).stderr, "rejected")
    equal(file.stat(s:path "shop.run/verify.db"), nil)
  end)
end)
