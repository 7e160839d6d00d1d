--- new: writes a recipe, and its tests, from an export.

local logins = require "cli.common.logins"
local new_text = require "cli.text.new"
local result = require "cli.common.result"
local settings = require "cli.common.settings"
local setup = require "cli.common.setup"

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
  if context.flags.merge and context.flags.logins then
    return "--merge writes nothing that --logins could prove"
  end
  if not params.input then return "new requires input=EXPORT, the file or files of the users" end
end

---What tries logins with a recipe that was just written, as `prove` does.
---@param context Context
---@param list Login[]
local function prover(context, list)
  return function(name, params, is_brief)
    local flags = setmetatable({ RECIPE = name, params = params }, { __index = context.flags })
    local recipe, found, kind, more = setup.recipe(
      setmetatable({ flags = flags }, { __index = context }), { offline = true })
    if not recipe then return nil, found, kind, more end
    local report, message
    report, message, kind = require("check.prove").run(recipe, found, context.ui, {
      logins = list, secrets = {}, is_brief = is_brief,
    })
    recipe.state:close()
    return report, message, kind
  end
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
20 records is written. --logins FILE searches, as `prove` does, which mapping of the hash matches
known logins, and writes that one. `new --merge RECIPE input=EXPORT` writes nothing: it shows the
columns that a recipe does not read, as lines to paste.]],
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
    local list, message, kind, more = logins.read(context)
    if not list and message then return result.failure(context, message, kind, more) end
    local new = require "new"
    local options = {
      file = name, input = params.input, from = params.from, force = flags.force,
      merge = flags.merge, logins = flags.logins, prove = list and prover(context, list),
      env = context.env, limits = settings.limits(flags),
    }
    if flags.merge then return result.result(context, new_text.merged, new.merge(options)) end
    return result.result(context, new_text.written, new.write(options))
  end,
}
