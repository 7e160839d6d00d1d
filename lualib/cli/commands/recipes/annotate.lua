--- recipes annotate: annotations for editors.

local catalog_text = require "cli.text.catalog"
local json = require "host.json"
local result = require "cli.common.result"

---@type Command
return {
  name = "recipes annotate",
  summary = "Write annotations for editors next to your recipes",
  help = [[
Writes what a recipe may require, with all functions and types, as annotations for
lua-language-server into FOLDER/.auth0-migrate (default: the working directory), and
FOLDER/.luarc.json, by which an editor that opens FOLDER finds them. A .luarc.json that is there
stays as it is, and what it lacks is shown; --force adds it. Repeat it after an update.]],
  positionals = { { name = "FOLDER", optional = true } },
  shape = function()
    return {
      status = "complete", folder = json.null, files = 0, settings = json.null, add = json.null,
      changed = false,
    }
  end,
  run = function(context)
    local flags = context.flags
    return result.result(context, catalog_text.annotate,
      require("catalog.annotate").run(flags.FOLDER, flags.force))
  end,
}
