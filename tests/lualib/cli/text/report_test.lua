--- cli: output for people: numbers, reports, bars, questions.

local format = require "base.format"
local rig = require "tests.lualib.cli.rig"
local followup = require "cli.text.followup"
local clock = require "host.clock"
local status_text = require "cli.text.status"
local tap = require "tests.tap"
local ui = require "cli.common.ui"
local report_text = require "cli.text.report"

local test = tap.test
local new_terminal, report_of = rig.new_terminal, rig.report_of

local NUMBERS <const> = {
  { 0, "0" }, { 999, "999" }, { 1000, "1 000" }, { 1204331, "1 204 331" }, { -1234, "-1 234" },
  { 12.6, "13" },
}

for _, case in ipairs(NUMBERS) do
  test(case[1] .. " is written " .. case[2], function()
    tap.equal(format.number(case[1]), case[2])
  end)
end

local DURATIONS <const> = {
  { 0, "under 1 s" }, { 0.96, "1.0 s" }, { 4.23, "4.2 s" }, { 9.96, "10 s" },
  { 59.7, "1 min 00 s" },
  { 200, "3 min 20 s" }, { 7500, "2 h 05 min" }, { 200000, "2 days 7 h" },
}

for _, case in ipairs(DURATIONS) do
  test(case[1] .. " seconds are written " .. case[2], function()
    tap.equal(format.duration(case[1]), case[2])
  end)
end

for _, case in ipairs {
  { 0.02, "1/min" }, { 0.4, "24/min" }, { 2.5, "2.5/s" }, { 33.3, "33/s" }, { 1234.5, "1 235/s" },
} do
  test(case[1] .. " a second are " .. case[2], function()
    tap.equal(format.rate(case[1]), case[2])
  end)
end

test("a moment is shown to the minute", function()
  tap.equal(format.moment("2026-11-24T16:51:08.646Z"), "2026-11-24 16:51 UTC")
end)

test("the report names connection and tenant", function()
  local report = report_of { tenant = "https://acme.eu.auth0.com", connection = "Users" }
  tap.contains(report_text.statement(report), "\ninto Users at acme.eu.auth0.com\n")
end)

test("the report names unchanged users and every code", function()
  local text = report_text.statement(report_of {
    users = { inserted = 1, updated = 0, already_there = 1, failed = 1, pending = 0 },
    codes = { rejected = {}, failed = { CONFLICT_EMAIL = 1 } }, balanced = false,
  })
  tap.contains(text, "unchanged, including their passwords")
  tap.contains(text, "CONFLICT_EMAIL 1")
  tap.contains(text, "shop.run/report.html, failed.ndjson, already_there.ndjson\n")
  tap.contains(text, "do NOT balance")
end)

test("a run whose jobs have not ended shows no import time", function()
  local text = report_text.statement(report_of {
    jobs = { submitted = 2, completed = 0, failed = 0 },
  })
  tap.contains(text, "2 jobs started, none ended")
  assert(not text:find("imported in", 1, true), text)
end)

test("a report whose next command is a retry says what to do first", function()
  local advice = "Before you retry, repair the users in failed.ndjson"
  tap.contains(report_text.statement(report_of { next = "auth0-migrate retry shop.run" }), advice)
  assert(not report_text.statement(report_of()):find(advice, 1, true))
end)

test("the reason why an undo ended is below its status", function()
  local text = followup.undo { run = "shop-1", status = "interrupted", deleted = 1, gone = 0,
    kept = {}, message = "what was deleted is recorded" }
  tap.contains(text, "shop-1: interrupted\nwhat was deleted is recorded\n")
end)

---The status text of a run in this state.
local function status_of(changes)
  local status = report_of { staged = true, agreed = true, finished = false, chunks = {} }
  for key, value in pairs(changes) do status[key] = value end
  return status_text.of(status)
end

test("status says that a run waits for consent", function()
  tap.contains(status_of { agreed = false }, "shop-1: planned, waiting for consent\n")
end)

test("status says whether a process works on the run, and which", function()
  local lock = { pid = 4711, host = "box", since = "2026-11-24T16:51:07Z" }
  tap.contains(status_of { working = true, lock = lock },
    "unfinished\nworking: process 4711 on box since 2026-11-24 16:51 UTC\n")
  tap.contains(status_of { working = true, lock = {} }, "working: another process\n")
  tap.contains(status_of { working = false }, "unfinished\nno process works on this run\n")
  assert(not status_of { working = false, finished = true }:find("process", 1, true))
  tap.contains(status_of { working = true, lock = lock, staged = false }, "shop-1: staging\n")
  tap.contains(status_of { working = false, staged = false }, "shop-1: not staged completely\n")
end)

test("the reason why a run ended is below its status", function()
  local text = report_text.statement(report_of { status = "planned", message = "not sent" })
  tap.contains(text, "shop-1: planned\nnot sent\n")
end)

---A Ui with a fake terminal and clock.
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

test("a bar gets shorter if the figures need its columns", function()
  local screen, device = new_ui { stderr = true }
  screen:progress { phase = "import", done = 25535, total = 29930, users_per_second = 102, jobs = 2,
    eta = 43 }
  tap.contains(device.stderr, "[===========   ] 85 %  25 535 of 29 930 users")
  tap.contains(device.stderr, "43 s left")
end)

test("a message removes the bar first", function()
  local screen, device = new_ui { stderr = true }
  screen:progress { phase = "stage", done = 1, share = 0.5 }
  screen:warn("careful")
  assert(device.stderr:find("\r\27[K", 1, true))
  tap.contains(device.stderr, "\r\27[K\27[33mwarning: \27[0mcareful\n")
end)

test("without a terminal there is a line every ten seconds and at the end", function()
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
  screen:warn("careful")
  tap.equal(device.stderr, "warning: careful\n")
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

test("while a question is open, no bar is drawn, and messages leave it on the last line", function()
  local device = new_terminal { stdin = true, stderr = true }
  local screen = ui.new { terminal = device, no_color = true }
  function device.prompt()
    return { close = function() end, line = function()
      screen:progress { phase = "import", done = 1, total = 2 }
      screen:outage { since = 0, patience_until = 0, why = "network" }
      screen:warn "careful"
      return "y"
    end }
  end
  tap.equal(screen:ask("Import?", { "about it" }, "auth0-migrate preview"), true)
  tap.equal(device.stderr, "about it\ntry: auth0-migrate preview\nImport? [y/N] "
    .. "\nwarning: careful\nImport? [y/N] ")
  screen:progress { phase = "import", done = 1, total = 2 }
  tap.contains(device.stderr, "no answer since 00:00")
end)

test("an outage takes the place of rate and time left, and is kept by the next progress", function()
  local screen, device, time = new_ui { stderr = true }
  local now = clock.now()
  local shown = { phase = "import", done = 30, total = 60, jobs = 2, users_per_second = 5 }
  screen:progress(shown)
  tap.contains(device.stderr, "6.0 s left")
  time[1], device.stderr = 1, ""
  screen:outage { since = now - 60, next_try = now + 12.4, patience_until = now + 7140 }
  local pattern = "^\r\27%[Kimport  50 %%  no answer since %d%d:%d%d, next try in 12 s, "
    .. "gives up %d%d:%d%d UTC$"
  assert(device.stderr:find(pattern), device.stderr)
  time[1], device.stderr = 2, ""
  shown.done = 31
  screen:progress(shown)
  tap.contains(device.stderr, "51 %  no answer since ")
  time[1], device.stderr = 3, ""
  screen:outage(nil)
  tap.contains(device.stderr, "31 of 60 users  5.0/s  2 jobs  5.8 s left")
end)

test("an outage before the first progress has a bar, which is removed at its end", function()
  local screen, device, time = new_ui { stderr = true }
  screen:outage { since = 0, patience_until = 7200 }
  tap.equal(device.stderr, "\r\27[Kconnect no answer since 00:00, trying now, gives up 02:00 UTC")
  time[1], device.stderr = 1, ""
  screen:outage(nil)
  tap.equal(device.stderr, "\r\27[K")
end)

test("what has stalled has neither rate nor time left", function()
  local screen, device = new_ui { stderr = true }
  screen:progress { phase = "import", done = 30, total = 60, seconds = 10, jobs = 1, stalled = true,
    detail = "2 import jobs of other clients hold slots" }
  tap.contains(device.stderr, "50 %  30 of 60 users  1 job  2 import jobs of other")
end)

test("there is no question without a terminal or with --no-input", function()
  tap.equal(ui.new({ terminal = new_terminal({ stderr = true }, "y") }):ask("Import?"), nil)
  local device = new_terminal({ stdin = true, stderr = true }, "y")
  tap.equal(ui.new({ terminal = device, no_input = true }):ask("Import?"), nil)
end)
