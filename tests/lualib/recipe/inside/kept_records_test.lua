--- Records that are kept in a recipe's state: as `map` got them, and what lines see of them.

local json = require "host.json"
local kept_records = require "recipe.inside.kept_records"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

-- In place of the recipe's modules.
local MODULES <const> = {
  compile = function(_, text) return load(text, "=line", "t", { error = error }) end,
  require = function(_, name) return name end,
}

local function kept(record, params)
  local records = kept_records.new(MODULES, params or {})
  return records, records:keep(record)
end

test("a kept record does not change with the reader's, and keeps keys, bytes, lists", function()
  local record = { [1] = "text", pw = { "\255\0", json.array {} }, none = json.null }
  local records, number = kept(record)
  record.pw[1] = "changed"
  local copy = records:get(number)
  equal({ copy[1], copy.pw[1], copy.none == json.null }, { "text", "\255\0", true })
  assert(json.is_array(copy.pw[2]))
end)

test("a record that contains itself is kept", function()
  local record = { name = "a" }
  record.itself = record
  local records, number = kept(record)
  local copy = records:get(number)
  assert(copy.itself == copy and copy ~= record)
end)

test("a line sees the record, the mapped hash, parameters and modules", function()
  local records, number = kept({ pw = { "x" } }, { site = "acme" })
  equal(records:run(number, "row.pw[1] .. value .. params.pepper .. params.site .. password", "y",
    { pepper = "z" }), "xyzacmeauth0.password")
  equal(records:run(number, "nil", "y", {}), nil)
end)

test("a line that fails raises, as it would in `map`", function()
  local records, number = kept { pw = "x" }
  tap.raises(function() records:run(number, "row.salt:lower()", nil, {}) end, "salt")
  tap.raises(function() records:run(number, "row.", nil, {}) end, "line")
end)
