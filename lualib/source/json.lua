--- Reads JSON files of any size: the elements of an array, or a sequence of documents.

local cut_json = require "source.cut_json"
local records = require "source.records"
local host = require "host.json"
local json_head = require "source.json_head"
local members = require "source.members"
local shape = require "source.shape"
local spelling = require "base.spelling"
local text = require "host.text"

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
    open = function(handle, path)
      handle = cut_json.input(handle, path)
      return host.reader(handle, { pointer = pointer, limit = limit, asked = read.asked })
    end,
    text = "JSON",
    sample = { kind = "json", options = { pointer = pointer } },
    optional = read.optional or true,
    look = function(...) read:look(...) end,
    finished = function(...) read:report(...) end,
    instead = shape.instead,
    prefix = function(name) return name .. before end,
    passable = "missing", -- a folder may have others, such as the realm next to its users
  })) -- no tail call: an error names this function
end

---Whether the beginning of a file is JSON, and where its records are.
---@param head string
---@return Recognised?
function json.recognise(head)
  local found = json_head.read(head)
  if not found then return nil end
  local first = found.values[1]
  if not json_head.is_object(first) then
    local has_records = json_head.is_object(first[1])
    if has_records and cut_json.is(head) then
      return { sure = 3, what = "JSON, a result of FOR JSON" }
    end
    return {
      sure = has_records and 2 or 1,
      what = has_records and "JSON, an array of objects" or "JSON, an array",
    }
  elseif #found.values > 1 then
    return { sure = found.has_lines and 1 or 2, what = "JSON, documents one after another" }
  end
  local list = not json_head.has_address(first, 1) and json_head.list(first)
  if not list then return { sure = found.has_lines and 1 or 2, what = "JSON, a document" } end
  return {
    sure = 2, what = "JSON, records in " .. text.printable(list.pointer),
    options = { pointer = list.pointer },
  }
end

return json
