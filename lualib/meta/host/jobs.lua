---@meta
--- A heap of due polls: many jobs in flight, each returned when it is due.

---@class host.jobs
local jobs = {}

---@class host.jobs.queue
local queue = {}

---@return host.jobs.queue
function jobs.new() end

---Adds `value` (anything but nil), due at `time`. Equal times keep the order in which they were added.
---@param time number  seconds, of the caller's clock
---@param value any
---@return integer ticket  for cancel
function queue:add(time, value) end

---Removes an entry before it is due. False if it was already taken or cancelled.
---@param ticket integer
---@return boolean
function queue:cancel(ticket) end

---Takes the earliest entry that is due at `now`, or returns nil.
---@param now number
---@return any value
function queue:due(now) end

---When the earliest entry is due; nil for an empty queue.
---@return number?
function queue:next() end

---@return integer
function queue:__len() end

return jobs
