--- Parts of file names, and quoting for the shell.

local text = require "host.text"

local path = {}

---@param name string
---@return string  "users.csv" of "a/b/users.csv"
function path.basename(name)
  return name:match("([^/]*)/*$")
end

---@param name string
---@return string  "a/b" of "a/b/users.csv", "." of "users.csv"
function path.dirname(name)
  local dir = name:match("^(.*)/[^/]*$")
  if not dir then return "." end
  return dir == "" and "/" or dir
end

---@param ... string
---@return string
function path.join(...)
  local joined = table.concat({ ... }, "/"):gsub("//+", "/")
  return joined
end

---@param name string
---@return string  "csv" of "users.csv"; "" without one
function path.extension(name)
  return path.basename(name):match("[^.]%.([^.]+)$") or ""
end

---A byte within `$'...'`.
local function as_escape(char)
  if char == "'" or char == "\\" then return "\\" .. char end
  return string.format("\\x%02x", char:byte())
end

---Quotes a word for the shell, if it needs quotes. A word with control characters, marks of writing
---direction or bytes that are not UTF-8 becomes `$'a\x1b'`, which can be typed in bash and zsh.
---@param word string
---@return string
function path.quote(word)
  if word ~= "" and not word:find("[^%w_./=:,@%%+-]") then return word end
  if text.printable(word, #word + 1) ~= word then
    return "$'" .. word:gsub("[%c'\\\x7f-\xff]", as_escape) .. "'"
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

return path
