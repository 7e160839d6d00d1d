--- Paths of members inside records, and objects whose names are data.

local tap = require "tests.tap"
local folder = require "tests.lualib.source.folder"
local json = require "source.json"

---What a source says of members that no record has, after `read` had each of its records.
local function warned(text, read)
  local said = {}
  folder.with({ ["u.json"] = text }, function(root)
    local records = json.records(root .. "/u.json")
    for record in records do read(record) end
    for i, warning in ipairs(records:warnings()) do
      said[i] = warning.message:gsub("^no record of u.json has the member ", "")
    end
  end)
  return said
end

---A `read` that reads these names of all objects in an object.
local function each(of, ...)
  local names = { ... }
  return function(record)
    for _, object in pairs(of == "" and record or record[of]) do
      for _, name in ipairs(names) do assert(object[name] or true) end
    end
  end
end

-- {what, the document, read, the messages}
---@type {[1]: string, [2]: string, [3]: fun(record: any), [4]: string[]}[]
local CASES <const> = {
  { "one of a single object", '[{"u":{"k":{"name":1}}}]', each("u", "nmae"),
    { '"u.k.nmae"; did you mean "u.k.name"?' } },
  { "one of objects whose names are data", '[{"u":{"k":{"name":1},"l":{"name":1,"nick":1}}}]',
    each("u", "nmae", "nick"), { '"u.*.nmae"; did you mean "u.*.name"?' } },
  { "one of a document that holds such objects", '[{"k":{"name":1},"l":{"name":1,"nick":1}}]',
    each("", "nmae", "nick"), { '"*.nmae"; did you mean "*.name"?' } },
  { "below objects whose names are data",
    '[{"u":{"k":{"a":{"x":1},"l":[{}]},"l":{"a":{"yy":1},"l":[{}]}}}]',
    function(record)
      for _, object in pairs(record.u) do assert(object.a.x or object.a.yy and not object.a.yz) end
      for _, object in pairs(record.u) do assert(not object.l[1].m) end
    end, { '"u.l.a.yz"; did you mean "u.l.a.yy"?', '"u.*.l[].m"' } },
  { "one of one object of several of a kind", '[{"u":{"home":{"street":1},"work":{"street":1}}}]',
    function(record) assert(not record.u.work.strret) end,
    { '"u.work.strret"; did you mean "u.work.street"?' } },
  { "one that only an object of another kind has", '[{"p":{"city":1},"q":{"mail":1}}]',
    function(record) assert(record.q and not record.p.mail) end, { '"p.mail"' } },
  { "one of an object that is named by an address", '[{"u":{"a@b.example":{"name":1}}}]',
    each("u", "nmae"), { '"u.*.nmae"; did you mean "u.*.name"?' } },
  { "one that is at another path too", '[{"p":{"name":1,"q":{"name":1}}}]',
    function(record) assert(not record.p.nmae and not record.p.q.nmae) end,
    { '"p.nmae"; did you mean "p.name"?', '"p.q.nmae"; did you mean "p.q.name"?' } },
}

for _, case in ipairs(CASES) do
  tap.test("a member inside a record that none has is named: " .. case[1], function()
    tap.equal(warned(case[2], case[3]), case[4])
  end)
end

tap.test("of very many objects whose names are data, one name is said once", function()
  local members = {}
  for i = 1, 500 do members[i] = string.format('"u%d":{"name":1,"n%d":1}', i, i // 100) end
  tap.equal(warned('[{"u":{' .. table.concat(members, ",") .. "}}]", each("u", "nmae", "n4")),
    { '"u.*.nmae"; did you mean "u.*.name"?' })
end)

tap.test("at most a hundred names are said", function()
  local names = {}
  for i = 1, 90 do names[i] = "zzzzzz" .. i end
  tap.equal(#warned('[{"u":{"a":1},"v":{"b":1}}]', function(record)
    for _, name in ipairs(names) do assert(not record.u[name] and not record.v[name]) end
  end), 100)
end)
