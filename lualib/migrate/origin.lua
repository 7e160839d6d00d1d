--- Where a run comes from: the recipe, its parameters and its input files, and whether they are
--- still what they were.

local amounts = require "base.amounts"
local file = require "host.file"
local inputs = require "source.input"

local origin = {}

---The parameters to load the recipe with again; secret ones stay out of the journal.
---@param recipe Recipe
---@return table<string, string>
function origin.params(recipe)
  local kept = {}
  for name, value in pairs(recipe.params) do
    local declared = recipe.declared and recipe.declared[name] or {}
    if not declared.secret and type(value) == "string" then kept[name] = value end
  end
  return kept
end

---Size and time of every file that a parameter names.
---@param recipe Recipe
---@return table<string, {size: integer, modified: number}>
function origin.fingerprint(recipe)
  local print = {}
  for _, value in pairs(origin.params(recipe)) do
    for _, path in ipairs(value ~= "-" and inputs.resolve(value) or {}) do
      local stat = file.stat(path)
      if stat and stat.type == "file" then
        print[path] = { size = stat.size, modified = stat.modified }
      end
    end
  end
  return print
end

local function changed_file(before, now)
  for path, was in pairs(before) do
    local is = now[path]
    if not is then return path .. " is gone" end
    if is.size ~= was.size then
      return string.format("%s had %s bytes, now %s", path, amounts.number(was.size),
        amounts.number(is.size))
    end
    if is.modified ~= was.modified then return path .. " was written to since" end
  end
  for path in pairs(now) do
    if not before[path] then return path .. " is new" end
  end
end

---The first parameter that is not what it was, for people.
local function changed_param(before, now)
  local names = {}
  for _, params in ipairs { before, now } do
    for name in pairs(params) do names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    if before[name] ~= now[name] then
      return string.format("%s was %s, now %s", name, before[name] or "not given",
        now[name] or "not given")
    end
  end
end

---Whether the recipe, and with `source` its parameters and input, are those the run was staged
---from.
---@param ledger Ledger
---@param recipe Recipe
---@param settings Settings
---@param source boolean
---@return true?
---@return string? message
---@return Kind? kind
function origin.same(ledger, recipe, settings, source)
  if settings.changed then return true end
  local go_on = "; --changed goes on with what is staged, run with --fresh begins another run"
  if ledger:get("recipe_digest") ~= recipe.digest then
    return nil, "the recipe has changed since the run was staged" .. go_on, "usage"
  end
  if not source then return true end
  local param = changed_param(ledger:get_table("params") or {}, origin.params(recipe))
  if param then return nil, "a parameter has changed: " .. param .. go_on, "usage" end
  local what = changed_file(ledger:get_table("source") or {}, origin.fingerprint(recipe))
  if what then return nil, "the source has changed: " .. what .. go_on, "usage" end
  return true
end

return origin
