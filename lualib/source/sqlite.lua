--- Reads a table, a view or a query of an SQLite database.

local file = require "host.file"
local host = require "host.sqlite"
local names = require "source.names"
local records = require "source.records"
local spelling = require "base.spelling"
local text = require "host.text"
local type_name = require "base.type_name"

local sqlite = {}

local ENDINGS <const> = { "sqlite", "sqlite3", "db" }
local OPTIONS <const> = { "table", "query", "limit", "optional" }
local TYPES <const> = { table = "string", query = "string", limit = "number" }
local ROWIDS <const> = { "rowid", "_rowid_", "oid" } -- a column of that name hides one
local SHOWN <const> = 10 -- names in a message
local MOST_TABLES <const> = 50 -- whose columns are compared with a name that is not there
local SIGNATURE <const> = "SQLite format 3\0"

---@class SqliteOptions
---@field table? string            a table or view; default: the only one
---@field query? string            a SELECT in its place
---@field limit? integer           the longest row, in bytes; default 16 MiB
---@field optional? true|string[]  columns that need not be there, although they are read

local function quoted(name)
  return '"' .. name:gsub('"', '""') .. '"'
end

local function names_of(tables)
  local list = {}
  for i, one in ipairs(tables) do list[i] = one.name end
  return list
end

---'"roles", "users"'
local function listed(list)
  local shown = {}
  for i = 1, math.min(#list, SHOWN) do shown[i] = '"' .. text.printable(list[i]) .. '"' end
  return table.concat(shown, ", ") .. (#list > SHOWN and " and others" or "")
end

---The columns of the tables, each once.
local function columns_of(database, tables)
  local list, seen = {}, {}
  for i = 1, math.min(#tables, MOST_TABLES) do
    for _, name in ipairs(database:names("SELECT * FROM " .. quoted(tables[i].name)) or {}) do
      if not seen[name] then list[#list + 1] = name end
      seen[name] = true
    end
  end
  return list
end

---What a database has in place of the table or column that a query names.
local function instead(database, tables)
  local what, name = database:absent()
  if not name then return "" end
  local list = what == "table" and names_of(tables) or columns_of(database, tables)
  if #list == 0 then return "; it has no tables" end
  return string.format("; it has %s%s", listed(list),
    text.printable(spelling.hint(name:match("[^.]*$"), list)))
end

---The table to read: the one that is wanted, or the only one.
local function find_table(tables, wanted)
  if not wanted and #tables == 1 then return tables[1] end
  for _, one in ipairs(tables) do
    if wanted and one.name:lower() == wanted:lower() then return one end
  end
  local list = names_of(tables)
  if #list == 0 then return nil, "it has no tables", "missing" end
  if not wanted then
    return nil, string.format("it has the tables %s: choose one, with { table = %s }",
      listed(list), listed { list[1] }), "missing"
  end
  return nil, string.format('it has no table "%s", but %s%s', wanted, listed(list),
    text.printable(spelling.hint(wanted, list))), "missing"
end

---The query of a table, and how its rows are numbered: by the row's own number, if it has one.
local function query_of(database, found)
  local from = " FROM main." .. quoted(found.name)
  local columns, message, kind = database:names("SELECT *" .. from)
  if not columns then return nil, message, kind end
  local hidden = {}
  for _, name in ipairs(columns) do hidden[name:lower()] = true end
  for _, rowid in ipairs(found.type == "table" and ROWIDS or {}) do
    local query = string.format("SELECT %s, *%s ORDER BY %s", rowid, from, rowid)
    if not hidden[rowid] and database:names(query) then
      return query, { place = found.name .. ":", rowid = true }
    end
  end
  return "SELECT *" .. from, { place = found.name .. "/" }
end

---Begins to read what is wanted.
local function select(database, wanted)
  local tables, message, kind = database:tables()
  if not tables then return nil, message, kind end
  local query, options = wanted.query, { place = "/" }
  if not query then
    local found
    found, message, kind = find_table(tables, wanted.table)
    if not found then return nil, message, kind end
    query, options, kind = query_of(database, found)
    if not query then return nil, text.printable(options), kind end
    options.place = text.printable(options.place)
  end
  local selected
  selected, message, kind = database:select(query, options)
  if selected then return true end
  return nil, text.printable(message)
    .. (kind == "missing" and instead(database, tables) or ""), kind
end

local Reader = {}
Reader.__index = Reader

function Reader:next()
  local row, place, at, raw = self.database:next()
  if row then
    self.read:watch(row)
  elseif place and not raw then
    place = text.printable(place)
  end
  return row, place, at, raw
end

function Reader:record() return self.database:record() end

function Reader:columns() return self.names end

function Reader:close() self.database:close() end

local function open(handle, path, wanted, read)
  if path == "-" then
    return nil, "a database cannot be read from stdin: name its file", "usage"
  end
  local database, message, kind = host.open(handle, {
    beside = file.beside, limit = wanted.limit,
  })
  if not database then return nil, text.printable(message), kind end
  local selected
  selected, message, kind = select(database, wanted)
  if not selected then
    database:close()
    return nil, message, kind
  end
  return setmetatable({
    database = database, read = read, names = database:columns(),
  }, Reader)
end

---What is read: `wanted` as a table.
local function options_of(wanted)
  if type(wanted) == "string" then return { query = wanted } end
  if wanted ~= nil and type(wanted) ~= "table" then
    error("sqlite.records expects a query or options, got " .. type_name.of(wanted), 3)
  end
  return wanted or {}
end

---Rows of one or more databases, with the columns that are not NULL.
---@param given string|string[]  a path, a glob, a folder, or several separated by commas
---@param wanted? string|SqliteOptions  a SELECT, or options
---@return Records
function sqlite.records(given, wanted)
  local options = options_of(wanted)
  spelling.check_options("sqlite.records", options, OPTIONS)
  spelling.check_types("sqlite.records", options, TYPES)
  if options.table and options.query then
    error("sqlite.records: table and query cannot be combined", 2)
  end
  local read = names.new("sqlite.records", options)
  return (records.records(given, ENDINGS, "sqlite.records", {
    open = function(handle, path) return open(handle, path, options, read) end,
    text = "SQLite",
    optional = read.optional or true,
    prefix = function(name) return name .. "#" end,
    passable = "missing", -- a folder may have others
    ended = function(reader, name, warn)
      local columns = reader:columns()
      read:each(columns, function(column)
        warn("unknown_column", string.format('column "%s" is not in %s%s', column, name,
          spelling.hint(column, columns)))
      end)
    end,
  })) -- no tail call: an error names this function
end

---The tables and views of a database.
---@param path string
---@return string[] names
function sqlite.tables(path)
  local reading <close> = sqlite.records(path, {
    query = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') "
      .. "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  })
  local list = {}
  for row in reading do list[#list + 1] = row.name end
  return list
end

---Whether a file is an SQLite database, by its beginning, which may have the names of its tables.
---@param head string
---@return Recognised?
function sqlite.recognise(head)
  if head:sub(1, #SIGNATURE) ~= SIGNATURE then return nil end
  local list, seen = {}, {}
  for name in head:gmatch('CREATE TABLE ["`%[]?([%w_]+)') do
    if not seen[name] and not name:find("^sqlite_") then list[#list + 1] = name end
    seen[name] = true
  end
  if #list == 0 then return { sure = 3, what = "an SQLite database" } end
  table.sort(list)
  return {
    sure = 3, what = "an SQLite database with the tables " .. listed(list),
    options = #list == 1 and { table = list[1] } or nil,
  }
end

return sqlite
