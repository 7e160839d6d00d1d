--- `status`: whether a process works on a run, and the command that brings the run forward.

local json = require "host.json"
local process = require "host.process"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---The status of a run as JSON; nil while there is none.
local function status_of(s, ...)
  local told = s:run { "status", "--json", ... }
  return told.status == 0 and told:object() or nil
end

local function is_sent(s)
  return s:journal("shop.run", function(book) return book:next_chunk "sent" end)
end

---Fails unless no process works on the run and `status` names this command, everywhere.
local function names(s, command, ...)
  local status = status_of(s, ...)
  equal({ status.working, status.lock, status.next }, { false, json.null, command or json.null })
  local ended = s:run({ "status", ... }):ends_with(0)
  equal(ended.stderr, command and "next: " .. command .. "\n" or "")
  assert(not ended.stdout:find("working: ", 1, true))
  return status
end

---Types a command that the program printed.
local function obey(s, command)
  local list = {}
  for word in command:gmatch("%S+") do list[#list + 1] = word end
  return s:run(table.move(list, 2, #list, 1, {}))
end

test("status names the process that works on a run, and no command", function()
  scene(60, function(s)
    s:slow_tenant(nil, 30)
    local run = s:start(words("--yes", "--chunk-users", "20"))
    local status = s:until_("a job", function() return is_sent(s) and status_of(s) end)
    equal({ status.working, status.lock.pid, status.lock.host, status.next },
      { true, run.child:id(), process.host(), json.null })
    assert(status.lock.since:find("^%d+%-%d+%-%d+T"))
    local shown = s:run({ "status" }):ends_with(0)
    contains(shown.stdout, string.format("unfinished\nworking: process %d on %s since ",
      run.child:id(), process.host()))
    equal(shown.stderr, "")
    local second = s:run(words()):ends_with(2).stderr
    contains(second, string.format("shop.run is in use by another auth0-migrate (process %d on ",
      run.child:id()))
    contains(second, "next: auth0-migrate status shop.run\n")
    run:ends_with(0)
    names(s, nil)
  end)
end)

test("status sees at once that a process was killed, and its command completes the run", function()
  scene(60, function(s)
    s:slow_tenant(nil, 8)
    local run = s:start(words("--yes", "--chunk-users", "20"))
    s:until_("a rate", function()
      local status = status_of(s)
      local progress = status and status.progress or json.null
      return progress ~= json.null and progress.users_per_second
    end)
    run:kill "KILL"
    run:wait()
    local status = names(s, "auth0-migrate resume shop.run")
    equal({ status.progress.users_per_second, status.progress.eta_seconds }, {})
    contains(s:run({ "status" }).stdout, "unfinished\nno process works on this run\n")
    obey(s, status.next):ends_with(0)
    names(s, nil)
    s:holds(60)
  end)
end)

test("status sees a run from its first moment, before anything is staged", function()
  scene(2, function(s)
    s:tenant()
    s:run(words("--yes")):ends_with(0)
    s:write("faults.yaml", "- {do: slow, route: POST /oauth/token, nth: 1, seconds: 1}\n")
    s:tenant { "--faults", "faults.yaml" }
    local run = s:start(words("--yes", "--fresh"))
    local status = s:until_("the new run", function()
      local newest = status_of(s)
      return newest.directory == "shop-2.run" and newest
    end)
    equal({ status.working, status.lock.pid, status.staged, status.records.read },
      { true, run.child:id(), false, 0 })
    contains(s:run({ "status", "shop-2.run" }):ends_with(0).stdout,
      "shop-2.run: starting\nworking: process ")
    run:ends_with(0)
    names(s, nil)
  end)
end)

test("status of a stage says so, and of one that was killed that it is not complete", function()
  scene(200, function(s)
    local run = s:start(words "slow=2000000")
    local status = s:until_("a stage", function() return status_of(s) end)
    equal({ status.working, status.staged, status.next, status.status },
      { true, false, json.null, "incomplete" })
    contains(s:run({ "status" }).stdout, ": staging\nworking: process ")
    run:kill "KILL"
    run:wait()
    names(s, "auth0-migrate resume shop.run")
    contains(s:run({ "status" }).stdout, ": not staged completely\nno process works on this run\n")
  end)
end)

test("of a run that ended, status names the command that its end named", function()
  scene(40, function(s)
    s:write("existing.json", assert(json.encode(json.array {
      { email = program.email(1), user_id = "other" },
    })))
    s:tenant { "--existing", "existing.json" }
    local planned = s:run(words("--chunk-users", "5", "--max-failures", "0", "--json"))
      :ends_with(8):object().next
    names(s, planned)
    local gated = obey(s, planned):ends_with(7).stderr:match "next: ([^\n]*)"
    contains(gated, "--max-failures")
    names(s, gated)
    obey(s, gated):ends_with(3)
    names(s, "auth0-migrate retry shop.run")
    s:run({ "report" }):ends_with(3)
    s:run({ "undo", "shop.run", "--yes" }):ends_with(0)
    names(s, nil)
  end)
end)

test("of an undo, status names its process, and undo once that was killed", function()
  scene(20, function(s)
    s:write("faults.yaml", "- {do: slow, route: DELETE /users/*, nth: 6, seconds: 60}\n")
    s:tenant { "--faults", "faults.yaml" }
    s:run(words("--yes")):ends_with(0)
    local undo = s:start { "undo", "shop.run", "--yes" }
    s:until_("a few deletions", function() return s:metrics().users < 18 end)
    local status = status_of(s)
    equal({ status.working, status.lock.pid, status.next }, { true, undo.child:id(), json.null })
    undo:kill "KILL"
    undo:wait()
    names(s, "auth0-migrate undo shop.run")
  end)
end)

test("of a killed rehearsal, status names the command that rehearses again", function()
  scene(40, function(s)
    local args = { "rehearse", "shop.lua", "input=people.csv", "--tier", "free", "--chunk-users",
      "1" }
    local run = s:start(args)
    s:until_("a job", function()
      return s:journal("shop.rehearsal", function(book) return book:next_chunk "sent" end)
    end)
    equal(status_of(s, "shop.rehearsal").lock.pid, run.child:id())
    run:kill "KILL"
    run:wait()
    names(s, "auth0-migrate " .. table.concat(args, " "), "shop.rehearsal")
  end)
end)
