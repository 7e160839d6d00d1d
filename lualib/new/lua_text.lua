--- Values and names as Lua source.

local text = require "host.text"

local lua_text = {}

local WIDEST <const> = 100 -- columns

local KEYWORDS <const> = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch("%a+") do
  KEYWORDS[word] = true
end

---Whether a text can stand after a dot.
---@param name string
---@return boolean
function lua_text.is_name(name)
  return name:find("^[%a_][%w_]*$") ~= nil and not KEYWORDS[name]
end

---@param written string
---@return string
function lua_text.quoted(written)
  local escaped = written:gsub('[%c"\\\x7f]', function(char)
    if char == "\n" then return "\\n" end
    if char == "\t" then return "\\t" end
    if char == '"' or char == "\\" then return "\\" .. char end
    return string.format("\\x%02x", char:byte())
  end)
  if not text.is_utf8(escaped) then
    escaped = escaped:gsub("[\x80-\xff]", function(char)
      return string.format("\\x%02x", char:byte())
    end)
  end
  return '"' .. escaped .. '"'
end

---A member of an expression: `row.email`, `row["E-Mail"]`.
---@param object string
---@param name string
---@return string
function lua_text.member(object, name)
  if lua_text.is_name(name) then return object .. "." .. name end
  return object .. "[" .. lua_text.quoted(name) .. "]"
end

---The name of a field in a constructor: `email`, `["E-Mail"]`.
---@param name string
---@return string
function lua_text.field(name)
  return lua_text.is_name(name) and name or "[" .. lua_text.quoted(name) .. "]"
end

---A plain value: a scalar, a list or a table, on one line.
---@param value any
---@return string
function lua_text.value(value)
  if type(value) == "string" then return lua_text.quoted(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if #value > 0 then
    for i, item in ipairs(value) do parts[i] = lua_text.value(item) end
  else
    local names = {}
    for name in pairs(value) do names[#names + 1] = name end
    table.sort(names)
    for i, name in ipairs(names) do
      parts[i] = lua_text.field(name) .. " = " .. lua_text.value(value[name])
    end
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

---A comment on one line of what a file says of itself, such as the name of a column.
---@param said string
---@return string
function lua_text.comment(said)
  return text.printable(said, 200)
end

---A comment in lines no wider than a person would write.
---@param indent string
---@param said string
---@return string[]
function lua_text.comment_lines(indent, said)
  local lines, line = {}, indent .. "--"
  for word in said:gmatch("%S+") do
    if #line + #word + 1 > WIDEST then
      lines[#lines + 1] = line
      line = indent .. "--"
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
  return lines
end

return lua_text
