--- `--json` of the commands that look at recipes, records, hashes and logins has the same members
--- at every ending.

local digest = require "host.digest"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local test = tap.test
local scene = program.scene

local RECIPE <const> = [[
local csv, password = require "source.csv", require "auth0.password"
return {
  params = { input = { required = true } },
  source = function(params) return csv.records(params.input) end,
  map = function(row)
    return { email = row.email, custom_password_hash = password.bcrypt(row.hash) }
  end,
}
]]

local HASH <const> = digest.bcrypt("correct horse", 4)
local INPUT <const> = "input=people.csv"

---What ends well (0 or 3), and what ends with 2 for another reason than the command line.
---@type {well: string[][], status?: integer, badly: string[][]}[]
local CASES <const> = {
  { well = { { "preview", "shop.lua", INPUT } },
    badly = { { "preview", "none.lua", INPUT }, { "preview", "shop.lua", "input=none.csv" } } },
  { well = { { "preview", "shop.lua", INPUT, "--stats" } },
    badly = { { "preview", "none.lua", INPUT, "--stats" } } },
  { well = { { "prove", "shop.lua", INPUT, "--logins", "logins.csv" } },
    badly = { { "prove", "shop.lua", INPUT }, { "prove", "none.lua", INPUT, "--logins",
      "logins.csv" }, { "prove", "shop.lua", INPUT, "--logins", "none.csv" } } },
  { well = { { "hash", "identify", ("ab"):rep(20) } },
    badly = { { "hash", "a", "b" } } },
  { well = { { "recipes" }, { "recipes", "list" } }, badly = { { "recipes", "list", "--lsit" } } },
  { well = { { "recipes", "show", "csv" }, { "recipes", "show", "keycloak", "--text" } },
    badly = { { "recipes", "show", "none" } } },
  { well = { { "recipes", "copy", "csv", "own.lua" } }, badly = { { "recipes", "copy", "none" } } },
  { well = { { "recipes", "schema" } }, badly = { { "recipes", "schema", "--chekc" } } },
  { well = { { "recipes", "annotate" } }, badly = { { "recipes", "annotate", "none/none" } } },
  { well = { { "recipes", "lock", "shop.lua" } }, badly = { { "recipes", "lock", "none.lua" } } },
}

local function names_of(object)
  local names = {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, " ")
end

local function with_json(words)
  local all = table.move(words, 1, #words, 1, {})
  all[#all + 1] = "--json"
  return all
end

for _, case in ipairs(CASES) do
  test("the same members at every ending: " .. table.concat(case.well[1], " "), function()
    scene(nil, function(s)
      s:write("shop.lua", RECIPE)
      s:write("people.csv", "email,hash\nada@example.com," .. HASH .. "\n")
      s:write("logins.csv", "id,password\nada@example.com,correct horse\n")
      local members
      for _, words in ipairs(case.well) do
        local object = s:run(with_json(words)):ends_with(0):object()
        members = members or names_of(object)
        tap.equal({ names_of(object), object.status, object.exit }, { members, "complete", 0 })
      end
      for _, words in ipairs(case.badly) do
        local object = s:run(with_json(words)):ends_with(2):object()
        tap.equal({ names_of(object), object.status, object.exit }, { members, "failed", 2 })
        assert(object.message ~= "")
      end
    end)
  end)
end

test("the same members at every ending: try-login", function()
  scene(nil, function(s)
    s:write("logins.csv", "id,password\nada@example.com,correct horse\n")
    local words = { "try-login", "--logins", "logins.csv", "--json" }
    local before = s:run(words):ends_with(2):object()
    s:tenant()
    local object = s:run(words):ends_with(3):object()
    tap.equal(names_of(object), names_of(before))
    tap.equal({ object.tried, object.failed, before.tried, before.logins }, { 1, 1, 0, {} })
  end)
end)
