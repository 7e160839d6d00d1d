local check = require "check"
local face = require "migrate.face"
local recipe_rig = require "tests.recipe_rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local capped_names = require "base.capped_names"
local test = tap.test

test("a hundred names are kept, later ones are other", function()
  local name_of = capped_names.new()
  for i = 1, 100 do tap.equal(name_of("n" .. i), "n" .. i) end
  tap.equal({ name_of "n101", name_of "n7", name_of "n102" }, { "other", "n7", "other" })
end)

test("names that differ in a value only are one", function()
  local name_of = capped_names.new()
  for i = 1, 200 do tap.equal(name_of("no " .. i .. "@example.com"), "no (address)") end
  tap.equal(name_of "other", "other")
end)

test("check counts a hundred skip reasons and other", function()
  local recipe = recipe_rig.of [[return {
    source = function()
      local i = 0
      return function()
        i = i + 1
        return i <= 120 and { n = i } or nil
      end
    end,
    map = function(record) return nil, "reason " .. record.n end,
  }]]
  local report = scheduler.run(function()
    return assert(check.run(recipe, { chunk_bytes = 400000, allow_empty = true },
      { progress = function() end }))
  end)
  tap.equal({ report.skipped["reason 100"], report.skipped["reason 101"], report.skipped.other },
    { 1, nil, 20 })
  tap.equal({ report.records.skipped, report.status, report.exit }, { 120, "complete", 0 })
end)

test("the number of a recipe's warnings is limited too", function()
  local warnings = {}
  local warn = face.new(warnings).warn
  for i = 1, 120 do warn("w" .. i, "of record " .. i) end
  tap.equal({ warnings.w100.count, warnings.w101, warnings.other.count }, { 1, nil, 20 })
end)
