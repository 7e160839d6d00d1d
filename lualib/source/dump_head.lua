--- What kind of a dump a file is, by its beginning, and which of its tables may hold the users.

local utf16 = require "source.utf16"

local dump_head = {}

local MOST_SHOWN <const> = 10 -- tables

---Beginnings of what only one program writes.
---@type {[1]: string, [2]: string}[]
local PROGRAMS <const> = {
  { "^%-%-\n%-%- PostgreSQL database dump", "pg_dump" },
  { "^%-%-\n%-%- PostgreSQL database cluster dump", "pg_dumpall" },
  { "^%-%- MariaDB dump", "mariadb-dump" },
  { "^%-%- MySQL dump", "mysqldump" },
  { "^%-%- phpMyAdmin SQL Dump", "phpMyAdmin" },
  { "^PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;", "sqlite3" },
}

local ROWS <const> = {
  "^COPY (.*)$", "^INSERT [%u ]-INTO (.*)$", "^REPLACE INTO (.*)$",
  "^INSERT (%[.*)$", -- of SQL Server
}
local NAME <const> = "^([%w_$.\"`%[%]\x80-\xff]+)[ (]"

---Plain names of tables that hold users, the best first.
local USERS <const> = {
  "^users?$", "^accounts?$", "^auth_user$", "^wp_users$", "^members?$", "^customers?$",
  "^customer_entity$", "^users_field_data$", "_users?$", "_members?$", "_customers?$",
  "_accounts?$", "^people$",
}

local function program_of(head)
  head = head:gsub("^/%*M?!999999[^\n]*\n", "")
  for _, entry in ipairs(PROGRAMS) do
    if head:find(entry[1]) then return entry[2] end
  end
end

---The table that a line is about, and whether it has rows of it.
local function table_of(line)
  local rest, rows = line:match("^CREATE TABLE (.*)$"), false
  if rest then rest = rest:gsub("^IF NOT EXISTS ", "") end
  for i = 1, rest and 0 or #ROWS do
    rest, rows = rest or line:match(ROWS[i]), true
  end
  local name = rest and rest:match(NAME)
  if name then return (name:gsub('["`%[%]]', "")), rows end
end

---The names of tables, in order, those with rows first.
local function tables_of(head)
  local with_rows, others, seen = {}, {}, {}
  for line in (head .. "\n"):gmatch("([^\n]*)\n") do
    local name, rows = table_of(line)
    local list = rows and with_rows or others
    if name and seen[name] ~= list and seen[name] ~= with_rows then
      list[#list + 1], seen[name] = name, list
    end
  end
  for _, name in ipairs(others) do
    if seen[name] == others then with_rows[#with_rows + 1] = name end
  end
  return with_rows
end

---The table that most likely holds users; with its schema if another one has the same name.
local function users_of(tables)
  local found
  for _, pattern in ipairs(USERS) do
    for _, name in ipairs(tables) do
      local own = name:match("[^.]+$") or name
      if not found and own:lower():find(pattern) then found = name end
    end
    if found then break end
  end
  if not found then return nil end
  local own, same = found:match("[^.]+$"), 0
  for _, name in ipairs(tables) do
    if name:match("[^.]+$") == own then same = same + 1 end
  end
  return same > 1 and found or own
end

---@param head string  the beginning of a file
---@return Recognised?
function dump_head.recognise(head)
  head = utf16.text(head):gsub("^\xEF\xBB\xBF", ""):gsub("\r\n?", "\n")
  local program, tables = program_of(head), tables_of(head)
  if not program and #tables == 0 then return nil end
  local what = program and "a dump of " .. program or "SQL statements"
  if #tables > 0 then
    what = string.format("%s, with the table%s %s%s", what, #tables == 1 and "" or "s",
      table.concat(tables, ", ", 1, math.min(#tables, MOST_SHOWN)),
      #tables > MOST_SHOWN and " and others" or "")
  end
  local users = users_of(tables)
  return { sure = program and 3 or 2, what = what, options = users and { table = users } or nil }
end

return dump_head
