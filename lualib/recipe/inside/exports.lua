--- The functions that a recipe can call, by name: what an error of the library is told about.

local open = require "recipe.open"

local exports = {}

local HELPER <const> = "recipe/inside/unread_values.lua$"

---"value.phone" for the field `phone` of the module "source.value".
local function name_of(module, field)
  return module:match("[^.]+$") .. "." .. field
end

---The names of a Lua function's parameters: "number, country".
local function parameters_of(debug, fn)
  local about, names = debug.getinfo(fn, "Su"), {}
  if about.what == "C" then return nil end
  for i = 1, about.nparams do names[i] = debug.getlocal(fn, i) end
  if about.isvararg then names[#names + 1] = "..." end
  return table.concat(names, ", ")
end

---The helper of a recipe passes its arguments on to the function that has them.
local function original(parts, module, field, fn)
  local found = parts.require_open(module)
  found = type(found) == "table" and rawget(found, field)
  return type(found) == "function" and found or fn
end

---Functions of standard libraries, and globals.
local function standard_names(env)
  local names = {}
  for name, value in next, env do
    if type(value) == "function" then names[#names + 1] = name end
    for field, inner in next, type(value) == "table" and value ~= env and value or {} do
      if type(inner) == "function" and type(field) == "string" then names[#names + 1] = field end
    end
  end
  table.sort(names)
  return names
end

---What recipe.inside.origin needs to know of a state.
---@param parts InsideParts
---@param box fun(): RecipeModules?  nil before the recipe is compiled
---@return OriginParts
function exports.parts(parts, box)
  local debug, own = parts.stock.debug, parts.own_sources
  local helper
  for source in pairs(own) do helper = source:find(HELPER) and source or helper end
  return {
    is_own = function(source) return own[source] == true end, helper = helper,
    raising = { [parts.stock.error] = true, [parts.stock.assert] = true },
    names = function() return box() and standard_names(box().env) or {} end,
    exported = function(fn)
      for module, value in next, box() and box().loaded or {} do
        for field, one in next, type(value) == "table" and open.MODULES[module] and value or {} do
          if rawequal(one, fn) then
            return name_of(module, field),
              parameters_of(debug, original(parts, module, field, fn))
          end
        end
      end
    end,
  }
end

return exports
