--- The recipe contract, by the real program: parameters and modules.

local file = require "host.file"
local rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"

local test = tap.test
local finish, recipe_with, users, noted, run, mapped_users
  = rig.finish, rig.recipe_with, rig.users, rig.noted, rig.run, rig.mapped_users

local PARAMS <const> = [[
return {
  params = {
    country = { help = "of numbers", default = "DE" },
    shop = { required = true, help = "which shop" },
    key = { secret = true, help = "of the old shop" },
    retries = { default = 3 },
    strict = { default = false },
  },
  source = function() return ipairs { 1 } end,
  map = function(_, params)
    return { email = "a@example.com", app_metadata = {
      country = params.country, shop = params.shop, key = params.key, retries = params.retries,
      strict = params.strict,
    } }
  end,
}
]]

for _, case in ipairs {
  { "a default applies", { "shop=a" }, nil, { "DE", "a", nil } },
  { "name=value overrides the environment", { "shop=a", "country=AT" },
    { AUTH0_MIGRATE_PARAM_COUNTRY = "CH" }, { "AT", "a", nil } },
  { "the environment overrides the default", { "shop=a" },
    { AUTH0_MIGRATE_PARAM_COUNTRY = "CH" }, { "CH", "a", nil } },
  { "the environment sets a required one", {},
    { AUTH0_MIGRATE_PARAM_SHOP = "b" }, { "DE", "b", nil } },
  { "the configuration file overrides the default", { "--config", "other.yaml", "shop=a" }, nil,
    { "FR", "a", nil } },
  { "a secret is read from a file, without the final newline", { "shop=a", "key=@key.txt" }, nil,
    { "DE", "a", "s3cret" } },
  { "a secret is read from the environment", { "shop=a" },
    { AUTH0_MIGRATE_PARAM_KEY = "s3cret" }, { "DE", "a", "s3cret" } },
} do
  test("parameters: " .. case[1], function()
    local result = run({
      ["shop.lua"] = PARAMS, ["key.txt"] = "s3cret\n",
      ["other.yaml"] = "params: { country: FR }\n",
    }, { "map", "shop.lua", table.unpack(case[2]) }, case[3]):ends_with(0)
    local got = mapped_users(result)[1].app_metadata
    tap.equal({ got.country, got.shop, got.key }, case[4])
    tap.equal({ got.retries, got.strict }, { 3, false })
  end)
end

for _, case in ipairs {
  { "a missing one", {}, "the parameter shop is missing" },
  { "an unknown one, with the closest name", { "shop=a", "contry=DE" }, 'did you mean "country"' },
  { "a secret on the command line", { "shop=a", "key=s3cret" }, "key=@FILE" },
  { "a secret whose file is missing", { "shop=a", "key=@nofile" }, "nofile" },
  { "one given twice", { "shop=a", "shop=b" }, "given more than once" },
} do
  test("parameters: " .. case[1] .. " is rejected with exit status 2", function()
    local result = run({ ["shop.lua"] = PARAMS }, { "check", "shop.lua", table.unpack(case[2]) })
    tap.contains(result:ends_with(2).stderr, case[3])
    tap.equal(result.stderr:find("next: auth0-migrate check ", 1, true) ~= nil,
      case[1] ~= "a secret whose file is missing")
    tap.equal(result.stdout, "")
    assert(not result.stderr:find("s3cret", 1, true), "the secret is shown")
  end)
end

-- Modules --------------------------------------------------------------------------------------

local function module_recipe(expression, head)
  return string.format([[
%s
return {
  source = function() return ipairs { 1 } end,
  map = function() return { email = "a@example.com", app_metadata = { got = %s } } end,
}]], head or "", expression)
end

for _, case in ipairs {
  { "one next to the recipe", { ["recipes/lib/names.lua"] = "return { name = 'next' }" },
    'require "lib.names".name', "next" },
  { "a folder's init.lua", { ["recipes/names/init.lua"] = "return { name = 'init' }" },
    'require "names".name', "init" },
  { "one of AUTH0_MIGRATE_PATH", { ["shared/names.lua"] = "return { name = 'shared' }" },
    'require "names".name', "shared" },
  { "one of the data folder", { ["data/auth0-migrate/names.lua"] = "return { name = 'data' }" },
    'require "names".name', "data" },
  { "the recipe's folder before shared folders",
    { ["recipes/names.lua"] = "return { name = 'next' }",
      ["shared/names.lua"] = "return { name = 'shared' }" }, 'require "names".name', "next" },
  { "the program's own before the recipe's", { ["recipes/migrate.lua"] = "error 'mine'" },
    'type(require "migrate".warn)', "function" },
  { "cjson", {}, 'require "cjson".decode("[7]")[1] == 7', true },
  { "a shipped recipe", {}, 'type(require "recipes.keycloak".map)', "function" },
} do
  test("require finds " .. case[1], function()
    local files = { ["recipes/shop.lua"] = module_recipe(case[3]) }
    for name, text in pairs(case[2]) do files[name] = text end
    local result = run(files, { "map", "recipes/shop.lua" }):ends_with(0)
    tap.equal(mapped_users(result)[1].app_metadata.got, case[4])
  end)
end

for _, case in ipairs {
  { 'require "host.file"', "belongs to the program" },
  { 'require "host.http"', "belongs to the program" },
  { 'require "auth0.api.client"', "belongs to the program" },
  { 'require "run.session"', "belongs to the program" },
  { 'require "debug"', "not available to recipes" },
  { 'require "nowhere"', 'module "nowhere" not found' },
  { 'require "../names"', "not the name of a module" },
} do
  test(case[1] .. " is rejected with the recipe's line", function()
    local result = run({ ["shop.lua"] = module_recipe("1", "\n" .. case[1]) },
      { "check", "shop.lua" })
    tap.contains(result:ends_with(2).stderr, case[2])
    tap.contains(result.stderr, "shop.lua")
  end)
end

test("a recipe's cjson is not the program's: its settings affect nothing else", function()
  local result = finish(recipe_with [[
  finalize = function(run)
    local cjson = require "cjson"
    cjson.decode_array_with_array_mt = nil
    cjson.encode_number_precision(3)
    cjson.decode_max_depth(1)
    run:settle()
    run:log(run:request({ method = "GET", path = "/users/auth0%7Cu1" }).body.identities[1].provider)
  end,]], users(1))
  tap.equal({ result.status, noted(result)[1] }, { 0, "auth0" })
end)

test("migrate.extend changes parts of a shipped recipe", function()
  local result = run({
    ["acme.lua"] = [[
local migrate = require "migrate"
local keycloak = require "recipes.keycloak"
return migrate.extend(keycloak, {
  map = function(record, params, position)
    local user, reason = keycloak.map(record, params, position)
    if user and user.email then user.given_name = "changed" end
    return user, reason
  end,
})]],
    ["realm.json"] = assert(file.read "tests/recipes/keycloak/acme-realm.json"),
  }, { "map", "acme.lua", "input=realm.json" }):ends_with(0)
  local got = mapped_users(result)
  assert(#got > 3)
  for _, one in ipairs(got) do tap.equal(one.given_name, "changed") end
end)
