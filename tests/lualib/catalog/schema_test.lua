--- The contract of a recipe as data.

local codes = require "auth0.codes"
local json = require "host.json"
local kinds = require "recipe.kinds"
local open = require "recipe.open"
local schema = require "catalog.schema"
local tap = require "tests.tap"
local user_rules = require "auth0.user"
local test = tap.test

local told = schema.describe()

local function named(list, name)
  for _, one in ipairs(list) do
    if one.name == name then return one end
  end
  error("nothing is called " .. name)
end

test("it is JSON, and has the members that are promised", function()
  local object = json.decode(assert(json.encode(told)))
  for _, name in ipairs {
    "version", "recipe", "parameters", "modules", "types", "user", "codes", "exit", "next",
  } do
    assert(object[name] ~= nil, name)
  end
end)

test("it has each module that a recipe may require", function()
  local names = {}
  for i, one in ipairs(told.modules) do names[i] = one.name end
  tap.equal(names, open.names())
  local records = named(named(told.modules, "source.csv").functions, "records")
  tap.equal({ records.params[1].name, records.params[2].optional, records.returns[1].type },
    { "given", true, "Records" })
  assert(named(told.types, "host.csv.Options").fields[1], "the options of a reader")
end)

test("it has each kind of a parameter", function()
  for _, name in ipairs(kinds.names()) do
    assert(named(told.parameters.kinds, name).accepts ~= "", name)
  end
  assert(named(told.parameters.kinds, "country").help:find("becomes", 1, true))
end)

test("it has the fields of a user in their order, with the limits of the rules", function()
  for name, rank in pairs(user_rules.ORDER) do tap.equal(told.user.fields[rank].name, name) end
  local username = named(told.user.fields, "username")
  tap.equal({ username.type, username.min_length, username.max_length }, { "string", 1, 15 })
  tap.equal(named(told.user.fields, "email").format, "email")
  tap.equal(named(told.user.fields, "name").warn.max_length, 150)
  local factors = named(told.user.fields, "mfa_factors")
  tap.equal({ factors.min_items, factors.max_items, factors.items.properties.totp.required },
    { 1, 10, { "secret" } })
  local metadata = named(told.user.fields, "app_metadata")
  tap.equal({ metadata.key_without, #metadata.forbidden }, { ".$", 18 })
  tap.equal(told.user.required, { "email" })
end)

test("no rule is a function, and patterns are told as people write them", function()
  local function walk(value, where)
    if type(value) == "table" then
      for key, inner in pairs(value) do walk(inner, where .. "." .. tostring(key)) end
    else
      assert(type(value) ~= "function", where)
    end
  end
  walk(told, "")
  tap.equal(named(told.user.fields, "phone_number").pattern, "^\\+[0-9]{1,15}$")
end)

test("it has each code", function()
  tap.equal(#told.codes, #codes.list)
end)
