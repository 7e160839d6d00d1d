--- cli: the command lines of tenant and rehearse.

local file = require "host.file"
local rig = require "tests.lualib.cli.rig"
local tap = require "tests.tap"

local test = tap.test
local SHOP, report_of, run = rig.SHOP, rig.report_of, rig.run

local SAID <const> = "AUTH0_DOMAIN=http://127.0.0.1:1\nAUTH0_CLIENT_ID=i\nAUTH0_CLIENT_SECRET=s\n"
  .. "AUTH0_CONNECTION=C\n\n"

test("tenant prints a usable .env and an empty line", function()
  local asked
  local status, out = run({ "tenant", "--tier", "free" }, {
    modules = { tenant = { serve = function(options_)
      asked = options_
      options_.on_ready {
        domain = "http://127.0.0.1:1", client_id = "i", client_secret = "s", connection = "C",
        stop = function() end,
      }
      return true
    end } },
    values = { AUTH0_MIGRATE_TIME_SCALE = "60" },
  })
  tap.equal({ status, asked.port, asked.tier, asked.time_scale }, { 0, 0, "free", 60 })
  tap.equal(out, SAID)
end)

---Runs a command line: the options that the rehearsal got, status, stdout, stderr.
---@param args string[]
---@param report Report
---@param values? table<string, string>  the environment
local function rehearse(args, report, values)
  local asked
  local status, out, err = run(args, {
    values = values, modules = { rehearsal = { run = function(options)
      asked = options
      return report
    end } },
  })
  return asked, status, out, err
end

test("rehearse passes its arguments to the rehearsal and shows the report", function()
  local asked, status, out, err = rehearse({ "rehearse", SHOP, "input=a", "--tier", "free",
    "--existing", "e.json", "--faults", "f.yaml", "--doubt", "path=pointer" },
    report_of { exit = 3, next = "auth0-migrate report shop.rehearsal" },
    { AUTH0_DOMAIN = "production.auth0.com", AUTH0_CLIENT_SECRET = "real" })
  tap.equal(status, 3)
  tap.contains(out, "The books balance")
  tap.contains(err, "next: auth0-migrate report shop.rehearsal\n")
  tap.equal({ asked.recipe.name, asked.directory }, { "shop", "shop.rehearsal" })
  tap.equal(asked.tenant, { tier = "free", existing = "e.json", faults = "f.yaml",
    doubts = { { name = "path", value = "pointer" } } })
  tap.contains(asked.command, "auth0-migrate rehearse " .. SHOP .. " input=a --tier free")
  tap.equal({ asked.settings.base, asked.settings.credentials.client_secret }, {})
end)

test("a rehearsal has its own time scale, unless the environment sets one", function()
  local args = { "rehearse", SHOP, "input=a" }
  tap.equal(rehearse(args, report_of()).time_scale, nil)
  tap.equal(rehearse(args, report_of(), { AUTH0_MIGRATE_TIME_SCALE = "3" }).time_scale, 3)
end)

test("the logins of a file are passed to the rehearsal", function()
  local folder = assert(file.temporary())
  local _ <close> = setmetatable({}, { __close = function() file.remove_tree(folder) end })
  assert(file.write(folder .. "/l.csv", "id,password\nana@example.com,secret\n"))
  local asked = rehearse({ "rehearse", SHOP, "input=a", "--logins", folder .. "/l.csv" },
    report_of())
  tap.equal(asked.logins, { { id = "ana@example.com", password = "secret" } })
end)

test("the report of a rehearsal estimates the import time by tier", function()
  local _, _, out = rehearse({ "rehearse", SHOP, "input=a" },
    report_of { forecast = require("check.plan").hours(1000000, 2) })
  tap.contains(out, "estimated import time by tier: "
    .. "enterprise 2 h 30 min, production 8 h 41 min, free 25 h 00 min")
end)
