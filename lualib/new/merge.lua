--- What an existing recipe does not read of an export, as lines to paste.

local guess = require "new.guess"
local lua_text = require "new.lua_text"
local mapping = require "new.mapping"

local merge = {}

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
