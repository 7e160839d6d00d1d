--- generate: writes made-up users in the shape that a recipe reads.

local command = require "base.command"
local json = require "host.json"
local result = require "cli.common.result"
local generate_text = require "cli.text.generate"
local settings = require "cli.common.settings"
local sorted = require "base.sorted"

local USERS <const>, SEED <const> = 1000, 1

---What the users are written from: a plain format, or the cases of a recipe.
local function written(context, options)
  local flags, plain = context.flags, require "generate.plain"
  local generate = require "generate"
  if plain.FORMATS[flags.RECIPE] then
    return generate.plain(plain.patterns(flags.RECIPE), options), plain.RECIPES[flags.RECIPE]
  end
  local files, message, kind, more = require("cases.files").of(flags.RECIPE, context.env)
  if not files then return nil, message, kind, more end
  local world
  world, message, kind = require("cases").world {
    env = context.env, limits = settings.limits(flags),
  }
  if not world then return nil, message, kind end
  return generate.recipe(files, world, flags.params, options), flags.RECIPE
end

---The command that reads the users.
local function next_of(report, recipe)
  if not recipe then return json.null end
  local words = { "check", recipe }
  for _, one in ipairs(report.files) do words[#words + 1] = one.param .. "=" .. one.path end
  for name, value in sorted.pairs(report.params) do words[#words + 1] = name .. "=" .. value end
  return command.line(words)
end

---@type Command
return {
  name = "generate",
  summary = "Write made-up users in the shape that a recipe reads, with their passwords",
  help = [[
Writes -n N users (default 1000) as the recipe reads them, made of the records of its test file, or,
for csv, tsv, ndjson, json, ldif or sql in place of RECIPE, with usual columns. Their passwords are
in a second file, which --logins takes. name=value chooses the cases with these parameters. The
users are computed from --seed. Nobody in them is real; addresses are of example.com, example.org
and example.net. Files are not replaced without --force.]],
  positionals = { { name = "RECIPE" }, { name = "name=value", optional = true, params = true } },
  shape = function()
    return {
      users = 0, logins = 0, files = json.array {}, key = json.null, params = {}, cases = 0,
      left = json.array {},
    }
  end,
  run = function(context)
    local flags = context.flags
    local name = flags.RECIPE:match("([^/]+)$") or flags.RECIPE
    local report, recipe, kind, more = written(context, {
      n = flags.n or USERS, seed = flags.seed or SEED, cost = flags.cost, output = flags.output,
      name = name:gsub("%.lua$", ""), force = flags.force,
    })
    if not report then return result.failure(context, recipe, kind, more) end
    report.status, report.exit = "complete", 0
    report.next = next_of(report, recipe)
    return result.result(context, generate_text.of, report)
  end,
}
