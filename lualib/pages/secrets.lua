--- What a recipe sends to be let in: replaced by marks in texts that are kept or shown, and put
--- back into a request that was kept.

local digest = require "host.digest"
local url = require "base.url"

local secrets = {}

local LEAST <const> = 8 -- bytes; a shorter one may be part of any text
local ROUNDS <const> = 10000 -- of a fingerprint

---@class Secret
---@field value string
---@field written string  as it stands in a text
---@field mark string

---@class Secrets
---@field private list Secret[]  the longest first
---@field private whole table<string, string>  marks of values
---@field private values table<string, string>  by mark, of those that are sent to the API
local Secrets = {}
Secrets.__index = Secrets

---@return Secrets
function secrets.new()
  return setmetatable({ list = {}, whole = {}, values = {} }, Secrets)
end

-- How a text may have a secret: as it is, in a URL, in JSON that escapes slashes.
local WRITINGS <const> = {
  { "", function(text) return text end },
  { ":url", url.escape },
  { ":json", function(text) return (text:gsub("/", "\\/")) end },
}

---Adds a secret. A later one of the same name takes its place in requests that were kept; of two
---names for the same secret the first counts.
---@param name string  "access_token"
---@param value any    nil and empty texts are not secrets
---@param is_sent? boolean  the API gets it anyway: only such secrets are put back, for the API may
---write marks of its own
function Secrets:add(name, value, is_sent)
  if type(value) ~= "string" or value == "" then return end
  for _, writing in ipairs(WRITINGS) do
    local written, mark = writing[2](value), "{secret:" .. name .. writing[1] .. "}"
    if is_sent then self.values[mark] = written end
    if not self.whole[written] then
      self.whole[written] = mark
      table.insert(self.list, { written = written, mark = mark })
    end
  end
  table.sort(self.list, function(a, b)
    return #a.written > #b.written or #a.written == #b.written and a.written < b.written
  end)
end

---Tells other secrets apart without holding them.
---@param salt string
---@return string hexadecimal
function Secrets:fingerprint(salt)
  local texts = {}
  for i, one in ipairs(self.list) do texts[i] = one.written end
  local raw = assert(digest.pbkdf2("sha256", table.concat(texts, "\0"), salt, ROUNDS, 16))
  return digest.hex(raw)
end

local function replaced(text, old, new)
  local parts, at = {}, 1
  while true do
    local first, last = text:find(old, at, true)
    if not first then break end
    table.move({ text:sub(at, first - 1), new }, 1, 2, #parts + 1, parts)
    at = last + 1
  end
  if at == 1 then return text end
  parts[#parts + 1] = text:sub(at)
  return table.concat(parts)
end

---@param text string
---@return string
function Secrets:hide(text)
  if self.whole[text] then return self.whole[text] end
  for _, one in ipairs(self.list) do
    if #one.written < LEAST then break end
    text = replaced(text, one.written, one.mark)
  end
  return text
end

---@param text string
---@return string
function Secrets:reveal(text)
  return (text:gsub("{secret:[^{}]*}", self.values))
end

local function map(value, fn)
  if type(value) == "string" then return fn(value) end
  if type(value) ~= "table" then return value end
  local copy = setmetatable({}, getmetatable(value))
  for key, member in pairs(value) do copy[key] = map(member, fn) end
  return copy
end

---A copy of a plain value without secrets.
---@generic T
---@param value T
---@return T
function Secrets:without(value)
  return map(value, function(text) return self:hide(text) end)
end

---A copy of such a value with the secrets that are sent.
---@generic T
---@param value T
---@return T
function Secrets:with(value)
  return map(value, function(text) return self:reveal(text) end)
end

return secrets
