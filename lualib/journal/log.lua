--- log.ndjson: the events of a run, one per line. They carry ids, counts and codes; messages of a
--- tenant or a recipe may identify people and are redacted here.

local clock = require "host.clock"
local file = require "host.file"
local json = require "host.json"

local log = {}

---@alias Log fun(event: string, fields?: table)

-- Patterns of what must never reach a log, and their replacements.
local SECRETS <const> = {
  { "[%w._%%+'-]+@[%w-]+%.[%w.-]*%w", "(address)" },
  { "eyJ[%w_-]+%.[%w_-]+%.?[%w_-]*", "(token)" },
  { "%$[%w-]+%$[%w./,=+$-]+", "(hash)" },
}

---@param text string
---@return string
function log.anonymous(text)
  for _, secret in ipairs(SECRETS) do text = text:gsub(secret[1], secret[2]) end
  return text
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
    for key, value in pairs(fields or {}) do line[key] = value end
    output:write(log.anonymous(json.encode(line) or json.encode { event = event }) .. "\n")
    output:flush()
  end
end

return log
