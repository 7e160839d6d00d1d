--- Reads CSV and TSV files: lazy rows, indexed by column name.

local beginning = require "source.beginning"
local records = require "source.records"
local csv_dialect = require "source.csv_dialect"
local encodings = require "source.encodings"
local foreign = require "source.foreign"
local host = require "host.csv"
local input = require "source.input"
local members = require "source.members"
local spelling = require "base.spelling"
local unknown_columns = require "source.unknown_columns"

local csv = {}

---@class CsvOptions : host.csv.Options
---@field optional? true|string[]  columns that need not be there, although the recipe reads them
---@field detect? boolean

local ENDINGS <const> = { "csv", "tsv" }
local OPTIONS <const> = {
  "delimiter", "quote", "escape", "header", "null", "trim", "empty", "ragged", "encoding", "guard",
  "limit", "optional", "detect",
}
local CONSISTENT <const> = 0.8 -- of the rows of a table have as many cells as the first
local DELIMITERS <const> = { [";"] = '";"', ["\t"] = 'a tab ("\\t")', ["|"] = '"|"', [","] = '","' }

---Sets the options that are not given as the beginning of a file shows. Stdin is not looked at.
---@return string? encoding  that was guessed, for bytes do not show it
local function detect(path, own)
  local head = path ~= "-" and beginning.of(path)
  local dialect = head and csv_dialect.of(head, own.delimiter, own.encoding)
  local is_guessed = dialect and not own.encoding and dialect.is_guessed
  for name, option in pairs(dialect and csv_dialect.options(dialect) or {}) do
    if own[name] == nil then own[name] = option end
  end
  return is_guessed and dialect.encoding or nil
end

---@return host.csv.reader? reader
---@return string? message  or the encoding that was guessed
local function open(options, handle, path, place)
  local own = { place = place }
  for name, value in pairs(options or {}) do own[name] = value end
  local guessed = own.detect and detect(path, own)
  if not own.delimiter and input.ending(path) == "tsv" then own.delimiter = "\t" end
  local reader, message, kind = host.reader(handle, own)
  if not reader then return nil, message, kind end
  local first = type(own.header) ~= "table" and reader:columns()[1] or ""
  local wrong = foreign.text(foreign.format_of(first), "CSV")
  if wrong then return nil, input.names({ path })[1] .. " is " .. wrong, "parse" end
  return reader, guessed
end

local function prefix(name)
  return name .. ":"
end

---A single column with another delimiter in its name suggests the wrong delimiter.
local function check_delimiter(columns, name, warn)
  if #columns ~= 1 then return end
  local found = columns[1]:match("[;\t|,]")
  if not found then return end
  warn("delimiter", string.format(
    '%s has a single column; is its delimiter %s?', name, DELIMITERS[found]))
end

---@param optional? table<string, true>  columns that need not be there; nil: all
---@param guessed? string  encoding
local function ended(reader, name, warn, optional, guessed)
  unknown_columns.report(reader, name, optional, warn)
  check_delimiter(reader:columns(), name, warn)
  if guessed then
    warn("encoding", string.format("%s is not UTF-8, and was read as %s, %s", name, guessed,
      encodings.ADVICE))
  end
end

---Records of one or more files, each with its own header. Compression is detected; the delimiter of
---`.tsv` files is a tab by default. With `detect`, what is not given is as the beginning of a file
---shows: delimiter, quotes, escapes, encoding, words for NULL, and whether there is a header.
---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? CsvOptions
---@return Records
function csv.records(given, options)
  spelling.check_options("csv.records", options, OPTIONS)
  spelling.check_types("csv.records", options, {
    trim = "boolean", limit = "number", detect = "boolean",
  })
  encodings.check("csv.records", options)
  local optional, guessed = members.optional("csv.records", options), nil
  return (records.records(given, ENDINGS, "csv.records", {
    open = function(handle, path, place)
      local reader, more, kind = open(options, handle, path, place)
      guessed = reader and more
      return reader, more, kind
    end,
    prefix = prefix,
    places = true,
    text = "CSV",
    sample = { kind = "csv", options = options },
    optional = optional or true,
    ended = function(reader, name, warn) ended(reader, name, warn, optional, guessed) end,
  })) -- no tail call: an error names this function
end

---Whether a single column is a list of values, one a line, and not prose.
local function is_list(rows)
  for i = 2, #rows do
    if rows[i][1]:find("%s") then return false end
  end
  return #rows > 1 and rows[1][1]:find("^[%w_ -]+$") ~= nil
end

---Whether the beginning of a file is CSV, and how it is written.
---@param head string
---@return Recognised?
function csv.recognise(head)
  local dialect = csv_dialect.of(head)
  if not dialect then return nil end
  local rows, is_sure = dialect.rows, false
  if #rows[1] == 1 then
    if not is_list(rows) then return nil end
  elseif dialect.share < CONSISTENT then
    return nil
  else
    is_sure = #rows > 1
  end
  return {
    sure = is_sure and 2 or 1, what = csv_dialect.describe(dialect),
    options = csv_dialect.options(dialect),
  }
end

return csv
