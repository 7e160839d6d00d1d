--- A cassette as a file: a line of JSON about it, then a line for each request and its answer.

local file = require "host.file"
local host = require "host"
local json = require "host.json"
local path = require "base.path"

local cassette = {}

local VERSION <const> = 1
local ENDING <const> = ".ndjson"
local FOLDER <const> = ".cassettes"
local LARGEST <const> = 64 * 1024 * 1024 -- bytes

---@class CassetteAnswer
---@field request PageRequest  without credentials; "{origin:1}" in place of scheme and host
---@field status integer
---@field headers? table<string, string[]>  those that tell of further pages
---@field body any

---@class Cassette
---@field records integer  how many records were read of it
---@field answers CassetteAnswer[]

---@param text any
---@return boolean
function cassette.is_name(text)
  return type(text) == "string" and text:find("^[%w_][%w_.-]*$") ~= nil
end

---The folder of the cassettes of a recipe: "shop.cassettes".
---@param recipe string  its path
---@return string
function cassette.folder(recipe)
  return (recipe:gsub("%.lua$", "")) .. FOLDER
end

---@param folder string
---@param name string
---@return string
function cassette.path(folder, name)
  return path.join(folder, name .. ENDING)
end

---@param made Cassette
---@return string text
function cassette.text(made)
  local lines = { assert(json.encode { version = VERSION, records = made.records }) }
  for _, answer in ipairs(made.answers) do lines[#lines + 1] = assert(json.encode(answer)) end
  return table.concat(lines, "\n") .. "\n"
end

---@param text string
---@return Cassette?
---@return string? wrong
local function parse(text)
  local made, line = { answers = {} }, 0
  for one in (text:gsub("\r\n", "\n")):gmatch("([^\n]+)") do
    line = line + 1
    local value, message = json.decode(one)
    if type(value) ~= "table" then
      return nil, string.format("line %d is not a JSON object: %s", line,
        message or "another value")
    elseif line == 1 then
      if value.version ~= VERSION or math.type(value.records) ~= "integer" then
        return nil, "it is not a cassette, or one of another version; record it anew"
      end
      made.records = value.records
    elseif type(value.request) ~= "table" or type(value.request.url) ~= "string"
      or math.type(value.status) ~= "integer" or value.body == nil then
      return nil, string.format("line %d is not a request with its answer", line)
    else
      table.insert(made.answers, value)
    end
  end
  if not made.records then return nil, "it is empty" end
  return made
end

---Reads a cassette: of a folder, or one that is shipped.
---@param folder string
---@param name string
---@param is_shipped boolean
---@return Cassette?
---@return string? message
---@return Kind? kind
function cassette.read(folder, name, is_shipped)
  local where = cassette.path(folder, name)
  local text, message
  if is_shipped then
    text = host.source(where)
    message = where .. " is not in the program"
  else
    text, message = file.read(where, LARGEST)
  end
  if not text then
    return nil, string.format("cannot read the cassette: %s; `auth0-migrate test RECIPE --record "
      .. "%s` records one", message, name), "usage"
  end
  local made, wrong = parse(text)
  if not made then return nil, where .. ": " .. wrong, "usage" end
  return made
end

---@param folder string
---@param name string
---@param text string
---@return true?
---@return string? message
---@return Kind? kind
function cassette.write(folder, name, text)
  local made, message, kind = file.mkdir(folder)
  if not made then return nil, message, kind end
  return file.write(cassette.path(folder, name), text)
end

return cassette
