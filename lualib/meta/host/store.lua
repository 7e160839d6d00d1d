---@meta
--- SQLite: statements, rows, transactions. Values: nil, boolean (as 0/1), integer, number, string.

---@class host.store
local store = {}

---@class host.store.database
local database = {}

---@class host.store.statement
local statement = {}

---@class host.store.transaction
local transaction = {}

---@class host.store.Options
---@field readonly? boolean
---@field durable? boolean  default true: WAL with synchronous=FULL; false: no journal on disk, no syncs (scratch)
---@field wait? number      seconds to wait for a lock, default 5

---`:memory:` and "" (a temporary file) work as in SQLite. The file is created with mode 0600.
---@param path string
---@param options? host.store.Options
---@return host.store.database?
---@return string? message
---@return host.Kind? kind  "missing" "io" "full" "busy" "parse" (not a database)
function store.open(path, options) end

---Runs one or more statements without values. Invalid SQL raises, here and below; a violated
---constraint is a failure of kind "io". No other file can be attached.
---@param sql string
---@return true?
---@return string? message
---@return host.Kind? kind
function database:exec(sql) end

---Compiles a statement. Invalid SQL is misuse and raises; so does a wrong number of values when
---it runs.
---@param sql string
---@return host.store.statement?
---@return string? message
---@return host.Kind? kind
function database:prepare(sql) end

---Shorthands that prepare each text once and cache the statement.
---@param sql string
---@param ... nil|boolean|integer|number|string
---@return integer? changes
---@return string? message
---@return host.Kind? kind
function database:run(sql, ...) end

---The first row as a table by column name; false if there is none.
---@param sql string
---@param ... nil|boolean|integer|number|string
---@return table|false|nil row
---@return string? message
---@return host.Kind? kind
function database:row(sql, ...) end

---The first column of the first row; nil if there is no row or it is NULL. Raises on a failure.
---@param sql string
---@param ... nil|boolean|integer|number|string
---@return any
function database:value(sql, ...) end

---Iterates over rows (a new table each, by column name). A failure raises, because a loop could
---not see it. Nested use of the same text is safe.
---@param sql string
---@param ... nil|boolean|integer|number|string
---@return fun(): table?
function database:rows(sql, ...) end

---Begins a transaction (BEGIN IMMEDIATE). It records the first failure of any statement in it
---(including its BEGIN); after one, all methods do nothing and return that failure
---(value and rows raise it), and commit rolls back and returns it too. Closing it without commit
---rolls back. Nesting raises; within a BEGIN of exec, which holds the changes of a database that is
---not to be committed, it is a savepoint.
---@return host.store.transaction
function database:begin() end

---@return true?
---@return string? message
---@return host.Kind? kind
function transaction:commit() end

function transaction:close() end

---@param ... nil|boolean|integer|number|string
---@return integer? changes
---@return string? message
---@return host.Kind? kind
function statement:run(...) end

function statement:close() end

---@return integer
function database:last_id() end

---A private one with the same content, as of one moment though another connection may write
---meanwhile. It lies in a temporary file, may be written, and goes when it is closed. Raises within
---a transaction.
---@return host.store.database?
---@return string? message
---@return host.Kind? kind
function database:copy() end

function database:close() end

return store
