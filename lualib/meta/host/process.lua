---@meta
--- Child processes, and information on this process.

---@class host.process
local process = {}

---@class host.process.child
local child = {}

---@class host.process.Options
---@field env? table<string,string>  added to ours
---@field env_alone? boolean  `env` is the whole environment
---@field extra? string  what the child reads from its descriptor 3, at most 4096 bytes
---@field stdin? "pipe"|"null"|"inherit"    default "null"
---@field stdout? "pipe"|"null"|"inherit"   default "pipe"
---@field stderr? "pipe"|"null"|"inherit"   default "inherit"
---@field directory? string
---@field follow? boolean  the child gets SIGTERM if this process dies (Linux)
---@field grace? number    seconds that it has after SIGINT when it is closed; default 0: it is killed
---@field group? boolean   its own process group: a terminal's Ctrl-C does not reach it

---Starts a program without a shell. loop.wait returns the child when it has output or has ended.
---@param argv string[]
---@param options? host.process.Options
---@return host.process.child?
---@return string? message
---@return host.Kind? kind  "missing": no such program
function process.spawn(argv, options) end

---The available output of a pipe: "" if there is none yet, nil at the end. Never blocks.
---@param stream? "stdout"|"stderr"  default "stdout"
---@return string?
function child:read(stream) end

---Blocks until more of its output can be read or it has ended, for code that cannot yield to the
---loop; false if the time was too short.
---@param seconds number
---@return boolean?
---@return string? message
---@return host.Kind? kind  "interrupted": a watched signal arrived
function child:await(seconds) end

---Queues data for its stdin.
---@param data string
---@return true?
---@return string? message
---@return host.Kind? kind
function child:write(data) end

---Closes its stdin once all queued data is written.
function child:finish() end

---Exit status once it has ended (128 + signal if it was killed), nil before.
---@return integer? status
function child:status() end

---@param signal? "TERM"|"KILL"|"INT"|"HUP"  default TERM
function child:kill(signal) end

---@return integer
function child:id() end

---Kills it if it is still running, and releases it.
function child:close() end

---@return integer
function process.id() end

---The name of this machine.
---@return string
function process.host() end

---@param name string
---@return string?
function process.env(name) end

---The path of the running program.
---@return string
function process.program() end

---Highest resident memory of this process so far, in bytes.
---@return integer
function process.peak_memory() end

---Reads an environment variable and removes it: children do not get it, and its bytes are
---overwritten where the process was started with them.
---@param name string
---@return string?
function process.take_env(name) end

---Forbids core dumps and other processes of this user to read this one's memory (Linux; not in a
---build with sanitizers).
---@return boolean done
function process.harden() end

return process
