--- A server for the tests of readers: serves users as one of the APIs in this folder, with its
--- pages, its rates and its credentials, and with the faults that are asked for. It counts what it
--- served.

local clock = require "host.clock"
local digest = require "host.digest"
local faults = require "tests.apis.faults"
local host = require "host.server"
local json = require "host.json"
local scheduler = require "base.scheduler"
local users = require "tests.apis.users"

local server = {}

server.START = "start" -- the position of the first page of a list with cursors

local HUGE_BYTES <const> = 100 << 20
local TOKEN_SECONDS <const> = 3600
local PLENTY <const> = 1000000000 -- requests a second, without throttling

---@class Api  a file of this folder
---@field credentials table        what its clients have, for their requests
---@field token? ApiToken           where clients get an access token
---@field walks ApiWalk[]          the ways to read the whole list
---@field user fun(person: ApiPerson): table
---@field id string                JSON pointer to the id in a user
---@field handle fun(server: ApiServer, request: host.server.request): ApiAnswer
---@field rate? fun(bucket: ApiBucket): table<string, string>  headers of each answer
---@field throttled fun(bucket: ApiBucket): ApiAnswer
---@field sign? fun(request: table): table  a request, whose body is text, with its signature
---@field empty_pages? boolean     whether it has pages that are empty but not the last

---@class ApiToken
---@field path string
---@field seconds? integer  how long a token lives, default 3600
---@field request fun(base: string): {method: string, url: string, form: table<string, string>}

---@class ApiWalk
---@field name string
---@field items string    JSON pointer to the list of users in a page
---@field pages PageForm
---@field request fun(base: string, size: integer): PageRequest  the first one, with all credentials
---  but access token and signature
---@field expects? fun(user: table): boolean  whether it shows this user; default all

---@class ApiAnswer
---@field status integer
---@field headers? table<string, string>
---@field body? any  a table is sent as JSON

---@class ApiBucket
---@field limit integer
---@field remaining integer
---@field reset integer    unix seconds
---@field wait number      seconds until then
---@field concurrency? boolean  refused because of requests at the same time

---@class ApiOptions : table<string, any>
---@field users? integer  how many; default 1000
---@field file? string    see users.new
---@field port? integer
---@field tls? boolean    https, with the certificate authority `ca`

---@class ApiCounts
---@field requests integer
---@field throttled integer
---@field failed integer    status 503
---@field refused integer   wrong credentials, expired tokens or cursors: status 400 to 403
---@field tokens integer    access tokens that were issued
---@field cut integer
---@field redirected integer
---@field elsewhere integer requests to the name of the other host
---@field most integer      how often the page was served whole that was served most often
---@field pages table<string, integer>  how often each was served whole, by its position

---@class ApiServer
---@field api Api
---@field users ApiUsers
---@field url string        "http://127.0.0.1:40123"
---@field other string      the same server under another name: what must not be asked
---@field ca? string        PEM
---@field faults table<string, any>
---@field counts ApiCounts
---@field private listener host.server.listener
---@field private tokens table<string, {ends: number, uses: integer}>
---@field private cursors table<string, {position: string, page: integer, token?: string}>
---@field private links table<string, true>
---@field private pages integer   how many were asked for
---@field private ordinals table<string, integer>  of these, by position
---@field private first? string|integer  position of the first one
---@field private page? {position: string, ordinal: integer}  that is being answered
---@field private happened table<string, integer>  how often each fault of a page did
---@field private second number   for which `taken` counts requests
---@field private taken integer
---@field private moves integer
local Server = {}
Server.__index = Server

local function new_counts()
  return {
    requests = 0, throttled = 0, failed = 0, refused = 0, tokens = 0, cut = 0, redirected = 0,
    elsewhere = 0, most = 0, pages = {},
  }
end

---@param name string  "okta"
---@param options? ApiOptions  with faults by name
---@return ApiServer
function server.open(name, options)
  local api = require("tests.apis." .. name)
  local given = {}
  for key, value in pairs(options or {}) do given[key] = value end
  local count, path, port, tls = given.users or 1000, given.file, given.port, given.tls
  local config = given.config
  given.users, given.file, given.port, given.tls, given.config = nil, nil, nil, nil, nil
  local made = tls and assert(digest.certificate("API", "IP:127.0.0.1,DNS:localhost", 86400)) or {}
  local listener = assert(host.listen { port = port, cert = made.cert, key = made.key })
  local scheme = tls and "https" or "http"
  return setmetatable({
    api = api, config = config, users = users.new(api.user, count, path),
    faults = faults.check(given),
    counts = new_counts(), listener = listener, ca = made.ca, tokens = {}, cursors = {}, links = {},
    ordinals = {}, pages = 0, happened = {}, second = 0, taken = 0, moves = 0,
    url = string.format("%s://127.0.0.1:%d", scheme, listener:port()),
    other = string.format("%s://localhost:%d", scheme, listener:port()),
  }, Server)
end

-- What APIs use ----------------------------------------------------------------------------------

---@param status integer
---@param body? any
---@param headers? table<string, string>
---@return ApiAnswer
function server.answer(status, body, headers)
  return { status = status, body = body, headers = headers }
end

---The parameters of a query or a form, in order.
---@param text string
---@return {name: string, value: string}[]
function server.parameters(text)
  local function plain(part)
    return (part:gsub("+", " "):gsub("%%(%x%x)", function(hex)
      return string.char(tonumber(hex, 16))
    end))
  end
  local list = {}
  for name, value in text:gmatch("([^=&]+)=?([^&]*)") do
    list[#list + 1] = { name = plain(name), value = plain(value) }
  end
  return list
end

---The last value of each parameter.
---@param text string
---@return table<string, string>
function server.form(text)
  local values = {}
  for _, one in ipairs(server.parameters(text)) do values[one.name] = one.value end
  return values
end

---How many items a request asks for.
---@param given any
---@param default integer
---@param most integer
---@return integer
function server.size(given, default, most)
  local number = math.tointeger(tonumber(given))
  return number and math.max(1, math.min(number, most)) or default
end

---Begins to answer the page at a position; returns the position to answer with.
---@param position string|integer
---@return string|integer
function Server:at(position)
  local key = tostring(position)
  if not self.ordinals[key] then
    self.pages = self.pages + 1
    self.ordinals[key] = self.pages
    self.first = self.first or position
  end
  self.page = { position = key, ordinal = self.ordinals[key] }
  local loops = self.faults.loop and self.page.ordinal >= self.faults.loop
  return loops and self.first or position
end

---Whether a fault of this page happens now.
function Server:happens(name)
  local is_here = self.page and self.faults[name] == self.page.ordinal
  local count = self.happened[name] or 0
  if not is_here or count >= (self.faults.times or 1) then return false end
  self.happened[name] = count + 1
  return true
end

---An opaque text for a position, with characters that a URL must encode. The same position has the
---same cursor.
---@param position string|integer
---@param token? string  an access token that it is bound to
---@return string
function Server:cursor(position, token)
  local text = digest.base64(assert(digest.hash("sha1", position .. "\0" .. (token or "")))) .. "/+"
  self.cursors[text] = self.cursors[text]
    or { position = tostring(position), page = self.page.ordinal, token = token }
  return text
end

---The position of a cursor: the first page without one.
---@param cursor? string
---@param token? string
---@return string?  nil: unknown, expired, or of another access token
function Server:position(cursor, token)
  if cursor == nil or cursor == "" or cursor == json.null then return server.START end
  local known = self.cursors[cursor]
  if not known or known.token ~= token then return nil end
  self.page = { position = "", ordinal = known.page }
  if self:happens("expire_cursor") then return nil end
  return known.position
end

---Users from a position on, and the next position if there are more. Positions are strings here.
---@param position string
---@param size integer
---@param is_shown? fun(record: table): boolean
---@return table[] records
---@return string? next_position
function Server:from(position, size, is_shown)
  local every = self.faults.empty_every
  if every and self.page.ordinal % every == 0 and not position:find("+", 1, true) then
    return json.array {}, position .. "+"
  end
  local key = tonumber((position:gsub("+", ""))) or -math.huge
  local records, last = self.users:after(key, size, is_shown)
  return records, last and tostring(last)
end

---A link to another page, which is accepted only as it is.
---@param path string
---@param query string  encoded
---@param is_relative? boolean
---@return string
function Server:link(path, query, is_relative)
  self.links[query] = true
  local base = self:happens("elsewhere") and self.other or not is_relative and self.url or ""
  return base .. path .. "?" .. query
end

---Whether a request has the query of a link that was given.
---@param request host.server.request
---@return boolean
function Server:is_linked(request)
  return self.links[request.raw_query] == true
end

---A new access token, as OAuth 2.0 has it.
---@return ApiAnswer
function Server:grant()
  local seconds = self.faults.token_seconds or self.api.token.seconds or TOKEN_SECONDS
  local text = "token-" .. digest.hex(digest.random(12))
  self.tokens[text] = { ends = clock.monotonic() + seconds, uses = 0 }
  self.counts.tokens = self.counts.tokens + 1
  return server.answer(200, {
    access_token = text, token_type = "Bearer", expires_in = math.max(1, math.floor(seconds)),
  })
end

---The valid access token of a request.
---@param request host.server.request
---@return string?
function Server:bearer(request)
  local text = (request.headers.authorization or ""):match("^Bearer (.+)$")
  local token = text and self.tokens[text]
  if not token or clock.monotonic() > token.ends then return nil end
  token.uses = token.uses + 1
  if token.uses > (self.faults.token_requests or math.huge) then return nil end
  return text
end

-- Serving ----------------------------------------------------------------------------------------

local function default_throttled(bucket)
  return server.answer(429, { error = "too many requests" },
    { ["Retry-After"] = string.format("%g", bucket.wait) })
end

---@return ApiBucket
---@return boolean refused
function Server:bucket()
  local now, limit = clock.now(), self.faults.throttle or PLENTY
  if self.second ~= now // 1 then self.second, self.taken = now // 1, 0 end
  self.taken = self.taken + 1
  local reset = math.tointeger(now // 1) + 1
  local bucket = { limit = limit, remaining = math.max(0, limit - self.taken), reset = reset,
    wait = math.ceil(reset - now) }
  local every = self.faults.throttle_every
  if every and self.counts.requests % every == 0 then
    local wait = self.faults.throttle_wait or 1
    bucket.remaining, bucket.wait, bucket.reset = 0, wait, math.ceil(now + wait)
    bucket.concurrency = self.faults.throttle_as == "concurrency"
    return bucket, true
  end
  return bucket, self.taken > limit
end

local function is_unavailable(self)
  local every = self.faults.fail_every
  return every and self.counts.requests % every == 0
end

local function handle(self, request)
  local counts, api = self.counts, self.api
  counts.requests = counts.requests + 1
  self.page = nil
  local host_name = (request.headers.host or ""):match("^[^:]*")
  if host_name == "localhost" then counts.elsewhere = counts.elsewhere + 1 end
  local bucket, is_refused = self:bucket()
  local answer
  if is_refused then
    counts.throttled = counts.throttled + 1
    answer = (api.throttled or default_throttled)(bucket)
  elseif is_unavailable(self) then
    counts.failed = counts.failed + 1
    answer = server.answer(503, "<html>unavailable</html>", { ["Content-Type"] = "text/html" })
  else
    answer = api.handle(self, request)
    if answer.status >= 400 and answer.status <= 403 then counts.refused = counts.refused + 1 end
  end
  answer.headers = answer.headers or {}
  for name, value in pairs(api.rate and api.rate(bucket) or {}) do
    answer.headers[name] = answer.headers[name] or value
  end
  return answer
end

local function move(self)
  local how = self.faults.move
  self.moves = self.moves + 1
  if how == "both" then how = self.moves % 2 == 0 and "remove" or "insert" end
  if how == "remove" then self.users:remove() elseif how == "insert" then self.users:insert() end
end

local function count_page(self)
  local pages, position = self.counts.pages, self.page.position
  pages[position] = (pages[position] or 0) + 1
  self.counts.most = math.max(self.counts.most, pages[position])
  move(self)
end

---Applies the faults of a page; returns what Content-Length promises, if it is not true.
---@return integer?
local function spoil(self, answer)
  local size, padding = #answer.body, self.faults.huge_bytes or HUGE_BYTES
  if self:happens("redirect") then
    self.counts.redirected = self.counts.redirected + 1
    answer.status, answer.body = 302, ""
    answer.headers.Location = self.other .. "/"
  elseif self:happens("cut") then
    self.counts.cut = self.counts.cut + 1
    answer.body = answer.body:sub(1, size // 2)
    return self.faults.cut_as ~= "json" and size or nil
  elseif self:happens("huge") then
    answer.body = (" "):rep(padding) .. answer.body
  elseif self:happens("bomb") then
    answer.body = digest.gzip((" "):rep(padding) .. answer.body)
    answer.headers["Content-Encoding"] = "gzip"
  else
    count_page(self)
  end
end

local CONTROL <const> = {
  ["GET /control/counts"] = function(self) return server.answer(200, self.counts) end,
  ["POST /control/reset"] = function(self)
    self.counts = new_counts()
    return server.answer(204)
  end,
  ["POST /control/faults"] = function(self, request)
    local ok, checked = pcall(faults.check, json.decode(request.body))
    if not ok then return server.answer(400, { error = checked }) end
    self.faults, self.happened = checked, {}
    return server.answer(204)
  end,
}

local function serve(self, request)
  local control = CONTROL[request.method .. " " .. request.path]
  local answer = control and control(self, request) or handle(self, request)
  answer.headers = answer.headers or {}
  if type(answer.body) == "table" then
    answer.body = assert(json.encode(answer.body))
    answer.headers["Content-Type"] = answer.headers["Content-Type"] or "application/json"
  end
  local promised
  if not control and answer.status == 200 and self.page then promised = spoil(self, answer) end
  if self.faults.delay and not control then scheduler.sleep(self.faults.delay) end
  request:respond(answer.status, answer.headers, answer.body or "", promised)
end

---Answers requests until it is closed; within base.scheduler.
function Server:run()
  while not self.is_closed do
    local request = self.listener:accept()
    while request do
      scheduler.spawn(serve, self, request)
      request = self.listener:accept()
    end
    scheduler.await(self.listener)
  end
end

function Server:close()
  self.is_closed = true
  self.listener:close()
end

return server
