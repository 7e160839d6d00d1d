--- The tables of a database in a form that tests compare: the order of columns does not matter.

local schema_of = {}

local COLUMNS <const> = [[
SELECT name, type, "notnull" AS required, dflt_value AS fallback, pk FROM pragma_table_info(?)]]
local INDEXES <const> = [[
SELECT i.name, i."unique" AS one, i.partial, (SELECT group_concat(name) FROM
  (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns
FROM pragma_index_list(?) AS i]]

---Columns and indexes by table and name, without the tables that an undo adds to a journal.
---@param db host.store.database
---@return table<string, {columns: table<string, table>, indexes: table<string, table>}>
function schema_of.of(db)
  local found = {}
  for row in db:rows [[SELECT name FROM sqlite_master WHERE type = 'table'
      AND name NOT IN ('undo', 'kept')]] do
    local made = { columns = {}, indexes = {} }
    for column in db:rows(COLUMNS, row.name) do made.columns[column.name] = column end
    for index in db:rows(INDEXES, row.name) do made.indexes[index.name] = index end
    found[row.name] = made
  end
  return found
end

return schema_of
