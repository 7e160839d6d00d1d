--- What an existing recipe does not read of an export, as lines to paste.

local guess = require "new.guess"
local lua_text = require "new.lua_text"
local mapping = require "new.mapping"
local names = require "new.names"

local merge = {}

---Whether a text has a word.
local function has_word(text, word)
  local from = 1
  while true do
    local first, last = text:find(word, from, true)
    if not first then return false end
    local before, after = text:sub(first - 1, first - 1), text:sub(last + 1, last + 1)
    if not (before .. after):find("[%w_]") then return true end
    from = last + 1
  end
end

---Columns with values whose names are in none of the texts of a recipe.
---@param columns Column[]
---@param text string  of the recipe, and of the recipes that it extends
---@return Column[]
function merge.unread(columns, text)
  local list = {}
  for _, column in ipairs(columns) do
    local is_read = has_word(text, column.name) or has_word(text, names.plain(column.name))
    if column.filled > 0 and not is_read then list[#list + 1] = column end
  end
  return list
end

local function written(line, where)
  local comments = table.move(line.comments, 1, #line.comments, 1, {})
  if where then table.insert(comments, 1, where) end
  local said = table.concat(comments, "; ")
  return string.format("%s%s = %s,%s", line.is_commented and "-- " or "", lua_text.field(line.name),
    line.expression, said ~= "" and " -- " .. said or "")
end

---@param columns Column[]
---@param records integer
---@return string[]
function merge.lines(columns, records)
  local mapped = mapping.of({ columns = columns, records = records }, guess.of(columns, records))
  local lines = table.move(mapped.ways.lines, 1, #mapped.ways.lines, 1, {})
  for _, line in ipairs(mapped.before) do
    if line:find("^local phone") or line:find("^local totp") then lines[#lines + 1] = line end
  end
  for _, line in ipairs(mapped.lines) do
    local is_there = line.name == "phone_number" or line.name == "blocked"
      or line.name == "mfa_factors" or mapped.fields[line.name]
      or line.name == "custom_password_hash"
    if is_there then lines[#lines + 1] = written(line) end
  end
  for _, list in ipairs { { "user_metadata", mapped.user_metadata },
    { "app_metadata", mapped.app_metadata } } do
    for _, line in ipairs(list[2]) do lines[#lines + 1] = written(line, "in " .. list[1]) end
  end
  return lines
end

return merge
