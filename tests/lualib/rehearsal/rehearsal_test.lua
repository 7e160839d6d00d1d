--- rehearsal: a run against a tenant that it starts, and failures before the tenant is ready.

local config = require "cli.common.config"
local exit_status = require "base.exit_status"
local file = require "host.file"
local json = require "host.json"
local path = require "base.path"
local process = require "host.process"
local recipes = require "recipe"
local rehearsal = require "rehearsal"
local rig = require "tests.lualib.cli.rig"
local scheduler = require "base.scheduler"
local settings = require "cli.common.settings"
local tap = require "tests.tap"
local ui = require "cli.common.ui"

local test = tap.test

local RECIPE <const> = [[
return {
  source = function()
    local at = 0
    return function()
      at = at + 1
      return at == 1 and { mail = "ana@example.com" } or nil, "line " .. at
    end
  end,
  map = function(row) return { email = row.mail } end,
}]]

local function env() end

---Rehearses in a temporary folder. `fn` receives the folder and what is returned.
---@param changes fun(folder: string): table  options in place of the usual ones
---@param fn fun(folder: string, report?: Report, message?: string, kind?: Kind)
local function rehearse(changes, fn)
  local folder = assert(file.temporary())
  local _ <close> = setmetatable({}, { __close = function() file.remove_tree(folder) end })
  assert(file.write(path.join(folder, "shop.lua"), RECIPE))
  local options = {
    recipe = assert(recipes.load(path.join(folder, "shop.lua"))),
    settings = assert(settings.resolve {
      flags = {}, config = assert(config.load { env = env }), env = env, offline = true,
    }),
    ui = ui.new { terminal = rig.new_terminal(), env = env },
    directory = path.join(folder, "shop.rehearsal"), command = "auth0-migrate rehearse shop",
    tenant = {},
  }
  for name, value in pairs(changes(folder)) do options[name] = value end
  local result = table.pack(scheduler.run(rehearsal.run, options))
  fn(folder, table.unpack(result, 1, result.n))
end

---A spawn that starts the real process and records its arguments in `seen`.
local function watching(seen)
  return function(argv, options)
    seen.argv, seen.env = table.concat(argv, " ", 2), options.env
    local child, message, kind = process.spawn(argv, options)
    seen.child = child
    return child, message, kind
  end
end

test("the run goes to the tenant that was started, which is then ended", function()
  local seen = {}
  rehearse(function() return { spawn = watching(seen), tenant = { tier = "enterprise" } } end,
    function(folder, report, message)
      assert(report, message)
      tap.equal({ report.exit, report.users.inserted, report.balanced }, { 0, 1, true })
      tap.contains(report.tenant, "http://127.0.0.1:")
      tap.equal(report.next, json.null)
      tap.equal(#report.forecast, 3)
      local written = json.decode(assert(file.read(path.join(folder,
        "shop.rehearsal/report.json"))))
      tap.equal(#written.forecast, 3)
    end)
  tap.equal(seen.argv, "tenant --port 0 --tier enterprise")
  tap.equal(seen.env, { AUTH0_MIGRATE_TIME_SCALE = "20" })
  tap.raises(function() seen.child:status() end, "closed")
end)

test("the clock is the caller's, and the caller's settings are unchanged", function()
  local seen, own = {}, nil
  rehearse(function()
    own = assert(settings.resolve { flags = {}, config = assert(config.load { env = env }),
      env = env, offline = true })
    return { spawn = watching(seen), time_scale = 50, settings = own }
  end, function(_, report, message) tap.equal(report and report.exit, 0, message) end)
  tap.equal(seen.env, { AUTH0_MIGRATE_TIME_SCALE = "50" })
  tap.equal({ own.base, own.run_dir, own.yes, own.time_scale }, { nil, nil, false, 1 })
end)

test("a failed login makes the exit status 3, with the report as the next command", function()
  rehearse(function()
    return { logins = { { id = "ana@example.com", password = "no such" } } }
  end, function(_, report)
    tap.equal({ report.exit, report.logins.tried, #report.logins.failed }, { 3, 1, 1 })
    tap.contains(report.next, "auth0-migrate report ")
  end)
end)

---A child process that prints a text, then nothing.
local function child_of(text, exit)
  local child = { closed = false }
  function child.status() return exit end
  function child.read()
    local data = text
    text = nil
    return data
  end
  function child.close() child.closed = true end
  return child
end

for exit, kind in pairs { [1] = "fatal", [2] = "usage" } do
  test("a tenant that exits with " .. exit .. " before it is ready ends the rehearsal", function()
    local child = child_of("AUTH0_DOMAIN=x\n", exit)
    rehearse(function() return { spawn = function() return child end } end,
      function(_, report, message, what)
        tap.equal({ report, what, child.closed }, { nil, kind, true })
        tap.contains(message, "exited before it was ready")
      end)
  end)
end

---A spawn that must not be called.
local function never() error("started") end

for name, tenant in pairs {
  ["missing existing users"] = { existing = "nowhere.json" },
  ["missing faults"] = { faults = "nowhere.yaml" },
} do
  test(name .. " are told before anything is started", function()
    rehearse(function() return { tenant = tenant, spawn = never } end,
      function(_, report, message, kind)
        tap.equal({ report, exit_status.of(kind) }, { nil, 2 })
        tap.contains(message, tenant.existing or tenant.faults)
      end)
  end)
end

test("a folder that is not a rehearsal is left alone", function()
  rehearse(function(folder)
    assert(file.mkdir(path.join(folder, "shop.rehearsal/chunks")))
    assert(file.write(path.join(folder, "shop.rehearsal/diary.txt"), "mine"))
    return { spawn = never }
  end, function(folder, report, message, kind)
    tap.equal({ report, kind }, { nil, "usage" })
    tap.contains(message, "is not a rehearsal")
    tap.equal(file.read(path.join(folder, "shop.rehearsal/diary.txt")), "mine")
  end)
end)
