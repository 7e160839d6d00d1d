local tap = require "tests.tap"
local dump = require "source.dump"
local file = require "host.file"
local test, equal = tap.test, tap.equal

for name, expected in pairs {
  pg_copy = { 3, "a dump of pg_dump, with the tables auth.members, public.users, public.wp_users" },
  mariadb = { 3, "a dump of mariadb-dump, with the tables audit, users" },
  sqlite = { 3, "a dump of sqlite3, with the tables users, log" },
} do
  test("what " .. name .. ".sql is", function()
    local found = dump.recognise(assert(file.read("tests/fixtures/dumps/" .. name .. ".sql")))
    equal(found, { sure = expected[1], what = expected[2], options = { table = "users" } })
  end)
end

for name, case in pairs {
  ["statements without a program's comment"] = {
    "INSERT INTO `shop`.`wp_users` (`ID`) VALUES (1);\n", 2,
    "SQL statements, with the table shop.wp_users", "wp_users" },
  ["a table of users by its name alone"] = {
    "CREATE TABLE roles (id int);\nCREATE TABLE IF NOT EXISTS `phpbb_users` (\n", 2,
    "SQL statements, with the tables roles, phpbb_users", "phpbb_users" },
  ["two tables of one name"] = {
    "COPY auth.users (id) FROM stdin;\n\\.\n\nCOPY public.users (id) FROM stdin;\n", 2,
    "SQL statements, with the tables auth.users, public.users", "auth.users" },
  ["a script of SQL Server"] = {
    "GO\r\nINSERT [dbo].[logs] ([id]) VALUES (1)\r\n"
    .. "INSERT [dbo].[Users] ([Id]) VALUES (1)\r\n", 2,
    "SQL statements, with the tables dbo.logs, dbo.Users", "Users" },
  ["SQL in UTF-16"] = { "\xFF\xFE"
    .. ("INSERT [dbo].[Users] ([Id]) VALUES (1)\n"):gsub(".", "%0\0"), 2,
    "SQL statements, with the table dbo.Users", "Users" },
  ["no table that looks like users"] = {
    "-- MySQL dump 10.13\r\nREPLACE INTO `roles` VALUES (1);\r\n", 3,
    "a dump of mysqldump, with the table roles" },
  ["a dump whose tables come later"] = { "-- phpMyAdmin SQL Dump\n-- version 5\n", 3,
    "a dump of phpMyAdmin" },
} do
  test(name .. " are recognized", function()
    equal(dump.recognise(case[1]),
      { sure = case[2], what = case[3], options = case[4] and { table = case[4] } or nil })
  end)
end

test("many tables are not all listed", function()
  local lines = {}
  for i = 1, 12 do lines[i] = "CREATE TABLE t" .. i .. " (id int);\n" end
  equal(dump.recognise(table.concat(lines)).what,
    "SQL statements, with the tables t1, t2, t3, t4, t5, t6, t7, t8, t9, t10 and others")
end)

for _, head in ipairs {
  "", "id,email\n1,a@example.com\n", "id\temail\n", '[{"id":1}]', '{"id":1}\n{"id":2}\n',
  "dn: uid=a,dc=example\nuid: a\n", '<?xml version="1.0"?><users/>', "SQLite format 3\0\16\0\1\1",
  "\22\0\0\0\16a\0\1\0\0\0", "- id: 1\n", "PGDMP\1\14\0", "COPY that\nINSERT coin\n",
  "1\tone@example.com\t\\N\n", "note\nCREATE TABLE\n",
} do
  test("this is no dump: " .. head:gsub("[%c\x80-\xFF]", "."), function()
    equal(dump.recognise(head), nil)
  end)
end
