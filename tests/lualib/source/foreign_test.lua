--- Files that are not in the format that their reader expects.

local tap = require "tests.tap"
local csv = require "source.csv"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local foreign = require "source.foreign"
local json = require "source.json"
local ndjson = require "source.ndjson"

for _, case in ipairs {
  { '{"a":1}\n', "JSON" }, { '[{"a":1}]', "JSON" }, { "\xEF\xBB\xBF [\n  {\n", "JSON" },
  { "{\n", "JSON" }, { "[]", "JSON" }, { '<?xml version="1.0"?>', "XML" }, { "<users>", "XML" },
  { "id,email\n1,a\n", "CSV" }, { '"id";"email"\n', "CSV" }, { "id\temail\n", "CSV" },
  { "-- MySQL dump\n", "SQL" }, { "SET NAMES utf8;\n", "SQL" },
  { "INSERT INTO a VALUES (1,2);\n", "SQL" }, { "/*!40101 SET x */;\n", "SQL" },
  { "BEGIN;\n", "SQL" }, { "SET,USE\n1,2\n", "CSV" },
  { "dn: uid=a\nuid: a\n", "LDIF" }, { "dn: uid=a", "LDIF" }, { "version: 1\r\n", "LDIF" },
  { "# extended LDIF\n", "LDIF" }, { "version: 12\n", nil }, { "dn,mail\n", "CSV" },
  { "id\n1\n", nil }, { "", nil }, { "{broken}", nil }, { "hello, world", nil }, { "[x],y\n", nil },
} do
  tap.test("the format of a text is seen by its beginning: " .. case[1]:gsub("[%c\x80-\xFF]", "."),
    function() tap.equal(foreign.format_of(case[1]), case[2]) end)
end

local JSON_SAID <const> = "f.x is JSON, not CSV: read it with source.json or source.ndjson "
  .. "(`auth0-migrate new` writes such a recipe)"
local CSV_SAID <const> = "f.x is CSV, not JSON: read it with source.csv, or with the recipe csv"
for _, case in ipairs {
  { csv, '{"id":1,"email":"a"}\n', JSON_SAID },
  { csv, '[{"id":1}]', JSON_SAID },
  { csv, "[\n {\n", JSON_SAID },
  { json, "id,email\n1,a\n", CSV_SAID },
  { ndjson, "id,email\n1,a\n", CSV_SAID },
  { json, "<users/>", "f.x is XML, not JSON: read it with source.xml" },
  { ndjson, "[\n {}\n]\n", "f.x: its first line is only the beginning of a JSON document; read it "
    .. "with source.json and name it .json, or write one record a line" },
} do
  tap.test("a file in another format is named as what it is: " .. case[3], function()
    folder.with({ ["f.x"] = case[2] }, function(root)
      local ok, err = pcall(function()
        for _ in case[1].records(root .. "/f.x") do end
      end)
      tap.equal({ ok, failure.is(err) and err.message }, { false, case[3] })
    end)
  end)
end

tap.test("a broken first line of NDJSON is a record that is rejected", function()
  folder.with({ ["f.ndjson"] = '{"a":\n{"a":1}\n' }, function(root)
    local n = 0
    for _ in ndjson.records(root .. "/f.ndjson") do n = n + 1 end
    tap.equal(n, 2)
  end)
end)
