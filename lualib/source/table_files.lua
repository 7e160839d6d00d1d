--- The tables in a file, whatever its form: a dump, a database, CSV, rows of JSON, the JSON of
--- phpMyAdmin, Django's dumpdata.

local beginning = require "source.beginning"
local columns = require "source.columns"
local csv = require "source.csv"
local csv_dialect = require "source.csv_dialect"
local dump = require "source.dump"
local failure = require "base.failure"
local file = require "host.file"
local host = require "host.json"
local json = require "source.json"
local json_head = require "source.json_head"
local ndjson = require "source.ndjson"
local path = require "base.path"
local recognise = require "source.recognise"
local sorted = require "base.sorted"
local sqlite = require "source.sqlite"
local yaml = require "source.yaml"

local table_files = {}

local MOST_LOOKED_AT <const> = 50 -- records of JSON, for the names of their members
local MOST_BYTES <const> = 64 * 1024 -- that are read at once
local OVERLAP <const> = 512 -- bytes; longer than what names a table in phpMyAdmin's JSON

---@class FileTable
---@field name? string  nil: the file does not name its table
---@field file string   its name
---@field columns fun(): string[]?  nil: not known, or it has no rows
---@field why? string  it cannot be read
---@field open fun(): Reading
---@field row? fun(record: any): table?  the row in a record; nil: it is of another table
---@field null_word? string  a text that is NULL
---@field pages? FileTable  the lists inside its rows, if the rows may be pages of an answer

---@class TableFileOptions
---@field header? string[]     the columns of a CSV file without a header
---@field layouts? string[][]  the columns that such a file may have
---@field rows? string         a file of the rows of the table that the file defines

---A table that a reader names. Its columns are asked for once.
local function named(own, name, records)
  local list, is_known
  return {
    name = name, file = own, open = records,
    columns = function()
      if not is_known then
        local reading <close> = records()
        list, is_known = reading:columns(), true
      end
      return list
    end,
  }
end

---The rows of a table that are in a file of their own, as MySQL's server writes them.
---@param header string[]
---@param rows string  path
local function of_rows(name, header, rows)
  local head = failure.check(beginning.of(rows))
  local dialect = head:find("%S") and csv_dialect.of(head)
  local has_tabs = not dialect or dialect.delimiter == "\t"
  local how = {
    header = header, escape = "\\", null = { "\\N" }, optional = true,
    delimiter = has_tabs and "\t" or dialect.delimiter,
    quote = has_tabs and not head:find('^"') and "" or nil,
  }
  return { {
    name = name, file = path.basename(rows), columns = function() return header end,
    open = function() return csv.records(rows, how) end,
  } }
end

local function of_dump(source, own, options)
  local defined, header
  if options.rows then defined, header = dump.defined(source) end
  if defined then return of_rows(defined, header, options.rows) end
  local list = {}
  for i, name in ipairs(dump.tables(source)) do
    list[i] = named(own, name, function()
      return dump.records(source, { table = name, optional = true })
    end)
  end
  return list
end

local function of_database(source, own)
  local list = {}
  for i, name in ipairs(sqlite.tables(source)) do
    list[i] = named(own, name, function()
      return sqlite.records(source, { table = name, optional = true })
    end)
  end
  return list
end

---Patterns of names and of their values, and whether values must fit the pattern, or must not.
---@type {[1]: string, [2]: string, [3]: boolean}[]
local VALUES <const> = {
  { "%f[%a]e?mail$", "@", true }, { "%f[%a]id$", "[%s@]", false }, { "_at$", "^%d", true },
  { "pass", "^%d%d%d%d%-%d%d%-", false },
}
local ALWAYS <const> = { updated_at = true } -- written for almost all rows

---Whether a file may have these columns.
local function may_have(names, rows)
  local without = 0
  for _, row in ipairs(rows) do
    for i, name in ipairs(#row == #names and names or {}) do
      local cell, low = row[i], name:lower()
      local is_value = cell ~= "" and cell ~= "\\N" and cell ~= "NULL"
      if not is_value and ALWAYS[low] then without = without + 1 end
      for _, rule in ipairs(is_value and VALUES or {}) do
        local fits = (cell:find(rule[2]) ~= nil) == rule[3]
        if low:find(rule[1]) and not fits then return false end
      end
    end
  end
  return without * 2 <= #rows
end

---The columns of a CSV file that does not name them; nil and why they are not known.
local function header_of(rows, options)
  local n = #rows[1]
  if options.header and #options.header == n then return options.header end
  if options.header then
    return nil, string.format("it has %d columns, not %d", n, #options.header)
  end
  for _, layout in ipairs(options.layouts or {}) do
    if #layout == n and may_have(layout, rows) then return layout end
  end
  return nil, string.format(
    "it has no row with the names of its %d columns: give them, as in columns=id,email,…", n)
end

local function same_names(row, names)
  for i, name in ipairs(names) do
    if columns.plain(row[i] or "") ~= columns.plain(name) then return false end
  end
  return #row == #names
end

---Whether all cells have quotes, also a word for NULL.
local function all_quoted(head)
  local rest = head:gsub("^\xEF\xBB\xBF", ""):gsub('"[^"]*"', ""):gsub('"[^"]*$', "")
  return rest:find "^[,;\t\r\n]*$" ~= nil
end

local function of_csv(source, own, found, head, options)
  local how = { null = { "NULL" }, optional = true }
  for name, value in pairs(found.options or {}) do how[name] = value end
  local words = {}
  for _, word in ipairs(how.null) do words[word] = true end
  if not words.NULL then table.insert(how.null, "NULL") end
  local dialect = csv_dialect.of(head)
  local rows, why = dialect.rows, nil
  if dialect.is_guessed then how.encoding, how.detect = nil, true end -- the reader says so
  if how.header or options.header and not same_names(rows[1], options.header) then
    how.header, why = header_of(rows, options)
  end
  return { {
    file = own, null_word = all_quoted(head) and "NULL" or nil, why = why,
    open = function() return csv.records(source, how) end,
    columns = function() return how.header or rows[1] end,
  } }
end

---The names of the members of the first records.
local function names_of(values)
  local objects = {}
  for i = 1, math.min(#values, MOST_LOOKED_AT) do
    if json_head.is_object(values[i]) then objects[#objects + 1] = values[i] end
  end
  return sorted.all_keys(objects)
end

---What phpMyAdmin writes: {"type":"table","name":"users","database":"shop","data":[…]}
local ELEMENT <const> = '{%s*"type"%s*:%s*"(%l+)"%s*,%s*"(%l+)"%s*:%s*"([^"]*)"()'
local HAS_ROWS <const> = '^%s*,%s*"database"%s*:%s*"[^"]*"%s*,%s*"data"%s*:'

---The tables in phpMyAdmin's JSON, each with its index in the list.
local function phpmyadmin_tables(source)
  local list, index, rest = {}, -1, ""
  local handle <close> = failure.check(file.open(source))
  local data = handle:read(MOST_BYTES)
  while data do
    local following = handle:read(MOST_BYTES)
    local text, passed = rest .. data, 1
    local last = following and #text - OVERLAP or #text
    for at, kind, member, name, stop in text:gmatch("()" .. ELEMENT) do
      if at > last then break end
      local is_table = kind == "table" and member == "name" and text:find(HAS_ROWS, stop)
      if is_table or kind == "database" and member == "name" or kind == "header" then
        index, passed = index + 1, stop
      end
      if is_table then list[#list + 1] = { name = name, index = index } end
    end
    rest, data = text:sub(math.max(last + 1, passed, 1)), following
  end
  return list
end

local function of_phpmyadmin(source, own)
  local list = {}
  for i, found in ipairs(phpmyadmin_tables(source)) do
    local function open()
      return json.records(source, {
        pointer = "/" .. found.index .. "/data", optional = true,
      })
    end
    list[i] = {
      name = found.name, file = own, open = open,
      columns = function()
        local reading <close> = open()
        local first = reading()
        return type(first) == "userdata" and names_of { host.materialize(first) } or nil
      end,
    }
  end
  return list
end

---Whether a value is an object of Django's dumpdata.
local function is_dumped(value)
  return json_head.is_object(value) and type(value.model) == "string"
    and json_head.is_object(value.fields)
end

---The fields of an object of Django's dumpdata, and its key as `id`.
local function fields_of(object)
  local row = { id = object.pk }
  for name, value in pairs(object.fields) do row[name] = value end
  return row
end

---"auth.user" is the table auth_user.
local function of_dumpdata(own, open)
  local list, tables = {}, {}
  local reading <close> = open()
  for record in reading do
    local model = type(record) == "userdata" and record.model
    if type(model) == "string" and not tables[model] then
      tables[model] = {
        name = model:gsub("%.", "_"), file = own, open = open,
        names = names_of { fields_of(host.materialize(record)) },
        columns = function() return tables[model].names end,
        row = function(object)
          if object.model == model then return fields_of(object) end
        end,
      }
      list[#list + 1] = tables[model]
    end
  end
  return list
end

---The value at a pointer of a document; nil if there is none.
local function value_at(value, pointer)
  for step in pointer:gmatch "/([^/]*)" do
    value = type(value) == "table" and value[step:gsub("~1", "/"):gsub("~0", "~")] or nil
  end
  return value
end

---Documents one after another that may be pages, each with its list at the same place.
---@return FileTable?
local function pages_of(source, own, values)
  local list = #values > 1 and json_head.is_object(values[1]) and json_head.list(values[1])
  if not list then return nil end
  local names = names_of(value_at(values[1], list.pointer))
  return {
    file = own, columns = function() return names end,
    open = function()
      return json.records(source, { pointer = list.pointer, optional = true })
    end,
  }
end

local function of_json(source, own, found, head)
  local values, options = json_head.read(head).values, { optional = true }
  for name, value in pairs(found.options or {}) do options[name] = value end
  local function open()
    if found.reader == "source.ndjson" then return ndjson.records(source, options) end
    return json.records(source, options)
  end
  local records = values
  if options.pointer or not json_head.is_object(values[1]) then
    records = value_at(values[1], options.pointer or "") or {}
  end
  local first = records[1]
  if json_head.is_object(first) and first.type == "header" then
    return of_phpmyadmin(source, own)
  end
  if is_dumped(first) then return of_dumpdata(own, open) end
  local names = names_of(records)
  return { {
    file = own, open = open, columns = function() return names end,
    pages = not options.pointer and pages_of(source, own, values) or nil,
  } }
end

local function of_yaml(source, own)
  local function open() return yaml.records(source) end
  local reading <close>, first = open(), {}
  for record in reading do
    first[#first + 1] = record
    if #first == MOST_LOOKED_AT then break end
  end
  local names = names_of(first)
  return { { file = own, open = open, columns = function() return names end } }
end

---@type table<string, fun(source: string, own: string, found: RecognisedBy, head: string,
---  options: TableFileOptions): FileTable[]>
local FORMS <const> = {
  ["source.dump"] = function(source, own, _, _, options) return of_dump(source, own, options) end,
  ["source.sqlite"] = of_database,
  ["source.ndjson"] = of_json,
  ["source.json"] = of_json,
  ["source.yaml"] = of_yaml,
  ["source.csv"] = of_csv,
}

local IS_XML <const> = "it is XML, in which no tables are looked for: export the table as SQL (as "
  .. "mysqldump does without --xml), CSV or JSON"

---Files whose tables are known, by path: a large file is not searched for each table.
---@type table<string, {size: integer, modified: number, tables: FileTable[]}>
local known = {}

---@return FileTable[]
local function recognised(source, own, options)
  local head = failure.check(beginning.of(source))
  for _, found in ipairs(recognise.head(head)) do
    local form = FORMS[found.reader]
    if form then return form(source, own, found, head, options) end
    if found.reader == "source.xml" then return { { file = own, why = IS_XML } } end
  end
  local function open() return csv.records(source, { optional = true }) end
  local reading <close> = open() -- says what the file is
  return { { file = own, open = open, columns = function() return reading:columns() end } }
end

---Tells files of rows from those that define their tables: `mysqldump --tab` writes users.sql and
---users.txt.
---@param paths string[]
---@return string[] paths  without those of rows
---@return table<string, string> rows  by the path of the definition
function table_files.pairs(paths)
  local known_paths, rows, others = {}, {}, {}
  for _, one in ipairs(paths) do known_paths[one] = true end
  for _, one in ipairs(paths) do
    local stem = one:match("^(.*)%.txt$") or one:match("^(.*)%.txt%.%a+$")
    local definition = stem and known_paths[stem .. ".sql"] and stem .. ".sql"
    if definition then rows[definition] = one else others[#others + 1] = one end
  end
  return others, rows
end

---The tables of a file, in order. From stdin, CSV is read. Raises a Failure.
---@param source string  a path, or "-"
---@param options TableFileOptions
---@return FileTable[]
function table_files.of(source, options)
  local own = source == "-" and "stdin" or path.basename(source)
  if source == "-" then
    return { { file = own, columns = function() return nil end, open = function()
      return csv.records(source, { null = { "NULL" }, header = options.header, optional = true })
    end } }
  end
  local key = source .. "\0" .. (options.rows or "")
  local stat, before = file.stat(source), known[key]
  if stat and before and before.size == stat.size and before.modified == stat.modified then
    return before.tables
  end
  local list = recognised(source, own, options)
  if stat and list[1] and list[1].name then
    known[key] = { size = stat.size, modified = stat.modified, tables = list }
  end
  return list
end

return table_files
