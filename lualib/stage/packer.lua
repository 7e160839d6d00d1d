--- Packs users into chunks.

local advice = require "auth0.advice"
local chunk = require "host.chunk"
local rejection = require "stage.rejection"
local statistics = require "stage.statistics"
local user_rules = require "auth0.user"

local packer = {}

local ORDER <const> = user_rules.ORDER

---@class Packer
---@field writer host.chunk.writer
---@field statistics Statistics
---@field limit integer  bytes of a chunk
---@field on_full fun(): true?, string?, Kind?  empties the writer
local Packer = {}
Packer.__index = Packer

---@param limit integer   bytes
---@param count? integer  users of a chunk at most
---@param on_full fun(): true?, string?, Kind?
---@param upsert? boolean  count what an upsert would change
---@return Packer
function packer.new(limit, count, on_full, upsert)
  return setmetatable({
    writer = chunk.new(limit, count), statistics = statistics.new(upsert), limit = limit,
    on_full = on_full,
  }, Packer)
end

---The rejection of a user that fits no chunk: too large, or not writable as JSON.
local function unpackable(user, position, at, message, size, limit)
  local code = size and "TOO_LARGE" or "RECIPE_RESULT"
  if size then
    message = string.format("the user has %d bytes; a chunk holds at most %d", size, limit)
  end
  return rejection.new {
    position = position, at = at, user = user,
    errors = { rejection.finding(code, "", message, advice.size(user)) },
  }
end

---Packs a user. False and its rejection: no chunk can hold it. Nil: the full chunk was not written.
---@param user User
---@param position integer
---@param at string
---@param draft? host.json.draft  the user's JSON, unless it is empty
---@return boolean? packed
---@return Rejection|string|nil
---@return Kind? kind
function Packer:add(user, position, at, draft)
  local bytes, message, kind, size = self.writer:add(user, position, at, ORDER, draft)
  if not bytes and kind == "full" and not size then
    local emptied
    emptied, message, kind = self.on_full()
    if not emptied then return nil, message, kind end
    bytes, message, kind, size = self.writer:add(user, position, at, ORDER, draft)
  end
  if bytes then
    self.statistics:add(user, bytes, at)
    return true
  end
  local refused = unpackable(user, position, at, message, size, self.limit)
  if kind ~= "full" then refused.user = nil end -- no JSON can hold it
  return false, refused
end

function Packer:close()
  self.writer:close()
end

return packer
