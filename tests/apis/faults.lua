--- What an API of the tests may do wrong, or what may happen to it. A page is named by its ordinal:
--- 1 is the first page that was asked for, and a page that is asked for again keeps its ordinal.

local faults = {}

---@class ApiFault
---@field name string
---@field kind "integer"|"number"|string[]
---@field about string

---@type ApiFault[]
faults.LIST = {
  { name = "throttle", kind = "integer", about = "answer N requests in a second, refuse others" },
  { name = "throttle_every", kind = "integer", about = "refuse each Nth request as too many" },
  { name = "throttle_wait", kind = "number", about = "seconds that this asks for; default 1" },
  { name = "throttle_as", kind = { "rate", "concurrency" }, about = "what this is due to" },
  { name = "fail_every", kind = "integer", about = "answer each Nth request with status 503" },
  { name = "expire_cursor", kind = "integer", about = "the cursor of page N is not accepted" },
  { name = "token_seconds", kind = "number", about = "an access token expires after N seconds" },
  { name = "token_requests", kind = "integer", about = "an access token expires after N requests" },
  { name = "cut", kind = "integer", about = "the body of page N is cut" },
  { name = "cut_as", kind = { "length", "json" },
    about = "less than Content-Length promises (default), or JSON that ends in the middle" },
  { name = "redirect", kind = "integer", about = "page N is a redirect to another host" },
  { name = "elsewhere", kind = "integer", about = "the next link of page N is to another host" },
  { name = "loop", kind = "integer", about = "from page N on, the list begins again" },
  { name = "huge", kind = "integer", about = "the body of page N is padded with huge_bytes" },
  { name = "huge_bytes", kind = "integer", about = "default 100 MiB" },
  { name = "bomb", kind = "integer", about = "page N is compressed, with padding of huge_bytes" },
  { name = "move", kind = { "remove", "insert", "both" },
    about = "after each page, the first user is removed, one is inserted before it, or in turns" },
  { name = "empty_every", kind = "integer",
    about = "each Nth page is empty but not the last, where the API has such pages" },
  { name = "delay", kind = "number", about = "seconds before each answer" },
  { name = "times", kind = "integer", about = "how often a fault of page N happens; default 1" },
}

local BY_NAME <const> = {}
for _, fault in ipairs(faults.LIST) do BY_NAME[fault.name] = fault end

local function check(fault, value)
  if type(fault.kind) == "table" then
    for _, allowed in ipairs(fault.kind) do
      if value == allowed then return value end
    end
    return nil
  end
  local number = tonumber(value)
  return fault.kind == "integer" and math.tointeger(number) or fault.kind == "number" and number
end

---Faults by name; values may be text. Raises for others.
---@param given table<string, any>
---@return table<string, any>
function faults.check(given)
  local checked = {}
  for name, value in pairs(given) do
    local fault = BY_NAME[name]
    if not fault then error("there is no fault " .. tostring(name), 0) end
    checked[name] = check(fault, value)
      or error(string.format("%s is not a value of %s", tostring(value), name), 0)
  end
  return checked
end

return faults
