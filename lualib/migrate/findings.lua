--- Findings grouped as people act on them: by code and path, the most frequent first, each with a
--- few places.

local findings = {}

local EXAMPLES <const> = 3

---@class FindingGroup
---@field outcome "rejected"|"duplicate"
---@field code string
---@field path string
---@field message string    of the first
---@field count integer
---@field examples string[] places

---@class Findings
---@field groups table<string, FindingGroup>
local Findings = {}
Findings.__index = Findings

---@return Findings
function findings.new()
  return setmetatable({ groups = {} }, Findings)
end

---Counts a rejected record once for each of its findings.
---@param rejection Rejection
function Findings:add(rejection)
  for _, finding in ipairs(rejection.errors) do
    -- One group for all items of a list.
    local path = (finding.path or ""):gsub("%[%d+%]", "[]")
    local key = table.concat({ rejection.outcome, finding.code, path }, "\0")
    local group = self.groups[key]
    if not group then
      group = {
        outcome = rejection.outcome, code = finding.code, path = path,
        message = finding.message, fix = finding.fix, count = 0, examples = {},
      }
      self.groups[key] = group
    end
    group.count = group.count + 1
    if #group.examples < EXAMPLES then table.insert(group.examples, rejection.at) end
  end
end

---@return FindingGroup[]
function Findings:list()
  local list = {}
  for _, group in pairs(self.groups) do list[#list + 1] = group end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.code .. a.path < b.code .. b.path
  end)
  return list
end

return findings
