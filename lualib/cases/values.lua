--- Values of a test file. The one rule of all of it: only `true`, `false`, `null` and plain decimal
--- integers are not text, so that a code such as 007, a `no`, a date or 1e3 stays what it is.
--- Quotes make any of them a text, and a tag such as `!!float 1.5` another number.

local json = require "host.json"

local values = {}

local WORDS <const> = { ["true"] = true, ["false"] = false, null = json.null }

local function scalar(node)
  if not node.plain then return node.value end
  local text = node.text
  if WORDS[text] ~= nil then return WORDS[text] end
  local is_integer = text == "0" or text:find("^-?[1-9]%d*$")
  return is_integer and math.tointeger(tonumber(text)) or text -- a longer one would lose digits
end

---@param node host.yaml.Node
---@return any value  as JSON holds it
function values.of(node)
  if node.items then
    local list = json.array {}
    for i, item in ipairs(node.items) do list[i] = values.of(item) end
    return list
  elseif node.members then
    local map = {}
    for name, member in pairs(node.members) do map[name] = values.of(member) end
    return map
  end
  return scalar(node)
end

---The text of a scalar, whatever type it has; nil for others, and for null.
---@param node? host.yaml.Node
---@return string?
function values.text(node)
  if not node or node.items or node.members or values.of(node) == json.null then return nil end
  return node.text
end

---What a node is, for messages.
---@param node host.yaml.Node
---@return string
function values.kind(node)
  if node.items then return "a list" end
  if node.members then return "a map" end
  local value = scalar(node)
  if value == json.null then return "null" end
  return math.type(value) and "a number" or type(value) == "boolean" and tostring(value) or "a text"
end

return values
