--- A query that is accepted is one statement, and nothing in it is left open: what is added after
--- it is seen.

local fuzz = dofile "tests/fuzz/fuzz.lua"
local mysql = require "source.database.mysql"
local postgresql = require "source.database.postgresql"

local samples = {
  "SELECT id, email FROM users WHERE deleted_at IS NULL ORDER BY id LIMIT 10;",
  "WITH a AS (SELECT 1) TABLE a -- all\n", "VALUES (1, 'a''b', E'\\'', $q$ ' $$ $q$, $$;$$)",
  'SELECT "a;b", `c;d`, [e] FROM t /* one /* two */ three */ WHERE x = \'\\\'', "SELECT 1 # one\n",
  "SELECT U&'\\0041', B'1', X'1F', N'x', 1e'\\''", "SELECT /*! 1 */ 2", "SELECT '\\\\'; SELECT 2",
}
local words = { "'", '"', "`", "$$", "$a$", "--", "-- ", "#", "/*", "*/", "/*!", "\\", "\\!", ";",
  "(", ")", "E'", "\n", "\r", "\0", "INTO", "ORDER BY 1", "LIMIT", "\xff", "ä" }

return fuzz.run(..., function()
  local query = fuzz.broken(samples, words)
  for _, client in ipairs { postgresql, mysql } do
    local text, why, kind = client.query { query = query }
    if not text then
      assert(kind == "usage" and why:find "^the query ")
    else
      for _, more in ipairs { "\n; DROP TABLE users", "\n)", "\n'", "\n/*", "\nINTO x" } do
        assert(not client.query { query = query .. more }, more)
      end
    end
  end
end)
