--- test: runs the tests of recipes.

local command = require "base.command"
local file = require "host.file"
local json = require "host.json"
local result = require "cli.common.result"
local cases_text = require "cli.text.cases"
local settings = require "cli.common.settings"

---What shows more, or writes the golden file that is not there yet.
local function next_of(context, report)
  local flag = report.lacks_golden and "--update" or report.hides_values and "--show-values"
  if report.exit == 0 or not flag then return json.null end
  local words = table.move(context.args, 1, #context.args, 1, {})
  words[#words + 1] = flag
  return command.line(words)
end

---Runs the tests and writes JUnit's file: a report, or nil, message, kind, more.
local function run(context)
  local flags = context.flags
  for _, name in ipairs(flags.RECIPE) do
    if name:find("^[%a_][%w_]*=") and not file.stat(name) then
      return nil, "test takes no parameters: name them in the params of a case", "usage",
        { next = "auth0-migrate test --help" }
    end
  end
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
a case fails, 2 if a test file is wrong.]],
  positionals = { { name = "RECIPE", many = true } },
  shape = function() return require("cases").empty() end,
  run = function(context)
    return result.result(context, cases_text.of, run(context))
  end,
}
