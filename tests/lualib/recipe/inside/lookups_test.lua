--- recipe.inside.lookups: what the lookups of a recipe found, by file.

local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

---What the lookups of a recipe were used for, after all records were mapped.
local function used(files, head, map, records)
  return recipe_rig.in_folder(files, function(folder)
    local made = recipe_rig.made({
      head = "local lookup, csv = require 'source.lookup', require 'source.csv'\nlocal folder = '"
        .. folder .. "'\n" .. head,
      map = map, records = records or { { id = "1" }, { id = "2" }, { id = "3" } },
    }, { folder = folder })
    made.state:must("prepare", { fields = {} })
    made.state:must("open")
    repeat until made.state:must("next") == nil
    return made.state:must("used").lookups
  end)
end

local ROLES <const> = { ["roles.csv"] = "id,name\n1,a\n1,b\n2,c\n" }
local NEW <const> = "local roles = lookup(csv.records(folder .. '/roles.csv'), 'id')"

test("get and all count the values that had a record, and those that had none", function()
  tap.equal(used(ROLES, NEW, "roles:get(row.id) return {}"),
    { ["roles.csv"] = { hits = 2, misses = 1 } })
  tap.equal(used(ROLES, NEW, "roles:all(row.id) return {}"),
    { ["roles.csv"] = { hits = 2, misses = 1 } })
end)

test("nil is a value that had no record: its column may be misspelt", function()
  tap.equal(used(ROLES, NEW, "roles:get(row.ident) return {}"),
    { ["roles.csv"] = { hits = 0, misses = 3 } })
end)

test("a lookup that was never asked is not listed", function()
  tap.equal(used(ROLES, NEW, "return {}"), {})
end)

test("two lookups of one file are distinguished by their keys, or numbered", function()
  local head = NEW .. "\nlocal names = lookup(csv.records(folder .. '/roles.csv'), 'name')"
    .. "\nlocal list = lookup({ { id = '9' } }, 'id')"
  tap.equal(used(ROLES, head, "roles:get(row.id) names:get('a') list:get('9') return {}"), {
    ["roles.csv"] = { hits = 2, misses = 1 }, ["roles.csv by name"] = { hits = 3, misses = 0 },
    ["lookup 3"] = { hits = 3, misses = 0 },
  })
end)

local JOIN <const> = [[
local join = require "source.join"
local function source()
  return join({ { id = "1" }, { id = "2" }, { id = "3" } }, csv.records(folder .. "/roles.csv"),
    { key = "id", outer = true })
end
]]

---The uses and the warnings of a recipe whose source is the join.
local function joined(head, map)
  return recipe_rig.in_folder(ROLES, function(folder)
    local made = recipe_rig.of("local csv, folder = require 'source.csv', '" .. folder .. "'\n"
      .. head .. "return { source = source, map = function(row) " .. map .. " end }",
      { folder = folder })
    made.state:must("prepare", { fields = {} })
    made.state:must("open")
    local events = {}
    repeat
      local event, at = made.state:must("next")
      events[#events + 1] = event and event .. " " .. at
    until event == nil
    return made.state:must("used").lookups, made.state:must("finish"), events
  end)
end

test("a join counts as a lookup", function()
  local uses, warnings, events = joined(JOIN, "return nil, row.unused and 'unused' or 'used'")
  tap.equal(uses, { ["roles.csv"] = { hits = 2, misses = 1 } })
  tap.equal(warnings, {})
  tap.equal(events, { "skipped #1", "skipped #2", "skipped #3", "skipped roles.csv:3" })
end)

test("a column that a joined record does not have is warned of", function()
  local _, warnings = joined(JOIN, "return nil, row.other and row.other.nmae or 'x'")
  tap.equal(warnings, { { code = "unknown_column",
    message = 'column "nmae" is not in roles.csv; did you mean "name"?' } })
end)

test("what the program reads of a joined record that is the user is not warned of", function()
  local _, warnings, events = joined([[
local join = require "source.join"
local function source()
  return join(csv.records(folder .. "/roles.csv"), { { id = "1" } }, { key = "id" })
end
]], "row.email, row.other = row.id .. '@example.com', nil return row")
  tap.equal(warnings, {})
  tap.equal(events, { "invalid roles.csv:2", "invalid roles.csv:3", "invalid roles.csv:4" })
end)

test("a recipe cannot write into the counts", function()
  tap.equal(used(ROLES, NEW, "roles.hits, roles.misses = {}, 'x' roles:get(row.id) return {}"),
    { ["roles.csv"] = { hits = 2, misses = 1 } })
end)

test("a wrong key is a mistake at the recipe's line", function()
  local _, message = recipe_rig.load(recipe_rig.text {
    head = "local lookup = require 'source.lookup'\nlocal made = lookup({}, 5)",
  })
  tap.contains(message, "shop.lua:6: source.lookup expects a key")
end)

test("a lookup of a table that has few of the values is not listed: nothing stops there", function()
  local few <const> = NEW:gsub("%)$", ", { few = true })")
  tap.equal(used(ROLES, few, "assert(roles:get(row.id) or row.id == '3') return {}"), {})
end)
