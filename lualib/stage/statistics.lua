--- Statistics of the staged users, counted while they are packed: sizes and passwords.

local json = require "host.json"
local user_rules = require "auth0.user"

local statistics = {}

local STEP <const> = 16 -- bytes; resolution of sizes
local PLACES <const> = 3 -- named in a report

---@class Statistics
---@field sizes table<integer, integer>  users by size in steps
---@field algorithms table<string, integer>
---@field users integer
---@field largest integer  bytes
---@field bare string[]  places of the first users without a password
---@field members? table<string, integer>  users by what an upsert would change; nil: not counted
local Statistics = {}
Statistics.__index = Statistics

---@param upsert? boolean  also count what an upsert would change
---@return Statistics
function statistics.new(upsert)
  return setmetatable({
    sizes = {}, algorithms = {}, largest = 0, users = 0, bare = {}, members = upsert and {} or nil,
  }, Statistics)
end

---@private
function Statistics:add_members(mask)
  local members = self.members
  for i, name in ipairs(user_rules.UPSERTED) do
    if mask >> (i - 1) & 1 == 1 then members[name] = (members[name] or 0) + 1 end
  end
end

---@param mapped Mapped
---@param bytes integer  as sent
---@param at string      its place
function Statistics:add(mapped, bytes, at)
  local step = bytes // STEP
  local sizes, algorithms = self.sizes, self.algorithms
  sizes[step] = (sizes[step] or 0) + 1
  if bytes > self.largest then self.largest = bytes end
  self.users = self.users + 1
  local algorithm = mapped.algorithm
  if algorithm then
    algorithms[algorithm] = (algorithms[algorithm] or 0) + 1
  elseif #self.bare < PLACES then
    self.bare[#self.bare + 1] = at
  end
  if self.members then self:add_members(mapped.members) end
end

---@class TallyFacts
---@field median integer   bytes of a user, within STEP
---@field largest integer  bytes
---@field algorithms table<string, integer>  users by password algorithm
---@field without_password integer
---@field without_places string[]  of the first of them
---@field overwrites? table<string, integer>  under upsert: users by field that they would change

---@return TallyFacts
function Statistics:facts()
  local steps = {}
  for step in pairs(self.sizes) do steps[#steps + 1] = step end
  table.sort(steps)
  local median, seen = 0, 0
  for _, step in ipairs(steps) do
    seen = seen + self.sizes[step]
    if seen * 2 >= self.users then
      median = math.min(step * STEP + STEP // 2, self.largest)
      break
    end
  end
  local with = 0
  for _, n in pairs(self.algorithms) do with = with + n end
  return {
    median = median, largest = self.largest, algorithms = self.algorithms,
    without_password = self.users - with, without_places = json.array(self.bare),
    overwrites = self.members,
  }
end

return statistics
