--- auth0.identifiers: comparison, keys, and users that share one.

local identifiers = require "auth0.identifiers"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

test("identifiers: the prefix is added to a user_id, but not to nil", function()
  tap.equal(identifiers.with_prefix("7"), "auth0|7")
  tap.equal(identifiers.with_prefix("auth0|7"), "auth0|auth0|7")
  tap.equal(identifiers.with_prefix(nil), nil)
end)

test("identifiers: one leading prefix is removed, and nothing else", function()
  for given, expected in pairs {
    ["auth0|7"] = "7", ["auth0|auth0|7"] = "auth0|7", ["7"] = "7", [""] = "", ["auth0"] = "auth0",
    ["google-oauth2|7"] = "google-oauth2|7", [7] = 7,
  } do
    tap.equal(identifiers.without_prefix(given), expected)
  end
  tap.equal(identifiers.without_prefix(nil), nil)
end)

test("identifiers: addresses and usernames are compared in lower case", function()
  local user = { user_id = "X", email = "A@B.co", username = "Ann", phone_number = "+1", x = 1 }
  tap.equal(identifiers.of(user),
    { user_id = "X", email = "a@b.co", username = "ann", phone_number = "+1" })
  tap.equal(identifiers.stored(user),
    { user_id = "auth0|X", email = "a@b.co", username = "ann", phone_number = "+1" })
end)

test("identifiers: lower case is that of all scripts", function()
  tap.equal(identifiers.fold("ZOË.ΣΑΣ@Example.com"), "zoë.σας@example.com")
  tap.equal(identifiers.compare({ email = "MÜLLER@x.co" }, { email = "müller@x.co" }),
    { email = true })
end)

test("identifiers: null, empty text and numbers are not identifiers", function()
  for _, value in ipairs { json.null, "", 7 } do
    local user = { user_id = value, email = value, username = value, phone_number = value }
    tap.equal({ identifiers.of(user), identifiers.stored(user) }, { {}, {} })
  end
end)

test("identifiers: keys name the user_id first, and skip missing identifiers", function()
  local values = { user_id = "auth0|x", email = "a@b.co", username = "ann", phone_number = "+1" }
  tap.equal(identifiers.keys(values), { "iauth0|x", "ea@b.co", "uann", "p+1" })
  values.user_id, values.username = nil, nil
  tap.equal(identifiers.keys(values), { "ea@b.co", "p+1" })
end)

test("identifiers: what both have is shared or differs, what one lacks does not count", function()
  local ours = { user_id = "7", email = "A@b.co", username = "ann", phone_number = "+1" }
  local shared, differing = identifiers.compare(ours,
    { user_id = "auth0|7", email = "a@B.co", username = "bob" })
  tap.equal({ shared, differing }, { { user_id = true, email = true }, { "username" } })
  shared, differing = identifiers.compare(ours, { user_id = "7", phone_number = "+2" })
  tap.equal({ shared, differing }, { {}, { "user_id", "phone_number" } })
end)

local ANN <const> = { user_id = "auth0|1", email = "ann@b.co" }
local BOB <const> = { user_id = "auth0|2", email = "bob@b.co", username = "bob" }
local OTHER_BOB <const> = { user_id = "auth0|3", email = "BOB@b.co" }

local function ids(list)
  local found = {}
  for i, one in ipairs(list) do found[i] = one.user_id end
  return found
end

test("identifiers: an index finds all that share one, once, the most reliable first", function()
  local index = identifiers.index { ANN, BOB, OTHER_BOB }
  tap.equal(ids(index:sharing { user_id = "auth0|3", email = "bob@b.co", username = "bob" }),
    { "auth0|3", "auth0|2" })
  tap.equal(ids(index:sharing { email = "nobody@b.co", username = "bob@b.co" }), {})
end)

test("identifiers: the nearest share the most reliable identifier", function()
  local index = identifiers.index { ANN, BOB, OTHER_BOB }
  tap.equal(ids(index:nearest { user_id = "auth0|9", email = "ann@b.co" }), { "auth0|1" })
  tap.equal(ids(index:nearest { email = "bob@b.co", username = "x" }), { "auth0|2", "auth0|3" })
  tap.equal(index:nearest {}, {})
end)

test("identifiers: an index can be of objects that contain users", function()
  local index = identifiers.index({ { user = ANN } }, function(placed)
    return identifiers.of(placed.user)
  end)
  tap.equal(index:nearest(identifiers.of { email = "Ann@b.co" })[1].user, ANN)
end)
