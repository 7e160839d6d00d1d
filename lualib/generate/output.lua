--- Writes generated records into a file as a reader of a format reads them, in flat memory.

local digest = require "host.digest"
local file = require "host.file"
local json = require "host.json"
local sample = require "source.sample"

local output = {}

local BATCH <const> = 500 -- records that are written at once
local MARK <const> = '"@@@"' -- in place of the records of a document

---@class GeneratedFile
---@field private handle host.file.output
---@field private format SampleFormat
---@field private lines string[]
---@field private count integer
---@field private finish_with string
local GeneratedFile = {}
GeneratedFile.__index = GeneratedFile

---The text of records of each format, behind those before.
---@type table<string, fun(self: GeneratedFile, lines: string[]): string?, string?>
local BODIES <const> = {}

function BODIES.ndjson(_, lines) return table.concat(lines, "\n") .. "\n" end

function BODIES.json(self, lines)
  return (self.count > 0 and ",\n" or "") .. table.concat(lines, ",\n")
end

function BODIES.csv(self, lines)
  return sample.text({ kind = "csv", options = self.options }, lines)
end

local function is_plain(value)
  return not value:find("[^\32-\126]") and not value:find("^[ :<]") and not value:find(" $")
end

local function attribute(name, value)
  value = tostring(value)
  if is_plain(value) then return name .. ": " .. value end
  return name .. ":: " .. digest.base64(value)
end

---Attributes, the distinguished name first, then the classes.
local function entry_of(record)
  local names, lines = {}, { attribute("dn", record.dn) }
  for name in pairs(record) do
    if name ~= "dn" and name ~= "objectclass" then names[#names + 1] = name end
  end
  table.sort(names)
  if record.objectclass then table.insert(names, 1, "objectclass") end
  for _, name in ipairs(names) do
    local list = record[name]
    for _, value in ipairs(type(list) == "table" and list or { list }) do
      if value ~= json.null then lines[#lines + 1] = attribute(name, value) end
    end
  end
  return table.concat(lines, "\n") .. "\n\n"
end

function BODIES.ldif(_, lines)
  local parts = {}
  for i, line in ipairs(lines) do parts[i] = entry_of(json.decode(line)) end
  return table.concat(parts)
end

local function literal(value)
  if value == nil or value == json.null then return "NULL" end
  if type(value) == "boolean" then return value and "1" or "0" end
  if type(value) == "number" then return tostring(value) end
  if type(value) == "table" then value = assert(json.encode(value)) end
  return "'" .. value:gsub("'", "''"):gsub("\\", "\\\\") .. "'"
end

function BODIES.sql(self, lines)
  local rows = {}
  for i, line in ipairs(lines) do
    local record, values = json.decode(line), {}
    for k, name in ipairs(self.names) do values[k] = literal(record[name]) end
    rows[i] = "(" .. table.concat(values, ",") .. ")"
  end
  return string.format("INSERT INTO `%s` (`%s`) VALUES\n%s;\n", self.table,
    table.concat(self.names, "`,`"), table.concat(rows, ",\n"))
end

---What stands before and after the records of each format.
---@type table<string, fun(self: GeneratedFile): string, string>
local FRAMES <const> = {}

function FRAMES.json(self)
  local text = assert(sample.text(self.format, { MARK }))
  local at = assert(text:find(MARK, 1, true))
  return text:sub(1, at - 1) .. "\n", "\n" .. text:sub(at + #MARK)
end

function FRAMES.csv(self)
  if self.is_headless then return "", "" end
  local head = {}
  for _, name in ipairs(self.names) do head[name] = name end
  return assert(sample.text({ kind = "csv", options = self.options }, { json.encode(head) })), ""
end

function FRAMES.sql(self)
  return string.format("-- MySQL dump\nCREATE TABLE `%s` (\n  `%s` text\n);\n", self.table,
    table.concat(self.names, "` text,\n  `")), ""
end

---Whether records of a format can be written.
---@param format? SampleFormat|false
---@return boolean
function output.can(format)
  return format and BODIES[format.writer or format.kind] ~= nil or false
end

---The ending of a file's name.
---@param format SampleFormat
---@return string
function output.ending(format)
  local kind = format.writer or format.kind
  local options = format.options or {}
  return kind == "csv" and options.delimiter == "\t" and "tsv" or kind
end

---@param path string
---@param format SampleFormat
---@param names string[]  of the members of all records, for formats with columns
---@return GeneratedFile?
---@return string? message
---@return Kind? kind
function output.create(path, format, names)
  local handle, message, kind = file.create(path)
  if not handle then return nil, message, kind end
  local options = {}
  for name, value in pairs(format.options or {}) do options[name] = value end
  local is_headless = type(options.header) == "table"
  options.header = is_headless and options.header or names
  local self = setmetatable({
    handle = handle, format = format, kind = format.writer or format.kind, lines = {}, count = 0,
    names = names, options = options, is_headless = is_headless, table = options.table or "users",
  }, GeneratedFile)
  local before, after = "", ""
  if FRAMES[self.kind] then before, after = FRAMES[self.kind](self) end
  self.finish_with = after
  handle:write(before)
  return self
end

---@private
function GeneratedFile:flush()
  if #self.lines == 0 then return true end
  local text, why = BODIES[self.kind](self, self.lines)
  if not text then return nil, why, "usage" end
  self.count, self.lines = self.count + #self.lines, {}
  return self.handle:write(text)
end

---@param line string  JSON
---@return true?
---@return string? message
---@return Kind? kind
function GeneratedFile:add(line)
  self.lines[#self.lines + 1] = line
  if #self.lines < BATCH then return true end
  return self:flush()
end

---@return true?
---@return string? message
---@return Kind? kind
function GeneratedFile:finish()
  local done, message, kind = self:flush()
  if done then done, message, kind = self.handle:write(self.finish_with) end
  if not done then return nil, message, kind end
  return self.handle:finish()
end

return output
