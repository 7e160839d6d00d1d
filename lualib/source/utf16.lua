--- The beginning of a file in UTF-16, as programs on Windows write text, as UTF-8.

local utf16 = {}

-- A byte order mark, or two characters below U+0100.
---@type {[1]: string, [2]: string, [3]: string?}[]  pattern, format of a unit, name without mark
local FORMS <const> = {
  { "^\xFF\xFE", "<I2" }, { "^\xFE\xFF", ">I2" },
  { "^[^%z]%z[^%z]%z", "<I2", "utf-16le" },
  { "^%z[^%z]%z[^%z]", ">I2", "utf-16be" },
}

---Half a character at the end is left out.
local function converted(head, from, format)
  local parts, high = {}, nil
  for i = from, #head - 1, 2 do
    local unit = string.unpack(format, head, i)
    if unit >= 0xD800 and unit < 0xDC00 then
      high = unit
    elseif unit >= 0xDC00 and unit < 0xE000 then
      parts[#parts + 1] = high and utf8.char(0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FF))
    else
      parts[#parts + 1] = utf8.char(unit)
    end
  end
  return table.concat(parts)
end

---@param head string  the beginning of a file
---@return string      in UTF-8; as it is if it is not UTF-16
---@return string? encoding  "utf-16le" or "utf-16be"; nil: it is not UTF-16, or has a mark
---@return boolean is_utf16
function utf16.text(head)
  for _, form in ipairs(FORMS) do
    if head:find(form[1]) then
      return converted(head, form[3] and 1 or 3, form[2]), form[3], true
    end
  end
  return head, nil, false
end

return utf16
