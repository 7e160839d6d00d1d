--- Reads NDJSON files: one JSON document per line; a broken line is a bad record.

local records = require "source.records"
local host = require "host.json"
local json_head = require "source.json_head"
local members = require "source.members"
local spelling = require "base.spelling"

---@class source.ndjson
---@field null lightuserdata  the value of JSON null
local ndjson = { null = host.null }

local ENDINGS <const> = { "ndjson", "jsonl" }
local INSTEAD <const> = "read it with source.json and name it .json, or "
  .. "write one record a line"
local MOST_LINES <const> = 200 -- of a head
local MOST_WHOLE <const> = 0.8 -- of the lines are objects
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
    sample = { kind = "ndjson" },
    optional = read.optional or true,
    look = function(...) read:look(...) end,
    finished = function(...) read:report(...) end,
    prefix = prefix,
    check_first = check_first,
    check_line = check_line,
  })) -- no tail call: an error names this function
end

---Whether most lines are objects, although some are broken. The last one may be cut.
local function has_objects(head)
  local n, objects, at = 0, 0, 1
  while n < MOST_LINES do
    local line_end = head:find("\n", at, true)
    if not line_end then break end
    local line = head:sub(at, line_end - 1)
    if line:find("%S") then n = n + 1 end
    if line:find("^%s*{") and host.decode(line) then objects = objects + 1 end
    at = line_end + 1
  end
  return objects > 1 and objects >= n * MOST_WHOLE
end

---Whether the beginning of a file is NDJSON.
---@param head string
---@return Recognised?
function ndjson.recognise(head)
  local found = json_head.read(head)
  if not found and has_objects(head) then return { sure = 2, what = "NDJSON, broken in places" } end
  if not found or not found.has_lines then return nil end
  local first = found.values[1]
  local is_object = json_head.is_object(first)
  if not is_object and #found.values == 1 then return nil end -- the array is JSON's
  local is_one = #found.values == 1 and not json_head.has_address(first, 1)
    and json_head.list(first) ~= nil
  return { sure = is_object and not is_one and 2 or 1, what = "NDJSON" }
end

return ndjson
