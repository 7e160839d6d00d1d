--- host.csv must return the same rows however its input arrives, and fields in UTF-8.

local csv = require "host.csv"
local file = require "host.file"
local json = require "host.json"
local text_of = require "host.text"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local samples = {
  'id,email,name\n1,a@example.com,"Doe, Jane"\n2,b@example.com,"say ""hi"""\n', "a;b\r\n1;2\r\n",
  'a\tb\n"x\ny"\t\\N\n', "a,b,\n1,2,\n,,\n", "a\n\n\nx\n", "\xef\xbb\xbfa,b\n1,2",
  "a,b\n1\n1,2,3\n",
  "\xff\xfea\0,\0b\0\n\0001\0,\0\x3d\xd8\x00\xde\n\0", "\xfe\xff\0a\0\n\0b",
  ' "a" , b\n "1" , 2 \n',
  "a,b\n\\,x,\\\\\n\\\"q,2\n", "n\n" .. ("x,"):rep(200), "",
}
for _, path in ipairs { "tests/recipes/auth0/users.csv", "tests/recipes/csv/users.csv" } do
  samples[#samples + 1] = assert(file.read(path)):sub(1, 4000)
end
local words = { ",", ";", "\t", '"', '""', "\\", "\n", "\r\n", "\r", "\\N", "NULL", " ", "\0",
  "\xff\xfe", "\xef\xbb\xbf", "\xc3", "\x81", "\x84\x31\x95\x33", "\x95\\", "\x83|", "\xa4\xa2",
  "\x8f", "\xc3\xa4", "a,b", '"\n', ("q"):rep(60) }

local function options()
  local some = {
    delimiter = fuzz.pick { ",", ",", ";", "\t", "|" }, quote = fuzz.pick { '"', '"', "'", "" },
    escape = fuzz.pick { false, "\\", "" } or nil, trim = fuzz.pick { true, false },
    empty = fuzz.pick { "nil", "keep" }, ragged = fuzz.pick { "reject", "pad" },
    encoding = fuzz.pick { "utf-8", "utf-8", "utf-16le", fuzz.pick(text_of.encodings()) },
    limit = fuzz.pick { 1, 30, 1000, 1000000 }, null = fuzz.pick { false, { "NULL", "" } } or nil,
    place = fuzz.pick { false, "users.csv:" } or nil,
  }
  if math.random(3) == 1 then some.header = { "a", "b", ("long"):rep(20) } end
  return some
end

---The row's fields, by name and by number.
local function fields(row, columns)
  local list = {}
  for i = 0, #row + 1 do list[#list + 1] = row[i] or false end
  for i, name in ipairs(columns) do
    list[#list + 1] = name
    assert(row[name] == row[i])
  end
  for name, value in pairs(row) do
    assert(row[name] == value and text_of.is_utf8(value))
  end
  assert(row.nowhere == nil and row[true] == nil)
  return list
end

local function read(path, text, in_pieces, some)
  local input <close> = fuzz.input(path, text, in_pieces)
  local reader, refusal = csv.reader(input, some)
  if not reader then return { refusal } end
  local rows <close>, last = reader, nil
  local list = { rows:columns() }
  for _ = 1, 300 do
    local row, place, line, raw = rows:next()
    if last then assert(not pcall(function() return last[1] end)) end
    last = row or nil
    list[#list + 1] = row and { fields(row, list[1]), place }
      or { row or false, place or false, line, raw }
    if row == nil then break end
  end
  assert(#rows:unknown() <= 1)
  return list
end

return fuzz.run(..., function(_, folder)
  local text, some = fuzz.broken(samples, words), options()
  local whole = read(folder .. "/a.csv", text, false, some)
  local pieces = read(folder .. "/a.csv", text, true, some)
  if some.limit > 4 * #text then -- else the size of the window decides which fault is found first
    local a, b = assert(json.encode(whole)), assert(json.encode(pieces))
    assert(a == b, ("%s\n~= %s"):format(a, b))
  end
end)
