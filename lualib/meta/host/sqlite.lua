---@meta
--- Rows of an SQLite file that may come from anybody: read only, within limits, and interruptible.

---@class host.sqlite
local sqlite = {}

---@class host.sqlite.database
local database = {}

---@class host.sqlite.Options
---@field beside fun(input: host.file.input, ending: string): host.file.input?, string?, host.Kind?
---  opens what belongs to the file: "-wal", "-shm", "-journal"
---@field limit? integer  bytes of the texts and blobs of a row, default 16 MiB
---@field wait? number    seconds to wait for a lock, default 2

---Reads the file by its descriptor: SQLite can open nothing but that and what `beside` opens. Nothing
---is written. The kind is "busy" if another program has locked it, "parse" if it is not a database.
---@param input host.file.input  a regular file
---@param options host.sqlite.Options
---@return host.sqlite.database?
---@return string? message
---@return host.Kind? kind
function sqlite.open(input, options) end

---@class host.sqlite.Table
---@field name string
---@field type "table"|"view"

---Sorted by name, at most 10000, without SQLite's own.
---@return host.sqlite.Table[]?
---@return string? message
---@return host.Kind? kind
function database:tables() end

---The columns that a query returns.
---@param sql string
---@return string[]?
---@return string? message
---@return host.Kind? kind  "missing": a table or a column that is not there
function database:names(sql) end

---What the last query names and the database does not have, if its failure was "missing".
---@return "table"|"column"|nil what
---@return string? name  as the query has it: "u.emial"
function database:absent() end

---@class host.sqlite.SelectOptions
---@field place? string   precedes the number of a row in its place: "users:"
---@field rowid? boolean  the first column is the number of a row and no field; default: they are
---  counted from 0

---Begins to read the rows of a query, which must be a SELECT. Once for each database.
---@param sql string
---@param options? host.sqlite.SelectOptions
---@return true?
---@return string? message
---@return host.Kind? kind
function database:select(sql, options) end

---The next row: a table without the columns that are NULL. Integers have 64 bits, blobs are bytes,
---texts UTF-8. `row, place`; nil at the end; `false, message, place, raw` for a row that can be
---skipped; `nil, message, kind` for what cannot.
---@return table|false|nil row
---@return string? place  or the message
---@return string|host.Kind|nil at  the place of a row that can be skipped, or the kind
---@return string? raw
function database:next() end

---The last row, in which a blob is its literal: "X'00ff'"; nil if there is none.
---@return table?
function database:record() end

---The columns of the rows that are read.
---@return string[]?
function database:columns() end

function database:close() end

return sqlite
