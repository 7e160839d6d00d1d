--- How psql reads a query of PostgreSQL: what it is started with, what it answers, how it fails.

local statement = require "source.database.statement"

local postgresql = {}

---@type Dialect
local DIALECT <const> = {
  quotes = { ["'"] = true, ['"'] = true }, backslash = {}, dollar = true, nested = true,
}

postgresql.program = "psql"
postgresql.mark = "\\.\n" -- after the last row, which cannot be one: a backslash is doubled

-- Of COPY, for host.csv.
postgresql.format = { delimiter = "\t", quote = "", escape = "\\" }

local PASSED <const> = {
  "PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLCRL",
  "PGSSLCRLDIR", "PGCONNECT_TIMEOUT", "PGGSSENCMODE", "PGKRBSRVNAME", "PGCHANNELBINDING",
  "KRB5CCNAME",
}

---@param url DatabaseUrl
---@param password? string
---@param env fun(name: string): string?
---@return table<string, string>
local function environment(url, password, env)
  local own = { LC_ALL = "C", PGCONNECT_TIMEOUT = "30" }
  for _, name in ipairs(PASSED) do own[name] = env(name) or own[name] end
  own.PGHOST, own.PGPORT = url.options.host or url.host, url.port
  own.PGUSER, own.PGDATABASE = url.user, url.name
  own.PGSSLMODE = url.options.sslmode or own.PGSSLMODE
  own.PGPASSWORD = password or own.PGPASSWORD
  own.PGCLIENTENCODING, own.PGAPPNAME = "UTF8", "auth0-migrate"
  return own
end

-- The only transaction, in which texts are the same on every server.
local BEGIN <const> = [[
BEGIN TRANSACTION READ ONLY;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = error;
SET LOCAL datestyle = ISO;
SET LOCAL intervalstyle = postgres;
SET LOCAL timezone = 'UTC';
SET LOCAL bytea_output = hex;
SET LOCAL extra_float_digits = 3;
]]

---A statement that psql sends without having looked into it: neither its own commands nor its
---variables work there.
local function sent(text)
  local tag, n = "$q$", 0
  while text:find(tag, 1, true) do
    n = n + 1
    tag = "$q" .. n .. "$"
  end
  return "SELECT " .. tag .. text .. tag .. " \\gexec\n"
end

local ARGUMENTS <const> = {
  "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-f", "-",
}

local function plan(request, more, script)
  local arguments = { table.unpack(ARGUMENTS) }
  table.move(more, 1, #more, #arguments + 1, arguments)
  return {
    name = postgresql.program, arguments = arguments, input = BEGIN .. script,
    env = environment(request.url, request.password, request.env),
  }
end

---@param request DatabaseRequest
---@return string? query
---@return string? message
---@return Kind? kind
function postgresql.query(request)
  if not request.table then return statement.check(request.query, DIALECT) end
  local name, message, kind = statement.quote(request.table, '"')
  if not name then return nil, message, kind end
  return "SELECT * FROM " .. name
end

---What writes the names of the query's columns.
---@param request DatabaseRequest
---@param query string
---@return ProgramPlan
function postgresql.describe(request, query)
  return plan(request, { "-A", "-z", "-P", "footer=off" },
    sent("SELECT * FROM (\n" .. query .. "\n) AS q LIMIT 0"))
end

---@param output string  of `describe`
---@return string[] names
function postgresql.columns(output)
  local names = {}
  for name in (output:gsub("\n$", "") .. "\0"):gmatch("([^%z]*)%z") do names[#names + 1] = name end
  return names
end

---What writes the query's rows.
---@param request DatabaseRequest
---@param query string
---@return ProgramPlan
function postgresql.read(request, query)
  return plan(request, {}, sent("COPY (\n" .. query .. "\n) TO STDOUT") .. "\\echo '\\\\.'\n")
end

-- What psql says of a connection that the server refused, and in English: libpq tells no code.
---@type {[1]: string, [2]: Kind}[]
local REFUSED <const> = {
  { "authentication failed", "login" },
  { "no password supplied", "login" },
  { "no pg_hba.conf entry", "login" },
  { "pg_hba.conf rejects", "login" },
  { "FATAL: +role ", "login" },
  { "permission denied for database", "login" },
  { "FATAL: +database ", "usage" },
  { "invalid sslmode", "usage" },
  { "certificate", "tls" },
  { "SSL", "tls" },
}

-- Codes by their beginning, the longest first: SQLSTATE, appendix A of the manual.
---@type table<string, Kind>
local BY_CODE <const> = {
  ["08"] = "network", ["28"] = "login", ["42501"] = "login", ["40"] = "temporary",
  ["53"] = "temporary", ["55P03"] = "temporary", ["57P"] = "network", ["57014"] = "timeout",
  ["58"] = "temporary",
}

local SEVERE <const> = { ERROR = true, FATAL = true, PANIC = true }

---What psql says, without its LINE, DETAIL, HINT and LOCATION: they show our script, or values.
---@param said string
---@return string words
---@return string? code
local function words_of(said)
  local words, code = {}, nil
  for line in said:gmatch("[^\n]+") do
    line = line:gsub("^psql:<stdin>:%d+: ", ""):gsub("^psql: ", ""):gsub("^error: ", "")
    local severity, state, rest = line:match("^(%S+):%s+(%w%w%w%w%w): (.*)$")
    if severity then line, code = rest, code or state end
    local label = line:match("^(%u+) ?%d*:")
    if (not label or SEVERE[label]) and not line:find("^%s*%^$") then
      words[#words + 1] = line:match("^%s*(.*)$")
    end
  end
  return table.concat(words, "; "), code
end

---@param status integer  not 0
---@param said string     on stderr
---@return string words
---@return Kind kind
function postgresql.failure(status, said)
  local words, code = words_of(said)
  for size = 5, 2, -1 do
    local kind = code and BY_CODE[code:sub(1, size)]
    if kind then return words, kind end
  end
  if code then return words, "usage" end
  for _, entry in ipairs(REFUSED) do
    if said:find(entry[1]) then return words, entry[2] end
  end
  return words, status == 1 and "usage" or "network"
end

return postgresql
