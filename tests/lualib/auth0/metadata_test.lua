--- auth0.metadata: names that Auth0 accepts.

local json = require "host.json"
local metadata = require "auth0.metadata"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

test("names lose dots and dollars at any depth, and no member is lost", function()
  equal(metadata.safe {
    ["https://sp.example.com"] = { "reader" }, ["a.b"] = 1, ["a_b"] = 2, ["a$b"] = 3,
    deep = { ["x.y"] = { ["$z"] = true } },
  }, {
    ["https://sp_example_com"] = { "reader" }, a_b = 2, a_b_2 = 3, a_b_3 = 1,
    deep = { x_y = { _z = true } },
  })
end)

test("a name that is free of them stays, also where another would become it", function()
  equal(metadata.safe { ["a.b"] = 1, a_b_2 = 2, a_b = 3 }, { a_b = 3, a_b_2 = 2, a_b_3 = 1 })
end)

test("lists stay lists, their objects have safe names, and nil stays nil", function()
  local safe = metadata.safe { list = json.array { { ["a.b"] = 1 } }, none = json.array {} }
  equal({ json.is_array(safe.list), json.is_array(safe.none), safe.list[1] },
    { true, true, { a_b = 1 } })
  equal(metadata.safe(nil), nil)
end)

test("names that Auth0 reserves are removed and named", function()
  local kept, removed = metadata.unreserved { plan = 1, blocked = true, _id = 2 }
  equal({ kept, removed }, { { plan = 1 }, { "_id", "blocked" } })
end)

test("app_metadata of another system keeps what has a reserved name", function()
  local made = metadata.app { email = "a", ["x.y"] = 1, email_ = "b", plan = "pro" }
  equal(made, { email__2 = "a", email_ = "b", x_y = 1, plan = "pro" })
  equal({ metadata.app {}, metadata.app(nil) }, {})
end)

test("the members of an object, of its JSON, and of nothing", function()
  local given = { a = 1 }
  local own = metadata.of(given)
  own.b = 2
  equal({ given, own, metadata.of('{"a":[1]}').a }, { { a = 1 }, { a = 1, b = 2 }, { 1 } })
  equal({ metadata.of(nil), metadata.of("no"), metadata.of(7), metadata.of('[{"a":1}]') },
    { {}, {}, {}, {} })
end)
