--- The user or record that left the recipe's state last. A user crosses as JSON bytes; what is to
--- be shown or explained is copied only when it is asked for.

local json = require "host.json"
local user_rules = require "auth0.user"

local mapped = {}

---@class Mapped  valid until the next event
---@field draft host.json.draft  the user's JSON; empty if there is none
---@field algorithm? string      of its password hash
---@field members integer        mask of the members that an upsert would change
---@field lost integer           the number of the set of what the user loses
---@field private state? State   nil: one that waited elsewhere
---@field private kept_record? string  JSON, then
local Mapped = {}
Mapped.__index = Mapped

---@param state? State
---@return Mapped
function mapped.new(state)
  return setmetatable({
    state = state, draft = json.draft(user_rules.ORDER), members = 0, lost = 0,
  }, Mapped)
end

---Holds a user that waited elsewhere.
---@param kept {user: string, record?: string, algorithm?: string, members: integer, lost: integer}
---  user, record: JSON
function Mapped:hold(kept)
  self.draft:set(kept.user)
  self.algorithm, self.members, self.lost = kept.algorithm, kept.members, kept.lost
  self.kept_record = kept.record
end

---The JSON of a user that waited elsewhere; nil for the last one of the recipe's state.
---@return string?
function Mapped:held()
  return not self.state and self.draft:text() or nil
end

---The user as plain values; what is not plain is a stand-in of its type.
---@return any
function Mapped:user()
  if #self.draft > 0 then return json.decode(self.draft:text()) end
  return (select(2, assert(self.state:show("show", "user"))))
end

---The record of the source, in the same way.
---@return any
function Mapped:record()
  if not self.state then return self.kept_record and json.decode(self.kept_record) end
  return (select(2, assert(self.state:show("show", "record"))))
end

return mapped
