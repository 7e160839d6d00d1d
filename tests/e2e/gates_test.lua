--- Gates, through the real program: what stops a run, and the command that goes on.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test
local scene, words = program.scene, program.words

---A tenant that has the first `n` addresses already, under other ids.
local function taken(s, n)
  local users = {}
  for i = 1, n do users[i] = { email = program.email(i), user_id = "other" .. i } end
  s:write("existing.json", assert(json.encode(json.array(users))))
  s:tenant { "--existing", "existing.json" }
end

---The words of a command as a report prints it, without the program's name.
local function typed(command)
  local list = {}
  for word in command:gsub("'([^']*)'", function(quoted) return quoted:gsub(" ", "\0") end)
    :gmatch("%S+") do
    list[#list + 1] = word:gsub("\0", " ")
  end
  return table.move(list, 2, #list, 1, {})
end

test("--max-failures ends with 7, and the command that it prints goes on to the end", function()
  scene(40, function(s)
    taken(s, 10)
    local first = s:run(words("--yes", "--chunk-users", "5", "--max-failures", "3",
      "--run-dir", "my shop.run", "--json")):ends_with(7):object()
    equal({ first.status, first.balanced, first.users.pending > 0 }, { "gated", true, true })
    assert(first.next:find("^auth0%-migrate resume 'my shop.run' %-%-max%-failures %d+$"))
    local args = typed(first.next)
    args[#args + 1] = "--json"
    local last = s:run(args):ends_with(3):object()
    equal({ last.users.failed, last.users.inserted, last.users.pending }, { 10, 30, 0 })
    equal(last.next, "auth0-migrate retry 'my shop.run'")
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
