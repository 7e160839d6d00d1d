--- A run directory that others can reach, or that is not what it seems.

local file = require "host.file"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local function sh(s, command)
  assert(os.execute(string.format("cd '%s' && %s", s.folder, command)), command)
end

local function mode(s, name)
  return string.format("%o", assert(file.stat(s:path(name))).mode & 511)
end

for before, names in pairs {
  ["mkdir -m 777 shop.run"] = { "shop.run" },
  ["mkdir -m 700 shop.run && mkdir -m 777 shop.run/chunks"] = { "shop.run/chunks" },
  ["mkdir -m 700 shop.run && touch shop.run/log.ndjson && chmod 666 shop.run/log.ndjson"] = {
    "shop.run/log.ndjson" },
} do
  test("what others can reach is made private, and it is said: " .. before, function()
    scene(3, function(s)
      sh(s, before)
      local ended = s:run(words()):ends_with(8)
      contains(ended.stderr, "shop.run was accessible to other users; it is private now")
      equal({ mode(s, "shop.run"), mode(s, "shop.run/chunks"), mode(s, "shop.run/log.ndjson") },
        { "700", "700", "600" })
      for _, name in ipairs(names) do assert(file.stat(s:path(name))) end
      sh(s, "chmod 644 shop.run/chunks/*")
      contains(s:run({ "resume" }):ends_with(8).stderr, "was accessible to other users")
      equal(s:run({ "resume" }):ends_with(8).stderr:find("accessible", 1, true), nil)
    end)
  end)
end

local LINK <const> = "mkdir -m 700 shop.run other && ln -s ../%s shop.run/%s"

for name, before in pairs {
  ["shop.run/rejected.ndjson"] = LINK:format("elsewhere", "rejected.ndjson"),
  ["shop.run/log.ndjson"] = LINK:format("elsewhere", "log.ndjson"),
  ["shop.run/journal.db"] = LINK:format("elsewhere", "journal.db"),
  ["shop.run/chunks"] = LINK:format("other", "chunks"),
  ["shop.run"] = "mkdir -m 700 other && touch other/x && ln -s other shop.run",
} do
  test("nothing is written through a link: " .. name, function()
    scene(3, function(s)
      s:write("elsewhere", "kept")
      sh(s, before)
      local ended = s:run(words()):ends_with(2)
      contains(ended.stderr, name .. " is a symbolic link; remove it, or use another --run-dir")
      equal(s:read "elsewhere", "kept")
      equal(#(file.list(s:path "other") or {}) <= 1, true)
    end)
  end)
end

test("what another user owns is not used", function()
  scene(3, function(s)
    if not os.execute(string.format("mkdir -m 700 '%s/shop.run' && chown 65534 '%s/shop.run' "
      .. "2>/dev/null", s.folder, s.folder)) then
      tap.skip "only root can give a folder away"
    end
    contains(s:run(words()):ends_with(2).stderr, "shop.run belongs to another user")
  end)
end)

test("a folder with other files keeps its mode, and is refused where others may write", function()
  scene(3, function(s)
    sh(s, "mkdir -m 755 mixed && touch mixed/notes.txt")
    s:run(words("--run-dir", "mixed")):ends_with(8)
    equal({ mode(s, "mixed"), mode(s, "mixed/journal.db") }, { "755", "600" })
    sh(s, "mkdir -m 777 open && chmod 777 open && touch open/notes.txt")
    contains(s:run(words("--run-dir", "open")):ends_with(2).stderr,
      "open is writable by other users; use a --run-dir of its own")
    equal(mode(s, "open"), "777")
  end)
end)

test("files with a secret that others can read are warned of, and doctor fails them", function()
  local KEYED = [[
return {
  params = { pepper = { secret = true }, label = {} },
  source = function() return next, { "x" } end,
  map = function() return nil, "no user" end,
}]]
  scene(1, function(s)
    s:write("keyed.lua", KEYED)
    sh(s, "umask 022; printf s3cr3t > secret; printf s3cr3t > pepper; chmod 640 pepper; "
      .. "printf s3cr3t > own; chmod 600 own; printf 'client_secret: s3cr3t\\n' > c.yaml; "
      .. "printf 'client_secret: ${ACME}\\n' > v.yaml")
    local function warned(args, env)
      local said = s:run(args, env).stderr
      return said:match("warning: other users can read the secret in ([^\n]*)")
    end
    local check = { "check", "keyed.lua", "label=@pepper" }
    equal(warned(check), nil)
    equal(warned { "check", "keyed.lua", "pepper=@own" }, nil)
    equal(warned { "check", "keyed.lua", "pepper=@pepper" }, "pepper; run `chmod 600 pepper`")
    equal(warned { "check", "keyed.lua", "--config", "c.yaml" }, "c.yaml; run `chmod 600 c.yaml`")
    equal(warned({ "check", "keyed.lua", "--config", "v.yaml" }, { ACME = "s3cr3t" }), nil)
    local env = { AUTH0_DOMAIN = "http://127.0.0.1:1", AUTH0_CLIENT_ID = "c",
      AUTH0_CLIENT_SECRET_FILE = "secret" }
    equal(warned({ "verify" }, env), "secret; run `chmod 600 secret`")
    local ended = s:run({ "doctor", "--config", "c.yaml" }, env)
    contains(ended.stdout, "FAIL secret files: c.yaml, secret: other users can read the secret")
    equal(ended.stderr:find("warning", 1, true), nil)
    env.AUTH0_CLIENT_SECRET_FILE = "own"
    equal(s:run({ "doctor" }, env).stdout:find("secret files", 1, true), nil)
  end)
end)

-- Reads what the recipe can of the environment, the one that the program was started with too.
local SPY <const> = [[
local csv = require "source.csv"
for _, name in ipairs { "/proc/self/environ", "/proc/" .. "self/task/self/environ" } do
  local file = io.open(name)
  for word in (file and file:read("a") or ""):gmatch("%Z+") do
    for _, secret in ipairs { "hunter2", "s3cr3t" } do
      if word:find(secret, 1, true) then print("seen: " .. word) end
    end
  end
end
return {
  params = { input = { required = true }, pepper = { secret = true } },
  source = function(params) return csv.records(params.input) end,
  map = function(row, params) return { email = row.email, name = params.pepper } end,
}]]

test("a recipe finds no secret of the environment, whatever the command", function()
  scene(1, function(s)
    s:write("spy.lua", SPY)
    s:write("auth0-migrate.yaml",
      "client_secret: ${ACME_SECRET}\nparams: { pepper: \"${PEPPER}\" }\n")
    local env = {
      AUTH0_CLIENT_SECRET = "hunter2", AUTH0_ACCESS_TOKEN = "hunter2", ACME_SECRET = "s3cr3t",
      PEPPER = "s3cr3t",
    }
    for _, command in ipairs { "check", "preview", "plan" } do
      local ended = s:run({ command, "spy.lua", "input=people.csv" }, env):ends_with(0)
      equal(ended.stderr:find("seen: ", 1, true), nil, ended.stderr)
    end
    contains(s:run({ "preview", "spy.lua", "input=people.csv" }, env).stdout, "s3cr3t")
  end)
end)
