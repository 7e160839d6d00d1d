--- log.ndjson: the events of a run, one per line. They carry ids, counts and codes; messages of a
--- tenant or a recipe may identify people and are redacted here.

local clock = require "host.clock"
local file = require "host.file"
local json = require "host.json"
local text = require "host.text"

local log = {}

---@alias Log fun(event: string, fields?: table)

-- Strings of the program's own; all others may quote a tenant, a recipe or a source.
local OWN <const> = { time = true, event = true, job = true, kind = true, state = true, at = true }

---A field without values that identify people or let them in.
local function redacted(value)
  if type(value) == "table" then value = json.encode(value) or "(a table)" end
  return type(value) == "string" and text.redact(value) or value
end

---If the file cannot be opened, events are dropped: a run does not stop because of its log.
---@param path string
---@return Log log
---@return string? message  why nothing is written
function log.open(path)
  local output, message = file.create(path, { append = true })
  if not output then return function() end, message end
  return function(event, fields)
    local line = { time = clock.iso(clock.now()), event = event }
    for key, value in pairs(fields or {}) do line[key] = OWN[key] and value or redacted(value) end
    output:write((json.encode(line) or json.encode { event = event }) .. "\n")
    output:flush()
  end
end

return log
