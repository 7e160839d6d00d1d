---@meta
--- A Lua state of its own for code that is not trusted: with its own memory, budget and library.
--- Only plain values cross: nil, booleans, numbers, strings, JSON's null, and tables of these.

---@class host.sandbox
local sandbox = {}

---@class host.sandbox.Options
---@field ask fun(name: string, ...: any): any  answers what the state asks; "busy": `run` takes long
---@field memory integer   bytes, until `settle`
---@field steps integer    instructions of a call, counted once it takes 100 ms
---@field seconds number   of processor time of a call, counted from the same moment
---@field boot? string     the Lua that runs first; gets the parts of the library, and returns the
---  functions that can be called by name, among them `describe(error, trace)`
---@field name string      of its chunk; without `boot`, of the program's module that runs first

---@param options host.sandbox.Options
---@return host.sandbox.state?
---@return string? message
---@return host.Kind? kind
function sandbox.new(options) end

---What `describe` returns, and why the call ended.
---@class host.sandbox.Description
---@field message string
---@field kind string
---@field where? string
---@field trace? string
---@field ended? "steps"|"time"|"interrupted"|"stopped"
---@field used? integer  bytes in use after memory ran out and was collected

---@class host.sandbox.state
local state = {}

---Calls a function inside, with a budget.
---@param name string
---@param ... any
---@return boolean ok
---@return any ...  results, or a host.sandbox.Description
function state:call(name, ...) end

---The same; what is not plain in its results is a stand-in of the same type.
function state:show(name, ...) end

---The same, bounded by nothing but a signal that asks the program to end.
function state:run(name, ...) end

---The same as `call("next")`; copies the shared draft, too.
---@param draft host.json.draft
---@return boolean ok
---@return any ...
function state:next(draft) end

---Copies the draft that was shared inside.
---@param draft host.json.draft
function state:draft(draft) end

---A coroutine that will call the function.
---@param name string
---@param ... any
---@return integer|false number
---@return host.sandbox.Description? failure
function state:task(name, ...) end

---Runs the task until it waits, with the values that it waited for.
---@param task integer
---@param ... any
---@return "done"|"wait"|"pass"|"failed" how  pass: it ran for 20 ms, and goes on at the next resume
---@return any ...
function state:resume(task, ...) end

---Raises in the task what none of its functions catches.
---@param task integer
---@return "done"|"wait"|"pass"|"failed" how
---@return any ...
function state:stop(task) end

---From here on the memory may grow by these bytes.
---@param bytes integer
---@return integer used
function state:settle(bytes) end

---@return integer bytes  in use
function state:memory() end

function state:close() end

return sandbox
