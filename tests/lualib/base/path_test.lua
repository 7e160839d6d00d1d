local path = require "base.path"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

for word, quoted in pairs {
  ["shop.run"] = "shop.run", [""] = "''", ["a b"] = "'a b'", ["it's"] = "'it'\\''s'",
  ["Zürich 東京"] = "'Zürich 東京'", ["a\27[2J"] = "$'a\\x1b[2J'",
  ["a\nnext: rm -rf /\r"] = "$'a\\x0anext: rm -rf /\\x0d'",
  ["\u{202e}x'\\"] = "$'\\xe2\\x80\\xaex\\'\\\\'",
  ["\xff1"] = "$'\\xff1'", ["\u{9b}m"] = "$'\\xc2\\x9bm'", ["$(x)`"] = "'$(x)`'",
} do
  test("quoted for the shell: " .. quoted, function() equal(path.quote(word), quoted) end)
end

test("a quoted word is typed in bash as the same bytes", function()
  local bytes = {}
  for byte = 1, 255 do bytes[byte] = string.char(byte) end
  for _, word in ipairs { table.concat(bytes), "\u{202e}ä'\\x41\\", "\x1bf0", "a\n", "$'\\n'" } do
    local command = "printf %s " .. path.quote(word)
    local file <close> = assert(io.popen("bash -c '" .. command:gsub("'", "'\\''") .. "'"))
    equal(file:read("a"), word)
  end
end)
