--- The test of the documentation reports what is wrong in it.

local docs_rig = require "tests.docs_rig"
local docs_shell = require "tests.docs_shell"
local tap = require "tests.tap"

local equal, raises, test = tap.equal, tap.raises, tap.test

local function page(...)
  return docs_rig.page("page.md", table.concat({ ... }, "\n") .. "\n")
end

local function block(...)
  return page("```", ...)
end

local MATCHES <const> = {
  { "the same lines", { "a", "b" }, { "a", "b" }, true },
  { "another line", { "a", "b" }, { "a", "c" }, false },
  { "a line too few", { "a" }, { "a", "b" }, false },
  { "a line too many", { "a", "b" }, { "a" }, false },
  { "lines left out", { "a", "...", "d" }, { "a", "b", "c", "d" }, true },
  { "no line left out", { "a", "...", "b" }, { "a", "b" }, true },
  { "a line that comes again", { "...", "a", "b" }, { "a", "c", "a", "b" }, true },
  { "a line that is nowhere", { "...", "x", "..." }, { "a", "b" }, false },
  { "dots within a line", { "a ... b" }, { "a c b" }, false },
  { "the name of a run", { "shop-20261124T160021: complete" },
    { "shop-20270101T000000: complete" }, true },
  { "another state", { "shop-20261124T160021: complete" },
    { "shop-20270101T000000: failed" }, false },
  { "how long it took", { "staged in under 1 s, imported in 1 min 02 s, slots busy 4 %" },
    { "staged in 2.5 s, imported in 3 s, slots busy 99 %" }, true },
  { "counts", { "2 spaces, 4 users" }, { "3 spaces, 4 users" }, false },
}

for _, case in ipairs(MATCHES) do
  test("shown and printed: " .. case[1], function()
    equal(docs_rig.matches(case[2], case[3]), case[4])
  end)
end

test("what a terminal shows is the last text written to a line", function()
  equal(docs_rig.lines("\27[1mbar\27[K\rdone\r\n\r\nend\n"), { "done", "", "end" })
end)

test("a command line is split where the shell splits it", function()
  local words = {}
  local parts = docs_rig.parts [[A=1 one "x | y" | two 'a; b' && three; four &]]
  for i, part in ipairs(parts) do words[i] = part.word .. part.joint end
  equal(words, { "one|", "two&&", "three;", "four&" })
end)

test("a command continues in the next line, and its output ends at the next command", function()
  local shown = block("$ psql shop |", "    auth0-migrate check -",
    "$ auth0-migrate doctor", "ok", "", "fine", "```")
  local commands = docs_rig.commands(shown, error)[shown.blocks[1]]
  equal({ commands[1].text, commands[1].output },
    { "psql shop |\n    auth0-migrate check -" })
  equal({ commands[2].line, commands[2].output }, { 4, { "ok", "", "fine" } })
end)

test("a block is a file if its name and a colon are above it", function()
  local blocks = page("Text.", "", "An export,", "`a.csv`:", "", "```", "id", "```",
    "With `b.csv`.", "```", "```").blocks
  equal({ docs_rig.file_of(blocks[1]), docs_rig.file_of(blocks[2]) }, { "a.csv" })
end)

test("answers are those that the page shows, passwords those above the block", function()
  local answers = docs_rig.answers {
    before = "Here the password is `x y`:",
    output = { "password of a:", "Go? [y/N] y", "...", "Really? [y/N] n" },
  }
  equal(answers, {
    { prompt = "password of a:", nth = 1, text = "x y" },
    { prompt = "[y/N]", nth = 1, text = "y" }, { prompt = "[y/N]", nth = 2, text = "n" },
  })
end)

local WRONG <const> = {
  { "an unknown program", block("$ frobnicate", "```"),
    "page.md:2: the test does not understand frobnicate" },
  { "one behind a pipe", block("$ auth0-migrate recipes | lolcat", "```"),
    "understand lolcat" },
  { "a program of ours without $", block("auth0-migrate check shop.lua", "```"),
    "does not understand: auth0-migrate check" },
  { "a shell's command without $", page("```sh", "rm -rf x", "```"), "needs a $" },
  { "a variable without $", block("export A=1", "```"), "needs a $" },
  { "an unknown command of bootstrap", block("./bootstrap launch  # it", "```"),
    "no command launch" },
  { "a missing script of the tests", page("| x | y |", "|---|---|",
    "| `build/auth0-migrate --run tests/none.lua [N]` | z |"),
    "cannot find tests/none.lua" },
  { "an unknown command in a table", page("| command | y |", "|---|---|",
    "| `launch X` | z |"), "unknown command launch" },
  { "text before the first command", block("text", "$ auth0-migrate doctor", "```"),
    "before the first command" },
  { "commands in a block of a language", page("```lua", "$ auth0-migrate doctor", "```"),
    "block of lua" },
  { "a status that is an error", block("$ auth0-migrate check none.lua", "```"),
    "exit status 2" },
  { "another output", block("$ auth0-migrate --version", "auth0-migrate 0", "```"),
    "and it prints" },
  { "an export that the page does not show",
    block("$ psql x | auth0-migrate check csv input=-", "```"), "what is piped into it" },
  { "a variable that is not known",
    block("$ export AUTH0_DOMAIN=a.example AUTH0_NEW=1", "```"),
    "no value for AUTH0_NEW" },
}

for _, case in ipairs(WRONG) do
  test("reported: " .. case[1], function()
    raises(function() docs_shell.play(case[2]) end, case[3])
  end)
end

test("a block without an end and an invalid fence are reported", function()
  raises(function() block("text") end, "page.md:1: the block does not end")
  raises(function() page("  ```", "  ```") end, "page.md:1: not a valid fence")
end)
