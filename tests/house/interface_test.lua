--- What editors, scripts and `recipes schema` are told about the modules of a recipe is what these
--- modules are: annotations are compared with the code.

local annotations = require "catalog.annotations"
local face = require "migrate.face"
local file = require "host.file"
local interface = require "catalog.interface"
local open = require "recipe.open"
local tap = require "tests.tap"
local test = tap.test

local types = interface.new()

---A module as recipes get it.
local function module_named(name)
  return name == "migrate" and face.new({}, {}) or require(name)
end

---The names of the parameters in the code; nil for a function in C.
local function names_in_code(fn)
  local about = debug.getinfo(fn, "uS")
  if about.what == "C" then return nil end
  local names = {}
  for i = 1, about.nparams do names[i] = debug.getlocal(fn, i) end
  if about.isvararg then names[#names + 1] = "..." end
  return names
end

---Fails unless an annotation has the parameters of the code. One that the code does not use is "_".
local function same_parameters(what, annotated, names)
  local said = {}
  local most = annotated.is_typed and #names or #annotated.params
  for i, param in ipairs(annotated.params) do
    if i > most then break end
    said[i] = names[i] and names[i]:find("^_") and names[i] or param.name
  end
  tap.equal(said, names, what)
end

for _, name in ipairs(open.names()) do
  test("the annotations of " .. name .. " are those of its functions", function()
    local module, told = module_named(name), types:open(name)
    local by_name = {}
    for _, one in ipairs(told.functions) do by_name[one.name] = one end
    if type(module) == "function" then
      return same_parameters(name, told.call, names_in_code(module))
    end
    for member, value in pairs(module) do
      local annotated = by_name[member]
      if type(value) == "function" and not told.hidden[member] then
        assert(annotated, member .. " is not annotated")
        local names = names_in_code(value)
        if names then same_parameters(name .. "." .. member, annotated, names) end
      end
    end
    for member in pairs(by_name) do
      assert(type(module[member]) == "function", member .. " is annotated, and is not a function")
    end
    for _, value in ipairs(told.values) do
      assert(module[value.name] ~= nil, value.name .. " is annotated, and is not there")
    end
  end)

  test("what " .. name .. " has besides functions is annotated", function()
    local module, told = module_named(name), {}
    if type(module) == "function" then return end
    for _, value in ipairs(types:open(name).values) do told[value.name] = true end
    for member, value in pairs(module) do
      assert(type(value) == "function" or told[member], member)
    end
  end)

  test(name .. " is annotated as called if it is", function()
    local module = module_named(name)
    local meta = type(module) == "table" and getmetatable(module)
    local is_called = type(module) == "function" or meta and meta.__call ~= nil or false
    tap.equal(types:open(name).call ~= nil, is_called)
  end)
end

test("each function of a module has a type for each parameter", function()
  for _, module in ipairs(types:modules()) do
    for _, one in ipairs(module.functions) do
      for _, param in ipairs(one.params) do
        assert(param.type ~= "", module.name .. "." .. one.name .. " " .. param.name)
      end
    end
  end
end)

local BASIC <const> = {}
for name in ("any boolean fun function integer lightuserdata nil number string table true false "
  .. "thread userdata T R"):gmatch("%S+") do
  BASIC[name] = true
end

---The names of types in a text.
local function names_of(type)
  local found, text = {}, type:gsub('"[^"]*"', ""):gsub("[%w_]+%??:", "")
  text = text:gsub("([%w_%]?>})]) [%a_][%w_]*", "%1") -- names of results
  for name in text:gmatch("%f[%w_.][%a_][%w_.]*") do found[#found + 1] = name end
  return found
end

test("each type that a module or a field of a recipe names is defined, once", function()
  local seen = {}
  local function check(where, type)
    for _, name in ipairs(names_of(type)) do
      assert(BASIC[name] or types:type(name), where .. " names the type " .. name)
    end
  end
  for _, module in ipairs(types:modules()) do
    for _, one in ipairs(module.functions) do
      for _, value in ipairs(one.params) do check(module.name .. "." .. one.name, value.type) end
      for _, value in ipairs(one.returns) do check(module.name .. "." .. one.name, value.type) end
    end
  end
  local needed = {}
  for _, name in ipairs(types:named({ "Recipe", "Run", "User" }, types:modules())) do
    needed[name] = true
  end
  for path, text in pairs(require("tests.house.tree").read()) do
    local read = path:find("^lualib/.*%.lua$") and annotations.read(text)
    for _, list in ipairs(read and { read.classes, read.aliases } or {}) do
      for _, one in ipairs(list) do
        local where = needed[one.name] and seen[one.name]
        assert(not where, string.format("%s is in %s and %s", one.name, where, path))
        seen[one.name] = path
      end
    end
  end
end)

test("map is declared to return users, of which all fields are known", function()
  local recipe, user = types:type("Recipe").class, types:type("User").class
  local map
  for _, field in ipairs(recipe.fields) do map = field.name == "map" and field or map end
  tap.contains(map.type, "MapResult")
  tap.contains(types:type("MapResult").alias.type, "User|User[]|Reject|nil")
  tap.equal(user.is_exact, true)
  local names, ranks = {}, require("auth0.user").ORDER
  for _, field in ipairs(user.fields) do names[field.name] = true end
  for name in pairs(ranks) do assert(names[name], name) end
  for name in pairs(names) do assert(ranks[name], name) end
end)

test("a recipe's fields are annotated, and no others", function()
  local fields = require "recipe.fields"
  local names = {}
  for _, field in ipairs(types:type("Recipe").class.fields) do names[field.name] = true end
  for name in pairs(names) do
    local wrong = fields.check { [name] = false }
    assert(not wrong:find("has no field", 1, true), wrong)
  end
  local text = assert(file.read("lualib/recipe/fields.lua"))
  for name in text:match("FIELDS <const> = {(.-)\n}"):gmatch("\n  ([%w_]+) =") do
    assert(names[name], name)
  end
end)
