--- Collections of MongoDB in every form in which they are exported.

local collection = require "source.collection"
local folder = require "tests.lualib.source.folder"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

---A document {_id = text} of BSON.
local function bson(id)
  local inner = "\2_id\0" .. string.pack("<i4", #id + 1) .. id .. "\0\0"
  return string.pack("<i4", #inner + 4) .. inner
end

local function ids(given, names)
  local found = {}
  local reading <close> = collection.records(given, names)
  for record in reading do found[#found + 1] = record._id end
  return found
end

local FORMS <const> = {
  ["a.bson"] = bson "1" .. bson "2", ["a.json"] = '{"_id":"1"}\n{"_id":"2"}\n',
  ["b.json"] = '[{"_id":"1"},{"_id":"2"}]', ["a.txt"] = '{"_id":"1"}\n{"_id":"2"}\n',
  ["a.csv"] = "_id;x\n1;a\n2;b\n", ["a"] = bson "1" .. bson "2",
}
for name, text in pairs(FORMS) do
  test("a collection is read by what its file holds: " .. name, function()
    folder.with({ [name] = text }, function(root)
      equal(ids(root .. "/" .. name), { "1", "2" })
    end)
  end)
end

test("of a dump's folder, the collection of users is read, and no metadata", function()
  local files = {
    ["users.bson"] = bson "1", ["users.metadata.json"] = "{}", ["posts.bson"] = bson "2",
    ["posts.metadata.json"] = "{}",
  }
  folder.with(files, function(root)
    equal(ids(root, { "users" }), { "1" })
    equal(ids(root, { "people" }), { "2", "1" })
    equal(ids(root .. "/posts.bson," .. root .. "/users.bson"), { "2", "1" })
  end)
end)
