local postgresql = require "source.database.postgresql"
local tap = require "tests.tap"
local url = require "source.database.url"
local test, equal = tap.test, tap.equal

local function request(more)
  local made = { url = assert(url.parse "postgresql://bob@db:5433/app?sslmode=require"),
    env = function(name) return "our " .. name end }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

test("psql gets address and password in its environment, and nothing in its arguments", function()
  for _, plan in ipairs { postgresql.describe(request { password = "p" }, "SELECT 1"),
    postgresql.read(request { password = "p" }, "SELECT 1") } do
    equal(plan.name, "psql")
    local env = plan.env
    equal({ env.PGHOST, env.PGPORT, env.PGUSER, env.PGDATABASE, env.PGPASSWORD, env.PGSSLMODE },
      { "db", "5433", "bob", "app", "p", "require" })
    equal({ env.PGPASSFILE, env.PGOPTIONS, env.PSQLRC, env.AUTH0_CLIENT_SECRET },
      { "our PGPASSFILE" })
    equal(table.concat(plan.arguments, " "):match("^.- %-f %-"),
      "-X -q -w -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -f -")
    tap.contains(plan.input, "BEGIN TRANSACTION READ ONLY;\n")
  end
  equal(postgresql.read(request(), "SELECT 1").env.PGPASSWORD, "our PGPASSWORD")
end)

test("psql does not look into a query: it is in quotes of its own", function()
  local script = postgresql.read(request(), "SELECT $q$a$q$, $q1$:USER").input
  tap.contains(script, "SELECT $q2$COPY (\nSELECT $q$a$q$, $q1$:USER\n) TO STDOUT$q2$ \\gexec\n")
end)

test("names of columns may have any character", function()
  equal(postgresql.columns "id\0a b\0ä\"\\\n", { "id", "a b", 'ä"\\' })
  equal(postgresql.columns "id\n", { "id" })
  equal(postgresql.columns "\n", { "" })
end)

-- What psql 15 says: {exit status, stderr, words, kind}.
local FAILURES <const> = {
  { 3, 'psql:<stdin>:10: ERROR:  42P01: relation "nope" does not exist\nLINE 1: COPY (x\n'
    .. "        ^\nLOCATION:  parserOpenTable, parse_relation.c:1392\n",
    'relation "nope" does not exist', "usage" },
  { 3, "psql:<stdin>:9: ERROR:  22012: division by zero\nDETAIL:  Key (email)=(a@b.c)\n",
    "division by zero", "usage" },
  { 3, "psql:<stdin>:9: FEHLER:  28P01: Passwort falsch\nTIP:  x\n", "Passwort falsch", "login" },
  { 3, "psql:<stdin>:9: ERROR:  42501: permission denied for table users\n",
    "permission denied for table users", "login" },
  { 3, "psql:<stdin>:9: ERROR:  57014: canceling statement due to statement timeout\n",
    "canceling statement due to statement timeout", "timeout" },
  { 3, "psql:<stdin>:9: ERROR:  53200: out of memory\n", "out of memory", "temporary" },
  { 3, "psql:<stdin>:9: ERROR:  40001: could not serialize access\n", "could not serialize access",
    "temporary" },
  { 2, "psql:<stdin>:9: FATAL:  57P01: terminating connection\nserver closed the connection\n",
    "terminating connection; server closed the connection", "network" },
  { 2, 'psql: error: connection to server at "h", port 1 failed: Connection refused\n\tIs it up?\n',
    'connection to server at "h", port 1 failed: Connection refused; Is it up?', "network" },
  { 2, 'psql: error: connection failed: FATAL:  password authentication failed for user "x"\n',
    'connection failed: FATAL:  password authentication failed for user "x"', "login" },
  { 2, 'psql: error: FATAL:  role "x" does not exist\n', 'FATAL:  role "x" does not exist',
    "login" },
  { 2, 'psql: error: connection failed: FATAL:  database "x" does not exist\n',
    'connection failed: FATAL:  database "x" does not exist', "usage" },
  { 2, "psql: error: connection failed: fe_sendauth: no password supplied\n",
    "connection failed: fe_sendauth: no password supplied", "login" },
  { 1, "psql: error: out of memory\n", "out of memory", "usage" },
  { 137, "", "", "network" },
}

test("failures have the words of the server, and a kind by its code", function()
  for _, case in ipairs(FAILURES) do
    equal({ postgresql.failure(case[1], case[2]) }, { case[3], case[4] }, case[2])
  end
end)
