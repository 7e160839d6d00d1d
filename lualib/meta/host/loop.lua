---@meta
--- The only wait: every descriptor and deadline of the other modules ends here.

---@class host.loop
local loop = {}

---Blocks until a handle has something to say or `seconds` have passed, and returns the handles
---(transfers, servers, processes, signals, terminal inputs) that have, each once. May be empty.
---@param seconds number  math.huge: for ever; 0: look and return
---@return userdata[] ready
function loop.wait(seconds) end

---@class host.loop.signal
local signal = {}

---Watches a signal instead of dying of it.
---@param name "INT"|"TERM"|"HUP"|"WINCH"
---@return host.loop.signal
function loop.signal(name) end

---What stderr gets when the program is stopped while a Lua function that never returns keeps it
---from its signals: the second INT, TERM or HUP then ends it, with 130.
---@param text string  below 1 kB, else nothing is said
function loop.last_words(text) end

---How often the signal has come since the last call.
---@return integer
function signal:count() end

function signal:close() end

return loop
