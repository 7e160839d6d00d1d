--- Reads JSON files of any size: the elements of an array, or a sequence of documents.

local records = require "source.records"
local host = require "host.json"
local spelling = require "base.spelling"

---@class source.json
---@field null lightuserdata  the value of JSON null
local json = { null = host.null }

local ENDINGS <const> = { "json" }
local OPTIONS <const> = { "pointer", "limit" }

---@class JsonOptions
---@field pointer? string  to the array of records: "/users"
---@field limit? integer   the longest record, in bytes

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? JsonOptions
---@return Records
function json.records(given, options)
  spelling.check_options("json.records", options, OPTIONS)
  local pointer = options and options.pointer or nil
  local limit = options and options.limit
  local before = "#" .. (pointer or "") .. "/"
  return (records.records(given, ENDINGS, "json.records", {
    open = function(handle) return host.reader(handle, { pointer = pointer, limit = limit }) end,
    prefix = function(name) return name .. before end,
    passable = "missing", -- a folder may have others, such as the realm next to its users
  })) -- no tail call: an error names this function
end

return json
