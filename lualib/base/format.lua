--- Formats numbers, times and sizes for people.

local format = {}

---"1 204 331"
---@param n number
---@return string
function format.number(n)
  local digits = string.format("%d", math.floor(n + 0.5))
  local sign, rest = digits:match("^(-?)(%d+)$")
  rest = rest:reverse():gsub("(%d%d%d)", "%1 "):reverse():gsub("^ ", "")
  return sign .. rest
end

---"1 user", "1 204 users"
---@param n integer
---@param noun string
---@param plural? string
---@return string
function format.count(n, noun, plural)
  return format.number(n) .. " " .. (n == 1 and noun or plural or noun .. "s")
end

---"2 h 05 min", "3 min 20 s", "4.2 s"
---@param seconds number
---@return string
function format.duration(seconds)
  if seconds < 0.95 then return "under 1 s" end
  if seconds < 9.95 then return string.format("%.1f s", seconds) end
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then return whole .. " s" end
  if whole < 3600 then return string.format("%d min %02d s", whole // 60, whole % 60) end
  if whole < 48 * 3600 then
    return string.format("%d h %02d min", whole // 3600, whole % 3600 // 60)
  end
  return string.format("%d days %d h", whole // 86400, whole % 86400 // 3600)
end

---"2026-11-24 16:51 UTC"
---@param iso string  ISO 8601 in UTC
---@return string
function format.moment(iso)
  return iso:sub(1, 10) .. " " .. iso:sub(12, 16) .. " UTC"
end

---"1.2 MB"
---@param n number
---@return string
function format.bytes(n)
  for _, unit in ipairs { { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "kB" } } do
    if n >= unit[1] then return string.format("%.1f %s", n / unit[1], unit[2]) end
  end
  return format.count(n, "byte")
end

---"41 %"
---@param share number
---@return string
function format.percent(share)
  return string.format("%d %%", math.floor(share * 100 + 1e-9))
end

---"1 204/s", "33/s", "2.5/s"; "24/min" below one per second
---@param a_second number
---@return string
function format.rate(a_second)
  if a_second < 0.95 then return format.number(a_second * 60) .. "/min" end
  return (a_second < 9.95 and string.format("%.1f", a_second) or format.number(a_second)) .. "/s"
end

return format
