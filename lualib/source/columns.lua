--- Finds the columns of a CSV file by their usual names.

local csv_dialect = require "source.csv_dialect"
local spelling = require "base.spelling"
local text = require "host.text"

local columns = {}

local SHOWN <const> = 20 -- names in a message
local DELIMITERS <const> = { [";"] = "semicolon", ["\t"] = "tab", ["|"] = "pipe", [","] = "comma" }

---A name without case, blanks and punctuation.
---@param name string
---@return string
function columns.plain(name)
  return (name:lower():gsub("[%s%p]", ""))
end

local function listed(names)
  local shown = table.concat(names, '", "', 1, math.min(#names, SHOWN))
  return '"' .. shown .. '"' .. (#names > SHOWN and " and others" or "")
end

---Raises why the file has no column of this name, given for a field.
local function refuse(field, told, names)
  error(string.format("%s=%s: the file has no such column; it has %s%s", field, told,
    listed(names), spelling.hint(told, names)), 0)
end

---The column of each field: the one set, else the first usual name that the file has.
---@param names string[]  of the file
---@param usual table<string, string[]>  by field: plain names, the best first
---@param given table<string, string?>   by field: the column set
---@return table<string, string> found
function columns.find(names, usual, given)
  local by_plain, found, has = {}, {}, {}
  for _, name in ipairs(names) do
    by_plain[columns.plain(name)] = by_plain[columns.plain(name)] or name
    has[name] = true
  end
  for field, list in pairs(usual) do
    local told = given[field]
    found[field] = told and (has[told] and told or by_plain[columns.plain(told)])
    if told and not found[field] then refuse(field, told, names) end
    for _, name in ipairs(list) do found[field] = found[field] or by_plain[name] end
  end
  return found
end

---Raises what is wrong with a file that has no column for a field that every record needs.
---@param names string[]
---@param field string
---@param what string  "e-mail address"
function columns.require(names, field, what)
  if csv_dialect.is_numbered(names) then
    error(string.format("the file has no row with the names of its %d columns: give them, as in "
      .. 'columns=id,email,…, or choose one with %s="%s"', #names, field, names[1]), 0)
  end
  for _, name in ipairs(names) do
    if text.email(name) then
      error("the first row of the file is a record: add a row with the names of the columns", 0)
    end
  end
  local delimiter = #names == 1 and names[1]:match("[;\t|,]")
  error(string.format("no column for the %s: the file has %s; %s", what, listed(names), delimiter
    and "its delimiter may be delimiter=" .. DELIMITERS[delimiter]
    or string.format('choose one with %s="COLUMN"', field)), 0)
end

---The first column that no field uses and whose plain name contains one of the words.
---@param names string[]
---@param found table<string, string>
---@param words string[]
---@return string? name
function columns.unused(names, found, words)
  local used = {}
  for _, name in pairs(found) do used[name] = true end
  for _, name in ipairs(names) do
    for _, word in ipairs(words) do
      if not used[name] and columns.plain(name):find(word, 1, true) then return name end
    end
  end
end

return columns
