local tap = require "tests.tap"
local dump = require "host.dump"
local file = require "host.file"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---A reader of `text` as if it were a file called dump.sql.
local function open(text, options)
  local folder = assert(file.temporary())
  local path = folder .. "/dump.sql"
  local out = assert(file.create(path))
  assert(out:write(text))
  out:close()
  local input = assert(file.open(path))
  assert(file.remove_tree(folder))
  options = options or {}
  options.table = options.table or "users"
  return dump.reader(input, options)
end

---All rows; those that are skipped as their message. Then the places, and what ended the reading.
local function rows(text, options)
  local reader <close> = open(text, options)
  local all, places = {}, {}
  while true do
    local row, place, line = reader:next()
    if row == nil then return all, places, place, line end
    all[#all + 1] = row or place
    places[#places + 1] = row and place or line
  end
end

---Text as UTF-16, without a mark.
local function utf16(text, format)
  local parts = {}
  for _, point in utf8.codes(text) do
    local high = point > 0xFFFF and 0xD800 + (point - 0x10000 >> 10)
    parts[#parts + 1] = high and string.pack(format .. format:sub(2), high,
      0xDC00 + (point & 0x3FF)) or string.pack(format, point)
  end
  return table.concat(parts)
end

local function failure(text, options)
  local _, _, message, kind = rows(text, options)
  return message, kind
end

local MYSQL <const> = "-- MySQL dump 10.13\n"
local PG <const> = "SET standard_conforming_strings = on;\n"
local CREATE <const> = "CREATE TABLE `users` (\n `id` int,\n `a` text,\n PRIMARY KEY (`id`)\n);\n"

for name, case in pairs {
  ["INSERT names its columns"] = {
    "INSERT INTO users (id, a) VALUES (1, 'x');\n", { { id = "1", a = "x" } } },
  ["columns come from CREATE TABLE"] = {
    CREATE .. "INSERT INTO `users` VALUES (1,'x'),(2,NULL);",
    { { id = "1", a = "x" }, { id = "2" } } },
  ["keys and constraints are not columns, and types may have commas"] = {
    "CREATE TABLE IF NOT EXISTS `users` (`id` decimal(10,2), `key` enum('a,b','c)'), KEY `k` "
    .. "(`id`), CONSTRAINT `c` CHECK (`id` in (1,2)), UNIQUE KEY `u` (`key`)) ENGINE=InnoDB;"
    .. "INSERT INTO `users` VALUES (1,'c)');", { { id = "1", key = "c)" } } },
  ["columns of PostgreSQL may be called key and index"] = {
    PG .. "CREATE TABLE public.users (key text, index integer, CONSTRAINT c CHECK ((index > 0)));\n"
    .. "INSERT INTO public.users VALUES ('k', 1);", { { key = "k", index = "1" } } },
  ["generated columns may be left out of rows, or be in them"] = {
    "CREATE TABLE users (id int, up text GENERATED ALWAYS AS (upper(a)) STORED, a text,"
    .. " n int GENERATED ALWAYS AS IDENTITY);\n"
    .. "INSERT INTO users VALUES (1, 'x', 7); INSERT INTO users VALUES (2, DEFAULT, 'y', 8);",
    { { id = "1", a = "x", n = "7" }, { id = "2", a = "y", n = "8" } } },
  ["escapes of MySQL"] = {
    MYSQL .. [[INSERT INTO users (a) VALUES ('\'''"\"\\\0\n\r\t\b\Z\q\%\_'),("d'q""");]],
    { { a = "'" .. [['""\]] .. "\0\n\r\t\b\26q\\%\\_" }, { a = "d'q\"" } } },
  ["a backslash is text in standard SQL"] = {
    [[INSERT INTO users (a) VALUES ('\'),('it''s \n');]], { { a = "\\" }, { a = "it's \\n" } } },
  ["a script of SQL Server, whose batches end with GO"] = {
    "USE [Shop]\r\nGO\r\n/** Object: Table [dbo].[users] **/\r\nSET ANSI_NULLS ON\r\nGO\r\n"
    .. "CREATE TABLE [dbo].[users](\r\n\t[id] [int] NOT NULL,\r\n\t[a] [nvarchar](max) NULL,\r\n"
    .. " CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]\r\n)"
    .. " ON [PRIMARY]\r\nGO\r\nINSERT [dbo].[logs] ([id]) VALUES (1)\r\n"
    .. "INSERT [dbo].[users] ([id], [a]) VALUES (1, N'O''Hara\r\nGO\r\n\\')\r\nGO\r\n"
    .. "INSERT [dbo].[users] ([id], [a]) VALUES (2, NULL)\r\ngo",
    { { id = "1", a = "O'Hara\r\nGO\r\n\\" }, { id = "2" } } },
  ["a script of SQL Server without GO between the rows"] = {
    "GO\nSET IDENTITY_INSERT [dbo].[users] ON \n\nINSERT [dbo].[users] ([id]) VALUES (1)\n"
    .. "INSERT [dbo].[users] ([id]) VALUES (2)\nSET IDENTITY_INSERT [dbo].[users] OFF\n"
    .. "INSERT [dbo].[logs] ([id]) VALUES (1)\nINSERT [dbo].[users] ([id]) VALUES (3)\n",
    { { id = "1" }, { id = "2" }, { id = "3" } } },
  ["semicolons and GO"] = {
    "INSERT INTO users (id) VALUES (1);\nGO\nINSERT INTO users (id) VALUES (2);\nGO\n",
    { { id = "1" }, { id = "2" } } },
  ["casts of SQL Server"] = {
    "INSERT [users] ([id], [a]) VALUES (CAST(1.50 AS Decimal(18, 2)), "
    .. "CAST(N'2026-01-02T03:04:05' AS DateTime2))\nGO\n"
    .. "INSERT [users] ([id], [a]) VALUES (2, CAST(0x0000B0AF00000000 AS DateTime))\nGO\n",
    { { id = "1.50", a = "2026-01-02T03:04:05" }, { id = "2", a = "0x0000B0AF00000000" } } },
  ["E strings of PostgreSQL"] = {
    PG .. [[INSERT INTO users (a) VALUES (E'\'\\\n\x41\101\u00e4\U0001F600\q''');]],
    { { a = "'\\\nAA\u{e4}\u{1F600}q'" } } },
  ["strings if standard_conforming_strings is off"] = {
    "SET standard_conforming_strings = off;\n" .. [[INSERT INTO users (a) VALUES ('\'\101');]],
    { { a = "'A" } } },
  ["NO_BACKSLASH_ESCAPES and its end"] = {
    MYSQL .. "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI,NO_BACKSLASH_ESCAPES' */;\n"
    .. "INSERT INTO users (a) VALUES ('\\');\nSET sql_mode = @OLD_SQL_MODE;\n"
    .. "INSERT INTO users (a) VALUES ('\\'');", { { a = "\\" }, { a = "'" } } },
  ["a mode that a variable is set to is not the mode"] = {
    MYSQL .. "SET @sql_mode = 'NO_BACKSLASH_ESCAPES', @@SESSION.sql_mode = '';\n"
    .. "INSERT INTO users (a) VALUES ('\\'');", { { a = "'" } } },
  ["the option decides about backslashes"] = {
    MYSQL .. "INSERT INTO users (a) VALUES ('\\');", { { a = "\\" } },
    options = { backslash_escapes = false } },
  ["bytes of MySQL"] = {
    MYSQL .. "INSERT INTO users (a,b,c,d,e,f) VALUES (_binary '\\0\xff\\'',0x00FF,X'0a',b'1',"
    .. "b'100000001',_utf8mb4'\u{e4}');",
    { { a = "\0\xff'", b = "\0\xff", c = "\n", d = "\1", e = "\1\1", f = "\u{e4}" } } },
  ["columns of bytes may have any"] = {
    "CREATE TABLE `users` (`u` binary(16), `b` longblob, `f` bit(1));\n"
    .. "INSERT INTO `users` VALUES ('\xff\\0','\xfe','\\0');",
    { { u = "\xff\0", b = "\xfe", f = "\0" } } },
  ["bytea is bytes where the table says so"] = {
    PG .. "CREATE TABLE users (a bytea, b text);\nINSERT INTO users VALUES ('\\x00ff', '\\x00ff');",
    { { a = "\0\xff", b = "\\x00ff" } } },
  ["casts are passed"] = {
    PG .. "INSERT INTO users (a,b,c) VALUES ('x'::character varying(20)[], 1::numeric(3,2), "
    .. "'\\x00'::bytea);", { { a = "x", b = "1", c = "\0" } } },
  ["booleans are as COPY writes them, numbers as they are written"] = {
    "INSERT INTO users (a,b,c,d,e,f) VALUES (true,FALSE,-9223372036854775809,1.10,-1e-7,.5);",
    { { a = "t", b = "f", c = "-9223372036854775809", d = "1.10", e = "-1e-7", f = ".5" } } },
  ["the functions of sqlite3"] = {
    [[INSERT INTO users (a,b) VALUES(replace(replace('a\nb\r','\r',char(13)),'\n',char(10)),]]
    .. [[unistr('\u000a\\x'));]], { { a = "a\nb\r", b = "\n\\x" } } },
  ["rows of COPY"] = {
    "COPY public.users (id, \"a b\") FROM stdin;\n1\t\\N\n2\t\n"
    .. "\\\\N\t\\t\\n\\\\\\x41\\101\\b\\f\\v\n"
    .. "\\.\n", { { id = "1" }, { id = "2", ["a b"] = "" },
      { id = "\\N", ["a b"] = "\t\n\\AA\b\f\v" } } },
  ["COPY with CRLF"] = {
    "COPY users (id, a) FROM stdin;\r\n1\tx\r\n\\.\r\nCOPY users (id, a) FROM stdin;\r\n2\t\\r\r\n"
    .. "\\.\r\n", { { id = "1", a = "x" }, { id = "2", a = "\r" } } },
  ["COPY without names takes those of the table"] = {
    "CREATE TABLE users (id int, a text);\nCOPY users FROM stdin;\n1\tx\n\\.\n",
    { { id = "1", a = "x" } } },
  ["the last line may lack its end"] = {
    "COPY users (id) FROM stdin;\n1\n\\.", { { id = "1" } } },
  ["rows of other tables are passed, whatever they look like"] = {
    "COPY other (a) FROM stdin;\nINSERT INTO users (id) VALUES (9);\n\\\\.\n'\n\\.\n"
    .. "INSERT INTO other VALUES ('); INSERT INTO users (id) VALUES (8);', \"x\");\n"
    .. "INSERT INTO users (id) VALUES (1);", { { id = "1" } } },
  ["rows that look like statements"] = {
    "INSERT INTO users (a) VALUES ('''); INSERT INTO users (a) VALUES (''x'), ('--'), ('/*');",
    { { a = "'); INSERT INTO users (a) VALUES ('x" }, { a = "--" }, { a = "/*" } } },
  ["other forms of INSERT"] = {
    MYSQL .. "INSERT IGNORE INTO `users` (`id`) VALUES (1);\nREPLACE INTO `users` (`id`) "
    .. "VALUES (2);\ninsert low_priority into shop.users(id)values(3) ON DUPLICATE KEY UPDATE id = "
    .. "VALUES(id);\nINSERT OR IGNORE INTO \"users\" ([id]) VALUES (4);\n"
    .. "INSERT INTO users (id) OVERRIDING SYSTEM VALUE VALUES (5) ON CONFLICT DO NOTHING;",
    { { id = "1" }, { id = "2" }, { id = "3" }, { id = "4" }, { id = "5" } } },
  ["comments are passed"] = {
    MYSQL .. "# don't\n-- don't\n/* don't; */ INSERT /* ' */ INTO users (id, a) -- '\n VALUES\n"
    .. "(1 -- ');\n, /* ', */ 2 # ')\n),(1--1\n,2);",
    { { id = "1", a = "2" }, 'the value of column "id" cannot be read: it is not a literal' } },
  ["comments of other programs"] = {
    PG .. "INSERT INTO users (id) VALUES (1--'\n), (2/*)*/), (3-);",
    { { id = "1" }, { id = "2" },
      'the value of column "id" cannot be read: it is not a literal' } },
  ["comments that MySQL runs"] = {
    "/*M!999999\\- enable the sandbox mode */ \n/*!40000 ALTER TABLE `x` DISABLE KEYS */;\n"
    .. "/*!50003 INSERT INTO users (id) VALUES (1) */;", { { id = "1" } } },
  ["triggers and procedures of MySQL are passed"] = {
    "DELIMITER ;;\n/*!50003 CREATE*/ /*!50003 TRIGGER t AFTER INSERT ON users FOR EACH ROW BEGIN\n"
    .. "# don't\nINSERT INTO users (id) VALUES (8); END */;;\nDELIMITER $$\nCREATE PROCEDURE p() "
    .. "BEGIN INSERT INTO users (id) VALUES (9); END$$\nDELIMITER ;\nINSERT INTO users (id) "
    .. "VALUES (1);",
    { { id = "1" } } },
  ["functions of PostgreSQL are passed"] = {
    PG .. "CREATE FUNCTION f() AS $_$ INSERT INTO users (id) VALUES (7); $$ ' $_$;\n"
    .. "CREATE FUNCTION g() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; INSERT INTO users (id) "
    .. "VALUES (8); END;\nINSERT INTO users (id) VALUES (1);", { { id = "1" } } },
  ["triggers of SQLite are passed"] = {
    "PRAGMA foreign_keys=OFF;\nCREATE TRIGGER t AFTER INSERT ON log BEGIN INSERT INTO users (id) "
    .. "VALUES (CASE WHEN 1 THEN 8 END); END;\nINSERT INTO users VALUES(1);\n", {}, "not known" },
  ["a row with another number of values is skipped"] = {
    "INSERT INTO users (id, a) VALUES (1),(2,'b'),(3,'c','(,)'),();",
    { "the row has 1 value, the table 2 columns", { id = "2", a = "b" },
      "the row has 3 values, the table 2 columns", "the row has 0 values, the table 2 columns" } },
  ["a line of COPY with another number of values is skipped"] = {
    "COPY users (id, a) FROM stdin;\n1\n2\tb\n\n\\.\n",
    { "the row has 1 value, the table 2 columns", { id = "2", a = "b" },
      "the row has 1 value, the table 2 columns" } },
  ["a value that is not a literal"] = {
    "INSERT INTO users (id, a) VALUES (now(), 1), (2, 'b'), (1e, 2), (-, 1);",
    { 'the value of column "id" cannot be read: it is not a literal', { id = "2", a = "b" },
      'the value of column "id" cannot be read: it is not a literal',
      'the value of column "id" cannot be read: it is not a literal' } },
  ["text that is not UTF-8"] = {
    "COPY users (id, a) FROM stdin;\n1\t\xff\n2\tb\n3\t\\377\n\\.\n",
    { 'invalid UTF-8 in column "a"', { id = "2", a = "b" }, 'invalid UTF-8 in column "a"' } },
  ["a byte order mark"] = {
    "\xef\xbb\xbfINSERT INTO users (id) VALUES (1);", { { id = "1" } } },
  ["commands of psql"] = {
    "\\connect shop\n\\restrict x'y\nINSERT INTO users (id) VALUES (1);", { { id = "1" } } },
  ["a semicolon ends no DELIMITER that begins like a word"] = {
    "DELIMITER END_\nCREATE x BEGIN; INSERT INTO users (id) VALUES (9); ENDEND_\nDELIMITER ;\n"
    .. "INSERT INTO users (id) VALUES (1);", { { id = "1" } } },
} do
  test(name, function()
    local found, _, message = rows(case[1], case.options)
    equal(found, case[2])
    if case[3] then contains(message, case[3]) else equal(message, nil) end
  end)
end

test("rows have the line on which they begin, and the byte if it is not the first", function()
  local text = "-- x\nINSERT INTO users (a) VALUES ('1\n2'), ('3'),\n('4'),\n('5');\n"
    .. "COPY users (a) FROM stdin;\n6\n7\n\\.\n"
  local _, places = rows(text)
  equal(places, { 2, 3, 4, 5, 7, 8 })
end)

test("a table is found by its name, its schema and its database", function()
  local text = "INSERT INTO a.users (id) VALUES (1);\nINSERT INTO b.users (id) VALUES (2);\n"
    .. "INSERT INTO \"Users\" (id) VALUES (3);\nUSE `c`;\nINSERT INTO users (id) VALUES (4);\n"
  equal((rows(text, { schema = "b" })), { { id = "2" } })
  equal((rows(text, { table = "Users" })), { { id = "3" } })
  equal((rows(text, { schema = "c" })), { { id = "4" } })
  equal({ failure(text) }, { 'dump.sql:2: there are two tables "users": a.users and b.users; '
    .. 'choose one, such as table = "b.users"', "parse" })
  equal((rows("SET search_path = x, pg_catalog;\nINSERT INTO users (id) VALUES (1);\n"
    .. "SET search_path TO y;\nINSERT INTO users (id) VALUES (2);",
    { schema = "y" })), { { id = "2" } })
end)

test("two definitions of a table are told before its rows", function()
  local _, kind = failure("CREATE TABLE auth.users (id int);\nCREATE TABLE public.users (id int);\n"
    .. "COPY public.users (id) FROM stdin;\n1\n\\.\n")
  equal(kind, "parse")
end)

test("a missing table is told at the end, with the tables that there are", function()
  local reader <close> = open("CREATE TABLE `a` (x int);\nCOPY b.c (x) FROM stdin;\n\\.\n"
    .. "INSERT INTO `a` VALUES (1);\n")
  equal({ reader:next() }, { nil, 'no table "users"', "missing" })
  equal(reader:tables(), { "a", "b.c" })
  equal({ reader:next() }, {})
end)

test("a table without rows is not missing", function()
  equal({ failure("CREATE TABLE users (id int);\n") }, {})
end)

for name, case in pairs {
  ["inside a string"] = { MYSQL .. "INSERT INTO users (a) VALUES ('x\ny", "2: the string" },
  ["inside a row"] = { "INSERT INTO users (a) VALUES (1,", "1: the file ends inside this" },
  ["after a row"] = { "INSERT INTO users (a) VALUES (1)", "1: the file ends inside this" },
  ["inside the rows of COPY"] = { "\nCOPY users (a) FROM stdin;\n1\n2", "2: the rows of" },
  ["inside the rows of another COPY"] = { "COPY x (a) FROM stdin;\n1\n", "1: the rows of" },
  ["inside a comment"] = { "\n/* x", "2: the comment" },
  ["inside a name"] = { "\nINSERT INTO `x", "2: the name" },
  ["inside dollar quotes"] = { "\nSELECT $a$ x $b$", "2: the string" },
  ["inside another statement"] = { "\nALTER TABLE x", "2: the file ends inside this statement" },
} do
  test("a file that ends " .. name .. " was cut", function()
    local message, kind = failure(case[1])
    contains(message, "dump.sql:" .. case[2])
    contains(message, "cut off")
    equal(kind, "parse")
  end)
end

test("the last rows before a cut are given", function()
  equal((rows("COPY users (a) FROM stdin;\n1\n2")), { { a = "1" } })
end)

test("a dump without its last comment was cut", function()
  for text, cut in pairs {
    ["-- MySQL dump 10\nINSERT INTO users (a) VALUES (1);\n"] = true,
    ["-- MySQL dump 10\nINSERT INTO users (a) VALUES (1);\n-- Dump completed on 2020\n"] = false,
    ["--\n-- PostgreSQL database dump\n--\nINSERT INTO users (a) VALUES (1);\n"] = true,
    ["--\n-- PostgreSQL database dump\n--\nINSERT INTO users (a) VALUES (1);\n--\n-- PostgreSQL "
      .. "database dump complete\n"] = false,
    ["INSERT INTO users (a) VALUES (1);\n"] = false,
  } do
    local reader <close> = open(text)
    assert(reader:next())
    equal({ reader:is_cut(), reader:next() }, { false })
    equal(reader:is_cut(), cut)
  end
end)

for name, case in pairs {
  ["an INSERT that is not a list of values"] = {
    "INSERT INTO users SELECT 1;", "an INSERT without a list of VALUES" },
  ["a row whose parenthesis is missing"] = {
    "INSERT INTO users (a) VALUES (1, (2);\n", "the parenthesis that opens here" },
  ["rows without a comma"] = { "INSERT INTO users (a) VALUES (1) (2);", "a comma and a row" },
  ["a comma without a row"] = { "INSERT INTO users (a) VALUES (1),;", "a comma and a row" },
  ["a COPY with options"] = {
    "COPY users (a) FROM stdin WITH CSV;\n1\n\\.\n", "without options" },
  ["a COPY from a file"] = { "COPY users (a) FROM '/tmp/x';\n", "without options" },
  ["an encoding"] = {
    "SET client_encoding = 'LATIN1';\nINSERT INTO users (a) VALUES (1);", "encoding LATIN1" },
  ["names of MySQL"] = {
    "/*!40101 SET NAMES latin1 */;\nINSERT INTO users (a) VALUES (1);", "encoding latin1" },
  ["an archive of pg_dump"] = { "PGDMP\1\14\0", "pg_restore -f" },
  ["a tar archive of pg_dump"] = { "toc.dat\0\0", "pg_restore -f" },
} do
  test(name .. " ends the reading", function()
    local message, kind = failure(case[1])
    contains(message or "", case[2])
    equal(kind, "parse")
  end)
end

test("SET NAMES of readable encodings", function()
  for _, encoding in ipairs { "utf8mb4", "'utf8'", "binary", "utf8mb3 COLLATE utf8mb3_bin" } do
    equal((rows(MYSQL .. "SET NAMES " .. encoding .. ";\nINSERT INTO users (a) VALUES (1);")),
      { { a = "1" } })
  end
end)

test("a row over the limit is skipped, in any part of the file", function()
  local long = ("x"):rep(300000)
  local found, places = rows("INSERT INTO other VALUES ('" .. long .. "');\nINSERT INTO users (a) "
    .. "VALUES (1),('" .. long .. "'),('y');\nCOPY users (a) FROM stdin;\n" .. long .. "\nz\n\\.\n",
    { limit = 1000 })
  equal(found, { { a = "1" }, "the row is longer than 1000 bytes", { a = "y" },
    "the row is longer than 1000 bytes", { a = "z" } })
  equal(places, { 2, "2:34", "2:300039", 4, 5 })
  equal((rows("INSERT INTO users (a) VALUES ('" .. long .. "');")), { { a = long } })
end)

test("a broken row has its text", function()
  local reader <close> = open("INSERT INTO users (a) VALUES (1, '\xff');")
  equal({ reader:next() },
    { false, "the row has 2 values, the table 1 columns", 1, "1, '\u{fffd}'" })
end)

test("columns are those of the last row", function()
  local reader <close> = open("INSERT INTO users (a, b) VALUES (1, 2);"
    .. "INSERT INTO users (b) VALUES (3);")
  equal(reader:columns(), {})
  reader:next()
  equal(reader:columns(), { "a", "b" })
  equal(reader:next(), { b = "3" })
  equal(reader:columns(), { "b" })
end)

test("misuse raises", function()
  raises(function() open("", { limit = 0 }) end, "limit must be")
  raises(function() dump.reader(assert(file.open("README.md")), {}) end, "table must be a name")
  local reader = open("")
  reader:close()
  reader:close()
  raises(function() reader:next() end, "the reader is closed")
end)

-- What Management Studio writes, longer than what is read at once.
local SCRIPT <const> = "USE [Shop]\r\nGO\r\n" .. ("-- \u{10FFFF}\u{e9}\r\n"):rep(9000)
  .. "INSERT [dbo].[users] ([id], [a]) VALUES (1, N'\u{e4}\u{1F600}\u{4E2D}')\r\nGO\r\n"

for name, text in pairs {
  ["little endian, with a mark"] = "\xff\xfe" .. utf16(SCRIPT, "<I2"),
  ["big endian, with a mark"] = "\xfe\xff" .. utf16(SCRIPT, ">I2"),
  ["little endian"] = utf16(SCRIPT, "<I2"),
  ["big endian"] = utf16(SCRIPT, ">I2"),
} do
  test("a script in UTF-16 is read: " .. name, function()
    local all, places, message = rows(text)
    equal({ all, places, message }, { { { id = "1", a = "\u{e4}\u{1F600}\u{4E2D}" } },
      { 9003 } })
  end)
end

test("half a character of UTF-16 is not text, and ends no reading", function()
  local lone <const> = "\0\xd8" -- the first half of a character
  local begin <const> = "\xff\xfe" .. utf16("INSERT users (a) VALUES (N'", "<I2")
  local rest <const> = utf16("'),(N'b')\nGO\n", "<I2")
  local all = rows(begin .. lone .. rest)
  equal({ type(all[1]), all[2] }, { "string", { a = "b" } })
  local _, _, _, kind = rows(begin .. lone:sub(1, 1))
  equal(kind, "parse")
end)
