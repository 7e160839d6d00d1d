--- The users of an SQLite database of any application: a table, a view, or what a SELECT returns.
--- Columns and hashes are found as the recipe sql does it.

local migrate = require "migrate"
local sql = require "recipes.sql"

return migrate.extend(sql, {
  name = "sqlite",
  about = { system = "any SQLite database", passwords = "mixed", reads = { "files" } },
  params = {
    input = { help = "the database (.sqlite, .sqlite3, .db)" },
    query = { help = "a query (SELECT …) in place of a table" },
  },
})
