--- TLS of the rehearsal tenant: a certificate of its own authority, which clients must trust.

local digest = require "host.digest"
local file = require "host.file"
local json = require "host.json"

local tls = {}

local SECONDS <const> = 365 * 86400
local NAME <const> = "auth0-migrate tenant"
local NAMES <const> = "IP:127.0.0.1,DNS:localhost"

---@class TenantTls
---@field ca_file string  path of the authority's certificate
---@field cert string     PEM
---@field key string      PEM
---@field folder? string  removed by `close`

---The path of the authority's certificate: next to the state file, or in a temporary folder.
local function place(state)
  if state then return state .. ".ca.pem" end
  local folder, message, kind = file.temporary()
  if not folder then return nil, message, kind end
  return folder .. "/ca.pem", folder
end

---@param tenant Tenant
---@return TenantTls?
---@return string? message
---@return Kind? kind
function tls.open(tenant)
  local made = json.decode(tenant:setting("tls", nil, function()
    return json.encode(assert(digest.certificate(NAME, NAMES, SECONDS)))
  end))
  local path, folder, kind = place(tenant.options.state)
  if not path then return nil, folder, kind end
  local written, message
  written, message, kind = file.write(path, made.ca)
  if not written then return nil, message, kind end
  return { ca_file = path, cert = made.cert, key = made.key, folder = folder }
end

---@param opened TenantTls
function tls.close(opened)
  if opened.folder then file.remove_tree(opened.folder) end
end

return tls
