local tap = require "tests.tap"
local value = require "source.value"
local test, equal, raises = tap.test, tap.equal, tap.raises

local UUID <const> = "00112233-4455-6677-8899-aabbccddeeff"
local BYTES <const> = "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"

for name, case in pairs {
  ["bytes"] = { BYTES }, ["digits"] = { "00112233445566778899AABBCCDDEEFF" },
  ["digits as MySQL writes them"] = { "0x00112233445566778899AABBCCDDEEFF" },
  ["digits as PostgreSQL writes them"] = { "\\x00112233445566778899aabbccddeeff" },
  ["text"] = { UUID:upper() }, ["text in braces"] = { " {" .. UUID:upper() .. "} " },
  ["text, whatever the layout of bytes is"] = { UUID, "guid" },
  ["bytes of UUID_TO_BIN(x, 1)"] = {
    "\x66\x77\x44\x55\x00\x11\x22\x33\x88\x99\xaa\xbb\xcc\xdd\xee\xff", "swapped" },
  ["bytes of objectGUID"] = {
    "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", "guid" },
  ["digits of objectGUID"] = { "33221100554477668899aabbccddeeff", "guid" },
} do
  test("a UUID is read from " .. name, function() equal(value.uuid(case[1], case[2]), UUID) end)
end

test("bytes that are signs of patterns, or zero", function()
  equal(value.uuid(("%"):rep(16), "swapped"), "25252525-2525-2525-2525-252525252525")
  equal(value.uuid(("\0"):rep(16), "guid"), "00000000-0000-0000-0000-000000000000")
end)

test("nil for what is no UUID", function()
  for _, given in ipairs { "", "\0", BYTES .. "\0", UUID .. "0", "0x00", "x", 7, {} } do
    equal(value.uuid(given), nil)
  end
  equal(value.uuid(nil), nil)
end)

test("a layout that there is not raises", function()
  raises(function() value.uuid(BYTES, "mixed") end, 'the layout must be "swapped" or "guid"')
end)
