--- Records and users as YAML that the tests of recipes read back as they were.

local json = require "host.json"
local user_rules = require "auth0.user"

local yaml_text = {}

---Whether a text may stand without quotes: it is read as a text, and as this one.
local function is_plain(text)
  return text:find("^[%a_][%w_ ./@+-]*$") ~= nil and not text:find("%s$") and text ~= "true"
    and text ~= "false" and text ~= "null"
end

---@param text string
---@return string
function yaml_text.quoted(text)
  if is_plain(text) then return text end
  return '"' .. text:gsub('[%c"\\\x7f]', function(char)
    if char == '"' or char == "\\" then return "\\" .. char end
    return string.format("\\x%02x", char:byte())
  end) .. '"'
end

local function scalar(value)
  if value == json.null then return "null" end
  if type(value) == "string" then return yaml_text.quoted(value) end
  if math.type(value) == "float" then return "!!float " .. value end
  return tostring(value)
end

local function sorted_names(map, order)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    local x, y = order and order[a] or math.huge, order and order[b] or math.huge
    if x == y then return tostring(a) < tostring(b) end
    return x < y
  end)
  return names
end

---A map or list, as lines below a key.
---@param lines string[]
---@param indent string
---@param value table
---@param order? table<string, integer>
local function add(lines, indent, value, order)
  if json.is_array(value) or #value > 0 then
    for _, item in ipairs(value) do
      if type(item) == "table" then
        local inner = {}
        add(inner, indent .. "  ", item)
        if #inner == 0 then
          lines[#lines + 1] = indent .. "- " .. (json.is_array(item) and "[]" or "{}")
        else
          inner[1] = indent .. "- " .. inner[1]:sub(#indent + 3)
          table.move(inner, 1, #inner, #lines + 1, lines)
        end
      else
        lines[#lines + 1] = indent .. "- " .. scalar(item)
      end
    end
    return
  end
  for _, name in ipairs(sorted_names(value, order)) do
    local member, key = value[name], yaml_text.quoted(name)
    if type(member) == "string" and member:find("\n$") and not member:find("^%s")
      and not member:find("[%z\1-\8\11-\31\x7f]") then
      lines[#lines + 1] = indent .. key .. ": |"
      for line in member:gmatch("([^\n]*)\n") do lines[#lines + 1] = indent .. "  " .. line end
    elseif type(member) ~= "table" then
      lines[#lines + 1] = indent .. key .. ": " .. scalar(member)
    elseif next(member) == nil then
      lines[#lines + 1] = indent .. key .. ": " .. (json.is_array(member) and "[]" or "{}")
    else
      lines[#lines + 1] = indent .. key .. ":"
      add(lines, indent .. "  ", member)
    end
  end
end

---@param key string
---@param value any
---@param indent string
---@return string[] lines
local function member(key, value, indent, order)
  if type(value) ~= "table" then return { indent .. key .. ": " .. scalar(value) } end
  if next(value) == nil then
    return { indent .. key .. ": " .. (json.is_array(value) and "[]" or "{}") }
  end
  local lines = { indent .. key .. ":" }
  add(lines, indent .. "  ", value, order)
  return lines
end

---@class SyntheticCase
---@field name string
---@field record table
---@field user? table
---@field skipped? string
---@field rejected? string
---@field login? string

---@param cases SyntheticCase[]
---@param head {files?: table<string, string>, params?: table<string, string>}
---@return string
function yaml_text.cases(cases, head)
  local lines = {}
  local is_map = head.files or head.params
  for _, name in ipairs { "params", "files" } do
    if head[name] then
      for _, line in ipairs(member(name, head[name], "")) do lines[#lines + 1] = line end
    end
  end
  if is_map then lines[#lines + 1] = "cases:" end
  for i, case in ipairs(cases) do
    if i > 1 then lines[#lines + 1] = "" end
    lines[#lines + 1] = "- name: " .. yaml_text.quoted(case.name)
    for _, name in ipairs { "record", "user", "skipped", "rejected", "login" } do
      if case[name] ~= nil then
        local order = name == "user" and user_rules.ORDER or nil
        local more = member(name, case[name], "  ", order)
        table.move(more, 1, #more, #lines + 1, lines)
      end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

return yaml_text
