local tap = require "tests.tap"
local folder = require "tests.lualib.source.folder"
local input = require "source.input"
local test, equal, contains = tap.test, tap.equal, tap.contains

local FILES <const> = {
  ["b.csv"] = "", ["a.csv.gz"] = "", ["c.json"] = "", ["d.txt"] = "", ["e,f.csv"] = "",
  ["deep/x.csv"] = "",
}

local function relative(root, paths)
  local names = {}
  for i, path in ipairs(paths) do names[i] = path:sub(#root + 2) end
  return names
end

for name, case in pairs {
  ["a path is itself"] = { { "b.csv" }, { "b.csv" } },
  ["a comma in a file's name is not a separator"] = { { "e,f.csv" }, { "e,f.csv" } },
  ["parts are separated by commas, in order, each once"] = {
    { "c.json", " ,", "b.csv", ",", "c.json" }, { "c.json", "b.csv" } },
  ["a glob stands for the files that match, sorted"] = { { "*.csv" }, { "b.csv", "e,f.csv" } },
  ["a folder stands for files with known extensions, also compressed"] = {
    { "" }, { "a.csv.gz", "b.csv", "c.json", "e,f.csv" } },
} do
  test(name, function()
    folder.with(FILES, function(root)
      local given = {}
      for i, part in ipairs(case[1]) do
        given[i] = part:find("^ ?,$") and part or root .. "/" .. part
      end
      equal(relative(root, assert(input.resolve(table.concat(given)))), case[2])
    end)
  end)
end

test("a folder can be searched for one format", function()
  folder.with(FILES, function(root)
    equal(relative(root, assert(input.resolve(root, { "csv" }))), { "a.csv.gz", "b.csv",
      "e,f.csv" })
  end)
end)

test("stdin is itself", function()
  equal(input.resolve("-"), { "-" })
  equal(input.names { "-" }, { "stdin" })
end)

test("a list of paths is used unchanged", function()
  folder.with(FILES, function(root)
    equal(input.resolve { root .. "/b.csv", root .. "/e,f.csv" },
      { root .. "/b.csv", root .. "/e,f.csv" })
  end)
end)

test("a message about a missing input names it and the current directory", function()
  local here = require "host.file".working_directory()
  folder.with({ ["a.txt"] = "" }, function(root)
    for _, case in ipairs {
      { "none.csv", "cannot read none.csv: no such file (current directory: " .. here .. ")" },
      { "none*.csv", "no file matches none*.csv (current directory: " .. here .. ")" },
      { root, "no file with the extension .csv or .tsv in the folder " .. root },
      { "", "the name of an input is empty" }, { " , ", "no input given" },
    } do
      local paths, message, kind = input.resolve(case[1], { "csv", "tsv" })
      equal({ paths, kind }, { nil, "missing" })
      contains(message, case[2])
    end
  end)
end)
