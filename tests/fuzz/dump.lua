--- host.dump must return the same rows however its input arrives, with text in UTF-8 unless the
--- dump says that it is bytes.

local dump = require "host.dump"
local file = require "host.file"
local text_of = require "host.text"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local samples = {
  "COPY users (id, a) FROM stdin;\n1\t\\N\n2\t\\\\x\\x41\\101\\n\n\\.\n",
  "INSERT INTO users (id, a) VALUES (1,'x'),(2,NULL),(3,E'\\'\\u00e4''');\n",
  "-- MySQL dump\nINSERT INTO `users` (`id`) VALUES (_binary '\\0\\'',0x41,b'101'),(X'41');\n",
  "INSERT INTO users(id)VALUES(replace(replace('a\\n','\\n',char(10)),unistr('\\u0041'),'x'));",
  "DELIMITER ;;\nCREATE TRIGGER t BEGIN x; END ;;\nDELIMITER ;\nUSE `x`;SET NAMES utf8;\n",
  "CREATE FUNCTION f() AS $a$ ' $a$; CREATE TABLE users (id int, b bytea GENERATED ALWAYS AS (1));",
  "SET x ON\nGO\nINSERT [users] ([id], [a]) VALUES (1, CAST(N'x' AS char(2)))\n"
    .. "INSERT [users] ([id]) VALUES (CAST(0x41 AS int))\nGO\n",
  "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_BACKSLASH_ESCAPES' */;\n",
}
for _, path in ipairs(assert(file.glob("tests/fixtures/dumps/*.sql"))) do
  samples[#samples + 1] = assert(file.read(path))
end
local words = { "'", "''", "\\", "\\'", "`", '"', "(", ")", ",", ";", "--", "-- ", "#", "/*", "*/",
  "/*!", "$$", "$a$", "\n", "\r\n", "\t", "\\.", "\\N", "\0", "\xff", "\xc3\xa4", "E'", "x'",
  "b'", "0x", "_binary ", "::", "NULL", "INSERT INTO users ", "VALUES ", "COPY users FROM stdin;\n",
  "CREATE TABLE users (", "DELIMITER $$\n", "BEGIN", "END", "CASE", "SET ",
  "replace(", "char(", "CAST(", " AS ", "\nGO\n", "go", ("q"):rep(1100) }

local function read(path, text, in_pieces, options)
  local input <close> = fuzz.input(path, text, in_pieces)
  local reader <close> = dump.reader(input, options)
  local list, may_be_bytes = {}, text:find("[xXbB]'") or text:find("0x") or text:lower():find("b")
  for _ = 1, 300 do
    local row, place, line, raw = reader:next()
    for name, value in pairs(row or {}) do assert(may_be_bytes or text_of.is_utf8(value), name) end
    list[#list + 1] = { row or false, place or false, line or false, raw or false }
    if row == nil then break end
  end
  list[#list + 1] = { reader:columns(), reader:tables(), reader:is_cut() }
  return list
end

---Text for a comparison: names of columns need not be UTF-8.
local function shown(value)
  if type(value) ~= "table" then return ("%q"):format(value) end
  local parts = {}
  for key, one in pairs(value) do parts[#parts + 1] = shown(key) .. "=" .. shown(one) end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

return fuzz.run(..., function(_, folder)
  local text = fuzz.broken(samples, words)
  if math.random(4) == 1 then -- bytes as units of UTF-16
    text = fuzz.pick { "\xFF\xFE", "" } .. text:gsub(".", "%0\0"):sub(1, -math.random(3))
  end
  local options = {
    table = fuzz.pick { "users", "users", "users", "audit" },
    schema = fuzz.pick { false, "public" } or nil, limit = fuzz.pick { 100, 200, 1000, 1000000 },
  }
  if math.random(3) == 1 then options.backslash_escapes = math.random(2) == 1 end
  local whole = shown(read(folder .. "/a.sql", text, false, options))
  local pieces = shown(read(folder .. "/a.sql", text, true, options))
  assert(whole == pieces, ("%s\n~= %s"):format(whole, pieces))
end)
