--- The sink of `prove`: finds the users of known logins, and the records that contain a login's
--- name but are not mapped to a user.

local codes = require "auth0.codes"
local foreign = require "base.foreign"
local identifiers = require "auth0.identifiers"
local text = require "host.text"

local prove_users = {}

local DEEPEST <const> = 6 -- nested tables

---@class RefusedRecord  why a record is not mapped to a user, or to one that is rejected
---@field outcome "rejected"|"skipped"
---@field position integer
---@field at string
---@field reason string
---@field code? string  of a rejection
---@field path? string
---@field fix? string   a sentence

---@class NamedUser
---@field user User
---@field position integer
---@field at string
---@field kept? KeptRecord        its record of the source; nil: it could not be copied
---@field refused? RefusedRecord  the user is rejected

---@class ProveUsers : Sink
---@field found table<integer, NamedUser>       by the index of the login
---@field refused table<integer, RefusedRecord>  records that contain a login's name
---@field remaining integer                      logins without a user
---@field identifiers table<string, true>         that mapped users have
---@field skipped_records integer
---@field rejected_records integer
---@field private waiting table<string, integer[]>  indices of logins, by name
---@field private keep fun(): KeptRecord?           keeps the record that is being mapped
---@field private kept table<integer, KeptRecord>   by position, of users that wait for `dedupe`
local ProveUsers = {}
ProveUsers.__index = ProveUsers

---@param list Login[]
---@param keep fun(): KeptRecord?
---@return ProveUsers
function prove_users.new(list, keep)
  local waiting = {}
  for index, one in ipairs(list) do
    local names = {
      [one.id] = true, [text.lower(one.id)] = true, [identifiers.without_prefix(one.id)] = true,
      [identifiers.dialled(one.id)] = true,
    }
    for name in pairs(names) do
      waiting[name] = waiting[name] or {}
      table.insert(waiting[name], index)
    end
  end
  return setmetatable({
    waiting = waiting, found = {}, refused = {}, identifiers = {}, remaining = #list,
    keep = keep, kept = {},
    skipped_records = 0, rejected_records = 0,
  }, ProveUsers)
end

---Records the user of a login; the first of several counts.
local function note(self, user, position, at, refused)
  for kind, name in pairs(identifiers.of(user)) do
    self.identifiers[kind] = true
    for _, index in ipairs(self.waiting[name] or {}) do
      if not self.found[index] then
        self.kept[position] = self.kept[position] or self.keep()
        self.found[index] = {
          user = user, position = position, at = at, kept = self.kept[position], refused = refused,
        }
        self.remaining = self.remaining - 1
      end
    end
  end
  if self.remaining > 0 then return true end
  return nil, "every login has a user", "interrupted"
end

---Keeps the record of a user that waits until the recipe's `dedupe` has seen all of them.
function ProveUsers:waits(mapped, position)
  for _, name in pairs(identifiers.of(mapped:user())) do
    if self.waiting[name] then self.kept[position] = self.kept[position] or self.keep() end
  end
end

---Calls `each` with the indices of the logins that a value of a record names.
local function named_in(self, value, each, depth)
  if type(value) == "table" then
    for _, inner in pairs(depth < DEEPEST and value or {}) do
      named_in(self, inner, each, depth + 1)
    end
  elseif type(value) == "string" or math.type(value) == "integer" then
    local name = tostring(value):match("^%s*(.-)%s*$")
    local indices = self.waiting[name] or self.waiting[text.lower(name)] or {}
    for _, index in ipairs(indices) do each(index) end
  end
end

---Keeps the reason why a record has no user for the logins that it names.
local function pass_over(self, record, refused)
  named_in(self, record, function(index)
    self.refused[index] = self.refused[index] or refused
  end, 0)
  return true
end

function ProveUsers:user(mapped, position, at)
  return note(self, mapped:user(), position, at)
end

function ProveUsers:rejected(rejection)
  self.rejected_records = self.rejected_records + 1
  local first = rejection.errors[1]
  local refused = {
    outcome = "rejected", position = rejection.position, at = rejection.at, code = rejection.code,
    path = rejection.path ~= "" and rejection.path or nil, reason = rejection.message,
    fix = first and first.fix or codes.fix(rejection.code, rejection.path or ""),
  }
  if rejection.user then
    return note(self, rejection.user, rejection.position, rejection.at, refused)
  end
  return pass_over(self, rejection.record, refused)
end

function ProveUsers:skipped(position, at, reason, mapped)
  self.skipped_records = self.skipped_records + 1
  return pass_over(self, mapped:record(), {
    outcome = "skipped", position = position, at = at, reason = reason,
  })
end

---By which identifiers the mapped users are known.
---@private
function ProveUsers:known_by()
  local names = {}
  for _, name in ipairs(identifiers.NAMES) do
    if self.identifiers[name] then names[#names + 1] = name end
  end
  return #names > 0 and "; users have " .. table.concat(names, ", ") or ""
end

---Why a login has no user.
---@param index integer  of the login
---@param read integer  records
---@return ProvenLogin
function ProveUsers:missing(index, read)
  local refused = self.refused[index]
  if refused then
    return {
      result = "missing", position = refused.position, at = refused.at, refused = refused,
      reason = "its record was not mapped to a user: " .. foreign.words(refused.reason),
    }
  end
  if read == 0 then return { result = "missing", reason = "the source has no records" } end
  return { result = "missing", reason = string.format(
    "no mapped user has this identifier (records read %d, rejected %d, skipped %d%s)", read,
    self.rejected_records, self.skipped_records, self:known_by()) }
end

return prove_users
