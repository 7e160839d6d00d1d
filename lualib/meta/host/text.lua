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

---A numbering plan. Sets are bits: 1 << 4 is the length 4, or the digit 4. Prefixes are separated by
---commas; "x" in one is any digit.
---@class PhonePlan
---@field region string        ISO code, "DE"; "" for none
---@field code string          calling code, "49"; the first plan with a code is its main plan
---@field name string?         "Germany"
---@field lines integer        lengths of fixed and mobile numbers, without trunk prefix
---@field complete integer     of these, lengths of numbers that are complete without a prefix
---@field all integer          lengths of all numbers
---@field again integer        lengths of numbers that begin with their own calling code
---@field first integer[]      first digits of fixed and mobile numbers, by length, 1 to 15
---@field zero integer         lengths of numbers that begin with 0
---@field trunks string        trunk prefixes, "0"
---@field starts_local string  how a national number begins that is not complete, "15"
---@field abroad string        international prefixes, "00,0011"

---A function that reads E.164 ("+5511955550101") from "+…" and "00…" with blanks and punctuation, and
---with a country ("55" or "BR") from national numbers, from international ones without a plus and
---from floats that lost nothing. Its result is nil if the plans allow no number or two.
---@param get_plans fun(): PhonePlan[]          called for the first value
---@param unknown fun(country: string): string  the message of the error for an unknown country
---@return fun(value: string|number|nil, country?: string|integer): string?
function text.phone_reader(get_plans, unknown) end

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

---The name of an encoding as it is usually written; "CP1250", "windows_1250" → "windows-1250".
---@param name string
---@return string? name  nil: unknown
---@return boolean is_one_byte  each of its characters
function text.encoding(name) end

---@return string[] names  of all encodings
function text.encodings() end

---A text in UTF-8 in another encoding. Raises if that is unknown.
---@param value string
---@param encoding string
---@return string? bytes
---@return string? message  "Ω cannot be written in latin1"
---@return host.Kind? kind  "parse"; "unusable": the C library does not have the encoding
function text.encode(value, encoding) end

---Bytes as UTF-8. What is not of the encoding becomes "\xff", which is not UTF-8; half a character
---at the end is left out. Raises if the encoding is unknown, or one of Unicode.
---@param bytes string
---@param encoding string
---@return string? text
---@return string? message
---@return host.Kind? kind  "unusable"
function text.decode(bytes, encoding) end

return text
