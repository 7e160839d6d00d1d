--- The names that a recipe reads of plain records and that none of them has.

local members = require "source.members"

local names = {}

local MOST <const> = 1000 -- names that are noted

---@class Names
---@field optional? table<string, true>  nil: all names
---@field private missed string[]    in the order in which they were read
---@field private noted table<string, true>
---@field private meta table         of the records
local Names = {}
Names.__index = Names

---@param what string  "ldif.records"
---@param options? {optional: true|string[]|nil}
---@return Names
function names.new(what, options)
  local self = setmetatable({
    optional = members.optional(what, options), missed = {}, noted = {},
  }, Names)
  self.meta = {
    __metatable = false,
    __index = function(_, name)
      if type(name) ~= "string" or self.noted[name] or #self.missed == MOST then return end
      self.noted[name] = true
      self.missed[#self.missed + 1] = name
    end,
  }
  return self
end

---Notes from here on what is read in vain of a record.
---@generic T: table
---@param record T
---@return T record
function Names:watch(record)
  return setmetatable(record, self.meta)
end

---Calls `tell` for each name that was read, that no record has, and that is not optional.
---@param known string[]  names that records have
---@param tell fun(name: string)
function Names:each(known, tell)
  if not self.optional then return end
  local has = {}
  for _, name in ipairs(known) do has[name] = true end
  for _, name in ipairs(self.missed) do
    if not has[name] and not self.optional[name] then tell(name) end
  end
end

return names
