---@meta
--- The entries of LDIF (RFC 2849), as slapcat and ldapsearch print them.

---@class host.ldif
local ldif = {}

---@class host.ldif.reader
local reader = {}

---@class host.ldif.Options
---@field limit? integer  longest entry in bytes, default 16 MiB

---@param input host.file.input
---@param options? host.ldif.Options
---@return host.ldif.reader
function ldif.reader(input, options) end

---The next entry: `dn` is a string, every other name (in lower case, with its options but `range`)
---has a list of strings. `record, line` (the line of its dn); nil at the end; `false, message, line,
---raw` for an entry that can be skipped; `nil, message, kind` if the text is not LDIF.
---@return table|false|nil record
---@return integer|string|nil line  or the message
---@return integer|host.Kind|nil line  of an entry that can be skipped, or the kind
---@return string? raw
function reader:next() end

---The last entry as its text has it: values that are not text are base64 there; nil if there is none.
---@return table?
function reader:record() end

---Names that entries had, at most 1000.
---@return string[]
function reader:names() end

---@class host.ldif.Export
---@field references integer  to other servers
---@field result? string      of the last search that failed: "4 Size limit exceeded"
---@field cut? string         a name whose values are incomplete (`range=0-1499`) in an entry
---@field cut_line integer    of the first such entry

---What is known of the export as a whole, so far.
---@return host.ldif.Export
function reader:export() end

function reader:close() end

return ldif
