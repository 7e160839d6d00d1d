--- Reads the rows of one table from whatever its export is: an SQL dump, an SQLite database, CSV or
--- TSV, JSON or NDJSON, the JSON of phpMyAdmin, Django's dumpdata.

local bad_record = require "source.bad_record"
local columns = require "source.columns"
local concat = require "source.concat"
local failure = require "base.failure"
local host = require "host.json"
local input = require "source.input"
local reading = require "source.reading"
local records = require "source.records"
local spelling = require "base.spelling"
local table_files = require "source.table_files"
local text = require "host.text"

local tables = {}

local ENDINGS <const> = {
  "csv", "tsv", "txt", "json", "ndjson", "jsonl", "sql", "dump", "sqlite", "sqlite3", "db", "yaml",
  "yml",
}
local OPTIONS <const> = { "table", "has", "columns", "header", "layouts" }
local MOST_NAMES <const> = 20 -- in a message

---@class TablesOptions : TableFileOptions
---@field table string|string[]  of a dump or a database: its name, or patterns such as "*_users",
---  the best first
---@field has? string[]  columns that the table has
---@field columns? string[]|table<string, string[]>  the names under which rows have the columns,
---  which files write in any case and with any punctuation; `id = { "uid" }` has other names, too

---@class Table : Reading  rows as plain tables: numbers as text, NULL absent
---@field table? string  the name of the table; nil: the file does not tell
---@field private inner Reading
---@field private source FileTable
---@field private names table<string, string>  of columns, by those of the source
---@field private left fun(): string[]  files that nothing was read of
local Table = reading.class "table"

---A value as text, as a dump has it. What JSON has besides stays.
local function plain(value, null_word)
  if value == host.null or value == null_word then return nil end
  if math.type(value) == "float" then value = math.tointeger(value) or value end
  return math.type(value) and tostring(value) or value
end

---@private
function Table:row(record)
  local row = {}
  for name, value in pairs(record) do
    local own = self.names[name]
    if row[own] == nil or own == name then row[own] = plain(value, self.source.null_word) end
  end
  return row
end

local function is_record(value)
  local kind = type(value)
  return (kind == "table" or kind == "userdata") and value ~= host.null
    and not bad_record.is(value) and not host.is_array(value)
end

---@return any row
---@return string? at
function Table:__call()
  while true do
    local record, at = self.inner()
    local take = self.source.row
    if not is_record(record) then return record, at end
    if take then record = take(record) end
    if record then return self:row(record), at end
  end
end

function Table:columns()
  local list = {}
  for i, name in ipairs(self.source.columns() or {}) do list[i] = self.names[name] end
  return list[1] and list
end

function Table:name() return self.inner:name() end

function Table:title() return self.inner:title() end

function Table:as_read() return self.inner:as_read() end

function Table:progress() return self.inner:progress() end

function Table:close() self.inner:close() end

function Table:warnings()
  local all = {}
  for i, warning in ipairs(self.inner:warnings()) do all[i] = warning end
  for _, name in ipairs(self.left()) do
    all[#all + 1] = {
      code = "file_without_records", message = name .. " has no such table, and was not read",
    }
  end
  return all
end

---The names of columns by those of a source: as the recipe has them, else in lower case.
local function renamed(wanted)
  local own = {}
  for key, names in pairs(wanted or {}) do
    if type(key) == "number" then key, names = names, {} end
    own[columns.plain(key)] = key
    for _, name in ipairs(names) do
      own[columns.plain(name)] = own[columns.plain(name)] or key
    end
  end
  return setmetatable({}, { __index = function(names, name)
    local found = own[columns.plain(tostring(name))] or text.lower(tostring(name))
    names[name] = found
    return found
  end })
end

---Whether a table has these columns.
local function has_all(source, wanted, names)
  if not wanted then return true end
  local list = source.columns()
  if not list then return true end -- it has no rows, or is stdin
  local known = {}
  for _, name in ipairs(list) do known[names[name]] = true end
  for _, name in ipairs(wanted) do
    if not known[names[name]] then return false, name end
  end
  return true
end

---The Lua pattern of a name with "*".
local function pattern_of(name)
  return "^" .. text.lower(name):gsub("[%^$().%[%]+%-?%%]", "%%%0"):gsub("%*", ".*") .. "$"
end

---The tables of a file that a name means; with its schema or without.
local function meant(list, name)
  local pattern, found = pattern_of(name), {}
  for _, source in ipairs(list) do
    local full = source.name and text.lower(source.name)
    if full and (full:find(pattern) or full:match("[^.]+$"):find(pattern)) then
      found[#found + 1] = source
    end
  end
  return found
end

local function names_of(list)
  local names = {}
  for i = 1, math.min(#list, MOST_NAMES) do names[i] = text.printable(list[i].name) end
  return table.concat(names, ", ") .. (#list > MOST_NAMES and " and others" or "")
end

---The table of a file that is meant; nil and why not.
---@param list FileTable[]
---@return FileTable?
---@return string? why
local function choose(list, options, names)
  if #list == 0 then return nil, "there is no table in it" end
  if not list[1].name then
    if list[1].why then return nil, list[1].why end
    local fits, missing = has_all(list[1], options.has, names)
    if fits then return list[1] end
    local pages = list[1].pages
    if pages and has_all(pages, options.has, names) then return pages end
    local known = list[1].columns() or {}
    return nil, string.format('it has no column "%s", but %s%s', missing,
      text.printable(table.concat(known, ", ", 1, math.min(#known, MOST_NAMES))),
      spelling.hint(missing, known))
  end
  local wanted = type(options.table) == "table" and options.table or { options.table }
  for _, name in ipairs(wanted) do
    local fitting = {}
    for _, source in ipairs(meant(list, name)) do
      if has_all(source, options.has, names) then fitting[#fitting + 1] = source end
    end
    if #fitting == 1 then return fitting[1] end
    if #fitting > 1 then
      failure.raise(string.format("%s has several such tables: %s; choose one with table=%s",
        fitting[1].file, names_of(fitting), fitting[1].name), "usage")
    end
  end
  return nil, string.format('it has no table "%s"%s, but %s', wanted[1],
    options.has and " with the columns " .. table.concat(options.has, ", ") or "", names_of(list))
end

---Files of which something was read, by path.
---@type table<string, true>
local used = {}

---@return FileTable[] sources  one of each file that has the table
---@return string? why  the first file does not have it
---@return string[] left  paths of the others
local function find(paths, options, names)
  local sources, why, left = {}, nil, {}
  local files, rows = table_files.pairs(paths)
  for _, path in ipairs(files) do
    local list = table_files.of(path, {
      header = options.header, layouts = options.layouts, rows = rows[path],
    })
    local source, message = choose(list, options, names)
    if source then
      sources[#sources + 1], used[path] = source, true
    else
      local is_of_another = #list == 1 and list[1].name ~= nil
      if not is_of_another then left[#left + 1] = path end
      why = why or input.names({ path })[1] .. ": " .. message
    end
  end
  return sources, why, left
end

local function unread(paths)
  return function()
    local list = {}
    for _, path in ipairs(paths) do
      if not used[path] then list[#list + 1] = input.names({ path })[1] end
    end
    return list
  end
end

---@return Reading?
---@return string? why
local function open(what, given, options)
  local paths = input.require(what, given, ENDINGS)
  records.tell(paths, { sample = { kind = "json" } })
  local names = renamed(options.columns)
  local sources, why, left = find(paths, options, names)
  local parts, others = {}, unread(left)
  for i, source in ipairs(sources) do
    parts[i] = setmetatable({
      table = source.name, inner = source.open(), source = source, names = names,
      left = i == 1 and others or function() return {} end,
    }, Table)
  end
  if not parts[2] then return parts[1], why end
  return concat(table.unpack(parts))
end

local function check(what, options)
  spelling.check_options(what, options, OPTIONS)
  if not options or not options.table then
    error(what .. ' needs the name of a table: { table = "users" }', 3)
  end
end

---The rows of a table. Of several files, those that have it are read.
---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options TablesOptions
---@return Reading
function tables.records(given, options)
  check("tables.records", options)
  local found, why = open("tables.records", given, options)
  if not found then failure.raise(why --[[@as string]], "missing") end
  return found
end

---The same for a table that need not be there.
---@param given string|string[]
---@param options TablesOptions
---@return Reading?
function tables.find(given, options)
  check("tables.find", options)
  return (open("tables.find", given, options))
end

return tables
