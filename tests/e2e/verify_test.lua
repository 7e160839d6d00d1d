--- verify, by the real program against the built-in tenant.

local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---Changes what the tenant keeps of a user.
local function change(made, user_id, fn)
  local record = json.decode(made.db:value("SELECT record FROM user WHERE user_id = ?", user_id))
  fn(record)
  assert(made.db:run("UPDATE user SET record = ? WHERE user_id = ?", json.encode(record), user_id))
end

test("a finished run that nobody touched is the same, with 0, and leaves no file", function()
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
    contains(s:run({ "verify", "shop.run" }):ends_with(0).stdout, "5  as they were sent")
  end)
end)

for _, keep in ipairs { "a finished run", "a finished run with --keep-chunks" } do
  test("missing and different users are told by position and field, with 3: " .. keep, function()
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

test("users of the connection that are not of the run are only counted", function()
  scene(3, function(s)
    s:write("existing.json", '[{"email":"x@example.com"},{"email":"person2@example.com",'
      .. '"user_id":"u2"}]')
    s:tenant { "--existing", "existing.json" }
    s:run(words "--yes"):ends_with(0)
    local users = s:run({ "verify", "--json" }):ends_with(0):object().users
    equal({ users.compared, users.already_there, users.extra }, { 2, 1, 1 })
  end)
end)

test("an unfinished run is verified as far as it is; the rest is pending", function()
  scene(40, function(s)
    s:slow_tenant(nil, 60)
    local first = s:start(words("--yes", "--chunk-users", "10"))
    s:until_("a result", function()
      return s:journal("shop.run", function(book)
        return book.db:value "SELECT 1 FROM chunk WHERE state = 'harvested'"
      end)
    end)
    first:kill "KILL"
    first:wait()
    local users = s:run({ "verify", "--json" }):ends_with(0):object().users
    equal(users.compared >= 10 and users.compared < 40, true)
    equal(users.compared + users.pending, 40)
  end)
end)

test("users without an id of ours are known by their address, upserts too", function()
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

test("without credentials, a run or the scope nothing is verified", function()
  scene(2, function(s)
    contains(s:run({ "verify" }):ends_with(2).stderr, "there is no run")
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    local env = { AUTH0_CLIENT_SECRET = "" }
    contains(s:run({ "verify" }, env):ends_with(2).stderr, "AUTH0_CLIENT_SECRET")
    contains(s:run({ "verify" }, { AUTH0_CLIENT_SECRET = "wrong" }):ends_with(6).stderr, "refused")
    equal(file.stat(s:path "shop.run/verify.db"), nil)
  end)
end)
