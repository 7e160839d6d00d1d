--- Lists inside the elements of a list, as one reading: the users of all organizations, which are
--- at "/orgs/*/users" of a document.

local failure = require "base.failure"
local file = require "host.file"
local host = require "host.json"
local input = require "source.input"
local json = require "source.json"
local reading = require "source.reading"

local inner_lists = {}

local MOST_BYTES <const> = 1 << 31 -- of an element that is passed over

---@class InnerLists : Reading
---@field private path string
---@field private own string       the name of the file
---@field private outer string     pointer: "/orgs"
---@field private inner string[]   pointers from an element of it: { "/users" }
---@field private mark? string
---@field private marks any[]      of each element
---@field private step integer     of the lists of all elements: the one that is read, from 1
---@field private handle? host.file.input
---@field private reader? host.json.reader
local InnerLists = reading.class "inner lists"

---The two parts of a pointer to lists inside the elements of a list; nil for any other one.
---@param pointer string  "/orgs/*/users"
---@return string? outer
---@return string? inner
function inner_lists.parts(pointer)
  return pointer:match("^(.-)/%*(/.+)$")
end

---A record with a member of the element around it. Anything else stays as it is.
local function marked(record, name, member)
  if type(record) ~= "userdata" or record == host.null or not (name and member) then
    return record
  end
  local copy = { [name] = member }
  for key, value in pairs(record) do copy[key] = value end
  return copy
end

---The mark of each element, false for none. The elements are read one at a time.
local function marks_of(path, outer, mark)
  local marks = {}
  local elements <close> = json.records(path, {
    pointer = outer, limit = MOST_BYTES, optional = true,
  })
  for element in elements do
    local is_object = type(element) == "userdata" and element ~= host.null
    marks[#marks + 1] = mark and is_object and element[mark] or false
  end
  return marks
end

---The element and the pointer of a step.
---@private
function InnerLists:place(step)
  local element = (step - 1) // #self.inner
  return element, self.outer .. "/" .. element .. self.inner[(step - 1) % #self.inner + 1]
end

---@return any record
---@return string? at
function InnerLists:__call()
  while self.step <= #self.marks * #self.inner do
    local element, place = self:place(self.step)
    if not self.reader then
      self.handle = failure.check(file.open(self.path, self.own))
      self.reader = host.reader(self.handle, { pointer = place })
    end
    local record, at, kind = self.reader:next()
    if record ~= nil then
      local mark = self.marks[element + 1]
      return marked(record, self.mark, mark), self.own .. "#" .. place .. "/" .. at
    elseif at and kind ~= "missing" then
      failure.raise(self.own .. ": " .. at, kind)
    end
    self:leave()
    self.step = self.step + 1
  end
end

function InnerLists:name() return self.own end

function InnerLists:as_read() return self.reader and self.reader:record() end

---By lists, whose sizes are not known before they are read.
function InnerLists:progress()
  local n = #self.marks * #self.inner
  return n == 0 and 1.0 or math.min((self.step - 1) / n, 1.0)
end

---@private
function InnerLists:leave()
  if self.reader then self.reader:close() end
  if self.handle then self.handle:close() end
  self.reader, self.handle = nil, nil
end

function InnerLists:close()
  self:leave()
  self.step = math.huge
end

---The file is read once for each of the lists, so that none of them is held in memory.
---@param path string      not stdin
---@param outer string     "/orgs"
---@param inner string[]   { "/users", "/people" }
---@param mark? string     a member of the outer element, which each record gets
---@return Reading  a list that an element does not have is empty
function inner_lists.records(path, outer, inner, mark)
  return setmetatable({
    path = path, own = input.names({ path })[1], outer = outer, inner = inner, mark = mark,
    marks = marks_of(path, outer, mark), step = 1,
  }, InnerLists)
end

return inner_lists
