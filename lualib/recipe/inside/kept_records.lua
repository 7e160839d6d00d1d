--- Records that the program keeps in a recipe's state, and lines of a mapping that run there with
--- one of them, as if they stood in `map`.

local json = require "host.json"

local kept_records = {}

---@class KeptRecords
---@field private list any[]
---@field private modules RecipeModules
---@field private params table<string, any>  of the recipe
local KeptRecords = {}
KeptRecords.__index = KeptRecords

---@param modules RecipeModules
---@param params table<string, any>
---@return KeptRecords
function kept_records.new(modules, params)
  return setmetatable({ list = {}, modules = modules, params = params }, KeptRecords)
end

---A copy that neither the reader nor the recipe changes, and that notes nothing that is read of it.
---@param value any
---@param copies table<table, table>  of the tables so far
local function copy_of(value, copies)
  if type(value) == "userdata" then value = json.as_read(value) end
  if type(value) ~= "table" or copies[value] then return copies[value] or value end
  local copy = json.is_array(value) and json.array {} or {}
  copies[value] = copy
  for key, inner in next, value do copy[key] = copy_of(inner, copies) end
  return copy
end

---Keeps a record as `map` gets it.
---@param record any
---@return integer number
function KeptRecords:keep(record)
  local number = #self.list + 1
  self.list[number] = copy_of(record, {})
  return number
end

---@param number integer
---@return any
function KeptRecords:get(number)
  return self.list[number]
end

---The value of an expression in which `row` is a record and `value` the hash that is mapped now.
---@param number integer
---@param expression string
---@param value? string
---@param secrets table<string, string>  parameters that the recipe may not have yet
---@return any
function KeptRecords:run(number, expression, value, secrets)
  local modules = self.modules
  local chunk, message = modules:compile("local row, value, params, password, cjson = ...\nreturn ("
    .. expression .. ")", "line")
  if not chunk then error(message, 0) end
  return (chunk(self.list[number], value, setmetatable(secrets, { __index = self.params }),
    modules:require "auth0.password", modules:require "cjson"))
end

return kept_records
