--- The users of an upload, each decoded when it is asked for: most are taken in from their text.

local json = require "host.json"

local uploaded = {}

---@class UploadedUsers
---@field text string    JSON: a list
---@field count integer
---@field private places integer[]  of each user its first and its last byte
local UploadedUsers = {}
UploadedUsers.__index = UploadedUsers

---@param text string
---@return UploadedUsers?  nil: the text is not a list
function uploaded.read(text)
  local places = json.items(text)
  if not places then return nil end
  return setmetatable({ text = text, places = places, count = #places // 2 }, UploadedUsers)
end

---The first and the last byte of a user.
---@param place integer  1 for the first one
---@return integer first
---@return integer last
function UploadedUsers:bytes(place)
  return self.places[2 * place - 1], self.places[2 * place]
end

---@param place integer
---@return any
function UploadedUsers:user(place)
  return (json.decode(self.text:sub(self:bytes(place))))
end

---The users up to a place.
---@param count integer  may be beyond both ends
---@return UploadedUsers
function UploadedUsers:up_to(count)
  return setmetatable({
    text = self.text, places = self.places, count = math.max(0, math.min(count, self.count)),
  }, UploadedUsers)
end

return uploaded
