--- What `new` wrote, for people.

local foreign = require "base.foreign"
local format = require "base.format"
local encodings = require "source.encodings"
local json = require "host.json"

local new_text = {}

local function given(value)
  return value ~= json.null and value or nil
end

---@param report NewReport
---@return string
function new_text.written(report)
  local lines = {}
  for _, what in ipairs(report.what) do
    lines[#lines + 1] = "export    " .. foreign.legible(what)
  end
  lines[#lines + 1] = "records   " .. format.count(report.records, "record") .. " looked at"
    .. (report.broken > 0 and ", " .. format.number(report.broken) .. " broken" or "")
  if given(report.guessed_encoding) then
    lines[#lines + 1] = "encoding  " .. report.guessed_encoding .. ", " .. encodings.ADVICE
  end
  if given(report.extends) then
    lines[#lines + 1] = "extends   the recipe " .. report.extends
  end
  if #report.fields > 0 then
    lines[#lines + 1] = "fields    " .. table.concat(report.fields, ", ")
  end
  lines[#lines + 1] = "written   " .. report.recipe
  lines[#lines + 1] = "          " .. report.tests
  lines[#lines + 1] = ""
  lines[#lines + 1] = "Read the recipe, then type:"
  for _, command in ipairs(report.commands) do lines[#lines + 1] = "  " .. command end
  return table.concat(lines, "\n") .. "\n"
end

---@param report table
---@return string
function new_text.merged(report)
  if #report.lines == 0 then
    return "The recipe reads every column that has values.\n"
  end
  local lines = { "Columns that the recipe does not read:", "" }
  for _, line in ipairs(report.lines) do lines[#lines + 1] = "        " .. line end
  return table.concat(lines, "\n") .. "\n"
end

return new_text
