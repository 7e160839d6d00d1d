--- What a person sees before the question: who is left out and why, each code, each warning, the
--- connection's own too. `check` says the same of a connection file.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local ODD <const> = {
  "u3,,No Address," .. program.HASH, "u4,no address,Odd," .. program.HASH,
  "u2," .. program.email(2) .. ",Person 2," .. program.HASH,
  "u6," .. program.email(6) .. ",Six," .. program.HASH,
}

---A file whose users are skipped, rejected, duplicates and warned of, and a connection whose
---addresses are not unique.
local function odd(s)
  s:people(2, ODD)
  s:recipe(function(text)
    return (text:gsub("local sum = 0", 'if row.id == "u6" then '
      .. 'require("migrate").warn("odd_name", "an odd name") end %0'))
  end)
  s:write("connection.json", json.encode { unique = { email = false, user_id = true } })
end

-- In the plan that a run shows, and that the command `plan` prints.
local SHOWN <const> = {
  "1 skipped (no address 1), 1 rejected (FORMAT 1), 1 duplicate",
  "warning: an odd name (odd_name, 1 time)\n  first at people.csv:7",
  "warning: e-mail addresses are not unique in connection Username-Password-Authentication",
  "(EMAIL_NOT_UNIQUE, 1 time)", "set user_id for every user",
}

---Without line ends, which depend on the terminal's width.
local function joined(text)
  return (text:gsub("%s+", " "))
end

test("a run shows them before its question", function()
  program.need_terminal()
  scene(nil, function(s)
    odd(s)
    s:tenant { "--connection-file", "connection.json" }
    local answers = { { prompt = "[y/N]", text = "n" } }
    s.within = { "sh", "-c", program.on_terminal('"$*"', answers), "sh" }
    local said = s:run(words("--no-color")):ends_with(8).stdout
    local before = said:sub(1, said:find("Import 3 users", 1, true))
    for _, text in ipairs(SHOWN) do contains(joined(before), joined(text)) end
    equal(s:metrics().users, 0)
  end)
end)

test("a run without a terminal shows them before it refuses", function()
  scene(nil, function(s)
    odd(s)
    s:tenant { "--connection-file", "connection.json" }
    local said = s:run(words()):ends_with(8).stderr
    local before = said:sub(1, said:find("next:", 1, true))
    for _, text in ipairs(SHOWN) do contains(joined(before), joined(text)) end
  end)
end)

test("check and plan say the same of a connection file", function()
  scene(nil, function(s)
    odd(s)
    for _, command in ipairs { "check", "plan" } do
      local function args(...)
        return { command, "shop.lua", "input=people.csv", "--connection-file", "connection.json",
          ... }
      end
      local said = s:run(args()):ends_with(3).stdout
      for i = 2, #SHOWN do contains(said, SHOWN[i]) end
      contains(said, "no address 1")
      contains(said, "FORMAT 1")
      local counts = s:run(args "--json"):object().warnings
      equal({ counts.odd_name, counts.EMAIL_NOT_UNIQUE }, { 1, 1 })
    end
  end)
end)
