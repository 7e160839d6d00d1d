--- host.bson must return the same documents however its input arrives, and step over broken ones.

local bson = require "host.bson"
local file = require "host.file"
local json = require "host.json"
local text_of = require "host.text"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local users = assert(file.read "tests/fixtures/mongodb/users.bson")
local samples = { users, "\5\0\0\0\0", "\x6d\xe2\x99\x81\5\0\0\0\0" }
for i = 0, 30 do
  samples[#samples + 1] = string.pack("<i4Bzi4z", 19, i, "a", 2, "x") .. "\0"
end
local at = 1
while at < #users do
  local size = string.unpack("<i4", users, at)
  samples[#samples + 1] = users:sub(at, at + size - 1)
  at = at + size
end
local words = { "\0", "\5\0\0\0\0", "\1", "\2", "\3", "\4", "\5", "\7", "\x0b", "\x0c", "\x0f",
  "\x13", "\xff\xff\xff\xff", "\0\0\0\x80", "\x7f\0\0\0", "_id\0", "\3a\0", "\xc3", "\xff",
  ("\3a\0"):rep(250) }

---A copy whose texts can be compared as JSON, which holds no other bytes.
local function plain(value)
  if type(value) == "string" then return text_of.printable(value, 100000) end
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array {} or {}
  for name, inner in pairs(value) do copy[plain(name)] = plain(inner) end
  return copy
end

local function read(path, text, in_pieces, options)
  local input <close> = fuzz.input(path, text, in_pieces)
  local reader <close> = bson.reader(input, options)
  local list = {}
  while true do
    local record, place, at_place, raw = reader:next()
    if record then
      assert(place == tostring(#list) and not at_place)
      list[#list + 1] = plain(record)
      assert(json.encode(plain(reader:record())) == assert(json.encode(list[#list])))
    elseif record == false then
      assert(at_place == tostring(#list) and text_of.is_utf8(place) and #raw <= 1024)
      list[#list + 1] = { place, plain(raw) }
    else
      assert(reader:next() == nil and not reader:record())
      return assert(json.encode { list = json.array(list), failure = place, kind = at_place })
    end
  end
end

---Half of the texts keep the size of their document, so that what is inside is read.
local function resized(text)
  if #text < 5 or math.random(2) == 1 then return text end
  return string.pack("<i4", #text) .. text:sub(5, -2) .. "\0"
end

return fuzz.run(..., function(_, folder)
  local text = resized(fuzz.broken(samples, words))
  local options = { limit = fuzz.pick { 1, 20, 300, 100000 } }
  local whole = read(folder .. "/a.bson", text, false, options)
  local pieces = read(folder .. "/a.bson", text, true, options)
  assert(whole == pieces, ("%s\n~= %s"):format(whole, pieces))
end)
