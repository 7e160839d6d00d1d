--- How the beginning of a CSV file is written: delimiter, quotes, encoding, header, null words.

local encodings = require "source.encodings"
local sorted = require "base.sorted"
local text = require "host.text"
local utf16 = require "source.utf16"

local csv_dialect = {}

local MOST_ROWS <const> = 200
local BACKSLASH <const> = 0x5C
local LONGEST_HEAD <const> = 64 * 1024 -- bytes; the last row of a longer file may be cut
local LONGEST_NAME <const> = 64 -- of a column, in bytes
local DELIMITERS <const> = { ",", ";", "\t", "|" }
local NUMBERED <const> = "column " -- the first column of a file without a header is "column 1"

---@alias CsvQuoting {quote: string, escape: string?}

local USUAL <const> = { quote = '"' }
local SINGLE <const> = { quote = "'" }
---@type CsvQuoting[]  of what cannot be read as usual
local UNUSUAL <const> = { { quote = '"', escape = "\\" }, { quote = "" } }
---What a server writes whose cells have line ends or tabs behind a backslash.
---@type CsvQuoting
local ESCAPED <const> = { quote = "", escape = "\\" }

-- Unquoted cells that are meant as nil; `\N` always is.
---@type table<string, true>
local NULL_WORDS <const> = {
  NULL = true, null = true, ["(null)"] = true, ["(NULL)"] = true, ["<null>"] = true,
  ["[NULL]"] = true, None = true,
}

---Beginnings of text that has commas but is not a table: JSON, XML, SQL, LDIF, YAML.
local OTHERS <const> = {
  "^[%[{<]", "^%-%-", "^/%*", "^#!", "^%%", "^dn::? ", "^version: %d", "^%-%-%-%s",
  "^INSERT%s", "^REPLACE%s", "^CREATE%s", "^DROP%s", "^ALTER%s", "^SET%s", "^COPY%s",
  "^BEGIN%f[%W]", "^START%s", "^USE%s", "^LOCK%s", "^PRAGMA%s", "^SELECT%s",
}

---Looks of cells that are values, and not names of columns.
local VALUES <const> = {
  "^[+-]?%d[%d.,]*$", "@.+%.", "^%d%d%d%d%-%d%d", "^%$%d?%a?%$", "^\\N$",
  "^%x+%-%x+%-%x+%-%x+%-%x+$",
  "^[Tt][Rr][Uu][Ee]$", "^[Ff][Aa][Ll][Ss][Ee]$", "^https?://", "^0[xX]%x+$", "^[%[{].*[%]}]$",
}

---@class CsvDialect
---@field delimiter string   "," where there is one column only
---@field quote string
---@field escape? string
---@field encoding? string   that the option must give
---@field is_guessed boolean  the encoding: the bytes do not show it
---@field has_header boolean
---@field rows string[][]    with the header
---@field nulls string[]
---@field share number       of the rows that have as many cells as the first, 0 to 1
---@field broken integer     rows that cannot be read so
---@field quoted integer     cells between quotes

---Whether it is UTF-8; a head that is cut may end inside a character.
local function is_utf8(head, is_cut)
  for left = 0, is_cut and 3 or 0 do
    if text.is_utf8(head:sub(1, #head - left)) then return true end
  end
  return false
end

---The head as text, the value for the option `encoding`, and whether that is a guess; nil if it is
---not text.
---@param given? string  the encoding, if it is known
local function decoded(head, is_cut, given)
  local wide, encoding, is_wide = utf16.text(head)
  if is_wide then return wide, encoding, false end
  if head:find("[%z\1-\8\14-\31]") then return nil end
  local plain, marks = head:gsub("^\xEF\xBB\xBF", "")
  local name = given and marks == 0 and text.encoding(given)
  if name and not name:find("^utf") then return text.decode(plain, name), name, false end
  if is_utf8(plain, is_cut) then return plain, nil, false end
  return plain, encodings.guess(plain), true
end

---The cell of a row that begins at `from` with a quote.
local function quoted_cell(body, from, dialect)
  local parts, at = {}, from + 1
  while true do
    local found = body:find("[" .. dialect.quote .. (dialect.escape and "\\" or "") .. "]", at)
    if not found then return nil end
    parts[#parts + 1] = body:sub(at, found - 1)
    local sign, following = body:sub(found, found), body:sub(found + 1, found + 1)
    if sign == dialect.quote and following ~= dialect.quote then
      return table.concat(parts), found + 1
    end
    parts[#parts + 1] = following
    at = found + 2
  end
end

---Where a cell without quotes ends: behind an escape, nothing does.
local function cell_end(body, from, plain, escape)
  local at = from
  while true do
    local behind = body:find(plain, at) or #body + 1
    local first = behind -- of the escapes before it
    while escape and first > from and body:byte(first - 1) == BACKSLASH do first = first - 1 end
    if (behind - first) % 2 == 0 or behind > #body then return behind end
    at = behind + 1
  end
end

---@class CsvRows
---@field rows string[][]
---@field nulls table<string, true>  words for NULL that were seen
---@field broken integer  rows with text behind a closing quote, or without one
---@field quoted integer  cells between quotes

---The rows of a text. A broken one ends with its line. `is_cut`: the last one is left out.
---@return CsvRows
local function rows_of(body, dialect, is_cut)
  local found = { rows = {}, nulls = {}, broken = 0, quoted = 0 }
  local rows, row, at = found.rows, {}, 1
  local plain = "[" .. dialect.delimiter .. "\r\n]"
  while at <= #body + 1 and #rows < MOST_ROWS do
    local cell, behind
    local is_quoted = dialect.quote ~= "" and body:sub(at, at) == dialect.quote
    if is_quoted then
      cell, behind = quoted_cell(body, at, dialect)
      if not cell and is_cut then break end
    else
      behind = cell_end(body, at, plain, dialect.escape)
      cell = body:sub(at, behind - 1)
      if NULL_WORDS[cell] and #rows > 0 then found.nulls[cell] = true end
    end
    local sign = cell and body:sub(behind, behind)
    if not sign or not sign:find("^" .. plain .. "?$") then
      found.broken, row = found.broken + 1, {}
      at = (body:find("[\r\n]", behind or at) or #body + 1) + 1
    else
      row[#row + 1] = cell
      found.quoted = found.quoted + (is_quoted and 1 or 0)
      at = behind + 1
      if sign ~= dialect.delimiter then
        if sign == "\r" and body:sub(at, at) == "\n" then at = at + 1 end
        if (sign ~= "" or not is_cut) and (#row > 1 or row[1] ~= "") then rows[#rows + 1] = row end
        row = {}
        if sign == "" then break end
      end
    end
  end
  return found
end

---The share of the rows that have as many cells as the first; further empty ones do not count.
local function consistency(rows, broken)
  local n, same = #rows[1], 0
  for _, row in ipairs(rows) do
    local cells = #row
    while cells > n and row[cells] == "" do cells = cells - 1 end
    if cells == n then same = same + 1 end
  end
  return same / (#rows + broken)
end

---Whether most cells lie between these quotes.
local function is_quoted_by(rows, quote)
  local n, quoted = 0, 0
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row) do
      n = n + 1
      local is_quoted = #cell > 1 and cell:sub(1, 1) == quote and cell:sub(-1) == quote
      quoted = quoted + (is_quoted and 1 or 0)
    end
  end
  return quoted > n / 2
end

---Whether the dialect is better than the best one so far.
local function is_better(found, best)
  if not best then return true end
  if (#found.rows[1] > 1) ~= (#best.rows[1] > 1) then return #found.rows[1] > 1 end
  if math.abs(found.share - best.share) > 0.01 then return found.share > best.share end
  if found.broken ~= best.broken then return found.broken < best.broken end
  return #found.rows[1] > #best.rows[1]
end

---Whether a database wrote it, which escapes with backslashes: all of them are such escapes, and a
---cell is `\N`, or has some between tabs.
local function has_escapes(rows, delimiter)
  local found = false
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row) do
      local rest, n = cell:gsub("\\[\\0bfnrtvZNx1-7'\"\n\t]", "")
      if rest:find("\\", 1, true) then return false end
      found = found or cell == "\\N" or n > 0 and delimiter == "\t"
    end
  end
  return found
end

---The dialect of a text with its escapes; between tabs, quotes mean nothing if no cell begins so.
local function with_escapes(dialect, body)
  if dialect.escape or not has_escapes(dialect.rows, dialect.delimiter) then return end
  dialect.escape = "\\"
  if dialect.delimiter == "\t" and not body:find '[\t\n]"' and body:sub(1, 1) ~= '"' then
    dialect.quote = ""
  end
end

local function is_value(cell)
  if #cell > LONGEST_NAME or NULL_WORDS[cell] then return true end
  for _, pattern in ipairs(VALUES) do
    if cell:find(pattern) then return true end
  end
  return false
end

---Whether the first row has the names of the columns.
local function has_header(row)
  local named = 0
  for _, cell in ipairs(row) do
    if is_value(cell) then return false end
    if cell:find("%S") then named = named + 1 end
  end
  return named >= #row / 2
end

---The best reading with one way to quote, nil if there is none, and the delimiters with which some
---rows are broken. Where quotes break more than they enclose, they are none.
---@param quoting CsvQuoting
---@param delimiters string[]
---@return CsvDialect?
---@return string[] failed
local function best_of(body, is_cut, quoting, delimiters)
  local best, failed = nil, {}
  for _, delimiter in ipairs(delimiters) do
    local dialect = { delimiter = delimiter, quote = quoting.quote, escape = quoting.escape }
    local found = rows_of(body, dialect, is_cut)
    if found.broken > 0 then failed[#failed + 1] = delimiter end
    if found.rows[1] and found.broken <= found.quoted then
      dialect.rows, dialect.nulls = found.rows, sorted.keys(found.nulls)
      dialect.broken, dialect.quoted = found.broken, found.quoted
      dialect.share = consistency(found.rows, found.broken)
      if is_better(dialect, best) then best = dialect end
    end
  end
  return best, failed
end

---Whether quotes mean something between these delimiters.
local function has_quotes(dialect, best)
  return best and best.delimiter == dialect.delimiter and best.quoted > 0
end

---The dialect of a head; nil if it is not text, or is in another format.
---@param head string
---@param delimiter? string  the only one that may be
---@param encoding? string   if it is known
---@return CsvDialect?
function csv_dialect.of(head, delimiter, encoding)
  local is_cut = #head >= LONGEST_HEAD
  local body, found_encoding, is_guessed = decoded(head, is_cut, encoding)
  if not body then return nil end
  body = body:gsub('^"?[Ss][Ee][Pp]=[^\r\n]*[\r\n]+', ""):gsub("^[\r\n]+", "")
  for _, pattern in ipairs(OTHERS) do
    if body:find(pattern) then return nil end
  end
  local delimiters = delimiter and { delimiter } or DELIMITERS
  local best, failed = best_of(body, is_cut, USUAL, delimiters)
  if best and is_quoted_by(best.rows, SINGLE.quote) then
    best = best_of(body, is_cut, SINGLE, delimiters) or best
  end
  for _, quoting in ipairs(UNUSUAL) do
    local found = best_of(body, is_cut, quoting, failed)
    local is_usual = found and quoting.quote == "" and has_quotes(found, best)
    if found and not is_usual and is_better(found, best) then best = found end
  end
  if body:find "\\[\t\n]" and (delimiter or "\t") == "\t" then
    local found = best_of(body, is_cut, ESCAPED, { "\t" })
    if found and (not best or not is_better(best, found)) then best = found end
  end
  if not best then return nil end
  with_escapes(best, body)
  best.encoding, best.is_guessed = found_encoding, is_guessed
  best.has_header = has_header(best.rows[1])
  return best
end

local function numbered(n)
  local names = {}
  for i = 1, n do names[i] = NUMBERED .. i end
  return names
end

---Whether columns have numbers for names, because the file has no header.
---@param names string[]
---@return boolean
function csv_dialect.is_numbered(names)
  return names[1] == NUMBERED .. 1
end

---The options of csv.records that differ from the defaults.
---@param dialect CsvDialect
---@return host.csv.Options?
function csv_dialect.options(dialect)
  local options = {
    delimiter = #dialect.rows[1] > 1 and dialect.delimiter ~= "," and dialect.delimiter or nil,
    quote = dialect.quote ~= '"' and dialect.quote or nil,
    escape = dialect.escape, encoding = dialect.encoding,
    header = not dialect.has_header and numbered(#dialect.rows[1]) or nil,
    null = dialect.nulls[1] and dialect.nulls or nil,
  }
  return next(options) and options or nil
end

---"CSV, 9 columns, delimiter ";", no header"
---@param dialect CsvDialect
---@return string
function csv_dialect.describe(dialect)
  local n = #dialect.rows[1]
  local parts = { "CSV", n == 1 and "1 column" or n .. " columns" }
  if n > 1 and dialect.delimiter ~= "," then
    parts[#parts + 1] = dialect.delimiter == "\t" and "delimiter tab"
      or string.format('delimiter "%s"', dialect.delimiter)
  end
  if dialect.encoding then parts[#parts + 1] = dialect.encoding end
  if not dialect.has_header then parts[#parts + 1] = "no header" end
  return table.concat(parts, ", ")
end

return csv_dialect
