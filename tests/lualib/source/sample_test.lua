local csv = require "source.csv"
local file = require "host.file"
local json = require "source.json"
local ndjson = require "source.ndjson"
local sample = require "source.sample"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

---The values of these names in the only record that a reader finds in the written file.
local function read_back(format, line, names, read)
  local folder = assert(file.temporary())
  local path = folder .. "/record"
  assert(file.write(path, assert(sample.text(format, { line }))))
  local records <close> = read(path)
  local record, found = records(), {}
  for i, name in ipairs(names) do
    local value = record[name]
    found[i] = value == nil and "nil" or value
  end
  assert(records() == nil, "one record")
  assert(file.remove_tree(folder))
  return found
end

-- {options of the reader, record, names, what is read}
local CSV <const> = {
  { nil, '{"id":7,"name":"a b","on":true}', { "id", "name", "on" }, { "7", "a b", "true" } },
  { nil, '{"a":null,"b":""}', { "a", "b" }, { "nil", "nil" } },
  { nil, '{"a":""}', { "a" }, { "nil" } },
  { nil, '{}', { "a" }, { "nil" } },
  { { empty = "keep" }, '{"a":"","b":"x"}', { "a" }, { "" } },
  { nil, '{"a":"x,\\"y\\"\\nz","b":" c "}', { "a", "b" }, { 'x,"y"\nz', " c " } },
  { { trim = true, null = { "NULL" } }, '{"a":" x ","b":"NULL"}', { "a", "b" }, { "x", "nil" } },
  { { delimiter = ";" }, '{"a":"x;y","b":"1,2"}', { "a", "b" }, { "x;y", "1,2" } },
  { { delimiter = "\t", quote = "'" }, '{"a":"it\'s\\t"}', { "a" }, { "it's\t" } },
  { { escape = "\\" }, '{"a":"q\\"\\\\,"}', { "a" }, { 'q"\\,' } },
  { { header = { "b", "a" } }, '{"a":"1","b":"2"}', { "a", "b" }, { "1", "2" } },
  { { encoding = "windows-1252" }, '{"a":"Müller"}', { "a" }, { "Müller" } },
  { { encoding = "utf-16le" }, '{"a":"Ωμ😀"}', { "a" }, { "Ωμ😀" } },
  { { encoding = "utf-16be" }, '{"a":"Ω"}', { "a" }, { "Ω" } },
}
for _, case in ipairs(CSV) do
  test("a record of CSV is read as it is written: " .. case[2], function()
    local options = case[1]
    equal(read_back({ kind = "csv", options = options }, case[2], case[3],
      function(path) return csv.records(path, options) end), case[4])
  end)
end

test("what a cell cannot hold is refused", function()
  local format = { kind = "csv" }
  equal({ sample.text(format, { '{"a":[1]}' }) }, { nil, "the cell a must be a text, not a list" })
  equal({ sample.text(format, { '{"a":{}}' }) }, { nil, "the cell a must be a text, not a map" })
  equal({ sample.text({ kind = "csv", options = { encoding = "latin1" } }, { '{"a":"Ω"}' }) },
    { nil, "Ω cannot be written in latin1" })
end)

test("a record of NDJSON keeps its types", function()
  equal(read_back({ kind = "ndjson" }, '{"id":7,"on":false,"none":null}', { "id", "on", "none" },
    ndjson.records), { 7, false, json.null })
end)

for _, pointer in ipairs { "", "/users", "/a~1b/1/users" } do
  test("a record of JSON is at the pointer " .. pointer, function()
    local given = pointer ~= "" and pointer or nil
    equal(read_back({ kind = "json", options = { pointer = given } }, '{"id":7}', { "id" },
      function(path) return json.records(path, { pointer = given }) end), { 7 })
  end)
end

test("members stand next to the list of records", function()
  local format = { kind = "json", options = { pointer = "/a/users", beside = { realm = "shop" } } }
  equal(sample.text(format, { '{"id":7}' }), '{"a":{"realm":"shop","users":[{"id":7}]}}\n')
end)
