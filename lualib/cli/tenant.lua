--- tenant: the built-in tenant as a server, until it is told to end.

local ending = require "cli.ending"
local scheduler = require "base.scheduler"
local signals = require "migrate.signals"

---What the tenant says of itself: a usable .env, and an empty line when it is ready.
local function lines_of(server)
  return string.format("AUTH0_DOMAIN=%s\nAUTH0_CLIENT_ID=%s\nAUTH0_CLIENT_SECRET=%s\n"
    .. "AUTH0_CONNECTION=%s\n\n", server.domain, server.client_id, server.client_secret,
    server.connection)
end

local function wait_for_signal()
  local told = scheduler.condition()
  local function tell() told:notify() end
  local watched = signals.watch(tell, tell)
  told:wait()
  watched:close()
end

---@type Command
return {
  name = "tenant",
  summary = "the built-in Auth0 tenant as a server on 127.0.0.1",
  help = [[
Prints AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and AUTH0_CONNECTION, a line each and an
empty line when it is ready, so that the output is a usable .env. Runs until Ctrl-C or SIGTERM.]],
  positionals = {},
  run = function(context)
    local flags = context.flags
    local server, message, kind = context.deps.tenant.serve {
      port = flags.port or 0, state = flags.state, existing = flags.existing, tier = flags.tier,
      connection_file = flags.connection_file,
    }
    if not server then return ending.failure(context, message, kind) end
    context.ui:result(lines_of(server))
    wait_for_signal()
    server:close()
    return 0
  end,
}
