local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local failure = require "base.failure"
local fixed = require "source.fixed"
local folder = require "tests.lualib.source.folder"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local FIELDS <const> = {
  { name = "id", from = 1, to = 3 }, { "name", 4, 9 }, { name = "flag", from = 10, to = 10 },
}

---The records of a text, broken ones as their messages, their places, and the warnings.
local function read(content, options)
  local all, places, warnings = {}, {}, nil
  options = options or {}
  options.fields = options.fields or FIELDS
  folder.with({ ["u.txt"] = content }, function(root)
    local records <close> = fixed.records(root .. "/u.txt", options)
    for record, at in records do
      local plain = bad_record.is(record) and record.message or {}
      for name, value in pairs(type(plain) == "table" and record or {}) do plain[name] = value end
      all[#all + 1], places[#places + 1] = plain, at
    end
    warnings = records:warnings()
  end)
  return all, places, warnings
end

for name, case in pairs {
  ["fields are at their places, without blanks around them"] = {
    "001 Ada  Y\n002JaneDoeN\n", { { id = "001", name = "Ada", flag = "Y" },
      { id = "002", name = "JaneDo", flag = "e" } } },
  ["places count characters"] = { "1  \u{c4}d\u{e4}\u{1F600}  Y\n",
    { { id = "1", name = "\u{c4}d\u{e4}\u{1F600}", flag = "Y" } } },
  ["places may count bytes"] = { "1  \u{c4}d\u{e4} Y\n", { { id = "1", name = "\u{c4}d\u{e4}",
    flag = "Y" } }, { unit = "bytes" } },
  ["a place inside a character breaks the record"] = { "1  abcde\u{c4}Y\n2  abc   Y\n",
    { 'field "name" begins or ends inside a character', { id = "2", name = "abc", flag = "Y" } },
    { unit = "bytes" } },
  ["blanks alone are nil"] = { "1        Y\n", { { id = "1", flag = "Y" } } },
  ["blanks may be kept"] = { "1        Y\n", { { id = "1  ", name = "      ", flag = "Y" } },
    { trim = false } },
  ["empty values may be kept"] = { "1        Y\n", { { id = "1", name = "", flag = "Y" } },
    { empty = "keep" } },
  ["a line that is too short is a broken record"] = { "001Ada\n002Jane  Y\n",
    { "the line has 6 characters, its last field ends at 10",
      { id = "002", name = "Jane", flag = "Y" } } },
  ["short lines may be padded"] = { "001Ada\n1\n", { { id = "001", name = "Ada" }, { id = "1" } },
    { ragged = "pad" } },
  ["what follows the last field is ignored"] = { "001Ada   Yfiller\n",
    { { id = "001", name = "Ada", flag = "Y" } } },
  ["lines may end with CR LF, the last one with nothing, and be empty"] = {
    "001Ada   Y\r\n\r\n002Jane  N\r\n\x1a", { { id = "001", name = "Ada", flag = "Y" },
      { id = "002", name = "Jane", flag = "N" } } },
  ["lines may be skipped"] = { "ID NAME  F\n----------\n001Ada   Y\n",
    { { id = "001", name = "Ada", flag = "Y" } }, { skip = 2 } },
  ["other encodings are converted"] = { "1  \xc4d\xe4   Y\n",
    { { id = "1", name = "\u{c4}d\u{e4}", flag = "Y" } }, { encoding = "windows-1252" } },
  ["quotes, delimiters and guards are text"] = { '="1","2";Y\n',
    { { id = '="1', name = '","2";', flag = "Y" } } },
  ["fields may overlap and have any order"] = { "20200131\n", { { day = "31", all = "20200131" } },
    { fields = { { "day", 7, 8 }, { "all", 1, 8 } } } },
} do
  test(name, function() equal((read(case[1], case[3])), case[2]) end)
end

test("text that is not UTF-8, and a zero byte, are broken records", function()
  local all = read("1  \xff     Y\n1  \0x    Y\n1        Y\n")
  contains(all[1], "invalid UTF-8")
  equal({ all[2], all[3] }, { "a zero byte is in the line", { id = "1", flag = "Y" } })
end)

test("places are lines", function()
  local _, places = read("\n001Ada   Y\nx\n002Jane  N\n")
  equal(places, { "u.txt:2", "u.txt:3", "u.txt:4" })
end)

test("a first line that could be CSV is only a broken record", function()
  equal((read("Doe, Jane\n001Ada   Y\n")), { "the line has 9 characters, its last field ends at 10",
    { id = "001", name = "Ada", flag = "Y" } })
end)

test("a name that no field has is warned about", function()
  folder.with({ ["u.txt"] = "1        Y\n" }, function(root)
    local records = fixed.records(root .. "/u.txt", { fields = FIELDS })
    local row = records()
    equal({ row.name, row.falg, records:columns() }, { nil, nil, { "id", "name", "flag" } })
    equal(records:warnings(), { { code = "unknown_column",
      message = 'no field of u.txt is called "falg"; did you mean "flag"?' } })
  end)
end)

test("a binary file is told as such", function()
  folder.with({ ["u.txt"] = "%PDF-1.4\n" }, function(root)
    local ok, err = pcall(function() fixed.records(root .. "/u.txt", { fields = FIELDS })() end)
    equal({ ok, failure.is(err) and err.message }, { false, "u.txt is a PDF file" })
  end)
end)

for wrong, options in pairs {
  ["needs fields"] = {}, ["field 1 must be like"] = { fields = { { "id", 0, 3 } } },
  ["field 2 must be like"] = { fields = { { "id", 1, 3 }, { "x", 3, 2 } } },
  ['two fields are called "id"'] = { fields = { { "id", 1, 3 }, { "id", 4, 5 } } },
  ['unit must be "characters" or "bytes"'] = { fields = FIELDS, unit = "letters" },
  ["skip must be a number of lines"] = { fields = FIELDS, skip = -1 },
  ['no option "feilds"; did you mean "fields"'] = { feilds = FIELDS },
} do
  test("misuse raises: " .. wrong, function()
    raises(function() fixed.records("u.txt", options) end, wrong)
  end)
end
