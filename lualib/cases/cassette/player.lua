--- Answers the requests of a recipe from a cassette, in place of the API. It sends nothing and
--- waits for nothing; a request that was not recorded is a failure.

local json = require "host.json"
local url = require "base.url"

local player = {}

local MARK <const> = "{origin:%d}"
local BODY_LIMIT <const> = 200 -- bytes of a URL that a message shows

---@class Player
---@field private name string  of the cassette
---@field private answers table<string, CassetteAnswer[]>  by request, in order
---@field private served table<string, integer>  how many of them were given
---@field private origins table<integer, string>  of the recipe, by their number in the cassette
---@field private n integer  origins in the cassette
local Player = {}
Player.__index = Player

---@class Replayed : Exchange
---@field name string
---@field origin Url
---@field private inner Exchange  refuses
---@field private written fun(request: PageRequest): PageRequest
---@field private player Player
local Replayed = {}
Replayed.__index = Replayed

local function pairs_of(query)
  local list = {}
  for pair in (query or ""):gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    list[#list + 1] = url.escape(url.unescape(name)) .. "=" .. url.escape(url.unescape(value))
  end
  return list
end

---A request as text; the order of its parameters does not count.
---@param request PageRequest
---@return string
local function key_of(request)
  local before, query = request.url:match("^([^?]*)%??(.*)$")
  local list = pairs_of(query)
  for _, pair in ipairs(pairs_of(url.query(request.query))) do list[#list + 1] = pair end
  table.sort(list)
  return assert(json.encode {
    method = request.method or "GET", url = before, query = table.concat(list, "&"),
    headers = request.headers and next(request.headers) and request.headers or nil,
    body = request.body,
  })
end

---A copy of a plain value whose texts went through a function.
local function map(value, fn)
  if type(value) == "string" then return fn(value) end
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array {} or {}
  for key, member in pairs(value) do copy[key] = map(member, fn) end
  return copy
end

local function replace(text, old, new)
  local parts, at = {}, 1
  for first, last in function() return text:find(old, at, true) end do
    parts[#parts + 1] = text:sub(at, first - 1) .. new
    at = last + 1
  end
  return table.concat(parts) .. text:sub(at)
end

---@param name string
---@param made Cassette
---@return Player
function player.new(name, made)
  local self = setmetatable({
    name = name, answers = {}, served = {}, origins = {}, n = 0,
  }, Player)
  for _, answer in ipairs(made.answers) do
    local key = key_of(answer.request)
    self.answers[key] = self.answers[key] or {}
    table.insert(self.answers[key], answer)
    local number = math.tointeger(tonumber(answer.request.url:match("^{origin:(%d+)}")))
    self.n = math.max(self.n, number or 0)
  end
  return self
end

---The answer to a request; of several, the next one, and the last one from there on.
---@private
---@param request PageRequest
---@return CassetteAnswer?
function Player:find(request)
  local origin = assert(url.parse(request.url)).origin
  for number = 1, self.n do
    local known = self.origins[number]
    if not known or known == origin then
      local mark = MARK:format(number)
      local key = key_of(map(request, function(text) return replace(text, origin, mark) end))
      local list = self.answers[key]
      if list then
        self.origins[number] = origin
        self.served[key] = math.min((self.served[key] or 0) + 1, #list)
        return list[self.served[key]]
      end
    end
  end
end

---Takes the place of an exchange with an API.
---@param inner Exchange
---@param about TapeReading
---@return Exchange
function Player:exchange(inner, about)
  return setmetatable({
    name = inner.name, origin = inner.origin, inner = inner, written = about.written, player = self,
  }, Replayed)
end

---@private
function Player:response(answer)
  local function with_origin(text)
    return (text:gsub("{origin:(%d+)}", function(number)
      return self.origins[math.tointeger(tonumber(number))]
    end))
  end
  local body = map(answer.body, with_origin)
  return {
    status = answer.status, headers = map(answer.headers or {}, with_origin), body = body,
    text = assert(json.encode(body)),
  }
end

local NOT_RECORDED <const> = "the cassette %s has no answer to %s %s; record it anew with --record"

function Replayed:ask(request, read)
  local asked = self.written(request)
  local answer = self.player:find(asked)
  if not answer then
    local shown = url.with_query(asked.url, asked.query):sub(1, BODY_LIMIT)
    return nil, NOT_RECORDED:format(self.player.name, asked.method or "GET",
      (shown:gsub("^%w+://[^/?]*", ""))), "usage"
  end
  local response = self.player:response(answer)
  if response.status < 200 or response.status >= 300 then
    local _, message, kind = self.inner:refused(response)
    return nil, message, kind, response
  end
  local result, message, kind = read(response)
  if kind == "again" then return nil, self.name .. ": " .. message, "parse" end
  return result, message, kind
end

function Replayed:close()
  self.inner:close()
end

return player
