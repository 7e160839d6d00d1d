--- What lies in the files of an export: the reader of each, its options, the tables of databases.

local dump_host = require "host.dump"
local file = require "host.file"
local input = require "source.input"
local lua_text = require "new.lua_text"
local path = require "base.path"
local recognise = require "source.recognise"
local sqlite_host = require "host.sqlite"
local text = require "host.text"

local exports = {}

local MOST_TABLES <const> = 40 -- that are looked into

---@class Export
---@field path string|string[]  the file, or files of the same columns
---@field name string           of the file, or of its table
---@field reader string         "source.csv"
---@field what string           "CSV, 9 columns"
---@field options? table        of the reader
---@field table? string

local MODULES <const> = {
  ["source.bson"] = require "source.bson", ["source.csv"] = require "source.csv",
  ["source.dump"] = require "source.dump",
  ["source.extended_json"] = require "source.extended_json",
  ["source.json"] = require "source.json", ["source.ldif"] = require "source.ldif",
  ["source.ndjson"] = require "source.ndjson", ["source.sqlite"] = require "source.sqlite",
  ["source.xml"] = require "source.xml", ["source.yaml"] = require "source.yaml",
}

---The last word of a reader's name: "csv".
---@param export Export
---@return string
function exports.module(export)
  return (export.reader:match("[^.]+$"))
end

---The options as a recipe writes them: nothing, or what follows the input.
local function arguments_of(export)
  local options = export.options or {}
  if export.reader ~= "source.xml" then
    return next(options) and ", " .. lua_text.value(options) or ""
  end
  local encoding = options.encoding and ", " .. lua_text.value { encoding = options.encoding } or ""
  return ", " .. lua_text.quoted(options.path) .. encoding
end

---The encoding, if the bytes do not show it.
---@param export Export
---@return string?
function exports.guessed_encoding(export)
  local encoding = export.options and export.options.encoding
  return encoding and not encoding:find("^utf") and encoding or nil
end

---The call that opens the source in a recipe.
---@param export Export
---@param given string  the expression of its input: "params.input"
---@return string
function exports.call(export, given)
  return string.format("%s.records(%s%s)", exports.module(export), given, arguments_of(export))
end

---Opens the records. Raises a failure as the reader does.
---@param export Export
---@return Records
function exports.records(export)
  local module, options = MODULES[export.reader], export.options
  if export.reader == "source.xml" then
    return module.records(export.path, options.path, { encoding = options.encoding })
  end
  return module.records(export.path, options)
end

---@param export Export
---@return boolean
function exports.are_texts(export)
  return export.reader == "source.csv" or export.reader == "source.dump"
    or export.reader == "source.ldif" or export.reader == "source.xml"
end

local function refused(name, found)
  if #found == 0 then
    return nil, name .. ": no reader knows this format; export the users as CSV, NDJSON or JSON",
      "usage"
  end
  return nil, string.format("%s is %s, which `new` cannot read", name, found[1].what), "usage"
end

---A tab before most cells, no header: text of PostgreSQL's COPY, whose backslashes are doubled.
local function settle(export)
  local options = export.options
  if export.reader == "source.csv" and options and options.delimiter == "\t"
    and type(options.header) == "table" and not options.quote then
    options.quote, options.escape = "", nil
  end
end

---The tables of an SQLite file.
local function sqlite_tables(export)
  local handle <close>, message, kind = file.open(export.path)
  if not handle then return nil, message, kind end
  local database
  database, message, kind = sqlite_host.open(handle, {
    beside = function(one, ending) return file.beside(one, ending) end,
  })
  if not database then return nil, message, kind end
  local tables
  tables, message, kind = database:tables()
  database:close()
  if not tables then return nil, message, kind end
  local names = {}
  for _, one in ipairs(tables) do names[#names + 1] = one.name end
  return names
end

local NO_TABLE <const> = "\1" -- no table is called so: all of them are passed

---The tables of a dump, which is read once for them.
local function dump_tables(export)
  local handle <close>, message, kind = file.open(export.path)
  if not handle then return nil, message, kind end
  local reader = dump_host.reader(handle, { table = NO_TABLE })
  local _, why, failed = reader:next()
  local names = reader:tables()
  reader:close()
  if #names == 0 then return nil, export.name .. ": " .. tostring(why), failed or "parse" end
  return names
end

---The tables of a database, each as an export; one of another format alone.
---@param export Export
---@return Export[]?
---@return string? message
---@return Kind? kind
function exports.tables(export)
  local list = { ["source.sqlite"] = sqlite_tables, ["source.dump"] = dump_tables }
  if not list[export.reader] then return { export } end
  local names, message, kind = list[export.reader](export)
  if not names then return nil, message, kind end
  local own = {}
  for i = 1, math.min(#names, MOST_TABLES) do
    local plain = names[i]:match("[^.]+$") or names[i]
    own[plain] = (own[plain] or 0) + 1
  end
  local made = {}
  for i = 1, math.min(#names, MOST_TABLES) do
    local plain = names[i]:match("[^.]+$") or names[i]
    local called = own[plain] == 1 and plain or names[i]
    made[i] = {
      path = export.path, name = plain, reader = export.reader, table = called,
      what = string.format("%s, table %s", export.reader == "source.dump" and "an SQL dump"
        or "an SQLite database", text.printable(called, 60)),
      options = { table = called },
    }
  end
  return made
end

---What a file is.
---@param name string  its path
---@return Export?
---@return string? message
---@return Kind? kind
---@return RecognisedBy[]? found  all that it may be
function exports.of(name)
  local found, message, kind = recognise.file(name)
  if not found then return nil, message, kind end
  for _, one in ipairs(found) do
    if MODULES[one.reader] then
      local export = {
        path = name, name = path.basename(name), reader = one.reader, what = one.what,
        options = one.options,
      }
      if one.reader == "source.xml" and not one.options then break end
      settle(export)
      return export, nil, nil, found
    end
  end
  return refused(path.basename(name), found)
end

---The files of an input.
---@param given string
---@return string[]?
---@return string? message
---@return Kind? kind
function exports.files(given)
  local paths, message, kind = input.resolve(given)
  if not paths then return nil, message, kind end
  if paths[1] == "-" then
    return nil, "new reads the export more than once: write it to a file first", "usage"
  end
  return paths
end

return exports
