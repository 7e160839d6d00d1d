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

test("two lookups of one file are told apart by their keys, or numbered", function()
  local head = NEW .. "\nlocal names = lookup(csv.records(folder .. '/roles.csv'), 'name')"
    .. "\nlocal list = lookup({ { id = '9' } }, 'id')"
  tap.equal(used(ROLES, head, "roles:get(row.id) names:get('a') list:get('9') return {}"), {
    ["roles.csv"] = { hits = 2, misses = 1 }, ["roles.csv by name"] = { hits = 3, misses = 0 },
    ["lookup 3"] = { hits = 3, misses = 0 },
  })
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
