--- What host.step refuses; what it does is in tests/lualib/recipe/inside/mapper_test.lua.

local sandbox = require "host.sandbox"
local step = require "host.step"
local tap = require "tests.tap"

local equal, raises, test = tap.equal, tap.raises, tap.test

-- `result` runs the text with what a step needs.
local BOOT <const> = [[
local door = ...
local csv, json, schema = door.host "host.csv", door.host "host.json", door.host "host.schema"
local host_step = door.host "host.step"
local nothing = function() return "nothing" end
local function parts()
  return {
    map = nothing, params = {}, notes = {}, draft = json.draft {}, affix = "x|",
    validator = schema.compile({ type = "object" }, CODES), text_kind = "text", table_kind = "kind",
    members = { "a", "b", "c", "d", "e", "f", "g" },
    next = nothing, mapped = nothing, clear = nothing,
  }
end
return {
  result = function() %s end,
  describe = function(err) return { message = tostring(err), kind = "usage" } end,
}]]

local CODES <const> = [[
local CODES = setmetatable({ type = "TYPE" }, { __index = function() return "CODE" end })
]]

local function result(text)
  local inside <close> = sandbox.new {
    ask = print, memory = 1 << 24, steps = 1e6, seconds = 5, name = "=boot",
    boot = CODES .. BOOT:format(text),
  }
  local results = table.pack(inside:call("result"))
  if not results[1] then return results[2].message end
  return table.unpack(results, 2, results.n)
end

test("there is a step in a recipe's state only", function()
  raises(function() step.new {} end, "there is no recipe's state here")
end)

test("without a reader, Lua does the step", function()
  equal(result "return select(2, host_step.new(parts()))()", "nothing")
end)

test("a value that is no reader of records is not asked", function()
  equal({ result [[
    local one, fn = host_step.new(parts())
    local draft = json.draft()
    return one:read({}, "f:", 0), one:read(draft, "f:", 0), one:read("text", "f:", 0), fn(),
      one:last()
  ]] }, { false, false, false, "nothing" })
end)

test("parts that are missing are named", function()
  for name, message in pairs {
    validator = "host.schema.validator expected", draft = "host.json.draft expected",
    affix = "affix is missing", table_kind = "table_kind is missing", notes = "table expected",
    members = "seven members are to be named", mapped = "function expected",
  } do
    local said = result("local given = parts() given." .. name .. " = nil host_step.new(given)")
    assert(said:find(message, 1, true), said)
  end
end)

test("a validator that has seen values names no members", function()
  local said = result [[
    local given = parts()
    given.validator:check({ a = 1 }, given.draft)
    host_step.new(given)
  ]]
  assert(said:find("shapes are known already", 1, true), said)
end)
