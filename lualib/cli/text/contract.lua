--- The contract of a recipe as text: what it may have and require, in the form of its code.

local json = require "host.json"
local tables = require "cli.text.tables"

local contract = {}

---"records(given: string, options?: CsvOptions) -> Records"
---@param name string
---@param one table  a function
---@return string
local function signature(name, one)
  local params, returns = {}, {}
  for i, param in ipairs(one.params) do
    params[i] = param.name .. (param.optional and "?" or "") .. ": " .. param.type
  end
  for i, result in ipairs(one.returns) do returns[i] = result.type end
  local result = returns[1] and " -> " .. table.concat(returns, ", ") or ""
  return name .. "(" .. table.concat(params, ", ") .. ")" .. result
end

local function add_values(lines, list)
  for _, one in ipairs(list) do
    local help = one.help ~= "" and "  -- " .. one.help or ""
    local name = one.name .. (one.optional and "?" or "")
    lines[#lines + 1] = string.format("  %s: %s%s", name, one.type, help)
  end
end

---@param report ContractReport
---@return string
function contract.of(report)
  local lines = { "a recipe has:" }
  add_values(lines, report.recipe.fields)
  lines[#lines + 1] = "a parameter has:"
  add_values(lines, report.parameters.fields)
  lines[#lines + 1] = "a user has:"
  for _, one in ipairs(report.user.fields) do
    lines[#lines + 1] = string.format("  %s: %s", one.name, one.type)
  end
  for _, module in ipairs(report.modules) do
    lines[#lines + 1] = string.format("require %q: %s", module.name, module.does)
    if module.call ~= json.null then lines[#lines + 1] = "  " .. signature("", module.call) end
    for _, one in ipairs(module.functions) do
      lines[#lines + 1] = "  " .. signature(one.name, one)
    end
    add_values(lines, module.values)
  end
  return tables.text(lines)
end

return contract
