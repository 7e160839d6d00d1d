--- A record of the source that outlives its reading: its values here, and the record itself in the
--- recipe's state, where lines of a mapping are tried with it.

local kept_record = {}

---@class KeptRecord
---@field record any  as `map` gets it, of plain values; what is not plain is a stand-in
---@field private state State
---@field private number integer
local KeptRecord = {}
KeptRecord.__index = KeptRecord

---Keeps the record that is being mapped.
---@param state State
---@return KeptRecord?  nil for a record that cannot be copied
function kept_record.keep(state)
  local ok, number = state:call "keep_record"
  if not ok then return nil end
  local shown, record = state:show("kept_record", number)
  return shown and setmetatable({ record = record, state = state, number = number }, KeptRecord)
    or nil
end

---The value of an expression of a mapping for the record, in the recipe's state; nil also if it
---fails there.
---@param expression string
---@param scope LineScope
---@return any
function KeptRecord:run(expression, scope)
  local ok, value = self.state:call("try_line", self.number, expression, scope.value, scope.secrets)
  return ok and value or nil
end

return kept_record
