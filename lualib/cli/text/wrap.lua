--- Breaks lines between words to fit a terminal.

local wrap = {}

local FIRST_COLUMNS <const> = 32 -- part of a line that may contain columns of a table
local LEAST <const> = 20         -- minimum columns for text next to the indent

---Display width; colour sequences have none.
local function columns(text)
  local plain = text:gsub("\27%[[%d;]*m", "")
  return utf8.len(plain) or #plain
end

---Breaks text into lines of at most `width` columns; a longer word is a line of its own.
---@param text string
---@param width integer
---@return string[]
function wrap.wrap(text, width)
  local list, line = {}, ""
  for word in text:gmatch("%S+") do
    if line ~= "" and columns(line) + 1 + columns(word) > width then
      list[#list + 1] = line
      line = word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  list[#list + 1] = line
  return list
end

---The indent of a continuation line: the last column of the table, separated by two blanks, or a
---little more than the indent of the line.
local function indent_of(line)
  local indent = columns(line:match("^ *")) + 2
  for blanks in line:sub(1, FIRST_COLUMNS):gmatch("%S  +()") do indent = blanks - 1 end
  return indent
end

---Splits a line at the last blank within `width` columns.
local function cut(line, width)
  local at = utf8.len(line) and utf8.offset(line, width + 2) or width + 2
  local head = line:sub(1, at - 1):match("^(.*%S) ") or line:match("^ *%S+")
  return head, line:sub(#head + 1):match("^ *(.*)$")
end

local function fold(line, width, list)
  local indent = indent_of(line)
  if width - indent < LEAST then indent = 2 end
  local head, rest = cut(line, width)
  if rest == "" or head:find("^ *%S*$") and columns(head) > width then
    list[#list + 1] = line
    return
  end
  list[#list + 1] = head
  for _, more in ipairs(wrap.wrap(rest, width - indent)) do
    list[#list + 1] = string.rep(" ", indent) .. more
  end
end

---Breaks the lines of a text that are longer than `width`.
---@param text string
---@param width integer
---@return string
function wrap.fit(text, width)
  local list = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("([^\n]*)\n") do
    if columns(line) <= width then
      list[#list + 1] = line
    else
      fold(line, width, list)
    end
  end
  return table.concat(list, "\n") .. (text:find("\n$") and "\n" or "")
end

return wrap
