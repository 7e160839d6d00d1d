--- preview: shows source records next to the users they become.

local result = require "cli.common.result"
local json = require "host.json"
local setup = require "cli.common.setup"
local preview_text = require "cli.text.preview"

---@type Command
return {
  name = "preview",
  summary = "Show source records next to the users they become",
  help = [[
Shows the first records (-n N), or one record (--at PLACE), each next to its mapped user and the
errors that Auth0 would report.]],
  positionals = setup.RECIPE_WORDS,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    local ui, flags = context.ui, context.flags
    local width, all = context.width(), json.array {}
    local which = { n = flags.n, at = flags.at }
    local warnings, message
    warnings, message, kind = require("check.preview").run(recipe, settings, which, function(shown)
      if flags.json then
        all[#all + 1] = shown
        return true
      end
      return ui:show(preview_text.of(shown, width))
    end)
    if not warnings then return result.failure(context, message, kind) end
    if flags.json then
      ui:result(assert(json.encode { records = all, warnings = warnings }) .. "\n")
      return 0
    end
    for _, one in ipairs(warnings) do
      ui:statement(string.format("warning: %s (%s)\n", one.message, one.code))
    end
    return 0
  end,
}
