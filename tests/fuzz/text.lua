--- The functions that accept any text: host.text, the decoders of host.digest, dates and formats.

local clock = require "host.clock"
local digest = require "host.digest"
local json = require "host.json"
local schema = require "host.schema"
local text = require "host.text"
local value = require "source.value"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local samples = {
  " Jane.Doe@Example.COM ", "+49 (0)30 123-456", "0044 20 7946 0000", "true", "Zm9vYmFy", "00ff10",
  "MZXW6YTBOI======", "2024-02-29T12:34:56.789+02:00", "Sun, 06 Nov 1994 08:49:37 GMT", "a,b,,c",
  "https://example.com/a?b#c", "\xc2\xa0\xef\xbb\xbf\xe2\x82\xac\xf0\x9f\x98\x80", "'15551234567",
}
local words = { " ", "@", ".", "+", "-", "=", "\0", "\xc2\xa0", "\xef\xbb\xbf", "\xed\xa0\x80", ":",
  "\xf4\x90\x80\x80", "T", "Z", "99", "(0)", ("1"):rep(30), "_", "/", "," }

return fuzz.run(..., function()
  local s = fuzz.broken(samples, words):sub(1, 9000)
  local fine = text.is_utf8(s)
  assert(fine == (utf8.len(s) ~= nil))
  local name = fuzz.pick(text.encodings())
  local bytes = text.encode(s, name)
  if not name:find("^utf") then
    text.decode(s, name)
    assert(not bytes or text.is_utf8(text.decode(bytes, name)))
  end
  local trimmed, lower = text.trim(s), text.lower(s)
  assert(trimmed == nil or text.trim(trimmed) == trimmed)
  assert(#lower <= #s + #s // 2 and text.lower(text.lower(lower)) == text.lower(lower))
  text.unseen(s)
  assert((text.length(s) ~= nil) == fine)
  local address = text.email(s)
  assert(address == nil or text.email(address) == address)
  local number = value.phone(s, fuzz.pick { "1", "44", "+49", "IT", "ru" })
  assert(number == nil or value.phone(number) == number)
  text.boolean(s, { s }, { "x" })
  for _, part in ipairs(text.split(s, fuzz.pick { ",", "\0", "@." })) do assert(part ~= "") end
  assert(text.distance(s:sub(1, 40), lower:sub(1, 40)) <= 40)

  assert(digest.unhex(digest.hex(s)) == s)
  assert(digest.unbase64(digest.base64(s, { url = #s % 2 == 0, pad = #s % 3 == 0 })) == s)
  assert(digest.unbase32(digest.base32(s)) == s)
  digest.unhex(s)
  digest.unbase64(s)
  digest.unbase32(s)
  for _, encoding in ipairs { "utf16le", "utf16be", "latin1" } do digest.transcode(s, encoding) end
  local time = clock.parse(s)
  assert(time == nil or clock.parse(clock.iso(math.max(time, 0), 6)))
  for _, format in ipairs { "email", "uri", "hex", "base64" } do schema.format(format, s) end
  assert((json.encode(s) ~= nil) == fine)
  assert(not fine or json.decode(json.encode(s)) == s)
end)
