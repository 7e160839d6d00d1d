--- recipes copy: begins a recipe of one's own.

local catalog_text = require "cli.text.catalog"
local json = require "host.json"
local result = require "cli.common.result"

---@type Command
return {
  name = "recipes copy",
  summary = "Begin a recipe of your own from another one",
  help = [[
Writes a recipe that extends RECIPE, and a copy of its tests, to FILE (default my-RECIPE.lua):
what you write there replaces what RECIPE has, and the rest follows its later versions. --whole
copies all of it instead, with its page. Nothing is overwritten without --force.]],
  positionals = { { name = "RECIPE" }, { name = "FILE", optional = true } },
  shape = function()
    return {
      status = "complete", recipe = json.null, extends = json.null, files = json.array {},
    }
  end,
  run = function(context)
    local flags = context.flags
    return result.result(context, catalog_text.copy,
      require("catalog.copy").run(flags.RECIPE, flags.FILE, {
        whole = flags.whole, force = flags.force, env = context.env,
      }))
  end,
}
