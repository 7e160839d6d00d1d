--- The built-in tenant with TLS: who trusts its authority gets in, and nobody else.

local program = require "tests.e2e.program"
local file = require "host.file"
local tap = require "tests.tap"
local test = tap.test

---The file that the tenant names.
local function authority(scene, started)
  return scene:until_("the certificates", function()
    return started.stderr:match("%-%-ca%-file (%S+)\n")
  end)
end

test("a tenant with TLS wants --ca-file, and with another authority a run ends with 2", function()
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

test("with a state file the authority stays the same from one start to the next", function()
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
