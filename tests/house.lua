--- The rules of the source tree. `auth0-migrate --run tests/house.lua` prints violations with file,
--- line and rule; with --draw, the folders and their dependencies as a Graphviz text.

-- Required by the tests as tests.house, or run as a script, which must first make tests/ loadable.
local arguments = ...
if type(arguments) == "table" then dofile "tests/modules.lua" end

local annotations = require "tests.house.annotations"
local folders = require "tests.house.folders"
local host = require "tests.house.host"
local texts = require "tests.house.texts"
local tree = require "tests.house.tree"
local writing = require "tests.house.writing"

local house = {}

---@class HouseRule
---@field says string
---@field broken fun(sources: Sources): string[]  "file:line: what"

---@type HouseRule[]
house.RULES = {
  { says = "a folder uses only what is below it", broken = folders.climbs },
  { says = "no files require each other in a circle", broken = folders.circles },
  { says = "what recipes see of auth0 is pure", broken = folders.impurities },
  { says = "what a recipe's Lua state may load requires only what it may load",
    broken = folders.unlisted },
  { says = "each module that a recipe's Lua state may load is needed", broken = folders.unneeded },
  { says = "one file waits, one calls protected, and one knows the prefix of user_ids",
    broken = texts.strays },
  { says = "SQL is written in journal/, tenant/ and source/database/", broken = texts.sql },
  { says = "the states of a chunk are named in journal/ and import/", broken = texts.states },
  { says = "no code reads a message", broken = texts.readings },
  { says = "no C files call each other in a circle", broken = host.file_circles },
  { says = "no modules of the host call each other in a circle", broken = host.module_circles },
  { says = "what a header declares is defined", broken = host.undefined },
  { says = "a private header is included in its folder only", broken = host.intrusions },
  { says = "what is loaded is text, but for the program's own library", broken = host.loads },
  { says = "the host knows the program's name, and nothing else of Auth0",
    broken = host.policy_in_host },
  { says = "an exported function is annotated", broken = annotations.unexplained },
  { says = "the guides name only files that exist", broken = writing.missing },
  { says = "a shipped recipe is no longer than a page", broken = writing.long_recipes },
  { says = "no line ends in white space, and no code is indented with tabs",
    broken = writing.untidy },
}

---Violations of the rules.
---@param sources Sources
---@return string[]  "file:line: what [rule]"
function house.broken(sources)
  local found = {}
  for _, rule in ipairs(house.RULES) do
    for _, one in ipairs(rule.broken(sources)) do
      found[#found + 1] = string.format("%s [%s]", one, rule.says)
    end
  end
  return found
end

if type(arguments) ~= "table" then return house end

if arguments[1] == "--draw" then
  io.write(folders.drawing(tree.read()))
  return 0
end
local found = house.broken(tree.read())
for _, one in ipairs(found) do print(one) end
return #found > 0 and 1 or 0
