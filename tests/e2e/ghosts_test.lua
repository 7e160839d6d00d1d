--- Ghosts, by the real program against the built-in tenant: deleted only when that was asked for.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---A scene of five people, of whom the second meets a ghost.
local function haunted(fn)
  scene(5, function(s)
    s:write("there.json", json.encode {
      { email = program.email(2), user_id = "u2", email_verified = true, ghost = true },
    })
    s:tenant { "--existing", "there.json" }
    fn(s)
  end)
end

local function why(s)
  return s:lines("shop.run/failed.ndjson")[1].why
end

test("a ghost is shown by no list, fails its user, and stays without --delete-ghosts", function()
  haunted(function(s)
    equal(#s:ask("GET", "/users-by-email", { email = program.email(2) }), 0)
    local report = s:run(words("--yes", "--json")):ends_with(3):object()
    equal({ report.users.inserted, report.codes.failed }, { 4, { DUPLICATED_USER = 1 } })
    contains(why(s), "a ghost")
  end)
end)

test("--delete-ghosts with --yes deletes the ghost and imports its user", function()
  haunted(function(s)
    local report = s:run(words("--yes", "--delete-ghosts", "--json")):ends_with(0):object()
    equal({ report.users.inserted, report.rounds }, { 5, 2 })
    equal(#s:ask("GET", "/users-by-email", { email = program.email(2) }), 1)
  end)
end)

test("--delete-ghosts without --yes and a person to ask deletes nothing", function()
  haunted(function(s)
    s:run(words("--delete-ghosts")):ends_with(8)
    s:run({ "resume", "--yes" }):ends_with(3)
    contains(why(s), "nobody agreed")
  end)
end)

test("a retry with --delete-ghosts and --yes deletes the ghost, nobody being asked", function()
  haunted(function(s)
    s:run(words("--yes")):ends_with(3)
    s:run({ "retry", "--delete-ghosts", "--yes" }):ends_with(0)
    equal(#s:ask("GET", "/users-by-email", { email = program.email(2) }), 1)
  end)
end)

test("where addresses are not unique no ghost is deleted", function()
  scene(5, function(s)
    s:write("there.json", json.encode {
      { email = program.email(2), user_id = "u2", email_verified = true, ghost = true },
    })
    s:write("connection.json", json.encode { unique = { email = false, user_id = true } })
    s:tenant { "--existing", "there.json", "--connection-file", "connection.json" }
    s:run(words("--yes", "--delete-ghosts")):ends_with(3)
    contains(why(s), "not unique")
  end)
end)
