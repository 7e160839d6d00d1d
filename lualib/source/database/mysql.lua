--- How mariadb and mysql read a query: what they are started with, what they answer, how they fail.
---
--- Their `--batch` output writes NULL and the text "NULL" alike, and so do their other formats with
--- one value or another. So the server writes each value in quotes, or as hexadecimal digits if it
--- is binary, and only NULL has none.

local file = require "host.file"
local path = require "base.path"
local statement = require "source.database.statement"

local mysql = {}

local QUOTES <const> = { ["'"] = true, ['"'] = true, ["`"] = true }

---@type Dialect
local DIALECT <const> = {
  quotes = QUOTES, backslash = { ["'"] = true, ['"'] = true }, hash = true, spaced = true,
  code = true,
}

mysql.mark = ".\n" -- after the last row, which begins with a quote or with NULL

-- Of what the server writes and the client escapes, for host.csv.
mysql.format = { delimiter = "\t", quote = '"', escape = "\\", null = { "NULL" } }

local TOO_LONG <const> = "longer than max_allowed_packet of the server"
local EXTRA <const> = "/dev/fd/3" -- see ProgramPlan
local NO_HOME <const> = "/nonexistent"

-- Both clients have these; what a file of options may have changed is set back.
local ARGUMENTS <const> = {
  "--batch", "--quick", "--loose-sandbox", "--local-infile=0", "--skip-reconnect",
  "--no-auto-rehash", "--skip-force", "--skip-safe-updates", "--delimiter=;", "--skip-raw",
  "--skip-html", "--skip-xml", "--skip-vertical", "--skip-table", "--skip-line-numbers",
  "--default-character-set=utf8mb4", "--connect-timeout=30",
}

local BEGIN <const> = [[
SET NAMES utf8mb4;
SET SESSION time_zone = '+00:00', SESSION sql_select_limit = 18446744073709551615,
  SESSION net_write_timeout = 3600, SESSION group_concat_max_len = 16777216;
START TRANSACTION READ ONLY;
]]

---The text of an option file with the password. It is read before ~/.my.cnf, whose password would
---count: so that file is included, and the client sees no home directory.
local function with_password(password, env)
  local home = env "HOME"
  local own = home and home:sub(1, 1) == "/" and not home:find("%c") and path.join(home, ".my.cnf")
  local include = own and file.stat(own) and "!include " .. own .. "\n" or ""
  local quoted = password:gsub("[\\\"']", "\\%0"):gsub("\n", "\\n"):gsub("\r", "\\r")
    :gsub("\t", "\\t")
  return include .. '[client]\npassword="' .. quoted .. '"\n'
end

local function plan(request, more, script)
  local url, password = request.url, request.password
  local arguments = { table.unpack(ARGUMENTS) }
  table.move(more, 1, #more, #arguments + 1, arguments)
  local function add(option, value)
    if value then arguments[#arguments + 1] = option .. "=" .. value end
  end
  add("--host", url.host)
  add("--port", url.port)
  add("--protocol", url.port and "TCP")
  add("--socket", url.options.socket)
  add("--user", url.user)
  add("--database", url.name)
  local env = { MYSQL_PWD = request.env "MYSQL_PWD" }
  if password then
    table.insert(arguments, 1, "--defaults-extra-file=" .. EXTRA)
    env = { HOME = NO_HOME }
  end
  return {
    name = url.scheme, arguments = arguments, env = env, input = script,
    extra = password and with_password(password, request.env) or nil,
  }
end

---A statement as a script that the client cannot misread, and that the server takes as one only.
local function prepared(text)
  local hex = text:gsub(".", function(char) return string.format("%02X", char:byte()) end)
  return BEGIN .. "SET @auth0_migrate = CONVERT(0x" .. hex .. " USING utf8mb4);\n"
    .. "PREPARE auth0_migrate FROM @auth0_migrate;\nEXECUTE auth0_migrate;\n"
end

---@param request DatabaseRequest
---@return string? query
---@return string? message
---@return Kind? kind
function mysql.query(request)
  if request.table then
    local name, message, kind = statement.quote(request.table, "`")
    if not name then return nil, message, kind end
    return "SELECT * FROM " .. name
  end
  local upper = request.query:upper()
  if upper:find("OUTFILE", 1, true) or upper:find("DUMPFILE", 1, true) then
    return nil, "the query must not write (INTO OUTFILE)", "usage"
  end
  local query, is_ordered, kind = statement.check(request.query, DIALECT)
  if not query then return nil, is_ordered, kind end
  -- An inner query keeps its order only if it has a limit.
  return is_ordered and query .. "\nLIMIT 18446744073709551615" or query
end

---What writes the names of the query's columns.
---@param request DatabaseRequest
---@param query string
---@return ProgramPlan
function mysql.describe(request, query)
  return plan(request, { "--column-names" },
    prepared("SELECT * FROM (\n" .. query .. "\n) AS q LIMIT 0"))
end

---@param output string  of `describe`
---@return string[] names
function mysql.columns(output)
  local names = {}
  for name in (output:gsub("\n$", "") .. "\t"):gmatch("([^\t]*)\t") do names[#names + 1] = name end
  return names
end

---The value of a column in quotes; NULL without.
local function quoted(name)
  local value = "q.`" .. name:gsub("`", "``") .. "`"
  local text = "CONCAT('', " .. value .. ")"
  return string.format([[IFNULL(IF(CHARSET(%s) = 'binary', CONCAT('"0x', HEX(%s), '"'), ]]
    .. [[CONCAT('"', REPLACE(%s, '"', '""'), '"')), IF(%s IS NULL, NULL, '""%s'))]], text, text,
    text, value, TOO_LONG)
end

---What writes the query's rows.
---@param request DatabaseRequest
---@param query string
---@param names string[]
---@return ProgramPlan
function mysql.read(request, query, names)
  local values = {}
  for i, name in ipairs(names) do values[i] = quoted(name) end
  return plan(request, { "--skip-column-names" }, prepared("SELECT " .. table.concat(values, ",\n")
    .. "\nFROM (\n" .. query .. "\n) AS q") .. "SELECT '.';\n")
end

-- Numbers of the server and of its client; all others are mistakes in the query.
---@type table<string, Kind>
local BY_NUMBER <const> = {
  ["1040"] = "temporary", ["1203"] = "temporary", ["1205"] = "temporary", ["1213"] = "temporary",
  ["1226"] = "temporary", ["1021"] = "temporary",
  ["1053"] = "network", ["1077"] = "network", ["1317"] = "network", ["1927"] = "network",
  ["2002"] = "network", ["2003"] = "network", ["2005"] = "network", ["2006"] = "network",
  ["2013"] = "network", ["2055"] = "network", ["4031"] = "network",
  ["1969"] = "timeout", ["3024"] = "timeout",
  ["2026"] = "tls",
  ["1044"] = "login", ["1045"] = "login", ["1130"] = "login",
  ["1142"] = "login", ["1143"] = "login", ["1227"] = "login",
  ["1251"] = "login", ["1370"] = "login", ["1698"] = "login",
  ["1820"] = "login", ["1862"] = "login", ["2059"] = "login",
}

---@param _ integer      exit status, not 0
---@param said string    on stderr
---@return string words
---@return Kind kind
function mysql.failure(_, said)
  local number, words = said:match("ERROR (%d+)[^:\n]*: ([^\n]*)")
  if not number then return (said:gsub("%s+", " ")), "usage" end
  return words, BY_NUMBER[number] or "usage"
end

return mysql
