--- Gates, with the real program: what stops a run, and the command that continues.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---A tenant that already has the first `n` addresses, with other ids.
local function taken(s, n)
  local users = {}
  for i = 1, n do users[i] = { email = program.email(i), user_id = "other" .. i } end
  s:write("existing.json", assert(json.encode(json.array(users))))
  s:tenant { "--existing", "existing.json" }
end

---The arguments of a command as a report prints it, without the program's name.
local function typed(command)
  local list = {}
  for word in command:gsub("'([^']*)'", function(quoted) return quoted:gsub(" ", "\0") end)
    :gmatch("%S+") do
    list[#list + 1] = word:gsub("\0", " ")
  end
  return table.move(list, 2, #list, 1, {})
end

test("--max-failures ends with 7, and the command that it prints completes the run", function()
  scene(200, function(s)
    taken(s, 10)
    local first = s:run(words("--yes", "--chunk-users", "5", "--max-failures", "3",
      "--run-dir", "my shop.run", "--json")):ends_with(7):object()
    equal({ first.status, first.balanced, first.users.pending > 0 }, { "gated", true, true })
    assert(first.next:find("^auth0%-migrate resume 'my shop.run' %-%-max%-failures %d+$"))
    local args = typed(first.next)
    args[#args + 1] = "--json"
    local last = s:run(args):ends_with(3):object()
    equal({ last.users.failed, last.users.inserted, last.users.pending }, { 10, 190, 0 })
    equal(last.next, "auth0-migrate retry 'my shop.run'")
  end)
end)

test("after --max-failures is exceeded, resume sends nothing more", function()
  scene(40, function(s)
    taken(s, 10)
    local first = s:run(words("--yes", "--chunk-users", "5", "--max-failures", "3", "--json"))
      :ends_with(7):object()
    local again = s:run({ "resume", "--json" }):ends_with(7):object()
    equal({ again.jobs.submitted, again.users }, { first.jobs.submitted, first.users })
    contains(again.message, "more than --max-failures 3")
    local status = s:run({ "status", "--json" }):object()
    equal(status.progress.users, 40 - first.users.pending)
  end)
end)

test("a rehearsal's report names the same next command as the program", function()
  scene(40, function(s)
    local users = { { email = program.email(1), user_id = "other" } }
    s:write("existing.json", assert(json.encode(json.array(users))))
    local args = words("--max-failures", "0", "--existing", "existing.json", "--json")
    args[1] = "rehearse"
    local ended = s:run(args):ends_with(7)
    equal(json.decode(s:read "shop.rehearsal/report.json").next, ended:object().next)
    assert(ended:object().next:find("^auth0%-migrate rehearse shop.lua "))
  end)
end)

for command, dir in pairs { run = "shop.run", rehearse = "shop.rehearsal" } do
  test("each command that an alarm of " .. command .. " names can be typed", function()
    scene(20, function(s)
      s:write("faults.yaml", "- {do: job-short, nth: 1, missing: 2}\n")
      local args = words("--chunk-users", "5", "--yes")
      args[1] = command
      if command == "run" then s:tenant { "--faults", "faults.yaml" } end
      if command == "rehearse" then table.move({ "--faults", "faults.yaml" }, 1, 2, 6, args) end
      local ended = s:run(args)
      contains(ended.stdout, "ALARM: 1 response of the tenant does not match what was sent")
      local page = s:read(dir .. "/report.html")
      contains(page, "log.ndjson lists each alarm")
      local said, n = ended.stdout .. page, 0
      for named in said:gmatch "`(auth0%-migrate [^`]*)`" do
        n = n + 1
        local other = s:run(typed(named))
        assert(other.status ~= 2, named .. "\n" .. other.stderr)
      end
      assert(command == "rehearse" or n > 0)
    end)
  end)
end

test("--canary accepts a percentage; plan and report show the number of users", function()
  scene(45, function(s)
    s:tenant()
    local ended = s:run(words("--canary", "10%")):ends_with(8)
    contains(ended.stderr, "canary    the first 5 users (10%): imported alone, before the rest")
    local report = s:run { "resume", "--yes", "--json" }:ends_with(0):object()
    equal(report.canary, { asked = "10%", users = 5, good = 5 })
    equal(report.jobs.submitted, 2)
    contains(s:run { "report" }:ends_with(0).stdout,
      "canary    the first 5 users (10%): all imported")
    contains(s:read "shop.run/report.html", "sent first: all inserted or updated")
    s:holds(45)
  end)
end)

test("plan shows a canary, and counts the jobs of a run with it", function()
  scene(45, function(s)
    local args = words("--chunk-users", "20", "--canary", "10%")
    args[1] = "plan"
    local ended = s:run(args):ends_with(0)
    contains(ended.stdout, "45 users in 4 jobs")
    contains(ended.stdout, "canary    the first 5 users (10%): imported alone, before the rest")
    local planned = s:run(words("--chunk-users", "20", "--canary", "10%", "--json")):ends_with(8)
    equal(planned:object().plan.jobs, 4)
  end)
end)

test("a failed canary ends with 7, and resume continues", function()
  scene(40, function(s)
    taken(s, 3)
    local ended = s:run(words("--yes", "--canary", "5%", "--json")):ends_with(7)
    equal(ended:object().canary, { asked = "5%", users = 2, good = 0 })
    equal(ended:object().users.pending, 38)
    equal(s:run { "resume", "--json" }:ends_with(3):object().users.inserted, 37)
  end)
end)

for _, asked in ipairs { "45", "46", "100%" } do
  test("a canary of all users, " .. asked .. " of 45, is judged, and the run finishes", function()
    scene(45, function(s)
      s:tenant()
      local planned = s:run(words("--chunk-users", "20", "--canary", asked)):ends_with(8)
      contains(planned.stderr, "canary    the first 45 users")
      local waiting = s:run({ "status", "--json" }):ends_with(0):object().canary
      equal(waiting, { asked = asked, users = 45 })
      local report = s:run({ "resume", "--yes", "--json" }):ends_with(0):object()
      equal(report.canary, { asked = asked, users = 45, good = 45 })
      equal(report.jobs.submitted, 3)
      s:holds(45)
    end)
  end)
end

test("a failed canary of all users stops nothing: the run finishes", function()
  scene(10, function(s)
    taken(s, 3)
    local report = s:run(words("--yes", "--canary", "10", "--json")):ends_with(3):object()
    equal(report.canary, { asked = "10", users = 10, good = 7 })
    equal({ report.users.failed, report.users.pending }, { 3, 0 })
    equal(report.next, "auth0-migrate retry shop.run")
  end)
end)

test("a canary without users is not a canary", function()
  scene(0, function(s)
    s:tenant()
    s:write("people.csv", "email,number\nnobody,1\n")
    local report = s:run(words("--yes", "--canary", "10%", "--allow-empty", "--json")):ends_with(3)
      :object()
    equal({ report.records.rejected, report.canary }, { 1, json.null })
    equal(s:run({ "resume", "--yes", "--json" }):ends_with(3):object().canary, json.null)
    local args = words("--canary", "10", "--json")
    args[1] = "plan"
    equal(s:run(args):ends_with(3):object().plan.canary, nil)
  end)
end)

test("the canary of a trial is a share of the trial", function()
  scene(45, function(s)
    s:tenant()
    local report = s:run(words("--yes", "--limit", "3", "--canary", "10%", "--json"))
      :ends_with(0):object()
    equal(report.canary, { asked = "10%", users = 1, good = 1 })
    s:holds(3)
  end)
end)

test("a rehearsal accepts a canary of all users", function()
  scene(5, function(s)
    local args = words("--canary", "10", "--json")
    args[1] = "rehearse"
    equal(s:run(args):ends_with(0):object().canary, { asked = "10", users = 5, good = 5 })
  end)
end)

for _, value in ipairs { "0", "0%", "101%", "ten", "99999999999999999999" } do
  test("--canary " .. value .. " is not a number of users", function()
    scene(1, function(s)
      contains(s:run(words("--canary", value)):ends_with(2).stderr, "above 0, such as 10 or 1%")
    end)
  end)
end

---A shell that runs the program on its own terminal and types an answer to each question.
local function answering(...)
  local answers = {}
  for i, pair in ipairs { ... } do answers[i] = { prompt = pair[1], text = pair[2] } end
  return { "sh", "-c", program.on_terminal('"$*"', answers), "sh" }
end

test("after a canary of all users no question is asked", function()
  program.need_terminal()
  scene(5, function(s)
    s:tenant()
    s.within = answering { "Import 5 users", "y" }
    local said = s:run(words("--canary", "100%")):ends_with(0).stdout
    assert(not said:find("Send the rest", 1, true), said)
    s:holds(5)
  end)
end)

test("the canary's question names its users and how to try one, and nothing is drawn over it",
  function()
    program.need_terminal()
    scene(20, function(s)
      s:people(20, { "u21,,Nobody," .. program.HASH })
      s:write("people.csv", (s:read "people.csv":gsub("\nu3,[^,]*,", "\nu3,,")))
      s:tenant()
      s.within = answering({ "Import 19 users", "y" }, { "Send the rest", "n" })
      local said = s:run(words("--canary", "5", "--no-color")):ends_with(7).stdout
      contains(said, "The canary, the first 5 users, is imported: records 1 to 2, 4 to 6 of the "
        .. "source")
      contains(said, "(people.csv:2 to people.csv:7)")
      contains(said, "`auth0-migrate try-login ID`")
      local _, after = said:find("Send the rest, 14 users? [y/N] ", 1, true)
      assert(said:find("^n\r?\n", after + 1), said:sub(after + 1))
      local command = said:match "\ntry: ([^\r\n]*)\r?\n"
      s.within = {}
      contains(s:run(typed(command)):ends_with(0).stdout, program.email(1))
    end)
  end)

test("of a canary whose source was stdin, the question names no command", function()
  program.need_terminal()
  scene(6, function(s)
    s:tenant()
    s:run({ "run", "shop.lua", "input=-", "--canary", "2" }, nil, s:read "people.csv"):ends_with(8)
    s.within = answering({ "Import 6 users", "y" }, { "Send the rest", "y" })
    local said = s:run({ "resume" }):ends_with(0).stdout
    contains(said, "records 1 to 2 of the source")
    equal(said:find("try: ", 1, true), nil)
  end)
end)

test("the answer no stops a run before the import and after the canary", function()
  program.need_terminal()
  scene(20, function(s)
    s:tenant()
    s:run(words("--canary", "25%")):ends_with(8)
    s.within = answering { "Import 20 users", "n" }
    contains(s:run({ "resume", "--no-color" }):ends_with(8).stdout,
      "next: auth0-migrate resume shop.run\r\n") -- --yes is not suggested unless it was given
    s.within = answering({ "Import 20 users", "y" }, { "first 5 users", "n" })
    contains(s:run({ "resume", "--no-color" }):ends_with(7).stdout,
      "next: auth0-migrate resume shop.run\r\n")
    s.within = answering { "first 5 users", "n" }
    s:run({ "resume" }):ends_with(7)
    s.within = {}
    local ended = s:run({ "resume", "--json" }):ends_with(7):object()
    equal({ ended.status, ended.next }, { "gated", "auth0-migrate resume shop.run --yes" })
    equal(s:metrics().uploads.count, 1)
    s:run({ "resume", "--yes" }):ends_with(0)
    s:holds(20)
  end)
end)

test("an interrupted rehearsal is rehearsed again: other commands have no tenant", function()
  scene(40, function(s)
    local args = { "rehearse", "shop.lua", "input=people.csv", "--tier", "free" }
    local broken = s:start(args)
    s:until_("a job", function()
      return s:journal("shop.rehearsal", function(book) return book:next_chunk "sent" end)
    end)
    broken:kill "KILL"
    broken:wait()
    for _, command in ipairs { "resume", "retry", "verify", "undo" } do
      contains(s:run({ command, "shop.rehearsal" }):ends_with(2).stderr,
        "next: auth0-migrate " .. table.concat(args, " ") .. "\n")
    end
    s:run { "rehearse", "shop.lua", "input=people.csv" }:ends_with(0)
    s:run({ "resume", "shop.rehearsal" }):ends_with(0)
  end)
end)
