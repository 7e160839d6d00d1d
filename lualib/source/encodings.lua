--- The encodings in which text may be: their names, and which one a text is in that is not UTF-8.

local spelling = require "base.spelling"
local text = require "host.text"

local encodings = {}

local FALLBACK <const> = "windows-1252"
local BYTES <const> = {} -- of no ASCII
for byte = 0x80, 0xFF do BYTES[#BYTES + 1] = string.char(byte) end
local POLISH <const> = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
-- "ł" in both encodings of Polish, "ą" and "ś" in one of them, between letters: they are signs in
-- windows-1252, which stand behind one at most.
local SIGN_INSIDE <const> = "[A-Za-z][\xB1\xB3\xB6\xB9][A-Za-z]"
local STROKED_L <const> = "\xB3"
-- "ą" and "ś" of iso-8859-2, which are signs in windows-1250, between letters.
local OF_LATIN2 <const> = "[A-Za-z][\xB1\xB6][A-Za-z]"

---Where it is not known which encoding a text is in.
encodings.ADVICE = "which is a guess; if letters are wrong, set encoding to another one, such as "
  .. "windows-1250 (Central Europe) or windows-1251 (Cyrillic), or convert the file with iconv"

---Raises, two levels up, if the option `encoding` is not the name of one.
---@param what string  "csv.records"
---@param options? table
function encodings.check(what, options)
  local given = options and options.encoding
  if type(given) ~= "string" or text.encoding(given) then return end
  local names = text.encodings()
  local hint = spelling.hint(given, names)
  if hint == "" then hint = "; it may be " .. table.concat(names, ", ") end
  error(string.format('%s: unknown encoding "%s"%s', what, given, hint), 3)
end

---@param encoding string  of one byte
---@return table<string, string>? characters  by byte; nil if the C library does not have it
local function characters_of(encoding)
  local all = text.decode(table.concat(BYTES, "\n"), encoding)
  if not all then return nil end
  local characters, i = {}, 0
  for character in (all .. "\n"):gmatch("(.-)\n") do
    i = i + 1
    characters[BYTES[i]] = character
  end
  return characters
end

---Whether all that is not ASCII is a Polish letter, or the same in windows-1252.
local function fits(head, encoding)
  local own, usual = characters_of(encoding), characters_of(FALLBACK)
  if not own or not usual then return false end
  for byte in head:gmatch("[\x80-\xFF]") do
    local is_polish = POLISH:find(own[byte], 1, true) ~= nil
    if not is_polish and own[byte] ~= usual[byte] then return false end
  end
  return true
end

---Whether signs of windows-1252 stand inside words, in two places that differ: a unit such as "m³h"
---is the same everywhere.
local function has_polish_words(head)
  local found, n, has_stroked_l = {}, 0, false
  for place in head:gmatch(SIGN_INSIDE) do
    if not found[place] then found[place], n = true, n + 1 end
    has_stroked_l = has_stroked_l or place:find(STROKED_L, 1, true) ~= nil
  end
  return has_stroked_l and n > 1
end

---The encoding of a text that is not UTF-8. Only Polish is told from what Western Europe writes:
---other languages have letters where windows-1252 has letters, too.
---@param head string
---@return string
function encodings.guess(head)
  if not has_polish_words(head) then return FALLBACK end
  local is_latin2 = head:find(OF_LATIN2) ~= nil
  if is_latin2 and not head:find("[\x80-\x9F]") and fits(head, "iso-8859-2") then
    return "iso-8859-2"
  end
  return not is_latin2 and fits(head, "windows-1250") and "windows-1250" or FALLBACK
end

return encodings
