--- Every ending of every command and the command that it names next. Each ending is produced, and
--- what is named is typed in a shell: it must do what it promises.

local digest = require "host.digest"
local file = require "host.file"
local json = require "host.json"
local main = require "cli.main"
local program = require "tests.e2e.program"
local server = require "host.server"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local PEOPLE <const> = 6
local PLAIN <const> = "P4ssw0rd-2024"
local BCRYPT <const> = digest.bcrypt(PLAIN, 4)

-- Scenes --------------------------------------------------------------------------------------

---The arguments of a command with the scene's recipe and source.
local function words(command, ...)
  return { command, "shop.lua", "input=people.csv", ... }
end

-- A test file of the scene's recipe.
local PASSING <const> = "- name: a\n  record: { id: u1, email: a@b.cd }\n"
  .. "  user_has: { user_id: u1 }\n"

---A source whose last record is rejected: people.csv:8.
local function with_rejected(s)
  s:people(PEOPLE, { "u9,not-an-address,X," .. program.HASH })
end

---A file of users with the first addresses (two, unless told), and other ids.
local function existing(s, n)
  local users = json.array {}
  for i = 1, n or 2 do users[i] = { email = program.email(i), user_id = "other" .. i } end
  s:write("existing.json", assert(json.encode(users)))
  return s:path "existing.json"
end

local function with_taken(s, n)
  s:tenant { "--existing", existing(s, n) }
end

local function planned(s, ...)
  s:tenant()
  s:run(words("run", ...)):ends_with(8)
end

local function finished(s)
  s:tenant()
  s:run(words("run", "--yes")):ends_with(0)
end

---A finished run with two failed users.
local function with_failures(s)
  with_taken(s)
  s:run(words("run", "--yes")):ends_with(3)
end

---A run whose tenant has ended; returns what starts it again.
local function without_tenant(s, prepare)
  local tenant = s:tenant { "--state", "tenant.db" }
  prepare()
  tenant:kill "TERM"
  tenant:wait()
  s.revive = function()
    s:tenant { "--state", "tenant.db", "--port", s.env.AUTH0_DOMAIN:match "%d+$" }
  end
end

---A run that was interrupted while the tenant imported.
local function interrupted(s, command, ...)
  s:slow_tenant(nil, 2)
  local started = s:start(words(command, ...))
  local dir = command == "rehearse" and "shop.rehearsal" or "shop.run"
  s:until_("a job", function()
    return s:journal(dir, function(book) return book:next_chunk "sent" end)
  end)
  started:kill "INT"
  return started:wait()
end

---A command that was interrupted while it mapped the source; fewer records map sooner.
local function interrupted_map(s, args)
  s:people(1000)
  s:recipe(function(text) return (text:gsub("local sum = 0", "print 'mapping' %0")) end)
  local started = s:start(args)
  s:until_("a record", function() return started.stderr:find "mapping" end)
  started:kill "INT"
  return started:wait()
end

---A command that was interrupted while the tenant does not answer on a route; `warned`: again, once
---it has said that it waits.
local function stalled(s, route, args, warned)
  s.stalled = s:slow_tenant { faults = json.array { { ["do"] = "stall", route = route } } }
  s:run(words("run", "--yes")):ends_with(0)
  local started = s:start(args)
  s:until_("a request", function() return (s:metrics().faults.stall or 0) > 0 end)
  started:kill "INT"
  if warned then
    s:until_("a warning", function() return started.stderr:find(warned, 1, true) end)
    started:kill "INT"
  end
  return started:wait()
end

---Runs a command on a terminal that answers each question; its output is in stdout.
local function answering(s, args, ...)
  program.need_terminal()
  local answers = {}
  for i, pair in ipairs { ... } do answers[i] = { prompt = pair[1], text = pair[2] } end
  s.within = { "sh", "-c", program.on_terminal('"$*"', answers), "sh" }
  args[#args + 1] = "--no-color"
  local ended = s:run(args)
  s.within = {}
  return ended
end

---The port of a server that no longer listens.
local function closed_port()
  local closed <close> = assert(server.listen())
  return closed:port()
end

local function logins(s, password)
  s:write("logins.csv", "id,password\n" .. program.email(1) .. "," .. password .. "\n")
end

local function holds(s) s:holds(PEOPLE) end

local function sends_nothing(s) equal(s:metrics().uploads.count, 0) end

local WRONG <const> = { AUTH0_CLIENT_SECRET = "not-the-secret" }
local NO_CREDENTIALS <const> = { AUTH0_CLIENT_ID = "", AUTH0_CLIENT_SECRET = "" }

-- The table -----------------------------------------------------------------------------------

---@class Ending
---@field [1] string    command
---@field [2] integer   exit status
---@field [3] string    when
---@field ends fun(s: ProgramScene): Program
---@field next? string|fun(s: ProgramScene): string  the command that is named; nil: nothing is to
---be done, or an editor is needed
---@field mend? fun(s: ProgramScene)  what a person does before typing it
---@field typed? integer  its exit status
---@field after? fun(s: ProgramScene, typed: Program)  what it promises

---@type Ending[]
local ENDINGS <const> = {
  -- run
  {
    "run", 0, "when all users are imported",
    ends = function(s)
      s:tenant()
      return s:run(words("run", "--yes", "--json"))
    end,
  },
  {
    "run", 1, "when the lists cannot be written",
    ends = function(s)
      planned(s)
      for _, name in ipairs { "failed.ndjson", "failed.ndjson/x" } do
        file.remove(s:path("shop.run/" .. name))
        assert(file.mkdir(s:path("shop.run/" .. name)))
      end
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "run", 2, "without an option's value",
    ends = function(s) return s:run(words("run", "--json", "--slots")) end,
    next = "auth0-migrate run --help", typed = 0,
    after = function(_, typed) contains(typed.stdout, "--slots N") end,
  },
  {
    "run", 2, "with a mistyped option: the guess is not confirmed",
    ends = function(s)
      s:tenant()
      return s:run(words("run", "--json", "--yes", "--uspert"))
    end,
    next = "auth0-migrate run shop.lua input=people.csv --json --upsert", typed = 8,
    after = sends_nothing,
  },
  {
    "run", 2, "with a mistyped recipe: the guess is not confirmed",
    ends = function(s)
      s:tenant()
      return s:run { "shp.lua", "input=people.csv", "-y", "--json" }
    end,
    next = "auth0-migrate shop.lua input=people.csv --json", typed = 8, after = sends_nothing,
  },
  {
    "run", 2, "with a mistyped file: the guess is not confirmed",
    ends = function(s)
      s:tenant()
      return s:run { "run", "shop.lua", "input=poeple.csv", "-y", "--json" }
    end,
    next = "auth0-migrate run shop.lua input=people.csv --json", typed = 8, after = sends_nothing,
  },
  {
    "run", 2, "with an unknown parameter",
    ends = function(s)
      s:tenant()
      return s:run(words("run", "--json", "slwo=3"))
    end,
    next = "auth0-migrate run shop.lua input=people.csv --json slow=3", typed = 8,
  },
  {
    "run", 2, "without a required parameter",
    ends = function(s) return s:run { "run", "shop.lua", "--json" } end,
    next = "auth0-migrate run shop.lua --json input=VALUE",
    mend = function(s) assert(file.rename(s:path "people.csv", s:path "VALUE")) end, typed = 8,
  },
  {
    "run", 2, "with a file that no other resembles",
    ends = function(s) return s:run { "run", "shop.lua", "input=x.json", "--yes", "--json" } end,
  },
  {
    "run", 2, "with a recipe that does not parse",
    ends = function(s)
      s:write("shop.lua", "return {")
      return s:run(words("run", "--json"))
    end,
  },
  {
    "run", 2, "with a recipe that raises",
    ends = function(s)
      s:write("shop.lua", "error 'boom'")
      return s:run(words("run", "--json"))
    end,
  },
  {
    "run", 2, "with a column that the file does not have",
    ends = function(s)
      return s:run { "run", "csv", "input=people.csv", "email=adress", "--yes", "--json" }
    end,
  },
  {
    "run", 2, "with a broken source",
    ends = function(s)
      s:write("people.csv", 'id,email\n1,"b\n')
      return s:run(words("run", "--yes", "--json"))
    end,
  },
  {
    "run", 2, "with a broken configuration",
    ends = function(s)
      s:write("auth0-migrate.yaml", "a: [1\n")
      return s:run(words("run", "--json"))
    end,
  },
  {
    "run", 2, "with an unknown profile",
    ends = function(s)
      s:tenant()
      s:write("auth0-migrate.yaml", "profiles: { staging: { slots: 3 } }\n")
      return s:run(words("run", "--json", "--profile=stagin"))
    end,
    next = "auth0-migrate run shop.lua input=people.csv --json --profile=staging", typed = 8,
  },
  {
    "run", 2, "with an unknown connection",
    ends = function(s)
      s:tenant()
      return s:run(words("run", "--yes", "--json", "--connection", "Nowhere"))
    end,
    next = "auth0-migrate doctor --connection Nowhere", typed = 2,
    after = function(_, typed) contains(typed.stdout, "FAIL connection") end,
  },
  {
    "run", 2, "without credentials",
    ends = function(s)
      s.env.AUTH0_DOMAIN = "acme.eu.auth0.com"
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate doctor", typed = 2,
    after = function(_, typed) contains(typed.stdout, "missing: AUTH0_CLIENT_ID") end,
  },
  {
    "run", 2, "with a recipe that needs what it was not granted",
    ends = function(s)
      s:tenant()
      s.env.XDG_STATE_HOME = s:path "state"
      s:recipe(function(text) return (text:gsub("  name =", "needs = { env = { \"X\" } }, %0")) end)
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate run shop.lua input=people.csv --yes --json --allow-env=X", typed = 0,
    after = holds,
  },
  {
    "run", 2, "with a finished run",
    ends = function(s)
      finished(s)
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate report shop.run", typed = 0,
  },
  {
    "run", 2, "with a changed recipe after something was sent",
    ends = function(s)
      interrupted(s, "run", "--yes", "--chunk-users", "2"):ends_with(130)
      s:recipe(function(text) return text .. "-- changed\n" end)
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "run", 2, "while another process works on the directory",
    ends = function(s)
      s:slow_tenant(nil, 1)
      s:start(words("run", "--yes"))
      s:until_("a job", function() return s:metrics().jobs > 0 end)
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "run", 3, "with a rejected record",
    ends = function(s)
      with_rejected(s)
      s:tenant()
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8", typed = 0,
    after = function(_, typed) contains(typed.stdout, "! FORMAT email") end,
  },
  {
    "run", 3, "with a rejected record of a source that cannot be read again",
    ends = function(s)
      s:tenant()
      return s:run({ "run", "shop.lua", "input=-", "--yes", "--allow-no-passwords", "--json" },
        nil, "id,email\n1,nowhere\n2,b@example.com\n")
    end,
    next = "auth0-migrate report shop.run", typed = 3,
    after = function(_, typed) equal(typed:next(), nil) end,
  },
  {
    "run", 3, "with failed users",
    ends = function(s)
      with_taken(s)
      return s:run(words("run", "--yes", "--json"))
    end,
    next = "auth0-migrate retry shop.run",
    mend = function(s)
      s:recipe(function(text) -- the conflicts are skipped
        return (text:gsub("map =", "fix = function(user) user.email = 'x' .. user.email; "
          .. "return user end,\n  %0"))
      end)
    end,
    typed = 0,
  },
  {
    "run", 4, "when more records are rejected than allowed",
    ends = function(s)
      with_rejected(s)
      s:tenant()
      return s:run(words("run", "--yes", "--json", "--max-rejects", "0"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8", typed = 0,
    after = sends_nothing,
  },
  {
    "run", 5, "when the tenant cannot be reached",
    ends = function(s)
      without_tenant(s, function() end)
      return s:run(words("run", "--yes", "--json", "--patience", "10s"))
    end,
    next = "auth0-migrate resume shop.run", mend = function(s) s.revive() end, typed = 0,
    after = holds,
  },
  {
    "run", 5, "when the tenant of a profile cannot be reached",
    ends = function(s)
      without_tenant(s, function()
        s:write("auth0-migrate.yaml", string.format(
          "domain: http://127.0.0.1:%d\nprofiles: { real: { domain: '%s' } }\n", closed_port(),
          s.env.AUTH0_DOMAIN))
        s.env.AUTH0_DOMAIN = ""
      end)
      return s:run(words("run", "--yes", "--json", "--patience", "10s", "--profile", "real"))
    end,
    next = "auth0-migrate resume shop.run --profile real",
    mend = function(s)
      s.env.AUTH0_DOMAIN = s:read("auth0-migrate.yaml"):match "'(.-)'"
      s.revive()
      s.env.AUTH0_DOMAIN = ""
    end,
    typed = 0,
  },
  {
    "run", 6, "with a wrong secret",
    ends = function(s)
      s:tenant()
      return s:run(words("run", "--yes", "--json"), WRONG)
    end,
    next = "auth0-migrate doctor", typed = 0,
  },
  {
    "run", 7, "when the canary fails",
    ends = function(s)
      with_taken(s)
      return s:run(words("run", "--yes", "--json", "--canary", "3"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:2", typed = 0,
    after = function(s) equal(s:metrics().uploads.count, 1) end,
  },
  {
    "run", 7, "when more users fail than allowed",
    ends = function(s)
      with_taken(s, PEOPLE)
      return s:run(words("run", "--yes", "--json", "--chunk-users", "1", "--slots", "1",
        "--max-failures", "0"))
    end,
    next = "auth0-migrate resume shop.run --max-failures 6", typed = 3,
    after = function(_, typed) equal(typed:next(), "auth0-migrate retry shop.run") end,
  },
  {
    "run", 8, "when nobody could be asked",
    ends = function(s)
      s:tenant()
      return s:run(words("run", "--json"))
    end,
    next = "auth0-migrate resume shop.run --yes", typed = 0, after = holds,
  },
  {
    "run", 8, "after a no",
    ends = function(s)
      s:tenant()
      return answering(s, words "run", { "Import 6 users", "n" })
    end,
    next = "auth0-migrate resume shop.run", typed = 8, after = sends_nothing,
  },
  {
    "run", 130, "when it is interrupted while it stages",
    ends = function(s)
      s:tenant()
      return interrupted_map(s, words("run", "slow=300000", "--yes", "--json"))
    end,
    next = "auth0-migrate resume shop.run", mend = function(s) s:people(1) end, typed = 0,
    after = function(s) s:holds(1) end,
  },
  {
    "run", 130, "when it is interrupted",
    ends = function(s) return interrupted(s, "run", "--yes", "--json", "--chunk-users", "2") end,
    next = "auth0-migrate resume shop.run", typed = 0, after = holds,
  },
  -- resume
  {
    "resume", 0, "when all users are imported",
    ends = function(s)
      planned(s)
      return s:run { "resume", "shop.run", "--yes", "--json" }
    end,
  },
  {
    "resume", 2, "without a run in the directory",
    ends = function(s) return s:run { "resume", "--json" } end,
  },
  {
    "resume", 2, "with the name of no run: the newest is shown, not resumed",
    ends = function(s)
      planned(s)
      return s:run { "resume", "shp.run", "--yes", "--json" }
    end,
    next = "auth0-migrate status shop.run", typed = 0, after = sends_nothing,
  },
  {
    "resume", 2, "with a changed recipe",
    ends = function(s)
      planned(s)
      s:recipe(function(text) return text .. "-- changed\n" end)
      return s:run { "resume", "shop.run", "--yes", "--json" }
    end,
    next = "auth0-migrate status shop.run", typed = 0, after = sends_nothing,
  },
  {
    "resume", 2, "without credentials",
    ends = function(s)
      planned(s)
      return s:run({ "resume", "shop.run", "--yes", "--json" }, NO_CREDENTIALS)
    end,
    next = "auth0-migrate doctor", typed = 0,
  },
  {
    "resume", 2, "with settings of another tenant",
    ends = function(s)
      interrupted(s, "run", "--yes", "--chunk-users", "2"):ends_with(130)
      return s:run { "resume", "shop.run", "--yes", "--json", "--domain", "b.eu.auth0.com" }
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "resume", 3, "with failed users",
    ends = function(s)
      with_taken(s)
      s:run(words "run"):ends_with(8)
      return s:run { "resume", "shop.run", "--yes", "--json" }
    end,
    next = "auth0-migrate retry shop.run", typed = 3,
    after = function(_, typed)
      equal(typed:next(), "auth0-migrate preview shop.lua input=people.csv --at people.csv:2")
    end,
  },
  {
    "resume", 4, "when the gate holds again",
    ends = function(s)
      with_rejected(s)
      s:tenant()
      s:run(words("run", "--max-rejects", "0")):ends_with(4)
      return s:run { "resume", "shop.run", "--yes", "--json" }
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8", typed = 0,
    after = sends_nothing,
  },
  {
    "resume", 5, "when the tenant cannot be reached",
    ends = function(s)
      without_tenant(s, function() s:run(words "run"):ends_with(8) end)
      return s:run { "resume", "shop.run", "--yes", "--json", "--patience", "10s" }
    end,
    next = "auth0-migrate resume shop.run", mend = function(s) s.revive() end, typed = 0,
    after = holds,
  },
  {
    "resume", 6, "with a wrong secret",
    ends = function(s)
      planned(s)
      return s:run({ "resume", "shop.run", "--yes", "--json" }, WRONG)
    end,
    next = "auth0-migrate doctor", typed = 0,
  },
  {
    "resume", 7, "after a no to the rest of a canary",
    ends = function(s)
      planned(s, "--canary", "2")
      return answering(s, { "resume" }, { "Import 6 users", "y" }, { "Send the rest", "n" })
    end,
    next = "auth0-migrate resume shop.run", typed = 7,
    after = function(s, typed)
      equal(typed:next(), "auth0-migrate resume shop.run --yes") -- nobody could be asked
      equal(s:metrics().uploads.count, 1)
    end,
  },
  {
    "resume", 8, "when nobody could be asked",
    ends = function(s)
      planned(s)
      return s:run { "resume", "shop.run", "--json" }
    end,
    next = "auth0-migrate resume shop.run --yes", typed = 0, after = holds,
  },
  {
    "resume", 8, "after a no",
    ends = function(s)
      planned(s)
      return answering(s, { "resume" }, { "Import 6 users", "n" })
    end,
    next = "auth0-migrate resume shop.run", typed = 8, after = sends_nothing,
  },
  {
    "resume", 130, "when it is interrupted",
    ends = function(s)
      s:slow_tenant(nil, 2)
      s:run(words("run", "--chunk-users", "2")):ends_with(8)
      local started = s:start { "resume", "shop.run", "--yes", "--json" }
      s:until_("a job", function() return s:metrics().jobs > 0 end)
      started:kill "INT"
      return started:wait()
    end,
    next = "auth0-migrate resume shop.run", typed = 0, after = holds,
  },
  -- retry
  {
    "retry", 0, "when the repaired users are imported",
    ends = function(s)
      with_failures(s)
      local list = s:read "shop.run/failed.ndjson"
      s:write("shop.run/failed.ndjson", (list:gsub('"email":"person', '"email":"other')))
      return s:run { "retry", "shop.run", "--json" }
    end,
  },
  {
    "retry", 2, "with an unfinished run",
    ends = function(s)
      planned(s)
      return s:run { "retry", "shop.run", "--json" }
    end,
    next = "auth0-migrate resume shop.run", typed = 8,
  },
  {
    "retry", 2, "with a broken list",
    ends = function(s)
      with_failures(s)
      s:write("shop.run/failed.ndjson", "{\n")
      return s:run { "retry", "shop.run", "--json" }
    end,
  },
  {
    "retry", 3, "when users fail again",
    ends = function(s)
      with_failures(s)
      return s:run { "retry", "shop.run", "--json" }
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:2", typed = 0,
  },
  {
    "retry", 5, "when the tenant cannot be reached",
    ends = function(s)
      without_tenant(s, function()
        s:run(words("run", "--yes")):ends_with(0)
        s:run(words("run", "--yes", "--fresh", "--upsert")):ends_with(0)
        s:write("people.csv", "id,email,name,hash\nother," .. program.email(1) .. ",X,"
          .. program.HASH .. "\n")
        s:run(words("run", "--yes", "--fresh")):ends_with(3)
      end)
      return s:run { "retry", "shop-3.run", "--json", "--patience", "10s" }
    end,
    next = "auth0-migrate retry shop-3.run --json --patience 10s",
    mend = function(s) s.revive() end, typed = 3,
  },
  {
    "retry", 6, "with a wrong secret",
    ends = function(s)
      with_failures(s)
      return s:run({ "retry", "shop.run", "--json" }, WRONG)
    end,
    next = "auth0-migrate doctor", typed = 0,
  },
  {
    "retry", 130, "when it is interrupted",
    ends = function(s)
      local tenant = s:slow_tenant { existing = existing(s) }
      s:run(words("run", "--yes")):ends_with(3)
      tenant.import_speed = function() return 1 end
      local started = s:start { "retry", "shop.run", "--json" }
      s:until_("a job", function() return s:metrics().jobs > 1 end)
      started:kill "INT"
      return started:wait()
    end,
    next = "auth0-migrate resume shop.run", typed = 3,
  },
  -- check, map, preview, plan
  {
    "check", 0, "when no record would be rejected",
    ends = function(s) return s:run(words("check", "--json")) end,
  },
  {
    "check", 2, "with a file instead of a parameter",
    ends = function(s) return s:run { "check", "shop.lua", "people.csv", "--json" } end,
    next = "auth0-migrate check shop.lua input=people.csv --json", typed = 0,
  },
  {
    "check", 2, "with a recipe that is not found",
    ends = function(s) return s:run { "check", "nowhere.lua", "--json" } end,
  },
  {
    "check", 3, "with a record that would be rejected",
    ends = function(s)
      with_rejected(s)
      return s:run(words("check", "--json", "--recipe-time", "7s"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8 --recipe-time 7s",
    typed = 0, after = function(_, typed) contains(typed.stdout, "! FORMAT email") end,
  },
  {
    "check", 3, "when duplicates are more frequent than rejected records",
    ends = function(s)
      s:people(3, { "u1,person1@example.com,A,", "u2,person2@example.com,B,", "u9,nowhere,X," })
      return s:run(words("check", "--json"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:7", typed = 0,
    after = function(_, typed) contains(typed.stdout, "! FORMAT email") end,
  },
  {
    "check", 3, "with a record whose place the recipe names",
    ends = function(s)
      s:write("shop.lua", [[return { map = function(row) return { email = row.mail } end,
        source = function()
          local n = 0
          return function()
            n = n + 1
            return n < 3 and { mail = n == 1 and "a@example.com" or "b" } or nil, "the row " .. n
          end
        end }]])
      return s:run { "check", "shop.lua", "--json" }
    end,
    next = "auth0-migrate preview shop.lua --at 'the row 2'", typed = 0,
    after = function(_, typed) contains(typed.stdout, "! FORMAT email") end,
  },
  {
    "check", 5, "when the result cannot be written",
    ends = function(s)
      s.within = { "sh", "-c", '"$@" >/dev/full', "sh" }
      local ended = s:run(words "check")
      s.within = {}
      return ended
    end,
    next = "auth0-migrate check shop.lua input=people.csv", typed = 0,
  },
  {
    "check", 130, "when it is interrupted",
    ends = function(s)
      return interrupted_map(s, words("check", "slow=300000", "--json"))
    end,
    next = "auth0-migrate check shop.lua input=people.csv slow=300000 --json",
    mend = function(s) s:people(1) end, typed = 0,
  },
  {
    "map", 0, "when no record is rejected",
    ends = function(s) return s:run(words "map") end,
  },
  {
    "map", 2, "with an unknown parameter",
    ends = function(s) return s:run(words("map", "slwo=1")) end,
    next = "auth0-migrate map shop.lua input=people.csv slow=1", typed = 0,
  },
  {
    "map", 3, "with a rejected record",
    ends = function(s)
      with_rejected(s)
      return s:run(words "map")
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8", typed = 0,
  },
  {
    "map", 130, "when it is interrupted",
    ends = function(s) return interrupted_map(s, words("map", "slow=300000")) end,
    next = "auth0-migrate map shop.lua input=people.csv slow=300000",
    mend = function(s) s:people(1) end, typed = 0,
  },
  {
    "preview", 0, "with a record to show",
    ends = function(s) return s:run(words("preview", "--json")) end,
  },
  {
    "preview", 2, "beyond the last record",
    ends = function(s) return s:run(words("preview", "--json", "--at", "9")) end,
  },
  {
    "plan", 0, "when no record would be rejected",
    ends = function(s) return s:run(words("plan", "--json")) end,
  },
  {
    "plan", 2, "with a mistyped option",
    ends = function(s) return s:run(words("plan", "--json", "--slot", "3")) end,
    next = "auth0-migrate plan shop.lua input=people.csv --json --slots 3", typed = 0,
  },
  {
    "plan", 3, "with a record that would be rejected",
    ends = function(s)
      with_rejected(s)
      return s:run(words("plan", "--json"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8", typed = 0,
  },
  {
    "plan", 130, "when it is interrupted",
    ends = function(s) return interrupted_map(s, words("plan", "slow=300000", "--json")) end,
    next = "auth0-migrate plan shop.lua input=people.csv slow=300000 --json",
    mend = function(s) s:people(1) end, typed = 0,
  },
  -- prove, rehearse
  {
    "prove", 0, "when all logins succeed",
    ends = function(s)
      s:write("people.csv", "id,email,name,hash\nu1," .. program.email(1) .. ",A," .. BCRYPT)
      logins(s, PLAIN)
      return s:run(words("prove", "--json", "--logins", "logins.csv"))
    end,
  },
  {
    "prove", 2, "without logins",
    ends = function(s)
      s:write("FILE", "id,password\n" .. program.email(1) .. ",wrong\n")
      return s:run(words("prove", "--json"))
    end,
    next = "auth0-migrate prove shop.lua input=people.csv --json --logins FILE", typed = 3,
  },
  {
    "prove", 3, "when a login fails",
    ends = function(s)
      logins(s, "wrong")
      return s:run(words("prove", "--json", "--logins", "logins.csv"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:2", typed = 0,
  },
  {
    "prove", 3, "when a login has no record",
    ends = function(s)
      s:write("logins.csv", "id,password\nnobody@example.com,x\n")
      return s:run(words("prove", "--json", "--logins", "logins.csv"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv", typed = 0,
  },
  {
    "prove", 130, "when it is interrupted",
    ends = function(s)
      s:write("logins.csv", "id,password\nnobody@example.com,x\n")
      return interrupted_map(s, words("prove", "slow=300000", "--logins", "logins.csv"))
    end,
    next = "auth0-migrate prove shop.lua input=people.csv slow=300000 --logins logins.csv",
    mend = function(s) s:people(1) end, typed = 3,
  },
  {
    "test", 0, "when all cases pass",
    ends = function(s)
      s:write("shop.test.yaml", PASSING)
      return s:run { "test", "shop.lua", "--json" }
    end,
  },
  {
    "test", 2, "without tests",
    ends = function(s) return s:run { "test", "shop.lua", "--json" } end,
    next = "auth0-migrate test --help", typed = 0,
  },
  {
    "test", 2, "with a misspelled recipe",
    ends = function(s)
      s:write("shop.test.yaml", PASSING)
      return s:run { "test", "shpo.lua", "--json" }
    end,
    next = "auth0-migrate test shop.lua --json", typed = 0,
  },
  {
    "test", 2, "with a wrong test file",
    ends = function(s)
      s:write("shop.test.yaml", "- nam: a\n")
      return s:run { "test", "shop.lua", "--json" }
    end,
  },
  {
    "test", 3, "when a case fails",
    ends = function(s)
      s:write("shop.test.yaml", PASSING:gsub("u1", "u2", 1))
      return s:run { "test", "shop.lua", "--json" }
    end,
    next = "auth0-migrate test shop.lua --json --show-values", typed = 3,
  },
  {
    "test", 3, "without its file of users",
    ends = function(s)
      s:write("shop.test.yaml", "- { name: a, input: people.csv, expect: people.ndjson }\n")
      return s:run { "test", "shop.lua", "--json" }
    end,
    next = "auth0-migrate test shop.lua --json --update", typed = 0,
  },
  {
    "test", 130, "when it is interrupted",
    ends = function(s)
      s:write("shop.test.yaml",
        "- { name: a, input: people.csv, params: { slow: 300000 }, warnings: [] }\n")
      return interrupted_map(s, { "test", "shop.lua", "--json" })
    end,
    next = "auth0-migrate test shop.lua --json",
    mend = function(s) s:people(1) end, typed = 0,
  },
  {
    "diff", 0, "when nothing changes",
    ends = function(s) return s:run(words("diff", "--json", "--against", "shop.lua")) end,
  },
  {
    "diff", 2, "without an earlier version",
    ends = function(s)
      s:write("OLD.lua", s:read "shop.lua")
      return s:run(words("diff", "--json"))
    end,
    next = "auth0-migrate diff shop.lua input=people.csv --json --against OLD.lua", typed = 0,
  },
  {
    "diff", 3, "when users change",
    ends = function(s)
      s:write("old.lua", s:read "shop.lua")
      s:recipe(function(text) return (text:gsub("given_name", "nickname")) end)
      return s:run(words("diff", "--json", "--against", "old.lua"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:2", typed = 0,
  },
  {
    "diff", 130, "when it is interrupted",
    ends = function(s)
      return interrupted_map(s, words("diff", "slow=300000", "--json", "--against", "shop.lua"))
    end,
    next = "auth0-migrate diff shop.lua input=people.csv slow=300000 --json --against shop.lua",
    mend = function(s) s:people(1) end, typed = 0,
  },
  {
    "rehearse", 0, "when all users are imported",
    ends = function(s) return s:run(words("rehearse", "--json", "--yes")) end,
  },
  {
    "rehearse", 2, "in a directory that is not a rehearsal's",
    ends = function(s)
      assert(file.mkdir(s:path "shop.rehearsal"))
      s:write("shop.rehearsal/diary.txt", "mine")
      return s:run(words("rehearse", "--json"))
    end,
  },
  {
    "rehearse", 3, "with a rejected record",
    ends = function(s)
      with_rejected(s)
      return s:run(words("rehearse", "--json"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8", typed = 0,
  },
  {
    "rehearse", 3, "when a login fails",
    ends = function(s)
      logins(s, "wrong")
      return s:run(words("rehearse", "--json", "--logins", "logins.csv"))
    end,
    next = "auth0-migrate prove shop.lua input=people.csv --logins logins.csv", typed = 3,
    after = function(_, typed) contains(typed.stdout, "the password does not match") end,
  },
  {
    "rehearse", 4, "when more records are rejected than allowed",
    ends = function(s)
      with_rejected(s)
      return s:run(words("rehearse", "--json", "--max-rejects=0"))
    end,
    next = "auth0-migrate preview shop.lua input=people.csv --at people.csv:8", typed = 0,
  },
  {
    "rehearse", 5, "when a fault lasts longer than the patience",
    ends = function(s)
      s:write("faults.yaml", "- { do: close, route: POST /jobs/users-imports }\n")
      return s:run(words("rehearse", "--faults", "faults.yaml", "--patience", "10s", "--json"))
    end,
    next = "auth0-migrate rehearse shop.lua input=people.csv --faults faults.yaml --patience 10s "
      .. "--json",
    mend = function(s)
      s:write("faults.yaml", "- { do: close, route: POST /jobs/users-imports, times: 1 }\n")
    end,
    typed = 0,
  },
  {
    "rehearse", 6, "when a fault refuses its credentials",
    ends = function(s)
      s:write("faults.yaml", "- { do: unauthorized, route: GET /connections }\n")
      return s:run(words("rehearse", "--faults", "faults.yaml", "--json"))
    end,
  },
  {
    "rehearse", 7, "when more users fail than allowed",
    ends = function(s)
      s:write("existing.json", assert(json.encode(json.array {
        { email = program.email(1), user_id = "other" },
      })))
      return s:run(words("rehearse", "--existing", "existing.json", "--max-failures", "0",
        "--chunk-users=6"))
    end,
    next = "auth0-migrate rehearse shop.lua input=people.csv --existing existing.json "
      .. "--chunk-users=6 --max-failures 1",
    typed = 3,
  },
  {
    "rehearse", 130, "when it is interrupted",
    ends = function(s)
      s:people(120) -- a job is short on the tenant's clock: of many, one is seen
      return interrupted(s, "rehearse", "--tier", "free", "--chunk-users=6", "--json")
    end,
    next = "auth0-migrate rehearse shop.lua input=people.csv --tier free --chunk-users=6 --json",
    typed = 0,
  },
  -- status, report
  {
    "status", 0, "with a run",
    ends = function(s)
      finished(s)
      return s:run { "status", "--json" }
    end,
  },
  {
    "status", 2, "with the name of no run",
    ends = function(s)
      planned(s)
      return s:run { "status", "shp.run", "--json" }
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "report", 0, "of a complete run",
    ends = function(s)
      finished(s)
      return s:run { "report", "--json" }
    end,
  },
  {
    "report", 2, "of a run without a report",
    ends = function(s)
      planned(s)
      assert(file.remove(s:path "shop.run/report.json"))
      return s:run { "report", "--json" }
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "report", 3, "of a run with failed users",
    ends = function(s)
      with_failures(s)
      return s:run { "report", "--json" }
    end,
    next = "auth0-migrate retry shop.run", typed = 3,
  },
  {
    "report", 8, "of a run that waits for consent",
    ends = function(s)
      planned(s)
      return s:run { "report", "--json" }
    end,
    next = "auth0-migrate resume shop.run --yes", typed = 0, after = holds,
  },
  -- verify, undo, forget
  {
    "verify", 0, "when the tenant has what was sent",
    ends = function(s)
      finished(s)
      return s:run { "verify", "--json" }
    end,
  },
  {
    "verify", 2, "without credentials",
    ends = function(s)
      finished(s)
      return s:run({ "verify", "--json" }, NO_CREDENTIALS)
    end,
    next = "auth0-migrate doctor", typed = 0,
  },
  {
    "verify", 3, "with a difference",
    ends = function(s)
      local tenant = s:slow_tenant()
      s:run(words("run", "--yes")):ends_with(0)
      assert(tenant.db:run "DELETE FROM user WHERE id = 1")
      return s:run { "verify", "--json" }
    end,
  },
  {
    "verify", 5, "when the tenant cannot be reached",
    ends = function(s)
      without_tenant(s, function() s:run(words("run", "--yes")):ends_with(0) end)
      return s:run { "verify", "shop.run", "--json", "--patience", "10s" }
    end,
    next = "auth0-migrate verify shop.run --json --patience 10s",
    mend = function(s) s.revive() end, typed = 0,
  },
  {
    "verify", 5, "while the outcome of sent users is unknown",
    ends = function(s)
      s:slow_tenant(nil, 2)
      local started = s:start(words("run", "--yes", "--chunk-users", "2"))
      s:until_("a job", function()
        return s:journal("shop.run", function(book) return book:next_chunk "sent" end)
      end)
      started:kill "KILL"
      started:wait()
      return s:run { "verify", "--json" }
    end,
    next = "auth0-migrate resume shop.run", typed = 0, after = holds,
  },
  {
    "verify", 6, "with a wrong secret",
    ends = function(s)
      finished(s)
      return s:run({ "verify", "--json" }, WRONG)
    end,
    next = "auth0-migrate doctor", typed = 0,
  },
  {
    "verify", 130, "when it is interrupted",
    ends = function(s)
      return stalled(s, "POST /jobs/users-exports", { "verify", "shop.run", "--json" })
    end,
    next = "auth0-migrate verify shop.run --json",
    mend = function(s) s.stalled.faults = nil end, typed = 0,
  },
  {
    "undo", 0, "when the users are deleted",
    ends = function(s)
      finished(s)
      return s:run { "undo", "shop.run", "--yes", "--json" }
    end,
  },
  {
    "undo", 2, "with the name of no run: the newest is shown, not undone",
    ends = function(s)
      finished(s)
      return s:run { "undo", "shp.run", "--yes", "--json" }
    end,
    next = "auth0-migrate status shop.run", typed = 0, after = holds,
  },
  {
    "undo", 2, "while the outcome of uploads is unknown",
    ends = function(s)
      interrupted(s, "run", "--yes", "--chunk-users", "2"):ends_with(130)
      return s:run { "undo", "shop.run", "--yes", "--json" }
    end,
    next = "auth0-migrate resume shop.run", typed = 0, after = holds,
  },
  {
    "undo", 3, "when a user was created again after the run",
    ends = function(s)
      local tenant = s:slow_tenant()
      s:run(words("run", "--yes")):ends_with(0)
      assert(tenant.db:run "UPDATE user SET created = created + 86400 WHERE id = 1")
      return s:run { "undo", "shop.run", "--yes", "--json" }
    end,
    next = "auth0-migrate report shop.run", typed = 0,
    after = function(s) equal(#s:users(), 1) end,
  },
  {
    "undo", 5, "when the tenant cannot be reached",
    ends = function(s)
      without_tenant(s, function() s:run(words("run", "--yes")):ends_with(0) end)
      return s:run { "undo", "shop.run", "--json", "--patience", "10s" }
    end,
    next = "auth0-migrate undo shop.run --json --patience 10s",
    mend = function(s) s.revive() end, typed = 8,
  },
  {
    "undo", 6, "with a wrong secret",
    ends = function(s)
      finished(s)
      return s:run({ "undo", "shop.run", "--yes", "--json" }, WRONG)
    end,
    next = "auth0-migrate doctor", typed = 0, after = holds,
  },
  {
    "undo", 8, "when nobody could be asked",
    ends = function(s)
      finished(s)
      return s:run { "undo", "shop.run", "--json" }
    end,
    next = "auth0-migrate undo shop.run --yes", typed = 0,
    after = function(s) equal(#s:users(), 0) end,
  },
  {
    "undo", 8, "after a no",
    ends = function(s)
      finished(s)
      return answering(s, { "undo", "shop.run" }, { "Delete the users", "n" })
    end,
  },
  {
    "undo", 130, "when it is interrupted twice: the answer is remembered",
    ends = function(s)
      return stalled(s, "DELETE /users/*", { "undo", "shop.run", "--yes", "--json" },
        "interrupt again to stop at once")
    end,
    next = "auth0-migrate undo shop.run", mend = function(s) s.stalled.faults = nil end, typed = 0,
    after = function(s) equal(#s:users(), 0) end,
  },
  {
    "new", 0, "when a recipe is written",
    ends = function(s) return s:run { "new", "own.lua", "input=people.csv", "--json" } end,
  },
  {
    "new", 2, "with an export that is not there",
    ends = function(s) return s:run { "new", "own.lua", "input=peple.csv", "--json" } end,
    next = "auth0-migrate new own.lua input=people.csv --json", typed = 0,
  },
  {
    "generate", 0, "when users are written",
    ends = function(s) return s:run { "generate", "csv", "-n", "3", "--cost", "4", "--json" } end,
    next = "auth0-migrate check csv input=csv-users.csv", typed = 0,
  },
  {
    "generate", 2, "with a misspelled recipe",
    ends = function(s) return s:run { "generate", "keycloack", "-n", "3", "--json" } end,
    next = "auth0-migrate generate keycloak -n 3 --json", typed = 0,
  },
  {
    "lists", 0, "when people are counted",
    ends = function(s)
      planned(s)
      return s:run { "lists", "shop.run", "--json" }
    end,
  },
  {
    "lists", 2, "with the name of no run",
    ends = function(s)
      planned(s)
      return s:run { "lists", "shp.run", "--json" }
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "forget", 0, "when the directory is removed",
    ends = function(s)
      planned(s)
      return s:run { "forget", "shop.run", "--yes", "--json" }
    end,
  },
  {
    "forget", 2, "with the name of no run: the newest is shown, not removed",
    ends = function(s)
      planned(s)
      return s:run { "forget", "shp.run", "--yes", "--json" }
    end,
    next = "auth0-migrate status shop.run", typed = 0,
  },
  {
    "forget", 8, "when nobody could be asked",
    ends = function(s)
      planned(s)
      return s:run { "forget", "shop.run", "--json" }
    end,
    next = "auth0-migrate forget shop.run --yes", typed = 0,
    after = function(s) equal(s:exists "shop.run", false) end,
  },
  {
    "forget", 8, "after a no",
    ends = function(s)
      planned(s)
      return answering(s, { "forget", "shop.run" }, { "Remove shop.run", "n" })
    end,
  },
  -- doctor, tenant, try-login, hash, recipes
  {
    "doctor", 0, "when nothing is wrong",
    ends = function(s)
      s:tenant()
      return s:run { "doctor", "--json" }
    end,
  },
  {
    "doctor", 2, "without credentials",
    ends = function(s) return s:run { "doctor", "--json" } end,
  },
  {
    "doctor", 2, "when a configuration file names the tenant and nobody could be asked",
    ends = function(s)
      s:tenant()
      s:write("auth0-migrate.yaml", "domain: " .. s.env.AUTH0_DOMAIN .. "\n")
      s.domain, s.env.AUTH0_DOMAIN = s.env.AUTH0_DOMAIN, ""
      s.env.XDG_STATE_HOME = s:path "state"
      return s:run { "doctor", "--json" }
    end,
    next = function(s) return "auth0-migrate doctor --json --domain=" .. s.domain end, typed = 0,
  },
  {
    "doctor", 2, "after a no to that tenant",
    ends = function(s)
      s:tenant()
      s:write("auth0-migrate.yaml", "domain: " .. s.env.AUTH0_DOMAIN .. "\n")
      s.env.AUTH0_DOMAIN, s.env.XDG_STATE_HOME = "", s:path "state"
      return answering(s, { "doctor" }, { "names the tenant", "n" })
    end,
  },
  {
    "doctor", 5, "when the tenant cannot be reached",
    ends = function(s)
      without_tenant(s, function() end)
      return s:run { "doctor", "--json" }
    end,
    next = "auth0-migrate doctor --json", mend = function(s) s.revive() end, typed = 0,
  },
  {
    "doctor", 6, "with a wrong secret",
    ends = function(s)
      s:tenant()
      return s:run({ "doctor", "--json" }, WRONG)
    end,
  },
  {
    "tenant", 2, "with an unknown tier",
    ends = function(s) return s:run { "tenant", "--tier", "huge" } end,
    next = "auth0-migrate tenant --help", typed = 0,
  },
  {
    "try-login", 0, "when the login succeeds",
    ends = function(s)
      s:write("people.csv", "id,email,name,hash\nu1," .. program.email(1) .. ",A," .. BCRYPT)
      finished(s)
      logins(s, PLAIN)
      return s:run { "try-login", "--logins", "logins.csv", "--json" }
    end,
  },
  {
    "try-login", 2, "without logins",
    ends = function(s)
      finished(s)
      s:write("FILE", "id,password\n" .. program.email(1) .. ",wrong\n")
      return s:run { "try-login", "--json" }
    end,
    next = "auth0-migrate try-login --json --logins FILE", typed = 3,
  },
  {
    "try-login", 3, "when the login fails",
    ends = function(s)
      finished(s)
      logins(s, "wrong")
      return s:run { "try-login", "--logins", "logins.csv", "--json" }
    end,
  },
  {
    "hash", 0, "with a supported hash",
    ends = function(s) return s:run { "hash", "identify", program.HASH, "--json" } end,
  },
  {
    "hash", 2, "with an unknown subcommand",
    ends = function(s) return s:run { "hash", "identfy", program.HASH, "--json" } end,
    next = "auth0-migrate hash identify '" .. program.HASH .. "' --json", typed = 0,
  },
  {
    "hash", 3, "with an unsupported hash",
    ends = function(s) return s:run { "hash", "identify", "$P$B12345678", "--json" } end,
  },
  {
    "recipes", 0, "when the lock is up to date",
    ends = function(s) return s:run { "recipes", "lock", "shop.lua", "--json" } end,
  },
  {
    "recipes", 2, "without a lock",
    ends = function(s) return s:run { "recipes", "lock", "./shop.lua", "--check", "--json" } end,
    next = function(s) return "auth0-migrate recipes lock " .. s:path "shop.lua" end, typed = 0,
  },
}

-- The members of a command's result, the same at every ending.
local OF_A_RUN <const> = "run recipe status exit tenant connection begun written records users "
  .. "jobs codes skipped warnings warning_list findings rounds alarms looked_up balanced seconds "
  .. "slot_use plan canary undo rehearsal outages isolated losses directory "
  .. "message next"
local OF_A_CHECK <const> = "recipe status exit records codes skipped warnings warning_list "
  .. "findings gates balanced packed tally coverage losses canary seconds message next"
local MEMBERS <const> = {
  run = OF_A_RUN, resume = OF_A_RUN, retry = OF_A_RUN, report = OF_A_RUN,
  rehearse = OF_A_RUN .. " forecast logins faults",
  status = OF_A_RUN:gsub("plan ", ""):gsub("findings ", "")
    .. " chunks active errors deadline progress staged agreed finished "
    .. "working lock outage",
  check = OF_A_CHECK, plan = OF_A_CHECK .. " plan",
  verify = "run directory status exit users fields examples list sample seconds message next",
  undo = "run directory status exit users hours deleted gone kept finished begun ended seconds "
    .. "message next",
  forget = "run directory status exit stayed message next",
  lists = "run directory status exit known lists message next",
  doctor = "status exit checks settings saved message next",
  test = "status exit cases passed failed updated message next",
  diff = "recipe against status exit records users fields outcomes seconds message next",
}

-- Results that are not about an ending: records, or the state of a run.
local OTHER <const> = { ["preview 0"] = true, ["status 0"] = true }

local function names_of(object)
  local names = {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function sorted(text)
  local names = {}
  for name in text:gmatch "%S+" do names[#names + 1] = name end
  table.sort(names)
  return names
end

---Compares the one JSON object with the ending.
local function check_object(case, ended)
  if case[1] == "map" or not ended.stdout:find("^{") then return end
  local object = ended:object()
  if MEMBERS[case[1]] then equal(names_of(object), sorted(MEMBERS[case[1]])) end
  if OTHER[case[1] .. " " .. case[2]] then return end
  equal({ object.next, object.exit }, { ended:next() or json.null, case[2] })
  for _, name in ipairs { "findings", "warning_list", "errors", "active", "examples" } do
    if object[name] then assert(json.is_array(object[name]), name) end
  end
end

for _, case in ipairs(ENDINGS) do
  test(string.format("%s ends with %d %s", case[1], case[2], case[3]), function()
    scene(PEOPLE, function(s)
      local ended = case.ends(s):ends_with(case[2])
      local expected = type(case.next) == "function" and case.next(s) or case.next
      equal(ended:next(), expected)
      check_object(case, ended)
      if not expected then return end
      if case.mend then case.mend(s) end
      local typed = s:type_in(expected):ends_with(case.typed)
      if case.after then case.after(s, typed) end
    end)
  end)
end

test("the table has every command, and every way it ends", function()
  local ends = {
    run = "0 1 2 3 4 5 6 7 8 130", resume = "0 2 3 4 5 6 7 8 130", retry = "0 2 3 5 6 130",
    check = "0 2 3 5 130", map = "0 2 3 130", preview = "0 2", plan = "0 2 3 130",
    prove = "0 2 3 130", test = "0 2 3 130", diff = "0 2 3 130", new = "0 2",
    generate = "0 2",
    rehearse = "0 2 3 4 5 6 7 130", status = "0 2", report = "0 2 3 8", lists = "0 2",
    verify = "0 2 3 5 6 130", undo = "0 2 3 5 6 8 130", forget = "0 2 8", doctor = "0 2 5 6",
    tenant = "2",
    ["try-login"] = "0 2 3", hash = "0 2 3", recipes = "0 2",
  }
  local seen = {}
  for _, case in ipairs(ENDINGS) do seen[case[1] .. " " .. case[2]] = true end
  for _, name in ipairs(main.COMMANDS) do
    for status in ends[name]:gmatch "%d+" do
      assert(seen[name .. " " .. status], name .. " " .. status)
    end
  end
end)
