--- Makes the fixtures of tests/fixtures/runs for the version of this program: a run directory in
--- each state, and the state of its tenant. To run it, in a build with CRASH_POINTS:
--- `auth0-migrate --run tests/e2e/make_run_fixtures.lua [FOLDER]`.

local file = require "host.file"
local json = require "host.json"
local store = require "host.store"

dofile "tests/modules.lua"

local crash = require "base.crash"
local program = require "tests.e2e.program"

local folder = (...)[1] or "tests/fixtures/runs"

local SPEED <const> = 0.5 -- users per second, so that a job is in flight for a while
local KILLED <const> = 137
local RUN <const> = {
  "run", "csv", "input=people.csv", "--json", "--chunk-users", "4", "--run-dir", "run",
}

local function run(s, status, crash_point, ...)
  local args = table.move({ ... }, 1, select("#", ...), 1, {})
  s:run(args, { AUTH0_MIGRATE_CRASH = crash_point }):ends_with(status)
end

---How a run gets into each state.
---@type {name: string, speed?: number, faults?: table[], play: fun(s: ProgramScene,
---tenant: Tenant)}[]
local STATES <const> = {
  {
    name = "staged",
    play = function(s) run(s, 8, "", table.unpack(RUN)) end,
  },
  {
    name = "in_flight", speed = SPEED,
    play = function(s, tenant)
      local args = table.move(RUN, 1, #RUN, 1, {})
      args[#args + 1] = "--yes"
      run(s, KILLED, "sent.after:2", table.unpack(args))
      s:until_("a user that was imported", function()
        return tenant.db:value "SELECT max(done) FROM job" > 0
      end)
    end,
  },
  {
    name = "uncertain", speed = SPEED,
    play = function(s)
      local args = table.move(RUN, 1, #RUN, 1, {})
      args[#args + 1] = "--yes"
      run(s, KILLED, "upload.answer:2", table.unpack(args))
      run(s, KILLED, "adopt.after:1", "resume", "run")
    end,
  },
  {
    name = "split",
    faults = { { ["do"] = "job-failed", users = json.array { "person6@example.com" } } },
    play = function(s)
      local args = table.move(RUN, 1, #RUN, 1, {})
      args[#args + 1] = "--yes"
      run(s, KILLED, "split.after:1", table.unpack(args))
    end,
  },
  {
    name = "finished",
    play = function(s)
      local args = table.move(RUN, 1, #RUN, 1, {})
      args[#args + 1] = "--yes"
      run(s, 3, "", table.unpack(args))
    end,
  },
}

-- Files that a run makes again, or that are not part of it.
local LEFT_OUT <const> = {
  ["journal.db"] = true, lock = true, reserve = true, ["log.ndjson"] = true,
  ["report.html"] = true, ["identifiers.spool"] = true,
}

local function compress(path, text)
  local output <close> = assert(file.create(path, { zstd = true }))
  assert(output:write(text))
  assert(output:finish())
end

local function copy_tree(from, to, left_out)
  assert(file.mkdir(to))
  for _, name in ipairs(assert(file.list(from))) do
    local source, target = from .. "/" .. name, to .. "/" .. name
    if file.stat(source).type == "folder" then
      copy_tree(source, target, {})
    elseif not left_out[name] then
      local input <close> = assert(io.open(source, "rb")) -- as it is, compressed or not
      assert(file.write(target, input:read "a"))
    end
  end
end

---The version of a database; the first states of tenants had none.
local function version_of(db)
  local version = db:value "PRAGMA user_version"
  return version == 0 and 1 or version
end

---Keeps what a scene has made: FOLDER/JOURNAL-STATE/NAME.
local function keep(s, tenant, name)
  local journal = s:path "run/journal.db"
  local db = assert(store.open(journal)) -- closing it leaves one file
  local versions = version_of(db) .. "-" .. version_of(tenant.db)
  db:close()
  assert(tenant.db:exec "PRAGMA wal_checkpoint(TRUNCATE)")
  local target = string.format("%s/%s/%s", folder, versions, name)
  if file.stat(target) then assert(file.remove_tree(target)) end
  copy_tree(s:path "run", target .. "/run", LEFT_OUT)
  compress(target .. "/run/journal.db.zst", s:read "run/journal.db")
  compress(target .. "/tenant.db.zst", s:read "tenant.db")
  print(target)
end

local function main()
  if not crash.possible then
    print("this build has no CRASH_POINTS")
    return 1
  end
  for _, state in ipairs(STATES) do
    program.scene(nil, function(s)
      for _, name in ipairs { "people.csv", "existing.json" } do
        s:write(name, assert(file.read(folder .. "/" .. name)))
      end
      local tenant = s:slow_tenant({
        state = s:path "tenant.db", existing = s:path "existing.json",
        faults = state.faults and json.array(state.faults),
      }, state.speed)
      state.play(s, tenant)
      keep(s, tenant, state.name)
    end)
  end
  return 0
end

return main()
