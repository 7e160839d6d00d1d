--- The built-in tenant with TLS: only clients that trust its authority can connect.

local program = require "tests.e2e.program"
local file = require "host.file"
local tap = require "tests.tap"
local test = tap.test

---The certificate file that the tenant prints.
local function authority(scene, started)
  return scene:until_("the certificates", function()
    return started.stderr:match("%-%-ca%-file (%S+)\n")
  end)
end

test("a tenant with TLS requires --ca-file; with another authority a run ends with 2", function()
  program.scene(3, function(scene)
    local started = scene:tenant { "--tls" }
    tap.contains(scene.env.AUTH0_DOMAIN, "https://127.0.0.1:")
    local refused = scene:run(program.words("--yes")):ends_with(2)
    tap.contains(refused.stderr, "cannot establish a TLS connection to https://127.0.0.1:")
    tap.contains(refused.stderr, "--ca-file")
    local path = authority(scene, started)
    local other = scene:start { "tenant", "--tls" }
    refused = scene:run(program.words("--yes", "--fresh", "--ca-file", authority(scene, other)))
      :ends_with(2)
    tap.contains(refused.stderr, "certificate")
    scene:run(program.words("--yes", "--fresh", "--ca-file", path)):ends_with(0)
    started:kill("TERM")
    started:ends_with(0)
    assert(not file.stat(path), "the authority's file is left behind")
  end)
end)

test("with a state file the authority is the same after a restart", function()
  program.scene(nil, function(scene)
    local started = scene:tenant { "--tls", "--state", "tenant.db" }
    local path = authority(scene, started)
    local first = assert(file.read(scene:path(path)))
    started:kill("TERM")
    started:ends_with(0)
    scene:tenant { "--tls", "--state", "tenant.db" }
    tap.equal(assert(file.read(scene:path(path))), first)
  end)
end)
