--- Findings grouped by code, path and the common part of their messages, most frequent first, each
--- with a few places and the fix. Memory does not grow with the records.

local codes = require "auth0.codes"
local text = require "host.text"

local findings = {}

local EXAMPLES <const> = 3
local MOST_GROUPS <const> = 300 -- distinguished by path and message; then by code
local MOST_CODES <const> = 100  -- distinguished by code alone; then all as one
local MOST_SEEN <const> = 300  -- messages cached
local OTHER <const> = "OTHER"
local LONGEST_PATH <const> = 100 -- bytes distinguished and shown

---@class FindingGroup
---@field outcome "rejected"|"duplicate"|"failed"|"repaired"
---@field code string
---@field path string       "[]" for any item of a list
---@field message string    of all; their common part if they differ
---@field count integer     findings: a record with two of them counts twice
---@field examples string[] places of the first ones
---@field shape? string     redacted description of the first value
---@field fix? string       a sentence

---@class Findings
---@field groups table<string, FindingGroup>
---@field n integer  groups distinguished by path and message
---@field codes integer  groups distinguished by code alone
---@field private seen table<string, {shown: string, common: string}>
---@field private n_seen integer
local Findings = {}
Findings.__index = Findings

---@return Findings
function findings.new()
  return setmetatable({ groups = {}, n = 0, codes = 0, seen = {}, n_seen = 0 }, Findings)
end

---A word without the numbers of one record; line numbers of Lua files stay, and so does the number
---of an argument.
local function common_word(word)
  if word:find("%.lua:%d+") or word:find("^#%d$") then return word end
  return (word:gsub("%d[%d.,]*%f[%D]", "…"):gsub("%d+", "…"))
end

-- Where the validator ends a message with the value.
local ENDINGS <const> = { "(for format %a+): .*$", "(No enum match for): .*$" }

-- Matches an address, but not a pattern quoted in a message.
local ADDRESS <const> = "[%w\x80-\xff_.+-]@[%w\x80-\xff]"

-- "recipes/shop.lua:12: ", where a recipe raised an error.
local PLACE <const> = "^([%w_./ -]+%.lua:%d+: )(.*)$"

---A message without values: a tenant appends the value to some, and a recipe's may quote a record.
---`ours`: made by this program, whose messages contain neither.
local function shown(message, ours)
  if ours then
    return (message:gsub("%S+", function(word) return word:find(ADDRESS) and text.redact(word) end))
  end
  for _, ending in ipairs(ENDINGS) do message = message:gsub(ending, "%1: …") end
  local place, said = message:match(PLACE)
  return (place or "") .. text.redact(said or message)
end

---A message without the values of one record: quoted text, numbers, addresses.
---@param message string
---@param ours? boolean  see `shown`
---@return string
function findings.common(message, ours)
  message = shown(message, ours)
  message = message:gsub('"[^"]*"', '"…"'):gsub("%f[^%s%z(]'[^']*'", "'…'")
  return (message:gsub("%S+", common_word))
end

local function words_of(message)
  local words = {}
  for word in message:gmatch("%S+") do words[#words + 1] = word end
  return words
end

---What two messages with the same common part share: a number that is in both stays.
local function merged(one, other, common)
  local a, b = words_of(one), words_of(other)
  if #a ~= #b then return common end
  for i, word in ipairs(a) do
    if word ~= b[i] then
      local kept = common_word(word)
      if kept ~= common_word(b[i]) then return common end -- quoted text
      a[i] = kept
    end
  end
  return table.concat(a, " ")
end

---A message as it is shown, and its common part. Cached, because most are repeated.
---@private
function Findings:words(written, ours)
  local key = written .. (ours and "\1" or "\0")
  local seen = self.seen[key]
  if not seen then
    if self.n_seen >= MOST_SEEN then self.seen, self.n_seen = {}, 0 end
    seen = { shown = shown(written, ours) }
    seen.common = findings.common(seen.shown, ours)
    self.seen[key], self.n_seen = seen, self.n_seen + 1
  end
  return seen.shown, seen.common
end

---The group of a finding, created if needed: its own, else its code's, else that of all others.
---@private
function Findings:group(outcome, finding, path, ours)
  local message, common = self:words(finding.message or "", ours)
  local code = text.redact(finding.code)
  local key = table.concat({ outcome, code, path, common, finding.case }, "\0")
  local group = self.groups[key]
  if group then
    if group.message ~= message then
      group.message = merged(group.message, message, common)
    end
    return group
  end
  local fix = finding.fix or codes.fix(finding.code, path)
  if self.n < MOST_GROUPS then
    self.n = self.n + 1
    group = {
      code = code, path = path, message = message, shape = finding.shape, fix = fix,
    }
  else
    key = outcome .. "\0" .. code
    group = self.groups[key]
    if group then return group end
    if self.codes < MOST_CODES then
      self.codes = self.codes + 1
      group = { code = code, path = "", message = "other findings", fix = fix }
    else
      key = OTHER
      group = self.groups[key] or { code = OTHER, path = "", message = "other findings" }
      if group.count then return group end
    end
  end
  group.outcome, group.count, group.examples = outcome, 0, {}
  self.groups[key] = group
  return group
end

---The path of a group: one for all items of a list, and without a value as a key of metadata.
local function common_path(path)
  if path:find("@", 1, true) then return (path:match("^%a+_metadata%.") or "") .. "…" end
  if #path > LONGEST_PATH then path = path:sub(1, LONGEST_PATH) .. "…" end
  return text.redact((path:gsub("%[%d+%]", "[]")))
end

-- Codes whose messages may quote a record or the name of a property, although there is a user.
local QUOTED <const> = {
  RECIPE_ERROR = true, RECIPE_RESULT = true, OBJECT_ADDITIONAL_PROPERTIES = true,
}

---Whether the message of a finding is this program's: about a user that the rules have seen. A
---record without one was rejected by the recipe or could not be read.
local function is_ours(rejection, finding)
  return rejection.user ~= nil and not QUOTED[finding.code]
    and (rejection.outcome == "rejected" or rejection.outcome == "duplicate")
end

---Counts a record once for each of its findings.
---@param rejection {outcome: string, at: string, errors: table[], user?: table}
function Findings:add(rejection)
  for _, finding in ipairs(rejection.errors) do
    local path = common_path(finding.path or "")
    local group = self:group(rejection.outcome, finding, path, is_ours(rejection, finding))
    group.count = group.count + 1
    local examples = group.examples
    if #examples < EXAMPLES and examples[#examples] ~= rejection.at then
      examples[#examples + 1] = rejection.at
    end
  end
end

local function is_before(a, b)
  if a.count ~= b.count then return a.count > b.count end
  for _, key in ipairs { "outcome", "code", "path", "message" } do
    if a[key] ~= b[key] then return a[key] < b[key] end
  end
  return false
end

---@return FindingGroup[]
function Findings:list()
  local list = {}
  for _, group in pairs(self.groups) do list[#list + 1] = group end
  return findings.sorted(list)
end

---@param list FindingGroup[]
---@return FindingGroup[] list  the same table, most frequent first
function findings.sorted(list)
  table.sort(list, is_before)
  return list
end

return findings
