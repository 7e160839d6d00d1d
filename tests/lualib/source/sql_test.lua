local bad_record = require "source.bad_record"
local guard = require "base.guard"
local host_json = require "host.json"
local postgresql = require "source.database.postgresql"
local reading = require "source.reading"
local sql = require "source.sql"
local tap = require "tests.tap"
local test, equal, raises = tap.test, tap.equal, tap.raises

---The module with a program that answers with these blocks, and what it was asked.
local function program(columns, blocks, asked)
  local n = 0
  return sql.over(function(what, about)
    if asked then asked[#asked + 1] = { what, about } end
    if what == "open" then
      return true, { number = 7, columns = columns, format = postgresql.format }
    elseif what == "close" then
      return true
    end
    n = n + 1
    local block = blocks[n]
    if type(block) == "table" then return true, nil, block[1], block[2] end
    return true, block
  end)
end

local USERS <const> = { database = "postgresql://db/app", table = "users" }

test("rows have the names of the columns, text as values, nil for NULL, and a place", function()
  local rows = program({ "id", "name", "none" }, {
    "1\ta\\tb\\nc\\\\N", "\t\\N\n2\t\t\\\\N\n3\t=\"x\"\t NULL \n",
  }).records(USERS)
  local got = {}
  for row, at in rows do got[#got + 1] = { at, host_json.materialize(row) } end
  equal(got, {
    { "users:1", { id = "1", name = "a\tb\nc\\N" } }, { "users:2", { id = "2", name = "",
      none = "\\N" } }, { "users:3", { id = "3", name = '="x"', none = " NULL " } },
  })
  assert(reading.is(rows))
  equal({ rows:name(), rows:title(), rows:columns(), rows() },
    { "users", "users", { "id", "name", "none" } })
end)

test("the first row may look like what spreadsheets write", function()
  for text, values in pairs { ["sep=;\n"] = { "sep=;" }, ["sep=\t\n"] = { "sep=", "" },
    ["\u{FEFF}a\n"] = { "\u{FEFF}a" }, ["#\n#\n"] = { "#" } } do
    local columns = { "a", values[2] and "b" or nil }
    local row = program(columns, { text }).records(USERS)()
    equal({ row.a, row.b }, values)
  end
end)

test("an empty text is nil if that is wanted", function()
  local rows = program({ "a", "b" }, { "\t1\n" }).records {
    database = "postgresql://db", query = "SELECT 1", empty = "nil",
  }
  local row, at = rows()
  equal({ row.a, row.b, at }, { nil, "1", "query:1" })
  equal({ rows:name(), rows:title() }, { "query", "the query" })
end)

test("columns that no row has are noted, unless they are optional", function()
  for optional, count in pairs { [false] = 1, [true] = 0 } do
    local rows = program({ "email" }, { "a\n" }).records {
      database = "postgresql://db", table = "users", optional = optional or nil,
    }
    assert(rows().emial == nil)
    assert(rows() == nil)
    rows:close()
    equal(#rows:warnings(), count)
    if count > 0 then
      equal(rows:warnings()[1], { code = "unknown_column",
        message = 'column "emial" is not in users; did you mean "email"?' })
    end
  end
end)

test("a row with other fields than the query has columns is a broken record", function()
  local rows = program({ "a", "b" }, { "1\n2\t3\n" }).records(USERS)
  local broken, at = rows()
  assert(bad_record.is(broken))
  equal({ broken.message, at, rows().b }, { "row has 1 field, the header 2", "users:1", "3" })
end)

test("a failure of the program ends the reading, and closes the query", function()
  local asked = {}
  local rows = program({ "a" }, { "100\n", { "users: gone", "network" } }, asked).records(USERS)
  equal(rows().a, "100")
  local _, raised = guard.call(rows)
  equal({ raised.message, raised.kind }, { "users: gone", "network" })
  equal(asked[#asked], { "close", 7 })
  equal(rows(), nil)
end)

test("a query is closed once, and never reads on", function()
  local asked = {}
  local rows = program({ "a" }, { "1\n", "2\n" }, asked).records(USERS)
  rows:close()
  rows:close()
  equal({ #asked, asked[1][1], asked[2][1], rows() }, { 2, "open", "close" })
end)

test("two columns of a name, and a row that is too long, are failures", function()
  local asked = {}
  local made = program({ "a", "a" }, {}, asked)
  local _, raised = guard.call(made.records, USERS)
  tap.contains(raised.message, 'users: columns 1 and 2 are both called "a"')
  equal(asked[#asked], { "close", 7 })
  local rows = program({ "a" }, { ("x"):rep(100) .. "\n" }).records {
    database = "postgresql://db", table = "users", limit = 50,
  }
  _, raised = guard.call(rows)
  equal({ raised.message, raised.kind }, { "users:1: a row longer than 50 bytes", "parse" })
end)

test("misuse raises", function()
  local made = program({ "a" }, {})
  raises(function() made.records() end, "sql.records expects a table")
  raises(function() made.records { table = "x" } end, "needs `database`")
  raises(function() made.records { database = "x" } end, "either `query` or `table`")
  raises(function() made.records { database = "x", table = "x", query = "x" } end, "either")
  raises(function() made.records { database = "x", tabel = "x" } end, 'did you mean "table"?')
  raises(function() made.records { database = "x", table = 7 } end, "table must be a string")
  raises(function() made.records { database = "x", table = "x", empty = "no" } end, "empty must be")
  raises(function() sql.records(USERS) end, "there is no program that reads databases here")
end)
