--- Reads XML files: each element at a path is a record.

local records = require "source.records"
local host = require "host.xml"
local json = require "host.json"
local members = require "source.members"
local spelling = require "base.spelling"
local text = require "host.text"
local type_name = require "base.type_name"
local xml_outline = require "source.xml_outline"

local xml = {}

local ENDINGS <const> = { "xml" }
local OPTIONS <const> = { "encoding", "limit", "optional" }
local TYPES <const> = { encoding = "string", limit = "number" }

-- By the option, in lower case.
---@type table<string, string>
local ENCODINGS <const> = {
  ["utf-8"] = "UTF-8", ["utf-16"] = "UTF-16", ["us-ascii"] = "US-ASCII",
  ["iso-8859-1"] = "ISO-8859-1", latin1 = "ISO-8859-1",
}
local GUESSED <const> = "windows-1252"

---The names of a path: "users/user" as { "users", "user" }.
local function names_of(path)
  if type(path) ~= "string" then
    error('xml.records expects the path of its records, such as "users/user", got '
      .. type_name.of(path), 3)
  end
  local names = {}
  local relative = path:gsub("^/", "")
  for name in (relative .. "/"):gmatch("([^/]*)/") do
    if name == "" or name:find("[%s%z@%[]") then
      error(string.format('xml.records: "%s" is not a path of elements, such as "users/user"',
        path), 3)
    end
    names[#names + 1] = name
  end
  return names
end

---The name that expat knows.
local function encoding_of(options)
  local given = options and options.encoding
  local encoding = given and ENCODINGS[given:lower()]
  if not given or encoding then return encoding end
  local name, is_one_byte = text.encoding(given)
  if is_one_byte then return name end
  error(string.format('xml.records: the encoding "%s" is not supported; it has utf-8, utf-16, '
    .. "us-ascii and those with one byte a character, such as iso-8859-1 (latin1), iso-8859-2 and "
    .. "windows-1252", given), 3)
end

---A copy for rejected.ndjson, where a text beside members is the member "1": no element can have
---this name.
local function named(value)
  if type(value) ~= "table" then return value end
  local is_list = json.is_array(value)
  local copy = is_list and json.array {} or {}
  for name, inner in pairs(value) do
    copy[name == 1 and not is_list and "1" or name] = named(inner)
  end
  return copy
end

---@class XmlReader  host.xml's, whose records note what a recipe reads in vain
---@field private reader host.xml.reader
---@field private members Members
local XmlReader = {}
XmlReader.__index = XmlReader

function XmlReader:next()
  local record, line, kind, raw = self.reader:next()
  if record then self.members:watch(record) end
  return record, line, kind, raw
end

function XmlReader:record()
  return named(self.reader:record())
end

function XmlReader:close()
  self.reader:close()
end

---@return host.xml.Element[]
function XmlReader:outline()
  return self.reader:outline()
end

---Records of one or more files; compression is detected.
---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param path string            to the records, from the root: "users/user"; "*" is any element
---@param options? {encoding: string?, limit: integer?, optional: true|string[]|nil}
---@return Records
function xml.records(given, path, options)
  local names = names_of(path)
  spelling.check_options("xml.records", options, OPTIONS)
  spelling.check_types("xml.records", options, TYPES)
  local encoding, limit = encoding_of(options), options and options.limit
  local read = members.new("xml.records", options)
  return (records.records(given, ENDINGS, "xml.records", {
    open = function(handle)
      local reader = host.reader(handle, { path = names, limit = limit, encoding = encoding })
      return setmetatable({ reader = reader, members = read }, XmlReader)
    end,
    text = "XML",
    sample = { kind = "texts" },
    optional = read.optional or true,
    prefix = function(name) return name .. ":" end,
    finished = function(...) read:report(...) end,
    instead = function(_, reader) return xml_outline.instead(reader:outline()) end,
    passable = "missing",
  })) -- no tail call: an error names this function
end

---A value of a record as a list: nil as an empty one, one value as a list of it. For elements that
---may be repeated: `for _, role in ipairs(xml.list(row.role)) do`.
---@param value any
---@return any[]
function xml.list(value)
  if value == nil then return json.array {} end
  return type(value) == "table" and json.is_array(value) and value or json.array { value }
end

---Elements of a head, and the encoding to read it with if it does not declare one.
local function outline_of(head)
  local elements, message = host.outline(head)
  if not message then return elements end
  local others, still = host.outline(head, GUESSED)
  if not still then return others, nil, GUESSED end
  return elements, message
end

---Whether the beginning of a file is XML, and where its records are.
---@param head string
---@return Recognised?
function xml.recognise(head)
  local plain = head:gsub("^\xEF\xBB\xBF", ""):gsub("^\xFF\xFE", ""):gsub("^\xFE\xFF", "")
  local start = plain:sub(1, 200):gsub("%z", "")
  if not start:find("^%s*<[%a_:?!]") then return nil end
  local is_declared = start:find("^<%?xml%s") ~= nil
  local elements, message, encoding = outline_of(head)
  local path = xml_outline.guess(elements)
  if not is_declared and (message or not path or path:lower():find("^html")) then return nil end
  return {
    sure = is_declared and 3 or 2, what = path and "XML, records in " .. path or "XML",
    options = path and { path = path, encoding = encoding },
  }
end

return xml
