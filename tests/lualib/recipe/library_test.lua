--- The modules of a recipe: where they are looked for, and which of them run in its state.

local file = require "host.file"
local library = require "recipe.library"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local function env_of(values)
  return function(name) return values[name] end
end

---What a body returns in a recipe whose folder is own/ among these files.
---@param texts table<string, string>
---@param body string
---@param folders? string[]  searched after it, in order
---@return any seen
---@return LoadedRecipe made
---@return string folder  of the files, which are removed
local function seen(texts, body, folders)
  return recipe_rig.in_folder(texts, function(root)
    local after = {}
    for i, folder in ipairs(folders or {}) do after[i] = root .. "/" .. folder end
    local value, made = recipe_rig.seen(body, { folder = root .. "/own", library = after })
    return value, made, root
  end)
end

test("the recipe's folder is searched before the others, which keep their order", function()
  tap.equal(seen({
    ["own/a.lua"] = "return 'own'", ["one/a.lua"] = "return 'one'", ["one/b.lua"] = "return 'one'",
    ["two/b.lua"] = "return 'two'", ["two/c.lua"] = "return 'two'",
  }, "return { require 'a', require 'b', require 'c' }", { "one", "two" }), { "own", "one", "two" })
end)

test("the open part of the library is searched before every folder", function()
  local value, made = seen({
    ["own/auth0/codes.lua"] = "return 'false friend'", ["own/source/csv.lua"] = "return 'false'",
    ["own/migrate.lua"] = "return 'false'", ["own/auth0/password.lua"] = "return 'false'",
  }, [[return {
    type(require("auth0.codes").list), type(require("source.csv").records),
    type(require("migrate").reject), type(require("auth0.password").bcrypt),
  }]])
  tap.equal(value, { "table", "function", "function", "function" })
  tap.equal(made.modules, {})
end)

test("a folder's init.lua is a module, and dots are folders", function()
  tap.equal(seen({
    ["own/a/init.lua"] = "return 'folder'", ["own/a/b/c.lua"] = "return 'deep'",
  }, "return { require 'a', require 'a.b.c' }"), { "folder", "deep" })
end)

test("a module is run once, and one that returns nothing is true", function()
  local value, made = seen({ ["own/a.lua"] = "n = (n or 0) + 1" },
    "return { require 'a', require 'a', n }")
  tap.equal(value, { true, true, 1 })
  tap.equal(#made.modules, 1)
end)

test("a module receives its name and its file", function()
  local value, _, root = seen({ ["own/a.lua"] = "return { ... }" }, "return require 'a'")
  tap.equal(value, { "a", root .. "/own/a.lua" })
end)

test("a module may start with a shebang line", function()
  tap.equal(seen({ ["own/a.lua"] = "#!/usr/bin/lua\nreturn 1" }, "return require 'a'"), 1)
end)

test("a module that requires itself is refused, and one with an error has its line", function()
  for text, message in pairs {
    ["return require 'a'"] = 'the module "a" requires itself',
    ["\nerror('no luck')"] = "own/a.lua:2: no luck",
    ["return = 1"] = "own/a.lua:1: unexpected symbol",
    ["\27Lua"] = "is compiled Lua; recipes and their modules must be text",
  } do
    tap.raises(function()
      seen({ ["own/a.lua"] = text },
        "local _, err = pcall(require, 'a') error('said: ' .. tostring(err), 0)")
    end, message)
  end
end)

test("a shipped recipe runs in the state of the one that requires it", function()
  local names = library.shipped_names()
  if #names == 0 then tap.skip("no recipe is shipped") end
  local value, made = seen({ ["own/a.lua"] = "" },
    "seen = 7 return type(require('recipes." .. names[1] .. "').map)")
  tap.equal(value, "function")
  tap.equal(made.modules, {})
end)

-- Folders of the program's library, and modules in them.
local TAKEN <const> = {
  "base", "source", "auth0", "tenant", "recipe", "journal", "stage", "check", "import", "report",
  "run", "rehearsal", "cli", "host", "report.lines", "stage.packer", "migrate.reject",
  "source.records", "auth0.hash.rules", "host.file", "argparse", "recipe.inside.functions",
}

for _, name in ipairs(TAKEN) do
  test("a module of the recipe's own may be called " .. name, function()
    local path = "own/" .. name:gsub("%.", "/") .. ".lua"
    local value, made, root = seen({ [path] = "return 'own'" }, "return require '" .. name .. "'")
    tap.equal(value, "own")
    tap.equal(made.modules[1].path, root .. "/" .. path)
  end)
end

test("the library does not load a module of the recipe in place of its own", function()
  recipe_rig.in_folder({
    ["own/source/records.lua"] = "error 'false friend'",
    ["own/source/bad_record.lua"] = "error 'false friend'",
    ["own/a.csv"] = "id\n1\n",
  }, function(root)
    tap.equal(recipe_rig.seen(string.format("return require('source.csv').records(%q)().id",
      root .. "/own/a.csv"), { folder = root .. "/own" }), "1")
  end)
end)

local REFUSED <const> = {
  "host.file", "host", "host.json", "base.guard", "base.failure", "journal.ledger",
  "auth0.api.client", "cli", "tenant", "argparse", "source.records", "source.bad_record",
  "base.spelling", "migrate.face", "migrate.reject", "auth0.hash.build", "recipe.inside.mapper",
  "recipe.inside.boot", "recipe.fields",
}

for _, name in ipairs(REFUSED) do
  test("recipes may not require " .. name, function()
    tap.raises(function() recipe_rig.seen("return require '" .. name .. "'") end,
      "belongs to the program")
  end)
end

for _, name in ipairs { "debug", "package" } do
  test("recipes may not require the library " .. name, function()
    tap.raises(function() recipe_rig.seen("return require '" .. name .. "'") end,
      "is not available to recipes")
  end)
end

test("the folders to search depend on the environment", function()
  tap.equal(library.folders(env_of { AUTH0_MIGRATE_PATH = "/a:/b", HOME = "/h" }), {
    "/a", "/b", "/h/.local/share/auth0-migrate", "/h/.local/share/auth0-migrate/recipes",
    "/h/.luarocks/share/lua/5.4", "/usr/local/share/lua/5.4", "/usr/share/lua/5.4",
  })
  tap.equal(library.data_folder(env_of { XDG_DATA_HOME = "/x", HOME = "/h" }), "/x/auth0-migrate")
  tap.equal(library.data_folder(env_of {}), nil)
end)

test("every text is recorded with its digest before it runs", function()
  recipe_rig.in_folder({ ["a.lua"] = "return 1" }, function(folder)
    local texts = assert(library.new { folders = { folder } })
    tap.equal({ texts:find "a" }, { "return 1", folder .. "/a.lua" })
    tap.equal({ #texts.list, texts.list[1].name, #texts.list[1].sha256 }, { 1, "a", 64 })
    assert(file.write(folder .. "/b.lua", "return 2"))
    local expecting = assert(library.new { folders = { folder },
      expected = { a = texts.list[1].sha256, b = texts.list[1].sha256 } })
    assert(expecting:find "a")
    local text, message, kind = expecting:find "b"
    tap.equal({ text, kind, expecting.list[2] }, { nil, "usage" })
    tap.contains(message, "the module b has changed since the run was staged")
  end)
end)
