--- Text that an application stored with the entities of HTML, as WordPress and boards do.

local text = require "host.text"

local html = {}

-- Those that PHP's htmlspecialchars writes, and the blank that editors do.
local NAMED <const> = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'", nbsp = "\xC2\xA0" }
local LAST <const> = 0x10FFFF

local function character(digits, base)
  local code = tonumber(digits, base)
  local is_one = code and code > 0 and code <= LAST and not (code >= 0xD800 and code <= 0xDFFF)
  return is_one and utf8.char(code) or nil
end

---The text without entities, once, and trimmed; others stay as they are. nil if nothing is left.
---@param given any
---@return string?
function html.unescape(given)
  if type(given) ~= "string" then return nil end
  return text.trim((given:gsub("&(#?[xX]?)(%w+);", function(mark, name)
    if mark == "" then return NAMED[name] end
    if mark:sub(1, 1) ~= "#" then return NAMED[mark .. name] end
    return character(name, mark == "#" and 10 or 16)
  end)))
end

return html
