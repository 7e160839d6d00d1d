---@meta
--- The terminal: detection, its size, complete writes, prompts.

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

---Writes everything, unbuffered. "closed" if the reader has closed it, "interrupted" if a watched
---signal arrives while the reader blocks.
---@param stream "stdout"|"stderr"
---@param text string
---@return true?
---@return string? message
---@return host.Kind? kind
function terminal.write(stream, text) end

---Reads a line from the controlling terminal (or stdin); with `hidden`, without echo, restored on
---close. loop.wait returns the prompt once there is a line.
---@param hidden? boolean
---@return host.terminal.prompt?
---@return string? message
---@return host.Kind? kind
function terminal.prompt(hidden) end

---The line without its end; nil if there is none yet; false at the end of input.
---@return string|false|nil
function prompt:line() end

function prompt:close() end

return terminal
