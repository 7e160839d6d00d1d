local file = require "host.file"
local mysql = require "source.database.mysql"
local tap = require "tests.tap"
local url = require "source.database.url"
local test, equal = tap.test, tap.equal

local function request(text, password, env)
  return { url = assert(url.parse(text)), password = password,
    env = function(name) return (env or {})[name] end }
end

local function has(plan, argument)
  for _, one in ipairs(plan.arguments) do
    if one == argument then return true end
  end
  return false
end

test("the client is the scheme's, with the address as options", function()
  local plan = mysql.read(request "mysql://bob@db:3307/app?socket=/s", "SELECT 1", { "1" })
  equal(plan.name, "mysql")
  for _, one in ipairs { "--host=db", "--port=3307", "--protocol=TCP", "--user=bob",
    "--database=app", "--socket=/s", "--batch", "--local-infile=0", "--loose-sandbox",
    "--skip-reconnect", "--skip-column-names" } do
    assert(has(plan, one), one)
  end
  assert(not has(mysql.describe(request "mariadb://db/app", "SELECT 1"), "--protocol=TCP"))
  equal(mysql.describe(request "mariadb://db/app", "SELECT 1").name, "mariadb")
end)

test("a password is in a text that only the client gets, before ~/.my.cnf", function()
  local home = assert(file.temporary())
  local plan = mysql.read(request("mysql://db", 'a"b\\c\n#', { HOME = home }), "SELECT 1", { "1" })
  equal(plan.arguments[1], "--defaults-extra-file=/dev/fd/3")
  equal(plan.extra, '[client]\npassword="a\\"b\\\\c\\n#"\n')
  equal(plan.env, { HOME = "/nonexistent" })
  assert(file.write(home .. "/.my.cnf", "[client]\nuser=x\n"))
  plan = mysql.read(request("mysql://db", "p", { HOME = home }), "SELECT 1", { "1" })
  equal(plan.extra, "!include " .. home .. '/.my.cnf\n[client]\npassword="p"\n')
  assert(file.remove_tree(home))
  plan = mysql.read(request("mysql://db", nil, { MYSQL_PWD = "p" }), "SELECT 1", { "1" })
  equal({ plan.extra, plan.env }, { nil, { MYSQL_PWD = "p" } })
end)

test("the client sees a query as hexadecimal digits only", function()
  local script = mysql.describe(request "mysql://db", "SELECT '\\! id'").input
  assert(not script:find("\\", 1, true) and not script:find("id'", 1, true), script)
  tap.contains(script, "START TRANSACTION READ ONLY;\nSET @auth0_migrate = CONVERT(0x53454C")
end)

test("names of columns are quoted in the query that reads them", function()
  equal(mysql.columns "id\ta`b\n", { "id", "a`b" })
  local script = mysql.read(request "mysql://db", "SELECT 1", { "a`b" }).input
  tap.contains(script, (("q.`a``b`"):gsub(".", function(c) return ("%02X"):format(c:byte()) end)))
end)

local FAILURES <const> = {
  { "ERROR 1146 (42S02) at line 6: Table 'app.x' doesn't exist\n", "Table 'app.x' doesn't exist",
    "usage" },
  { "ERROR 1045 (28000): Access denied for user 'x'@'y' (using password: NO)\n",
    "Access denied for user 'x'@'y' (using password: NO)", "login" },
  { "Warning: x\nERROR 2002 (HY000): Can't connect to local server\n",
    "Can't connect to local server", "network" },
  { "ERROR 2013 (HY000) at line 7: Lost connection to server during query\n",
    "Lost connection to server during query", "network" },
  { "ERROR 1040 (08004): Too many connections\n", "Too many connections", "temporary" },
  { "ERROR 1969 (70100) at line 7: Query execution was interrupted (max_statement_time)\n",
    "Query execution was interrupted (max_statement_time)", "timeout" },
  { "mariadb: unknown option\n'--x'\n", "mariadb: unknown option '--x' ", "usage" },
}

test("failures have the words of the server, and a kind by its number", function()
  for _, case in ipairs(FAILURES) do
    equal({ mysql.failure(1, case[1]) }, { case[2], case[3] }, case[1])
  end
end)
