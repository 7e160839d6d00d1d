--- Ghosts, with the real program against the built-in tenant: deleted only on request.

local doubts = require "tenant.doubts"
local imports = require "tenant.imports"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---A scene of five users; a ghost blocks the second.
local function haunted(fn, more)
  scene(5, function(s)
    s:write("there.json", json.encode {
      { email = program.email(2), user_id = "u2", email_verified = true, ghost = true },
    })
    s:tenant { "--existing", "there.json", table.unpack(more or {}) }
    fn(s)
  end)
end

-- A ghost may cause the same answer as an existing user: only a lookup distinguishes them.
local WORDS <const> = { {}, { "--doubt", "ghost=ordinary" } }

local function why(s)
  return s:lines("shop.run/failed.ndjson")[1].why
end

test("a ghost is in no list, fails its user, and stays without --delete-ghosts", function()
  haunted(function(s)
    equal(#s:ask("GET", "/users-by-email", { email = program.email(2) }), 0)
    local report = s:run(words("--yes", "--json")):ends_with(3):object()
    equal({ report.users.inserted, report.codes.failed }, { 4, { DUPLICATED_USER = 1 } })
    contains(why(s), "a ghost")
    contains(report.findings[1].fix, "--delete-ghosts")
  end)
end)

test("--delete-ghosts with --yes deletes the ghost and imports its user", function()
  for _, more in ipairs(WORDS) do
    haunted(function(s)
      local report = s:run(words("--yes", "--delete-ghosts", "--json")):ends_with(0):object()
      equal({ report.users.inserted, report.rounds }, { 5, 2 })
      equal(#s:ask("GET", "/users-by-email", { email = program.email(2) }), 1)
    end, more)
  end
end)

---A tenant in which the first of five users exists, and other users have the second's address, the
---third's user_id (in another connection) and the fourth's username.
local function inhabited(s, options)
  s:recipe(function(text) return (text:gsub("user_id = row.id", "%0, username = row.id")) end)
  s:write("there.json", json.encode {
    { email = program.email(1), user_id = "u1", given_name = "Old" },
    { email = program.email(2), user_id = "zz" },
    { email = "somebody@example.com", user_id = "y4", username = "u4" },
  })
  options.existing = s:path "there.json"
  options.connections = { { id = "con_second0000000000", name = "Second" } }
  local tenant = s:slow_tenant(options)
  local second = tenant:connection "con_second0000000000"
  assert(imports.put(tenant, second, { { email = "x@example.com", user_id = "u3" } }))
  return tenant
end

---The tenant's users except the fifth, who is new.
local function others(s)
  local list = {}
  for _, user in ipairs(s:users()) do
    if user.email ~= program.email(5) then
      list[#list + 1] = table.concat({ user.user_id, user.email, user.given_name }, " ")
    end
  end
  table.sort(list)
  return list
end

for _, choice in ipairs { "conflict=seen", "conflict=any", "conflict=named", "conflict=plain" } do
  test("an existing user is not a ghost, and no user is deleted: " .. choice, function()
    scene(5, function(s)
      inhabited(s, { doubts = { assert(doubts.parse(choice)) } })
      local before = others(s)
      local ended = s:run(words("--yes", "--delete-ghosts", "--json")):ends_with(3)
      local report = ended:object()
      equal(report.users,
        { inserted = 1, updated = 0, already_there = 1, failed = 3, pending = 0 })
      equal(others(s), before)
      equal(s:lines("shop.run/already_there.ndjson")[1].user_id, "auth0|u1")
      for _, group in ipairs(report.findings) do
        equal(group.fix:lower():find("delete", 1, true), nil, group.fix)
      end
      for _, line in ipairs(s:lines "shop.run/failed.ndjson") do
        contains(line.why, "another user (auth0|")
        equal(line.why:find("ghost", 1, true), nil, line.why)
      end
      local deletes = s:metrics().requests
      equal({ deletes["DELETE /api/v2/users/{id}"],
        deletes["DELETE /api/v2/connections/{id}/users"] }, {})
    end)
  end)
end

for name, fault in pairs {
  ["an outage"] = { ["do"] = "status", status = 503 }, ["answers without a body"] =
    { ["do"] = "empty" }, ["refusals of a proxy"] = { ["do"] = "html", status = 404 },
} do
  test("lookups that fail by " .. name .. " make no ghosts; resume looks again", function()
    scene(5, function(s)
      local rules = json.array {}
      for i, route in ipairs { "GET /users", "GET /users/*", "GET /users-by-email" } do
        rules[i] = { route = route }
        for key, value in pairs(fault) do rules[i][key] = value end
      end
      local tenant = inhabited(s, { faults = rules })
      local report = s:run(words("--yes", "--delete-ghosts", "--json", "--patience", "30s"))
        :ends_with(5):object()
      equal({ report.users.pending, report.users.failed, report.balanced }, { 4, 0, true })
      equal({ report.findings, report.codes.failed }, { json.array {}, {} })
      tenant.faults = nil
      local before = others(s)
      report = s:run({ "resume", "--json" }):ends_with(3):object()
      equal(report.users,
        { inserted = 1, updated = 0, already_there = 1, failed = 3, pending = 0 })
      equal(others(s), before)
    end)
  end)
end

test("--delete-ghosts without --yes and without a terminal deletes nothing", function()
  haunted(function(s)
    s:run(words("--delete-ghosts")):ends_with(8)
    s:run({ "resume", "--yes" }):ends_with(3)
    contains(why(s), "was not confirmed")
  end)
end)

test("a retry with --delete-ghosts and --yes deletes the ghost without asking", function()
  haunted(function(s)
    s:run(words("--yes")):ends_with(3)
    s:run({ "retry", "--delete-ghosts", "--yes" }):ends_with(0)
    equal(#s:ask("GET", "/users-by-email", { email = program.email(2) }), 1)
  end)
end)

test("no ghost is deleted if addresses are not unique", function()
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
