--- Members of JSON that a recipe reads and that no record has: what csv says of columns.

local host = require "host.json"
local spelling = require "base.spelling"

local members = {}

---@class Members
---@field asked? host.json.asked  nil: nothing is noted
---@field private optional table<string, true>

---The names of a reader's option `optional`: true, or a list of names.
---@param what string  "json.records"
---@param options? {optional: true|string[]|nil}
---@return table<string, true>? names  nil: all of them
function members.optional(what, options)
  local optional = options and options.optional
  if not optional then return {} end
  if optional == true then return nil end
  local names = {}
  for _, name in ipairs(type(optional) == "table" and optional or {}) do names[name] = true end
  if next(names) == nil then error(what .. ": optional must be true or a list of names", 3) end
  return names
end

---@param what string  "json.records"
---@param options? {optional: true|string[]|nil}
---@return Members
function members.new(what, options)
  local optional = members.optional(what, options)
  return { asked = optional and host.asked() or nil, optional = optional or {} }
end

---Warns of the names that no record had, at the end of the source.
---@param self Members
---@param source string  "users.json", or "the 3 files"
---@param warn fun(code: string, message: string)
function members.report(self, source, warn)
  if not self.asked then return end
  local names = self.asked:names()
  for _, name in ipairs(self.asked:missing()) do
    if not self.optional[name] then
      warn("unknown_member", string.format('no record of %s has the member "%s"%s', source, name,
        spelling.hint(name, names)))
    end
  end
end

return members
