--- cli: tenant and rehearse, with a child that is a fake.

local file = require "host.file"
local rig = require "tests.lualib.cli.rig"
local tap = require "tests.tap"

local test = tap.test
local SHOP, report_of, run, with_session = rig.SHOP, rig.report_of, rig.run, rig.with_session

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

test("the fixtures leave no rehearsal behind", function()
  tap.equal(file.stat("shop.rehearsal"), nil)
end)
