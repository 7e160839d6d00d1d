--- log.ndjson: the story of a run, an event a line. Events carry ids, counts and codes; whoever
--- logs keeps addresses, hashes and tokens out.

local clock = require "host.clock"
local file = require "host.file"
local json = require "host.json"

local log = {}

---@alias Log fun(event: string, fields?: table)

---@param path string
---@return Log? log
---@return string? message
---@return Kind? kind
function log.open(path)
  local output, message, kind = file.create(path, { append = true })
  if not output then return nil, message, kind end
  return function(event, fields)
    local line = { time = clock.iso(clock.now()), event = event }
    for key, value in pairs(fields or {}) do line[key] = value end
    output:write((json.encode(line) or json.encode { event = event }) .. "\n")
    output:flush()
  end
end

return log
