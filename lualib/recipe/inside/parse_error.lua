--- A syntax error of a recipe with the line that has it, and a caret below the word that Lua did
--- not expect.

local text = require "host.text"

local parse_error = {}

local SHOWN <const> = 72 -- characters of a line
local BEFORE <const> = 48 -- of them, at most, before the caret

local function line_of(source, number)
  local i = 0
  for line in (source .. "\n"):gmatch("([^\n]*)\n") do
    i = i + 1
    if i == number then return (line:gsub("\r$", "")) end
  end
end

---Where a line begins in its text.
local function start_of(source, number)
  local from = 1
  for _ = 2, number do from = (source:find("\n", from, true) or #source) + 1 end
  return from
end

---The byte of the line at which Lua stopped: of the first of the word's places up to which the text
---has the same error, or of its only place.
---@param compile fun(source: string): function?, string?
local function column_of(source, said, number, word, compile)
  local line, first = line_of(source, number), start_of(source, number)
  local found, n, at, last = nil, 0, line:find(word, 1, true)
  while at do
    local _, same = compile(source:sub(1, first + last - 1))
    if same == said then return at end
    found, n = at, n + 1
    at, last = line:find(word, at + 1, true)
  end
  return n == 1 and found or nil
end

---A part of the line without what controls a terminal, and where the caret belongs in it.
local function shown_of(line, column)
  local before = text.printable((line:sub(1, column - 1):gsub("\t", " ")))
  local after = text.printable((line:sub(column):gsub("\t", " ")))
  local n = utf8.len(before) or #before
  if n > BEFORE then
    before = "…" .. before:sub(utf8.offset(before, -(BEFORE - 1)))
    n = BEFORE
  end
  if (utf8.len(after) or 0) > SHOWN - n then
    after = after:sub(1, utf8.offset(after, SHOWN - n) - 1) .. "…"
  end
  return before .. after, n
end

---What Lua says, with the line below it.
---@param source string   the text
---@param said string    by Lua's compiler
---@param compile fun(source: string): function?, string?
---@return string
function parse_error.shown(source, said, compile)
  local number = said:match(" at line (%d+)$") or said:match("^.-:(%d+): ")
  number = math.tointeger(tonumber(number))
  local line = number and line_of(source, number)
  if not line or not utf8.len(line) then return said end
  local word = said:match(" near '(.+)'$")
  local column = said:find(" near <eof>$") and #line + 1
    or word and column_of(source, said, number, word, compile)
  local written, before = shown_of(line, column or 1)
  local digits = string.format("%4d", number)
  local caret = column and string.format("\n%s | %s^", (" "):rep(#digits), (" "):rep(before)) or ""
  return string.format("%s\n%s | %s%s", said, digits, written, caret)
end

return parse_error
