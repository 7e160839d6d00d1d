local mysql = require "source.database.mysql"
local postgresql = require "source.database.postgresql"
local statement = require "source.database.statement"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local CLIENTS <const> = { postgresql = postgresql, mysql = mysql }

---Of a query: its text, or nil, message, kind.
local function checked(name, query)
  return CLIENTS[name].query { query = query }
end

test("a query that reads is kept as it is, without a final semicolon", function()
  for _, name in ipairs { "postgresql", "mysql" } do
    for given, expected in pairs {
      ["SELECT 1"] = "SELECT 1", ["select 1;"] = "select 1",
      ["SELECT 1 ; ;\n-- the end"] = "SELECT 1 ",
      ["-- first\nWITH a AS (SELECT 1) SELECT * FROM a"] =
        "-- first\nWITH a AS (SELECT 1) SELECT * FROM a",
      ["(SELECT ';', ')', \"(\" /* ; ( \\ */) UNION (SELECT 2)"] =
        "(SELECT ';', ')', \"(\" /* ; ( \\ */) UNION (SELECT 2)",
      ["VALUES (1), (2)"] = "VALUES (1), (2)", ["TABLE users"] = "TABLE users",
      ["SELECT 'it''s; \"x' AS \"INTO\", 'INTO'"] = "SELECT 'it''s; \"x' AS \"INTO\", 'INTO'",
      ["SELECT 'ä', ü FROM größe"] = "SELECT 'ä', ü FROM größe",
    } do
      equal((checked(name, given)), expected, given)
    end
  end
end)

test("quotes are those of the database", function()
  for _, query in ipairs { [[SELECT $a$ ; ) \ $b$ $a$, 1]], [[SELECT E'\'; ', 1]],
    [[SELECT '\', 2]], [[SELECT $$;$$, $1]], [[SELECT U&'\0041', B'1', e'\\']],
    "SELECT /* a /* ; */ ; */ 1", "SELECT a$b$c FROM x", "SELECT 1$$;$$",
    [[SELECT 1e'\';']], "SELECT a[1:2]::text" } do
    assert(checked("postgresql", query), query)
  end
  for _, query in ipairs { [[SELECT '\'; ', 1]], [[SELECT "\";"]], "SELECT `;` # ; \\\n, 1",
    "SELECT 5--3", "SELECT 1 -- ; ", "SELECT /* /* ; */ 1", [[SELECT 'a\\']] } do
    assert(checked("mysql", query), query)
  end
end)

-- By the reason: queries for both, for PostgreSQL, for MySQL.
local REFUSED <const> = {
  ["must be a single statement"] = {
    { "SELECT 1; DROP TABLE x", "SELECT 1;SELECT 2", "SELECT '\n';\n;x" },
    { [[SELECT '\'; DROP TABLE x; --']], "SELECT a$b$; DROP TABLE x; --$b$", "SELECT $1$;$1$ x" },
    { "SELECT `a`; DROP TABLE x", "SELECT 1 /* /* */; DROP TABLE x /* */" },
  },
  ["backslash outside of quotes"] = {
    { [[SELECT 1 \! id]], [[\! id]], [[\d]], [[SELECT 1 \g /tmp/x]] },
    { [[SELECT '\' \! id ']] }, { [[SELECT "\"" \! id]] },
  },
  ["closes a parenthesis"] = {
    { "SELECT 1) TO STDOUT", "SELECT 1) AS q; DROP TABLE x", "SELECT ')' )" },
    { [[SELECT 1e'\'') TO PROGRAM 'id' --]], [[SELECT '\') TO PROGRAM 'id']] }, {},
  },
  ["opens a parenthesis"] = { { "SELECT (1", "SELECT (')'" }, {}, {} },
  ["quote that is not closed"] = {
    { "SELECT 'a", 'SELECT "a' }, { "SELECT $a$ $b$", [[SELECT E'\']] }, { [[SELECT '\']] },
  },
  ["comment that does not end"] = { { "SELECT /* 1" }, { "SELECT /* /* */ 1" }, {} },
  ["must begin with SELECT"] = {
    { "", " ", "-- SELECT", "DELETE FROM x", "INSERT x SELECT 1", "COPY x TO PROGRAM 'id'",
      "SET x = 1", "COMMIT", "EXPLAIN SELECT 1", "system id", "source x", "tee /tmp/x", "pager x",
      "delimiter x", "DO $$ BEGIN END $$", "CALL x()", "LOCK TABLES x READ" },
    {}, { "HANDLER x OPEN", "LOAD DATA LOCAL x" },
  },
  ["must not write"] = {
    { "SELECT 1 INTO x", "select 1 into outfile '/tmp/x'",
      "WITH a AS (SELECT 1) SELECT * INTO b FROM a",
      "INSERT INTO x VALUES (1)" }, {},
    { "SELECT 1 INTO/**/DUMPFILE '/x'", "SELECT 'a' -- INTO\rOUTFILE", "SELECT 1 into @x" },
  },
  ["comment that the database would run"] = {
    {}, {}, { "SELECT 1 /*! , 2 */", "SELECT 1 /*M!50000 , 2 */" },
  },
  ["is not text in UTF-8"] = { { "SELECT '\0'", "SELECT '\xff'" }, {}, {} },
}

test("a query that is more than one, writes, or is no SQL is refused", function()
  for reason, lists in pairs(REFUSED) do
    for i, list in ipairs(lists) do
      for _, query in ipairs(list) do
        for _, name in ipairs { i ~= 3 and "postgresql" or nil, i ~= 2 and "mysql" or nil } do
          local got, message, kind = checked(name, query)
          equal({ got, kind }, { nil, "usage" }, name .. ": " .. query)
          tap.contains(message, reason)
        end
      end
    end
  end
end)

test("an order without a limit gets one for MySQL, which drops it in an inner query", function()
  for query, gets_one in pairs {
    ["SELECT a FROM b ORDER BY a"] = true, ["SELECT a FROM b ORDER BY a LIMIT 5"] = false,
    ["SELECT a FROM b"] = false, ["SELECT * FROM (SELECT a FROM b ORDER BY a) c"] = false,
    ["SELECT a FROM (SELECT 1 LIMIT 1) b ORDER BY a -- LIMIT"] = true,
    ["(SELECT a FROM b LIMIT 1) UNION SELECT 2 ORDER BY 1"] = true,
    ["SELECT 'ORDER BY' AS `order` FROM b"] = false,
  } do
    equal(checked("mysql", query), query .. (gets_one and "\nLIMIT 18446744073709551615" or ""))
  end
end)

test("the name of a table is quoted, each part of it", function()
  equal(postgresql.query { table = "users" }, 'SELECT * FROM "users"')
  equal(postgresql.query { table = 'auth.us"ers' }, 'SELECT * FROM "auth"."us""ers"')
  equal(mysql.query { table = "app.us`ers; x" }, "SELECT * FROM `app`.`us``ers; x`")
  for _, name in ipairs { "", ".", "a.", ".a", "a\nb", "a\0", "\xff" } do
    local got, _, kind = statement.quote(name, '"')
    equal({ got, kind }, { nil, "usage" }, name)
  end
end)
