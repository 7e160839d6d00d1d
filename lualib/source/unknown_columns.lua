--- Warns of columns that a recipe reads and the source does not have.

local spelling = require "base.spelling"

local unknown_columns = {}

---@param reader host.csv.reader
---@param source string  "users.csv"
---@param optional? table<string, true>  columns that need not be there; nil: all
---@param warn fun(code: string, message: string)
function unknown_columns.report(reader, source, optional, warn)
  for _, unknown in ipairs(optional and reader:unknown() or {}) do
    if not optional[unknown] then
      warn("unknown_column", string.format('column "%s" is not in %s%s', unknown, source,
        spelling.hint(unknown, reader:columns())))
    end
  end
end

return unknown_columns
