--- Records that are tables, and whose reader knows the columns: notes those that a recipe reads and
--- that there are not. An absent value of a column is nil, and nothing to note.

local known_columns = {}

local MOST <const> = 100 -- names

---@param columns fun(): string[]  of the records until now
---@return table type      the metatable of the records
---@return string[] unknown  names that were read, as they are noted
function known_columns.new(columns)
  local known, unknown = {}, {}
  local function is_known(name)
    for _, column in ipairs(columns()) do known[column] = true end
    return known[name]
  end
  local type = {
    __name = "record", __metatable = false,
    __index = function(_, name)
      if known[name] or math.type(name) or is_known(name) then return nil end
      known[name] = true
      if #unknown < MOST then unknown[#unknown + 1] = tostring(name) end
    end,
  }
  return type, unknown
end

return known_columns
