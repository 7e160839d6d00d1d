local json = require "host.json"
local preview = require "check.preview"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local SOURCE <const> = [[
  source = function()
    local i = 0
    return function()
      i = i + 1
      if i <= 3 then return { email = i .. "@b.co" }, "a.csv:" .. i + 1 end
    end
  end,
]]

---Previews of what `map`, a body, makes of three records, and what preview.run returned.
local function previews(which, map)
  local recipe = recipe_rig.of("local migrate = require 'migrate' return {" .. SOURCE
    .. "map = function(row)\n" .. map .. "\nend }")
  local shown = {}
  local warnings, message, kind = preview.run(recipe, {}, which, function(one)
    shown[#shown + 1] = one
  end)
  return shown, warnings, message, kind
end

local USER <const> = "migrate.warn('odd', 'something odd') return { email = row.email }"

test("the first records are shown next to their users", function()
  local shown, warnings = previews({ n = 2 }, USER)
  tap.equal(shown, {
    { position = 1, at = "a.csv:2", record = { email = "1@b.co" }, errors = {},
      users = { { email = "1@b.co", email_verified = false } } },
    { position = 2, at = "a.csv:3", record = { email = "2@b.co" }, errors = {},
      users = { { email = "2@b.co", email_verified = false } } },
  })
  assert(json.is_array(shown[1].errors))
  tap.equal(warnings, { { code = "odd", message = "something odd", at = "a.csv:2" } })
end)

test("the record at a position or place is shown, and no other is mapped", function()
  local shown, warnings = previews({ at = 3 }, USER)
  tap.equal({ #shown, shown[1].at }, { 1, "a.csv:4" })
  tap.equal(warnings, { { code = "odd", message = "something odd", at = "a.csv:4" } })
  -- Each call of `map` warns under another name.
  shown, warnings = previews({ at = "a.csv:3" },
    "migrate.warn('mapped ' .. row.email) return { email = row.email }")
  tap.equal({ #shown, shown[1].position, #warnings, warnings[1].code },
    { 1, 2, 1, "mapped (address)" })
  local message, kind
  shown, warnings, message, kind = previews({ at = 9 }, "error('mapped')")
  tap.equal({ shown, warnings, message, kind },
    { {}, nil, "the source has 3 records, none at 9", "usage" })
end)

test("a skipped record has its reason and no findings", function()
  local shown = previews({ n = 1 }, "return nil, 'too old'")
  tap.equal(shown, {
    {
      position = 1, at = "a.csv:2", record = { email = "1@b.co" }, skipped = "too old",
      errors = {},
    },
  })
end)

test("warnings follow errors, and say that they are warnings", function()
  local shown = previews({ n = 1 },
    "return { { email = row.email, user_metadata = { text = ('x'):rep(11000) } }, 7 }")
  local errors = shown[1].errors
  tap.equal({ errors[1].code, errors[1].warning, errors[2].code, errors[2].warning },
    { "RECIPE_RESULT", nil, "PROFILE_SIZE_EXCEEDED", true })
end)
