--- base.command: command lines that can be typed.

local command = require "base.command"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

---Settings with which these words are carried to each command.
local function settings(...)
  local words = { ... }
  return { carried = function() return words end }
end

test("words are quoted where the shell needs it", function()
  equal(command.line { "resume", "my shop.run" }, "auth0-migrate resume 'my shop.run'")
end)

test("a command has its arguments, then the options that it needs too", function()
  equal(command.after(settings("--profile", "a b"), "resume", "shop.run", "--yes"),
    "auth0-migrate resume shop.run --yes --profile 'a b'")
  equal(command.after(nil, "status", "shop.run", nil), "auth0-migrate status shop.run")
end)

test("a preview shows the record at a place", function()
  equal(command.preview(settings "--config=c", "shop.lua", { "input=a b.csv" }, "a b.csv:2"),
    "auth0-migrate preview shop.lua 'input=a b.csv' --at 'a b.csv:2' --config=c")
end)

test("a preview without a place is of the first records", function()
  equal(command.preview(nil, "shop.lua", { "input=a" }), "auth0-migrate preview shop.lua input=a")
end)

for _, case in ipairs {
  { "of stdin", { "input=-" }, "stdin:2" },
  { "whose place is a number, which would be a position", { "input=a" }, "17" },
} do
  test("there is no preview " .. case[1], function()
    equal(command.preview(nil, "shop.lua", case[2], case[3]), nil)
  end)
end
