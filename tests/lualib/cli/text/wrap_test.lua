--- cli.text.wrap: breaks lines to fit a terminal.

local help = require "cli.help"
local wrap = require "cli.text.wrap"
local main = require "cli.main"
local rig = require "tests.lualib.cli.rig"
local tap = require "tests.tap"
local ui = require "cli.common.ui"
local test = tap.test

local FITTED <const> = {
  ["a line that fits stays"] = { "one two\n", "one two\n" },
  ["a text without a newline at its end gets none"] = { "one two", "one two" },
  ["an empty line stays"] = { "one\n\ntwo\n", "one\n\ntwo\n" },
  ["a line is broken before the word that does not fit"] = {
    "the quick brown fox jumps over the lazy dog and runs\n",
    "the quick brown fox jumps over the lazy\n  dog and runs\n" },
  ["a continuation line is indented further than its line"] = {
    "  at users.csv:1, users.csv:2, users.csv:33333\n",
    "  at users.csv:1, users.csv:2,\n    users.csv:33333\n" },
  ["the text of a column stays in its column"] = {
    "duration  about enterprise 4 min 29 s, production 15 min\n",
    "duration  about enterprise 4 min 29 s,\n          production 15 min\n" },
  ["a word that is too long is not broken"] = { ("x"):rep(50) .. "\n", ("x"):rep(50) .. "\n" },
  ["an umlaut takes one column"] = { ("ü "):rep(20) .. "\n", ("ü "):rep(20) .. "\n" },
  ["a colour takes no column"] = {
    "\27[33mwarning: \27[0mthe quick brown fox jumps over\n",
    "\27[33mwarning: \27[0mthe quick brown fox jumps over\n" },
}

for name, case in pairs(FITTED) do
  test(name, function() tap.equal(wrap.fit(case[1], 40), case[2]) end)
end

local function longest(text)
  local most = 0
  for line in text:gmatch("[^\n]+") do most = math.max(most, #line) end
  return most
end

test("no help is wider than 80 columns", function()
  assert(longest(help.program(main.commands())) <= 80)
  local function check(command)
    local parts = main.subcommands(command)
    local most = longest(help.command(command, parts))
    assert(most <= 80, command.name .. ": " .. most)
    for _, one in ipairs(parts) do check(one) end
  end
  for _, command in ipairs(main.commands()) do check(command) end
end)

local LONG <const> = ("word "):rep(30) .. "end"

---What a terminal shows.
local function shown(tty, fn)
  local terminal = rig.new_terminal(tty)
  fn(ui.new { terminal = terminal })
  return terminal
end

test("a report is broken on a terminal", function()
  local terminal = shown({ stdout = true }, function(one) one:statement(LONG) end)
  assert(longest(terminal.stdout) <= 80)
end)

test("a report that is written to a file keeps its lines", function()
  local terminal = shown({ stderr = true }, function(one) one:statement(LONG) end)
  tap.equal(terminal.stdout, LONG)
end)

test("a message is broken on a terminal, the command to type next is not", function()
  local terminal = shown({ stderr = true }, function(one)
    one:warn(LONG)
    one:next(LONG)
  end)
  tap.contains(terminal.stderr, LONG .. "\27[0m\n")
  assert(longest(terminal.stderr:match("^(.*)next:")) <= 80 + #"\27[33m\27[0m")
end)
