--- Statistics of the staged users, counted while they are packed: sizes, passwords, coverage.

local coverage = require "stage.coverage"
local format = require "base.format"
local json = require "host.json"
local limits = require "auth0.limits"
local profile = require "auth0.profile"
local sorted = require "base.sorted"
local tally = require "host.tally"
local user_rules = require "auth0.user"

local statistics = {}

local STEP <const> = 16 -- bytes; resolution of sizes
local PLACES <const> = 3 -- named in a report
local MOST_PATHS <const> = 200 -- members of large users that are counted by path
local OTHER <const> = "other members"

---@class Statistics
---@field tally host.tally.tally  users by size and password algorithm
---@field large? LargeUsers  nil: there are none
---@field covered? host.coverage.coverage  nil: not counted
---@field tables? host.coverage.tables     nil: not noted
---@field members? table<string, integer>  users by what an upsert would change; nil: not counted
local Statistics = {}
Statistics.__index = Statistics

---@class Counted
---@field upsert? boolean    also what an upsert would change
---@field coverage? boolean  also which fields the users have; costs a walk through each user
---@field tables? host.coverage.tables  notes the tables of each user

---@param counted? Counted
---@return Statistics
function statistics.new(counted)
  counted = counted or {}
  return setmetatable({
    tally = tally.new(STEP, PLACES), tables = counted.tables,
    members = counted.upsert and {} or nil, covered = counted.coverage and coverage.new() or nil,
  }, Statistics)
end

---@private
function Statistics:add_members(mask)
  local members = self.members
  for i, name in ipairs(user_rules.UPSERTED) do
    if mask >> (i - 1) & 1 == 1 then members[name] = (members[name] or 0) + 1 end
  end
end

---@class LargeUsers  above limits.PROFILE_WARN_BYTES
---@field near integer      within Auth0's limit
---@field exceeding integer above it
---@field users {at: string, bytes: integer, member?: string}[]  the largest; their largest member
---@field members {path: string, users: integer, bytes: integer}[]  the largest of these users, in
---  metadata; bytes: at most
---@field summary string  a sentence

---The group of a member of metadata; those beyond MOST_PATHS share one.
local function group_of(large, path)
  if not large.by_path[path] then
    if large.n_paths >= MOST_PATHS then path = OTHER end
    if not large.by_path[path] then
      large.by_path[path] = { path = path, users = 0, bytes = 0 }
      large.n_paths = large.n_paths + 1
    end
  end
  return large.by_path[path]
end

local function by_bytes(a, b)
  return a.bytes > b.bytes
end

---@private
function Statistics:add_large(mapped, bytes, at)
  local large = self.large
    or { near = 0, exceeding = 0, users = json.array {}, by_path = {}, n_paths = 0 }
  self.large = large
  local count = profile.is_exceeded(bytes) and "exceeding" or "near"
  large[count] = large[count] + 1
  local member = profile.metadata(mapped:user())[1]
  local path = member and profile.shown(member.path)
  if member then
    local group = group_of(large, path)
    group.users, group.bytes = group.users + 1, math.max(group.bytes, member.bytes)
  end
  table.insert(large.users, { at = at, bytes = bytes, member = path })
  table.sort(large.users, by_bytes)
  large.users[PLACES + 1] = nil
end

---What a person should know of the users above the warning size, one sentence.
---@param large LargeUsers
---@return string
local function summary_of(large)
  local members, users = {}, {}
  for i, member in ipairs(large.members) do
    members[i] = string.format("%s (%s, at most %s)", member.path,
      format.count(member.users, "user"), format.bytes(member.bytes))
  end
  for i, user in ipairs(large.users) do
    users[i] = string.format("%s (%s)", user.at, format.bytes(user.bytes))
  end
  return string.format("%s above 8 KB, %s of them above 10 KB, which Auth0 will reject from %s%s; "
    .. "the largest: %s", format.count(large.near + large.exceeding, "user"),
    format.number(large.exceeding), limits.PROFILE_ENFORCED,
    members[1] and "; mostly for " .. table.concat(members, ", ") or "", table.concat(users, ", "))
end

---The large users, without what only the counting needs.
local function large_facts(large)
  if not large then return nil end
  local members = json.array {}
  for _, group in pairs(large.by_path) do members[#members + 1] = group end
  table.sort(members, function(a, b)
    if a.users ~= b.users then return a.users > b.users end
    return a.path < b.path
  end)
  for i = #members, PLACES + 1, -1 do members[i] = nil end
  local facts = {
    near = large.near, exceeding = large.exceeding, users = large.users, members = members,
  }
  facts.summary = summary_of(facts)
  return facts
end

---@param mapped Mapped
---@param bytes integer  as sent
---@param at string      its place
---@param lost integer   what the user loses, see journal.losses
function Statistics:add(mapped, bytes, at, lost)
  self.tally:add(bytes, mapped.algorithm, at, lost)
  if bytes > limits.PROFILE_WARN_BYTES then self:add_large(mapped, bytes, at) end
  if self.members then self:add_members(mapped.members) end
  if self.covered then self.covered:add(mapped.draft, at) end
  if self.tables then self.tables:add(mapped.draft) end
end

---@class TallyFacts
---@field median integer   bytes of a user, within STEP
---@field largest integer  bytes
---@field algorithms table<string, integer>  users by password algorithm
---@field without_password integer
---@field without_places string[]  of the first of them
---@field large? LargeUsers
---@field overwrites? table<string, integer>  under upsert: users by field that they would change

---The median size of a user in bytes, within STEP.
local function median_of(counted)
  local seen = 0
  for step, users in sorted.pairs(counted.sizes) do
    seen = seen + users
    if seen * 2 >= counted.users then
      return math.min(step * STEP + STEP // 2, counted.largest)
    end
  end
  return 0
end

---@return TallyFacts
function Statistics:facts()
  local counted = self.tally:facts()
  return {
    median = median_of(counted), largest = counted.largest, algorithms = counted.kinds,
    without_password = counted.without, without_places = json.array(counted.places),
    overwrites = self.members, large = large_facts(self.large),
  }
end

---@return table<integer, integer> counts  users by what they lose, see journal.losses
function Statistics:lost()
  return self.tally:facts().lost
end

---@param lookups table<string, LookupCoverage>
---@return CoverageFacts?
function Statistics:coverage(lookups)
  return self.covered and coverage.facts(self.covered, self:facts(), lookups)
end

function Statistics:close()
  self.tally:close()
  if self.covered then self.covered:close() end
end

return statistics
