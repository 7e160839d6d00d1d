--- Users in every wrapping in which people save them.

local bad_record = require "source.bad_record"
local file = require "host.file"
local listing = require "source.listing"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local A <const>, B <const>, C <const> = '{"id":1,"tags":[{"id":9}]}', '{"id":2}', '{"id":3}'

---Each has the users 1, 2 and 3.
local WRAPPINGS <const> = {
  ["a list"] = "[" .. A .. "," .. B .. "," .. C .. "]",
  ["lists one after another"] = "[" .. A .. "," .. B .. "]\n[]\n[" .. C .. "]",
  ["users one after another"] = A .. B .. C,
  ["a user a line"] = A .. "\n" .. B .. "\n" .. C .. "\n",
  ["a page"] = '{"next":"x","people":[' .. A .. "," .. B .. "," .. C .. "]}",
  ["pages one after another"] = '{"people":[' .. A .. '],\n"next":"x"}\n{"people":[]}{"people":['
    .. B .. "," .. C .. "]}",
  ["a page a line"] = '{"people":[' .. A .. ']}\n{"people":[' .. B .. "," .. C .. "]}\n",
  ["a list of pages"] = '[{"people":[' .. A .. ']},{"people":[' .. B .. "," .. C .. "]}]",
  ["a list of lists"] = "[[" .. A .. "],[" .. B .. "," .. C .. "]]",
  ["a page by another name, deeper"] = '{"data":{"them":[' .. A .. "," .. B .. "," .. C .. "]}}",
  ["CSV"] = "id;name\n1;a\n2;b\n3;c\n",
}

local function with(files, fn)
  local folder = assert(file.temporary())
  for name, text in pairs(files) do assert(file.write(folder .. "/" .. name, text)) end
  fn(folder)
  assert(file.remove_tree(folder))
end

local function ids(given)
  local found, places = {}, {}
  local reading <close> = listing.records(given, { lists = { "people" }, has = { "id" }, csv = {} })
  for record, at in reading do
    found[#found + 1] = math.tointeger(tonumber(record.id)) or tostring(record.id)
    places[#places + 1] = at
  end
  local codes = {}
  for i, warning in ipairs(reading:warnings()) do codes[i] = warning.code end
  return found, places, codes
end

for what, text in pairs(WRAPPINGS) do
  test("saved users: " .. what, function()
    with({ ["users.txt"] = text }, function(folder)
      local found, places, codes = ids(folder .. "/users.txt")
      equal(found, { 1, 2, 3 })
      equal(#places, 3)
      equal(codes, {})
    end)
  end)
end

test("saved users: of a folder, each file in its own way", function()
  with({ ["a.json"] = "[" .. A .. "]", ["b.csv"] = "id,name\n2,b\n", ["c.ndjson"] = C .. "\n" },
    function(folder) equal(ids(folder), { 1, 2, 3 }) end)
end)

test("saved users: places in pages", function()
  with({ ["p.json"] = WRAPPINGS["a list of pages"] }, function(folder)
    local _, places = ids(folder .. "/p.json")
    equal(places, { "p.json#/0/people/0", "p.json#/1/people/0", "p.json#/1/people/1" })
  end)
end)

test("saved users: empty pages are no users", function()
  with({ ["p.json"] = '{"people":[]}' }, function(folder) equal(ids(folder .. "/p.json"), {}) end)
end)

test("CSV is refused where the recipe does not read it", function()
  with({ ["users.csv"] = WRAPPINGS.CSV }, function(folder)
    tap.raises(function()
      local reading = listing.records(folder .. "/users.csv", { lists = {}, has = { "id" } })
      while reading() do end
    end, "CSV")
  end)
end)

test("saved users: what is no object is a broken record, and the reading goes on", function()
  local hostile = 'null,7,"x",true'
  for what, text in pairs {
    ["a list"] = "[" .. A .. "," .. hostile .. "," .. B .. "]",
    ["a page"] = '{"people":[' .. A .. "," .. hostile .. "," .. B .. "]}",
    ["a value a line"] = A .. "\n" .. hostile:gsub(",", "\n") .. "\n" .. B .. "\n",
  } do
    with({ ["users.json"] = text }, function(folder)
      local found = {}
      local reading <close> = listing.records(folder .. "/users.json",
        { lists = { "people" }, has = { "id" } })
      for record in reading do
        found[#found + 1] = bad_record.is(record) and tostring(record):match("not an object")
          or record.id
      end
      local broken <const> = "not an object"
      equal(found, { 1, broken, broken, broken, broken, 2 }, what)
    end)
  end
end)
