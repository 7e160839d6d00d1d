--- host.coverage: members, looks and first absences of JSON objects.

local coverage = require "host.coverage"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

local OPTIONS <const> = { open = { "meta" }, closed = { "secret" } }

---The fields of objects, by name; their places are "#1", "#2" ...
local function counted(objects, options)
  local cover <close> = coverage.new(options or OPTIONS)
  local draft <close> = json.draft()
  for i, object in ipairs(objects) do
    draft:set(type(object) == "string" and object or json.encode(object))
    cover:add(draft, "#" .. i)
  end
  local by_name, list, others = {}, cover:fields()
  for _, field in ipairs(list) do by_name[field.name] = field end
  return by_name, others, list
end

---The looks of one text, as a member.
local function look_of(value)
  return counted({ { a = value } }).a.looks[1].look
end

test("a field has the number of users that have it, and the first that does not", function()
  local fields = counted { { a = 1, b = 1 }, { a = 1 }, { a = 1, b = 1, c = 1 } }
  tap.equal({ fields.a.users, fields.a.without }, { 3, nil })
  tap.equal({ fields.b.users, fields.b.without }, { 2, "#2" })
  tap.equal({ fields.c.users, fields.c.without }, { 1, "#1" })
end)

test("null and an empty text are absent; false, 0, [] and {} are there", function()
  local fields = counted { { a = json.null, b = "", c = false, d = 0, e = json.array {}, f = {} } }
  tap.equal({ fields.a, fields.b }, {})
  for _, name in ipairs { "c", "d", "e", "f" } do tap.equal(fields[name].users, 1) end
end)

test("a look keeps punctuation and nothing of letters and digits", function()
  for _, case in ipairs {
    { "anna@example.org", "a@a.a" }, { "Anna", "Aa" }, { "ANNA", "A" }, { "+4915112345678", "+9" },
    { "2023-01-15T10:00:00Z", "9-9-x:9:x" }, { "a1b2", "x" }, { "Müller", "ä" }, { "a  b", "a a" },
    { "a--b", "a-a" }, { "a\"b", "a\"a" }, { "a\\b", "a\\a" }, { "a\nb", "a\\na" },
    { "\1b", "\\ua" }, { 5, "9" }, { -5, "-9" }, { 1.5, "9.9" }, { true, "true" },
    { false, "false" }, { json.array {}, "[]" }, { { 1, 2 }, "[...]" }, { {}, "{}" },
    { { b = 1 }, "{...}" }, { ("a."):rep(30), ("a."):rep(19) .. "a..." },
  } do
    tap.equal(look_of(case[1]), case[2])
  end
end)

test("looks that differ behind the shown part are counted apart", function()
  local long = ("a."):rep(30)
  tap.equal(#counted({ { a = long }, { a = long .. "-" } }).a.looks, 2)
end)

test("looks are counted, at most a hundred of a field", function()
  local objects = {}
  for i = 1, 150 do objects[i] = { a = ("a."):rep(i) .. "b", b = i % 2 == 0 and "x" or "-" } end
  local fields = counted(objects)
  tap.equal(#fields.a.looks, 100)
  table.sort(fields.b.looks, function(a, b) return a.look < b.look end)
  tap.equal(fields.b.looks, { { look = "-", users = 75 }, { look = "a", users = 75 } })
end)

test("members are distinguished by their whole names, whatever their length", function()
  local names = {}
  for size = 1, 20 do
    for _, last in ipairs { "a", "b", '"', "\\" } do
      names[#names + 1] = ("n"):rep(size - 1) .. last
    end
  end
  for i, name in ipairs(names) do -- the member that followed once does not follow again
    local fields = counted { { [name] = 1 }, { [names[i % #names + 1]] = 1 }, { [name] = 1 } }
    tap.equal(fields[json.encode(name):sub(2, -2)].users, 2)
  end
end)

test("members of an open member are fields, of another they are not", function()
  local fields = counted {
    { meta = { plan = "a", deep = { city = "b" } }, other = { plan = "a" } },
    { meta = { plan = "a" } }, {},
  }
  tap.equal({ fields["meta.plan"].users, fields["meta.plan"].without }, { 2, "#3" })
  tap.equal({ fields["meta.deep.city"].users, fields["meta.deep.city"].without }, { 1, "#2" })
  tap.equal(fields["other.plan"], nil)
end)

test("of a closed member only its presence is counted", function()
  local fields = counted { { secret = "$2b$10$abc" }, { secret = { value = "x" } } }
  table.sort(fields.secret.looks, function(a, b) return a.look < b.look end)
  tap.equal(fields.secret.looks, { { look = "text", users = 1 }, { look = "{...}", users = 1 } })
end)

test("members beyond two hundred are counted together, and those before stay exact", function()
  local object = {}
  for i = 1, 300 do object[string.format("k%03d", i)] = i end
  local fields, others, list = counted({ object, { k001 = 1 } }, {})
  tap.equal({ #list, others }, { 199, 101 })
  tap.equal({ fields.k001.users, fields.k002.without }, { 2, "#2" })
end)

test("nesting deeper than eight levels is one value", function()
  local text = ('{"meta":'):rep(1) .. ('{"a":'):rep(20) .. "1" .. ("}"):rep(21)
  local fields = counted { text }
  tap.equal(fields["meta" .. (".a"):rep(8)].looks[1].look, "{...}")
  tap.equal(fields["meta" .. (".a"):rep(9)], nil)
end)

test("another order of members gives the same figures", function()
  local fields = counted { '{"a":1,"b":2,"c":3}', '{"c":1,"a":2}', '{"b":1,"c":1,"d":{"a":"}"}}' }
  tap.equal({ fields.a.users, fields.b.users, fields.c.users, fields.d.users }, { 2, 2, 3, 1 })
  tap.equal({ fields.a.without, fields.b.without, fields.d.without }, { "#3", "#2", "#1" })
end)

test("an empty draft counts as an object without members", function()
  local cover <close> = coverage.new()
  local draft <close> = json.draft()
  cover:add(draft, "#1")
  tap.equal({ cover:fields() }, { {}, 0 })
end)

test("misuse raises", function()
  local cover = coverage.new()
  tap.raises(function() cover:add("{}", "#1") end, "draft")
  cover:close()
  cover:close()
  tap.raises(function() cover:fields() end, "closed")
  tap.raises(function() coverage.new { open = "a" } end, "table")
end)

---The paths of objects that are a list in one and {} in another, with how often they are {}.
local function both(objects, members)
  local tables <close> = coverage.tables(members or { "meta" })
  local draft <close> = json.draft()
  for _, object in ipairs(objects) do
    draft:set(json.encode(object))
    tables:add(draft)
  end
  local found = {}
  for _, one in ipairs(tables:both()) do found[one.path] = one.empty end
  return found
end

test("a path that is a list in one object and {} in others is found, with their number", function()
  local empty = { meta = { a = {}, b = { { c = {} } }, d = {} } }
  tap.equal(both {
    empty, empty, { meta = { a = { 1 }, b = { { c = json.array {} } }, d = { e = 1 } } },
  }, { ["meta.a"] = 2, ["meta.b[].c"] = 2 })
end)

test("lists of lists have paths, and names that JSON escapes are shown as they are", function()
  local name = 'q"\\ü\n'
  tap.equal(both {
    { meta = { [name] = { { { 1 } }, { {} } } } }, { meta = { [name] = { { json.array {} } } } },
  }, { ["meta." .. name .. "[][]"] = 1 })
end)

test("only the tables of the named members count", function()
  local a = { a = {}, meta = { a = { "}]" } } }
  local b = { a = { 1 }, meta = { a = {} }, other = { { {} } } }
  tap.equal(both({ a, b }), { ["meta.a"] = 1 })
  tap.equal(both({ a, b }, { "a", "none" }), { a = 1 })
end)

---What `both` must find, in Lua.
local function expected(objects)
  local lists, empties = {}, {}
  local function walk(value, path)
    if json.is_array(value) then
      lists[path] = true
    elseif next(value) == nil then
      empties[path] = (empties[path] or 0) + 1
    end
    for key, one in pairs(value) do
      if type(one) == "table" then
        walk(one, path .. (type(key) == "number" and "[]" or "." .. key))
      end
    end
  end
  for _, object in ipairs(objects) do walk(object.meta, "meta") end
  local found = {}
  for path, n in pairs(empties) do found[path] = lists[path] and n or nil end
  return found
end

test("random objects have the paths that a walk in Lua finds", function()
  math.randomseed(20261130)
  local function random(depth)
    local kind = math.random(depth > 0 and 6 or 3)
    if kind == 1 then return math.random(-9, 9) + math.random(0, 1) / 2 end
    if kind == 2 then return ({ true, json.null, "{[", "]}", '"', "\\", "" })[math.random(7)] end
    if kind == 3 then return math.random(2) == 1 and {} or json.array {} end
    local made = {}
    for i = 1, math.random(0, 3) do
      made[kind == 4 and i or ({ "a", "b", 'c"', "d\\" })[math.random(4)]] = random(depth - 1)
    end
    return made
  end
  local n = 0
  for _ = 1, 500 do
    local objects = {}
    for i = 1, 6 do
      local meta = random(4)
      objects[i] = { meta = type(meta) == "table" and meta or {}, other = random(2) }
    end
    local found = expected(objects)
    if next(found) then n = n + 1 end
    tap.equal(both(objects), found)
  end
  assert(n > 250, "only " .. n .. " of the samples have such a path")
end)

test("of very many paths the first thousand are noted", function()
  local first, second = {}, {}
  for i = 1, 3000 do first[string.format("k%04d", i)] = {} end
  for i = 1, 3000 do second[string.format("k%04d", i)] = { 1 } end
  local found = both { { meta = first }, { meta = second } }
  tap.equal({ found["meta.k0900"], found["meta.k1000"] }, { 1, nil })
end)

test("tables that are closed raise", function()
  local tables, draft <close> = coverage.tables { "meta" }, json.draft()
  tables:close()
  tables:close()
  tap.raises(function() tables:add(draft) end, "closed")
  tap.raises(function() tables:both() end, "closed")
end)
