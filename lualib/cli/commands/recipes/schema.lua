--- recipes schema: the contract of a recipe.

local contract_text = require "cli.text.contract"
local json = require "host.json"
local result = require "cli.common.result"

---@type Command
return {
  name = "recipes schema",
  summary = "Show what a recipe may have and require; all of it with --json",
  help = [[
Shows the fields of a recipe, the kinds of parameters, the modules that a recipe may require with
their functions, and the fields of a user. With --json also the types, the limits of each field, and
the error codes: all that an editor, a script or an assistant needs to know, in one call.]],
  positionals = {},
  shape = function()
    return {
      status = "complete", version = json.null, recipe = json.null, user = json.null,
      parameters = json.null, modules = json.array {}, types = json.array {},
      codes = json.array {},
    }
  end,
  run = function(context)
    return result.result(context, contract_text.of, require("catalog.schema").describe())
  end,
}
