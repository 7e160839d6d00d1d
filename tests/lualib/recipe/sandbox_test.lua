local globals = require "recipe.inside.globals"
local file = require "host.file"
local sandbox = require "recipe.sandbox"
local tap = require "tests.tap"
local test = tap.test

local function env_of(values)
  return function(name) return values[name] end
end

---Writes files (path -> text) and returns a sandbox that searches these folders in order.
local function world_of(texts, folders, own)
  local root = assert(file.temporary())
  for path, text in pairs(texts) do
    assert(file.mkdir(root .. "/" .. path:match("^(.*)/")))
    assert(file.write(root .. "/" .. path, text))
  end
  local library = {}
  for _, folder in ipairs(folders) do library[#library + 1] = root .. "/" .. folder end
  local world = sandbox.new {
    folder = own and root .. "/" .. own, library = library, warnings = {},
  }
  return world, root
end

test("the recipe's folder is searched before the others, which keep their order", function()
  local world, root = world_of({
    ["own/a.lua"] = "return 'own'", ["one/a.lua"] = "return 'one'", ["one/b.lua"] = "return 'one'",
    ["two/b.lua"] = "return 'two'", ["two/c.lua"] = "return 'two'",
  }, { "one", "two" }, "own")
  tap.equal({ world:require "a", world:require "b", world:require "c" }, { "own", "one", "two" })
  assert(file.remove_tree(root))
end)

test("the open part of the library is searched before every folder", function()
  local world, root = world_of({
    ["own/auth0/codes.lua"] = "return 'false friend'", ["own/source/csv.lua"] = "return 'false'",
    ["own/migrate.lua"] = "return 'false'", ["own/auth0/password.lua"] = "return 'false'",
  }, {}, "own")
  assert(world:require("auth0.codes").list)
  assert(world:require("source.csv").records)
  assert(world:require("migrate").reject)
  assert(world:require("auth0.password").bcrypt)
  tap.equal(world.list, {})
  assert(file.remove_tree(root))
end)

test("a folder's init.lua is a module, and dots are folders", function()
  local world, root = world_of({
    ["own/a/init.lua"] = "return 'folder'", ["own/a/b/c.lua"] = "return 'deep'",
  }, {}, "own")
  tap.equal({ world:require "a", world:require "a.b.c" }, { "folder", "deep" })
  assert(file.remove_tree(root))
end)

test("a module is run once, and one that returns nothing is true", function()
  local world, root = world_of({ ["own/a.lua"] = "n = (n or 0) + 1" }, {}, "own")
  tap.equal({ world:require "a", world:require "a", world.env.n }, { true, true, 1 })
  tap.equal(#world.list, 1)
  assert(file.remove_tree(root))
end)

test("a module receives its name and its file", function()
  local world, root = world_of({ ["own/a.lua"] = "return { ... }" }, {}, "own")
  tap.equal(world:require "a", { "a", root .. "/own/a.lua" })
  assert(file.remove_tree(root))
end)

test("a module may start with a shebang line", function()
  local world, root = world_of({ ["own/a.lua"] = "#!/usr/bin/lua\nreturn 1" }, {}, "own")
  tap.equal(world:require "a", 1)
  assert(file.remove_tree(root))
end)

test("a shipped recipe runs in the sandbox of the one that requires it", function()
  local world, root = world_of({}, {})
  local names = sandbox.shipped_names()
  if #names == 0 then tap.skip("no recipe is shipped") end
  local value = world:require("recipes." .. names[1])
  tap.equal(type(value.map), "function")
  tap.equal(#world.texts, 1)
  tap.equal(world.list, {})
  assert(file.remove_tree(root))
end)

-- Folders of the program's library, and modules in them.
local TAKEN <const> = {
  "base", "source", "auth0", "tenant", "recipe", "journal", "stage", "check", "import", "report",
  "run", "rehearsal", "cli", "host", "report.lines", "stage.packer", "migrate.reject",
  "source.records", "auth0.hash.rules", "host.file", "argparse",
}

for _, name in ipairs(TAKEN) do
  test("a module of the recipe's own may be called " .. name, function()
    local path = "own/" .. name:gsub("%.", "/")
    local world, root = world_of({ [path .. ".lua"] = "return 'own'" }, {}, "own")
    tap.equal(world:require(name), "own")
    tap.equal(world.list[1].path, root .. "/" .. path .. ".lua")
    assert(file.remove_tree(root))
  end)
end

test("the library does not load a module of the recipe in place of its own", function()
  local world, root = world_of({
    ["own/source/records.lua"] = "error 'false friend'",
    ["own/source/bad_record.lua"] = "error 'false friend'",
    ["own/a.csv"] = "id\n1\n",
  }, {}, "own")
  tap.equal(world:require("source.csv").records(root .. "/own/a.csv")().id, "1")
  assert(file.remove_tree(root))
end)

local REFUSED <const> = {
  "host.file", "host", "base.guard", "journal.ledger", "auth0.api.client", "cli", "tenant",
  "argparse", "source.records", "source.bad_record", "base.spelling", "migrate.face",
  "auth0.hash.build",
}

for _, name in ipairs(REFUSED) do
  test("recipes may not require " .. name, function()
    local world, root = world_of({}, {})
    tap.raises(function() world:require(name) end, "belongs to the program")
    assert(file.remove_tree(root))
  end)
end

test("the folders to search depend on the environment", function()
  tap.equal(sandbox.library(env_of { AUTH0_MIGRATE_PATH = "/a:/b", HOME = "/h" }), {
    "/a", "/b", "/h/.local/share/auth0-migrate", "/h/.local/share/auth0-migrate/recipes",
    "/h/.luarocks/share/lua/5.4", "/usr/local/share/lua/5.4", "/usr/share/lua/5.4",
  })
  tap.equal(sandbox.data_folder(env_of { XDG_DATA_HOME = "/x", HOME = "/h" }), "/x/auth0-migrate")
  tap.equal(sandbox.data_folder(env_of {}), nil)
end)

local ABSENT <const> = {
  "debug", "dofile", "loadfile", "collectgarbage", "os.execute", "os.exit", "os.remove",
  "os.rename", "os.getenv", "io.popen", "io.write", "io.output", "io.stderr", "string.dump",
  "package.loadlib", "package.searchers", "package.preload",
}

for _, name in ipairs(ABSENT) do
  test("a recipe has no " .. name, function()
    local value = globals.new(function() end)
    for part in name:gmatch("[^.]+") do value = value and value[part] end
    tap.equal(value, nil)
  end)
end

test("a recipe's coroutines yield, and its functions do not yield to the program", function()
  local env = globals.new(function() end)
  local made = env.coroutine.wrap(function(x) env.coroutine.yield(x + 1) end)
  tap.equal(made(1), 2)
  local thread = env.coroutine.create(function() env.coroutine.yield "b" end)
  tap.equal({ env.coroutine.resume(thread) }, { true, "b" })
  local outer = coroutine.wrap(function() return pcall(env.coroutine.yield, 1) end)
  tap.equal(outer(), false)
end)

test("load compiles text with the recipe's globals", function()
  local env = globals.new(function() end)
  env.x = 7
  tap.equal(env.load("return x")(), 7)
  tap.equal((env.load(string.dump(function() end))), nil)
end)
