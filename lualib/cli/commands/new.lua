--- new: writes a recipe, and its tests, from an export.

local new_text = require "cli.text.new"
local result = require "cli.common.result"
local settings = require "cli.common.settings"

local PARAMS <const> = { "input", "from" }

---The parameters, of which the first may have been taken for the recipe.
local function params_of(flags)
  local params, name = flags.params, flags.RECIPE
  local first, value = (name or ""):match("^(%l+)=(.*)$")
  if flags.merge and first then params[first], name = value, nil end
  return params, name
end

---What is wrong with the arguments; nil if nothing is.
local function misuse(context, params, name)
  for given in pairs(params) do
    if given ~= "input" and given ~= "from" then
      local hint = require("base.spelling").hint(given, PARAMS)
      return "new has no parameter " .. given .. (hint ~= "" and hint or "; it has input and from")
    end
  end
  if not name and not context.flags.merge then
    return "missing argument RECIPE: the file to write, such as shop.lua"
  end
  if not params.input then return "new requires input=EXPORT, the file or files of the users" end
end

---@type Command
return {
  name = "new",
  summary = "Write a recipe, and its tests, from an export",
  help = [[
`new shop.lua input=EXPORT` finds out in which format the export is, looks at up to 100000 records,
and writes shop.lua, which maps each column whose meaning is known, with a comment where there was a
doubt. shop.test.yaml gets records of made-up people in the same shape. If a shipped recipe knows
such exports, or from=RECIPE names one, the new one extends it. No value that occurs in fewer than
20 records is written. `new --merge RECIPE input=EXPORT` writes nothing: it shows the columns that a
recipe does not read, as lines to paste.]],
  positionals = {
    { name = "RECIPE", optional = true }, { name = "name=value", optional = true, params = true },
  },
  shape = function() return require("new").empty() end,
  run = function(context)
    local flags = context.flags
    local params, name = params_of(flags)
    local wrong = misuse(context, params, name)
    if wrong then
      return result.failure(context, wrong, "usage", { next = "auth0-migrate new --help" })
    end
    local new = require "new"
    local options = {
      file = name, input = params.input, from = params.from, force = flags.force,
      merge = flags.merge, env = context.env, limits = settings.limits(flags),
    }
    if flags.merge then return result.result(context, new_text.merged, new.merge(options)) end
    return result.result(context, new_text.written, new.write(options))
  end,
}
