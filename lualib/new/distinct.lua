--- Whether the values of a column repeat: exact for few values, of a sample of them for many. Which
--- values are in the sample depends on the values alone, so that each one is seen every time.

local digest = require "host.digest"

local distinct = {}

---@class Distinct
---@field repeated integer  values, among those looked at, that were there before
---@field looked integer
---@field private most integer
---@field private mask integer
---@field private n integer
---@field private seen table<string, integer>
local Distinct = {}
Distinct.__index = Distinct

---@param most integer  values to keep
---@return Distinct
function distinct.new(most)
  return setmetatable({ repeated = 0, looked = 0, most = most, mask = 0, n = 0, seen = {} },
    Distinct)
end

local function number_of(value)
  return (string.unpack("<I4", digest.hash("sha256", value)))
end

---Keeps half of the values.
---@private
function Distinct:halve()
  self.mask = self.mask << 1 | 1
  for value in pairs(self.seen) do
    if number_of(value) & self.mask ~= 0 then self.seen[value], self.n = nil, self.n - 1 end
  end
  self.looked, self.repeated = 0, 0
  for _, times in pairs(self.seen) do
    self.looked, self.repeated = self.looked + times, self.repeated + times - 1
  end
end

---@param value string
function Distinct:add(value)
  if self.mask > 0 and number_of(value) & self.mask ~= 0 then return end
  local times = self.seen[value]
  self.seen[value] = (times or 0) + 1
  self.looked, self.repeated = self.looked + 1, self.repeated + (times and 1 or 0)
  if times then return end
  self.n = self.n + 1
  if self.n > self.most then self:halve() end
end

---Takes a value out, as if it had not been there.
---@param value string
function Distinct:forget(value)
  local times = self.seen[value]
  if not times then return end
  self.seen[value], self.n = nil, self.n - 1
  self.looked, self.repeated = self.looked - times, self.repeated - (times - 1)
end

---@param value string
---@return integer times  0 also for one that is not in the sample
function Distinct:times(value)
  return self.seen[value] or 0
end

---Values that were found, about; and whether none was there twice.
---@return integer n
---@return boolean is_unique
function Distinct:count()
  return self.n * (self.mask + 1), self.repeated == 0
end

return distinct
