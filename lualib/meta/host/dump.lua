---@meta
--- Dumps of SQL databases as text: the rows of one table, from COPY or INSERT, with the names of its
--- columns. Statements about other tables, triggers and functions are passed without being kept.

---@class host.dump
local dump = {}

---@class host.dump.reader
local reader = {}

---@class host.dump.Options
---@field table string                the table, as it is called without quotes
---@field schema? string              its schema or database; default: any, if there is one such table
---@field backslash_escapes? boolean  in strings without a prefix; default: as the dump's dialect has it
---@field limit? integer              longest row in bytes, default 1 MiB

---@param input host.file.input
---@param options host.dump.Options
---@return host.dump.reader
function dump.reader(input, options) end

---The next row, a table of text by column; NULL is absent, binary values are bytes. `row, place`: the
---line on which the row begins, or "18:4211" (line and byte) for one that is not the first of its line;
---nil at the end; `false, message, place, raw` for a row that can be skipped (wrong number of values,
---not literals, invalid UTF-8, over the limit); `nil, message, kind` if it cannot (the file was cut, the
---names of the columns are not known, two tables of that name). "missing": there is no such table.
---@return table<string, string>|false|nil row
---@return integer|string|nil place    or the message
---@return integer|string|host.Kind|nil line  the place of a row that can be skipped, or the kind
---@return string? raw
function reader:next() end

---The columns of the last row, in order; empty before the first one.
---@return string[]
function reader:columns() end

---The columns that CREATE TABLE gives the table, in order; empty before it was seen.
---@return string[]
function reader:defined() end

---The tables seen until now, with their schema where the dump writes it; at most 1000.
---@return string[]
function reader:tables() end

---Whether the input ended without the comment that the program writes at the end of such a dump.
---@return boolean
function reader:is_cut() end

function reader:close() end

return dump
