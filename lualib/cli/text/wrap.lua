--- Lines broken between words, so that they fit a terminal.

local wrap = {}

local FIRST_COLUMNS <const> = 32 -- what stands there may be a table's columns
local LEAST <const> = 20         -- columns that a line's rest wants beside its indent

---How many columns a text takes; colours take none.
local function columns(text)
  local plain = text:gsub("\27%[[%d;]*m", "")
  return utf8.len(plain) or #plain
end

---Words as lines of at most `width` columns; a longer word is a line of its own.
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

---Where the rest of a line goes on: under the last of its columns, which two blanks part, or a
---little further in than it begins.
local function indent_of(line)
  local indent = columns(line:match("^ *")) + 2
  for blanks in line:sub(1, FIRST_COLUMNS):gmatch("%S  +()") do indent = blanks - 1 end
  return indent
end

---The first so many columns of a line, up to a blank; and the rest.
local function cut(line, width)
  local at = utf8.len(line) and utf8.offset(line, width + 2) or width + 2
  local head = line:sub(1, at - 1):match("^(.*%S) ") or line:match("^ *%S+")
  return head, line:sub(#head + 1):match("^ *(.*)$")
end

---One line as lines that fit; what stands in columns stays there.
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

---A text whose lines are broken where they are longer than `width`.
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
