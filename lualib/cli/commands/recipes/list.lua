--- recipes list: shipped and installed recipes.

local catalog_text = require "cli.text.catalog"
local json = require "host.json"
local result = require "cli.common.result"

---@type Command
return {
  name = "recipes list",
  summary = "List the recipes that are shipped and installed",
  help = [[
Lists the recipes that are shipped with the program, in the directories of AUTH0_MIGRATE_PATH and
in your data directory: name, system, whether passwords move (yes, no, or mixed: it depends on the
user), MFA factors, files or API, and where each lies. A recipe is loaded for that, and gets
nothing: no parameters, no files, no network. One that cannot be loaded is listed with the
reason.]],
  positionals = {},
  shape = function() return { status = "complete", recipes = json.array {} } end,
  run = function(context)
    return result.result(context, catalog_text.list, require("catalog").list(context.env))
  end,
}
