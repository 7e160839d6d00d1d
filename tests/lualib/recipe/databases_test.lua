--- What a recipe's state may ask of databases, with shell scripts in place of the clients.

local databases = require "recipe.databases"
local file = require "host.file"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local NAMES <const> = "case \"$*\" in *footer=off*) printf 'id\\0name\\n'; exit;; esac; "

---Plays with databases whose psql is a script; all programs in `granted` may run.
local function with(script, fn, granted)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/psql", "#!/bin/sh\n" .. script .. "\n"))
  assert(os.execute("chmod 700 " .. folder .. "/psql"))
  local queries = databases.new(function(name)
    return name == "PATH" and folder .. ":/usr/bin:/bin" or nil
  end)
  queries:allow { allows = function(_, kind, name)
    return kind == "exec" and (granted or { psql = true })[name] == true
  end }
  local ok, message = xpcall(fn, debug.traceback, queries)
  queries:close()
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

local URL <const> = "postgresql://bob@db/app"

local function open(queries, more)
  local request = { database = URL, table = "users" }
  for key, value in pairs(more or {}) do request[key] = value end
  return queries:ask("open", request)
end

---All rows of a query; nil, message, kind of a failure after them.
local function rows(queries, number)
  local parts = {}
  while true do
    local block, message, kind = queries:ask("read", number)
    if message then return table.concat(parts), message, kind end
    if not block then return table.concat(parts) end
    parts[#parts + 1] = block
  end
end

test("a query has its columns and its rows, without the mark", function()
  with(NAMES .. "printf '1\\ta\\n2\\tb\\n\\\\.\\n'", function(queries)
    local opened = assert(open(queries))
    equal(opened.columns, { "id", "name" })
    equal(opened.format.delimiter, "\t")
    equal(rows(queries, opened.number), "1\ta\n2\tb\n")
    equal(queries:ask("read", opened.number), nil)
  end)
  with(NAMES .. "printf '\\\\.\\n'", function(queries)
    equal(rows(queries, assert(open(queries)).number), "")
  end)
end)

-- {script, rows that came before, message, kind}
local BROKEN <const> = {
  { "printf '1\\ta\\n'", "", "users: the rows end before the end of the query", "closed" },
  { "printf '1\\ta\\n\\\\\\\\.\\n'", "1\ta\n", "users: the rows end before", "closed" },
  { "printf '1\\ta\\n\\\\.\\nx'", "1\ta\n", "users: the rows end before", "closed" },
  { "", "", "users: the rows end before", "closed" },
  { "printf '1\\ta\\n\\\\.\\n'; echo gone >&2; exit 2", "1\ta\n", "users: gone", "network" },
  { "echo 'psql:<stdin>:9: ERROR:  22012: division' >&2; exit 3", "", "users: division", "usage" },
  { "kill -9 $$", "", "users: exit status 137", "network" },
}

test("rows are never complete without the mark and a good end of the program", function()
  for _, case in ipairs(BROKEN) do
    with(NAMES .. case[1], function(queries)
      local number = assert(open(queries)).number
      local got, message, kind = rows(queries, number)
      assert(case[2]:sub(1, #got) == got or got == case[2], got)
      contains(message, case[3])
      equal(kind, case[4], case[1])
    end)
  end
end)

test("a failure before the rows is one of opening the query", function()
  with("echo 'psql:<stdin>:9: ERROR:  42P01: no \27[31m table' >&2; exit 3", function(queries)
    local opened, message, kind = open(queries)
    equal({ opened, kind }, { nil, "usage" })
    contains(message, "users: no \\x1b[31m table")
  end)
  with("head -c 2000000 /dev/zero", function(queries)
    equal({ open(queries) }, { nil, "users: names of its columns are too long", "usage" })
  end)
  with("printf 'a\\0\\n'", function(queries)
    contains(select(2, open(queries)), "a column has no name that can be read")
  end)
end)

test("a program that was not granted is refused with what grants it", function()
  with(NAMES, function(queries)
    local opened, message, kind = open(queries)
    equal({ opened, kind }, { nil, "refused" })
    contains(message, 'needs = { exec = { "psql" } }, and --allow-exec=psql grants it')
  end, { mariadb = true })
  local queries = databases.new(os.getenv) -- while a recipe is loaded
  equal(select(3, open(queries)), "refused")
end)

test("a client that is not installed is named", function()
  local queries = databases.new(function(name) return name == "PATH" and "/nonexistent" or nil end)
  queries:allow { allows = function() return true end }
  local opened, message, kind = open(queries)
  equal({ opened, kind }, { nil, "missing" })
  contains(message, "the program psql was not found in PATH")
  contains(message, "postgresql-client")
end)

test("what a state asks is checked as if a stranger asked", function()
  with(NAMES .. "printf '\\\\.\\n'", function(queries)
    for _, request in ipairs {
      false, "x", {}, { database = URL }, { database = URL, query = "SELECT 1", table = "x" },
      { database = 1, table = "x" }, { database = URL, query = {} }, { database = URL, table = 7 },
      { database = URL, table = "x", password = {} },
      { database = URL, table = "x", password = "\0" },
      { database = URL, query = ("x"):rep(2000000) }, { database = "users.csv", table = "x" },
      { database = "postgresql://b:c@d/e", table = "x" },
      { database = URL, query = "DROP TABLE x" },
    } do
      local opened, message, kind = queries:ask("open", request)
      equal({ opened, kind }, { nil, "usage" }, message)
    end
    for _, number in ipairs { 0, 1, -1, "x", false } do
      equal(queries:ask("read", number), nil)
      equal(queries:ask("close", number), nil)
    end
    equal(queries:ask("run", "id"), nil)
  end)
end)

test("sixteen queries are open at the most, and a closed one makes room", function()
  with(NAMES .. "exec sleep 1000", function(queries)
    local numbers = {}
    for i = 1, 16 do numbers[i] = assert(open(queries)).number end
    contains(select(2, open(queries)), "16 queries")
    queries:ask("close", numbers[3])
    queries:ask("close", numbers[3])
    assert(open(queries))
    equal(select(3, open(queries)), "usage")
  end)
end)
