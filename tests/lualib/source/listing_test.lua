--- Users in every wrapping in which people save them.

local bad_record = require "source.bad_record"
local folders = require "tests.lualib.source.folder"
local ldif = require "source.ldif"
local listing = require "source.listing"
local tap = require "tests.tap"

local equal, test, with = tap.equal, tap.test, folders.with

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
  ["a page whose list is at a pointer"] = '{"_all":{"the":[' .. A .. "," .. B .. "," .. C .. "]}}",
  ["such pages, one a line"] = '{"_all":{"the":[' .. A .. ']}}\n{"_all":{"the":[' .. B .. "," .. C
    .. "]}}\n",
  ["a page by another name, deeper"] = '{"data":{"them":[' .. A .. "," .. B .. "," .. C .. "]}}",
  ["CSV"] = "id;name\n1;a\n2;b\n3;c\n",
}


local function ids(given)
  local found, places = {}, {}
  local reading <close> = listing.records(given, {
    lists = { "people", "/_all/the" }, has = { "id" }, csv = {},
  })
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

test("saved users: lines of which the first is broken", function()
  local lines <const> = '{"id":\n{"id":1}\n{"id":2}\n{"id":3}\n{"id":4}\n{"id":5}\n'
  with({ ["a.ndjson"] = lines }, function(folder)
    local found, options = {}, { lists = {}, has = { "id" }, csv = {} }
    for record in listing.records(folder .. "/a.ndjson", options) do
      found[#found + 1] = not bad_record.is(record) and record.id or "broken"
    end
    equal(found, { "broken", 1, 2, 3, 4, 5 })
  end)
end)

local ORGS <const> = [[{"orgs": [{"org": "x", "users": [{"id": 1}, {"id": 2}]}, {"org": "y"},
  {"org": "z", "others": [{"id": 3}, 7]}, {"users": [{"id": 4}]}]}]]
local INNER <const> = { lists = { "/orgs/*/users", "/orgs/*/others", "result" }, mark = "org" }

test("saved users: of the elements of a list, with a member of these and their places", function()
  with({ ["a.json"] = ORGS }, function(folder)
    local found = {}
    local reading <close> = listing.records(folder .. "/a.json", INNER)
    for record, at in reading do
      found[#found + 1] = bad_record.is(record) and "broken " .. at
        or record.id .. tostring(record.org) .. " " .. at
    end
    equal(found, { "1x a.json#/orgs/0/users/0", "2x a.json#/orgs/0/users/1",
      "3z a.json#/orgs/2/others/0", "broken a.json#/orgs/2/others/1",
      "4nil a.json#/orgs/3/users/0" })
    equal({ reading:progress() }, { 1.0 })
  end)
end)

test("saved users: answers of a search, in place of the elements of a list", function()
  with({ ["a.json"] = '{"result":[{"id":1}]}{"result":[{"id":2}]}' }, function(folder)
    local found = {}
    for record in listing.records(folder .. "/a.json", INNER) do found[#found + 1] = record.id end
    equal(found, { 1, 2 })
    equal(listing.find(folder .. "/a.json", { lists = { "/orgs/*/users" } }), nil)
    assert(listing.find(folder .. "/a.json", { lists = { "/orgs/*/users", "result" } }))
  end)
  equal(listing.find("-", { lists = { "/orgs/*/users" } }), nil)
end)

test("saved users: lists inside lists of a further document are a failure", function()
  with({
    ["two.json"] = ORGS .. ORGS, ["later.json"] = '{"result":[]}\n' .. ORGS:gsub("\n", ""),
    ["cut.json"] = '{"orgs": [{"users": [{"id": 1}, {"id": ',
  }, function(folder)
    for name, kind in pairs { two = "usage", later = "usage", cut = "parse" } do
      local ok, err = pcall(function()
        for _ in listing.records(folder .. "/" .. name .. ".json", INNER) do end
      end)
      equal({ ok, err.kind }, { false, kind }, name)
    end
  end)
end)

test("saved users: LDIF by its own reading, beside JSON", function()
  with({ ["a.json"] = "[" .. A .. "]", ["b.ldif"] = "dn: uid=2\nid: 2\n" }, function(folder)
    local found = {}
    for record in listing.records(folder, {
      lists = {}, has = { "id" },
      ldif = function(path) return ldif.records(path, { optional = true }) end,
    }) do
      found[#found + 1] = record.dn or record.id
    end
    equal(found, { 1, "uid=2" })
  end)
end)
