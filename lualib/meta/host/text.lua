---@meta
--- What mappings do to every row, in C: blanks, case, addresses, numbers, words. Every function
--- returns nil for nil.

---@class host.text
local text = {}

---Without outer white space, NUL, and other characters that show nothing (no-break and zero-width
---spaces, soft hyphens, direction marks, byte order marks); nil if it is then empty.
---@param value string?
---@return string?
function text.trim(value) end

---In lower case as `toLowerCase` of JavaScript has it; invalid bytes unchanged.
---@param value string?
---@return string?
function text.lower(value) end

---Trimmed and lower-cased; nil unless it looks like an address with a dotted domain, or if it holds
---a character that shows nothing.
---@param value string?
---@return string?
function text.email(value) end

---E.164 ("+5511955550101") from "+…" or "00…" with blanks and punctuation, "(0)" dropped after
---the country; a national number only with `country` (calling code "44"; leading zeros dropped).
---nil if it is damaged ("4.47701E+11") or has no country.
---@param value string?
---@param country? string
---@return string?
function text.phone(value, country) end

---true t yes y on x, false f no n off, 1 -1 0 (also 1.0), the bytes of a BIT column, and the words of
---spreadsheets in other languages (WAHR, FAUX), any case; with lists, only those words. nil for others.
---@param value string|boolean|integer|nil
---@param truthy? string[]
---@param falsy? string[]
---@return boolean?
function text.boolean(value, truthy, falsy) end

---Split at a separator (one byte or more), parts trimmed, empty ones left out.
---@param value string?
---@param separator string
---@return string[]?  a marked array (see host.json)
function text.split(value, separator) end

---The first character outside ASCII that shows nothing: its name ("zero-width space") and code point.
---@param value string?
---@return string?
---@return integer? code
function text.unseen(value) end

---Whether it is valid UTF-8.
---@param value string?
---@return boolean?
function text.is_utf8(value) end

---Characters of UTF-8, nil for invalid.
---@param value string
---@return integer?
function text.length(value) end

---Text from outside for one line of a terminal: control characters, C1, line separators, marks of
---writing direction and invalid bytes become escapes ("\x1b", "\u{202e}").
---@param value string
---@param most? integer  bytes of the result before "… (cut)"; default 2000
---@return string
function text.printable(value, most) end

---Text from outside without the values in it: e-mail addresses, hashes, digests, secrets, tokens,
---UUIDs and numbers of seven digits or more become words such as "(address)". Takes time in
---proportion to the length; the result is valid UTF-8. Redacted text stays as it is.
---@param value string
---@param most? integer  bytes of the result, "… (cut)" included; default 2000
---@return string
function text.redact(value, most) end

---The edit distance of two words: insertions, deletions, replacements, swaps.
---@param a string
---@param b string
---@return integer
function text.distance(a, b) end

return text
