--- What `new` wrote, for people.

local foreign = require "base.foreign"
local format = require "base.format"
local encodings = require "source.encodings"
local json = require "host.json"

local new_text = {}

local function given(value)
  return value ~= json.null and value or nil
end

local RESULTS <const> = {
  no = "does not match", missing = "not found", untold = "unknown",
}

---What the known logins said: how many are proven, and why the others are not.
local function add_logins(lines, report)
  if given(report.unproven) then
    lines[#lines + 1] = "logins    none tried: " .. report.unproven
  end
  if report.tried == 0 then return end
  local by = given(report.proven_by)
  lines[#lines + 1] = string.format("logins    %s tried, %s proven%s",
    format.number(report.tried), format.number(report.proven), by and " by " .. by or "")
  for _, one in ipairs(report.logins) do
    if RESULTS[one.result] then
      lines[#lines + 1] = string.format("          %s: %s%s", one.id, RESULTS[one.result],
        one.reason and ", " .. one.reason or "")
    end
  end
  if given(report.cleartext) then
    lines[#lines + 1] = "          " .. report.cleartext .. " has the passwords themselves: keep "
      .. "the export safe, and delete it afterwards"
  end
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
  add_logins(lines, report)
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
