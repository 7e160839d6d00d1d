--- Documents as BSON, for exports of tests. Members are pairs, to keep their order.

local bson_text = {}

---Bytes of binary data, which are a text otherwise.
---@param bytes string
---@return table
function bson_text.binary(bytes) return { binary = bytes } end

---@param hex string  24 digits
---@return table
function bson_text.object_id(hex) return { object_id = hex } end

local function unhex(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function member(name, value)
  local kind = math.type(value) or type(value)
  local head = name .. "\0"
  if kind == "integer" then return "\x10" .. head .. string.pack("<i4", value) end
  if kind == "float" then return "\x01" .. head .. string.pack("<d", value) end
  if kind == "boolean" then return "\x08" .. head .. (value and "\1" or "\0") end
  if kind == "string" then return "\x02" .. head .. string.pack("<s4", value .. "\0") end
  if value.binary then
    return "\x05" .. head .. string.pack("<i4", #value.binary) .. "\0" .. value.binary
  end
  if value.object_id then return "\x07" .. head .. unhex(value.object_id) end
  return "\x03" .. head .. bson_text.document(value)
end

---@param members {[1]: string, [2]: any}[]  a list of pairs is a document inside
---@return string
function bson_text.document(members)
  local parts = {}
  for i, pair in ipairs(members) do parts[i] = member(pair[1], pair[2]) end
  local body = table.concat(parts)
  return string.pack("<i4", #body + 5) .. body .. "\0"
end

return bson_text
