local csv = require "source.csv"
local encodings = require "source.encodings"
local fixed = require "source.fixed"
local folder = require "tests.lualib.source.folder"
local recognise = require "source.recognise"
local sample = require "source.sample"
local tables = require "source.tables"
local tap = require "tests.tap"
local text = require "host.text"
local xml = require "source.xml"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local PEOPLE <const> = "id;name\n1;Paweł Dąbrowski\n2;Józef Młynarz\n3;Zdzisław Śliwa\n"

---The warnings of a reader of a file that has been read to its end, and the last record's name.
local function read(bytes, open)
  local warnings, last = {}, nil
  folder.with({ ["a.csv"] = bytes }, function(root)
    local records = open(root .. "/a.csv")
    for record in records do last = record.name end
    for i, one in ipairs(records:warnings()) do warnings[i] = { one.code, one.message } end
  end)
  return warnings, last
end

test("Polish is told from what Western Europe writes", function()
  for _, encoding in ipairs { "windows-1250", "iso-8859-2" } do
    equal(encodings.guess(assert(text.encode(PEOPLE, encoding))), encoding)
    local with_others = PEOPLE .. "4;Jörg Müller é\n"
    equal(encodings.guess(assert(text.encode(with_others, encoding))), encoding)
  end
  equal(encodings.guess(text.encode("Młyn;Dąb", "windows-1250")), "windows-1250")
  equal(encodings.guess(text.encode("id;name\n1;Michał Kłos\n2;Małysz\n", "iso-8859-2")),
    "windows-1250", "the same bytes in both")
end)

test("where it is not sure, the guess is windows-1252", function()
  for _, case in ipairs {
    { "windows-1252", "Müller;5 m³;½ ¾ ¹;¿qué?;£5;Æble" }, { "windows-1252", "Nm³h;Nm³h;Nm³h;é" },
    { "windows-1252", "am³h;Nm³h;l¹n;Ørsted" },
    { "windows-1252", "a¹b;c±d" }, { "ibm850", "Raúl España Jesús" },
    { "macintosh", "Søren Bjørk Kløve" }, { "windows-1250", "Paweł" },
    { "windows-1250", "Tomáš Dvořák;Jiří Novák" }, { "iso-8859-2", "Dušan Tomášek;Milošević" },
    { "windows-1251", "Иван;Пётр" }, { "koi8-r", "Иван;Пётр" },
    { "windows-1257", "Šarūnas;Ķēniņš" },
    { "shift_jis", "山田太郎;表ソ" }, { "gb18030", "李明;a王b;c王d" },
    { "windows-1250", "Młyn;Małysz;Šimon Č" },
  } do
    equal(encodings.guess(assert(text.encode(case[2], case[1]))), "windows-1252", case[2])
  end
end)

test("a guess is told, with how to say another", function()
  local bytes = text.encode(PEOPLE, "windows-1250")
  local warnings, last = read(bytes, function(path) return csv.records(path, { detect = true }) end)
  equal({ #warnings, warnings[1][1], last }, { 1, "encoding", "Zdzisław Śliwa" })
  contains(warnings[1][2], "a.csv is not UTF-8, and was read as windows-1250, which is a guess")
  contains(warnings[1][2], "set encoding")
  assert(not warnings[1][2]:find("Paw"), "no value is shown")

  warnings, last = read(bytes, function(path)
    return csv.records(path, { detect = true, encoding = "cp1250" })
  end)
  equal({ #warnings, last }, { 0, "Zdzisław Śliwa" })
  warnings = read("id;name\n1;M\xFCller\n2;B\xE4r\n", function(path)
    return tables.records(path, { table = "a", has = { "id" } })
  end)
  equal({ #warnings, warnings[1] and warnings[1][1] }, { 1, "encoding" })
end)

test("the dialect is looked for in the text, not in its bytes", function()
  local bytes = text.encode("id;name;kana\n1;表|十;ポ\n2;ソ|能;ポ\n", "shift_jis")
  local warnings, last = read(bytes, function(path)
    return csv.records(path, { detect = true, encoding = "Shift-JIS" })
  end)
  equal({ #warnings, last }, { 0, "ソ|能" })
end)

test("an encoding that is not known is an error with the nearest name", function()
  for name, call in pairs {
    csv = function(options) csv.records("-", options) end,
    fixed = function(options)
      options.fields = { { "a", 1, 2 } }
      fixed.records("-", options)
    end,
  } do
    local wrong = name .. '.records: unknown encoding "windows-1520"; did you mean "windows-125'
    raises(function() call { encoding = "windows-1520" } end, wrong)
    raises(function() call { encoding = "klingon" } end,
      'unknown encoding "klingon"; it may be utf-8, ')
    local _, message = pcall(call, { encoding = "klingon" })
    contains(tostring(message), "tests/lualib/source/encodings_test.lua:")
  end
end)

test("lines with fields at fixed places are read in an encoding", function()
  local bytes = text.encode("1 表ソ\n2 山\n", "shift_jis")
  local _, last = read(bytes, function(path)
    return fixed.records(path, {
      fields = { { "id", 1, 1 }, { "name", 3, 4 } }, encoding = "sjis", ragged = "pad",
    })
  end)
  equal(last, "山")
end)

test("XML is read in encodings with one byte a character", function()
  for _, name in ipairs { "windows-1250", "ISO-8859-2", "koi8-r", "windows-1251", "ibm852" } do
    local word = name:find("[1r]$") and "Ёж" or "Łódź"
    local body = "<users><user><name>" .. text.encode(word, name) .. "</name></user></users>"
    for _, way in ipairs { "declared", "given" } do
      local head = way == "declared" and '<?xml version="1.0" encoding="' .. name .. '"?>' or ""
      local _, last = read(head .. body, function(path)
        return xml.records(path, "users/user", { encoding = way == "given" and name or nil })
      end)
      equal(last, word, name .. " " .. way)
    end
  end
end)

test("what a file is has the encoding", function()
  local found = recognise.head(text.encode(PEOPLE, "windows-1250"))[1]
  equal(found.options, { delimiter = ";", encoding = "windows-1250" })
  equal(found.what, 'CSV, 2 columns, delimiter ";", windows-1250')
end)

test("a record of a test is written in the encoding of its reader", function()
  for _, encoding in ipairs { "cp1250", "gbk", "latin2", "utf16" } do
    local options = { encoding = encoding, delimiter = ";" }
    local word = encoding == "gbk" and "李明" or "Łódź"
    local bytes = assert(sample.text({ kind = "csv", options = options },
      { '{"name":"' .. word .. '"}' }))
    local _, last = read(bytes, function(path) return csv.records(path, options) end)
    equal(last, word)
  end
end)
