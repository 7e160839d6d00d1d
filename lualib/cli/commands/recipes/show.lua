--- recipes show: what a recipe says of itself.

local catalog_text = require "cli.text.catalog"
local json = require "host.json"
local result = require "cli.common.result"

---@type Command
return {
  name = "recipes show",
  summary = "Show what a recipe reads, carries over and loses",
  help = [[
Shows the parameters of a recipe, what it asks for, how to make the export in the old system, which
fields become what, and what is lost. The pages of shipped recipes are also in docs/sources; that of
another recipe is NAME.md next to it. --text shows the recipe itself.]],
  positionals = { { name = "RECIPE" } },
  shape = function()
    return {
      status = "complete", name = json.null, system = json.null, path = json.null,
      shipped = json.null, hidden = json.null, passwords = json.null, factors = json.null,
      fault = json.null, usage = json.null, text = json.null, page = json.null,
      reads = json.array {}, parameters = json.array {}, needs = json.array {},
      fixes = json.array {},
    }
  end,
  run = function(context)
    return result.result(context, catalog_text.describe,
      require("catalog").describe(context.flags.RECIPE, context.env, context.flags.text))
  end,
}
