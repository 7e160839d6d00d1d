--- Lower case of every code point, alone and beside a sigma, and of random words, each as a line of
--- JSON {text, ours}: `auth0-migrate --run tests/property/lower.lua COUNT SEED`.

local json = require "host.json"
local text = require "host.text"

local count, seed = tonumber((...)[1] or 20000), tonumber((...)[2] or 1)
math.randomseed(seed)

-- Where a character may decide whether a sigma is final.
local PLACES <const> = { "%s", "aΣ%s", "aΣ%sa", "%sΣ", "a%sΣ" }
local SURROGATES <const> = { first = 0xD800, last = 0xDFFF }
local LETTERS <const> = {
  "Σ", "Σ", "σ", "a", "Z", "İ", "I", "'", ".", "\u{301}", "\u{AD}", " ", "ª", "ʰ", "Ⅷ", "Ǆ", "ẞ",
  "\u{2126}", "\u{212A}", "1", "ß", "\u{200D}", "😀", "𐐀",
}

local function write(given)
  io.write(json.encode { given, text.lower(given) }, "\n")
end

for code = 0, 0x10FFFF do
  if code < SURROGATES.first or code > SURROGATES.last then
    local character = utf8.char(code)
    for _, place in ipairs(PLACES) do write((place:gsub("%%s", { ["%s"] = character }))) end
  end
end
for _ = 1, count do
  local word = {}
  for i = 1, math.random(12) do word[i] = LETTERS[math.random(#LETTERS)] end
  write(table.concat(word))
end
