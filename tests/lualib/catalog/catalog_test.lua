--- The list of recipes and what one says of itself.

local catalog = require "catalog"
local catalog_text = require "cli.text.catalog"
local json = require "host.json"
local library = require "recipe.library"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local GOOD <const> = [[
return {
  about = { system = "Acme", passwords = "no", reads = { "files" } },
  params = {
    input = { help = "the export", kind = "input", required = true },
    plan = { kind = { "free", "pro" }, default = "free" },
    key = { kind = "secret" },
  },
  needs = { net = { "api.acme.com" } },
  source = function() end, map = function() end, fix = { FORMAT = function() end },
}
]]

---Calls fn with the folder of installed recipes and its environment.
local function installed(texts, fn)
  return recipe_rig.in_folder(texts, function(root)
    return fn(root, function(name) return name == "AUTH0_MIGRATE_PATH" and root or nil end)
  end)
end

local function named(report, name)
  local found = {}
  for _, one in ipairs(report.recipes) do
    if one.name == name then found[#found + 1] = one end
  end
  return found
end

test("the list has each shipped recipe, with what it says of itself", function()
  local report = assert(catalog.list(function() end))
  local names = {}
  for i, one in ipairs(report.recipes) do names[i] = one.name end
  tap.equal(names, library.shipped_names())
  local one = named(report, "keycloak")[1]
  tap.equal({ one.system, one.passwords, one.reads, one.shipped, one.path },
    { "Keycloak", "yes", { "files", "API" }, true, json.null })
end)

test("an installed recipe is in the list with its file", function()
  installed({ ["acme.lua"] = GOOD }, function(root, env)
    local one = named(assert(catalog.list(env)), "acme")[1]
    tap.equal({ one.system, one.passwords, one.factors, one.path, one.shipped },
      { "Acme", "no", json.null, root .. "/acme.lua", false })
  end)
end)

test("an installed recipe with the name of a shipped one is said to be hidden by it", function()
  installed({ ["csv.lua"] = GOOD }, function(_, env)
    local report = assert(catalog.list(env))
    local both = named(report, "csv")
    tap.equal({ both[1].shipped, both[1].hidden, both[2].shipped, both[2].hidden },
      { true, false, false, true })
    tap.contains(catalog_text.list(report), "csv.lua (another csv is found first)")
  end)
end)

local BROKEN <const> = {
  { "a syntax error", "return {", "unexpected symbol" },
  { "an error while loading", "error 'ouch'", "ouch" },
  { "a module that is not a recipe", "return { split = function() end }", 'no field "split"' },
  { "an about that is wrong", "return { about = { passwords = 'maybe' } }",
    'about.passwords must be "yes"' },
  { "a module that is not there", "require 'nowhere'", 'module "nowhere" not found' },
  { "a loop that catches its end", "while true do pcall(function() while true do end end) end",
    "instructions" },
  { "a file that grows", "return ('x'):rep(1 << 29)", "memory" },
  { "a file that it may not read", "assert(io.open('/etc/hostname'))", "/etc/hostname" },
  { "a page that it asks for", "require('source.http').get { url = 'https://acme.com/' }", "API" },
  { "control characters in its message", "error '\\27[2J'", "\\x1b" },
}

for _, case in ipairs(BROKEN) do
  test("of a recipe with " .. case[1] .. " the list has the reason, and the others", function()
    installed({ ["broken.lua"] = case[2], ["good.lua"] = GOOD }, function(_, env)
      local report = assert(catalog.list(env))
      tap.contains(named(report, "broken")[1].fault, case[3])
      assert(not catalog_text.list(report):gsub("\n", ""):find("%c"), "control characters")
      tap.equal(named(report, "good")[1].fault, json.null)
      tap.contains(catalog_text.list(report), "not usable as recipes:\n  broken  ")
    end)
  end)
end

test("a recipe tells its parameters, what it asks for, and what it repairs", function()
  installed({ ["acme.lua"] = GOOD }, function(_, env)
    local one = assert(catalog.describe("acme", env))
    local input, key, plan = table.unpack(one.parameters)
    tap.equal({ input.name, input.kind, input.required, input.help },
      { "input", "input", true, "the export" })
    tap.equal({ key.kind, plan.kind, plan.choices, plan.default },
      { "secret", "choice", { "free", "pro" }, "free" })
    tap.equal(one.needs, { { kind = "net", what = "api.acme.com" } })
    tap.equal({ one.fixes, one.page, one.text }, { { "FORMAT" }, json.null, json.null })
    tap.contains(catalog_text.describe(one), "asks to    connect to api.acme.com\n")
  end)
end)

test("the page of an installed recipe is the file next to it", function()
  installed({ ["acme.lua"] = GOOD, ["acme.md"] = "# Acme\n\nA shop.\n\n## Export\n\nAsk Ann.\n" },
    function(_, env)
      local one = assert(catalog.describe("acme", env))
      tap.equal({ one.page.title, one.page.sections[2].title }, { "Acme", "Export" })
      tap.contains(catalog_text.describe(one), "\nA shop.\n\nExport:\nAsk Ann.\n")
    end)
end)

test("the text of a recipe is shown when it is asked for, in one piece", function()
  installed({ ["acme.lua"] = GOOD }, function(_, env)
    tap.equal(catalog_text.describe(assert(catalog.describe("acme", env, true))), GOOD)
  end)
end)

test("a recipe that is not there is refused with the nearest name", function()
  local one, message, kind = catalog.describe("keycloack", function() end)
  tap.equal({ one, kind }, { nil, "usage" })
  tap.contains(message, "did you mean keycloak?")
end)
