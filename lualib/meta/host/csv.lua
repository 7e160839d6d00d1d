---@meta
--- CSV by RFC 4180 and as found in the wild: any delimiter and quote, BOM, CRLF or CR, newlines in
--- fields, a line "sep=;" ahead, cells such as ="00123".

---@class host.csv
local csv = {}

---@class host.csv.reader
local reader = {}

---@class host.csv.Options
---@field delimiter? string      one byte, default "," or that of a line "sep=;"
---@field quote? string          one byte, default '"'; "" for none
---@field escape? string         one byte that escapes the next ("\\"); default none: quotes double
---@field header? true|string[]  true (default): the first row; a list: the columns' names
---@field null? string[]         unquoted words that read as nil, in addition to `\N`
---@field trim? boolean          outer blanks of unquoted fields, default false; names always
---@field empty? "nil"|"keep"    what an empty cell reads as, default nil
---@field ragged? "reject"|"pad" rows with too few or too many fields, default "reject"
---@field guard? "strip"|"keep"  the guard of spreadsheets in ="00123", default "strip"
---@field exact? boolean  a program wrote it: no byte order mark, no "sep=" line, and line feeds only
---@field encoding? string       a name of `host.text.encodings`, default "utf-8"; a BOM takes precedence
---@field limit? integer         longest row in bytes, default 16 MiB
---@field place? string          prefix of a row's place, before the line: "users.csv:"

---@param input host.file.input
---@param options? host.csv.Options
---@return host.csv.reader?
---@return string? message
---@return host.Kind? kind
function csv.reader(input, options) end

---The next row, lazy: a userdata whose fields become strings when read by column name, or by
---number; `pairs` yields name, value of the non-nil ones; reading one after the next call raises.
---`row, place` (the line where the row begins, 1-based; with the option `place`, a string such as
---"users.csv:18"); nil at the end; `false, message, line, raw` for a row that can be skipped (ragged,
---invalid UTF-8); `nil, message, kind` if it cannot (an unclosed quote: names the line of the quote).
---@return userdata|false|nil row
---@return integer|string|nil place  or the message
---@return integer|string|host.Kind|nil line  of a row that can be skipped, or the kind
---@return string? raw
function reader:next() end

---@return string[]
function reader:columns() end

---Columns that were read and do not exist, since the start; each once.
---@return string[]
function reader:unknown() end

function reader:close() end

return csv
