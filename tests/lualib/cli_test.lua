local file = require "host.file"
local help = require "cli.help"
local json = require "host.json"
local main = require "cli.main"
local options = require "cli.options"
local process = require "host.process"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local ui = require "cli.ui"
local words = require "cli.words"
local test = tap.test

local SHOP <const> = "tests/fixtures/recipes/shop.lua"

---A terminal that remembers. `tty`: the streams that are terminals.
local function new_terminal(tty, answer)
  local device = { stdout = "", stderr = "", tty = tty or {} }
  function device.is_tty(stream) return device.tty[stream] or false end
  function device.width() return 80 end
  function device.write(stream, text)
    if device.full == stream then return nil, "closed", device.kind or "closed" end
    device[stream] = device[stream] .. text
    return true
  end
  function device.prompt()
    return { line = function() return answer end, close = function() end }
  end
  return device
end

---A report with nothing in it but what is given.
local function report_of(changes)
  local report = {
    run = "shop-1", recipe = "shop", status = "complete", exit = 0, balanced = true,
    records = { read = 3, extra = 0, skipped = 0, unchanged = 0, rejected = 0, duplicate = 0,
      staged = 3 },
    users = { inserted = 3, updated = 0, already_there = 0, failed = 0, pending = 0 },
    jobs = { submitted = 1, completed = 1, failed = 0 }, codes = { rejected = {}, failed = {} },
    skipped = {}, warnings = {}, seconds = { stage = 0.1, import = 3 }, slot_use = 1,
    directory = "shop.run", next = json.null,
  }
  for key, value in pairs(changes or {}) do report[key] = value end
  return report
end

---Runs a command line against fakes: status, stdout, stderr.
local function run(args, fakes)
  fakes = fakes or {}
  fakes.terminal = fakes.terminal or new_terminal()
  local values = fakes.values or {}
  fakes.env = function(name) return values[name] end
  local status = main.run(args, fakes)
  return status, fakes.terminal.stdout, fakes.terminal.stderr
end

test("--version names the program and its version", function()
  local out, status = "", nil
  scheduler.run(function()
    local child <close> = assert(process.spawn({ process.program(), "--version" }))
    local data = child:read()
    while data do
      out = out .. data
      scheduler.await(child, 5)
      data = child:read()
    end
    status = child:status()
    while not status and scheduler.await(child, 5) do status = child:status() end
  end)
  tap.equal(status, 0)
  assert(out:find("^auth0%-migrate %d+%.%d+%.%d+\n$"), out)
end)

test("--help lists every command", function()
  local status, out = run { "--help" }
  tap.equal(status, 0)
  for _, name in ipairs(main.COMMANDS) do tap.contains(out, "\n  " .. name .. " ") end
end)

test("without arguments the help goes to stderr, with 2", function()
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
        local row = flag:gsub("%-", "%%-") .. "[ ,\n]"
        local found = out:find("\n  " .. row) or out:find("\n  %-%w, " .. row)
        tap.equal(found ~= nil, offered, name .. " " .. flag)
      end
    end
  end
end)

local REFUSED <const> = {
  { "a word that is no command", { "chek" }, 'not a command or a recipe; did you mean "check"?' },
  { "a recipe that is not there", { "nowhere/shop.lua" }, "there is no recipe nowhere/shop.lua" },
  { "no recipe", { "run" }, "RECIPE is missing" },
  { "an unknown option", { "check", SHOP, "--jsn" },
    'has no option --jsn; did you mean "--json"?' },
  { "an option of another command", { "check", SHOP, "--yes" }, "check has no option --yes" },
  { "an option without its value", { "run", SHOP, "--slots" }, "--slots needs a value" },
  { "a bad number", { "run", SHOP, "--slots", "many" },
    '--slots takes a whole number from 1 to 20, not "many"' },
  { "a chunk above the limit", { "run", SHOP, "--chunk-bytes", "500001" }, "--chunk-bytes takes" },
  { "a word that is no parameter", { "run", SHOP, "users.csv" }, "given as name=value" },
  { "a file that is no parameter", { "run", SHOP, "README.md" }, "given as name=value" },
  { "a parameter twice", { "run", SHOP, "a=1", "a=2" }, "a is given twice" },
  { "too many words", { "status", "a.run", "b.run" }, "too many arguments" },
  { "an unknown tier", { "tenant", "--tier", "huge" }, "--tier takes one of free, production" },
}

for _, case in ipairs(REFUSED) do
  test("refused with 2, a sentence and what to type: " .. case[1], function()
    local status, out, err = run(case[2])
    tap.equal({ status, out }, { 2, "" })
    tap.contains(err, case[3])
    assert(err:find("\nnext: auth0%-migrate [%w-]+[^\n]*\n$"), err)
  end)
end

local BETTER <const> = {
  { { "chek", SHOP }, "auth0-migrate check " .. SHOP },
  { { "tests/fixtures/recipes/shp.lua", "-y" }, "auth0-migrate " .. SHOP .. " -y" },
  { { "check", SHOP }, "auth0-migrate check " .. SHOP .. " input=VALUE" },
  { { "xyzzy" }, "auth0-migrate --help" },
}

for _, case in ipairs(BETTER) do
  test("after " .. table.concat(case[1], " ") .. " comes " .. case[2], function()
    local status, _, err = run(case[1])
    tap.equal(status, 2)
    tap.contains(err, "\nnext: " .. case[2] .. "\n")
  end)
end

---Runs with a session whose `run` is given.
local function with_session(fn, args, fakes)
  fakes = fakes or {}
  fakes.session = { run = fn, resume = fn, status = fn, report = fn }
  return run(args or { SHOP, "input=a.csv" }, fakes)
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
  { "fatal", 1 }, { "gate", 7 }, { "rejects", 4 }, { "consent", 8 },
}

for _, case in ipairs(KINDS) do
  test(string.format("a failure of the kind %s ends with %d", case[1], case[2]), function()
    local status, out, err = with_session(function() return nil, "no luck", case[1] end,
      { SHOP, "input=a b.csv", "--json" })
    tap.equal({ status, json.decode(out).exit }, { case[2], case[2] })
    tap.contains(err, "error: no luck\nnext: auth0-migrate " .. SHOP .. " 'input=a b.csv' --json\n")
  end)
end

test("a command that the message names is the next one", function()
  local _, _, err = with_session(function()
    return nil, "shop.run is finished: `auth0-migrate report shop.run` shows it", "usage"
  end)
  tap.contains(err, "next: auth0-migrate report shop.run\n")
end)

test("a failure that is raised ends with its status", function()
  local status, _, err = with_session(function()
    require("base.failure").raise("the disk is full", "full")
  end)
  tap.equal(status, 5)
  tap.contains(err, "error: the disk is full")
end)

test("an error that nobody foresaw ends with 1 and a traceback", function()
  local status, _, err = with_session(function() error("oh") end)
  tap.equal(status, 1)
  tap.contains(err, "internal error:")
  tap.contains(err, "traceback")
end)

test("a report with which the scheduler is ended at once is shown, with its status", function()
  local status, out = with_session(function()
    require("base.scheduler").finish(report_of { exit = 130, status = "interrupted" })
  end)
  tap.equal(status, 130)
  tap.contains(out, "shop-1: interrupted")
end)

test("--dry-run is plan", function()
  local report = report_of { findings = {}, plan = { users = 3, jobs = 1, bytes = 100, hours = {
    { tier = "free", hours = 0.5, users_an_hour = 6 } }, risks = { "a risk" } } }
  report.users = nil
  local status, out = run({ SHOP, "input=a", "--dry-run" },
    { plan = { run = function() return report end } })
  tap.equal(status, 0)
  tap.contains(out, "to send   3 users in 1 job, 100 bytes")
  tap.contains(out, "free 30 min 00 s")
  tap.contains(out, "mind      a risk")
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
    { check = { run = function() return report end } })
  tap.equal(status, 3)
  tap.contains(out, "FORMAT  email  2 records\n  no address\n  at a.csv:2, a.csv:9\n  Mend it.")
  tap.contains(err, "next: auth0-migrate check ")
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
  local status, out, err = run({ "map", SHOP, "input=a" }, { check = mapper(0) })
  tap.equal({ status, out }, { 0, '{"n":1}\n{"n":2}\n' })
  tap.contains(err, "3  read")
end)

test("map --json ends stderr with records and codes", function()
  local status, out, err = run({ "map", SHOP, "input=a", "--json" }, { check = mapper(3) })
  tap.equal({ status, out }, { 3, '{"n":1}\n{"n":2}\n' })
  local last = json.decode(err:match("([^\n]*)\n$"))
  tap.equal(last.records.read, 3)
  assert(last.codes)
end)

test("map ends quietly when nobody reads stdout any more", function()
  local device = new_terminal()
  device.full = "stdout"
  local status, _, err = run({ "map", SHOP, "input=a" }, { check = mapper(0), terminal = device })
  tap.equal({ status, err }, { 1, "" })
end)

for _, case in ipairs {
  { "check", { "check", SHOP, "input=a" },
    { check = { run = function() return report_of {} end } } },
  { "map", { "map", SHOP, "input=a" }, { check = mapper(0) } },
} do
  test(case[1] .. " whose result the disk does not take says so and is no success", function()
    local device = new_terminal()
    device.full, device.kind = "stdout", "full"
    case[3].terminal = device
    local status, _, err = run(case[2], case[3])
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
  local fakes = { check = { preview = function(_, _, which, show)
    tap.equal(which, { n = 2 })
    show(shown)
    return true
  end } }
  local _, out = run({ "preview", SHOP, "input=a", "-n", "2" }, fakes)
  assert(out:find('^a.csv:2 %(record 1%)\nmail: "A@x.org" +email: "a@x.org"\n +! FORMAT'), out)
  fakes.terminal = nil
  _, out = run({ "preview", SHOP, "input=a", "-n", "2", "--json" }, fakes)
  tap.equal(json.decode(out).records[1].at, "a.csv:2")
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

test("resume and report take the run's directory and end with its status", function()
  for _, command in ipairs { "resume", "report" } do
    local asked
    local status = with_session(function(dir)
      asked = dir
      return report_of { exit = 3, next = "auth0-migrate report x.run" }
    end, { command, "x.run" })
    tap.equal({ status, asked }, { 3, "x.run" })
  end
end)

local SAID <const> = "AUTH0_DOMAIN=http://127.0.0.1:1\nAUTH0_CLIENT_ID=i\nAUTH0_CLIENT_SECRET=s\n"
  .. "AUTH0_CONNECTION=C\n\n"

test("tenant prints a usable .env and an empty line", function()
  local asked
  local status, out = run({ "tenant", "--tier", "free" }, {
    tenant = {
      serve = function(options_)
        asked = options_
        options_.on_ready {
          domain = "http://127.0.0.1:1", client_id = "i", client_secret = "s", connection = "C",
          stop = function() end,
        }
        return true
      end,
    },
    values = { AUTH0_MIGRATE_TIME_SCALE = "60" },
  })
  tap.equal({ status, asked.port, asked.tier, asked.time_scale }, { 0, 0, "free", 60 })
  tap.equal(out, SAID)
end)

---A child process that says what it is told to, then nothing more.
local function child_of(text, exit)
  local child = { closed = false }
  function child.status() return exit or 1 end
  function child.read()
    local data = text
    text = nil
    return data
  end
  function child.close() child.closed = true end
  return child
end

test("rehearse runs against the tenant it started, with consent, and stops it", function()
  local child, argv, settings = child_of(SAID), nil, nil
  local status = with_session(function(_, given)
    settings = given
    return report_of()
  end, { "rehearse", SHOP, "input=a", "--tier", "free" }, {
    spawn = function(given)
      argv = given
      return child
    end,
    values = { AUTH0_DOMAIN = "production.auth0.com", AUTH0_CLIENT_SECRET = "real" },
  })
  tap.equal(status, 0)
  tap.equal(table.concat(argv, " ", 2), "tenant --port 0 --tier free")
  tap.equal(settings.base, "http://127.0.0.1:1")
  tap.equal(settings.credentials, { client_id = "i", client_secret = "s" })
  tap.equal({ settings.connection, settings.run_dir }, { "C", "shop.rehearsal" })
  tap.equal(settings.yes, true)
  assert(child.closed)
end)

---The time scale of a rehearsal's tenant and of its run.
local function scales(values)
  local env, settings
  with_session(function(_, given)
    settings = given
    return report_of()
  end, { "rehearse", SHOP, "input=a" }, {
    spawn = function(_, given)
      env = given.env
      return child_of(SAID)
    end,
    values = values,
  })
  return { env.AUTH0_MIGRATE_TIME_SCALE, settings.time_scale }
end

test("a rehearsal has a fast clock, the tenant's too, unless the environment names one", function()
  tap.equal(scales {}, { "20", 20 })
  tap.equal(scales { AUTH0_MIGRATE_TIME_SCALE = "3" }, { "3", 3 })
end)

test("the statement of a rehearsal says how long production takes by tier", function()
  local _, out = with_session(function()
    local report = report_of()
    report.records.staged = 1000000
    return report
  end, { "rehearse", SHOP, "input=a" }, { spawn = function() return child_of(SAID) end })
  tap.contains(out, "in production the import takes about: "
    .. "enterprise 2 h 30 min, production 8 h 41 min, free 25 h 00 min")
end)

for _, exit in ipairs { 1, 2 } do
  test("a tenant that ends with " .. exit .. " before it is ready ends the rehearsal", function()
    local status, _, err = run({ "rehearse", SHOP, "input=a" },
      { spawn = function() return child_of("AUTH0_DOMAIN=x\n", exit) end })
    tap.equal(status, exit)
    tap.contains(err, "ended before it was ready")
  end)
end

test("existing users that are not there are told before anything is started", function()
  local status, _, err = run({ "rehearse", SHOP, "input=a", "--existing", "nowhere.json" },
    { spawn = function() error("started") end })
  tap.equal(status, 2)
  tap.contains(err, "no file nowhere.json")
end)

test("faults that are not rules are told before anything is started", function()
  local status, _, err = run({ "rehearse", SHOP, "input=a", "--faults", "nowhere.yaml" },
    { spawn = function() error("started") end })
  tap.equal(status, 2)
  tap.contains(err, "nowhere.yaml")
end)

-- What people see -------------------------------------------------------------------------

local NUMBERS <const> = {
  { 0, "0" }, { 999, "999" }, { 1000, "1 000" }, { 1204331, "1 204 331" }, { -1234, "-1 234" },
  { 12.6, "13" },
}

for _, case in ipairs(NUMBERS) do
  test(case[1] .. " is written " .. case[2], function()
    tap.equal(words.number(case[1]), case[2])
  end)
end

local DURATIONS <const> = {
  { 0, "under 1 s" }, { 0.96, "1.0 s" }, { 4.23, "4.2 s" }, { 9.96, "10 s" },
  { 59.7, "1 min 00 s" },
  { 200, "3 min 20 s" }, { 7500, "2 h 05 min" }, { 200000, "2 days 7 h" },
}

for _, case in ipairs(DURATIONS) do
  test(case[1] .. " seconds are written " .. case[2], function()
    tap.equal(words.duration(case[1]), case[2])
  end)
end

for _, case in ipairs {
  { 0.02, "1/min" }, { 0.4, "24/min" }, { 2.5, "2.5/s" }, { 33.3, "33/s" }, { 1234.5, "1 235/s" },
} do
  test(case[1] .. " a second are " .. case[2], function()
    tap.equal(words.rate(case[1]), case[2])
  end)
end

test("the statement names what was not touched and every code", function()
  local text = words.statement(report_of {
    users = { inserted = 1, updated = 0, already_there = 1, failed = 1, pending = 0 },
    codes = { rejected = {}, failed = { CONFLICT_EMAIL = 1 } }, balanced = false,
  })
  tap.contains(text, "not touched, passwords included")
  tap.contains(text, "CONFLICT_EMAIL 1")
  tap.contains(text, "shop.run/report.html, failed.ndjson, already_there.ndjson\n")
  tap.contains(text, "do NOT balance")
end)

test("why a run ended stands below its status, without saying it twice", function()
  local text = words.statement(report_of { status = "planned", message = "planned; not sent" })
  tap.contains(text, "shop-1: planned\nnot sent\n")
end)

---A screen on a terminal and the clock it goes by.
local function new_ui(tty, options_)
  local device, time = new_terminal(tty), { 0 }
  options_ = options_ or {}
  options_.terminal, options_.now = device, function() return time[1] end
  return ui.new(options_), device, time
end

test("a bar is redrawn at most ten times a second", function()
  local screen, device, time = new_ui { stderr = true }
  local draws = 0
  for i = 0, 99 do
    time[1] = i * 0.01
    screen:progress { phase = "import", done = i, total = 100 }
  end
  for _ in device.stderr:gmatch("\r") do draws = draws + 1 end
  assert(draws >= 5 and draws <= 10, draws)
  tap.contains(device.stderr, "0 of 100 users")
end)

test("a message takes the bar away first", function()
  local screen, device = new_ui { stderr = true }
  screen:progress { phase = "stage", done = 1, share = 0.5 }
  screen:warn("mind")
  assert(device.stderr:find("\r\27[K", 1, true))
  tap.contains(device.stderr, "\r\27[K\27[33mwarning: \27[0mmind\n")
end)

test("elsewhere a plain line comes every ten seconds and at the end", function()
  local screen, device, time = new_ui()
  for i = 0, 25 do
    time[1] = i
    screen:progress { phase = "stage", done = i * 1000, share = i / 50, seconds = i }
  end
  screen:progress { phase = "stage", finished = true, seconds = 25 }
  tap.equal(device.stderr,
    "stage: 20 %, 10 000 records, 1 000/s, 40 s left\n"
    .. "stage: 40 %, 20 000 records, 1 000/s, 30 s left\nstage: done in 25 s\n")
end)

test("--quiet shows no progress, but warnings", function()
  local screen, device = new_ui({}, { quiet = true })
  screen:progress { phase = "stage", finished = true, seconds = 25 }
  screen:say("a word")
  screen:warn("mind")
  tap.equal(device.stderr, "warning: mind\n")
end)

test("colour needs a terminal, and neither NO_COLOR nor --no-color", function()
  local function color(tty, no_color, env)
    return (new_ui({ stderr = tty }, {
      no_color = no_color, env = function(name) return env[name] end,
    })).color
  end
  tap.equal(color(true, false, {}), true)
  tap.equal(color(false, false, {}), false)
  tap.equal(color(true, true, {}), false)
  tap.equal(color(true, false, { NO_COLOR = "1" }), false)
  tap.equal(color(true, false, { NO_COLOR = "" }), true)
end)

local ANSWERS <const> = {
  { "y", true }, { "Yes ", true }, { "n", false }, { "", false }, { "maybe", false },
  { false, false },
}

for _, case in ipairs(ANSWERS) do
  test(string.format("the answer %q means %s", tostring(case[1]), case[2]), function()
    local device = new_terminal({ stdin = true, stderr = true }, case[1])
    tap.equal(ui.new({ terminal = device }):ask("Import?"), case[2])
    tap.contains(device.stderr, "Import? [y/N] ")
  end)
end

test("a question ends when it is cancelled", function()
  local device = new_terminal { stdin = true, stderr = true }
  local screen = ui.new { terminal = device }
  function device.prompt()
    return { close = function() end, line = function() screen:cancel() end }
  end
  tap.equal(screen:ask("Import?"), nil)
end)

test("nobody is asked without a terminal or with --no-input", function()
  tap.equal(ui.new({ terminal = new_terminal({ stderr = true }, "y") }):ask("Import?"), nil)
  local device = new_terminal({ stdin = true, stderr = true }, "y")
  tap.equal(ui.new({ terminal = device, no_input = true }):ask("Import?"), nil)
end)

test("the manual has the tables of commands and options as they are", function()
  local manual = assert(file.read("docs/commands.md"))
  tap.contains(manual, help.commands_table(main.commands()))
  tap.contains(manual, help.options_table())
  tap.contains(assert(file.read("README.md")), help.commands_table(main.commands()))
end)

test("the fixtures leave no rehearsal behind", function()
  tap.equal(file.stat("shop.rehearsal"), nil)
end)
