--- Serves the pages of APIs to a recipe's `source`: what `source.http` asks from the recipe's Lua
--- state arrives here, below a call of C that waits for the answer.

local chain = require "pages.chain"
local digest = require "host.digest"
local exchange = require "pages.exchange"
local export = require "pages.export"
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
local SHORT_ATTEMPT <const> = 10 -- seconds, for what may be absent for any reason

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
---@field private readings (Chain|PageExport)[]
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
    id = spec.id, total = spec.total, job = spec.job, recipe = asks_next and self.recipe or nil,
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

---An exchange with what all have.
---@private
---@param options table  of ExchangeOptions
---@param hidden Secrets
---@return Exchange
function Pages:exchange(options, hidden)
  options.fetch, options.clock, options.secrets = self:sender(), self.clock, hidden
  options.patience = options.patience or self.patience or PATIENCE
  options.outages = self.outages
  options.interrupted, options.log = self.interrupted, self.log
  options.say = function(text) self.ui:say(text) end
  options.limit = options.limit or chain.LIMIT
  return exchange.new(options)
end

---The exchange with the API of a reading. The limit of an export is that of a line.
local function exchange_of(self, spec, parsed, name, hidden)
  local is_short = spec.absent == true
  local own = self:exchange({
    name = name, origin = parsed, limit = not spec.job and spec.limit or nil, basic = spec.basic,
    sign = spec.sign, patience = is_short and 0 or nil, timeout = is_short and SHORT_ATTEMPT or nil,
  }, hidden)
  if spec.token then
    local at = url.parse(spec.token.url)
    own.token = token.new(spec.token, self:exchange({
      name = at.origin:match("^%w+://(.*)$") .. at.path, origin = at, basic = spec.token.basic,
    }, hidden), self.clock, hidden)
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

---What of a reading is kept, for people, and its verb; nil: nothing is.
---@param at Kept
---@param facts? KeptFacts
---@return string? what
---@return string? verb
local function described(at, facts)
  local n = facts and at:count() or 0
  if n > 0 then return format.count(n, "page"), n == 1 and "is" or "are" end
  if facts and at:has_file() then return "the file", "is" end
  if facts and facts.job then return "the job", "is" end
end

---The facts of the pages of a reading that are kept somewhere, if they can be used; says so.
---@param at Kept
---@param name string
---@param credentials fun(salt: string): string
---@param is_older boolean  another command kept them
local function usable(self, at, name, credentials, is_older)
  local facts, why = at:facts(), nil
  local what, verb = described(at, facts)
  if not what then return nil end
  local age = math.max(0, self.clock.now() - facts.began)
  if self.told[at.folder] then return facts end -- the same reading once more
  if is_older and age > FRESH then
    why = "older than a day"
  elseif (is_older or not self.older) and credentials(facts.salt or "") ~= facts.credentials then
    why = "read with other credentials"
  end
  self.told[at.folder] = not why or nil
  self.ui:say(string.format("%s: %s in %s (begun %s ago) %s %s", name, what,
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

---What is wrong with what a recipe asks for.
---@return string? message
---@return Kind? kind
local function objection(self, spec, how)
  local wrong = (how.export and spec_rules.check_export or spec_rules.check)(spec)
  local written, why = json.encode(spec)
  if wrong or not written then
    return (how.export and "http.export: " or "http.records: ") .. (wrong or why), "usage"
  elseif how.export and self.tape then
    return "http.export: the file that an API prepares cannot be recorded; save it, and test the "
      .. "recipe with the file", "usage"
  elseif #self.readings >= MOST_READINGS then
    return string.format("a recipe can read %d lists of pages, not more", MOST_READINGS), "usage"
  end
end

---The URL of a reading, if the recipe may ask there, and where else the reading leads.
---@return Url?
---@return string? message
---@return Kind? kind
local function permitted_spec(self, spec)
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
  return parsed
end

---@class ReadingKind  what `source.http` asks for: pages, if it is nothing of these
---@field asks_next? boolean
---@field single? boolean
---@field export? boolean
---@field each? boolean       a document for each record

---A reading of pages, or of the file that is prepared.
---@param how ReadingKind
---@param common table  the options that both have
---@return Chain|PageExport
local function new_reading(self, how, common)
  if how.export then
    common.to_file = function(options) return self:exchange(options, secrets.new()) end
    return export.new(common)
  end
  common.asks_next, common.single, common.wanted = how.asks_next, how.single, self.wanted
  common.each = how.each
  common.say = function(text) self.ui:say(text) end
  return chain.new(common)
end

---Begins to read. Returns the number of the reading and the name in places.
---@param spec HttpSpec  without its function
---@param how ReadingKind
function ASKS.open(self, spec, how)
  how = type(how) == "table" and how or {}
  local wrong, usage = objection(self, spec, how)
  if wrong then return nil, wrong, usage end
  local parsed, message, kind = permitted_spec(self, spec)
  if not parsed then return nil, message, kind end
  local name, short = names_of(spec, parsed)
  local hidden = secrets_of(self, spec)
  local function credentials(salt) return hidden:fingerprint(salt) end
  local at, facts = place_of(self, identity(self, spec, how.asks_next, hidden), name, credentials)
  local salt = digest.hex(digest.random(8))
  local made = new_reading(self, how, {
    spec = spec, kept = at, began = facts, secrets = hidden,
    exchange = taped(self, exchange_of(self, spec, parsed, hidden:hide(name), hidden), spec, how,
      hidden),
    fingerprint = { salt = salt, credentials = credentials(salt) },
    interrupted = self.interrupted,
    show = function(detail) self:show(detail) end,
  })
  if not facts then self:tell_kept(how.export) end
  self.told[at.folder] = true
  table.insert(self.readings, made)
  if not how.each then made:start() end
  return #self.readings, short
end

---Says how many requests the API allows, of which there is one for each record.
---@private
function Pages:tell_rate(name, rate, response_headers)
  local allowed = rate and tonumber((response_headers[rate.header:lower()] or {})[1])
  if not allowed or allowed <= 0 then return end
  local function time(n) return format.duration(math.ceil(n * rate.seconds / allowed)) end
  local every = rate.seconds == 60 and "a minute" or "in " .. format.duration(rate.seconds)
  self.ui:say(string.format("%s: a request for each record, and the API allows %s %s: 1 000 "
    .. "records take at least %s, 100 000 at least %s", name, format.count(allowed, "request"),
    every, time(1000), time(100000)))
end

---Says once that pages stay behind, if no run removes them at its end.
---@private
---@param is_file? boolean  that was prepared, in place of pages
function Pages:tell_kept(is_file)
  if self.older or self.tape or self.told[self.folder] then return end
  self.told[self.folder] = true
  self.ui:say(string.format("the %s kept in %s for the next command; auth0-migrate forget %s "
    .. "removes %s", is_file and "file is" or "pages are", self.folder, path.quote(self.folder),
    is_file and "it" or "them"))
end

---Shows what is waited for.
---@private
---@param detail string
function Pages:show(detail)
  local present = self.outages:current()
  if present and self.is_watching then
    self.ui:outage(present)
  elseif not present then
    self.ui:progress { phase = "stage", detail = detail }
  end
end

---A reading that has a method.
---@return any reading  Chain or PageExport
---@return string? message
---@return Kind? kind
local function reading(self, number, method)
  local made = number ~= nil and self.readings[number]
  if made and made[method] then return made end
  return nil, "there is no such reading", "usage"
end

---The next page as plain values; false and the warnings at the end.
function ASKS.next(self, number)
  local made, message, kind = reading(self, number, "take")
  if not made then return nil, message, kind end
  local page
  page, message, kind = made:take()
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

---A document of a record.
function ASKS.one(self, number, address)
  local made, message, kind = reading(self, number, "one")
  if not made then return nil, message, kind end
  local name = made.exchange.name
  self:show(string.format("record %d of %s", made.number, name))
  local page
  page, message, kind = made:one(address)
  if not page then return nil, message, kind end
  if page.page == 1 then self:tell_rate(name, made.spec.rate, page.headers) end
  return { text = page.text }
end

---The request that the recipe's own function made of a page.
function ASKS.follow(self, number, request, page)
  local made, message, kind = reading(self, number, "answer")
  if not made then return nil, message, kind end
  return made:answer(request, page)
end

---The next part of the text of a file that was prepared; false at the end.
function ASKS.read(self, number)
  local made, message, kind = reading(self, number, "block")
  if not made then return nil, message, kind end
  return made:block()
end

function ASKS.close(self, number)
  local made, message, kind = reading(self, number, "close")
  if not made then return nil, message, kind end
  made:close()
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
