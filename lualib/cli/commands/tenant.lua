--- tenant: serves the built-in tenant until it is stopped.

local result = require "cli.common.result"
local file = require "host.file"
local settings = require "cli.common.settings"
local signals = require "base.signals"

---A usable .env file and an empty line.
local function lines_of(info)
  local lines = { "AUTH0_DOMAIN=" .. info.domain, "AUTH0_CLIENT_ID=" .. info.client_id }
  if info.client_secret then lines[#lines + 1] = "AUTH0_CLIENT_SECRET=" .. info.client_secret end
  lines[#lines + 1] = "AUTH0_CONNECTION=" .. info.connection
  return table.concat(lines, "\n") .. "\n\n"
end

local function options_of(context)
  local flags = context.flags
  local scale, message, kind = settings.time_scale(context.env)
  if not scale then return nil, message, kind end
  local connection
  connection, message, kind = require("auth0.api.connect").offline {
    connection_file = flags.connection_file,
  }
  if message then return nil, message, kind end
  local public_key
  if flags.public_key then
    public_key, message, kind = file.read(flags.public_key)
    if not public_key then return nil, message, kind end
  end
  return {
    tls = flags.tls, doubts = flags.doubt, public_key = public_key,
    port = flags.port or 0, state = flags.state, existing = flags.existing, tier = flags.tier,
    connection = connection, time_scale = scale, faults = flags.faults,
  }
end

---@type Command
return {
  name = "tenant",
  summary = "Serve the built-in Auth0 tenant on 127.0.0.1",
  help = [[
Serves the built-in tenant to other tools until Ctrl-C or SIGTERM. Prints AUTH0_DOMAIN,
AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and AUTH0_CONNECTION, one per line, then an empty line when it
is ready: the output is a usable .env file. docs/tenant.md compares it with Auth0.]],
  positionals = {},
  run = function(context)
    local options, message, kind = options_of(context)
    if not options then return result.failure(context, message, kind) end
    local watched
    function options.on_ready(info)
      watched = signals.watch(info.stop, info.stop)
      if info.ca_file then context.ui:say("certificates: --ca-file " .. info.ca_file) end
      context.ui:result(lines_of(info))
    end
    local done
    done, message, kind = require("tenant").serve(options)
    if watched then watched:close() end
    if not done then return result.failure(context, message, kind) end
    return 0
  end,
}
