--- Finds out how a hash was made, from one known cleartext: which value of the source it is, its
--- algorithm, and what precedes or follows the password. The result is a line of a mapping that
--- verifies, or why Auth0 does not support the hash.

local candidates = require "auth0.search.candidates"
local digests = require "auth0.search.digests"
local build = require "auth0.hash.build"
local parse = require "auth0.hash.parse"
local identify = require "auth0.hash.identify"
local kdfs = require "auth0.search.kdfs"
local nested = require "auth0.search.nested"
local text = require "host.text"
local unsupported = require "auth0.hash.unsupported"
local verify = require "auth0.hash.verify"

local search = {}

---@class SearchInput
---@field user User            mapped
---@field record any           of the source
---@field cleartext string
---@field pepper? string       the application's secret
---@field pause? fun(): boolean?  called before each costly attempt; true ends the search

---@class SearchResult
---@field line? string     of a mapping; it verifies
---@field reason? string   what was found instead, or that nothing was
---@field tried integer    combinations
---@field unfinished? boolean  the search ended before everything was tried

---@class Search
---@field cleartext string
---@field list Candidate[]
---@field salts SaltCandidate[]
---@field targets HashCandidate[]
---@field by_bytes table<string, HashCandidate>
---@field by_text table<string, HashCandidate>
---@field words WordCandidate[]
---@field nested WordCandidate[]
---@field pepper? string
---@field mapped? string  the mapped hash's value
---@field tried integer
---@field stopped boolean
---@field pause fun(): boolean?
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
  if not self.stopped and self.pause() then self.stopped = true end
  return not self.stopped
end

---Guards a line that indexes the field of the hash: nil if the record has no hash.
---@param expression string  of the hash
local function guarded(line, expression)
  local field = expression:match("row%.[%a_][%w_]*")
  local name = field and field:gsub("%.", "%%.")
  local is_apart = field and (line:find(name .. "[:.%[]") or line:find("%.%. " .. name)
    or line:find("decode%(" .. name) or line:find("format%(.*" .. name)
    or line:find(name .. ', "%w+"%):'))
  return is_apart and field .. " and " .. line or line
end

---A result with this line, if its hash verifies the cleartext.
---@param custom? PasswordHash
---@param line string
---@param expression string  of the hash
---@return SearchResult?
function Search:confirmed(custom, line, expression)
  if not custom then return nil end
  line = guarded(line, expression)
  local fits, doubt = verify.hash(custom, self.cleartext)
  if fits then return { line = "custom_password_hash = " .. line } end
  if fits == nil and doubt and doubt:find("^it matches") then
    return { line = "custom_password_hash = " .. line, reason = doubt .. "; test one login first" }
  end
end

---bcrypt and argon2 with a pepper around the password, or over a digest of it.
---@return SearchResult?
function Search:around(value, scheme)
  for _, salt in ipairs(scheme == "bcrypt" and self.salts or {}) do
    if salt.likely and salt.encoding == "utf8" then
      for _, position in ipairs { "suffix", "prefix" } do
        if not self:may_continue() then return nil end
        local custom = build.bcrypt(value.text, { pepper = salt.bytes, position = position })
        local found = self:confirmed(custom, string.format("password.bcrypt(%s%s)",
          value.expression, digests.options_text {
            { "pepper", salt.expression }, { "position", position == "prefix" and '"prefix"' },
          }), value.expression)
        if found then return found end
      end
    end
  end
  if scheme ~= "bcrypt" and scheme ~= "argon2" then return nil end
  for _, word in ipairs(self.nested) do
    if not word.rare and not self:may_continue() then return nil end
    if not word.rare and verify.text(word.bytes, text.trim(value.text)) then
      return { reason = string.format("%s is %s over %s, which Auth0 does not support",
        value.expression, scheme, word.what) }
    end
  end
end

---A hash that matches with another encoding of the password.
---@return SearchResult?
function Search:otherwise_encoded(made, expression)
  for _, word in ipairs(self.words) do
    if word.encoding then
      if not self:may_continue() then return nil end
      made.password = { encoding = word.encoding }
      local found = self:confirmed(made, string.format(
        "password.auto(%s, { password_encoding = %q })", expression, word.encoding), expression)
      if found then return found end
    end
  end
end

---A scheme that Auth0 cannot verify. A match here shows that the value is the right one.
function Search:without_form(value, found)
  local fits = unsupported.fits(text.trim(value.text), self.cleartext)
  return { reason = string.format("%s is %s%s, but Auth0 cannot import it: %s",
    value.expression, found.name, fits and " and the password matches" or "",
    found.reason or found.name) }
end

local SALT_LENGTH <const>, HASH_LENGTH <const> = 22, 31 -- letters of bcrypt's two parts

---bcrypt with cost, salt and hash in separate columns, as in FusionAuth.
---@return SearchResult?
function Search:split_bcrypt()
  local parts = { [SALT_LENGTH] = {}, [HASH_LENGTH] = {} }
  for _, value in ipairs(self.list) do
    local list = parts[#value.text]
    if list and value.text:find("^[./A-Za-z0-9]+$") then list[#list + 1] = value end
  end
  for _, salt in ipairs(parts[SALT_LENGTH]) do
    for _, hash in ipairs(parts[HASH_LENGTH]) do
      for _, cost in ipairs(candidates.numbers(self.list, 4, 16)) do
        if not self:may_continue() then return nil end
        local found = self:confirmed(build.bcrypt(string.format("$2a$%02d$%s%s", cost.number,
          salt.text, hash.text)), string.format(
          'password.bcrypt(string.format("$2a$%%02d$%%s%%s", %s, %s, %s))', cost.expression,
          salt.expression, hash.expression), hash.expression)
        if found then return found end
      end
    end
  end
end

---@return SearchResult? found
---@return SearchResult? without_form  a scheme that Auth0 does not support
function Search:self_describing()
  local without_form
  for _, value in ipairs(self.list) do
    local found = parse.identify(value.text)
    local scheme = found and found.name
    if scheme and scheme ~= "unknown" and not scheme:find("unusable") then
      if not self:may_continue() then return nil, without_form end
      local made = found.supported and parse.any(value.text)
      if made then
        local line = identify.line(scheme, value.expression):match("= (.*)$")
        local hit = self:confirmed(made, line, value.expression)
          or self:otherwise_encoded(made, value.expression) or self:around(value, made.algorithm)
        if hit then return hit end
      elseif not value.part then
        without_form = without_form or self:without_form(value, found)
      end
    end
  end
  return self:split_bcrypt(), without_form
end

local function new_search(input)
  local custom = input.user.custom_password_hash
  local mapped = type(custom) == "table" and type(custom.hash) == "table" and custom.hash.value
    or input.user.password_hash
  if type(mapped) ~= "string" then mapped = nil end
  local list = candidates.of(input.record, mapped)
  local self = setmetatable({
    cleartext = input.cleartext, list = list, salts = candidates.salts(list, input.pepper),
    targets = candidates.targets(list), by_bytes = {}, by_text = {},
    words = candidates.words(input.cleartext),
    nested = candidates.nested(input.cleartext, input.pepper), pepper = input.pepper,
    mapped = mapped, tried = 0, stopped = false, pause = input.pause or function() end,
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
  if verify.password(input.user, trimmed) then
    return { reason = "the password matches without its outer whitespace" }
  end
end

local function is_firebase(record)
  return type(record) == "table" and record.localId ~= nil and record.passwordHash ~= nil
end

function Search:nothing(record)
  if is_firebase(record) then
    return { reason = "row.passwordHash looks like Firebase's modified scrypt, which Auth0 does "
      .. "not support" }
  end
  local tried = { string.format(
    "digests, HMACs and digests of digests with %d values as salt or key", #self.salts) }
  if self.steps then tried[#tried + 1] = "up to " .. self.steps .. " rounds of a digest" end
  if self.rounds then tried[#tried + 1] = "PBKDF2 with up to " .. self.rounds .. " rounds" end
  if self.cost then tried[#tried + 1] = "scrypt with N up to " .. self.cost end
  return { reason = string.format("no match found; check that this is the user's password (tried "
    .. "%d combinations: %s)", self.tried, table.concat(tried, ", ")) }
end

---Searches for a mapping with which the cleartext verifies.
---@param input SearchInput
---@return SearchResult
function search.search(input)
  local self = new_search(input)
  local found, without_form = slipped(input), nil
  if not found then found = digests.search(self) or nested.salted(self) end
  if not found then found, without_form = self:self_describing() end
  found = found or without_form or kdfs.search(self, true) or nested.repeated(self)
    or kdfs.search(self, false) or self:nothing(input.record)
  found.tried, found.unfinished = self.tried, self.stopped or nil
  return found
end

return search
