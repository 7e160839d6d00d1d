--- Parts of file names, and quoting for the shell.

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

---Quotes a word for the shell, if it needs quotes.
---@param word string
---@return string
function path.quote(word)
  if word ~= "" and not word:find("[^%w_./=:,@%%+-]") then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

return path
