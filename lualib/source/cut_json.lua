--- JSON as SQL Server's tools save the result of FOR JSON: cut into lines of 2033 characters, which
--- end anywhere, below the name of the column. The lines are joined.

local file = require "host.file"
local host = require "host.json"
local utf16 = require "source.utf16"

local cut_json = {}

local NAME <const> = "^\"?JSON_F52E2B61%-18A1%-11[dD]1%-B105%-00805F49916B\"?%s*$"
local WIDTH <const> = 2033 -- UTF-16 units of a line, as the server sends them
local BLOCK <const> = 64 * 1024 -- bytes
local LONGEST <const> = 1024 * 1024 -- bytes of a line

local function plain(head)
  return (utf16.text(head):gsub("^\xEF\xBB\xBF", ""))
end

---How long a text is in UTF-16; nil if it is not UTF-8.
local function units_of(text)
  local n = utf8.len(text)
  if not n then return nil end
  local _, astral = text:gsub("[\xF0-\xF4]", "")
  return n + astral
end

---Whether the beginning of a file is such a result; without its name, by the length of a line that
---is no document.
---@param head string
---@return boolean
function cut_json.is(head)
  local first = plain(head):match("^([^\r\n]*)\r?\n")
  if not first then return false end
  if first:find(NAME) then return true end
  local written = first:match('^"(.*)"$')
  if written then first = written:gsub('""', '"') end
  return first:find("^[%[{]") ~= nil and units_of(first) == WIDTH and host.decode(first) == nil
end

---@class JoinedLines
---@field private begun? true  a line of JSON was seen
---@field private quoted? boolean  the lines are cells in quotes
---@field private over? true   what follows is no JSON: "(5 rows affected)"
local JoinedLines = {}
JoinedLines.__index = JoinedLines

---@private
function JoinedLines:line(line)
  line = line:gsub("\r$", "")
  if self.over or not self.begun and (line:find(NAME) or line:find("^%-*%s*$")) then return "" end
  if not self.begun then self.begun, self.quoted = true, line:find('^"') ~= nil end
  if line:find("^%s*$") then
    self.over = true
    return ""
  end
  if not self.quoted then return line end
  return (line:gsub('^"', ""):gsub('"%s*$', ""):gsub('""', '"'))
end

---The JSON of whole lines, and what is left of the last one.
---@private
function JoinedLines:lines(text)
  local parts, from = {}, 1
  while true do
    local stop = text:find("\n", from, true)
    if not stop then return table.concat(parts), text:sub(from) end
    parts[#parts + 1] = self:line(text:sub(from, stop - 1))
    from = stop + 1
  end
end

---The beginning of a file as JSON, as far as it goes; another one as it is.
---@param head string
---@return string
function cut_json.joined(head)
  if not cut_json.is(head) then return head end
  local lines = setmetatable({}, JoinedLines)
  local text, rest = lines:lines(plain(head))
  return text .. lines:line(rest)
end

---An input of the JSON in another one, which stays open; of the same bytes if it is not cut.
---@param handle host.file.input  nothing of it was read
---@param path string   its path; only a regular file is looked at
---@return host.file.input
function cut_json.input(handle, path)
  local stat = path ~= "-" and file.stat(path)
  local looking <close> = stat and stat.type == "file" and file.open(path) or nil
  local head = looking and looking:read(BLOCK) or ""
  if not cut_json.is(head) then return handle end
  local lines, rest, is_mark = setmetatable({}, JoinedLines), "", true
  handle:text()
  return file.feed(handle:name(), function()
    local text = ""
    while text == "" do
      local block, message, kind = handle:read(BLOCK)
      if not block and message then return nil, message, kind end
      if not block and rest == "" then return nil end
      if block and is_mark then block, is_mark = block:gsub("^\xEF\xBB\xBF", ""), false end
      text, rest = lines:lines(rest .. (block or "\n"))
      if #rest > LONGEST then
        return nil, "a line of the result of FOR JSON is longer than 1 MiB", "parse"
      end
    end
    return text
  end)
end

return cut_json
