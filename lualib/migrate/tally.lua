--- What the staged users are like, counted while they are packed: their sizes and their passwords.

local user_rules = require "auth0.user"

local tally = {}

local STEP <const> = 16 -- bytes between two sizes that are told apart

---@class Tally
---@field sizes table<integer, integer>  users by size in steps
---@field algorithms table<string, integer>
local Tally = {}
Tally.__index = Tally

---@return Tally
function tally.new()
  return setmetatable({ sizes = {}, algorithms = {}, largest = 0, users = 0 }, Tally)
end

---@param user User
---@param bytes integer  as it is sent
function Tally:add(user, bytes)
  local step = bytes // STEP
  local sizes, algorithms = self.sizes, self.algorithms
  sizes[step] = (sizes[step] or 0) + 1
  if bytes > self.largest then self.largest = bytes end
  self.users = self.users + 1
  local algorithm = user_rules.algorithm(user)
  if algorithm then algorithms[algorithm] = (algorithms[algorithm] or 0) + 1 end
end

---@class TallyFacts
---@field median integer   bytes of a user, within STEP
---@field largest integer  bytes
---@field algorithms table<string, integer>  users by how their password is kept
---@field without_password integer

---@return TallyFacts
function Tally:facts()
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
    without_password = self.users - with,
  }
end

return tally
