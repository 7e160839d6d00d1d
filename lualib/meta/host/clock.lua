---@meta
--- Times. All in seconds.

---@class host.clock
local clock = {}

---Unix time, with fractions.
---@return number
function clock.now() end

---A clock that never goes backwards; its zero is arbitrary.
---@return number
function clock.monotonic() end

---CPU seconds this process has used (user and system).
---@return number
function clock.cpu() end

---UTC as "2026-11-23T08:06:00.000Z" (`places` decimals, default 3).
---@param unix number
---@param places? integer
---@return string
function clock.iso(unix, places) end

---Reads an ISO 8601 date or date and time with any offset ("Z", "+02:00", none = UTC), or an
---HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT"). Unix time.
---@param text string
---@return number? unix
---@return string? message
---@return host.Kind? kind
function clock.parse(text) end

return clock
