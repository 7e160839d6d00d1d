--- cli: from a command line to a call, output and an exit status.

local file = require "host.file"
local help = require "cli.help"
local json = require "host.json"
local main = require "cli.main"
local options = require "cli.common.options"
local path = require "base.path"
local process = require "host.process"
local rig = require "tests.lualib.cli.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"

local test = tap.test
local SHOP, new_terminal, report_of, run, with_session
  = rig.SHOP, rig.new_terminal, rig.report_of, rig.run, rig.with_session

---Runs the real program: stdout and status.
local function program(...)
  local argv, out, status = { process.program(), ... }, "", nil
  scheduler.run(function()
    local child <close> = assert(process.spawn(argv))
    local data = child:read()
    while data do
      out = out .. data
      scheduler.await(child, 5)
      data = child:read()
    end
    status = child:status()
    while not status and scheduler.await(child, 5) do status = child:status() end
  end)
  return out, status
end

test("--version names the program, its version and that of Lua", function()
  local out, status = program "--version"
  tap.equal(status, 0)
  assert(out:find("^auth0%-migrate %d+%.%d+%.%d+ %(Lua 5%.4%.%d+%)\n$"), out)
end)

test("--help loads no module that a command uses when it runs", function()
  local script = assert(file.temporary()) .. "/help.lua"
  local _ <close> = setmetatable({}, { __close = function()
    file.remove_tree(path.dirname(script))
  end })
  assert(file.write(script, [[
    require("cli.main").run { "--help" }
    for name in pairs(package.loaded) do print("loaded " .. name) end]]))
  local out = program("--run", script)
  tap.contains(out, "loaded cli.commands.run\n")
  for _, folder in ipairs { "run", "check", "tenant", "recipe", "rehearsal", "stage", "import" } do
    for name in out:gmatch("loaded (%S+)") do
      -- The option --doubt is parsed with the tenant's list of doubts.
      local is_data = name == "tenant.doubts"
      assert(is_data or name ~= folder and name:find(folder .. ".", 1, true) ~= 1, name)
    end
  end
end)

test("--help lists every command", function()
  local status, out = run { "--help" }
  tap.equal(status, 0)
  for _, name in ipairs(main.COMMANDS) do tap.contains(out, "\n  " .. name .. " ") end
end)

test("without arguments the help goes to stderr, with status 2", function()
  local status, out, err = run {}
  tap.equal({ status, out }, { 2, "" })
  tap.contains(err, "Commands:")
end)

test("each command's help shows its options and no others", function()
  for _, name in ipairs(main.COMMANDS) do
    local status, out = run { name, "--help" }
    tap.equal(status, 0)
    tap.contains(out, "auth0-migrate " .. name)
    for _, option in ipairs(options.list) do
      local flag = option.flags:match("%-%-[%w-]+")
      local offered = option.commands == "*"
        or (" " .. option.commands .. " "):find(" " .. name .. " ", 1, true) ~= nil
      if flag then
        local row = flag:gsub("%-", "%%-") .. "[ ,\n%[]"
        local found = out:find("\n  " .. row) or out:find("\n  %-%w, " .. row)
        tap.equal(found ~= nil, offered, name .. " " .. flag)
      end
    end
  end
end)

local REFUSED <const> = {
  { "an unknown command", { "chek" }, 'not a command or a recipe; did you mean "check"?' },
  { "a missing recipe", { "nowhere/shop.lua" }, "recipe nowhere/shop.lua not found" },
  { "no recipe", { "run" }, "missing argument RECIPE" },
  { "an unknown option", { "check", SHOP, "--jsn" },
    'has no option --jsn; did you mean "--json"?' },
  { "an option of another command", { "check", SHOP, "--yes" }, "check has no option --yes" },
  { "an option without its value", { "run", SHOP, "--slots" }, "--slots requires a value" },
  { "an unknown grant", { "check", SHOP, "--allow-nett=a.b" },
    'has no option --allow-nett; did you mean "--allow-net"?' },
  { "a grant of what is not a host", { "check", SHOP, "--allow-net=a b" },
    '--allow-net must be a host such as acme.okta.com, not "a b"' },
  { "a grant of a program's path", { "check", SHOP, "--allow-exec=/bin/sh" },
    "--allow-exec must be the name of a program, without a path" },
  { "a bad number", { "run", SHOP, "--slots", "many" },
    '--slots must be a whole number from 1 to 20, not "many"' },
  { "a chunk above the limit", { "run", SHOP, "--chunk-bytes", "500001" },
    "--chunk-bytes must be from 1000 to 500000 bytes" },
  { "an argument that is not a parameter", { "run", SHOP, "users.csv" }, "of the form name=value" },
  { "a file that is not a parameter", { "run", SHOP, "README.md" }, "of the form name=value" },
  { "a parameter twice", { "run", SHOP, "a=1", "a=2" }, "a is given more than once" },
  { "too many arguments", { "status", "a.run", "b.run" }, "too many arguments" },
  { "an unknown tier", { "tenant", "--tier", "huge" }, "--tier must be one of free, production" },
}

for _, case in ipairs(REFUSED) do
  test("ends with 2, a message and the next command: " .. case[1], function()
    local status, out, err = run(case[2])
    tap.equal({ status, out }, { 2, "" })
    tap.contains(err, case[3])
    assert(err:find("\nnext: auth0%-migrate [%w-]+[^\n]*\n$"), err)
  end)
end

local BETTER <const> = {
  { { "chek", SHOP }, "auth0-migrate check " .. SHOP },
  { { "tests/fixtures/recipes/shp.lua", "input=a" }, "auth0-migrate " .. SHOP .. " input=a" },
  { { "tests/fixtures/recipes/shp.lua", "-qy", "--slots=3", "--yes" },
    "auth0-migrate " .. SHOP .. " -q --slots=3" },
  { { "run", SHOP, "--limt=3" }, "auth0-migrate run " .. SHOP .. " --limit=3" },
  { { "run", SHOP, "--limt", "3", "-y" }, "auth0-migrate run " .. SHOP .. " --limit 3" },
  { { "run", SHOP, "--yess" }, "auth0-migrate run " .. SHOP },
  { { "run", SHOP, "-z" }, "auth0-migrate run --help" },
  { { "run", SHOP, "README.md" }, "auth0-migrate run " .. SHOP .. " input=README.md" },
  { { "check", SHOP }, "auth0-migrate check " .. SHOP .. " input=VALUE" },
  { { "check", SHOP, "input=a", "contry=AT" },
    "auth0-migrate check " .. SHOP .. " input=a country=AT" },
  { { "check", SHOP, "input=a", "api_key=s3cret" },
    "auth0-migrate check " .. SHOP .. " input=a api_key=@FILE" },
  { { "xyzzy" }, "auth0-migrate --help" },
}

for _, case in ipairs(BETTER) do
  test("after " .. table.concat(case[1], " ") .. " comes " .. case[2], function()
    local status, _, err = run(case[1])
    tap.equal(status, 2)
    tap.contains(err, "\nnext: " .. case[2] .. "\n")
  end)
end

test("a recipe alone runs, with its parameters and settings", function()
  local recipe, settings
  local status, out = with_session(function(...)
    recipe, settings = ...
    return report_of()
  end, { SHOP, "input=a.csv", "--slots", "7", "-y" })
  tap.equal(status, 0)
  tap.equal({ recipe.params.input, settings.slots, settings.yes }, { "a.csv", 7, true })
  tap.equal({ settings.interactive, settings.color }, { false, false })
  tap.contains(out, "The books balance")
  tap.contains(out, "3  inserted")
end)

test("options may come before the recipe", function()
  tap.equal((with_session(function() return report_of() end,
    { "-y", SHOP, "input=a.csv" })), 0)
end)

test("with --json stdout is one object, and the next command is in it", function()
  local status, out, err = with_session(function()
    return report_of { exit = 3, next = "auth0-migrate report shop.run" }
  end, { SHOP, "input=a.csv", "--json" })
  local object = assert(json.decode(out))
  tap.equal({ status, object.exit, object.next }, { 3, 3, "auth0-migrate report shop.run" })
  tap.contains(err, "next: auth0-migrate report shop.run")
end)

local KINDS <const> = {
  { "usage", 2 }, { "missing", 2 }, { "parse", 2 }, { "tls", 2 }, { "credentials", 6 },
  { "network", 5 }, { "timeout", 5 }, { "temporary", 5 }, { "full", 5 }, { "interrupted", 130 },
  { "fatal", 1 }, { "canary", 7 }, { "failures", 7 }, { "rejects", 4 }, { "gate", 4 },
  { "consent", 8 },
}

-- What comes after a failure that names no command: the same again only where that may succeed.
local AFTER <const> = {
  [5] = "auth0-migrate " .. SHOP .. " 'input=a b.csv' --json --connection=C",
  [130] = "auth0-migrate " .. SHOP .. " 'input=a b.csv' --json --connection=C",
  [6] = "auth0-migrate doctor --connection=C",
}

for _, case in ipairs(KINDS) do
  test(string.format("a failure of the kind %s ends with %d", case[1], case[2]), function()
    local status, out, err = with_session(function() return nil, "no luck", case[1] end,
      { SHOP, "input=a b.csv", "--json", "--connection=C" })
    local after = AFTER[case[2]]
    tap.equal({ status, json.decode(out).exit }, { case[2], case[2] })
    tap.equal(json.decode(out).next, after or json.null)
    tap.equal(err, "error: no luck\n" .. (after and "next: " .. after .. "\n" or ""))
  end)
end

local TYPED <const> = { SHOP, "input=a.csv", "country=", "--json" }

for _, case in ipairs {
  { "a command that it names", { next = "auth0-migrate report shop.run" },
    "auth0-migrate report shop.run" },
  { "with a missing argument added", { add = "--allow-net=a.b" },
    "auth0-migrate " .. SHOP .. " input=a.csv country= --json --allow-net=a.b" },
  { "another recipe", { wrong = SHOP, meant = "other.lua" },
    "auth0-migrate other.lua input=a.csv country= --json" },
  { "another parameter of the same value", { wrong = "input=", meant = "export=" },
    "auth0-migrate " .. SHOP .. " export=a.csv country= --json" },
  { "a parameter whose value is replaced", { wrong = "input=", meant = "input=@FILE" },
    "auth0-migrate " .. SHOP .. " input=@FILE country= --json" },
  { "nothing if the wrong argument was not typed", { wrong = "a", meant = "b" } },
  { "nothing if nothing is to be done", { next = false } },
} do
  test("what comes after a failure is " .. case[1], function()
    local status, out, err = with_session(function() return nil, "no luck", "usage", case[2] end,
      TYPED)
    tap.equal(status, 2)
    tap.equal(err, "error: no luck\n" .. (case[3] and "next: " .. case[3] .. "\n" or ""))
    tap.equal(json.decode(out).next, case[3] or json.null)
  end)
end

test("the next command is not taken from the text of a message", function()
  local _, _, err = with_session(function()
    return nil, "`auth0-migrate forget shop.run` is not what comes next", "usage"
  end)
  tap.equal(err:find("next:", 1, true), nil)
end)

test("a failure that is raised ends with its status", function()
  local status, _, err = with_session(function()
    local failure = require "base.failure"
    error(failure.new("the disk is full", "full", { next = "auth0-migrate resume shop.run" }), 0)
  end)
  tap.equal(status, 5)
  tap.contains(err, "error: the disk is full\nnext: auth0-migrate resume shop.run\n")
end)

test("an unexpected error ends with 1 and a traceback", function()
  local status, _, err = with_session(function() error("oh") end)
  tap.equal(status, 1)
  tap.contains(err, "internal error:")
  tap.contains(err, "traceback")
end)

test("an unexpected error has the members of every result, and names no command", function()
  local _, out, err = with_session(function() error("oh") end, { SHOP, "input=a.csv", "--json" })
  local object = json.decode(out)
  tap.equal({ object.exit, object.status, object.next, object.balanced, object.records.read },
    { 1, "failed", json.null, true, 0 })
  tap.contains(object.message, "internal error:")
  tap.equal(err:find("next:", 1, true), nil)
end)

test("an unexpected error in a run shows the run's status", function()
  local _, _, err = with_session(function(_, _, screen)
    screen:works_on("my shop.run", "auth0-migrate resume 'my shop.run'")
    error("oh")
  end)
  tap.contains(err, "\nnext: auth0-migrate status 'my shop.run'\n")
end)

test("a run whose result cannot be written is not run again: its report has the result", function()
  local device = new_terminal()
  device.full, device.kind = "stdout", "full"
  local session = { run = function(_, _, screen)
    screen:works_on("shop.run", "auth0-migrate resume shop.run")
    return report_of()
  end }
  local status, _, err = run({ SHOP, "input=a.csv", "--yes", "--json" },
    { modules = { ["run.session"] = session }, terminal = device })
  tap.equal(status, 5)
  tap.contains(err, "\nnext: auth0-migrate report shop.run\n")
end)

test("a report that ends the scheduler is shown, with its status", function()
  local status, out = with_session(function()
    require("base.scheduler").finish(report_of { exit = 130, status = "interrupted" })
  end)
  tap.equal(status, 130)
  tap.contains(out, "shop-1: interrupted")
end)

test("--dry-run is plan", function()
  local report = report_of { findings = {}, plan = { users = 3, jobs = 1, bytes = 100, slots = 2,
    hours = { { tier = "free", hours = 0.5, users_an_hour = 6 } }, risks = { "a risk" } } }
  report.users = nil
  local status, out = run({ SHOP, "input=a", "--dry-run" },
    { modules = { ["check.plan"] = { run = function() return report end } } })
  tap.equal(status, 0)
  tap.contains(out, "to send   3 users in 1 job, 100 bytes")
  tap.contains(out, "free 30 min 00 s")
  tap.contains(out, "note      a risk")
end)

test("check groups findings and ends with 3", function()
  local report = report_of {
    exit = 3, status = "findings", codes = { rejected = { FORMAT = 2 }, failed = {} },
    findings = { { outcome = "rejected", code = "FORMAT", path = "email", message = "no address",
      count = 2, examples = { "a.csv:2", "a.csv:9" }, fix = "Mend it." } },
  }
  report.users = nil
  report.records.rejected = 2
  local status, out, err = run({ "check", SHOP, "input=a" },
    { modules = { check = { run = function() return report end } } })
  tap.equal(status, 3)
  tap.contains(out, "FORMAT  email  2 records\n  no address\n  at a.csv:2, a.csv:9\n  Mend it.")
  tap.contains(err, "next: auth0-migrate preview " .. SHOP .. " input=a --at a.csv:2\n")
end)

---A check whose `map` writes two users.
local function mapper(exit)
  return {
    map = function(_, _, _, write)
      for i = 1, 2 do
        local done, message, kind = write('{"n":' .. i .. "}\n")
        if not done then return nil, message, kind end
      end
      local report = report_of { exit = exit }
      report.users = nil
      return report
    end,
  }
end

test("map writes users to stdout and the rest to stderr", function()
  local status, out, err = run({ "map", SHOP, "input=a" }, { modules = { check = mapper(0) } })
  tap.equal({ status, out }, { 0, '{"n":1}\n{"n":2}\n' })
  tap.contains(err, "3  read")
end)

test("map --json ends stderr with records and codes", function()
  local status, out, err = run({ "map", SHOP, "input=a", "--json" },
    { modules = { check = mapper(3) } })
  tap.equal({ status, out }, { 3, '{"n":1}\n{"n":2}\n' })
  local last = json.decode(err:match("([^\n]*)\n$"))
  tap.equal(last.records.read, 3)
  assert(last.codes)
end)

test("map ends without a message if stdout is closed by its reader", function()
  local device = new_terminal()
  device.full = "stdout"
  local status, _, err = run({ "map", SHOP, "input=a" },
    { modules = { check = mapper(0) }, terminal = device })
  tap.equal({ status, err }, { 1, "" })
end)

for _, case in ipairs {
  { "check", { run = function() return report_of {} end } }, { "map", mapper(0) },
} do
  test(case[1] .. " fails with a message if its result cannot be written", function()
    local device = new_terminal()
    device.full, device.kind = "stdout", "full"
    local status, _, err = run({ case[1], SHOP, "input=a" },
      { modules = { check = case[2] }, terminal = device })
    tap.equal(status, 5)
    tap.contains(err, "error: ")
    tap.contains(err, "next: auth0-migrate " .. case[1])
  end)
end

test("preview shows record and user side by side, or as JSON", function()
  local shown = {
    position = 1, at = "a.csv:2", record = { mail = "A@x.org" }, users = { { email = "a@x.org" } },
    errors = { { code = "FORMAT", path = "email", message = "no" } },
  }
  local modules = { ["check.preview"] = { run = function(_, _, which, show)
    tap.equal(which, { n = 2 })
    show(shown)
    return json.array { { code = "unknown_column", message = "no such column" } }
  end } }
  local _, out = run({ "preview", SHOP, "input=a", "-n", "2" }, { modules = modules })
  assert(out:find('^a.csv:2 %(record 1%)\nmail: "A@x.org" +email: "a@x.org"\n +! FORMAT'), out)
  tap.contains(out, "warning: no such column (unknown_column)")
  _, out = run({ "preview", SHOP, "input=a", "-n", "2", "--json" }, { modules = modules })
  local object = json.decode(out)
  tap.equal({ object.records[1].at, object.warnings[1].code }, { "a.csv:2", "unknown_column" })
end)

test("status ends with 0 whatever the run's state", function()
  local status, out = with_session(function()
    local state = report_of { exit = 5, chunks = { staged = 2 }, staged = true, active = {
      { id = "job_1", chunk = 1, state = "sent", seconds = 61 } } }
    return state
  end, { "status" })
  tap.equal(status, 0)
  tap.contains(out, "job job_1: chunk 1, for 1 min 01 s")
end)

test("resume and report accept a run directory and end with the run's status", function()
  for _, command in ipairs { "resume", "report" } do
    local asked
    local status = with_session(function(dir)
      asked = dir
      return report_of { exit = 3, next = "auth0-migrate report x.run" }
    end, { command, "x.run" })
    tap.equal({ status, asked }, { 3, "x.run" })
  end
end)

test("README.md and commands.md have the current tables of commands and options", function()
  local manual = assert(file.read("docs/commands.md"))
  local commands = help.commands_table(main.commands(), main.subcommands)
  tap.contains(manual, commands)
  tap.contains(manual, help.options_table())
  tap.contains(assert(file.read("README.md")), commands)
end)
