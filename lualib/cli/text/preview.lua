--- A source record next to the user it becomes, as text.

local json = require "host.json"
local sorted = require "base.sorted"
local user_rules = require "auth0.user"
local tables = require "cli.text.tables"

local preview_text = {}

local GAP <const> = 3 -- columns between the two sides
local NARROW <const> = 70 -- columns below which the user is shown below the record

local function scalar(value)
  local text = json.encode(value)
  return text or tostring(value)
end

---Lines of "name: value", nested tables indented, lists of scalars on one line.
local function lines_of(value, order, indent, lines)
  if type(value) ~= "table" then
    lines[#lines + 1] = indent .. scalar(value)
    return lines
  end
  for _, key in ipairs(sorted.keys(value, order)) do
    local one = value[key]
    if type(one) == "table" and next(one) ~= nil and not (json.is_array(one)
      and type(one[1]) ~= "table") then
      lines[#lines + 1] = indent .. tostring(key) .. ":"
      lines_of(one, nil, indent .. "  ", lines)
    else
      lines[#lines + 1] = indent .. tostring(key) .. ": " .. scalar(one)
    end
  end
  return lines
end

local function outcome_lines(shown)
  local lines = {}
  if shown.skipped then
    lines[1] = "skipped: " .. tostring(shown.skipped)
  end
  for i, user in ipairs(shown.users or {}) do
    if i > 1 then lines[#lines + 1] = "" end
    lines_of(user, user_rules.ORDER, "", lines)
  end
  for _, finding in ipairs(shown.errors) do
    local path = finding.path and finding.path ~= "" and " " .. finding.path or ""
    lines[#lines + 1] = string.format("%s %s%s: %s", finding.warning and "?" or "!", finding.code,
      path, finding.message)
    lines[#lines + 1] = finding.shape and "  value: " .. finding.shape
    lines[#lines + 1] = finding.fix and "  " .. finding.fix
  end
  return lines
end

local function cut(text, width)
  local n = utf8.len(text)
  if not n then return text:sub(1, width), math.min(#text, width) end
  if n <= width then return text, n end
  return text:sub(1, utf8.offset(text, width) - 1) .. "~", width
end

local function beside(left, right, width)
  local half = (width - GAP) // 2
  local lines = {}
  for i = 1, math.max(#left, #right) do
    local text, n = cut(left[i] or "", half)
    local line = text .. string.rep(" ", half - n + GAP) .. (right[i] or "")
    lines[i] = (line:gsub("%s+$", ""))
  end
  return lines
end

---@param shown Preview
---@param width integer  columns
---@return string
function preview_text.of(shown, width)
  local record = lines_of(shown.record, nil, "", {})
  local outcome = outcome_lines(shown)
  local lines
  if width < NARROW then
    lines = record
    lines[#lines + 1] = "becomes"
    table.move(outcome, 1, #outcome, #lines + 1, lines)
  else
    lines = beside(record, outcome, width)
  end
  table.insert(lines, 1, string.format("%s (record %d)", shown.at, shown.position))
  return tables.text(lines) .. "\n"
end

return preview_text
