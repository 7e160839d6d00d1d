--- Answers without a body, on each route that a run, verify and undo use: a few of them change
--- nothing; while they last, a command has exit status 5 and is resumed afterwards.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test
local scene, words = program.scene, program.words

local PEOPLE <const> = 8

---The first user exists, the second's address belongs to another user, and a ghost blocks the
---third: each lookup is needed.
local function existing(s)
  s:write("there.json", json.encode {
    { email = program.email(1), user_id = "u1" }, { email = program.email(2), user_id = "other" },
    { email = program.email(3), user_id = "u3", ghost = true },
  })
  return s:path "there.json"
end

local function fault(route, more)
  local rule = { ["do"] = "empty", route = route }
  for key, value in pairs(more or {}) do rule[key] = value end
  return rule
end

---A tenant in this process, whose faults can be removed.
local function tenant_with(s, rule)
  return s:slow_tenant { existing = existing(s), faults = json.array { rule } }
end

---Fails unless the books of the run and the tenant have every user once.
local function is_complete(s, report)
  equal(report.users,
    { inserted = PEOPLE - 3, updated = 0, already_there = 1, failed = 2, pending = 0 })
  equal({ report.balanced, report.alarms, s:metrics().users }, { true, 0, PEOPLE - 1 })
  local emails = {}
  for _, user in ipairs(s:users()) do emails[user.email] = (emails[user.email] or 0) + 1 end
  for i = 1, PEOPLE do equal(emails[program.email(i)], i ~= 3 and 1 or nil) end
end

-- Routes that a run uses.
local ROUTES <const> = {
  "POST /oauth/token", "GET /connections", "GET /connections/*/clients",
  "POST /jobs/users-imports", "GET /jobs/*", "GET /jobs/*/errors", "GET /users",
  "GET /users/*", "GET /users-by-email",
}

local RUN <const> = words("--yes", "--json", "--chunk-users", "4", "--patience", "30s")

for _, route in ipairs(ROUTES) do
  test("a run survives answers without a body: " .. route, function()
    scene(PEOPLE, function(s)
      local tenant = tenant_with(s, fault(route, { times = 3, space = route:find "GET" ~= nil }))
      is_complete(s, s:run(RUN):ends_with(3):object())
      equal(tenant.faults.counts.empty, 3)
    end)
  end)

  test("without any body in answers a run exits with 5, and resume completes it: " .. route,
    function()
      scene(PEOPLE, function(s)
        local tenant = tenant_with(s, fault(route))
        local ended = s:run(RUN):ends_with(5)
        local report = ended:object()
        equal({ report.status, report.next, report.balanced },
          { "incomplete", "auth0-migrate resume shop.run", true })
        equal(report.codes.failed, {})
        assert(not ended.stderr:find("traceback", 1, true), ended.stderr)
        assert(tenant.faults.counts.empty >= 3)
        tenant.faults = nil
        is_complete(s, s:run({ "resume", "--json" }):ends_with(3):object())
      end)
    end)
end

test("a run survives a proxy's page, half a body and a truncated answer on every route", function()
  scene(PEOPLE, function(s)
    local rules = json.array {}
    for _, route in ipairs(ROUTES) do
      rules[#rules + 1] = { ["do"] = "html", status = 200, route = route, nth = 1 }
      rules[#rules + 1] = { ["do"] = "malformed", route = route, nth = 2 }
      rules[#rules + 1] = { ["do"] = "truncate", route = route, nth = 3 }
    end
    local tenant = s:slow_tenant { existing = existing(s), faults = rules }
    is_complete(s, s:run(words("--yes", "--json", "--chunk-users", "4")):ends_with(3):object())
    for _, told in ipairs(tenant.faults:tally()) do equal(told.hits, 1, told.route) end
  end)
end)

test("accepted uploads without a body in the answer count once", function()
  scene(PEOPLE, function(s)
    local tenant = tenant_with(s, fault("POST /jobs/users-imports",
      { processed = true, status = 202 }))
    s:run(RUN):ends_with(5)
    tenant.faults = nil
    is_complete(s, s:run({ "resume", "--json" }):ends_with(3):object())
  end)
end)

for _, case in ipairs {
  { "verify", 0, "POST /jobs/users-exports" }, { "verify", 0, "GET /jobs/*" },
  { "verify", 0, "GET /__tenant/exports/*/*/*/*" }, { "undo", 0, "DELETE /users/*" },
} do
  local command, status, route = table.unpack(case)
  test(command .. " outlasts answers without a body, and ends with 5 while they last: " .. route,
    function()
      scene(4, function(s)
        local tenant = s:slow_tenant { faults = json.array { fault(route) } }
        local faults = tenant.faults
        tenant.faults = nil
        s:run(words "--yes"):ends_with(0)
        local args = { command, "shop.run", command == "undo" and "--yes" or "--json", "--patience",
          "10s" }
        tenant.faults = faults
        s:run(args):ends_with(5)
        assert(faults.counts.empty > 0)
        faults.rules[1].rule.times = faults.rules[1].hits + 3
        s:run(args):ends_with(status)
      end)
    end)
end
