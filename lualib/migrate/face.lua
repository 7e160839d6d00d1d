--- The public face of this folder: what a recipe gets from `require "migrate"`. Each loaded recipe
--- has an instance of its own, because `warn` counts for it.

local extend = require "migrate.extend"
local json = require "host.json"
local rejects = require "migrate.reject"
local capped_names = require "base.capped_names"

local face = {}

---@class Migrate
---@field array fun(list: table): table   marks a list, so that an empty one is written as `[]`
---@field reject fun(reason: string, code?: string, path?: string): Reject  for `map`
---@field warn fun(code: string, message?: string)  counts in the report's `warnings`
---@field extend fun(base: table, changes: table): table
---@field import fun(run: table)      the default `import`
---@field finalize fun(run: table)    the default `finalize`
---@field retry table  `retry.new{attempts, first, longest}` makes the default `retry`

-- Loaded when a recipe asks for them, so that the face can be had by the modules themselves.
local DEFAULTS <const> = {
  import = "migrate.import", finalize = "migrate.finalize", retry = "migrate.retry",
}

local function counter(warnings, unread)
  local name_of = capped_names.new()
  return function(code, message)
    if type(code) ~= "string" then error("warn expects a code, got " .. type(code), 2) end
    code = name_of(code)
    local warning = warnings[code]
    if not warning then
      warning = { count = 0, message = message and tostring(message) or code }
      warnings[code] = warning
    end
    warning.count = warning.count + 1
    unread.any, unread.warned = true, true
  end
end

---@param warnings? table<string, {count: integer, message: string}>  where `warn` counts
---@param unread? UnreadValues  where it notes that the recipe has warned
---@return Migrate
function face.new(warnings, unread)
  local own = {
    array = function(list) return json.array(list or {}) end,
    reject = rejects.reject,
    warn = warnings and counter(warnings, unread or {}) or function() end,
    extend = extend.recipe,
  }
  return setmetatable(own, {
    __index = function(_, key)
      local name = DEFAULTS[key]
      return name and require(name) or nil
    end,
  })
end

return face
