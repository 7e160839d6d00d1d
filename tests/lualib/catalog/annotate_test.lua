--- Annotations next to a recipe.

local annotate = require "catalog.annotate"
local annotations = require "catalog.annotations"
local file = require "host.file"
local interface = require "catalog.interface"
local json = require "host.json"
local open = require "recipe.open"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local files, types = annotate.files(), interface.new()

---The parameters and results of functions, by name.
local function shapes(list)
  local found = {}
  for _, one in ipairs(list) do
    if not one.hidden then
      local shape = {}
      for i, values in ipairs { one.params, one.returns } do
        for _, value in ipairs(values) do
          local name = value.name .. (value.optional and "?" or "")
          table.insert(shape, i .. name .. " " .. value.type)
        end
      end
      found[one.name] = shape
    end
  end
  return found
end

test("each file is Lua, and none has anything else than annotations", function()
  for name, text in pairs(files) do
    local chunk, message = load(text, "@" .. name, "t", {})
    assert(chunk, message)
    local ok, result = pcall(chunk)
    assert(ok, name .. ": " .. tostring(result))
    assert(text:find("^%-%-%-@meta"), name)
  end
end)

for _, name in ipairs(open.names()) do
  test("the file of " .. name .. " says what its own annotations say", function()
    local module = types:open(name)
    local read = annotations.read(assert(files[name:gsub("%.", "/") .. ".lua"]))
    tap.equal(shapes(read.functions), shapes(module.functions))
  end)
end

test("each type that the files name is in them", function()
  local known = {}
  for _, text in pairs(files) do
    local read = annotations.read(text)
    for _, list in ipairs { read.classes, read.aliases } do
      for _, one in ipairs(list) do known[one.name] = true end
    end
  end
  for _, name in ipairs(types:named({ "Recipe" }, types:modules())) do assert(known[name], name) end
  assert(known.User and known.Recipe and known.MapResult)
end)

local PLAIN <const> = [[{"workspace.library": [".auth0-migrate"], "runtime.version": "Lua 5.4"}]]

test("a folder without settings gets them", function()
  recipe_rig.in_folder({}, function(root)
    local report = assert(annotate.run(root))
    tap.equal({ report.changed, report.add }, { true, json.null })
    tap.equal(json.decode(assert(file.read(root .. "/.luarc.json"))), json.decode(PLAIN))
    assert(file.stat(root .. "/.auth0-migrate/source/csv.lua"))
    tap.equal(assert(annotate.run(root)).changed, false)
  end)
end)

local FOREIGN <const> = {
  { "with another library", [[{ "workspace.library": ["/opt/lib"], "hover.enable": false }]],
    [[{"workspace.library": ["/opt/lib", ".auth0-migrate"], "hover.enable": false,
      "runtime.version": "Lua 5.4"}]] },
  { "of the nested form",
    [[{ "workspace": { "library": ["a"] }, "runtime": { "version": "LuaJIT" } }]],
    [[{"workspace": {"library": ["a", ".auth0-migrate"]}, "runtime": {"version": "LuaJIT"}}]] },
  { "without a library", [[{ "diagnostics.globals": ["x"], "empty": [], "none": {} }]],
    [[{"diagnostics.globals": ["x"], "empty": [], "none": {}, "runtime.version": "Lua 5.4",
      "workspace.library": [".auth0-migrate"]}]] },
}

for _, case in ipairs(FOREIGN) do
  test("settings " .. case[1] .. " are only changed with force, and keep what they have", function()
    recipe_rig.in_folder({ [".luarc.json"] = case[2] }, function(root)
      local report = assert(annotate.run(root))
      tap.equal(report.changed, false)
      tap.contains(report.add, '"workspace.library": [".auth0-migrate"]')
      tap.equal(file.read(root .. "/.luarc.json"), case[2])
      tap.equal(assert(annotate.run(root, true)).changed, true)
      tap.equal(json.decode(assert(file.read(root .. "/.luarc.json"))), json.decode(case[3]))
      tap.equal(assert(annotate.run(root)).add, json.null)
    end)
  end)
end

test("settings with comments are never changed", function()
  local text = '{\n  // mine\n  "hover.enable": false\n}\n'
  recipe_rig.in_folder({ [".luarc.json"] = text }, function(root)
    tap.contains(assert(annotate.run(root)).add, "workspace.library")
    local done, message, kind = annotate.run(root, true)
    tap.equal({ done, kind }, { nil, "usage" })
    tap.contains(message, "not plain JSON")
    tap.equal(file.read(root .. "/.luarc.json"), text)
  end)
end)

test("what is not a directory is refused", function()
  local done, _, kind = annotate.run "README.md"
  tap.equal({ done, kind }, { nil, "usage" })
end)
