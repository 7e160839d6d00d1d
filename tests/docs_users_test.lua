--- docs/users.md: its table has every field with the limits of the rules, and its queries find what
--- the rules find, in each database.

local databases = require "tests.databases"
local docs_rig = require "tests.docs_rig"
local file = require "host.file"
local json = require "host.json"
local limits = require "auth0.limits"
local schema = require "auth0.schema"
local store = require "host.store"
local tap = require "tests.tap"
local user_rules = require "auth0.user"
local test = tap.test

local TEXT <const> = assert(file.read("docs/users.md"))
local COLUMNS <const> = {
  "id", "email", "username", "phone", "given_name", "family_name", "name", "picture", "metadata",
}

---The cells of the table's rows by field.
local function rows()
  local found = {}
  for line in TEXT:match("\n| field |.-\n\n"):gmatch("\n(| `[^\n]+)") do
    local names = line:match("^| (.-) |")
    for name in names:gmatch("`([%w_]+)`") do found[name] = line end
  end
  return found
end

test("the table has each field of a user, and no others", function()
  local found = rows()
  for name in pairs(user_rules.ORDER) do assert(found[name], name) end
  for name in pairs(found) do assert(user_rules.ORDER[name], name) end
end)

test("the limits in the table are those of the rules", function()
  local found, properties = rows(), schema.rule().properties
  for name in pairs(user_rules.ORDER) do
    local rule = properties[name]
    local least, most = rule.min_length or rule.min_items, rule.max_length or rule.max_items
    if most then tap.contains(found[name], least .. " to " .. most) end
    local doubtful = rule.warn and rule.warn.max_length
    if doubtful then tap.contains(found[name], "bove " .. doubtful) end
    local type = rule.type == "array" and "list" or rule.type
    tap.contains(found[name], "| " .. type .. " |", name)
  end
  tap.contains(TEXT, "from " .. limits.PROFILE_ENFORCED .. " Auth0 refuses")
end)

test("what an upsert changes is what the program knows of it", function()
  local is_updated = {}
  for _, name in ipairs(user_rules.UPSERTED) do is_updated[name] = true end
  for name, line in pairs(rows()) do
    local says = line:find("| updated |", 1, true) or line:find("| replaced as a whole |", 1, true)
    tap.equal(says ~= nil, is_updated[name] or false, name)
  end
end)

test("all reserved names are listed", function()
  local listed = TEXT:match("must not have these names.-\n`metadata%.unreserved`")
  for _, name in ipairs(schema.APP_METADATA_RESERVED) do
    tap.contains(listed, "`" .. name .. "`")
  end
end)

-- -- queries

local LONG <const> = ("x"):rep(151)

---Rows and what is wrong with each. Rules know nothing of rows that conflict with another.
local ROWS <const> = {
  { id = "ok1", email = "ada@example.com", username = "ada.l", phone = "+4930123456",
    given_name = LONG:sub(2), name = LONG, picture = "HTTPS://example.com/a.png",
    metadata = '{"plan":"a.b$c","tags":["x.y"]}' },
  { id = "ok2", email = "o'neil+x@sub.example.co", username = "a-b_c!#$'^`~" },
  { id = "ok3", email = ("a"):rep(64) .. "@example.com", username = "a@b" },
  { id = "none", problems = { "OBJECT_REQUIRED email" } },
  { id = "blank", email = "", problems = { "OBJECT_REQUIRED email" } },
  { id = "host", email = "a@host", problems = { "FORMAT email" } },
  { id = "two", email = "a@b.co,c@d.co", problems = { "FORMAT email" } },
  { id = "named", email = "Ann <a@b.co>", problems = { "FORMAT email" } },
  { id = "at", email = "a@b@c.co", problems = { "FORMAT email" } },
  { id = "local", email = ("a"):rep(65) .. "@example.com", problems = { "FORMAT email" } },
  { id = "user1", email = "u1@example.com", username = ("u"):rep(16),
    problems = { "MAX_LENGTH username" } },
  { id = "user2", email = "u2@example.com", username = "müller",
    problems = { "PATTERN username" } },
  { id = "user3", email = "u3@example.com", username = "a@b.co",
    problems = { "PATTERN username" } },
  { id = "user4", email = "u4@example.com", username = "+49301",
    problems = { "PATTERN username" } },
  { id = "user5", email = "u5@example.com", username = "a b",
    problems = { "PATTERN username" } },
  { id = "phone1", email = "p1@example.com", phone = "030 123",
    problems = { "PATTERN phone_number" } },
  { id = "phone2", email = "p2@example.com", phone = "+1234567890123456",
    problems = { "PATTERN phone_number" } },
  { id = "phone3", email = "p3@example.com", phone = "+", problems = { "PATTERN phone_number" } },
  { id = "a b", email = "id@example.com", problems = { "PATTERN user_id" } },
  { id = "given", email = "g@example.com", given_name = LONG,
    problems = { "MAX_LENGTH given_name" } },
  { id = "family", email = "f@example.com", family_name = ("ü"):rep(151),
    problems = { "MAX_LENGTH family_name" } },
  { id = "name", email = "n@example.com", name = LONG .. LONG, problems = { "MAX_LENGTH name" } },
  { id = "file", email = "i@example.com", picture = "me.png", problems = { "PATTERN picture" } },
  { id = "ftp", email = "i2@example.com", picture = "ftp://example.com/a",
    problems = { "PATTERN picture" } },
  { id = "dot", email = "m@example.com", metadata = '{"a": {"b.c": 1}}',
    problems = { "PATTERN app_metadata" } },
  { id = "dollar", email = "m2@example.com", metadata = '{"a": [{"$b": 1}]}',
    problems = { "PATTERN app_metadata" } },
  { id = "size", email = "s@example.com", metadata = '{"a": "' .. ("x"):rep(10000) .. '"}',
    problems = { "PROFILE_SIZE_EXCEEDED" }, is_warning = true },
  { id = "same1", email = "same@example.com", problems = { "CONFLICT_EMAIL" }, conflicts = true },
  { id = "same2", email = "SAME@example.com", problems = { "CONFLICT_EMAIL" }, conflicts = true },
  { id = "login1", email = "l1@example.com", username = "login",
    problems = { "CONFLICT_USERNAME" }, conflicts = true },
  { id = "login2", email = "l2@example.com", username = "Login",
    problems = { "CONFLICT_USERNAME" }, conflicts = true },
  { id = "call1", email = "c1@example.com", phone = "+4930",
    problems = { "CONFLICT phone_number" }, conflicts = true },
  { id = "call2", email = "c2@example.com", phone = "+4930",
    problems = { "CONFLICT phone_number" }, conflicts = true },
}

---What the rules say of a row: codes with their fields, as the queries say them.
local function judged(row)
  local user = user_rules.normalise {
    user_id = row.id, email = row.email, username = row.username, phone_number = row.phone,
    given_name = row.given_name, family_name = row.family_name, name = row.name,
    picture = row.picture, app_metadata = row.metadata and json.decode(row.metadata),
  }
  local found, seen = {}, {}
  for _, finding in ipairs(schema.for_connection():check(user) or {}) do
    local is_size = finding.code == "PROFILE_SIZE_EXCEEDED"
    -- A picture without a scheme breaks two rules, of which the queries name the second.
    local is_first = finding.code == "FORMAT" and finding.path == "picture"
    local said = is_size and finding.code or finding.code .. " " .. finding.path:match("^[^.]*")
    if (not finding.warning or is_size) and not is_first and not seen[said] then
      seen[said], found[#found + 1] = true, said
    end
  end
  table.sort(found)
  return found
end

for _, row in ipairs(ROWS) do
  test("the rules say of the row " .. row.id .. " what the queries must say", function()
    tap.equal(judged(row), not row.conflicts and row.problems or {})
  end)
end

---What a query must find: "id problem", sorted.
local function expected()
  local lines = {}
  for _, row in ipairs(ROWS) do
    for _, problem in ipairs(row.problems or {}) do
      lines[#lines + 1] = row.id .. "|" .. problem
    end
  end
  table.sort(lines)
  return lines
end

---The query below a heading.
local function query(heading)
  local found
  for _, block in ipairs(docs_rig.page("docs/users.md", TEXT).blocks) do
    if block.language == "sql" and block.before == "### " .. heading then
      found = table.concat(block.lines, "\n")
    end
  end
  return assert(found, heading)
end

local function literal(value)
  return value and "'" .. value:gsub("'", "''") .. "'" or "NULL"
end

---Statements that make the table.
local function table_text(types)
  local lines = { "CREATE TABLE users (" .. types .. ");" }
  for _, row in ipairs(ROWS) do
    local values = {}
    for i, name in ipairs(COLUMNS) do values[i] = literal(row[name]) end
    lines[#lines + 1] = string.format("INSERT INTO users (%s) VALUES (%s);",
      table.concat(COLUMNS, ", "), table.concat(values, ", "))
  end
  return table.concat(lines, "\n")
end

local TEXT_COLUMNS <const> = table.concat(COLUMNS, " TEXT, ") .. " "

test("the query for SQLite finds these rows and no others", function()
  local folder = assert(file.temporary())
  local _ <close> = setmetatable({}, { __close = function() file.remove_tree(folder) end })
  local db <close> = assert(store.open(folder .. "/a.db", { durable = false }))
  assert(db:exec(table_text(TEXT_COLUMNS .. "TEXT")))
  local lines = {}
  for row in db:rows((query "SQLite":gsub(";%s*$", ""))) do
    lines[#lines + 1] = (row.id or row[1]) .. "|" .. (row.problem or row[2])
  end
  table.sort(lines)
  tap.equal(lines, expected())
end)

---The rows of a client's output, with its separator.
local function sorted_lines(said)
  local lines = {}
  for line in said:gmatch("[^\n]+") do
    local id, problem = line:match("^(.-)[|\t](.*)$")
    if id then lines[#lines + 1] = id .. "|" .. problem end
  end
  table.sort(lines)
  return lines
end

test("the query for PostgreSQL finds these rows and no others", function()
  local server = databases.postgresql()
  local said = server:sql("DROP SCHEMA IF EXISTS guide CASCADE; CREATE SCHEMA guide;"
    .. "SET search_path = guide;\n" .. table_text(TEXT_COLUMNS .. "JSONB") .. "\n"
    .. query "PostgreSQL" .. "\nDROP SCHEMA guide CASCADE;")
  tap.equal(sorted_lines(said), expected())
end)

test("the query for MySQL and MariaDB finds these rows and no others", function()
  local server = databases.mariadb()
  local said = server:sql("CREATE OR REPLACE DATABASE guide CHARACTER SET utf8mb4; USE guide;\n"
    .. "SET NAMES utf8mb4;\n" .. table_text(TEXT_COLUMNS .. "JSON") .. "\n"
    .. query "MySQL and MariaDB" .. "\nDROP DATABASE guide;")
  tap.equal(sorted_lines(said), expected())
end)
