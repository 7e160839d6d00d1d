--- The users that an API of the tests has: generated, or read from a file. They are ordered by a
--- key, may be removed, and new ones may be inserted in front of all others.

local file = require "host.file"
local json = require "host.json"

local users = {}

local OFFSET <const> = 100000000 -- of numbers
local EPOCH <const> = 1700000000 -- unix seconds: when the user with the key 0 was created

---@class ApiPerson  what each API shows in its own form
---@field key integer  1 for the first one; smaller for those inserted later
---@field number integer  the key, made positive: for ids whose order is that of the keys
---@field email string
---@field given string
---@field family string
---@field phone string
---@field created integer  unix seconds

---@class ApiUsers
---@field private keys integer[]  ascending
---@field private records? any[]  of a file, by key
---@field private show fun(person: ApiPerson): table
local Users = {}
Users.__index = Users

---@param key integer
---@return ApiPerson
function users.person(key)
  local number = key + OFFSET
  return {
    key = key, number = number, email = string.format("person%d@example.com", key),
    given = "Ana", family = "García " .. key, created = EPOCH + key,
    phone = string.format("+4930%08d", number % OFFSET),
  }
end

---The key of a person's number.
---@param number integer
---@return integer
function users.key(number) return number - OFFSET end

local function read(path)
  local input <close> = assert(file.open(path))
  local reader <close> = json.reader(input, { lazy = false })
  local list = {}
  while true do
    local record, message = reader:next()
    if record == nil then
      assert(not message, message)
      return list
    end
    list[#list + 1] = record
  end
end

---@param show fun(person: ApiPerson): table  the record of a generated user
---@param count integer
---@param path? string  a JSON array or NDJSON with records as the API shows them, instead
---@return ApiUsers
function users.new(show, count, path)
  local records = path and read(path)
  local keys = {}
  for i = 1, records and #records or count do keys[i] = i end
  return setmetatable({ keys = keys, records = records, show = show }, Users)
end

---@return integer
function Users:count() return #self.keys end

function Users:record(key)
  return self.records and self.records[key] or self.show(users.person(key))
end

---The index of the first user with a greater key.
function Users:index_after(key)
  local low, high = 1, #self.keys + 1
  while low < high do
    local middle = (low + high) // 2
    if self.keys[middle] > key then high = middle else low = middle + 1 end
  end
  return low
end

---Users in the order of their keys.
---@param key number  -math.huge: from the first one on
---@param size integer
---@param is_shown? fun(record: table): boolean
---@return table[] records  marked as an array
---@return integer? last    key of the last one, if there are more
function Users:after(key, size, is_shown)
  local list, last = json.array {}, nil
  for i = self:index_after(key), #self.keys do
    local record = self:record(self.keys[i])
    if not is_shown or is_shown(record) then
      if #list == size then return list, last end
      list[#list + 1], last = record, self.keys[i]
    end
  end
  return list, nil
end

---Users by their position.
---@param from integer  0: from the first one on
---@param size integer
---@param newest_first? boolean
---@return table[] records  marked as an array
function Users:slice(from, size, newest_first)
  local list, count = json.array {}, #self.keys
  for i = from + 1, math.min(from + size, count) do
    list[#list + 1] = self:record(self.keys[newest_first and count + 1 - i or i])
  end
  return list
end

---Removes the first user.
function Users:remove()
  table.remove(self.keys, 1)
end

---Inserts a user in front of all others.
function Users:insert()
  table.insert(self.keys, 1, math.min(self.keys[1] or 1, 1) - 1)
end

return users
