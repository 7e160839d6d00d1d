--- Names and addresses of this machine.

local loopback = {}

---Whether a host, with or without a port, is this machine: "localhost", 127.0.0.0/8 or [::1]. Other
---names may resolve to anything, also those below .localhost.
---@param host? string
---@return boolean
function loopback.is(host)
  local name = (host or ""):lower():gsub(":%d+$", ""):gsub("%.$", "")
  return name == "localhost" or name == "[::1]" or name:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

return loopback
