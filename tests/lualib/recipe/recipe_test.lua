local digest = require "host.digest"
local file = require "host.file"
local host = require "host"
local outcome = require "stage.outcome"
local reject = require "migrate.reject"
local recipe = require "recipe"
local tap = require "tests.tap"
local test = tap.test

local SHOP <const> = "tests/fixtures/recipes/shop.lua"

local function env_of(values)
  return function(name) return values[name] end
end

local EMPTY <const> = env_of {}

---Loads a text from a temporary folder that also contains `others`.
local function load_text(text, options, others)
  local folder = assert(file.temporary())
  local path = folder .. "/made.lua"
  assert(file.write(path, text))
  for name, other in pairs(others or {}) do
    if name:find("/") then assert(file.mkdir(folder .. "/" .. name:match("^(.*)/"))) end
    assert(file.write(folder .. "/" .. name, other))
  end
  options = options or {}
  options.env = options.env or EMPTY
  local made, message, kind = recipe.load(path, options)
  assert(file.remove_tree(folder))
  return made, message, kind
end

---A recipe with these fields, source and map.
local function with(fields)
  return "return { source = function() end, map = function() end, " .. fields .. " }"
end

local function shop(options)
  options = options or {}
  options.env = options.env or EMPTY
  options.params = options.params or { input = "a.csv" }
  return recipe.load(SHOP, options)
end

test("a recipe has the fields of its file", function()
  local made = assert(shop())
  tap.equal(made.name, "shop")
  tap.equal(made.dedupe, { "email" })
  tap.equal(made.import, { upsert = true, slots = 4 })
  tap.equal(made.finalize, { rounds = 2 })
  tap.equal(made.retry, { attempts = 2, first = 1, longest = 10 })
  tap.equal({ made.fixes, made.functions }, { { "FORMAT" }, {} })
  tap.equal(made.path, file.real(SHOP))
end)

test("the default name of a recipe is that of its file", function()
  tap.equal(assert(load_text(with "")).name, "made")
end)

test("a helper in the recipe's folder is found and recorded", function()
  local made = assert(shop())
  tap.equal(#made.modules, 1)
  tap.equal(made.modules[1].name, "lib.names")
  tap.equal(made.modules[1].path, "tests/fixtures/recipes/lib/names.lua")
  tap.equal(#made.modules[1].sha256, 64)
end)

test("the digest changes with the text of a module", function()
  local text = "local h = require 'h'\n" .. with ""
  local one = assert(load_text(text, nil, { ["h.lua"] = "return 1" }))
  local same = assert(load_text(text, nil, { ["h.lua"] = "return 1" }))
  local other = assert(load_text(text, nil, { ["h.lua"] = "return 2" }))
  tap.equal(one.digest, same.digest)
  assert(one.digest ~= other.digest)
end)

test("the own digest of a recipe covers its modules, but not shipped recipes", function()
  local text = "local h, base = require 'h', require 'recipes.csv'\n" .. with ""
  local one = assert(load_text(text, nil, { ["h.lua"] = "return 1" }))
  local other = assert(load_text(text, nil, { ["h.lua"] = "return 2" }))
  local alone = assert(load_text(text:gsub("recipes.csv", "source.csv"), nil,
    { ["h.lua"] = "return 1" }))
  assert(one.own_digest ~= other.own_digest)
  assert(one.own_digest ~= one.digest)
  tap.equal(one.shipped, { csv = digest.hex(digest.hash("sha256", host.source "recipes.csv")) })
  tap.equal({ alone.own_digest == alone.digest, alone.shipped }, { true, {} })
end)

test("the own digest of a shipped recipe is that of its name", function()
  local options = { params = { input = "x.csv" } }
  local csv = assert(recipe.load("csv", options))
  local keycloak = assert(recipe.load("keycloak", options))
  tap.equal(csv.own_digest, digest.hex(digest.hash("sha256", "csv")))
  assert(csv.own_digest ~= keycloak.own_digest)
  assert(csv.shipped.csv and not csv.shipped.keycloak)
end)

test("functions of a recipe are called in its state, and none is in the program's", function()
  local made = assert(load_text(with [[
    import = function() end, finalize = function() end, fix = function() end,
    dedupe = function(a) return a end, retry = function(failure) return failure.attempt + 1 end,
  ]]))
  tap.equal({ made.functions, made.fixes },
    { { import = true, finalize = true, dedupe = true, retry = true }, {} })
  tap.equal({ made.import, made.finalize, made.dedupe, made.map, made.source }, {})
  tap.equal(made.retry { attempt = 1 }, 2)
end)

test("warnings are counted for the recipe that was loaded", function()
  local one, two = assert(shop()), assert(shop())
  local of = outcome.new(one)
  assert(of.pipe:open())
  assert(of:next())
  tap.equal(of.pipe:own_warnings(),
    { no_name = { n = 1, message = "a customer without a name", at = "#1" } })
  assert(one.state:run("open"))
  assert(of:next())
  tap.equal(of.pipe:own_warnings(),
    { no_name = { n = 2, message = "a customer without a name", at = "#1" } })
  tap.equal(outcome.new(two).pipe:own_warnings(), {})
end)

local WRONG <const> = {
  { "a file that returns nothing", "local x = 1", "returns nothing" },
  { "a file that returns a string", "return 'x'", "returns a string" },
  { "a syntax error", "return {\n  name = = 1\n}", "made.lua:2:" },
  { "an error while loading", "\nerror('no luck')", "made.lua:2: no luck" },
  { "a missing map", "return { source = function() end }", "map is missing" },
  { "a missing source", "return { map = function() end }", "source is missing" },
  { "a map that is a table", "return { source = function() end, map = {} }",
    "map must be a function, not a table" },
  { "an unknown field", with "dedup = {}", 'no field "dedup"; did you mean "dedupe"?' },
  { "a name with a slash", with "name = 'a/b'", "name must be usable" },
  { "a name that is a number", with "name = 1", "name must be a string" },
  { "an about that is a text", with "about = 'x'", "about must be a table, not a string" },
  { "an unknown field of about", with "about = { sytem = 'x' }", 'did you mean "system"?' },
  { "another word for passwords", with "about = { passwords = 'some' }",
    'about.passwords must be "yes", "mixed" or "no"' },
  { "another word for reads", with "about = { reads = { 'disks' } }",
    'about.reads must be a list of "files" and "API"' },
  { "params that are a list", with "params = { 'input' }", "a parameter name must have only" },
  { "a parameter that is a string", with "params = { input = 'x' }", "params.input must be" },
  { "an unknown field of a parameter", with "params = { input = { requird = true } }",
    'did you mean "required"?' },
  { "a parameter whose required is a string", with "params = { input = { required = 'x' } }",
    "params.input.required must be true or false, not string" },
  { "an unknown kind", with "params = { input = { kind = 'path' } }",
    "params.input.kind must be text, input, file, number, boolean, country, secret or a list" },
  { "a default of another kind", with "params = { n = { kind = 'number', default = 'x' } }",
    "params.n.default must be a number" },
  { "unknown needs", with "needs = { network = {} }", 'needs has no field "network"' },
  { "needs of an unknown parameter", with "needs = { net = { '{domain}' } }",
    "needs.net[1] names {domain}, which is not a parameter" },
  { "a secret with a default", with "params = { key = { secret = true, default = 'x' } }",
    "params.key is secret" },
  { "a dedupe without a list", with "dedupe = {}", "dedupe must be a list of keys" },
  { "a dedupe of numbers", with "dedupe = { 1 }", "dedupe must be a list of field names" },
  { "a dedupe of a field that no user has", with "dedupe = { 'emial' }",
    'no field "emial"; did you mean "email"?' },
  { "an unknown option of import", with "import = { slot = 1 }", 'did you mean "slots"?' },
  { "an option of import of the wrong type", with "import = { slots = 'x' }",
    "import.slots must be a positive integer, not string" },
  { "a retry that is a number", with "retry = 3", "retry must be a table of options" },
  { "a negative wait", with "retry = { first = -1 }",
    "retry.first must be a number of seconds, 0 or more, not -1" },
  { "a fix that is not a function", with "fix = { FORMAT = 1 }", "fix.FORMAT must be a function" },
  { "fewer rounds than none", with "finalize = { rounds = -1 }",
    "finalize.rounds must be an integer, 0 or more, not -1" },
  { "finalize without rounds", with "finalize = { round = 1 }", 'did you mean "rounds"?' },
  { "a module that is nowhere", "require 'nowhere'", 'module "nowhere" not found' },
  { "host.file", "require 'host.file'", "belongs to the program" },
  { "the scheduler", "require 'base.scheduler'", "belongs to the program" },
  { "the ledger", "require 'journal.ledger'", "belongs to the program" },
  { "debug", "require 'debug'", "not available to recipes" },
  { "a path as a module", "require '../x'", "not the name of a module" },
  { "io.popen", "io.popen('true')", "made.lua:1:" },
  { "os.exit", "os.exit(0)", "made.lua:1:" },
  { "writing a file", "io.open('x', 'w')", "a recipe cannot write files" },
  { "bytecode", string.dump(function() end), "compiled Lua" },
}

for _, case in ipairs(WRONG) do
  test("rejected with a message: " .. case[1], function()
    local made, message, kind = load_text(case[2])
    tap.equal(made, nil)
    tap.contains(message, case[3])
    tap.equal(kind, "usage")
  end)
end

test("a module that requires itself is named", function()
  local _, message = load_text("require 'a'", nil,
    { ["a.lua"] = "require 'b'", ["b.lua"] = "require 'a'" })
  tap.contains(message, 'the module "a" requires itself')
end)

test("a syntax error in a module names file and line", function()
  local _, message = load_text("require 'a'", nil, { ["a.lua"] = "\n\nx = = 1" })
  tap.contains(message, "a.lua:3:")
end)

test("two recipes share no globals and no cjson settings", function()
  assert(load_text("shared = 1; require('cjson').encode_max_depth(1)\n" .. with ""))
  assert(load_text("assert(shared == nil); assert(require('cjson').encode({{{}}}))\n" .. with ""))
end)

test("a recipe may require the open modules", function()
  assert(load_text([[
    assert(require "migrate".reject); assert(require "auth0.codes".list)
    assert(require "migrate.import"); assert(require "migrate".retry.new)
    assert(require "string".upper); ]] .. with ""))
end)

test("folders of AUTH0_MIGRATE_PATH are searched for modules and recipes", function()
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/shared.lua", "return { name = 'helper' }"))
  local text = "local s = require 'shared'\n" .. with "name = s.name"
  assert(file.write(folder .. "/oldshop.lua", text))
  local env = env_of { AUTH0_MIGRATE_PATH = "/nowhere:" .. folder }
  local made = assert(recipe.load("oldshop", { env = env }))
  tap.equal(made.name, "helper")
  assert(file.remove_tree(folder))
end)

test("recipes of the user's data folder are found by name", function()
  local folder = assert(file.temporary())
  assert(file.mkdir(folder .. "/auth0-migrate/recipes"))
  assert(file.write(folder .. "/auth0-migrate/recipes/mine.lua", with ""))
  local env = env_of { XDG_DATA_HOME = folder }
  tap.equal(assert(recipe.load("mine", { env = env })).name, "mine")
  local _, message = recipe.load("mina", { env = env })
  tap.contains(message, "did you mean mine?")
  assert(file.remove_tree(folder))
end)

test("a missing recipe is reported with the closest file name", function()
  local made, message, kind = recipe.load("tests/fixtures/recipes/shp.lua", { env = EMPTY })
  tap.equal(made, nil)
  tap.contains(message, "did you mean tests/fixtures/recipes/shop.lua?")
  tap.equal(kind, "usage")
end)

test("a folder is not a recipe", function()
  local _, message = recipe.load("tests/fixtures", { env = EMPTY })
  tap.contains(message, "is a folder")
end)

-- Parameters ------------------------------------------------------------------------------

test("the order is command line, environment, file, default", function()
  local from_env = env_of { AUTH0_MIGRATE_PARAM_COUNTRY = "FR" }
  local cases = {
    { { country = "AT" }, from_env, { country = "CH" }, "AT" },
    { {}, from_env, { country = "CH" }, "FR" },
    { {}, EMPTY, { country = "CH" }, "CH" },
    { {}, EMPTY, {}, "DE" },
  }
  for _, case in ipairs(cases) do
    case[1].input = "a.csv"
    local made = assert(shop { params = case[1], env = case[2], file = case[3] })
    tap.equal(made.params.country, case[4])
  end
end)

test("a number in the configuration file becomes text, as on the command line", function()
  tap.equal(assert(shop { file = { country = 49 } }).params.country, "49")
end)

test("the message about a missing parameter lists all parameters", function()
  local _, message, kind = shop { params = {} }
  tap.contains(message, "the parameter input is missing; add input=VALUE")
  tap.contains(message, "the customers export (required)")
  tap.equal(kind, "usage")
end)

test("the message about an unknown parameter has the closest name", function()
  local _, message = shop { params = { input = "a", contry = "DE" } }
  tap.contains(message, 'no parameter "contry"; did you mean "country"?')
end)

test("a mistyped parameter of the configuration file is a hint", function()
  tap.contains(assert(shop { file = { contry = "DE" } }).hints[1], 'did you mean "country"?')
  tap.equal(assert(shop { file = { elsewhere = "DE" } }).hints, {})
end)

test("a secret is never a plain argument", function()
  local _, message, kind = shop { params = { input = "a", api_key = "hunter2" } }
  tap.contains(message, "api_key=@FILE")
  assert(not message:find("hunter2", 1, true))
  tap.equal(kind, "usage")
end)

test("an @ without a name of a file is misuse of the command", function()
  local _, message, kind, more = shop { params = { input = "a", api_key = "@" } }
  tap.contains(message, "the parameter api_key has no file name after @")
  tap.equal({ kind, more.meant }, { "usage", "api_key=@FILE" })
end)

test("a database's URL with a password is refused without showing it", function()
  local text = "return { params = { database = {}, key = { secret = true } }, "
    .. "source = function() end, map = function() end }"
  local url = "postgresql://bob:hunter2@db/app"
  for _, options in ipairs { { params = { database = url } }, { file = { database = url } },
    { env = env_of { AUTH0_MIGRATE_PARAM_DATABASE = url } } } do
    local made, message, kind = load_text(text, options)
    tap.equal({ made, kind }, { nil, "usage" })
    tap.contains(message, "the parameter database is the URL of a database with a password")
    assert(not message:find("hunter2", 1, true), message)
  end
  assert(load_text(text, { params = { database = "postgresql://bob@db/app" } }))
  assert(load_text(text, { env = env_of { AUTH0_MIGRATE_PARAM_KEY = url } })) -- it is a secret
end)

test("a secret in the configuration file must come from the environment", function()
  local _, message = shop { file = { api_key = "hunter2" } }
  tap.contains(message, "is secret")
  local made = assert(shop {
    file = { api_key = "hunter2" }, from_environment = { api_key = true },
  })
  tap.equal(made.params.api_key, "hunter2")
end)

test("a secret is read from a file, without the final newline", function()
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/key", "hunter2\n"))
  local made = assert(shop { params = { input = "a", api_key = "@" .. folder .. "/key" } })
  tap.equal(made.params.api_key, "hunter2")
  local _, message = shop { params = { input = "a", api_key = "@" .. folder .. "/none" } }
  tap.contains(message, "cannot read the file of the parameter api_key: ")
  assert(file.remove_tree(folder))
end)

-- require "migrate" -----------------------------------------------------------------------

test("only the result of reject is a rejection", function()
  local value = require("migrate").reject("too young", "AGE", "birthdate")
  assert(reject.is_reject(value))
  tap.equal({ value.reason, value.code, value.path }, { "too young", "AGE", "birthdate" })
  assert(not reject.is_reject { reason = "x" })
  assert(not reject.is_reject(nil))
end)

test("an extended recipe asks for what its base asks for too", function()
  local extend = require("migrate").extend
  local base = { needs = { net = { "a.b" }, env = { "TZ" } } }
  tap.equal(extend(base, { needs = { net = { "c.d", "a.b" }, exec = { "psql" } } }).needs,
    { net = { "a.b", "c.d" }, env = { "TZ" }, exec = { "psql" } })
  tap.equal(extend(base, {}).needs, base.needs)
  tap.equal(extend({}, { needs = base.needs }).needs, base.needs)
  tap.equal(base.needs, { net = { "a.b" }, env = { "TZ" } })
end)

test("extend does not change the base and merges parameters", function()
  local migrate = require "migrate"
  local base = { name = "base", params = { input = { help = "a", required = true } }, map = print }
  local made = migrate.extend(base, {
    params = { input = { default = "x" }, other = { help = "b" } }, dedupe = { "email" },
  })
  tap.equal(made.params, {
    input = { help = "a", required = true, default = "x" }, other = { help = "b" },
  })
  tap.equal(made.name, nil)
  tap.equal(made.map, print)
  tap.equal(base.params, { input = { help = "a", required = true } })
  tap.equal(base.dedupe, nil)
end)
