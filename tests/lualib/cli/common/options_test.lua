--- cli.common.options: which command takes which option, and what the next command needs too.

local options = require "cli.common.options"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local function keys_of(command)
  local keys = {}
  for _, option in ipairs(options.of(command)) do keys[options.key(option)] = true end
  return keys
end

test("plan takes every option of run", function()
  local plan = keys_of "plan"
  for key in pairs(keys_of "run") do assert(plan[key], key) end
end)

-- A rehearsal has a tenant and a connection of its own, and is new each time.
local NOT_REHEARSED <const> = {
  domain = true, connection = true, fresh = true, changed = true, dry_run = true,
}

test("rehearse takes every option of run that has a meaning there", function()
  local rehearse = keys_of "rehearse"
  for key in pairs(keys_of "run") do equal(rehearse[key] or false, not NOT_REHEARSED[key], key) end
end)

local TYPED <const> = { "run", "shop.lua", "--profile", "staging", "--slots", "3", "input=a",
  "--ca-file=a b.pem", "--allow-net=a.b", "--allow-env", "--yes", "--recipe-time", "7s" }

for _, case in ipairs {
  { "resume", { "--profile", "staging", "--ca-file=a b.pem", "--recipe-time", "7s" } },
  { "preview", { "--profile", "staging", "--ca-file=a b.pem", "--allow-net=a.b", "--allow-env",
    "--recipe-time", "7s" } },
  { "doctor", { "--profile", "staging", "--ca-file=a b.pem" } },
  { "status", {} },
} do
  test("to " .. case[1] .. " the options are carried that it needs too, as typed", function()
    equal(options.carried(TYPED, case[1]), case[2])
  end)
end

test("what follows -- is not an option", function()
  equal(options.carried({ "run", "--", "--profile=a" }, "resume"), {})
end)

test("an option is taken out of a command line in either form", function()
  equal(options.without({ "a", "--canary", "3", "--canary=4", "--canary-x", "b" }, "--canary"),
    { "a", "--canary-x", "b" })
end)

test("a place is any text but a number, a blank or a sign", function()
  for text, expected in pairs {
    ["3"] = 3, ["a.csv:18"] = "a.csv:18", ["#4"] = "#4", ["the row 2"] = "the row 2",
  } do
    equal(options.place(text), expected)
  end
  for _, text in ipairs { "0", "-3", "", " " } do equal(options.place(text), nil) end
end)
