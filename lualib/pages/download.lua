--- Saves the file that an API has prepared, from the link to it. The link is a secret, and lies
--- where the API says: nothing else that lets somebody in is sent there, and it is encrypted.

local file = require "host.file"
local foreign = require "base.foreign"
local loopback = require "base.loopback"
local scheduler = require "base.scheduler"
local url = require "base.url"

local download = {}

local LARGEST <const> = 256 << 30 -- bytes
local TIMEOUT <const> = 6 * 3600 -- seconds
local HEAD <const> = 4096 -- bytes
local TURN <const> = 256 -- blocks that are checked before others get a turn
local BLOCK <const> = 65536 -- bytes

---Why nothing is asked of an address.
---@param to Url
---@param api Url
---@return string? wrong  "is not encrypted"
function download.objection(to, api)
  local is_here = loopback.is(to.host)
  if is_here and not loopback.is(api.host) then return "leads to this machine" end
  return to.scheme == "http" and not is_here and "is not encrypted" or nil
end

---The link in a response, if it may be followed.
---@param text string
---@param base string  the URL of the request
---@param api Url
---@return {text: string, at: Url}?
---@return string? wrong  "is not encrypted"; without the link
function download.link(text, base, api)
  local whole, wrong = url.resolve(base, text)
  if not whole then return nil, wrong end
  local at = assert(url.parse(whole))
  wrong = download.objection(at, api)
  if wrong then return nil, wrong end
  return { text = whole, at = at }
end

---How its exchange differs from that of the API.
---@param link {text: string, at: Url}
---@param api Url
---@param name string    of the API
---@param target string  path
---@return table  of ExchangeOptions
function download.options(link, api, name, target)
  return {
    name = string.format("%s, the file at %s", name, foreign.words(link.at.host)),
    origin = link.at, save = target, limit = LARGEST, timeout = TIMEOUT,
    follows = function(to) return download.objection(to, api) end,
  }
end

---Reads a file to its end: only then is it known that what is compressed is whole.
---@return boolean
local function is_whole(input)
  local n = 0
  while true do
    local block, message = input:read(BLOCK)
    if not block then return message == nil end
    n = n + 1
    if n % TURN == 0 then scheduler.pass() end
  end
end

---What is wrong with a file of one JSON object on each line, compressed or not.
---@param target string
---@param link {text: string, at: Url}
---@return string? wrong
local function flaw(target, link)
  local stat = file.stat(target)
  if not stat or stat.size == 0 then -- no users: only a compressed file would not be empty
    return link.at.path:find("%.gz$") and "is empty" or nil
  end
  local input <close>, message = file.open(target)
  local head
  if input then head, message = input:read(HEAD) end
  if message then return "is cut or damaged" end
  if (head or ""):gsub("^\u{feff}", ""):find("^%s*[^{%s]") then return "is not lines of JSON" end
  return not is_whole(input) and "is cut or damaged" or nil
end

---Saves the file; it is durable once this returns.
---@param made Exchange  by its options
---@param link {text: string, at: Url}
---@return true?
---@return string? message
---@return Kind? kind
---@return integer? status  of a refusal
function download.save(made, link)
  local saved, message, kind, refused = made:ask({ url = link.text }, function()
    local wrong = flaw(made.save, link)
    if wrong then return nil, "the file " .. wrong, "again" end
    return true
  end)
  if not saved then
    file.remove(made.save)
    return nil, message, kind, refused and refused.status
  end
  local output <close>, why, what = file.create(made.save, { append = true })
  if not output then return nil, why, what end
  return output:finish()
end

return download
