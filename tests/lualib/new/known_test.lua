--- By which signs an export is known.

local known = require "new.known"
local survey = require "new.survey"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local function of(record, shipped)
  local found = survey.new {}
  found:record(record)
  found:finish()
  local one = known.of({}, found.columns, shipped)
  return one and one.recipe
end

local WORDPRESS <const> = { user_login = "a", user_pass = "b", USER_EMAIL = "a@b.cd", ID = 1 }

test("an export is known by its columns, in any case, if the recipe is shipped", function()
  equal(of(WORDPRESS, { wordpress = true }), "wordpress")
  equal(of(WORDPRESS, { okta = true }), nil)
end)

test("the records of a page are known inside its list", function()
  local page = { results = { { uuid = "1", deactivateAccount = "x", emailVerified = "y" } } }
  equal(of(page, { akamai = true }), "akamai")
end)

test("a table of users of an unknown system is not recognised", function()
  local shipped = {}
  for _, one in ipairs(known.LIST) do shipped[one.recipe] = true end
  equal(of({ id = 1, email = "a@b.cd", password = "x", name = "A B" }, shipped), nil)
end)

test("signs are in lower case, as columns are compared", function()
  for _, one in ipairs(known.LIST) do
    for _, sign in ipairs(one.signs or {}) do equal(sign, sign:lower()) end
    assert(one.reader or one.signs, one.recipe)
  end
end)
