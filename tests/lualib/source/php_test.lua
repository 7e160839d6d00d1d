local tap = require "tests.tap"
local json = require "host.json"
local value = require "source.value"
local test, equal = tap.test, tap.equal

for name, case in pairs {
  ["roles of WordPress"] = { 'a:1:{s:10:"subscriber";b:1;}', { subscriber = true } },
  ["two roles"] = { 'a:2:{s:13:"administrator";b:1;s:6:"editor";b:0;}',
    { administrator = true, editor = false } },
  ["strings are as long as their bytes"] = { 's:6:"M\u{fc}l"r";', 'M\u{fc}l"r' },
  ["strings may hold what ends them"] = { 'a:1:{i:0;s:12:"";s:1:"x";}}";}', { '";s:1:"x";}}' } },
  ["an empty string"] = { 's:0:"";', "" },
  ["a string may hold any bytes"] = { 's:2:"\xff\0";', "\xff\0" },
  ["integers are exact"] = { "i:-9223372036854775808;", math.mininteger },
  ["an integer that is too long"] = { "i:9223372036854775808;", "9223372036854775808" },
  ["floats"] = { "d:-1.5E-7;", -1.5e-7 },
  ["what is not a number of JSON"] = {
    "a:3:{i:0;d:INF;i:1;d:-INF;i:2;d:NAN;}", { "INF", "-INF", "NAN" } },
  ["false"] = { "b:0;", false },
  ["a list"] = { 'a:2:{i:0;s:1:"a";i:1;N;}', { "a", json.null } },
  ["keys that are not those of a list become text"] = { 'a:2:{i:1;s:1:"a";i:0;s:1:"b";}',
    { ["0"] = "b", ["1"] = "a" } },
  ["an object, with its private and protected properties"] = {
    'O:4:"User":3:{s:2:"id";i:7;s:7:"\0*\0name";s:1:"a";s:10:"\0User\0mail";s:1:"b";}',
    { id = 7, name = "a", mail = "b" } },
  ["a case of an enumeration"] = { 'E:11:"Suit:Hearts";', "Suit:Hearts" },
  ["nested"] = { 'a:1:{s:1:"x";a:1:{s:1:"y";O:1:"C":0:{}}}', { x = { y = {} } } },
} do
  test("PHP: " .. name, function() equal(value.php_unserialize(case[1]), case[2]) end)
end

test("PHP: an empty array is written as a list", function()
  equal(json.encode(value.php_unserialize("a:0:{}")), "[]")
end)

for name, text in pairs {
  ["null"] = "N;", ["a length that is too small"] = 's:3:"abcd";',
  ["a length that is too large"] = 's:5:"abcd";',
  ["a length beyond the text"] = 's:99999999999:"a";',
  ["a length beyond an integer"] = 's:99999999999999999999999:"a";', ["a cut text"] = 's:4:"abc',
  ["a missing semicolon"] = "i:1", ["more after the value"] = "i:1;i:2;", ["text"] = "subscriber",
  ["an empty text"] = "", ["a count that is too large"] = "a:2:{i:0;i:1;}",
  ["a count that is too small"] = "a:1:{i:0;i:1;i:1;i:2;}", ["an endless count"] = "a:999999999:{",
  ["a key that is an array"] = "a:1:{a:0:{}i:1;}", ["a boolean other than 0 and 1"] = "b:2;",
  ["a reference"] = "a:2:{i:0;i:1;i:1;R:2;}",
  ["a class with a format of its own"] = 'C:1:"C":1:{x}',
  ["a float in hexadecimal"] = "d:0x10;", ["an unknown kind"] = "z:1;", ["only a kind"] = "a:",
  ["nesting without end"] = ("a:1:{i:0;"):rep(10000) .. "i:1;" .. ("}"):rep(10000),
} do
  test("PHP: nil for " .. name, function() equal(value.php_unserialize(text), nil) end)
end

test("PHP: nil for what is not text", function()
  for _, given in ipairs { 1, true, {}, json.null } do equal(value.php_unserialize(given), nil) end
  equal(value.php_unserialize(nil), nil)
end)
