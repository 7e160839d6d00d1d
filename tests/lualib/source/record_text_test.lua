local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local json = require "host.json"
local record_text = require "source.record_text"
local test, equal, contains = tap.test, tap.equal, tap.contains

local function same(record)
  return record_text.decode(assert(record_text.encode(record)))
end

test("records are kept without loss, also bytes that are not text", function()
  for _, record in ipairs {
    {}, { id = 9007199254740993, f = 3.0, n = json.null, b = false, o = { l = { 1, "x" } } },
    { salt = "\xff\0\x80", name = "t\u{e4}", more = { "\xfe", "b", "", 5, { ["\xff"] = "t" } } },
    { "a", ["@k"] = "1" }, { k = { "a", ["@k"] = "1", l = json.array { { "b", c = "d" } } } },
    "text", "\xff", 5, json.null, false, { t = "t\xff", b = "bAA", star = "*", ["!"] = "!" },
  } do
    equal(same(record), record)
  end
  equal(json.encode(same { l = json.array {}, o = {} }), '{"l":[],"o":{}}')
  local lists = same { l = json.array {}, o = {}, x = "\xff" }
  equal({ json.is_array(lists.l), json.is_array(lists.o) }, { true, false })
end)

test("a broken record stays one", function()
  local broken = same(bad_record.new("a\n\xff", "row has 1 field"))
  assert(bad_record.is(broken))
  equal({ broken.raw, broken.message }, { "a\n\xff", "row has 1 field" })
end)

test("what JSON cannot hold for another reason is a failure", function()
  local written, message, kind = record_text.encode { a = { 0 / 0 }, b = "\xff" }
  equal({ written, kind }, { nil, "parse" })
  assert(message)
  contains(select(2, record_text.encode { a = print }), "a cannot be written as JSON")
end)
