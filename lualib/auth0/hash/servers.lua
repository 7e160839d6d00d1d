--- Hashes of identity servers whose strings mean something of their own there.

local build = require "auth0.hash.build"
local json = require "host.json"
local parse = require "auth0.hash.parse"
local vendors = require "auth0.hash.vendors"

local servers = {}

---Ory Kratos: what follows `ln=` of scrypt is N.
---@param value string?
---@return PasswordHash? hash
---@return string? reason
function servers.kratos(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  if hash:find("^%$scrypt%$") then return vendors.scrypt(hash, false) end
  return parse.any(hash)
end

---ZITADEL: what follows `ln=` of scrypt is log2 of N, and 32 digits are an md5.
---@param value string?
---@return PasswordHash? hash
---@return string? reason
function servers.zitadel(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  if hash:find("^%$scrypt%$") then return vendors.scrypt(hash, true) end
  if hash:find("^%x+$") and #hash == 32 then
    return build.digest("md5", hash, { encoding = "hex" })
  end
  return parse.any(hash)
end

---IDM's {"$crypto": {…}}, as JSON or as a table, or what its directory stores: {SCHEME}….
---@param value string|table|nil
---@return PasswordHash? hash
---@return string? reason
function servers.forgerock(value)
  local text = type(value) == "table" and json.encode(value) or value
  local hash, why = build.cleaned(text)
  if not hash then return nil, why end
  if hash:find('^{%s*"') then return vendors.forgerock(hash) end
  return parse.any(hash)
end

return servers
