--- Settles what a recipe is granted: compares its needs with options and remembered answers, and
--- asks a person once for the rest.

local file = require "host.file"
local grants = require "recipe.grants"
local needs = require "recipe.needs"
local path = require "base.path"
local process = require "host.process"
local user_state = require "base.user_state"

local permission = {}

local KIND <const> = "grants"

---@class PermissionFacts
---@field path string        the recipe's real path, or the name of a shipped one
---@field shipped? boolean   it is a shipped recipe, run by its name
---@field needs? Needs       as declared, checked
---@field params table<string, any>

---@class PermissionOptions
---@field remembered? Need[]  from the journal of the run
---@field env? fun(name: string): string?  default: of the process

---The real path of a file, also of one that does not exist in a directory that does.
local function real_path(name)
  local real = file.real(name)
  if real then return real end
  local folder = file.real(path.dirname(name))
  local base = path.basename(name)
  if not folder or base == ".." or base == "." or base == "" then return nil end
  return path.join(folder, base)
end

---Replaces paths by their real ones, so that people see and grant the file that will be read.
local function with_real_paths(list)
  for _, need in ipairs(list) do
    if need.kind == "read" then
      local real = real_path(need.what)
      if not real then
        return nil, "needs.read of the recipe: the directory of " .. need.what
          .. " does not exist", "usage"
      end
      need.what = real
    end
  end
  return list
end

---Options grant real paths too; one that leads nowhere grants nothing.
local function with_real_flags(allow)
  local flags = {}
  for kind, list in pairs(allow or {}) do flags[kind] = list end
  if flags.read then
    local reads = { declared = flags.read.declared }
    for _, name in ipairs(flags.read) do reads[#reads + 1] = real_path(name) end
    flags.read = reads
  end
  return flags
end

local QUESTION <const> = "Grant this, now and whenever it asks for exactly this?"

local function about(name, list)
  local lines = { string.format("The recipe %s asks for more than its parameters and its "
    .. "directory. It wants to", name) }
  for _, sentence in ipairs(needs.describe(list)) do lines[#lines + 1] = "  " .. sentence end
  return lines
end

---Asks, and remembers a yes.
local function ask(facts, list, ui, state, key)
  local answer = ui:ask(QUESTION, about(facts.path, list))
  if answer then
    local kept, message = state:put(KIND, key, true)
    if not kept then ui:warn(message) end
  end
  return answer
end

---What the recipe is granted; refused if anything that it needs is not.
---@param facts PermissionFacts
---@param settings {allow?: Allow}
---@param ui table
---@param options? PermissionOptions
---@return Grants?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function permission.settle(facts, settings, ui, options)
  options = options or {}
  local list, message, kind = needs.expand(facts.needs, facts.params)
  if list then list, message, kind = with_real_paths(list) end
  if not list then return nil, message, kind end
  local state = user_state.new(options.env or process.env)
  local key = facts.path .. "\n" .. needs.text(list)
  local wanted = {
    needs = list, flags = with_real_flags(settings.allow), shipped = facts.shipped,
    remembered = options.remembered,
  }
  local granted = grants.new(wanted)
  if #granted:missing() == 0 then return granted end
  wanted.agreed = state:get(KIND, key) == true
  if not wanted.agreed then
    local answer = ask(facts, list, ui, state, key)
    if answer == false then
      return nil, string.format("the recipe %s was not granted what it asks for", facts.path),
        "usage", { next = false }
    end
    wanted.agreed = answer
  end
  granted = grants.new(wanted)
  local missing = granted:missing()
  if #missing > 0 then return grants.refuse(facts.path, missing) end
  return granted
end

return permission
