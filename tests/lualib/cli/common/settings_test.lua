local config = require "cli.common.config"
local file = require "host.file"
local options = require "cli.common.options"
local settings = require "cli.common.settings"
local tap = require "tests.tap"
local test = tap.test

local function env_of(values)
  return function(name) return values[name] end
end

---Settings of flags, environment, a configuration's text, and a recipe's import table.
local function resolve(given)
  local folder = assert(file.temporary())
  local path = folder .. "/auth0-migrate.yaml"
  assert(file.write(path, given.yaml or ""))
  local env = env_of(given.env or {})
  local read, message, kind = config.load { path = path, profile = given.profile, env = env }
  local made
  if read and given.is_local then read.local_path = function() return "/here/config" end end
  if read then
    made, message, kind = settings.resolve {
      flags = given.flags or {}, config = read, env = env, offline = given.offline,
      recipe = { import = given.import },
    }
  end
  assert(file.remove_tree(folder))
  return made, message, kind
end

test("without any settings the defaults apply", function()
  local made = assert(resolve {})
  tap.equal(made.slots, 2)
  tap.equal(made.chunk_bytes, 400000)
  tap.equal(made.patience, 7200)
  tap.equal(made.upsert, false)
  tap.equal(made.base, nil)
  tap.equal(made.time_scale, 1)
  tap.equal(made.origin.slots, "default")
end)

test("flag beats profile beats environment beats file beats recipe", function()
  local yaml = "connection: from-file\nprofiles:\n  p: { connection: from-profile }\n"
  local all = {
    flags = { connection = "from-flag" }, env = { AUTH0_CONNECTION = "from-env" }, yaml = yaml,
    profile = "p", import = { connection = "from-recipe" },
  }
  local order = {
    { "flag", function() all.flags = nil end },
    { "profile", function() all.profile = nil end },
    { "environment", function() all.env = nil end },
    { "file", function() all.yaml = nil end },
    { "recipe", function() all.import = nil end },
  }
  for _, step in ipairs(order) do
    local made = assert(resolve(all))
    tap.equal(made.origin.connection, step[1])
    step[2]()
  end
  tap.equal(assert(resolve(all)).connection, nil)
end)

test("a recipe's import table and the file set options too", function()
  local made = assert(resolve {
    yaml = "slots: 4\nchunk_bytes: 300k\npatience: 1h30m\n",
    import = { slots = 3, upsert = true, chunk_users = 10 },
  })
  tap.equal({ made.slots, made.chunk_bytes, made.patience }, { 4, 300000, 5400 })
  tap.equal({ made.upsert, made.chunk_users }, { true, 10 })
end)

local DOMAINS <const> = {
  { "acme.eu.auth0.com", "https://acme.eu.auth0.com" },
  { "https://Acme.eu.auth0.com/", "https://acme.eu.auth0.com" },
  { "http://127.0.0.1:4010", "http://127.0.0.1:4010" },
  { "http://localhost:4010/", "http://localhost:4010" },
  { "http://[::1]:4010", "http://[::1]:4010" },
  { "localhost:3000", "https://localhost:3000" },
}

for _, case in ipairs(DOMAINS) do
  test("AUTH0_DOMAIN may be " .. case[1], function()
    tap.equal(assert(resolve { env = { AUTH0_DOMAIN = case[1] } }).base, case[2])
  end)
end

local BAD_DOMAINS <const> = {
  { "http://acme.eu.auth0.com", "is not encrypted" },
  { "http://127.0.0.1.evil.com", "is not encrypted" },
  { "http://localhost@evil.com", "must be a host" },
  { "https://acme.eu.auth0.com/api/v2", "must be a host" },
  { "ftp://acme", "must be a host" },
  { "acme eu", "must be a host" },
}

for _, case in ipairs(BAD_DOMAINS) do
  test("AUTH0_DOMAIN may not be " .. case[1], function()
    local made, message, kind = resolve { env = { AUTH0_DOMAIN = case[1] } }
    tap.equal(made, nil)
    tap.contains(message, case[2])
    tap.equal(kind, "usage")
  end)
end

test("a secret is read from its file, without the newline at its end", function()
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/s", "hunter2\n"))
  local made = assert(resolve { env = { AUTH0_CLIENT_SECRET_FILE = folder .. "/s" } })
  tap.equal(made.credentials.client_secret, "hunter2")
  local _, message = resolve {
    env = { AUTH0_CLIENT_SECRET_FILE = folder .. "/s", AUTH0_CLIENT_SECRET = "x" },
  }
  tap.contains(message, "sets both client_secret and client_secret_file")
  _, message = resolve { env = { AUTH0_PRIVATE_KEY_FILE = folder .. "/none" } }
  tap.contains(message, "AUTH0_PRIVATE_KEY_FILE")
  assert(file.remove_tree(folder))
end)

test("credentials are taken from the first layer that has any", function()
  local made = assert(resolve {
    yaml = "profiles:\n  staging: { client_secret: of-staging }\n", profile = "staging",
    env = { AUTH0_ACCESS_TOKEN = "of-production" },
  })
  tap.equal(made.credentials.client_secret, "of-staging")
  tap.equal(made.credentials.access_token, nil)
end)

local STAGING <const> = "profiles: { p: { domain: b.eu.auth0.com, client_secret: \"${S}\" } }\n"

-- {what, given, whether the tenant is to be confirmed}
local JOINED <const> = {
  {
    "domain of the file, secret of the environment", true,
    { yaml = "domain: a.b", env = { AUTH0_CLIENT_SECRET = "s" } },
  },
  {
    "domain of the file, token of the environment", true,
    { yaml = "domain: a.b", env = { AUTH0_ACCESS_TOKEN = "s" } },
  },
  { "domain of the file, ${S} as the secret", true,
    { yaml = "domain: a.b\nclient_secret: ${S}", env = { S = "s" } } },
  { "domain of the file with a variable in it", true,
    { yaml = "domain: ${S}.evil.example\nclient_secret: ${S}", env = { S = "s" } } },
  { "domain of the file, secret of a profile of the environment", true,
    { yaml = "domain: a.b\nprofiles: { p: { client_secret: \"${S}\" } }", profile = "p",
      env = { S = "s" } } },
  { "both of the file", false, { yaml = "domain: a.b\nclient_secret: s" } },
  { "both of the environment", false,
    { env = { AUTH0_DOMAIN = "a.b", AUTH0_CLIENT_SECRET = "s" } } },
  { "the environment's domain above the file's", false,
    { yaml = "domain: c.d", env = { AUTH0_DOMAIN = "a.b", AUTH0_CLIENT_SECRET = "s" } } },
  { "--domain above the file's", false,
    { yaml = "domain: c.d", flags = { domain = "a.b" }, env = { AUTH0_CLIENT_SECRET = "s" } } },
  { "domain of the environment by ${S}", false,
    { yaml = "domain: ${T}\nclient_secret: ${S}", env = { S = "s", T = "a.b" } } },
  { "domain of a named profile", false, { yaml = STAGING, profile = "p", env = { S = "s" } } },
  { "domain of the file and no secret", false, { yaml = "domain: a.b" } },
}

for _, case in ipairs(JOINED) do
  test(case[1] .. (case[2] and " is to be confirmed" or " needs no confirmation"), function()
    case[3].is_local = true
    tap.equal(assert(resolve(case[3])).unsaid ~= nil, case[2])
    case[3].is_local = false
    tap.equal(assert(resolve(case[3])).unsaid, nil, "a file elsewhere")
  end)
end

test("--domain is a setting of its own origin", function()
  local made = assert(resolve { flags = { domain = "a.b" }, env = { AUTH0_DOMAIN = "c.d" } })
  tap.equal({ made.base, made.origin.domain }, { "https://a.b", "flag" })
end)

test("a configuration file is local in the working directory, below it, and by a link there",
  function()
    local folder = assert(file.temporary())
    for _, case in ipairs { { "README.md", true }, { "tests/run.lua", true },
      { "./tests/../README.md", true }, { file.real("README.md"), true }, { folder, false } } do
      local read = assert(config.load { env = env_of {} })
      read.path = case[1]
      tap.equal(read:local_path() ~= nil, case[2], case[1])
    end
    assert(file.remove_tree(folder))
  end)

test("the settings that are shown contain no secret", function()
  local made = assert(resolve {
    env = { AUTH0_DOMAIN = "a.b", AUTH0_CLIENT_ID = "id", AUTH0_CLIENT_SECRET = "hunter2" },
  })
  local text = table.concat(settings.describe(made), "\n")
  tap.contains(text, "domain: https://a.b (environment)")
  tap.contains(text, "client_secret: given (environment)")
  assert(not text:find("hunter2", 1, true))
end)

test("credentials are not read if no tenant is used", function()
  local made = assert(resolve { yaml = "client_secret: ${NOT_THERE}\n", offline = true })
  tap.equal(made.credentials, {})
  local _, message = resolve { yaml = "client_secret: ${NOT_THERE}\n" }
  tap.contains(message, "client_secret uses ${NOT_THERE}, which is not set in the environment")
end)

test("${NAME} is replaced from the environment, in parts of a value too", function()
  local made = assert(resolve { yaml = "domain: ${T}.eu.auth0.com\n", env = { T = "acme" } })
  tap.equal(made.base, "https://acme.eu.auth0.com")
end)

local BAD_FILES <const> = {
  { "an unknown key", "conection: x", 'unknown setting "conection"; did you mean "connection"?' },
  { "an unknown key in a profile", "profiles: { p: { domian: x } }", 'did you mean "domain"?' },
  { "a profile in a profile", "profiles: { p: { profiles: {} } }", 'unknown setting "profiles"' },
  { "a list", "[1, 2]", "must be a map of settings" },
  { "a map in place of a value", "domain: { a: b }", "domain must be a single value" },
  { "params that are a word", "params: x", "params must be a map" },
  { "a bad number of slots", "slots: 99", "slots must be a whole number from 1 to 20" },
  { "upsert as a word", "upsert: sometimes", "upsert must be true or false" },
  { "broken YAML", "a: [", "auth0-migrate.yaml:" },
  { "an unquoted ${NAME} inside braces", "params: { a: ${X} }", "quote a value such as ${NAME}" },
}

for _, case in ipairs(BAD_FILES) do
  test("the configuration file may not have " .. case[1], function()
    local made, message, kind = resolve { yaml = case[2] }
    tap.equal(made, nil)
    tap.contains(message, case[3])
    tap.equal(kind, "usage")
  end)
end

test("the message of an unknown profile names the existing ones", function()
  local _, message = resolve { yaml = "profiles: { staging: { domain: x } }", profile = "prod" }
  tap.contains(message, "unknown profile prod: ")
  tap.contains(message, "auth0-migrate.yaml has staging")
end)

test("a profile's parameters override the file's", function()
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/c.yaml",
    "params: { a: 1, b: \"${X}\" }\nprofiles: { p: { params: { a: 2 } } }\n"))
  local read = assert(config.load {
    path = folder .. "/c.yaml", profile = "p", env = env_of { X = "x" },
  })
  local params, from_environment = read:params()
  tap.equal(params, { a = 2, b = "x" })
  tap.equal(from_environment, { b = true })
  assert(file.remove_tree(folder))
end)

test("the time scale is a number above 0", function()
  tap.equal(assert(resolve { env = { AUTH0_MIGRATE_TIME_SCALE = "60" } }).time_scale, 60)
  for _, bad in ipairs { "0", "-1", "x", "inf" } do
    local made, message = resolve { env = { AUTH0_MIGRATE_TIME_SCALE = bad } }
    tap.equal(made, nil)
    tap.contains(message, "above 0")
  end
end)

local TIMES <const> = {
  { "2h", 7200 }, { "30m", 1800 }, { "90s", 90 }, { "1h30m", 5400 }, { "1H 5min", 3900 },
  { "1d", 86400 }, { "0s", 0 }, { "90" }, { "" }, { "h" }, { "2x" }, { "-1h" },
}

for _, case in ipairs(TIMES) do
  test(string.format("as a time, %q is %s", case[1], case[2] or "refused"), function()
    tap.equal((options.time(case[1])), case[2])
  end)
end

local SIZES <const> = {
  { "400000", 400000 }, { "400k", 400000 }, { "400KB", 400000 }, { "999" }, { "1m" }, { "4x" },
  { "" }, { "99999999999999999999" },
}

for _, case in ipairs(SIZES) do
  test(string.format("as bytes of a chunk, %q is %s", case[1], case[2] or "refused"), function()
    tap.equal((options.bytes(1000, 500000)(case[1])), case[2])
  end)
end
