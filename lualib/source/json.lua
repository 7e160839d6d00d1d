--- Reads JSON files of any size: the elements of an array, or a sequence of documents.

local records = require "source.records"
local host = require "host.json"
local members = require "source.members"
local shape = require "source.shape"
local spelling = require "base.spelling"

---@class source.json
---@field null lightuserdata  the value of JSON null
local json = { null = host.null }

local ENDINGS <const> = { "json" }
local OPTIONS <const> = { "pointer", "limit", "optional" }
local TYPES <const> = { pointer = "string", limit = "number" }

---@class JsonOptions
---@field pointer? string  to the array of records: "/users"
---@field limit? integer   the longest record, in bytes
---@field optional? true|string[]  members that no record need have, although the recipe reads them

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? JsonOptions
---@return Records
function json.records(given, options)
  spelling.check_options("json.records", options, OPTIONS)
  spelling.check_types("json.records", options, TYPES)
  local pointer = options and options.pointer or nil
  local limit = options and options.limit
  local read = members.new("json.records", options)
  local before = "#" .. (pointer or "") .. "/"
  return (records.records(given, ENDINGS, "json.records", {
    open = function(handle)
      return host.reader(handle, { pointer = pointer, limit = limit, asked = read.asked })
    end,
    text = "JSON",
    optional = read.optional or true,
    look = function(...) read:look(...) end,
    finished = function(...) read:report(...) end,
    instead = shape.instead,
    prefix = function(name) return name .. before end,
    passable = "missing", -- a folder may have others, such as the realm next to its users
  })) -- no tail call: an error names this function
end

return json
