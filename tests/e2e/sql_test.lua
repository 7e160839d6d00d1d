--- Databases as a source: the program with real servers of PostgreSQL and MariaDB.

local databases = require "tests.databases"
local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

-- Metadata has all columns that are not NULL, so that values can be compared.
local RECIPE <const> = [[
local sql = require "source.sql"
return {
  name = "shop",
  needs = { exec = { "psql", "mariadb" } },
  params = {
    database = { required = true }, query = {}, table = {}, password = { kind = "secret" },
  },
  source = function(params)
    return sql.records {
      database = params.database, query = params.query, table = params.table,
      password = params.password,
    }
  end,
  map = function(row)
    local columns = {}
    for name, value in pairs(row) do columns[name] = value end
    return {
      email = "u" .. row.id .. "@example.com", email_verified = true, user_id = row.id,
      app_metadata = columns,
    }
  end,
}
]]

local GRANT <const> = "--allow-exec"
local BOTH <const> = { "postgresql", "mariadb" }

---Plays with a server of each database.
local function with(names, fn)
  for _, name in ipairs(names) do
    local server = databases[name]()
    program.scene(nil, function(s)
      s:write("shop.lua", RECIPE)
      s.env.HOME = s.folder
      s.env.AUTH0_MIGRATE_PARAM_PASSWORD = databases.PASSWORD
      fn(s, server, name)
    end)
  end
end

---Runs `map`, or another command, with a query of the user `app`.
local function run(s, server, what, args, env)
  local argv = { "map", "shop.lua", "database=" .. server:url(), what, GRANT }
  if args then argv = table.move(args, 1, #args, #argv + 1, argv) end
  return s:run(argv, env)
end

---The columns of all users on stdout, by id.
local function columns_of(ended)
  local found = {}
  for line in ended.stdout:gmatch("[^\n]+") do
    local user = assert(json.decode(line))
    found[user.user_id] = user.app_metadata
  end
  return found
end

---A text as a literal that both databases read alike: its UTF-8 in hexadecimal digits.
local function literal(name, value)
  local hex = value:gsub(".", function(char) return string.format("%02X", char:byte()) end)
  return name == "mariadb" and "CONVERT(X'" .. hex .. "' USING utf8mb4)"
    or "convert_from('\\x" .. hex .. "'::bytea, 'UTF8')"
end

---Every text of this list comes back as it is, and NULL as nothing.
local function texts(name)
  local list = {
    "NULL", "\\N", "\\.", ".", "", " ", "null", "\\", "\\\\", '"', '""', "'", '"NULL"', "a\tb",
    "a\nb", "a\r\nb", "\r", "\b\f\v", "\t", "\n", "\\n", "\\t", "\\0", "\27[31m", "\127", "😀 ä 乕䱌",
    '="x"', "#x", "sep=;", "0x41", "\\x41", "a,b;c|d", "$q$", "--", "/* */", "trailing \\",
    ("long "):rep(2000), "{\"a\": [1, null]}", "\u{FEFF}bom", "\u{2028}",
  }
  for i = 1, 127 do list[#list + 1] = string.char(i) end
  if name == "mariadb" then table.move({ "\0", "a\0b", "\0NULL" }, 1, 3, #list + 1, list) end
  return list
end

test("every text comes back as it is, and only NULL is nil", function()
  with(BOTH, function(s, server, name)
    local list, selects = texts(name), { "SELECT 0 AS id, NULL AS value" }
    for i, text in ipairs(list) do
      selects[#selects + 1] = string.format("SELECT %d, %s", i, literal(name, text))
    end
    local ended = run(s, server, "query=" .. table.concat(selects, " UNION ALL ")):ends_with(0)
    local found = columns_of(ended)
    equal(found["0"], { id = "0" })
    for i, text in ipairs(list) do
      local got = found[tostring(i)]
      assert(got and got.value == text, string.format("%s %q: %q", name, text, tostring(
        got and got.value)))
    end
  end)
end)

test("a URL of MySQL is read by the program mysql, here that of MariaDB", function()
  with({ "mariadb" }, function(s, server)
    local url = server:url():gsub("^mariadb:", "mysql:")
    local ended = s:run({
      "map", "shop.lua", "database=" .. url, "query=SELECT 1 AS id, 'a' AS value", GRANT,
      "--allow-exec=mysql",
    }):ends_with(0)
    equal(columns_of(ended)["1"].value, "a")
  end)
end)

-- {expression, what a recipe gets}
local VALUES <const> = {
  postgresql = {
    { "9223372036854775807", "9223372036854775807" }, { "true", "t" }, { "false", "f" },
    { "12345678901234567890.1234567890", "12345678901234567890.1234567890" },
    { "0.1::float8", "0.1" }, { "1e300::float8", "1e+300" }, { "'NaN'::float8", "NaN" },
    { "'\\x00ff5c'::bytea", "\\x00ff5c" }, { "''::bytea", "\\x" },
    { "ARRAY['a', NULL, 'b,\"c']", '{a,NULL,"b,\\"c"}' },
    { "'{\"a\": \"\\n\", \"b\": 1.0}'::json", '{"a": "\\n", "b": 1.0}' },
    { "'{\"b\":1,\"a\":[]}'::jsonb", '{"a": [], "b": 1}' },
    { "timestamptz '2024-02-03 04:05:06.789+02'", "2024-02-03 02:05:06.789+00" },
    { "timestamp '2024-02-03 04:05:06'", "2024-02-03 04:05:06" }, { "date '2024-02-03'",
      "2024-02-03" }, { "interval '1 day 2 hours'", "1 day 02:00:00" },
    { "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
    { "'a  '::char(5)", "a    " }, { "'10.1.2.3/8'::inet", "10.1.2.3/8" },
  },
  mariadb = {
    { "18446744073709551615", "18446744073709551615" }, { "TRUE", "1" }, { "FALSE", "0" },
    { "12345678901234567890.1234567890", "12345678901234567890.1234567890" },
    { "0.1e0", "0.1" }, { "X'00FF5C0A09'", "0x00FF5C0A09" }, { "X''", "0x" },
    { "CAST('NULL' AS BINARY)", "0x4E554C4C" }, { "b'1'", "0x01" },
    { "UNHEX('A0EEBC999C0B4EF8BB6D6BB9BD380A11')", "0xA0EEBC999C0B4EF8BB6D6BB9BD380A11" },
    { "JSON_OBJECT('a', 'ä\n')", '{"a": "ä\\n"}' },
    { "TIMESTAMP'2024-02-03 04:05:06.789'", "2024-02-03 04:05:06.789" },
    { "DATE'2024-02-03'", "2024-02-03" }, { "TIME'-12:00:01'", "-12:00:01" },
    { "FROM_UNIXTIME(0)", "1970-01-01 00:00:00" }, { "CONVERT('ä' USING latin1)", "ä" },
    { "'x' COLLATE utf8mb4_bin", "x" }, { "CONVERT('ä' USING utf16)", "ä" },
  },
}

test("the first value may look like what spreadsheets write, with one column, too", function()
  with(BOTH, function(s, server, name)
    s:write("shop.lua", (RECIPE:gsub('"u" %.%. row.id', '"u1"'):gsub("user_id = row.id",
      'user_id = "1"')))
    for _, text in ipairs { "sep=;", "\u{FEFF}bom", "#", '="1"', "", "NULL" } do
      local ended = run(s, server, "query=SELECT " .. literal(name, text) .. " AS value")
      equal(columns_of(ended:ends_with(0))["1"], { value = text }, name)
    end
  end)
end)

test("values of every type come as the text of the database", function()
  with(BOTH, function(s, server, name)
    local selects, expected = {}, { id = "1" }
    for i, case in ipairs(VALUES[name]) do
      selects[#selects + 1] = case[1] .. " AS v" .. i
      expected["v" .. i] = case[2]
    end
    local ended = run(s, server, "query=SELECT 1 AS id, " .. table.concat(selects, ", "))
    equal(columns_of(ended:ends_with(0))["1"], expected, name)
  end)
end)

test("columns of tables keep their types, in the order of the query", function()
  with({ "mariadb" }, function(s, server)
    server:sql [[USE app; DROP TABLE IF EXISTS types;
      CREATE TABLE types (id INT(6) ZEROFILL PRIMARY KEY, f FLOAT, bits BIT(12), flag BIT(1),
        bin BINARY(4), e ENUM('a', 'NULL'), u UUID, y YEAR, latin VARCHAR(9) CHARACTER SET latin1,
        j JSON, none VARBINARY(5), empty VARBINARY(5));
      INSERT INTO types VALUES (2, 1.1, b'101010101010', 0, 'ab', 'NULL',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 2024, 'ä', '{"a": 1}', NULL, ''),
        (10, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)]]
    local ended = run(s, server, "query=SELECT * FROM types ORDER BY id DESC"):ends_with(0)
    assert(ended.stdout:find("u000010@") < ended.stdout:find("u000002@"), ended.stdout)
    equal(columns_of(ended), {
      ["000002"] = { id = "000002", f = "1.1", bits = "0x0AAA", flag = "0x00", bin = "0x61620000",
        e = "NULL", u = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", y = "2024", latin = "ä",
        j = '{"a": 1}', empty = "0x" },
      ["000010"] = { id = "000010", flag = "0x01" },
    })
  end)
end)

---Makes the table `people` of n users.
local function fill(server, name, n)
  server:sql(name == "mariadb" and string.format([[USE app; DROP TABLE IF EXISTS people;
      CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(99));
      INSERT INTO people SELECT seq, CONCAT('Person ', seq) FROM seq_1_to_%d]], n)
    or string.format([[DROP TABLE IF EXISTS people;
      CREATE TABLE people AS
        SELECT id, 'Person ' || id AS name FROM generate_series(1, %d) id]], n))
end

test("a table is read by its name, a place is its ordinal, and columns are noted", function()
  with(BOTH, function(s, server, name)
    fill(server, name, 20)
    local ended = run(s, server, "table=people"):ends_with(0)
    local found = columns_of(ended)
    equal({ found["1"], found["20"] }, { { id = "1", name = "Person 1" }, { id = "20",
      name = "Person 20" } })
    local looked = s:run { "preview", "shop.lua", "database=" .. server:url(), "table=people",
      GRANT, "--at", "people:7" }
    contains(looked:ends_with(0).stdout, "Person 7")
    s:write("shop.lua", (RECIPE:gsub("row%.id %.%.", "(row.nme or row.id) ..")))
    ended = run(s, server, "query=SELECT * FROM people", { "--limit", "3" })
    contains(ended:ends_with(0).stderr, 'column "nme" is not in the query; did you mean "name"?')
  end)
end)

test("check, plan and a whole run read a database; resume needs it no more", function()
  with(BOTH, function(s, server, name)
    fill(server, name, 30)
    s:tenant()
    local words = { "shop.lua", "database=" .. server:url(), "table=people", GRANT }
    local function command(first, ...)
      local given = table.move(words, 1, #words, 2, { first })
      for _, word in ipairs { ... } do given[#given + 1] = word end
      return s:run(given)
    end
    contains(command("check"):ends_with(0).stdout, "30")
    command("plan"):ends_with(0)
    command("run"):ends_with(8)
    server:sql((name == "mariadb" and "USE app; " or "") .. "DELETE FROM people")
    s:run({ "resume", "shop.run", "--yes" }):ends_with(0)
    equal(#s:users(), 30)
    assert(not s:read("shop.run/log.ndjson"):find(databases.PASSWORD, 1, true))
  end)
end)

test("two queries are joined by a lookup", function()
  with(BOTH, function(s, server, name)
    fill(server, name, 5)
    s:write("shop.lua", [[
      local lookup, sql = require "source.lookup", require "source.sql"
      local marks
      return {
        needs = { exec = { "psql", "mariadb" } },
        params = { database = {}, table = {}, password = { kind = "secret" } },
        source = function(params)
          marks = lookup(sql.records {
            database = params.database, password = params.password,
            query = "SELECT id AS owner, 'x' AS mark FROM people",
          }, "owner")
          return sql.records {
            database = params.database, password = params.password, table = params.table,
          }
        end,
        map = function(row)
          return {
            email = row.id .. "@example.com", email_verified = true, user_id = row.id,
            app_metadata = { mark = marks:get(row.id).mark },
          }
        end,
      }]])
    local found = columns_of(run(s, server, "table=people"):ends_with(0))
    equal(found["5"], { mark = "x" })
  end)
end)

-- Failures -----------------------------------------------------------------------------------

test("a query that fails has the server's words, and status 2", function()
  with(BOTH, function(s, server, name)
    local missing = run(s, server, "table=nope"):ends_with(2)
    contains(missing.stderr, name == "mariadb" and "Table 'app.nope' doesn't exist"
      or 'relation "nope" does not exist')
    local wrong = run(s, server, "query=SELECT 1 AS id FROM nowhere WHERE"):ends_with(2)
    contains(wrong.stderr, "syntax")
    local twice = run(s, server, "query=SELECT 1 AS id, 2 AS id"):ends_with(2)
    contains(twice.stderr:lower(), name == "mariadb" and "duplicate column name 'id'" or
      'columns 1 and 2 are both called "id"')
  end)
  with({ "postgresql" }, function(s, server)
    local late = run(s, server, "query=SELECT id FROM generate_series(1, 100000) id "
      .. "WHERE 1 / (id - 99999) < 5"):ends_with(2)
    contains(late.stderr, "the query: division by zero")
    assert(late.stdout:find("u99000@", 1, true))
  end)
end)

test("a wrong password, none, and a forbidden table are status 6", function()
  with(BOTH, function(s, server, name)
    fill(server, name, 1)
    for _, password in ipairs { "hunter2", "" } do
      local ended = run(s, server, "table=people", {}, { AUTH0_MIGRATE_PARAM_PASSWORD = password })
      ended:ends_with(6)
      assert(not ended.stderr:find("hunter2", 1, true) and not ended.stderr:find("next:", 1, true),
        ended.stderr)
    end
    run(s, server, name == "mariadb" and "table=mysql.user"
      or "query=SELECT pg_read_file('PG_VERSION') AS id"):ends_with(6)
  end)
end)

test("a password is taken from the client's own variables and files", function()
  with(BOTH, function(s, server, name)
    fill(server, name, 1)
    local none = { AUTH0_MIGRATE_PARAM_PASSWORD = "" }
    local escaped = databases.PASSWORD:gsub('[\\"]', "\\%0")
    s:write(".my.cnf", '[client]\npassword="' .. escaped .. '"\n')
    s:write(".pgpass", "*:*:*:app:" .. databases.PASSWORD:gsub("[\\:]", "\\%0") .. "\n")
    run(s, server, "table=people", {}, none):ends_with(0)
    s:write(".my.cnf", '[client]\npassword="hunter2"\n')
    s:write(".pgpass", "*:*:*:app:hunter2\n")
    run(s, server, "table=people", {}, none):ends_with(6)
    run(s, server, "table=people"):ends_with(0) -- the parameter wins
    local variable = name == "mariadb" and "MYSQL_PWD" or "PGPASSWORD"
    assert(file.remove(s:path ".my.cnf"))
    none[variable] = databases.PASSWORD
    run(s, server, "table=people", {}, none):ends_with(0)
  end)
end)

test("a server that is not there is status 5, and a database that is not there 2", function()
  with(BOTH, function(s, server, name)
    local closed = server:url():gsub(":%d+/", ":1/")
    s:run({ "map", "shop.lua", "database=" .. closed, "table=x", GRANT }):ends_with(5)
    local nowhere = server:url():gsub("/%w+$", "/nowhere")
    local ended = s:run { "map", "shop.lua", "database=" .. nowhere, "table=x", GRANT }
    ended:ends_with(name == "mariadb" and 6 or 2) -- which MariaDB tells nobody without rights
  end)
end)

test("a password in the URL is status 2 and is shown and kept nowhere", function()
  program.scene(nil, function(s)
    s:write("shop.lua", RECIPE)
    local url = "database=postgresql://bob:hunter2@db/app"
    for _, command in ipairs { "map", "run", "plan" } do
      local ended = s:run { command, "shop.lua", url, "table=x", GRANT }
      ended:ends_with(2)
      assert(not (ended.stderr .. ended.stdout):find("hunter2", 1, true), ended.stderr)
      assert(not s:exists "shop.run")
    end
    s:write("shop.lua", (RECIPE:gsub("database = params.database",
      'database = "mariadb://bob:hunter2@db/app"')))
    local ended = s:run { "map", "shop.lua", "database=x", "table=x", GRANT }
    ended:ends_with(2)
    contains(ended.stderr, "has a password in it")
    assert(not ended.stderr:find("hunter2", 1, true), ended.stderr)
  end)
end)

test("a program runs only if the recipe declares it and it was granted", function()
  program.scene(nil, function(s)
    s:write("shop.lua", RECIPE)
    local words = { "map", "shop.lua", "database=postgresql://127.0.0.1:1/x", "table=x" }
    local ended = s:run(words):ends_with(2)
    contains(ended.stderr, "--allow-exec=psql")
    s:write("shop.lua", (RECIPE:gsub("  needs = [^\n]*\n", "")))
    contains(s:run(words):ends_with(2).stderr, 'needs = { exec = { "psql" } }')
    words[5] = "--allow-exec=psql"
    s:run(words):ends_with(5)
  end)
end)

test("nothing writes: commands of the clients, other statements, files", function()
  with(BOTH, function(s, server, name)
    fill(server, name, 1)
    local there = s:path "written"
    s.env.AUTH0_MIGRATE_PARAM_PASSWORD = "" -- the superuser's, by the socket
    for _, query in ipairs {
      "\\! touch " .. there, "SELECT 1 AS id \\! touch " .. there,
      "SELECT 1 AS id; DROP TABLE people",
      "SELECT 1 AS id INTO OUTFILE '" .. there .. "'", "system touch " .. there,
      "DELETE FROM people", "COPY people TO PROGRAM 'touch " .. there .. "'",
      "SELECT 1 AS id) TO PROGRAM 'touch " .. there .. "' --",
      "WITH gone AS (DELETE FROM people RETURNING id) SELECT * FROM gone",
      "SELECT 1 AS id \\g | touch " .. there,
    } do
      local ended = s:run { "map", "shop.lua", "database=" .. server:socket_url(),
        "query=" .. query, GRANT }
      equal(ended.status, 2, query .. "\n" .. ended.stderr)
    end
    assert(not s:exists "written")
    contains(server:sql((name == "mariadb" and "USE app; " or "")
      .. "SELECT count(*) FROM people;"), "1")
  end)
  with({ "postgresql" }, function(s, server)
    server:sql [[CREATE OR REPLACE FUNCTION sneak() RETURNS int LANGUAGE sql AS
      'DELETE FROM people RETURNING 1'; GRANT ALL ON people TO app;]]
    local ended = run(s, server, "query=SELECT sneak() AS id"):ends_with(2)
    contains(ended.stderr, "read-only transaction")
    ended = run(s, server, "query=SELECT 'x' || :DBNAME AS id"):ends_with(2)
    contains(ended.stderr, "syntax error")
  end)
end)

-- A query that writes its first rows at once, and then for a long time nothing.
local ENDLESS <const> = {
  postgresql = "SELECT id, CASE WHEN id > 5000 THEN pg_sleep(1000) END AS pause "
    .. "FROM generate_series(1, 100000) id",
  mariadb = "SELECT seq AS id, IF(seq > 20000, SLEEP(1000), 0) AS pause, REPEAT('x', 99) AS x "
    .. "FROM seq_1_to_100000",
}

---The queries that the server runs for us.
local function busy(server, name)
  return server:sql(name == "mariadb"
    and "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app';"
    or "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app';"):match("%d+")
end

---Starts the endless query, and waits for its first users.
local function start(s, server, name)
  local started = s:start { "map", "shop.lua", "database=" .. server:url(),
    "query=" .. ENDLESS[name], GRANT }
  s:until_("the first users", function() return #started.stdout > 0 end)
  return started
end

test("Ctrl-C while the database is silent ends program, client and query", function()
  with(BOTH, function(s, server, name)
    local started = start(s, server, name)
    started:kill "INT"
    started:ends_with(130)
    s:until_("the end of the query", function() return busy(server, name) == "0" end)
  end)
end)

test("a program that is killed leaves no client behind", function()
  with(BOTH, function(s, server, name)
    local started = start(s, server, name)
    local id = started.child:id()
    local pipe = assert(io.popen("pgrep -P " .. id))
    local client = pipe:read "n"
    pipe:close()
    started:kill "KILL"
    started:ends_with(137)
    s:until_("the end of the client", function()
      local stat = file.read("/proc/" .. math.tointeger(client) .. "/stat")
      return not stat or stat:find(") Z ", 1, true)
    end)
  end)
end)

test("a server that dies ends the reading with status 5, not as if it were complete", function()
  with(BOTH, function(s, server, name)
    local started = start(s, server, name)
    server:kill()
    started:ends_with(5)
    contains(started.stderr, "the query: ")
    server:start()
  end)
end)

test("a query that is cancelled on the server is a failure", function()
  with({ "postgresql" }, function(s, server, name)
    local started = start(s, server, name)
    server:sql "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"
    contains(started:ends_with(5).stderr, "canceling statement due to user request")
  end)
end)

test("the password is in no argument list and in no file", function()
  with(BOTH, function(s, server, name)
    local started = start(s, server, name)
    local pipe = assert(io.popen("cat /proc/[0-9]*/cmdline 2>/dev/null; ls -a " .. s.folder))
    local seen = pipe:read "a"
    pipe:close()
    contains(seen, name == "mariadb" and "mariadb\0" or "psql\0")
    assert(not seen:find(databases.PASSWORD, 1, true))
    for _, entry in ipairs { ".my.cnf", "my.cnf" } do assert(not seen:find(entry, 1, true)) end
    started:kill "KILL"
  end)
end)

test("a million rows are read in the memory of a few", function()
  with(BOTH, function(s, server, name)
    fill(server, name, 1000000)
    s:write("shop.lua", (RECIPE:gsub("map = .-\n  end,\n}", "map = function() return nil end,\n}")))
    s:write("measured.sh", [[
      exec 3>&1
      "$@" >/dev/null &
      id=$!
      peak=0
      while line=$(grep VmHWM /proc/$id/status 2>/dev/null); do
        peak=${line#VmHWM:}
        sleep 0.05
      done
      wait $id
      echo "$? $peak" >&3]])
    s.within = { "sh", s:path "measured.sh" }
    local ended = run(s, server, "table=people", { "--json", "--allow-empty" })
    s.within = {}
    local status, kilobytes = ended.stdout:match("^(%d+)%s+(%d+)")
    equal(status, "0", ended.stderr)
    contains(ended.stderr, '"read":1000000')
    assert(tonumber(kilobytes) < 32 * 1024, kilobytes)
  end)
end)
