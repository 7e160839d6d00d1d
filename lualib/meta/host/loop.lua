---@meta
--- The only wait: for the descriptors and deadlines of all other modules.

---@class host.loop
local loop = {}

---Blocks until a handle has an event or `seconds` have passed, and returns the handles (transfers,
---servers, processes, signals, prompts) with events, each once. May be empty.
---@param seconds number  math.huge: forever; 0: do not block
---@return userdata[] ready
function loop.wait(seconds) end

---@class host.loop.signal
local signal = {}

---Watches a signal instead of being terminated by it.
---@param name "INT"|"TERM"|"HUP"|"WINCH"
---@return host.loop.signal
function loop.signal(name) end

---The text for stderr if the program is stopped while a Lua function does not return, which blocks
---signal handling: the second INT, TERM or HUP then ends the program with status 130.
---@param text string  less than 1 kB, else it is ignored
function loop.last_words(text) end

---How often the signal has arrived since the last call.
---@return integer
function signal:count() end

function signal:close() end

return loop
