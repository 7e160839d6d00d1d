--- The text about the users because of which whole jobs fail.

local isolated = require "report.isolated"
local tap = require "tests.tap"

local function text_of(count)
  local at = {}
  for i = 1, math.min(count, 100) do at[i] = "people.csv:" .. i + 1 end
  return isolated.text { isolated = { count = count, at = at } }
end

tap.test("isolated users are named by their places, ten of them, and counted", function()
  tap.equal({ text_of(0) or "none", isolated.text {} or "none" }, { "none", "none" })
  tap.equal(text_of(1), "1 user makes a job fail as a whole: people.csv:2")
  tap.equal(text_of(2), "2 users make a job fail as a whole: people.csv:2, people.csv:3")
  local ten = "people.csv:2, people.csv:3, people.csv:4, people.csv:5, people.csv:6, people.csv:7, "
    .. "people.csv:8, people.csv:9, people.csv:10, people.csv:11"
  tap.equal(text_of(10), "10 users make a job fail as a whole: " .. ten)
  tap.equal(text_of(1012), "1 012 users make a job fail as a whole: " .. ten .. ", and 1 002 more")
end)
