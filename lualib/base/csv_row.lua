--- A row of CSV for people, who open it in a spreadsheet: no cell becomes a formula.

local csv_row = {}

-- With these a spreadsheet takes a cell for a formula, perhaps behind blanks or in full width.
local FORMULA <const> = "^%s*[=+%-@|]"
local WIDE <const> = "^%s*\xef\xbc[\x9d\x8b\x8d\xa0]" -- ＝ ＋ － ＠, see FORMULA

---A cell: quoted where it has to be, and with an apostrophe before what could be a formula.
local function cell(text)
  text = text:gsub("%z", "")
  if text:find(FORMULA) or text:find(WIDE) or text:find "^[\t\r\n]" then text = "'" .. text end
  if text:find '[",\r\n]' or text:find "^ " or text:find " $" then
    text = '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

---@param cells string[]  UTF-8
---@return string  with the end of the line
function csv_row.of(cells)
  local list = {}
  for i, text in ipairs(cells) do list[i] = cell(text) end
  return table.concat(list, ",") .. "\r\n"
end

return csv_row
