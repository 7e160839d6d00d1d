--- Packs users into chunks.

local advice = require "auth0.advice"
local chunk = require "host.chunk"
local losses = require "journal.losses"
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
---@param counted? Counted
---@return Packer
function packer.new(limit, count, on_full, counted)
  return setmetatable({
    writer = chunk.new(limit, count), statistics = statistics.new(counted), limit = limit,
    on_full = on_full,
  }, Packer)
end

---The rejection of a user that is too large for any chunk.
local function too_large(mapped, position, at, size, limit)
  local user = mapped:user()
  local message = string.format("the user has %d bytes; a chunk holds at most %d", size, limit)
  return rejection.new {
    position = position, at = at, user = user, record = mapped:record(),
    errors = { rejection.finding("TOO_LARGE", "", message, advice.size(user)) },
  }
end

---Packs a user. False and its rejection: no chunk can hold it. Nil: the full chunk was not written.
---@param mapped Mapped  with its JSON
---@param position integer
---@param at string
---@return boolean? packed
---@return Rejection|string|nil
---@return Kind? kind
function Packer:add(mapped, position, at)
  local draft = mapped.draft
  local lost = losses.code(mapped.lost, mapped.algorithm ~= nil)
  local bytes, message, kind, size = self.writer:add(nil, position, at, ORDER, draft, lost)
  if not bytes and kind == "full" and not size then
    local emptied
    emptied, message, kind = self.on_full()
    if not emptied then return nil, message, kind end
    bytes, message, kind, size = self.writer:add(nil, position, at, ORDER, draft, lost)
  end
  if bytes then
    self.statistics:add(mapped, bytes, at, lost)
    return true
  end
  if kind ~= "full" then return nil, message, kind end
  return false, too_large(mapped, position, at, size, self.limit)
end

function Packer:close()
  self.writer:close()
  self.statistics:close()
end

return packer
