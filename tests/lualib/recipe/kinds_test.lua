local kinds = require "recipe.kinds"
local params = require "recipe.params"
local tap = require "tests.tap"
local test = tap.test

local function resolve(declared, given, values, in_file)
  return params.resolve(declared, {
    given = given, file = in_file, env = function(name) return (values or {})[name] end,
  })
end

-- {kind, text, value; nil: refused}
local CASES <const> = {
  { "text", "", "" }, { "input", "a.csv", "a.csv" }, { "input", "-", "-" }, { "input", "" },
  { "file", "", nil }, { "number", "49", 49 }, { "number", "-3", -3 }, { "number", "+3", 3 },
  { "number", "2.5", 2.5 }, { "number", ".5", 0.5 }, { "number", "1e3", 1000.0 },
  { "number", "9223372036854775807", math.maxinteger }, { "number", "9223372036854775808" },
  { "number", "" }, { "number", "0x10" }, { "number", "inf" }, { "number", "nan" },
  { "number", "1e999" }, { "number", " 1" }, { "number", "." }, { "number", "1,5" },
  { "boolean", "true", true }, { "boolean", "Yes", true }, { "boolean", "on", true },
  { "boolean", "1", true }, { "boolean", "FALSE", false }, { "boolean", "no", false },
  { "boolean", "off", false }, { "boolean", "0", false }, { "boolean", "maybe" },
  { "boolean", "" }, { "country", "49", "49" }, { "country", "+49", "49" },
  { "country", "de", "DE" }, { "country", "DE", "DE" }, { "country", "Germany" }, { "country", "" },
}

for _, case in ipairs(CASES) do
  test(string.format("as %s, %q is %s", case[1], case[2],
    case[3] == nil and "refused" or tostring(case[3])), function()
    tap.equal((kinds.read({ kind = case[1] }, case[2])), case[3])
  end)
end

test("a value that is not accepted is named with what is, and the argument to type", function()
  local declared = { rounds = { kind = "number" } }
  local made, message, kind, more = resolve(declared, { rounds = "many" })
  tap.equal(made, nil)
  tap.equal(message, 'the parameter rounds must be a number such as 49 or 0.5, not "many"')
  tap.equal(kind, "usage")
  tap.equal(more, { wrong = "rounds=", meant = "rounds=NUMBER" })
end)

test("the message names the place of a value that is not on the command line", function()
  local declared = { rounds = { kind = "number" } }
  local _, message = resolve(declared, {}, { AUTH0_MIGRATE_PARAM_ROUNDS = "x" })
  tap.contains(message, 'not "x", in AUTH0_MIGRATE_PARAM_ROUNDS')
  _, message = resolve(declared, {}, {}, { rounds = "x" })
  tap.contains(message, 'not "x", in the configuration file')
end)

test("a choice is one of the list, and a near miss is suggested", function()
  local declared = { format = { kind = { "plain", "salted" }, required = true } }
  tap.equal(resolve(declared, { format = "salted" }), { format = "salted" })
  local _, message, _, more = resolve(declared, { format = "saltd" })
  tap.contains(message, 'must be one of plain, salted, not "saltd"; did you mean "salted"?')
  tap.equal(more, { wrong = "format=", meant = "format=salted" })
end)

test("an unknown country is refused with the nearest", function()
  local declared = { country = { kind = "country" } }
  for given, near in pairs { UK = "GB", Germany = "DE", ["0049"] = "49" } do
    local made, message, kind, more = resolve(declared, { country = given })
    tap.equal({ made, kind }, { nil, "usage" })
    tap.contains(message, string.format('the parameter country must be a calling code or a '
      .. 'country, such as 49, +49 or DE, not "%s"; did you mean "%s"?', given, near))
    tap.equal(more, { wrong = "country=", meant = "country=" .. near })
  end
  tap.equal(resolve(declared, {}, {}, { country = 49 }), { country = "49" })
end)

test("numbers and booleans of the configuration file keep their meaning", function()
  local declared = { n = { kind = "number" }, flag = { kind = "boolean" } }
  tap.equal(resolve(declared, {}, {}, { n = 49, flag = false }), { n = 49, flag = false })
  tap.equal(resolve(declared, { n = 2.5, flag = true }), { n = 2.5, flag = true })
end)

test("a default is read as its kind; without a kind it is as the recipe says", function()
  local declared = {
    a = { kind = "number", default = "7" }, b = { kind = "boolean", default = "no" },
    c = { default = 7 }, d = { default = false },
  }
  tap.equal(resolve(declared, {}), { a = 7, b = false, c = 7, d = false })
end)

test("the kind secret is a secret", function()
  local declared = { key = { kind = "secret" } }
  local made, message = resolve(declared, { key = "hunter2" })
  tap.equal(made, nil)
  tap.contains(message, "is secret")
  assert(not message:find("hunter2", 1, true))
  tap.equal(resolve(declared, {}, { AUTH0_MIGRATE_PARAM_KEY = "x" }), { key = "x" })
  tap.contains(params.describe(declared), "secret: key=@FILE")
end)

test("the parameters are listed with their kinds", function()
  tap.equal(params.describe {
    n = { help = "rounds", kind = "number", default = 3 }, format = { kind = { "a", "b" } },
    input = { help = "the export", kind = "input", required = true }, on = { kind = "boolean" },
  }, table.concat({ "parameters of the recipe:", "  format  (one of a, b)",
    "  input   the export (required)", "  n       rounds (a number; default 3)",
    "  on      (true or false)" }, "\n"))
end)

local WRONG <const> = {
  { "a secret with a kind", { secret = true, kind = "number" }, "cannot have another kind" },
  { "a secret kind that is not a secret", { secret = false, kind = "secret" }, "remove one" },
  { "a secret kind with a default", { kind = "secret", default = "x" }, "cannot have a default" },
  { "a default that is not a number", { kind = "number", default = "x" }, "must be a number such" },
  { "a default that is not a choice", { kind = { "a" }, default = "b" }, "must be one of a, not" },
  { "an empty default input", { kind = "input", default = "" }, "params.p.default must be a path" },
}

for _, case in ipairs(WRONG) do
  test("a parameter may not be " .. case[1], function()
    tap.contains(kinds.check("params.p", case[2]), case[3])
  end)
end

test("a kind is a known name or a list of texts", function()
  for _, bad in ipairs { "int", 1, true, {}, { "" }, { 1 }, { a = "b" }, { "a", b = "c" } } do
    tap.equal(kinds.is_kind(bad), false)
  end
  for _, good in ipairs { "text", "input", "secret", { "a", "b" } } do
    tap.equal(kinds.is_kind(good), true)
  end
end)
