local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local concat = require "source.concat"
local csv = require "source.csv"
local folder = require "tests.lualib.source.folder"
local host_json = require "host.json"
local json = require "source.json"
local lookup = require "source.lookup"
local ndjson = require "source.ndjson"
local reading = require "source.reading"
local test, equal, raises = tap.test, tap.equal, tap.raises

local FILES <const> = {
  ["a.csv"] = "id,name\n1,a\n2,b\n", ["b.ndjson"] = '{"id":3}\n{"id":\n', ["c.json"] = '[{"id":4}]',
  ["old/a.csv"] = "id,name\n5,e\n",
}

---The records of an iterator as a list of {id or message, at}.
local function collect(records)
  local all = {}
  for record, at in records do
    all[#all + 1] = { bad_record.is(record) and "broken" or tonumber(record.id), at }
  end
  return all
end

---A list of records as a function; with places, if there is a name for them.
local function list(records, name)
  local i = 0
  return function()
    i = i + 1
    return records[i], records[i] and name and name .. i or nil
  end
end

test("sources are read one after another, with their own places", function()
  folder.with(FILES, function(root)
    equal(collect(concat(csv.records(root .. "/a.csv"), ndjson.records(root .. "/b.ndjson"),
      json.records(root .. "/c.json"))), {
      { 1, "a.csv:2" }, { 2, "a.csv:3" }, { 3, "b.ndjson:1" }, { "broken", "b.ndjson:2" },
      { 4, "c.json#/0" },
    })
  end)
end)

test("places of sources with the same name, or without one, say which source it is", function()
  folder.with(FILES, function(root)
    local all = collect(concat(csv.records(root .. "/a.csv"), csv.records(root .. "/old/a.csv"),
      json.records(root .. "/c.json"), list({ { id = 6 } }, "row "), list { { id = 7 } }))
    equal(all, {
      { 1, "source 1, a.csv:2" }, { 2, "source 1, a.csv:3" }, { 5, "source 2, a.csv:2" },
      { 4, "c.json#/0" }, { 6, "source 4, row 1" }, { 7 },
    })
    equal(collect(concat(list({ { id = 1 } }, "row "))), { { 1, "row 1" } })
  end)
end)

test("columns, and records as they were read, are those of the current source", function()
  folder.with(FILES, function(root)
    local all <close> = concat(csv.records(root .. "/a.csv"), json.records(root .. "/c.json"))
    assert(reading.is(all))
    equal({ all:name(), all:title(), all:columns() },
      { "a.csv", "the 2 sources", { "id", "name" } })
    all()
    equal({ all:columns(), all:as_read() }, { { "id", "name" } })
    all()
    local record = all()
    equal({ record.id, all:as_read(), all:columns() }, { 4, { id = 4 } })
    equal({ all(), all() }, {})
    equal(concat(csv.records(root .. "/a.csv")):title(), "a.csv")
  end)
end)

test("warnings of all sources are kept", function()
  folder.with(FILES, function(root)
    local all = concat(csv.records(root .. "/a.csv"), csv.records(root .. "/old/a.csv"),
      json.records(root .. "/c.json"))
    for record in all do assert(record.nmae == nil and record.id) end
    local messages = {}
    for i, warning in ipairs(all:warnings()) do messages[i] = warning.message end
    equal(messages, {
      'column "nmae" is not in a.csv; did you mean "name"?',
      'column "nmae" is not in a.csv; did you mean "name"?',
      'no record of c.json has the member "nmae"',
    })
  end)
end)

test("progress is that of the bytes, or of the sources where bytes are not counted", function()
  local long = "id,name\n" .. ("1,x\n"):rep(100000)
  folder.with({ ["a.csv"] = long, ["b.csv"] = "id,name\n2,b\n" }, function(root)
    local all <close> = concat(csv.records(root .. "/a.csv"), csv.records(root .. "/b.csv"))
    local last, n = 0.0, 0
    for _ in all do
      local share = all:progress()
      assert(share >= last and share <= 1.0)
      last, n = share, n + 1
    end
    equal({ n, all:progress() == 1.0 }, { 100001, true })
    local mixed = concat(list { { id = 1 } }, csv.records(root .. "/b.csv"))
    equal(mixed:progress(), nil)
    for _ in mixed do _ = nil end
    equal(mixed:progress(), 1.0)
  end)
end)

test("a list of records is a source", function()
  equal(collect(concat({ { id = 1 } }, {}, { { id = 2 } })),
    { { 1, "source 1, #1" }, { 2, "source 3, #1" } })
end)

test("what one source may lack is optional; without a word, everything is", function()
  folder.with(FILES, function(root)
    local function some(optional)
      return csv.records(root .. "/a.csv", { optional = optional })
    end
    equal(concat(some { "x" }, some { "y" }):optional(), { x = true, y = true })
    equal(concat(some { "x" }, some(true)):optional(), true)
    equal(concat(some { "x" }, list {}):optional(), true)
  end)
end)

test("closing closes all sources, and ends the reading", function()
  local closed = {}
  local Rows = reading.class "rows"
  function Rows:__call() return { id = self.number }, "#1" end
  function Rows:close() closed[#closed + 1] = self.number end
  local all = concat(setmetatable({ number = 1 }, Rows), list {},
    setmetatable({ number = 2 }, Rows))
  equal(all().id, 1)
  all:close()
  equal({ closed, all() }, { { 1, 2 } })
end)

test("what comes from several sources can be looked up", function()
  folder.with(FILES, function(root)
    local found <close> = lookup(concat(csv.records(root .. "/a.csv"),
      json.records(root .. "/c.json")), "id")
    equal({ found:get(1).name, found:get("4").id, found:count() }, { "a", 4, 3 })
  end)
end)

test("the unused records of a lookup can follow the source that uses them", function()
  local found <close> = lookup({ { id = 1 }, { id = 2 }, { id = 3 } }, "id")
  local all = {}
  for record, at in concat(list { { id = 3 }, { id = 9 } }, found:unused()) do
    all[#all + 1] = { record.id, found:get(record.id) ~= nil, at }
  end
  equal(all, {
    { 3, true }, { 9, false }, { 1, true, "source 2, #1" }, { 2, true, "source 2, #2" },
  })
end)

test("records that are false or null pass", function()
  local all = {}
  for record in concat(list { false, host_json.null }, list { 5 }) do all[#all + 1] = record end
  equal(all, { false, host_json.null, 5 })
end)

test("other arguments raise", function()
  folder.with(FILES, function(root)
    local one = csv.records(root .. "/a.csv")
    raises(function() concat() end, "source.concat expects sources")
    raises(function() concat(one, nil) end, "source.concat: source 2 is nil")
    raises(function() concat("a.csv") end, "source.concat: source 1 is a string")
    raises(function() concat({ one }) end, "write them as arguments, concat(a, b)")
    raises(function() concat(one, list {}, one) end, "sources 1 and 3 are the same")
    raises(function() concat({ input = "a.csv" }) end, "source 1 is a table, but not a list")
  end)
end)
