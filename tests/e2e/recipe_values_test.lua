--- The recipe contract, by the real program: how values of records arrive.

local json = require "host.json"
local program = require "tests.e2e.program"
local rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"

local test = tap.test
local lines, finish, once, recipe_with, user, run, mapped_users
  = rig.lines, rig.finish, rig.once, rig.recipe_with, rig.user, rig.run, rig.mapped_users

local RAW <const> = [=[{"email":"a@example.com","email_verified":null,"given_name":"",]=]
  .. [=["name":null,"user_id":"u1","app_metadata":{"id":9007199254740993,"rate":0.1,]=]
  .. [=["longest":9223372036854775807,"least":-9223372036854775808,]=]
  .. [=["longer":18446744073709551616,"none":[],"empty":{},]=]
  .. [=["null":null,"text":"","nested":{"deep":[[],{},[1]]},]=]
  .. [=["esc":"a/b\u00e9\ud83d\ude00\u0000\n"}}]=]

local valued = once(function()
  local seen = {}
  program.scene(nil, function(place)
    local tenant = place:slow_tenant()
    place:write("shop.lua", recipe_with())
    place:write("users.ndjson", RAW)
    seen.report = place:run({ "shop.lua", "input=users.ndjson", "--yes", "--json",
      "--keep-chunks" }):ends_with(0):object()
    seen.chunk = place:read "shop.run/chunks/000001.json"
    seen.stored = json.decode(tenant.db:value("SELECT record FROM user"))
    seen.stored_text = tenant.db:value("SELECT record FROM user")
  end)
  return seen
end)

test("numbers arrive as they are in the source: 64 bits, and longer ones as strings", function()
  local got = valued().stored.app_metadata
  tap.equal({ got.id, got.longest, got.least, got.longer, got.rate },
    { 9007199254740993, math.maxinteger, math.mininteger, "18446744073709551616", 0.1 })
end)

test("empty lists and objects arrive unchanged at the tenant", function()
  for _, text in ipairs { valued().chunk, valued().stored_text } do
    tap.contains(text, '"none":[]')
    tap.contains(text, '"empty":{}')
    tap.contains(text, '"deep":[[],{},[1]]')
  end
end)

test("nulls and empty strings are removed at the top level and kept in metadata", function()
  local text = valued().chunk
  tap.contains(text, '"null":null')
  tap.contains(text, '"text":""')
  assert(not text:find('"given_name"', 1, true) and not text:find('"name"', 1, true))
  tap.contains(text, '"email_verified":false')
end)

test("members are in a fixed order: identifiers first, metadata last and sorted", function()
  tap.contains(valued().chunk,
    '[{"email":"a@example.com","email_verified":false,"user_id":"u1","app_metadata":{"empty":')
end)

test("strings arrive with every escape", function()
  tap.equal(valued().stored.app_metadata.esc, "a/b\u{e9}\u{1f600}\0\n")
end)

test("the same source and recipe produce the same bytes", function()
  local list = {}
  for i = 1, 40 do
    local metadata = {}
    for k = 1, 20 do metadata["key" .. (k * 7919 + i) % 1000] = k end
    list[i] = user(i, { app_metadata = metadata })
  end
  local args = { "--keep-chunks", "--chunk-users", "7" }
  local first = finish(recipe_with(), list, { args = args })
  local second = finish(recipe_with(), list, { args = args })
  tap.equal(#first.chunks, 6)
  tap.equal(second.chunks, first.chunks)
end)

local function csv_recipe(options)
  return [[
local csv = require "source.csv"
return {
  params = { input = { required = true } },
  source = function(params) return csv.records(params.input, ]] .. options .. [[) end,
  map = function(row)
    local nick = row.nick
    if nick == nil then nick = "nil" end
    return { email = row.email, app_metadata = { nick = nick } }
  end,
}]]
end

for _, case in ipairs {
  { "empty cells and \\N are nil", "{}", { "nil", "nil", "NULL", " x " } },
  { "empty cells are kept on request", '{ empty = "keep" }', { "", "nil", "NULL", " x " } },
  { "null values apply if they are listed", '{ null = { "NULL" }, trim = true }',
    { "nil", "nil", "nil", "x" } },
} do
  test("CSV: " .. case[1], function()
    local result = run({
      ["shop.lua"] = csv_recipe(case[2]),
      ["a.csv"] = "email,nick\na@example.com,\nb@example.com,\\N\nc@example.com,NULL\n"
        .. "d@example.com, x \n",
    }, { "map", "shop.lua", "input=a.csv" }):ends_with(0)
    local got = {}
    for i, one in ipairs(mapped_users(result)) do got[i] = one.app_metadata.nick end
    tap.equal(got, case[3])
  end)
end

test("source.lookup joins a second file, one record or all", function()
  local result = run({
    ["shop.lua"] = [[
local csv = require "source.csv"
local lookup = require "source.lookup"
local orders
return {
  params = { input = { required = true } },
  source = function(params)
    orders = lookup(csv.records "orders.csv", "customer")
    return csv.records(params.input)
  end,
  map = function(row)
    local first, all = orders:get(row.id), orders:all(row.id)
    return { email = row.email, app_metadata = { first = first and first.item, n = #all } }
  end,
}]],
    ["a.csv"] = "id,email\n1,a@example.com\n2,b@example.com\n3,c@example.com\n",
    ["orders.csv"] = "customer,item\n1,pen\n2,cup\n1,ink\n",
  }, { "map", "shop.lua", "input=a.csv" }):ends_with(0)
  local got = {}
  for i, one in ipairs(mapped_users(result)) do
    got[i] = { one.app_metadata.first or "none", one.app_metadata.n }
  end
  tap.equal(got, { { "pen", 2 }, { "cup", 1 }, { "none", 0 } })
end)

test("an unknown column is warned about once, with the closest name", function()
  local result = run({
    ["shop.lua"] = csv_recipe "{}", ["a.csv"] = "email,nik\na@example.com,x\nb@example.com,y\n",
  }, { "check", "shop.lua", "input=a.csv" }):ends_with(0)
  local _, n = (result.stdout .. result.stderr):gsub("nik", "")
  tap.equal(n, 1)
end)

test("check warns about a path that is a list in one user and an object in another", function()
  local result = run({
    ["shop.lua"] = recipe_with(),
    ["users.ndjson"] = lines {
      user(1, { app_metadata = { roles = { "a" } } }), user(2, { app_metadata = { roles = {} } }),
    },
  }, { "check", "shop.lua", "input=users.ndjson" }):ends_with(0)
  tap.contains(result.stdout, "app_metadata.roles")
end)
