---@meta
--- The terminal: what it is, its size, a line typed by a person.

---@class host.terminal
local terminal = {}

---@class host.terminal.prompt
local prompt = {}

---@param stream "stdin"|"stdout"|"stderr"
---@return boolean
function terminal.is_tty(stream) end

---Columns of the terminal on stderr, else 80.
---@return integer
function terminal.width() end

---Writes at once and whole. "closed" when nobody reads any more, "interrupted" when a watched
---signal comes while the reader keeps us waiting.
---@param stream "stdout"|"stderr"
---@param text string
---@return true?
---@return string? message
---@return host.Kind? kind
function terminal.write(stream, text) end

---Reads a line from the controlling terminal (or stdin); with `hidden`, without echo, restored on
---close. loop.wait returns the prompt when there is a line.
---@param hidden? boolean
---@return host.terminal.prompt?
---@return string? message
---@return host.Kind? kind
function terminal.prompt(hidden) end

---The line without its end; nil while there is none; false at the end of input.
---@return string|false|nil
function prompt:line() end

function prompt:close() end

return terminal
