--- Writes records as the text of a file, in the format in which a reader reads it: a test of a
--- recipe gives records, and the recipe's own reader reads them.

local json = require "host.json"
local sorted = require "base.sorted"
local text = require "host.text"

local sample = {}

---@class SampleFormat  plain values
---@field kind "csv"|"json"|"ndjson"|"texts"  texts: it is not written, and its values are texts
---@field writer? "ldif"|"sql"  of generated files, if the kind is texts
---@field options? table  of the reader; `beside` of JSON: members next to the list of records

local NO_NAME <const> = "record" -- the column of a record without any

---A value as the text of a cell; nil and why for one that no cell holds.
local function cell_of(name, value)
  if value == nil or value == json.null then return "" end
  if type(value) == "table" then
    return nil, string.format("the cell %s must be a text, not a %s", name,
      json.is_array(value) and "list" or "map")
  end
  return tostring(value)
end

---A cell with quotes if it needs them: the reader treats one with quotes otherwise.
local function quoted(cell, options)
  local quote, escape = options.quote or '"', options.escape or options.quote or '"'
  if quote == "" or not cell:find("[\r\n" .. "%" .. quote .. "%" .. options.delimiter .. "]") then
    return cell
  end
  local special = "[%" .. escape .. "%" .. quote .. "]"
  return quote .. cell:gsub(special, function(found) return escape .. found end) .. quote
end

---The names of all records, sorted: a map has no order.
local function names_of(records)
  local names = sorted.all_keys(records)
  return #names > 0 and names or { NO_NAME }
end

local function row_of(cells, options)
  local row, quote = {}, options.quote or '"'
  for i, cell in ipairs(cells) do row[i] = quoted(cell, options) end
  if #cells == 1 and row[1] == "" then return quote .. quote end -- an empty line is not a row
  return table.concat(row, options.delimiter)
end

---@type table<string, fun(lines: string[], options: table): string?, string?>
local WRITERS <const> = {}

function WRITERS.csv(lines, options)
  local records, layout = {}, {}
  for i, line in ipairs(lines) do records[i] = json.decode(line) end
  for name, value in pairs(options) do layout[name] = value end
  layout.delimiter = layout.delimiter or ","
  local header = type(layout.header) == "table" and layout.header or nil
  local names, rows = header or names_of(records), {}
  if not header then rows[1] = row_of(names, layout) end
  for _, record in ipairs(records) do
    local cells = {}
    for i, name in ipairs(names) do
      local cell, why = cell_of(name, record[name])
      if not cell then return nil, why end
      cells[i] = cell
    end
    rows[#rows + 1] = row_of(cells, layout)
  end
  local bytes, why = text.encode(table.concat(rows, "\n") .. "\n", layout.encoding or "utf-8")
  return bytes, why
end

function WRITERS.ndjson(lines)
  return table.concat(lines, "\n") .. "\n"
end

---The text of members, each with a comma behind it.
local function members_of(values)
  local parts = {}
  for name, value in sorted.pairs(values) do
    parts[#parts + 1] = json.encode(name) .. ":" .. assert(json.encode(value)) .. ","
  end
  return table.concat(parts)
end

---A document with the records at a pointer. A step that is a number is the index of a list.
function WRITERS.json(lines, options)
  local document, steps = "[" .. table.concat(lines, ",") .. "]", {}
  local beside = members_of(options.beside)
  for step in (options.pointer or ""):gmatch("/([^/]*)") do
    table.insert(steps, 1, (step:gsub("~1", "/"):gsub("~0", "~")))
  end
  for _, step in ipairs(steps) do
    if step:find("^%d+$") and #step < 3 then
      document = "[" .. ("{},"):rep(tonumber(step)) .. document .. "]"
    else
      document = "{" .. beside .. json.encode(step) .. ":" .. document .. "}"
      beside = ""
    end
  end
  return document .. "\n"
end

---Whether a file in the format can be written.
---@param format SampleFormat
---@return boolean
function sample.is_written(format)
  return WRITERS[format.kind] ~= nil
end

---The text of a file that the reader of a format reads as these records.
---@param format SampleFormat
---@param lines string[]  records as JSON
---@return string? text
---@return string? message  why a file in the format cannot have them
function sample.text(format, lines)
  return WRITERS[format.kind](lines, format.options or {})
end

---A value whose scalars are texts; null is nothing.
local function as_text(value)
  if value == json.null then return nil end
  if type(value) ~= "table" then return tostring(value) end
  local made = json.is_array(value) and json.array {} or {}
  for name, inner in pairs(value) do made[name] = as_text(inner) end
  return made
end

---The records as the reader of texts would give them, in place of a file.
---@param lines string[]  records as JSON
---@return string[] lines
function sample.texts(lines)
  local list = {}
  for i, line in ipairs(lines) do list[i] = assert(json.encode(as_text(json.decode(line)))) end
  return list
end

return sample
