--- json.decode, json.encode, json.reader and chunk.values must agree on every text.

local chunk = require "host.chunk"
local file = require "host.file"
local json = require "host.json"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local samples = {
  '{"a":1,"b":[true,false,null],"c":{"d":"e\\u00e9\\ud83d\\ude00"}}', "[1,2,3]", '"x"', "-0.5e-7",
  '[{"email":"a@example.com"},{"email":"b@example.com","email":"c"}]', "[[],{},[[[]]],1e400]",
  '{"users":[{"n":12345678901234567890,"z":-0}],"more":{"users":[1]}}', '{"a":1}\n{"b":2}\r\n\n3\n',
  '["\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\\n\\"\\\\\\/"]',
  ('{"k":'):rep(30) .. "1" .. ("}"):rep(30),
}
for _, path in ipairs { "auth0/users.ndjson", "keycloak/acme-realm.json" } do
  samples[#samples + 1] = assert(file.read("tests/recipes/" .. path)):sub(1, 4000)
end
local words = { "{", "}", "[", "]", ",", ":", '"', "\\", "\\u", "\\ud800", "\\udc00", "\\u0000",
  "null", "true", "e", "-", "0", ".", "\n", "\xef\xbb\xbf", "\xed\xa0\x80", "\xff\xfe", "\0",
  '"users":', ("["):rep(250), ("9"):rep(30), '"a":' }

local function same(a, b)
  local text, message = json.encode(a)
  local other = json.encode(b)
  if text ~= other then error(("%s ~= %s"):format(text or message, other)) end
end

---What a record says when it is read in all ways.
local function look(record)
  if type(record) ~= "userdata" or record == json.null then return record end
  local names, plain = {}, json.materialize(record)
  for name in pairs(plain) do names[#names + 1] = name end
  for _, name in ipairs(names) do same(record[name], plain[name]) end
  assert(record.none == plain.none and record[1] == nil)
  same(record, plain)
  return plain
end

---Reads the text as records; the list of them, and the failure.
local function read(path, text, in_pieces, options)
  local input <close> = fuzz.input(path, text, in_pieces)
  local records <close> = json.reader(input, options)
  local list, last = {}, nil
  while true do
    local record, message, kind = records:next()
    if record == nil then
      assert(records:next() == nil)
      return list, message, kind
    end
    if last then assert(not pcall(function() return last.a end)) end
    last = type(record) == "userdata" and record or nil
    list[#list + 1] = record and look(record) or { message, kind }
  end
end

local function values(text)
  local list = {}
  for index, value, raw in chunk.values(text) do
    assert(index == #list + 1)
    same(json.decode(raw), value)
    list[index] = value
  end
  return json.array(list)
end

return fuzz.run(..., function(_, folder)
  local text = fuzz.broken(samples, words)
  local value, message = json.decode(text)
  if value ~= nil then
    local again = assert(json.encode(value))
    same(assert(json.decode(again)), value)
  else
    assert(message)
  end

  local fine, list = pcall(values, text)
  assert(fine == (json.is_array(value) and text:find("^[ \r\n\t]*%[") ~= nil))
  if fine then same(list, value) end

  local options = {
    lines = math.random(3) == 1, lazy = math.random(3) > 1,
    limit = fuzz.pick { 1, 20, 300, 100000 },
  }
  options.detect = not options.lines and math.random(3) == 1
  if not options.lines and not options.detect and math.random(3) == 1 then
    options.pointer = fuzz.pick { "", "/users", "/more/users", "/0", "/a", "/k/k/k", "/~0~1" }
  end
  local whole, reason, kind = read(folder .. "/a.json", text, false, options)
  local pieces, other, other_kind = read(folder .. "/a.json", text, true, options)
  same(pieces, whole)
  assert(kind == other_kind)
  if options.limit > #text then -- else one of them may see first that it is too long
    assert(reason == other, ("%s ~= %s"):format(reason, other))
  end
  if value and not options.lines and not options.detect and not options.pointer
    and options.limit > #text and not text:find("^\xef\xbb\xbf") then
    same(json.array(whole), text:find("^[ \r\n\t]*%[") and value or { value })
  end
end)
