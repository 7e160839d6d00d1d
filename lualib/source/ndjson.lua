--- Reads NDJSON files: one JSON document per line; a broken line is a bad record.

local records = require "source.records"
local host = require "host.json"
local members = require "source.members"
local spelling = require "base.spelling"

local ndjson = { null = host.null }

local ENDINGS <const> = { "ndjson", "jsonl" }
local INSTEAD <const> = "read it with source.json and name it .json, or "
  .. "write one record a line"
local OPTIONS <const> = { "limit", "optional" }

local function prefix(name)
  return name .. ":"
end

---What is wrong with the first record: a whole JSON array on one line.
local function check_first(record)
  local first = host.is_array(record) and record[1]
  if type(first) ~= "table" or host.is_array(first) then return nil end
  return "its first line is a JSON array of records, not a record; " .. INSTEAD
end

local function check_line(raw)
  if not raw:find("^%s*[%[{]%s*$") then return nil end
  return "its first line is only the beginning of a JSON document; " .. INSTEAD
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? {limit: integer?, optional: true|string[]|nil}  as of json.records
---@return Records
function ndjson.records(given, options)
  spelling.check_options("ndjson.records", options, OPTIONS)
  spelling.check_types("ndjson.records", options, { limit = "number" })
  local limit = options and options.limit
  local read = members.new("ndjson.records", options, true)
  return (records.records(given, ENDINGS, "ndjson.records", {
    open = function(handle)
      return host.reader(handle, { lines = true, limit = limit, asked = read.asked })
    end,
    text = "JSON",
    optional = read.optional or true,
    look = function(...) read:look(...) end,
    finished = function(...) read:report(...) end,
    prefix = prefix,
    check_first = check_first,
    check_line = check_line,
  })) -- no tail call: an error names this function
end

return ndjson
