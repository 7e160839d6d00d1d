--- Small answers that a person gave, kept in the user's state folder so that they are asked once. A
--- folder or file that cannot be read, is damaged or belongs to somebody else remembers nothing.

local file = require "host.file"
local json = require "host.json"
local path = require "base.path"

local user_state = {}

---@class UserState
---@field folder? string  nil: the user has none
local UserState = {}
UserState.__index = UserState

local LIMIT <const> = 4 * 1024 * 1024 -- bytes of a file

local function folder_of(env)
  local base = env "XDG_STATE_HOME"
  if not base or base:sub(1, 1) ~= "/" then -- the XDG specification ignores relative paths
    local home = env "HOME"
    if not home or home:sub(1, 1) ~= "/" then return nil end
    base = path.join(home, ".local/state")
  end
  return path.join(base, "auth0-migrate")
end

---@param env fun(name: string): string?
---@return UserState
function user_state.new(env)
  return setmetatable({ folder = folder_of(env) }, UserState)
end

---A file for each kind, with one object.
function UserState:file(kind)
  assert(kind:find("^[%l_]+$"), "a kind is a word")
  return path.join(self.folder, kind .. ".json")
end

---All answers of a kind. Only the user may have written them: they grant what a recipe asks for.
function UserState:read(kind)
  if not self.folder then return {} end
  local name = self:file(kind)
  if file.own(self.folder, true) ~= false or file.own(name, true) ~= false then return {} end
  local text = file.read(name, LIMIT)
  local values = text and json.decode(text)
  return type(values) == "table" and not json.is_array(values) and values or {}
end

---@param kind string  "domains"
---@param key string
---@return any value  nil: nothing is remembered
function UserState:get(kind, key)
  local value = self:read(kind)[key]
  if value == json.null then return nil end
  return value
end

---@param kind string
---@param key string
---@param value any  JSON
---@return true?
---@return string? message
---@return Kind? failure_kind
function UserState:put(kind, key, value)
  if not self.folder then
    return nil, "cannot remember the answer: neither XDG_STATE_HOME nor HOME is set", "io"
  end
  local done, message, failure = file.mkdir(self.folder)
  if done then done, message, failure = file.own(self.folder) end
  if done == nil then return nil, "cannot remember the answer: " .. message, failure end
  local values = self:read(kind)
  values[key] = value
  local text
  text, message, failure = json.encode(values)
  if text then done, message, failure = file.write(self:file(kind), text .. "\n") end
  if not text or not done then return nil, "cannot remember the answer: " .. message, failure end
  return true
end

return user_state
