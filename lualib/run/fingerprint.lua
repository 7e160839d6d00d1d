--- The origin of a run (recipe, parameters, input files), and whether it has changed.

local command = require "base.command"
local format = require "base.format"
local file = require "host.file"
local inputs = require "source.input"
local kinds = require "recipe.kinds"
local sorted = require "base.sorted"

local fingerprint = {}

---The parameters to reload the recipe with; secret ones stay out of the journal.
---@param recipe LoadedRecipe
---@return table<string, string|number|boolean>
function fingerprint.params(recipe)
  local kept = {}
  for name, value in pairs(recipe.params) do
    local declared = recipe.declared and recipe.declared[name] or {}
    local is_kept = type(value) == "string" or declared.kind ~= nil
    if is_kept and not kinds.is_secret(declared) then kept[name] = value end
  end
  return kept
end

---What a database has written and not yet put into its file is in a file next to it.
local LOG <const> = "-wal"

local function add(print, path)
  local stat = file.stat(path)
  if not stat or stat.type ~= "file" then return end
  print[path] = { size = stat.size, modified = stat.modified }
end

---Size and time of every file that a parameter names, and of the log of a database.
---@param recipe LoadedRecipe
---@return table<string, {size: integer, modified: number}>
function fingerprint.fingerprint(recipe)
  local print = {}
  for _, value in pairs(fingerprint.params(recipe)) do
    local is_path = type(value) == "string" and value ~= "-"
    for _, path in ipairs(is_path and inputs.resolve(value) or {}) do
      add(print, path)
      local log = file.stat(path .. LOG)
      if log and log.size > 0 then add(print, path .. LOG) end -- an empty one has nothing to read
    end
  end
  return print
end

local function changed_file(before, now)
  for path, was in pairs(before) do
    local is = now[path]
    if not is then return path .. " no longer exists" end
    if is.size ~= was.size then
      return string.format("%s had %s bytes, now has %s", path, format.number(was.size),
        format.number(is.size))
    end
    if is.modified ~= was.modified then return path .. " was modified" end
  end
  for path in pairs(now) do
    if not before[path] then return path .. " is new" end
  end
end

local function shown(value)
  return value == nil and "not given" or tostring(value)
end

---Describes the first parameter that has changed.
local function changed_param(before, now)
  for _, name in ipairs(sorted.all_keys { before, now }) do
    if before[name] ~= now[name] then
      return string.format("%s was %s, is now %s", name, shown(before[name]), shown(now[name]))
    end
  end
end

---The facts of a run that identify its recipe.
---@param recipe LoadedRecipe
---@return table<string, any>
function fingerprint.digests(recipe)
  return {
    recipe_digest = recipe.digest, recipe_own_digest = recipe.own_digest,
    recipe_shipped = recipe.shipped, recipe_texts = recipe.texts,
  }
end

---Shipped recipes that differ from those of the run; nil if its own recipe has changed.
local function changed_shipped(ledger, recipe)
  local own = ledger:get("recipe_own_digest")
  if not own then -- older versions stored one digest of everything
    local is_shipped = recipe.shipped[recipe.path]
    return is_shipped and ledger:get("recipe_path") == recipe.path and { recipe.path } or nil
  end
  if own ~= recipe.own_digest then return nil end
  local before, names = ledger:get_table("recipe_shipped") or {}, {}
  for name, digest in pairs(recipe.shipped) do
    if before[name] ~= digest then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

---A warning before a resume: an update of the program may have changed the recipes that it ships.
---@param ledger Ledger
---@param recipe LoadedRecipe
---@return string? warning
function fingerprint.remark(ledger, recipe)
  if ledger:get("recipe_digest") == recipe.digest then return nil end
  local names = changed_shipped(ledger, recipe)
  if not names or #names == 0 then return nil end
  return string.format(#names == 1
    and "the recipe %s shipped with this program differs from the one that staged the run; the "
      .. "staged chunks are used"
    or "the recipes %s shipped with this program differ from those that staged the run; the "
      .. "staged chunks are used", table.concat(names, ", "))
end

---What of the recipe, and with `source` of its parameters and input, has changed since the stage;
---nil if nothing has. Shipped recipes may have changed: see fingerprint.remark.
---@param ledger Ledger
---@param recipe LoadedRecipe
---@param source boolean
---@return string? what
function fingerprint.change(ledger, recipe, source)
  if ledger:get("recipe_digest") ~= recipe.digest and not changed_shipped(ledger, recipe) then
    return "the recipe has changed since the run was staged"
  end
  if not source then return nil end
  local param = changed_param(ledger:get_table("params") or {}, fingerprint.params(recipe))
  if param then return "a parameter has changed: " .. param end
  local what = changed_file(ledger:get_table("source") or {}, fingerprint.fingerprint(recipe))
  return what and "the source has changed: " .. what
end

---The refusal to continue a run with a changed recipe or source. The next command only looks:
---`--changed` would send what the earlier recipe staged.
---@param what string
---@param directory string  of the run
---@return nil
---@return string message
---@return Kind kind
---@return FailureMore more
function fingerprint.refuse(what, directory)
  return nil, what .. "; use --changed to continue with what is staged, or run with --fresh to "
    .. "start a new run", "usage", { next = command.line { "status", directory } }
end

return fingerprint
