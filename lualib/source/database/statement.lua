--- The text of a query before a database gets it: one statement that only reads. What is refused
--- here would be refused by the read-only transaction, too, or would not be SQL.

local text = require "host.text"

local statement = {}

---@class Dialect  how the text of a database is written
---@field quotes table<string, true>       characters that quote
---@field backslash table<string, true>    quotes in which a backslash escapes the next character
---@field dollar? boolean    $tag$ quotes $tag$, and E'...' has escapes
---@field nested? boolean    comments nest
---@field hash? boolean      # begins a comment
---@field spaced? boolean    -- begins one only before a blank
---@field code? boolean      /*! is a comment that the database runs

local FIRST <const> = { SELECT = true, WITH = true, VALUES = true, TABLE = true }

---@class Scan  what was found outside of quotes and comments
---@field first? string      the first word, in upper case
---@field depth integer      of parentheses
---@field ended? boolean     a semicolon was found
---@field stop integer       the last byte before it
---@field ordered? boolean   ORDER BY outside of parentheses
---@field limited? boolean   LIMIT, OFFSET or FETCH after it

local function refuse(why)
  return nil, "the query " .. why, "usage"
end

---The byte after a comment that begins at `at`; nil if it does not end.
local function skip_comment(query, at, nested)
  local depth = 1
  at = at + 2
  while depth > 0 do
    local found = query:find(nested and "[*/][/*]" or "%*/", at)
    if not found then return nil end
    local mark = query:sub(found, found + 1)
    if mark == "*/" then
      depth, at = depth - 1, found + 2
    elseif mark == "/*" then
      depth, at = depth + 1, found + 2
    else
      at = found + 1
    end
  end
  return at
end

---The byte after what a character quotes; nil if it does not end. A doubled quote is one that
---ends and one that begins.
local function skip_quoted(query, at, quote, escapes)
  while true do
    at = query:find(escapes and "[\\" .. quote .. "]" or quote, at + 1)
    if not at then return nil end
    if query:sub(at, at) == quote then return at + 1 end
    at = at + 1
  end
end

---The byte after $tag$ ... $tag$; `at` if nothing is quoted here, nil if it does not end.
local function skip_dollar(query, at)
  local tag = query:match("^%$%$", at)
    or query:match("^%$[%a_\x80-\xff][%w_\x80-\xff]*%$", at)
  if not tag then return at end
  local _, last = query:find(tag, at + #tag, true)
  return last and last + 1
end

---The byte after what is neither code nor blank at `at`; `at` itself if it is code.
---@return integer? after
---@return string? message  why the query is refused
local function skip(query, at, dialect)
  local two, one = query:sub(at, at + 1), query:sub(at, at)
  local is_dashes = two == "--" and not (dialect.spaced and query:find("^%S", at + 2))
  if is_dashes or (dialect.hash and one == "#") then
    return (query:find("[\r\n]", at) or #query) + 1
  elseif two == "/*" then
    if dialect.code and query:find("^M?!", at + 2) then
      return nil, "has a comment that the database would run (/*!)"
    end
    local after = skip_comment(query, at, dialect.nested)
    return after, not after and "has a comment that does not end" or nil
  elseif dialect.quotes[one] then
    local after = skip_quoted(query, at, one, dialect.backslash[one])
    return after, not after and "has a quote that is not closed" or nil
  elseif dialect.dollar and one == "$" then
    local after = skip_dollar(query, at)
    return after, not after and "has a quote that is not closed" or nil
  end
  return at
end

---A word outside of quotes; `E'` and the like take the string that follows.
---@return integer? after
---@return string? message
local function take_word(scan, query, at, dialect)
  local word = query:match("^[%w_$\x80-\xff]+", at):upper()
  local after = at + #word
  if dialect.dollar and word == "E" and query:sub(after, after) == "'" then
    after = skip_quoted(query, after, "'", true)
    return after, not after and "has a quote that is not closed" or nil
  end
  scan.first = scan.first or word
  if word == "INTO" then return nil, "must not write (INTO)" end
  if scan.depth == 0 and word == "ORDER" then
    scan.ordered, scan.limited = true, false
  elseif scan.depth == 0 and (word == "LIMIT" or word == "OFFSET" or word == "FETCH") then
    scan.limited = true
  end
  return after
end

---@return integer? after
---@return string? message
local function take_code(scan, query, at, dialect)
  local one = query:sub(at, at)
  if scan.ended and one ~= ";" then return nil, "must be a single statement" end
  if one:find("[%a_\x80-\xff]") then return take_word(scan, query, at, dialect) end
  if one:find("%d") then return query:match("^[%d.]+()", at) end -- 1e'\'' may be 1 and E'\''
  if one == "\\" then
    return nil, "has a backslash outside of quotes: a command of a client is not SQL"
  elseif one == "(" then
    scan.depth = scan.depth + 1
  elseif one == ")" then
    scan.depth = scan.depth - 1
    if scan.depth < 0 then return nil, "closes a parenthesis that it did not open" end
  elseif one == ";" then
    scan.ended = true
  end
  return at + 1
end

---@return Scan?
---@return string? message
local function scan_of(query, dialect)
  local scan, at = { depth = 0, stop = #query }, 1
  while at <= #query do
    local after, message = skip(query, at, dialect)
    if after == at and query:find("^%s", at) then
      after = query:match("^%s+()", at)
    elseif after == at then
      if query:sub(at, at) == ";" and not scan.ended then scan.stop = at - 1 end
      after, message = take_code(scan, query, at, dialect)
    end
    if not after then return nil, message end
    at = after
  end
  return scan
end

---The text of a single statement that only reads, without a final semicolon.
---@param query string
---@param dialect Dialect
---@return string?
---@return string|boolean message  or whether an order of it ends without a limit
---@return Kind? kind  "usage"
function statement.check(query, dialect)
  if query:find("\0", 1, true) or not text.is_utf8(query) then
    return refuse("is not text in UTF-8")
  end
  local scan, message = scan_of(query, dialect)
  if not scan then return refuse(message) end
  if not FIRST[scan.first] then
    return refuse("must begin with SELECT, WITH, VALUES or TABLE")
  elseif scan.depth > 0 then
    return refuse("opens a parenthesis that it does not close")
  end
  return query:sub(1, scan.stop), scan.ordered and not scan.limited or false
end

---A name, perhaps with that of its schema before a dot, in quotes.
---@param name string
---@param quote string
---@return string?
---@return string? message
---@return Kind? kind  "usage"
function statement.quote(name, quote)
  if name == "" or name:find("%c") or not text.is_utf8(name) then
    return nil, "the name of the table is not one", "usage"
  end
  local parts = {}
  for part in (name .. "."):gmatch("([^.]*)%.") do
    if part == "" then return nil, "the name of the table is not one", "usage" end
    parts[#parts + 1] = quote .. part:gsub(quote, quote .. quote) .. quote
  end
  return table.concat(parts, ".")
end

return statement
