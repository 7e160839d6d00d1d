--- Finds out how a hash was made, from one known cleartext: which value of the source it is, its
--- algorithm, and what precedes or follows the password. The result is a line of a mapping that
--- verifies, or why Auth0 does not support the hash.

local candidates = require "auth0.search.candidates"
local clear_values = require "auth0.search.cleartext"
local digests = require "auth0.search.digests"
local parse = require "auth0.hash.parse"
local identify = require "auth0.hash.identify"
local kdfs = require "auth0.search.kdfs"
local line = require "auth0.search.line"
local named_digests = require "auth0.search.named_digests"
local nearness = require "auth0.search.nearness"
local nested = require "auth0.search.nested"
local text = require "host.text"
local unsupported = require "auth0.hash.unsupported"
local verify = require "auth0.hash.verify"
local words = require "auth0.search.words"

local search = {}

---@class SearchInput
---@field user User            mapped
---@field record any           of the source
---@field cleartext string
---@field secrets? SearchSecret[]  the application's, which may be a pepper
---@field run? fun(expression: string, scope: LineScope): any  evaluates the expression of a line
---  for the record where `map` runs; nil: here
---@field known? string[]      lines found for other logins: the first that verifies is taken
---@field mentions? fun(name: string): boolean  whether the recipe mentions a name of the record
---@field pause? fun(stage: string): boolean?  called before each costly attempt, with what is
---  tried; true ends the search

---@class SearchResult
---@field line? string     of a mapping; it verifies
---@field user? User       with the hash of the line
---@field reason? string   what was found instead, or that nothing was
---@field tried integer    combinations
---@field unfinished? boolean  the search ended before everything was tried
---@field untried? string[]    what was not, then
---@field is_unknown? boolean  nothing is known about the hash
---@field cleartext? string    expression of the value that holds the password itself

---@class SearchFit  a mapping that verifies
---@field line string
---@field user User          with the hash
---@field reason? string     a doubt
---@field distance integer   from the recipe's own mapping
---@field is_own boolean     it reads the mapped hash, in another way

---@class Search
---@field cleartext string
---@field list Candidate[]
---@field salts SaltCandidate[]
---@field targets HashCandidate[]
---@field by_bytes table<string, HashCandidate>
---@field by_text table<string, HashCandidate>
---@field words WordCandidate[]
---@field nested WordCandidate[]
---@field secrets SearchSecret[]
---@field own? HashParts   of the mapped hash
---@field scope LineScope
---@field fits SearchFit[]
---@field reason? string   the first scheme found that Auth0 does not support
---@field tried integer
---@field stopped boolean
---@field pause fun(stage: string): boolean?
---@field stage string      what is tried now
---@field digest_names table<string, string>  expressions of values that name a digest
---@field is_repeated? boolean  rounds of digests were tried
---@field steps? integer   most rounds of a digest tried
---@field rounds? integer  most rounds of PBKDF2 tried
---@field cost? integer    largest N of scrypt tried
---@field attempts? KdfAttempt[]
---@field kdf_words? WordCandidate[]
local Search = {}
Search.__index = Search

---Call before a costly attempt: whether the search may continue.
function Search:may_continue()
  self.tried = self.tried + 1
  if not self.stopped and self.pause(self.stage) then self.stopped = true end
  return not self.stopped
end

---Whether there is something to show.
function Search:is_done()
  return #self.fits > 0 or self.reason ~= nil
end

---Whether a mapping was found that reads the hash of the recipe's own, or, if the recipe maps none,
---any mapping. Others fit too, but are not what the recipe means.
function Search:is_near()
  for _, fit in ipairs(self.fits) do
    if fit.is_own or not self.own then return true end
  end
  return false
end

---Notes a scheme that Auth0 does not support; the first counts.
function Search:explain(format, ...)
  self.reason = self.reason or string.format(format, ...)
end

local DOUBTFUL <const> = 100000 -- added to the distance of what Auth0 may not verify
local UNMENTIONED <const> = 5 -- the recipe does not mention the value of the hash

---Keeps a mapping if its line, evaluated for the record, verifies the cleartext.
---@param expression string
---@param value Candidate  that contains the hash
---@return SearchFit?
function Search:keep(expression, value)
  local written = line.guarded(expression, self.list)
  local user = line.user(written, self.scope)
  if not user then return nil end
  local fits, doubt = verify.password(user, self.cleartext)
  local is_doubtful = fits == nil and doubt ~= nil and doubt:find("^it matches") ~= nil
  if not fits and not is_doubtful then return nil end
  local own, parts = self.own, nearness.parts(user)
  local fit = {
    line = written, user = user, reason = is_doubtful and doubt .. "; test one login first" or nil,
    distance = (own and parts and nearness.distance(own, parts) or 0)
      + (is_doubtful and DOUBTFUL or 0) + (value.mentioned and 0 or UNMENTIONED),
    is_own = own ~= nil and parts ~= nil and nearness.is_same_value(own, parts),
  }
  self.fits[#self.fits + 1] = fit
  return fit
end

---The fit that changes the recipe least; of equal ones the first.
function Search:nearest()
  local nearest
  for _, fit in ipairs(self.fits) do
    if not nearest or fit.distance < nearest.distance then nearest = fit end
  end
  return nearest
end

---The name of a digest as Lua code: read from the record if it has it.
---@param name string
---@return string
function Search:digest_code(name)
  return self.digest_names[name] or string.format("%q", name)
end

---bcrypt with a pepper around the password.
---@return SearchFit?
function Search:peppered(value)
  for _, salt in ipairs(self.salts) do
    if salt.likely and salt.encoding == "utf8" then
      for _, position in ipairs { "suffix", "prefix" } do
        if not self:may_continue() then return nil end
        local found = self:keep(string.format("password.bcrypt(%s%s)", value.expression,
          digests.options_text {
            { "pepper", salt.expression }, { "position", position == "prefix" and '"prefix"' },
          }), value)
        if found then return found end
      end
    end
  end
end

---bcrypt or argon2 over a digest of the password: what Auth0 does not support.
function Search:over_digest(value, scheme)
  if scheme ~= "bcrypt" and scheme ~= "argon2" then return end
  for _, word in ipairs(self.nested) do
    if not word.rare and not self:may_continue() then return end
    if not word.rare and verify.text(word.bytes, text.trim(value.text)) then
      return self:explain("%s is %s over %s, which Auth0 does not support", value.expression,
        scheme, word.what)
    end
  end
end

---A hash that matches with another encoding of the password.
---@return SearchFit?
function Search:otherwise_encoded(value)
  for _, word in ipairs(self.words) do
    if word.encoding then
      if not self:may_continue() then return nil end
      local found = self:keep(string.format("password.auto(%s, { password_encoding = %q })",
        value.expression, word.encoding), value)
      if found then return found end
    end
  end
end

---A scheme that Auth0 cannot verify. A match here shows that the value is the right one.
local function without_form(value, found, cleartext)
  local fits = unsupported.fits(text.trim(value.text), cleartext)
  return string.format("%s is %s%s, but Auth0 cannot import it: %s",
    value.expression, found.name, fits and " and the password matches" or "",
    found.reason or found.name)
end

local SALT_LENGTH <const>, HASH_LENGTH <const> = 22, 31 -- letters of bcrypt's two parts

---bcrypt with cost, salt and hash in separate columns, as in FusionAuth.
function Search:split_bcrypt()
  local parts = { [SALT_LENGTH] = {}, [HASH_LENGTH] = {} }
  for _, value in ipairs(self.list) do
    local list = parts[#value.text]
    if list and value.text:find("^[./A-Za-z0-9]+$") then list[#list + 1] = value end
  end
  for _, salt in ipairs(parts[SALT_LENGTH]) do
    for _, hash in ipairs(parts[HASH_LENGTH]) do
      for _, cost in ipairs(candidates.numbers(self.list, 4, 16)) do
        if not self:may_continue() then return end
        if self:keep(string.format(
          'password.bcrypt(string.format("$2a$%%02d$%%s%%s", %s, %s, %s))', cost.expression,
          salt.expression, hash.expression), hash) then return end
      end
    end
  end
end

---@class DescribedValue  in a scheme that Auth0 supports
---@field value Candidate
---@field algorithm string

---Values that name their scheme, and match as they are.
---@return DescribedValue[]  those that do not match
---@return string? reason  a scheme that Auth0 does not support
function Search:self_describing()
  local reason, rest = nil, {}
  for _, value in ipairs(self.list) do
    local found = parse.identify(value.text)
    local scheme = found and found.name
    if scheme and scheme ~= "unknown" and not scheme:find("unusable") then
      if not self:may_continue() then return rest, reason end
      if found.supported then
        local expression = identify.line(scheme, value.expression):match("= (.*)$")
        local fits = self:keep(expression, value) or self:otherwise_encoded(value)
        if not fits then
          rest[#rest + 1] = { value = value, algorithm = assert(parse.any(value.text)).algorithm }
        end
      elseif not value.part then
        reason = reason or without_form(value, found, self.cleartext)
      end
      if self:is_near() then return {}, nil end
    end
  end
  self:split_bcrypt()
  return rest, reason
end

---Values that name their scheme, of a password that was changed before.
---@param list DescribedValue[]
function Search:changed_before(list)
  for _, one in ipairs(list) do
    local found = one.algorithm == "bcrypt" and self:peppered(one.value)
    if not found and not self:is_done() then self:over_digest(one.value, one.algorithm) end
    if self:is_near() then return end
  end
end

---The mapped hash as the record may have it.
local function mapped_value(user)
  local custom = user.custom_password_hash
  local mapped = type(custom) == "table" and type(custom.hash) == "table" and custom.hash.value
    or user.password_hash
  return type(mapped) == "string" and mapped or nil
end

---@param input SearchInput
---@return LineScope
local function scope_of(input)
  local secrets = {}
  for _, secret in ipairs(input.secrets or {}) do secrets[secret.name] = secret.value end
  return {
    record = input.record, value = mapped_value(input.user), secrets = secrets, run = input.run,
  }
end

local function new_search(input)
  local scope, secrets = scope_of(input), input.secrets or {}
  local list = candidates.of(input.record, scope.value, input.mentions)
  local self = setmetatable({
    cleartext = input.cleartext, list = list, salts = candidates.salts(list, secrets),
    targets = candidates.targets(list), by_bytes = {}, by_text = {},
    words = words.encodings(input.cleartext), nested = words.nested(input.cleartext, secrets),
    secrets = secrets, scope = scope, own = nearness.parts(input.user), fits = {}, tried = 0,
    digest_names = named_digests.of(list), stage = "digests", stopped = false,
    pause = input.pause or function() end,
  }, Search)
  for _, target in ipairs(self.targets) do
    self.by_bytes[target.bytes], self.by_text[target.text] = target, target
  end
  return self
end

---A cleartext with stray outer whitespace.
local function slipped(input)
  local trimmed = text.trim(input.cleartext)
  if not trimmed or trimmed == input.cleartext then return nil end
  return verify.password(input.user, trimmed)
    and "the password matches without its outer whitespace" or nil
end

local FIREBASE <const> = 64 -- bytes, in Base64

local function is_firebase(record)
  return type(record) == "table" and record.localId ~= nil and record.passwordHash ~= nil
end

function Search:nothing(record)
  if is_firebase(record) then
    return "row.passwordHash looks like Firebase's modified scrypt, which Auth0 does not support"
  end
  local tried = { string.format(
    "digests, HMACs and digests of digests with %d values as salt or key", #self.salts) }
  if self.steps then tried[#tried + 1] = "up to " .. self.steps .. " rounds of a digest" end
  if self.rounds then tried[#tried + 1] = "PBKDF2 with up to " .. self.rounds .. " rounds" end
  if self.cost then tried[#tried + 1] = "scrypt with N up to " .. self.cost end
  local reason = string.format("no match found; check that this is the user's password (tried "
    .. "%d combinations: %s)", self.tried, table.concat(tried, ", "))
  for _, target in ipairs(self.targets) do
    if #target.bytes == FIREBASE and target.encoding == "base64" then
      return reason .. string.format("; if %s is from Firebase, it is its modified scrypt, which "
        .. "Auth0 does not support", target.expression)
    end
  end
  return reason
end

---Whether a line, evaluated for a record, verifies the cleartext.
---@param written string
---@param input SearchInput
---@param verified? boolean  the mapped hash does: an equal one needs no computing
---@return User?  with the hash of the line; nil if it does not
function search.fits(written, input, verified)
  local user = line.user(written, scope_of(input))
  if not user then return nil end
  local own, parts = verified and nearness.parts(input.user), nearness.parts(user)
  if own and parts and nearness.distance(own, parts) == 0 then return user end
  return verify.password(user, input.cleartext) and user or nil
end

-- By the words for them in a progress line.
---@type {[1]: string, [2]: fun(self: Search)}[]
local COSTLY <const> = {
  { "PBKDF2 and scrypt", function(self) kdfs.search(self, true) end },
  { "rounds of digests", nested.repeated },
  { "PBKDF2 and scrypt", function(self) kdfs.search(self, false) end },
}

---The stages of a search, the cheap ones first; the costly ones only while nothing was found.
---@param self Search
---@param is_brief boolean  without them
local function run(self, is_brief)
  local described, reason = {}, nil
  digests.search(self)
  self.stage = "stored hashes"
  if not self:is_near() then described, reason = self:self_describing() end
  if is_brief then return end
  if not self:is_done() then nested.salted(self) end
  if not self:is_near() then self:changed_before(described) end
  if #self.fits > 0 and not self:is_near() then kdfs.near(self) end
  self.reason = self.reason or #self.fits == 0 and reason or nil
  for _, stage in ipairs(COSTLY) do
    if not self:is_done() then
      self.stage = stage[1]
      stage[2](self)
    end
  end
end

---What a search that ended early did not try.
---@return string[]
function Search:untried()
  local list = self.is_repeated and {} or { "rounds of digests" }
  local more = kdfs.untried(self)
  return table.move(more, 1, #more, #list + 1, list)
end

---A mapping that hashes the passwords that a record holds, and what to know about it.
---@param found ClearValue
---@param input SearchInput
function Search:hash_cleartext(found, input)
  local fit = self:keep(clear_values.expression(found, self.list, input.user), found.source)
  local reason = string.format("%s is %s, not a hash of it", found.source.expression, found.what)
  if not fit then
    return self:explain("%s; bcrypt cannot hash it (it is longer than 72 bytes, or has a zero "
      .. "byte): such users set a new password", reason)
  end
  fit.reason = reason .. ". This line makes bcrypt hashes of such passwords while records are "
    .. "mapped, about ten a second; keep the export safe, and delete it afterwards"
end

---Searches for a mapping with which the cleartext verifies: of several, the nearest to the
---recipe's own.
---@param input SearchInput
---@return SearchResult
function search.search(input)
  local reason = slipped(input)
  if reason then return { reason = reason, tried = 1 } end
  for tried, known in ipairs(input.known or {}) do
    local user = search.fits(known, input)
    if user then return { line = known, user = user, tried = tried } end
  end
  local self = new_search(input)
  local clear = clear_values.find(self.list, input.cleartext, input.user)
  local is_clear = clear and clear.is_sure or false
  run(self, is_clear)
  if is_clear and not self:is_done() then self:hash_cleartext(clear --[[@as ClearValue]], input) end
  local nearest = self:nearest()
  local answer = {
    tried = self.tried, unfinished = self.stopped or nil,
    untried = self.stopped and self:untried() or nil,
    cleartext = is_clear and clear.source.expression or nil,
  }
  if nearest then
    answer.line, answer.user, answer.reason = nearest.line, nearest.user, nearest.reason
  else
    answer.is_unknown = self.reason == nil
    answer.reason = self.reason or self:nothing(input.record)
  end
  if clear and not is_clear and not nearest then
    answer.reason = answer.reason .. string.format("; %s is the same as the password: if the "
      .. "system keeps passwords there, map password.cleartext", clear.source.expression)
  end
  return answer
end

return search
