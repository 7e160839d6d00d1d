--- Reads YAML files of any size: the items of a list, or one document for each record.

local host = require "host.yaml"
local json = require "host.json"
local records = require "source.records"
local spelling = require "base.spelling"

---@class source.yaml
---@field null lightuserdata  the value of null
local yaml = { null = json.null }

local ENDINGS <const> = { "yaml", "yml" }
local OPTIONS <const> = { "pointer", "limit" }
local TYPES <const> = { pointer = "string", limit = "number" }

---@class YamlOptions
---@field pointer? string  to the list of records: "/users"
---@field limit? integer   the longest record, in bytes

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? YamlOptions
---@return Records
function yaml.records(given, options)
  spelling.check_options("yaml.records", options, OPTIONS)
  spelling.check_types("yaml.records", options, TYPES)
  return (records.records(given, ENDINGS, "yaml.records", {
    open = function(handle) return host.reader(handle, options) end,
    sample = { kind = "json", options = { pointer = options and options.pointer } },
    prefix = function(name) return name .. ":" end,
    optional = true, -- members that are absent are not noted
    passable = "missing",
  })) -- no tail call: an error names this function
end

---Beginnings of documents whose records are known, after comments; the pointer, if there is one.
---@type string[]
local BEGINNINGS <const> = {
  "^%-%s+[%w_\"']+:%s", "^([%w_]+):%s*\n%s*%-%s+[%w_\"']+:%s", "^%-%-%-%s*\n%s*[%w_\"']+:%s",
  "^%-%-%-%s*\n%-%s+[%w_\"']+:%s", "^%-%-%-%s*\n([%w_]+):%s*\n%s*%-%s+[%w_\"']+:%s",
}
-- The last ones are looked for first: a document of a list is not one of a record.
local WHAT <const> = "YAML, records in %s"

---@param head string  the beginning of a file
---@return Recognised?
function yaml.recognise(head)
  head = head:gsub("^\xEF\xBB\xBF", ""):gsub("\r\n", "\n")
  local at = 1 -- behind comments, blank lines and %YAML
  repeat
    local behind = head:match("^%s*\n()", at) or head:match("^#[^\n]*\n()", at)
      or head:match("^%%YAML[^\n]*\n()", at)
    at = behind or at
  until not behind
  head = head:sub(at)
  for i = #BEGINNINGS, 1, -1 do
    local from, _, name = head:find(BEGINNINGS[i])
    if from then
      local pointer = name and "/" .. name
      return {
        sure = 2, options = pointer and { pointer = pointer } or nil,
        what = string.format(WHAT, pointer or i == 3 and "documents" or "a list"),
      }
    end
  end
end

return yaml
