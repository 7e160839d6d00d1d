--- try-login: tries logins against the built-in tenant.

local result = require "cli.common.result"
local logins = require "cli.common.logins"
local json = require "host.json"
local setup = require "cli.common.setup"

local REJECTED <const> = 3

---The settings of a tenant on this machine.
local function near_settings(context)
  local settings, message, kind, more = setup.settings(context)
  if not settings then return nil, message, kind, more end
  local c = settings.credentials
  if not settings.base or not c.client_id or not c.client_secret or not settings.connection then
    return nil, "try-login needs AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and "
      .. "AUTH0_CONNECTION, as `auth0-migrate tenant` prints them", "usage",
      { next = "auth0-migrate tenant" }
  elseif not require("check.logins").is_near(settings.base) then
    return nil, settings.base .. " is not the built-in tenant: passwords never leave this machine",
      "usage"
  end
  return settings
end

---@type Command
return {
  name = "try-login",
  summary = "Try a login against the built-in tenant",
  help = [[
Asks for the password of ID, or reads logins from --logins FILE, and tries each login. Prints yes,
no, blocked or unknown, with the reason. ID is an e-mail address, username, phone number or user_id.
Exit status 3 if a login fails; not for a blocked user whose password is right.]],
  positionals = { { name = "ID", optional = true } },
  shape = function()
    return { status = "complete", logins = json.array {}, tried = 0, failed = 0,
      blocked = 0 }
  end,
  run = function(context)
    local settings, message, kind, more = near_settings(context)
    if not settings then return result.failure(context, message, kind, more) end
    local list
    list, message, kind, more = logins.read(context, context.flags.ID)
    if not list and message then return result.failure(context, message, kind, more) end
    if not list then
      return result.failure(context, "try-login requires an ID or --logins FILE", "usage",
        logins.MISSING)
    end
    local check_logins = require "check.logins"
    local tried
    tried, message, kind = check_logins.try(settings, list)
    if not tried then return result.failure(context, message, kind) end
    local failed, blocked = check_logins.failed(tried)
    return result.report(context, {
      exit = #failed > 0 and REJECTED or 0, logins = json.array(tried), tried = #tried,
      failed = #failed, blocked = #blocked, next = json.null,
    }, logins.words(tried))
  end,
}
