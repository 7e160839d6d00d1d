--- Coverage: which fields the packed users have and what their values look like, by which schemes
--- their passwords are hashed, and what the recipe's lookups found. Most silent mistakes show here.

local host = require "host.coverage"
local json = require "host.json"

local coverage = {}

local NONE <const> = "none"
local MOST_LOOKS <const> = 3 -- shown of a field, the most frequent

---Fields whose members are counted, and those that hold secrets.
local OPTIONS <const> = {
  open = { "user_metadata", "app_metadata" },
  closed = { "password_hash", "custom_password_hash", "mfa_factors" },
}

---@class FieldCoverage
---@field users integer          that have the field, not null or empty
---@field forms integer          different looks of its values; 100 are 100 or more
---@field looks host.coverage.Look[]  the most frequent ones
---@field first_without string|lightuserdata  place of the first user without it; null: none

---@class LookupCoverage
---@field hits integer
---@field misses integer

---@class CoverageFacts
---@field fields table<string, FieldCoverage>  by name: "app_metadata.plan"
---@field passwords table<string, integer>     users by algorithm; "none": without a password
---@field lookups table<string, LookupCoverage>  by file
---@field others? integer  values of fields beyond those that are distinguished

---@return host.coverage.coverage
function coverage.new()
  return host.new(OPTIONS)
end

---The most frequent looks first.
local function most_frequent(looks)
  table.sort(looks, function(a, b)
    if a.users ~= b.users then return a.users > b.users end
    return a.look < b.look
  end)
  return json.array(table.move(looks, 1, MOST_LOOKS, 1, {}))
end

---@param counted host.coverage.coverage
---@param tally TallyFacts
---@param lookups table<string, LookupCoverage>
---@return CoverageFacts
function coverage.facts(counted, tally, lookups)
  local fields, passwords = {}, {}
  local list, others = counted:fields()
  for _, field in ipairs(list) do
    local forms = #field.looks
    fields[field.name] = {
      users = field.users, forms = forms, looks = most_frequent(field.looks),
      first_without = field.without or json.null,
    }
  end
  for algorithm, n in pairs(tally.algorithms) do passwords[algorithm] = n end
  if tally.without_password > 0 then passwords[NONE] = tally.without_password end
  return {
    fields = fields, passwords = passwords, lookups = lookups,
    others = others > 0 and others or nil,
  }
end

return coverage
