local json = require "host.json"
local preview = require "check.preview"
local tap = require "tests.tap"
local test = tap.test

---Previews of what `map` makes of three records, and what preview.run returned.
local function previews(which, map)
  local i = 0
  local recipe = {
    params = {}, warnings = { odd = { count = 1, message = "something odd" } }, map = map,
    source = function()
      return function()
        i = i + 1
        if i <= 3 then return { email = i .. "@b.co" }, "a.csv:" .. i + 1 end
      end
    end,
  }
  local shown = {}
  local warnings, message, kind = preview.run(recipe, {}, which, function(one)
    shown[#shown + 1] = one
  end)
  return shown, warnings, message, kind
end

local function user(record)
  return { email = record.email }
end

test("the first records are shown next to their users", function()
  local shown, warnings = previews({ n = 2 }, user)
  tap.equal(shown, {
    { position = 1, at = "a.csv:2", record = { email = "1@b.co" }, errors = {},
      users = { { email = "1@b.co", email_verified = false } } },
    { position = 2, at = "a.csv:3", record = { email = "2@b.co" }, errors = {},
      users = { { email = "2@b.co", email_verified = false } } },
  })
  assert(json.is_array(shown[1].errors))
  tap.equal(warnings, { { code = "odd", message = "something odd" } })
end)

test("the record at a position or place is shown, and no other is mapped", function()
  local n = 0
  local function count(record)
    n = n + 1
    return user(record)
  end
  tap.equal(previews({ at = 3 }, count)[1].at, "a.csv:4")
  tap.equal(previews({ at = "a.csv:3" }, count)[1].position, 2)
  tap.equal(n, 2)
  local _, warnings, message, kind = previews({ at = 9 }, count)
  tap.equal({ warnings, message, kind }, { nil, "the source has 3 records, none at 9", "usage" })
end)

test("a skipped record has its reason and no findings", function()
  local shown = previews({ n = 1 }, function() return nil, "too old" end)
  tap.equal(shown, {
    { position = 1, at = "a.csv:2", record = { email = "1@b.co" }, skipped = "too old" },
  })
end)

test("warnings follow errors, and say that they are warnings", function()
  local shown = previews({ n = 1 }, function(record)
    return { { email = record.email, user_metadata = { text = ("x"):rep(11000) } }, 7 }
  end)
  local errors = shown[1].errors
  tap.equal({ errors[1].code, errors[1].warning, errors[2].code, errors[2].warning },
    { "RECIPE_RESULT", nil, "TOO_LARGE", true })
end)
