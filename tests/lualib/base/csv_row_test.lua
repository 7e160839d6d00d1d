--- Rows of CSV that are opened in a spreadsheet.

local csv_row = require "base.csv_row"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

for given, expected in pairs {
  ["Ada"] = "Ada", [""] = "", ["O'Hara"] = "O'Hara", ["a,b"] = '"a,b"', ['say "x"'] = '"say ""x"""',
  ["two\nlines"] = '"two\nlines"', [" lead"] = '" lead"', ["a\0b"] = "ab",
  ["=1+1"] = "'=1+1", ["+49 30"] = "'+49 30", ["-2"] = "'-2", ["@SUM(A1)"] = "'@SUM(A1)",
  ["\t=1"] = "'\t=1", ["\r=1"] = "\"'\r=1\"", ["  =1"] = "'  =1", ["|x"] = "'|x",
  ["\u{FF1D}1+1"] = "'\u{FF1D}1+1", ["=a,\"b\""] = "\"'=a,\"\"b\"\"\"",
  ["a=1"] = "a=1", ["ada@example.com"] = "ada@example.com",
} do
  test("a cell of " .. ("%q"):format(given), function()
    equal(csv_row.of { given, "x" }, expected .. ",x\r\n")
  end)
end
