--- source.documents: records in an array, one after another, and in pages of an answer.

local documents = require "source.documents"
local folder = require "tests.lualib.source.folder"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local FORMS <const> = {
  array = '[{"id": 1}, {"id": 2}]',
  arrays = '[{"id": 1}]\n[{"id": 2}]',
  lines = '{"id": 1}\n{"id": 2}\n',
  page = '{"total": 2, "result": [{"id": 1}, {"id": 2}], "next": null}',
  pages = '{"result": [{"id": 1}], "next": "x"}{"result": [{"id": 2}]}',
  ["an empty page"] = '{"result": []}\n{"result": [{"id": 1}, {"id": 2}]}',
  deeper = '{"_embedded": {"users": [{"id": 1}, {"id": 2}]}}',
}
for name, text in pairs(FORMS) do
  test("records are found in every form: " .. name, function()
    folder.with({ ["a.json"] = text }, function(root)
      local ids = {}
      for record in documents.records(root .. "/a.json", { "/_embedded/users", "/result" }) do
        ids[#ids + 1] = record.id
      end
      equal(ids, { 1, 2 })
    end)
  end)
end

test("a member that is no list at that place is none", function()
  folder.with({ ["a.json"] = '{"result": "none", "id": 1}' }, function(root)
    equal(documents.place(root .. "/a.json", { "/result" }), nil)
    equal(documents.place("-", { "/result" }), nil)
  end)
end)

local ORGS <const> = [[{"orgs": [{"id": "x", "users": [{"id": 1}, {"id": 2}]}, {"id": "y"},
  {"id": "z", "others": [{"id": 3}]}, {"users": [{"id": 4}]}]}]]

test("lists inside the elements of a list are read one after another, with their places", function()
  folder.with({ ["a.json"] = ORGS }, function(root)
    local found = {}
    for record, at in documents.inside(root .. "/a.json", "/orgs", { "users", "others" }, "org") do
      found[#found + 1] = record.id .. " " .. at
    end
    equal(found, { "1 a.json#/orgs/0/users/0", "2 a.json#/orgs/0/users/1",
      "3 a.json#/orgs/2/others/0", "4 a.json#/orgs/3/users/0" })
  end)
end)

test("their records get a member of the element around them", function()
  folder.with({ ["a.json"] = ORGS:gsub('"id": "(%l)"', '"org": "%1"') }, function(root)
    local found = {}
    for record in documents.inside(root .. "/a.json", "/orgs", { "users", "others" }, "org") do
      found[#found + 1] = record.id .. tostring(record.org)
    end
    equal(found, { "1x", "2x", "3z", "4nil" })
  end)
end)

test("lists inside lists are not read from stdin, and broken JSON is a failure", function()
  local ok, err = pcall(documents.inside, "-", "/orgs", { "users" })
  equal({ ok, err.kind }, { false, "usage" })
  folder.with({ ["a.json"] = '{"orgs": [{"users": [{"id": 1}, {"id": ' }, function(root)
    local records = documents.inside(root .. "/a.json", "/orgs", { "users" })
    equal(pcall(records), false)
  end)
end)
