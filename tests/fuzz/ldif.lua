--- host.ldif must return the same entries however its input arrives.

local json = require "host.json"
local ldif = require "host.ldif"
local text_of = require "host.text"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local samples = {
  "version: 1\n\ndn: uid=a,dc=x\nuid: a\nmail: a@x\nmail: b@x\nphoto:: /9j/\n\ndn: b\ncn: B\n",
  "dn: a\r\ncn;lang-de: x\r\ndescription: long\r\n er\r\nmember;range=0-1: y\r\n\r\ndn:: Yg==\r\n",
  "# extended LDIF\n#\n\n# a\n b\ndn: a\nx: 1\n\n# r\nref: ldap://x\n\nsearch: 2\nresult: 4 Size\n",
  "\xef\xbb\xbfdn: a\nchangetype: add\nx:< file:///a\n\ndn: b\nchangetype: modify\n-\n", "",
}
local words = { "\n", "\r\n", "\n\n", "\r", " ", "\n ", ":", "::", ":<", "#", "\n#", "dn: x\n", "=",
  "YQ==", ";range=0-*", ";range=1-2", ";binary", "version: 1\n", "version: 2\n", "\0", "\xff", "ä",
  "result: 0\n", "ref: x\n", "changetype: add\n", "\xff\xfe", ("q"):rep(60), (" "):rep(300) }

---An entry with bytes as hexadecimal digits, which JSON can hold.
local function plain(record)
  if not record then return false end
  local made = { dn = record.dn }
  for name, values in pairs(record) do
    assert(name == "dn" or #values > 0)
    for i, value in ipairs(name ~= "dn" and values or {}) do
      made[name] = made[name] or {}
      made[name][i] = value:gsub("[\x80-\xff]", function(c) return ("\\%02x"):format(c:byte()) end)
    end
  end
  return made
end

local function read(path, text, in_pieces, limit)
  local input <close> = fuzz.input(path, text, in_pieces)
  local entries <close> = ldif.reader(input, { limit = limit })
  local list = {}
  for _ = 1, 300 do
    local record, line, at, raw = entries:next()
    assert(not raw or text_of.is_utf8(raw))
    local again = entries:record()
    assert((again ~= nil) == (record and true or false))
    if again then assert(json.encode(again)) end
    list[#list + 1] = { plain(record), line or false, at or false, raw or false }
    if record == nil then break end
  end
  list[#list + 1] = { #entries:names(), entries:export() }
  return list
end

return fuzz.run(..., function(_, folder)
  local text, limit = fuzz.broken(samples, words), fuzz.pick { 1, 7, 30, 1000, 1000000 }
  local whole = read(folder .. "/a.ldif", text, false, limit)
  local pieces = read(folder .. "/a.ldif", text, true, limit)
  -- of blanks over the limit, the window decides how many are kept
  for blanks in text:gmatch("[ \t\r]+") do
    if #blanks > limit then return end
  end
  local a, b = assert(json.encode(whole)), assert(json.encode(pieces))
  assert(a == b, ("%q\n%s\n~= %s"):format(text, a, b))
end)
