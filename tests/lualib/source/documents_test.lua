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
