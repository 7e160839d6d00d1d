--- Dumps of real databases for tests of recipes: made by the program of the database.

local databases = require "tests.databases"

local dumps = {}

---What a command prints.
local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  assert(pipe:close(), command)
  return text
end

---The dump of a new database of MariaDB after these statements.
---@param sql string
---@param options? string  of mariadb-dump
---@return string
function dumps.mariadb(sql, options)
  local server = databases.mariadb()
  server:sql("DROP DATABASE IF EXISTS made; CREATE DATABASE made CHARACTER SET utf8mb4;"
    .. "USE made;" .. sql)
  return output("mariadb-dump --no-defaults --user=root --default-character-set=utf8mb4 "
    .. "--socket=" .. server.folder .. "/socket " .. (options or "") .. " made")
end

---The dump of a new database of PostgreSQL after these statements.
---@param sql string
---@param options? string  of pg_dump
---@return string
function dumps.postgresql(sql, options)
  local server = databases.postgresql()
  server:sql "DROP DATABASE IF EXISTS made;"
  server:sql "CREATE DATABASE made;"
  server:sql("\\connect made\n" .. sql)
  return output(string.format("pg_dump -h %s -p %d -U postgres %s made", server.folder,
    server.port, options or ""))
end

return dumps
