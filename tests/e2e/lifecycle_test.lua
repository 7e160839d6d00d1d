--- A run from start to end, with the real program against the built-in tenant: consent, resuming,
--- what is refused.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

-- Consent ---------------------------------------------------------------------------------

test("without a terminal and --yes a run stages, sends nothing and exits with 8", function()
  scene(5, function(s)
    s:tenant()
    local ended = s:run(words()):ends_with(8)
    contains(ended.stderr, "next: auth0-migrate resume shop.run --yes")
    contains(ended.stdout, ": planned\n")
    contains(ended.stdout, "\nnothing was sent: not a terminal; use --yes\n")
    contains(ended.stderr, "to send   5 users in 1 job")
    equal(s:metrics().uploads.count, 0)
    equal(s:exists "shop.run/chunks/000001.json", true)
  end)
end)

test("resume without --yes asks again: without a terminal 8, and nothing is sent", function()
  scene(5, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    s:run({ "resume" }):ends_with(8)
    equal(s:metrics().uploads.count, 0)
    s:run({ "resume", "--yes" }):ends_with(0)
    s:holds(5)
  end)
end)

test("run again continues with what is staged", function()
  scene(5, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    local staged = s:journal("shop.run", function(book) return book:get "staged_at" end)
    s:run(words "--yes"):ends_with(0)
    equal(s:journal("shop.run", function(book) return book:get "staged_at" end), staged)
    s:holds(5)
  end)
end)

test("consent is stored: resume asks nothing", function()
  scene(40, function(s)
    s:slow_tenant(nil, 100)
    local first = s:start(words("--yes", "--chunk-users", "10"))
    s:until_("a job", function() return s:metrics().jobs > 0 end)
    first:kill "KILL"
    first:wait()
    s:run({ "resume", "shop.run" }):ends_with(0)
    s:holds(40)
  end)
end)

test("the report of an earlier end is replaced once more is sent", function()
  scene(40, function(s)
    s:slow_tenant(nil, 100)
    s:run(words("--chunk-users", "10")):ends_with(8)
    local second = s:start { "resume", "shop.run", "--yes" }
    s:until_("a job", function() return s:metrics().jobs > 0 end)
    second:kill "KILL"
    second:wait()
    contains(s:run({ "report", "shop.run" }):ends_with(2).stderr, "auth0-migrate status shop.run")
    equal(s:exists "shop.run/report.html", false)
    s:run({ "resume", "shop.run" }):ends_with(0)
    s:run({ "report", "shop.run" }):ends_with(0)
  end)
end)

test("consent counts from the start: a run killed while staging asks nothing later", function()
  scene(60, function(s)
    s:tenant()
    local first = s:start(words("--yes", "slow=300000", "--chunk-users", "2"))
    s:until_("a chunk", function() return s:exists "shop.run/chunks/000002.json" end)
    first:kill "KILL"
    first:wait()
    equal(s:journal("shop.run", function(book) return book:get "staged_at" == nil end), true)
    s:run({ "resume" }):ends_with(0)
    s:holds(60)
  end)
end)

test("missing credentials are named once something is to be sent", function()
  scene(5, function(s)
    s:run(words()):ends_with(8)
    local ended = s:run(words "--yes"):ends_with(2)
    for _, name in ipairs { "AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET",
      "AUTH0_CONNECTION" } do
      contains(ended.stdout .. ended.stderr, name)
    end
    s:tenant()
    s:run({ "resume" }):ends_with(0)
    s:holds(5)
  end)
end)

-- Directories -----------------------------------------------------------------------------

test("run refuses a finished run and names report, forget and --fresh", function()
  scene(3, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    local ended = s:run(words "--yes"):ends_with(2)
    contains(ended.stderr, "auth0-migrate report shop.run")
    contains(ended.stderr, "--fresh")
    contains(ended.stderr, "auth0-migrate forget shop.run")
    equal(s:metrics().uploads.count, 1)
  end)
end)

test("--fresh starts NAME-2.run", function()
  scene(3, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    s:run(words("--yes", "--fresh")):ends_with(0)
    equal(s:exists "shop-2.run/report.json", true)
    s:holds(3)
  end)
end)

test("--limit is a trial in NAME-N.run, then NAME-N-2.run", function()
  scene(9, function(s)
    s:tenant()
    equal(s:run(words("--yes", "--limit", "3", "--json")):ends_with(0):object().records.read, 3)
    s:run(words("--yes", "--limit", "3")):ends_with(0)
    equal(s:exists "shop-3.run/report.json", true)
    equal(s:exists "shop-3-2.run/report.json", true)
    equal(s:exists "shop.run", false)
    s:holds(3)
  end)
end)

test("a trial that is killed while staging stays a trial", function()
  scene(60, function(s)
    s:tenant()
    local first = s:start(words("--limit", "50", "slow=300000", "--chunk-users", "2"))
    s:until_("a chunk", function() return s:exists "shop-50.run/chunks/000002.json" end)
    first:kill "KILL"
    first:wait()
    equal(s:journal("shop-50.run", function(book) return book:get "staged_at" == nil end), true)
    local report = s:run({ "resume", "--yes", "--json" }):ends_with(0):object()
    equal(report.records.read, 50)
    s:holds(50)
  end)
end)

test("a second process on the same directory is refused, and says so", function()
  scene(20, function(s)
    s:slow_tenant(nil, 12)
    local first = s:start(words "--yes")
    s:until_("a job", function() return s:metrics().jobs > 0 end)
    for _, args in ipairs { words "--yes", { "resume" } } do
      local second = s:run(args):ends_with(2)
      contains(second.stderr, "shop.run is in use by another auth0-migrate")
      contains(second.stderr, "auth0-migrate status shop.run")
    end
    first:ends_with(0)
    s:holds(20)
  end)
end)

-- What has changed ------------------------------------------------------------------------

---A tenant that knows the first user, so that a canary of two fails: one was sent, the rest not.
local function sent_in_part(s)
  s:write("existing.json", assert(json.encode {
    { email = program.email(1), user_id = "other", email_verified = true },
  }))
  s:tenant { "--existing", "existing.json" }
  s:run(words("--yes", "--canary", "2")):ends_with(7)
end

test("run with a changed source refuses once something was sent; --changed continues", function()
  scene(20, function(s)
    sent_in_part(s)
    s:people(21)
    local ended = s:run(words "--yes"):ends_with(2)
    contains(ended.stderr, "people.csv had")
    contains(ended.stderr, "--fresh to start a new run")
    contains(ended.stderr, "next: auth0-migrate status shop.run\n")
    s:run(words("--yes", "--changed")):ends_with(3)
    equal(#s:users(), 20)
  end)
end)

for _, case in ipairs {
  { "source", function(s) s:people(6) end, "people.csv had", 6 },
  { "recipe", function(s) s:recipe(function(text) return text .. "-- another\n" end) end,
    "the recipe has changed", 5 },
  { "tenant", function(s) s:tenant() end, "the tenant has changed: was http", 5 },
} do
  test("run with a changed " .. case[1] .. " stages anew while nothing was sent", function()
    scene(5, function(s)
      s:tenant()
      s:run(words()):ends_with(8)
      case[2](s)
      local ended = s:run(words()):ends_with(8)
      contains(ended.stderr, case[3])
      contains(ended.stderr, "; nothing was sent yet, so it is staged anew")
      contains(ended.stderr, string.format("before: 5 read, 5 staged, 0 rejected; now: %d read, "
        .. "%d staged, 0 rejected", case[4], case[4]))
      equal(s:metrics().uploads.count, 0)
      s:run({ "resume", "--yes" }):ends_with(0)
      s:holds(case[4])
    end)
  end)
end

test("consent to a plan does not count for the stage that replaces it", function()
  scene(5, function(s)
    s:tenant()
    s.env.AUTH0_CLIENT_SECRET = ""
    s:run(words "--yes"):ends_with(2)
    s:people(6)
    s:run(words()):ends_with(8)
  end)
end)

test("resume does not read the source: it may be changed or missing", function()
  scene(5, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    s:people(9)
    s:run({ "resume", "--yes" }):ends_with(0)
    s:holds(5)
  end)
end)

test("a changed recipe is refused once something was sent; resume does not run it", function()
  scene(20, function(s)
    sent_in_part(s)
    s:recipe(function(text) return "print 'the changed text'\n" .. text end)
    local ended = s:run({ "resume", "--yes" }):ends_with(2)
    contains(ended.stderr, "the recipe has changed since the run was staged, and was not run")
    contains(ended.stderr, "run with --fresh to start a new run")
    contains(ended.stderr, "next: auth0-migrate status shop.run\n")
    assert(not ended.stderr:find "the changed text")
    ended = s:run(words "--yes"):ends_with(2)
    contains(ended.stderr, "the recipe has changed since the run was staged")
    contains(ended.stderr, "next: auth0-migrate status shop.run\n")
    contains(s:run({ "resume", "--yes", "--changed" }):ends_with(3).stderr, "the changed text")
    equal(#s:users(), 20)
  end)
end)

test("resume refuses another tenant; run does once something was sent", function()
  scene(20, function(s)
    sent_in_part(s)
    local first = s.env.AUTH0_DOMAIN
    s:tenant()
    for _, args in ipairs { words "--yes", { "resume", "--yes" } } do
      local ended = s:run(args):ends_with(2)
      contains(ended.stderr, first)
      contains(ended.stderr, s.env.AUTH0_DOMAIN)
    end
    equal(s:metrics().uploads.count, 0)
  end)
end)

test("another connection is refused by resume", function()
  scene(5, function(s)
    s:slow_tenant { connections = { { id = "con_0123456789abcdef", name = "Other",
      strategy = "auth0", options = {} } } }
    s:run(words()):ends_with(8)
    local ended = s:run({ "resume", "--yes", "--connection", "Other" }):ends_with(2)
    contains(ended.stderr, "this run is for connection")
    equal(s:metrics().uploads.count, 0)
    s:run({ "resume", "--yes" }):ends_with(0)
    s:holds(5)
  end)
end)

-- Credentials -----------------------------------------------------------------------------

local REFUSED <const> = {
  { "a wrong secret", 6, { AUTH0_CLIENT_SECRET = "not-the-secret" }, "client" },
  { "an unknown client", 6, { AUTH0_CLIENT_ID = "nobody" }, "client" },
  { "a ready-made token that is not a token", 6, { AUTH0_ACCESS_TOKEN = "a.b.c" }, "token" },
  { "an unknown connection", 2, { AUTH0_CONNECTION = "Nowhere" }, "Nowhere" },
  { "no connection", 2, { AUTH0_CONNECTION = "" }, "AUTH0_CONNECTION" },
}

test("credentials that the tenant refuses end a run before anything is staged", function()
  scene(5, function(s)
    s:tenant()
    for _, case in ipairs(REFUSED) do
      local ended = s:run(words("--yes", "--json"), case[3])
      equal(ended.status, case[2], case[1])
      contains(ended.stderr, case[4])
      contains(ended.stderr, "next: auth0-migrate ")
      equal(ended:object().exit, case[2])
      equal(s:exists "shop.run/journal.db", false, case[1])
      equal(ended.stderr:find("not-the-secret", 1, true), nil)
    end
  end)
end)

for _, scope in ipairs { "create:users", "read:users", "read:connections" } do
  test("a missing scope is named before anything is staged: " .. scope, function()
    scene(5, function(s)
      local scopes = {}
      for _, one in ipairs { "create:users", "read:users", "read:connections" } do
        if one ~= scope then scopes[#scopes + 1] = one end
      end
      s:slow_tenant { scopes = scopes }
      local ended = s:run(words "--yes"):ends_with(6)
      contains(ended.stderr, scope)
      equal(s:exists "shop.run/journal.db", false)
    end)
  end)
end

-- Report and status -----------------------------------------------------------------------

test("report, resume of a finished run and status have the documented exit status", function()
  scene(3, function(s)
    s:people(3, { "u4,not-an-address,X," .. program.HASH })
    s:tenant()
    local first = s:run(words("--yes", "--json")):ends_with(3)
    equal(first:next(), "auth0-migrate preview shop.lua input=people.csv --at people.csv:5")
    local again = s:run({ "report", "--json" }):ends_with(3)
    equal(again:object(), first:object())
    equal(s:run({ "resume", "--json" }):ends_with(3):object(), first:object())
    contains(s:run({ "status" }):ends_with(0).stdout, "finished")
    s:run({ "report" }):ends_with(3)
  end)
end)

test("status shows chunks by state and active jobs while another process runs", function()
  scene(60, function(s)
    s:slow_tenant(nil, 10)
    local first = s:start(words("--yes", "--chunk-users", "20"))
    local seen = s:until_("two active jobs", function()
      if not s:exists "shop.run/journal.db" then return nil end
      local status = s:run({ "status", "--json" })
      return status.status == 0 and #status:object().active == 2 and status:object()
    end)
    equal(seen.chunks, { sent = 2, staged = 1 })
    equal(seen.finished, false)
    equal(seen.users.pending, 60)
    contains(seen.active[1].id, "job_")
    first:ends_with(0)
    s:holds(60)
  end)
end)

local MEMBERS <const> = {
  run = "string", recipe = "string", status = "string", exit = "number", records = "table",
  users = "table", jobs = "table", codes = "table", skipped = "table", warnings = "table",
  rounds = "number", balanced = "boolean", seconds = "table", slot_use = "number",
}

test("--json writes exactly one object for every exit status, next command included", function()
  scene(4, function(s)
    s:tenant()
    local endings = {
      { 8, words "--json" }, { 0, { "resume", "--yes", "--json" } }, { 0, { "report", "--json" } },
      { 2, words "--json" }, { 2, { "resume", "none.run", "--json" } },
      { 2, { "run", "shop.lua", "input=none.csv", "--run-dir", "b.run", "--json" } },
      { 2, { "run", "shop.lua", "--json" } }, { 2, { "run", "shop.lua", "--json", "--wrong" } },
      { 0, { "status", "--json" } },
    }
    for _, case in ipairs(endings) do
      local ended = s:run(case[2])
      local name = table.concat(case[2], " ")
      equal(ended.status, case[1], name .. "\n" .. ended.stderr)
      equal(select(2, ended.stdout:gsub("\n", "")), 1, name)
      local object = ended:object()
      if case[2][1] ~= "status" then equal(object.exit, case[1], name) end
      if case[1] == 2 then contains(object.message, "") end
      equal(object.next, ended:next() or json.null)
      for member, kind in pairs(MEMBERS) do
        local is_unknown = case[1] == 2 and kind == "string" and object[member] == json.null
        if not is_unknown then equal(type(object[member]), kind, name .. " " .. member) end
      end
    end
  end)
end)

test("preview --json has a list of errors for each record, also for a skipped one", function()
  scene(1, function(s)
    s:people(1, { "u2,,B," .. program.HASH, "u3,nowhere,C," .. program.HASH })
    local shown = s:run({ "preview", "shop.lua", "input=people.csv", "--json" }):ends_with(0)
    local records = shown:object().records
    for i, count in ipairs { 0, 0, 1 } do
      equal({ json.is_array(records[i].errors), #records[i].errors }, { true, count })
    end
    equal(records[2].skipped, "no address")
  end)
end)
