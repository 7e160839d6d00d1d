--- Doctor: checks beforehand what would later show as a failed job. Reads only.

local format = require "base.format"
local clock = require "host.clock"
local connect = require "auth0.api.connect"
local connection = require "auth0.connection"
local connections = require "auth0.api.connections"
local exit_status = require "base.exit_status"
local facts = require "auth0.api.tenant"
local file = require "host.file"
local json = require "host.json"
local scheduler = require "base.scheduler"

local doctor = {}

---@class DoctorLine
---@field check string    "token"
---@field verdict "ok"|"warn"|"fail"
---@field said string     what was found
---@field means? string   the consequence
---@field fix? string     what to do
---@field kind? Kind      of a failure

---@class DoctorStatement
---@field status "ok"|"warn"|"fail"
---@field exit integer
---@field checks DoctorLine[]
---@field settings table[]  {name, value, origin}
---@field saved? string
---@field next? string|lightuserdata
---@field message? string

-- Scopes, what the program needs them for, and whether they are required.
local SCOPES <const> = {
  { "create:users", "import users", true }, { "read:users", "look up results", true },
  { "read:connections", "read the connection's settings", true },
  { "read:connections_options", "validate usernames and identifiers" },
  { "delete:users", "undo a run or delete ghosts" },
}

local SKEW_WARN <const> = 5      -- seconds; beyond it creation times are weak evidence
local SKEW_FAIL <const> = 300    -- seconds; beyond it signed assertions are refused
local ROOM_WARN <const> = 1e9    -- bytes
local ROOM_FAIL <const> = 32e6   -- bytes
local TOKEN_WARN <const> = 24 * 3600 -- seconds that a given access token should remain valid

local function ok(check, said, means)
  return { check = check, verdict = "ok", said = said, means = means }
end

local function warn(check, said, means, fix)
  return { check = check, verdict = "warn", said = said, means = means, fix = fix }
end

local function fail(check, said, kind, fix)
  return { check = check, verdict = "fail", said = said, kind = kind, fix = fix }
end

local FIX <const> = {
  credentials = "compare domain, client id, secret and audience with the application in the "
    .. "dashboard, and authorize it for the Management API",
  usage = "set AUTH0_CONNECTION or --connection to a database connection of the tenant",
}
local TOKEN_FIX <const> = "get a new token, or set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET"
local NETWORK_FIX <const> = "check AUTH0_DOMAIN, the network, the proxy (https_proxy) and --ca-file"

---@param kind Kind
---@param ready_made boolean  whether the token was given as it is
---@return string
function doctor.fix(kind, ready_made)
  if kind == "credentials" and ready_made then
    return TOKEN_FIX
  end
  return FIX[kind] or NETWORK_FIX
end

---@param grant {expires?: number, ready_made: boolean}
---@param now number
---@return DoctorLine
function doctor.token(grant, now)
  local left = grant.expires and grant.expires - now
  if not left then
    return ok("token", "set; its expiry is unknown", "requests fail with 401 once it has expired")
  end
  local said = "valid for " .. format.duration(math.max(0, left))
  if not grant.ready_made then return ok("token", said, "it is renewed automatically") end
  if left <= 0 then
    return fail("token", "AUTH0_ACCESS_TOKEN has expired", "credentials", TOKEN_FIX)
  elseif left < TOKEN_WARN then
    return warn("token", said .. ", from AUTH0_ACCESS_TOKEN",
      "it cannot be renewed: a longer run stops with exit status 6",
      "set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET instead")
  end
  return ok("token", said .. ", from AUTH0_ACCESS_TOKEN", "it cannot be renewed")
end

---@param grant {scopes?: table<string, true>}
---@return DoctorLine[]
function doctor.scopes(grant)
  if not grant.scopes then
    return { warn("scopes", "the token does not list them", "requests that lack one will fail") }
  end
  local lines = {}
  for _, scope in ipairs(SCOPES) do
    local name, what, needed = scope[1], scope[2], scope[3]
    local fix = "grant " .. name .. " to the application (APIs, Auth0 Management API)"
    if grant.scopes[name] then
      lines[#lines + 1] = ok("scope " .. name, "granted", "to " .. what)
    elseif needed then
      lines[#lines + 1] = fail("scope " .. name, "missing: needed to " .. what, "credentials", fix)
    else
      lines[#lines + 1] = warn("scope " .. name, "not granted", "the program cannot " .. what, fix)
    end
  end
  return lines
end

local function names_of(map)
  local names = {}
  for name, is in pairs(map or {}) do if is then names[#names + 1] = name end end
  table.sort(names)
  return #names > 0 and table.concat(names, ", ") or "none"
end

---@param settings Connection
---@return DoctorLine[]
function doctor.connection(settings)
  local why, fix = connection.objection(settings)
  if why then return { fail("connection", why, "usage", fix) } end
  local said = string.format("%s (%s), a database, enabled", settings.name, settings.id)
  if settings.import_mode then said = said .. ", import mode" end
  local lines = { ok("connection", said) }
  if not settings.options_known then
    lines[2] = warn("options", "not readable", "Auth0's defaults are assumed for usernames and "
      .. "identifiers; users that pass check may fail",
      "grant read:connections_options, or use --connection-file")
    return lines
  end
  local username = settings.username
  lines[2] = ok("identifiers", settings.identifiers and names_of(settings.identifiers)
    or settings.requires_username and "email, username" or "email",
    "unique: " .. names_of(settings.unique))
  local uses = settings.requires_username or (settings.identifiers or {}).username
  lines[3] = ok("usernames", uses and string.format("%d to %d characters%s", username.min,
    username.max, settings.requires_username and ", required" or "") or "not used",
    not uses and "users with a username are rejected" or nil)
  if settings.unique.email == false then
    lines[4] = warn("addresses", "not unique in this connection", "an upload without a response "
      .. "cannot be resent; users are distinguished by user_id", "set user_id for every user")
  end
  return lines
end

---@param offset number  seconds that the tenant's clock is ahead
---@return DoctorLine
function doctor.clock(offset)
  local said = string.format("%s %s the tenant's", format.duration(math.abs(offset)),
    offset > 0 and "behind" or "ahead of")
  if math.abs(offset) <= SKEW_WARN then return ok("clock", said) end
  local fix = "synchronize this machine's clock (NTP)"
  if math.abs(offset) <= SKEW_FAIL then
    return warn("clock", said, "it is compensated for, but times in reports are off", fix)
  end
  return fail("clock", said .. ": signed requests fail, and users created by others during the "
    .. "run cannot be distinguished", "usage", fix)
end

---@param rate RateFacts
---@return DoctorLine
function doctor.rate(rate)
  if not rate.limit then
    return ok("rate limit", "not reported by the tenant", "429 responses are waited out")
  end
  local said = string.format("burst of %s, %s left", format.count(rate.limit, "request"),
    format.number(rate.remaining or 0))
  if rate.tier then said = said .. "; probably tier " .. rate.tier end
  if (rate.remaining or rate.limit) <= rate.limit // 4 and rate.limit > 4 then
    return warn("rate limit", said, "another client uses most of it; imports poll with the rest",
      "pause other tools that use this tenant during the run")
  end
  return ok("rate limit", said)
end

---@param bytes integer? free
---@param message? string
---@return DoctorLine
function doctor.disk(bytes, message)
  if not bytes then return warn("disk", message or "unknown") end
  local said = string.format("%.1f GB free in the working directory", bytes / 1e9)
  local fix = "free some space, or use a --run-dir on another disk"
  if bytes < ROOM_FAIL then return fail("disk", said, "full", fix) end
  if bytes < ROOM_WARN then
    return warn("disk", said, "a run keeps every upload until it is finished: about the size of "
      .. "the source", fix)
  end
  return ok("disk", said)
end

---Files with a secret that other users of the machine can read.
---@param names string[]
---@return DoctorLine?
function doctor.secrets(names)
  if #names == 0 then return nil end
  return fail("secret files", table.concat(names, ", ") .. ": other users can read the secret",
    "usage", "make them private: chmod 600")
end

local function factors(client, grant)
  local scope = facts.FACTORS_SCOPE
  if grant.scopes and not grant.scopes[scope] then
    return ok("MFA factors", "not readable without " .. scope,
      "cannot check whether imported factors can be used")
  end
  local names, message = facts.factors(client)
  if not names then return ok("MFA factors", "not readable: " .. message) end
  if #names == 0 then
    return warn("MFA factors", "none is enabled", "imported factors are kept, but not requested",
      "enable the factors that users have (Security, Multi-factor Auth)")
  end
  return ok("MFA factors", table.concat(names, ", "))
end

local function append(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

---Checks that need the tenant, up to one without which the others are pointless. Returns the
---connection's settings if they could be read.
local function ask_tenant(lines, settings, clock_)
  local client = connect.client(settings, clock_, { hasty = true })
  local grant, message, kind = client:grant()
  if not grant then
    lines[#lines + 1] = fail("token", message, kind, doctor.fix(kind, false))
    return nil
  end
  lines[#lines + 1] = doctor.token(grant, clock.now())
  append(lines, doctor.scopes(grant))
  local found
  if not settings.connection then
    lines[#lines + 1] = fail("connection", "not set", "usage",
      "set AUTH0_CONNECTION or use --connection NAME")
  else
    found, message, kind = connections.settings(client, settings.connection)
    if found then
      append(lines, doctor.connection(found))
    else
      lines[#lines + 1] = fail("connection", message, kind, doctor.fix(kind, grant.ready_made))
    end
  end
  local rate
  rate, message, kind = facts.rate(client)
  lines[#lines + 1] = rate and doctor.rate(rate)
    or fail("users", message, kind, doctor.fix(kind, grant.ready_made))
  if rate or found then lines[#lines + 1] = doctor.clock(client.clock_offset) end
  lines[#lines + 1] = factors(client, grant)
  return found
end

local WORST <const> = { ok = 0, warn = 1, fail = 2 }

---The worst verdict, and the exit status of the first failure.
---@param lines DoctorLine[]
---@return "ok"|"warn"|"fail" verdict
---@return integer exit
function doctor.verdict(lines)
  local verdict, status = "ok", 0
  for _, line in ipairs(lines) do
    if WORST[line.verdict] > WORST[verdict] then verdict = line.verdict end
    if line.verdict == "fail" and status == 0 then status = exit_status.of(line.kind) end
  end
  return verdict, status
end

---Writes the connection's settings for --connection-file.
local function save(path, found)
  if not found then return nil, "not saved: the connection could not be read", "usage" end
  return file.write(path, connection.encode(found))
end

---@param settings Settings
---@param options? {save?: string, settings?: table[]}
---@return DoctorStatement
function doctor.run(settings, options)
  options = options or {}
  local lines, found = json.array {}, nil
  local missing = not connect.has_credentials(settings) and connect.missing(settings)
  if missing then
    lines[1] = fail("credentials", "missing: " .. missing, "usage",
      "set them in the environment or in auth0-migrate.yaml")
  else
    lines[1] = ok("credentials", "set, for " .. settings.base)
    found = ask_tenant(lines, settings, scheduler.clock(settings.time_scale))
  end
  lines[#lines + 1] = doctor.secrets(settings.exposed or {})
  lines[#lines + 1] = doctor.disk(file.free("."))
  local statement = { checks = lines, settings = options.settings or json.array {} }
  if options.save then
    local saved, message, kind = save(options.save, found)
    if saved then statement.saved = options.save
    else lines[#lines + 1] = fail("save", message, kind) end
  end
  statement.status, statement.exit = doctor.verdict(lines)
  return statement
end

return doctor
