--- Reads NDJSON files: one JSON document per line; a broken line is a bad record.

local records = require "source.records"
local host = require "host.json"
local spelling = require "base.spelling"

local ndjson = { null = host.null }

local ENDINGS <const> = { "ndjson", "jsonl" }
local OPTIONS <const> = { "limit" }

local function prefix(name)
  return name .. ":"
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? {limit: integer?}  limit: the longest line, in bytes
---@return Records
function ndjson.records(given, options)
  spelling.check_options("ndjson.records", options, OPTIONS)
  local limit = options and options.limit
  return records.records(given, ENDINGS, "ndjson.records", {
    open = function(handle) return host.reader(handle, { lines = true, limit = limit }) end,
    prefix = prefix,
  })
end

return ndjson
