--- Documents of another shape than the recipe expects.

local tap = require "tests.tap"
local folder = require "tests.lualib.source.folder"
local json = require "source.json"
local ndjson = require "source.ndjson"

---The warnings of a source whose records are asked for these names.
local function warned(text, names, options, reader)
  local warnings
  folder.with({ ["u.json"] = text }, function(root)
    local records = (reader or json).records(root .. "/u.json", options)
    for record in records do
      for _, name in ipairs(names) do
        if type(record) == "userdata" and record ~= json.null then assert(record[name] or true) end
      end
    end
    warnings = records:warnings()
  end)
  return warnings
end

local USERS <const> = '"users":[{"email":"a"},{"email":"b"}]'

-- {what, the document, the names that are read, options, the message}
for _, case in ipairs {
  { "the array at the top", "{" .. USERS .. ',"v":1}', { "email" }, nil,
    'no "email" in record 1 of u.json; an array of 2 objects is at /users: write pointer = '
      .. '"/users"' },
  { "the array below an object", '{"data":{' .. USERS .. "}}", { "email" }, nil,
    'no "email" in record 1 of u.json; an array of 2 objects is at /data/users: write pointer = '
      .. '"/data/users"' },
  { "below an element", "[{" .. USERS .. "}]", { "email" }, nil,
    'no "email" in record 1 of u.json; an array of 2 objects is at /users: write pointer = '
      .. '"/0/users"' },
  { "below a pointer", '{"x":[{' .. USERS .. "}]}", { "email" }, { pointer = "/x" },
    'no "email" in record 1 of u.json; an array of 2 objects is at /users: write pointer = '
      .. '"/x/0/users"' },
  { "the array that has what is read, not the largest",
    '{"log":[{"a":1},{"a":2},{"a":3}],' .. USERS .. "}", { "name", "email" }, nil,
    'no "name", "email" in record 1 of u.json; an array of 2 objects is at /users: write pointer = '
      .. '"/users"' },
  { "the largest, if the recipe found nothing", "{" .. USERS .. ',"log":[{"a":1}]}', { "mail" },
    nil, 'no "mail" in record 1 of u.json; an array of 2 objects is at /users: write pointer = '
      .. '"/users"' },
  { "with several records", "[{" .. USERS .. "},{" .. USERS .. "}]", { "email" }, nil,
    'no "email" in record 1 of u.json; an array of 2 objects is at /users: map its objects and '
      .. "return a list of users" },
  { "an object of objects", '{"u1":{"email":"a"},"u2":{"email":"b"}}', { "email" }, nil,
    'no "email" in record 1 of u.json; the document is an object of 2 objects: map its objects and '
      .. "return a list of users" },
  { "without a remedy, if the recipe has none", "{" .. USERS .. "}", { "email" },
    { optional = true }, 'no "email" in record 1 of u.json; an array of 2 objects is at /users' },
} do
  tap.test("the array inside a document is named: " .. case[1], function()
    tap.equal(warned(case[2], case[3], case[4]), { { code = "other_shape", message = case[5] } })
  end)
end

tap.test("NDJSON that holds one document is read with source.json", function()
  tap.contains(warned("{" .. USERS .. "}", { "email" }, nil, ndjson)[1].message,
    'at /users: read it with source.json and write pointer = "/users"')
end)

tap.test("a user with arrays of its own is not taken for a document", function()
  local user = '{"email":"a","identities":[{"provider":"x"}]}'
  tap.equal(warned(user, { "email" }), {})
  tap.equal(warned(user, { "email", "phone" })[1].code, "unknown_member")
  tap.equal(warned("[" .. user .. "," .. user .. "]", { "email", "phone" })[1].code,
    "unknown_member")
end)

for text, kind in pairs {
  ["[[1,2],[3]]"] = "a list of 2", ['"hello"'] = "a string", ["17"] = "a number", ["null"] = "null",
  ["false"] = "a boolean", ["[[]]"] = "a list of 0",
} do
  tap.test("a first record that is not an object is named: " .. text, function()
    tap.equal(warned(text, {}), { {
      code = "other_shape", unless_ready = true,
      message = "record 1 of u.json is " .. kind .. ", not an object",
    } })
  end)
end

for text, found in pairs {
  ["{" .. USERS .. "}"] = "; an array of 2 objects is at /users",
  ['{"a":1,"b":2,"c":3,"d":4}'] = '; it has "a", "b", "c", …',
  ['{"a":1}'] = '; it has "a"', ["{}"] = "; it is empty",
  ['{"a":{},"b":{}}'] = "; the document is an object of 2 objects",
} do
  tap.test("a pointer to nothing says what the document has: " .. text, function()
    folder.with({ ["u.json"] = text }, function(root)
      tap.raises(function() json.records(root .. "/u.json", { pointer = "/people" })() end,
        "u.json: no list at /people: there is no /people (byte " .. #text + 1 .. ")" .. found)
    end)
  end)
end
