local json = require "host.json"
local type_name = require "base.type_name"
local tap = require "tests.tap"

local test = tap.test

test("a kind is the type, but null and records have names of their own", function()
  local kinds = {}
  for i, value in ipairs { "a", 1, {}, json.null, io.stdout } do kinds[i] = type_name.of(value) end
  tap.equal(kinds, { "string", "number", "table", "null", "record" })
  tap.equal(type_name.of(nil), "nil")
end)

test("a kind with an article: null and nil have none", function()
  tap.equal({ type_name.a(true), type_name.a(json.null), type_name.a(nil), type_name.a(print) },
    { "a boolean", "null", "nil", "a function" })
end)
