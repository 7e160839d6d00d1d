--- Confirms a tenant that a configuration file in the working directory names, before a secret of
--- the environment is sent to it. The answer is remembered for this file and this tenant.

local path = require "base.path"
local user_state = require "base.user_state"

local domain = {}

local KIND <const> = "domains"

---@param unsaid? UnsaidDomain
---@param context Context
---@return true?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function domain.settle(unsaid, context)
  if not unsaid then return true end
  local ui, state = context.ui, user_state.new(context.env)
  local key = unsaid.base .. " " .. unsaid.file
  if state:get(KIND, key) == true then return true end
  local host = unsaid.base:gsub("^https://", "")
  local answer = ui:ask(string.format("%s names the tenant %s, and the secret is taken from the "
    .. "environment. Send it to this tenant, now and whenever this file names it?", unsaid.file,
    host))
  if answer then
    local kept, message = state:put(KIND, key, true)
    if not kept then ui:warn(message) end
    return true
  elseif answer == false then
    return nil, string.format("nothing was sent: the tenant %s was not confirmed; name another "
      .. "with --domain or in AUTH0_DOMAIN", host), "usage", { next = false }
  end
  return nil, string.format("%s names the tenant %s, and the secret is taken from the "
    .. "environment: a file in the working directory does not decide where a secret is sent; name "
    .. "the tenant with --domain or in AUTH0_DOMAIN", unsaid.file, host), "usage",
    { add = "--domain=" .. path.quote(host) }
end

return domain
