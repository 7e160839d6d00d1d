--- test: runs the tests of recipes.

local command = require "base.command"
local file = require "host.file"
local json = require "host.json"
local options = require "cli.common.options"
local params = require "cli.common.params"
local result = require "cli.common.result"
local cases_text = require "cli.text.cases"
local settings = require "cli.common.settings"
local setup = require "cli.common.setup"

---What shows more, or writes the golden file that is not there yet.
local function next_of(context, report)
  local flag = report.lacks_golden and "--update" or report.hides_values and "--show-values"
  if report.exit == 0 or not flag then return json.null end
  local words = table.move(context.args, 1, #context.args, 1, {})
  words[#words + 1] = flag
  return command.line(words)
end

local HELP <const> = { next = "auth0-migrate test --help" }
local OF_RECORD <const> = { "n", "patience", "profile", "config", "allow_net", "ca_file" }

local function is_param(word)
  return word:find("^[%a_][%w_]*=") ~= nil and not file.stat(word)
end

---What of the command line is for --record only; nil if nothing is.
local function misplaced(flags)
  for _, name in ipairs(flags.RECIPE) do
    if is_param(name) then
      return "test takes no parameters: name them in the params of a case; --record NAME takes some"
    end
  end
  for _, key in ipairs(OF_RECORD) do
    local given = flags[key]
    if given ~= nil and not (type(given) == "table" and #given == 0) then
      return options.by_key(key).flags .. " is for --record NAME"
    end
  end
end

---Records a cassette of one recipe: a report, or nil, message, kind, more.
local function record(context)
  local flags, words, names = context.flags, {}, {}
  for _, word in ipairs(flags.RECIPE) do
    table.insert(is_param(word) and words or names, word)
  end
  if #names ~= 1 then return nil, "--record needs one recipe", "usage", HELP end
  if not require("cases.cassette").is_name(flags.record) then
    return nil, "--record must be a name: letters, digits, _, - and .", "usage", HELP
  end
  local given, message, kind, more
  given, message, more = params.read(words)
  if not given then return nil, message, "usage", more end
  local own_flags = setmetatable({ RECIPE = names[1], params = given }, { __index = flags })
  local own = setmetatable({ flags = own_flags }, { __index = context })
  local recipe, resolved
  recipe, resolved, kind, more = setup.recipe(own, { offline = true })
  if not recipe then return nil, resolved --[[@as string]], kind, more end
  local report = require("cases.record").run(recipe, resolved, context.ui, {
    recipe = names[1], name = flags.record, n = flags.n, env = context.env,
  })
  report.status, report.exit = "complete", 0
  report.next = report.is_named and command.line { "test", names[1] } or json.null
  return report
end

---Runs the tests and writes JUnit's file: a report, or nil, message, kind, more.
local function run(context)
  local flags = context.flags
  local wrong = misplaced(flags)
  if wrong then return nil, wrong, "usage", HELP end
  local report, message, kind, more = require("cases").run(flags.RECIPE, {
    env = context.env, limits = settings.limits(flags), connection_file = flags.connection_file,
    show_values = flags.show_values, update = flags.update,
  })
  if not report then return nil, message, kind, more end
  report.next = next_of(context, report)
  report.hides_values, report.lacks_golden = nil, nil
  if not flags.junit then return report end
  local written
  written, message, kind = file.write(flags.junit, require("cases.junit").text(report))
  if not written then return nil, message, kind end
  return report
end

---@type Command
return {
  name = "test",
  summary = "Test recipes by the cases in NAME.test.yaml",
  help = [[
Runs the cases of NAME.test.yaml, next to the recipe, or of the files in the folder NAME.test, and
shows where what comes out differs. A test file is a list of cases such as `- { name: a customer,
record: { id: 7, email: Ada@Example.com }, user_has: { email: ada@example.com } }`; docs/recipes.md
describes all that they may have. The tests need no network and see a fixed clock. Exit status 3 if
a case fails, 2 if a test file is wrong. With --record NAME and name=value, as for `check`, it reads
the API of a recipe and writes a cassette: what the API answered, without personal data and
credentials. A case with `cassette: NAME` reads that in place of the API.]],
  positionals = { { name = "RECIPE", many = true } },
  shape = function() return require("cases").empty() end,
  run = function(context)
    if context.flags.record then
      return result.result(context, cases_text.recorded, record(context))
    end
    return result.result(context, cases_text.of, run(context))
  end,
}
