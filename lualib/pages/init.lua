--- Serves the pages of APIs to a recipe's `source`: what `source.http` asks from the recipe's Lua
--- state arrives here, below a call of C that waits for the answer.

local chain = require "pages.chain"
local digest = require "host.digest"
local exchange = require "pages.exchange"
local fetch = require "base.fetch"
local format = require "base.format"
local http = require "host.http"
local json = require "host.json"
local kept = require "pages.kept"
local loopback = require "base.loopback"
local outages = require "base.outages"
local path = require "base.path"
local requests = require "pages.requests"
local scheduler = require "base.scheduler"
local secrets = require "pages.secrets"
local spec_rules = require "source.http.spec"
local token = require "pages.token"
local url = require "base.url"

local pages = {}

local VERSION <const> = 1 -- of what distinguishes a reading
local MOST_READINGS <const> = 1000 -- of one recipe
local FRESH <const> = 24 * 3600 -- seconds that a run takes pages over from other commands
local CONNECT_TIMEOUT <const> = 30 -- seconds
local PATIENCE <const> = 7200 -- own seconds

-- Headers, and members of a form, that let somebody in.
local SECRET_NAMES <const> = {
  "^authorization$", "^proxy%-authorization$", "^cookie$", "token", "api%-?key", "secret",
  "password", "assertion",
}

---@class PagesOptions
---@field folder string        where pages are kept
---@field older? string        where other commands kept some, which count for a day
---@field allowed fun(host: string): true?, string?, Kind?  what the recipe was granted
---@field secrets table<string, string>  of the recipe's parameters, by name
---@field recipe string        its digest
---@field clock Clock
---@field ui table
---@field interrupted fun(): boolean?
---@field outages? Outages
---@field patience? number     own seconds
---@field ca_file? string
---@field wanted? integer      records
---@field log? fun(event: string, fields: table)
---@field tape? Tape           takes the place of exchanges with APIs, see `Tape`
---@field fetch? Fetch         for tests

---@class Tape  records what an API answers, or answers in its place
---@field exchange fun(self: Tape, inner: Exchange, about: table): Exchange

---@class Pages
---@field private readings Chain[]
---@field private told table<string, true>  directories whose pages are used, as was said
---@field private transport? host.http.client
local Pages = {}
Pages.__index = Pages

---Tells the terminal about outages.
local function watched(ui, clock, log)
  local made
  made = outages.new { clock = clock, log = log, changed = function()
    ui:outage(made:current())
  end }
  return made
end

---@param options PagesOptions
---@return Pages
function pages.new(options)
  local self = setmetatable({ readings = {}, told = {} }, Pages)
  for name, value in pairs(options) do self[name] = value end
  self.log = self.log or function() end
  self.is_watching = self.outages == nil
  self.outages = self.outages or watched(self.ui, self.clock, self.log)
  return self
end

---What sends requests, made when the first one is to be sent.
---@private
---@return Fetch
function Pages:sender()
  if not self.fetch then
    self.transport = http.new {
      ca_file = self.ca_file, user_agent = "auth0-migrate/" .. require("host").version,
      connect_timeout = CONNECT_TIMEOUT,
    }
    self.fetch = fetch.new(self.transport)
  end
  return self.fetch
end

---The parsed URL, if the recipe may ask there.
---@return Url?
---@return string? message
---@return Kind? kind
local function permitted(self, text, what)
  local parsed, message = url.parse(text)
  if not parsed then return nil, what .. " " .. message, "usage" end
  if parsed.scheme == "http" and not loopback.is(parsed.host) then
    return nil, what .. " is not encrypted: use https; http is accepted for this machine only",
      "usage"
  end
  local allowed, refused, kind = self.allowed(parsed.origin)
  if not allowed then return nil, refused, kind end
  return parsed
end

---In the order of their names: that decides what they are called.
local function sorted(from)
  local names = {}
  for name in pairs(from or {}) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function is_secret(name)
  for _, pattern in ipairs(SECRET_NAMES) do
    if name:lower():find(pattern) then return true end
  end
  return false
end

local function add_secrets(found, from, prefix, is_sent)
  for _, name in ipairs(sorted(from)) do
    local value = from[name]
    if type(value) == "string" and is_secret(name) then
      found:add(prefix .. name:lower(), value, is_sent)
      found:add(prefix .. name:lower() .. "-value", value:match("%S+$"), is_sent)
    end
  end
end

---Whether a text is somewhere in a plain value.
local function contains(value, text)
  if type(value) == "string" then return value:find(text, 1, true) ~= nil end
  for _, member in pairs(type(value) == "table" and value or {}) do
    if contains(member, text) then return true end
  end
  return false
end

---What must neither be kept nor shown.
local function secrets_of(self, spec)
  local found, request = secrets.new(), spec_rules.request(spec)
  for _, name in ipairs(sorted(self.secrets)) do
    local value = self.secrets[name]
    found:add(name, value, type(value) == "string" and contains(request, value))
  end
  add_secrets(found, spec.headers, "header-", true)
  add_secrets(found, spec.query, "query-", true)
  add_secrets(found, type(spec.body) == "table" and spec.body or nil, "body-", true)
  local token_spec = spec.token or {}
  add_secrets(found, token_spec.headers, "token-header-")
  add_secrets(found, token_spec.form, "token-")
  found:add("token-password", (token_spec.basic or {})[2])
  found:add("password", (spec.basic or {})[2])
  found:add("secret_key", spec.sign and spec.sign.secret_key)
  return found
end

---What distinguishes a reading, without secrets.
local function identity(self, spec, asks_next, hidden)
  local token_spec = spec.token or {}
  return kept.digest(hidden:without {
    version = VERSION, request = spec_rules.request(spec), items = spec.items, next = spec.next,
    id = spec.id, total = spec.total, recipe = asks_next and self.recipe or nil,
    token = spec.token and { url = token_spec.url, form = token_spec.form }, sign = spec.sign and
      spec.sign.aws, user = (spec.basic or token_spec.basic or {})[1],
  })
end

---"api.example.com/users" for messages, "users" for places.
local function names_of(spec, parsed)
  local last = parsed.path:match("([^/]+)/*$")
  return parsed.origin:match("^%w+://(.*)$") .. parsed.path:gsub("/+$", ""),
    spec.name or last or parsed.host
end

local function exchange_of(self, spec, parsed, name, hidden)
  local function made(options)
    options.fetch, options.clock, options.secrets = self:sender(), self.clock, hidden
    options.patience, options.outages = self.patience or PATIENCE, self.outages
    options.interrupted, options.log = self.interrupted, self.log
    options.say = function(text) self.ui:say(text) end
    options.limit = options.limit or chain.LIMIT
    return exchange.new(options)
  end
  local own = made {
    name = name, origin = parsed, limit = spec.limit, basic = spec.basic, sign = spec.sign,
  }
  if spec.token then
    local at = url.parse(spec.token.url)
    own.token = token.new(spec.token, made {
      name = at.origin:match("^%w+://(.*)$") .. at.path, origin = at, basic = spec.token.basic,
    }, self.clock, hidden)
  end
  return own
end

---The exchange of a reading, or what a tape has in its place.
local function taped(self, own, spec, how, hidden)
  if not self.tape then return own end
  local written = requests.new(spec_rules.request(spec), own.origin, hidden)
  return self.tape:exchange(own, {
    spec = spec, asks_next = how.asks_next or false, single = how.single or false,
    secrets = hidden, written = function(request) return written:written(request) end,
  })
end

---The facts of the pages of a reading that are kept somewhere, if they can be used; says so.
---@param at Kept
---@param name string
---@param credentials fun(salt: string): string
---@param is_older boolean  another command kept them
local function usable(self, at, name, credentials, is_older)
  local facts, n = at:facts(), at:count()
  if not facts or n == 0 then return nil end
  local age = math.max(0, self.clock.now() - facts.began)
  local verb, why = n == 1 and "is" or "are", nil
  if self.told[at.folder] then return facts end -- the same reading once more
  if is_older and age > FRESH then
    why = "older than a day"
  elseif (is_older or not self.older) and credentials(facts.salt or "") ~= facts.credentials then
    why = "read with other credentials"
  end
  self.told[at.folder] = not why or nil
  self.ui:say(string.format("%s: %s in %s (begun %s ago) %s %s", name, format.count(n, "page"),
    path.dirname(at.folder), format.duration(age), verb,
    why and why .. ": read anew" or "used; --refresh reads anew"))
  return not why and facts or nil
end

---Where the pages of a reading are, or will be; and the facts of those that can be used. Pages in
---the directory of a run count whatever credentials it has now: an expired token is replaced.
---@return Kept
---@return KeptFacts?
local function place_of(self, spec, name, credentials)
  local own = kept.at(self.folder, spec)
  local facts = usable(self, own, name, credentials, false)
  if facts or not self.older then return own, facts end
  local older = kept.at(self.older, spec)
  facts = usable(self, older, name, credentials, true)
  return facts and older or own, facts
end

---@type table<string, fun(self: Pages, ...: any): ...: any>
local ASKS <const> = {}

---Begins to read. Returns the number of the reading and the name in places.
---@param spec HttpSpec  without its function
---@param how {asks_next: boolean?, single: boolean?}
function ASKS.open(self, spec, how)
  local wrong = spec_rules.check(spec)
  local written, why = json.encode(spec)
  if wrong or not written then return nil, "http.records: " .. (wrong or why), "usage" end
  if #self.readings >= MOST_READINGS then
    return nil, string.format("a recipe can read %d lists of pages, not more", MOST_READINGS),
      "usage"
  end
  local parsed, message, kind = permitted(self, spec.url, "the URL")
  if parsed and spec.token then
    local at
    at, message, kind = permitted(self, spec.token.url, "the URL of the token")
    parsed = at and parsed
  end
  if not parsed then return nil, message, kind end
  local counted = type(spec.total) == "table" and spec.total.url
  if counted and not url.same_origin(url.parse(counted), parsed) then
    return nil, "total.url must be of the same host as url", "usage"
  end
  local name, short = names_of(spec, parsed)
  local hidden = secrets_of(self, spec)
  local function credentials(salt) return hidden:fingerprint(salt) end
  local at, facts = place_of(self, identity(self, spec, how.asks_next, hidden), name, credentials)
  local salt = digest.hex(digest.random(8))
  local made = chain.new {
    spec = spec, asks_next = how.asks_next, single = how.single, kept = at, began = facts,
    secrets = hidden,
    exchange = taped(self, exchange_of(self, spec, parsed, hidden:hide(name), hidden), spec, how,
      hidden),
    fingerprint = { salt = salt, credentials = credentials(salt) },
    interrupted = self.interrupted, wanted = self.wanted,
    say = function(text) self.ui:say(text) end,
    show = function(page) self:show(hidden:hide(name), page) end,
  }
  if not facts then self:tell_kept() end
  self.told[at.folder] = true
  table.insert(self.readings, made)
  made:start()
  return #self.readings, short
end

---Says once that pages stay behind, if no run removes them at its end.
---@private
function Pages:tell_kept()
  if self.older or self.tape or self.told[self.folder] then return end
  self.told[self.folder] = true
  self.ui:say(string.format("the pages are kept in %s for the next command; auth0-migrate forget "
    .. "%s removes them", self.folder, path.quote(self.folder)))
end

---Shows which page is waited for.
---@private
function Pages:show(name, page)
  local present = self.outages:current()
  if present and self.is_watching then
    self.ui:outage(present)
  elseif not present then
    self.ui:progress { phase = "stage", detail = string.format("page %d of %s", page, name) }
  end
end

---@return Chain
local function reading(self, number)
  return assert(self.readings[number], "no such reading")
end

---The next page as plain values; false and the warnings at the end.
function ASKS.next(self, number)
  local made = reading(self, number)
  local page, message, kind = made:take()
  if page then
    return {
      text = page.text, page = page.page, skip = page.skip, items = page.items, total = page.sum,
      share = page.total and page.total > 0 and math.min(1, page.sum / page.total) or nil,
      status = page.status, headers = page.headers, request = page.request,
    }
  elseif page == nil then
    return nil, message, kind
  end
  return false, { made:shifted() }
end

---The request that the recipe's own function made of a page.
function ASKS.follow(self, number, request, page)
  return reading(self, number):answer(request, page)
end

function ASKS.close(self, number)
  reading(self, number):close()
  return true
end

---Answers what the recipe's state asks.
---@param name string
---@param ... any
---@return any ...
function Pages:answer(name, ...)
  local ask = ASKS[name]
  if not ask then return nil, "there is no such question", "usage" end
  local results = table.pack(scheduler.block(ask, self, ...))
  if results.n == 0 then return nil, "interrupted", "interrupted" end
  return table.unpack(results, 1, results.n)
end

---Ends all readings.
function Pages:close()
  for _, one in ipairs(self.readings) do one:close() end
  if self.transport then self.transport:close() end
end

Pages.__close = Pages.close

pages.is_folder, pages.move, pages.remove = kept.is_folder, kept.move, kept.remove

return pages
