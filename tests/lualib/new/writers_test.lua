--- What new writes is Lua and YAML that is read back as it was.

local json = require "host.json"
local lua_text = require "new.lua_text"
local shape = require "cases.shape"
local tap = require "tests.tap"
local yaml_text = require "new.yaml_text"
local test, equal = tap.test, tap.equal

---Names of columns as exports have them.
local ODD <const> = {
  "E-Mail Address", "end", "a\"b", "back\\slash", "two\nlines", "tab\tbed", "größe", "x.y", "1st",
  "]] os.exit()", "nil", "\u{202e}turned",
}

test("any name of a column is written as Lua that reads it", function()
  for _, name in ipairs(ODD) do
    local read = assert(load("local row = ...; return " .. lua_text.member("row", name)))
    equal(read { [name] = name }, name)
    equal(load("return { " .. lua_text.field(name) .. " = 1 }")(), { [name] = 1 })
  end
end)

test("a name that Lua allows is written plainly, a keyword is not", function()
  equal(lua_text.member("row", "email"), "row.email")
  equal(lua_text.member("row", "end"), 'row["end"]')
end)

test("a record is read from YAML as it was", function()
  local record = {
    number = 7, text = "7", no = "no", null = json.null, float = 1.5, list = json.array { "a", 1 },
    none = json.array {}, empty = {}, nested = { ["E-Mail"] = "a@b.cd", deep = { on = true } },
    items = json.array { { name = "x", value = "- y" }, { name = "z" } }, hash = "$2b$10$#: x",
    [""] = "nothing",
  }
  for _, name in ipairs(ODD) do record[name] = name end
  record[""] = nil
  local text = yaml_text.cases({ { name = "one: #1", record = record, skipped = "no" } }, {
    files = { ["a.csv"] = "id,x\n1,\"y\"\n" }, params = { other = "a.csv" },
  })
  local case = shape.cases({ name = "x.test.yaml", recipe = "x.lua", text = text })[1]
  equal(json.decode(case.record), json.decode(assert(json.encode(record))))
  equal({ case.name, case.skipped, case.files["a.csv"] }, { "one: #1", "no", "id,x\n1,\"y\"\n" })
end)
