--- Terminals that are closed during a run.

local process = require "host.process"
local program = require "tests.e2e.program"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"

local contains, test = tap.contains, tap.test
local scene, words = program.scene, program.words

local function state_of(s, state)
  return s:journal("shop.run", function(book)
    return book.db:value("SELECT count(*) FROM chunk WHERE state = ?", state)
  end) or 0
end

local function is_finished(s)
  return s:journal("shop.run", function(book) return book:get "finished_at" end)
end

---A run of four jobs that receives SIGHUP with two in flight.
local function hung_up(args, env, fn)
  scene(40, function(s)
    s:slow_tenant(nil, 60)
    local run = s:start(words("--yes", "--chunk-users", "10", table.unpack(args)), env)
    s:until_("two jobs", function() return state_of(s, "sent") == 2 end)
    run:kill "HUP"
    fn(s, run)
  end)
end

for name, how in pairs {
  ["--quiet"] = { args = { "--quiet" } }, ["tmux"] = { env = { TMUX = "/tmp/tmux,1,0" } },
  ["screen"] = { env = { STY = "1.pts" } },
} do
  test("SIGHUP does not end a run with " .. name, function()
    hung_up(how.args or {}, how.env, function(s, run)
      run:ends_with(0)
      s:holds(40)
      contains(s:read "shop.run/log.ndjson", '"hang_up"')
    end)
  end)
end

test("SIGHUP ends any other run like an interrupt: 130, and resume continues", function()
  hung_up({}, nil, function(s, run)
    run:kill "HUP" -- a shell sends one in addition to the kernel
    run:ends_with(130)
    contains(run.stderr, "next: auth0-migrate resume shop.run")
    s:run({ "resume" }):ends_with(0)
    s:holds(40)
  end)
end)

test("a closed reader of its progress does not end a run", function()
  scene(30, function(s)
    s:slow_tenant(nil, 60)
    s.within = { "sh", "-c", [["$@" 2>&1 | true; exit 0]], "sh" }
    s:start(words("--yes", "--chunk-users", "10", "--verbose"))
    s.within = {}
    s:until_("the end", function() return is_finished(s) end)
    s:holds(30)
  end)
end)

---A run on its own terminal, which closes with two jobs in flight.
local function on_terminal(s, ...)
  local args = words("--yes", "--chunk-users", "10", ...)
  local line = process.program() .. " " .. table.concat(args, " ")
  s.within = { "sh", "-c", [[exec script --quiet --command "$0" /dev/null]], line }
  local terminal = s:start {}
  s.within = {}
  s:until_("two jobs", function()
    if terminal.status then tap.skip "no script(1) here" end
    return state_of(s, "sent") == 2
  end)
  terminal:kill "KILL"
end

test("closing the terminal does not end a quiet run", function()
  scene(40, function(s)
    s:slow_tenant(nil, 60)
    on_terminal(s, "--quiet")
    s:until_("the end", function() return is_finished(s) end)
    s:holds(40)
  end)
end)

test("closing the terminal interrupts any other run, which is resumed", function()
  scene(40, function(s)
    s:slow_tenant(nil, 60)
    on_terminal(s)
    s:until_("the report", function() return s:exists "shop.run/report.json" end)
    contains(s:read "shop.run/report.json", '"interrupted"')
    scheduler.sleep(0.1)
    s:run({ "resume" }):ends_with(0)
    s:holds(40)
  end)
end)
