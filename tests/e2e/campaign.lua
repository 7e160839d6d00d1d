--- Runs that are killed, interrupted and disconnected at random moments until they end; each must
--- end like an undisturbed one. To run it:
--- `auth0-migrate --run tests/e2e/campaign.lua [ROUNDS] [SEED]`.

local json = require "host.json"

dofile "tests/modules.lua"

local program = require "tests.e2e.program"
local scheduler = require "base.scheduler"
local store = require "host.store"

local ROUNDS <const> = math.tointeger(tonumber((...)[1])) or 20
local SEED <const> = math.tointeger(tonumber((...)[2])) or os.time()
local BLOWS <const> = 6 -- maximum per round
local LONG_AGO <const> = 100000 -- seconds

---The parameters of a round.
local function draw()
  local n = math.random(10, 90)
  return {
    n = n, per_chunk = math.random(1, 20), speed = math.random(50, 1500),
    with_ids = math.random(3) > 1, there = math.random(0, n // 3), slots = math.random(1, 3),
    slow = math.random(3) == 1 and "20000" or "0", upsert = math.random(4) == 1,
    outages = math.random(3) == 1,
  }
end

---Restarts the tenant on its port.
local function restart(s)
  return s:tenant { "--state", "tenant.db", "--port", s.env.AUTH0_DOMAIN:match("%d+$") }
end

---The source, and the tenant's existing users: every third of them is a different user.
local function prepare(s, plan)
  local lines, before = { "id,email,name,hash" }, json.array {}
  for i = 1, plan.n do
    local id = plan.with_ids and "u" .. i or ""
    lines[#lines + 1] = string.format("%s,%s,Person %d,%s", id, program.email(i), i, program.HASH)
    if i <= plan.there then
      before[#before + 1] = {
        email = program.email(i), user_id = i % 3 == 0 and "other" .. i or "u" .. i,
        given_name = "Person " .. i,
        custom_password_hash = { algorithm = "bcrypt", hash = { value = program.HASH } },
      }
    end
  end
  s:write("people.csv", table.concat(lines, "\n") .. "\n")
  s:write("existing.json", json.encode(before))
  if not plan.outages then
    local tenant = s:slow_tenant({ existing = s:path "existing.json" }, plan.speed)
    tenant.db:run("UPDATE user SET created = created - ?", LONG_AGO)
    return
  end
  local first = s:tenant { "--state", "tenant.db", "--existing", "existing.json" }
  first:kill "TERM"
  first:wait()
  local db <close> = assert(store.open(s:path "tenant.db"))
  db:run("UPDATE user SET created = created - ?", LONG_AGO)
  db:close()
  return restart(s)
end

local function arguments(plan)
  local args = program.words("--yes", "--chunk-users", tostring(plan.per_chunk),
    "--slots", tostring(plan.slots), "slow=" .. plan.slow, "--json")
  if plan.upsert then args[#args + 1] = "--upsert" end
  return args
end

---The outcome of a run: its users, and the tenant's.
local function outcome(s, ended)
  local report = ended:object()
  assert(report.balanced, "the books do not balance")
  local list = {}
  for _, user in ipairs(s:users()) do list[#list + 1] = user.email end
  table.sort(list)
  return json.encode {
    exit = ended.status, users = report.users, records = report.records, tenant = list,
  }
end

local function undisturbed(plan)
  local result
  program.scene(nil, function(s)
    prepare(s, plan)
    result = outcome(s, s:run(arguments(plan)))
  end)
  return result
end

local BLOW <const> = { "KILL", "KILL", "KILL", "INT", "TERM", "twice" }

local function strike(one)
  local blow = BLOW[math.random(#BLOW)]
  one:kill(blow == "twice" and "INT" or blow)
  if blow == "twice" then one:kill "INT" end
  one:wait()
  return blow .. " " .. one.status
end

local function disturbed(plan, story)
  local result
  program.scene(nil, function(s)
    local tenant = prepare(s, plan)
    local args = arguments(plan)
    for _ = 1, math.random(BLOWS) do
      local one = s:start(args)
      scheduler.sleep(math.random() * 0.25)
      if one.status then break end
      if tenant and math.random(2) == 1 then
        tenant:kill "KILL"
        tenant:wait()
        scheduler.sleep(math.random() * 0.05)
        tenant = restart(s)
        story[#story + 1] = "outage"
        scheduler.sleep(math.random() * 0.1)
        if one.status then break end
      end
      story[#story + 1] = strike(one)
      if s:exists "shop.run/journal.db" then args = { "resume", "shop.run", "--json" } end
    end
    local last = s:run(args)
    if last.status == 2 and args[1] == "run" then
      last = s:run { "report", "shop.run", "--json" } -- it had ended before the interruption
    end
    story[#story + 1] = last.stderr
    result = outcome(s, last)
  end)
  return result
end

math.randomseed(SEED)
local bad = 0
for round = 1, ROUNDS do
  local plan, story = draw(), {}
  local expected = undisturbed(plan)
  local ok, got = pcall(disturbed, plan, story)
  if not ok or got ~= expected then
    bad = bad + 1
    print(string.format("round %d of seed %d: %s\n  %s\n  expected %s\n  got      %s", round, SEED,
      json.encode(plan), table.concat(story, "\n  "), expected, tostring(got)))
  end
end
print(string.format("%d rounds of seed %d, %d failed", ROUNDS, SEED, bad))
return bad == 0 and 0 or 1
