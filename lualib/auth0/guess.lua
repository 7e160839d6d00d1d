--- What went into a hash, searched from one known cleartext: which value of the source it is, by
--- which algorithm, with what before or after the password. The answer is a line of a mapping that
--- was tried and verifies, or why Auth0 has no form for it.

local derived = require "auth0.guess_derived"
local digest = require "host.digest"
local hash_build = require "auth0.hash_build"
local hash_parse = require "auth0.hash_parse"
local hash_rules = require "auth0.hash_rules"
local hash_words = require "auth0.hash_words"
local text = require "host.text"
local values = require "auth0.guess_values"
local verify = require "auth0.verify"

local guess = {}

local BOTH_SIDES <const> = 12 -- salts that are tried before and after the password

---@class GuessInput
---@field user User            mapped
---@field record any           of the source
---@field cleartext string
---@field pepper? string       the old system's secret
---@field pause? fun(): boolean?  called before each costly try; true ends the search

---@class Guess
---@field line? string     of a mapping, that verifies
---@field reason? string   what was found in place of one; or that nothing was
---@field tried integer    combinations
---@field unfinished? boolean  the time was over before everything was tried

---@class GuessSearch
---@field cleartext string
---@field list GuessValue[]
---@field salts GuessSalt[]
---@field targets GuessTarget[]
---@field by_bytes table<string, GuessTarget>
---@field by_text table<string, GuessTarget>
---@field words GuessWord[]
---@field nested GuessWord[]
---@field pepper? string
---@field tried integer
---@field stopped boolean
---@field pause fun(): boolean?
local Search = {}
Search.__index = Search

---Called before a costly try: whether there is time for it.
function Search:may_go_on()
  self.tried = self.tried + 1
  if not self.stopped and self.pause() then self.stopped = true end
  return not self.stopped
end

---A line, once the hash that it makes has let the cleartext in.
---@param custom? PasswordHash
---@param line string
---@return Guess?
function Search:confirmed(custom, line)
  if not custom then return nil end
  local fits, doubt = verify.hash(custom, self.cleartext)
  if fits then return { line = "custom_password_hash = " .. line } end
  if fits == nil and doubt and doubt:find("^it fits") then
    return { line = "custom_password_hash = " .. line, reason = doubt .. "; try one login first" }
  end
end

---Options of a builder as Lua: what is nil is left out.
local function options_text(options)
  local parts = {}
  for _, option in ipairs(options) do
    if option[2] then parts[#parts + 1] = option[1] .. " = " .. option[2] end
  end
  return #parts > 0 and ", { " .. table.concat(parts, ", ") .. " }" or ""
end

local function quoted(value)
  return value and string.format("%q", value)
end

-- Values that say themselves what they are ------------------------------------------------------

---bcrypt and argon2 with what may be around the password, and what may have been done to it before.
---@return Guess?
function Search:around(value, scheme)
  for _, salt in ipairs(scheme == "bcrypt" and self.salts or {}) do
    if salt.likely and salt.encoding == "utf8" then
      for _, position in ipairs { "suffix", "prefix" } do
        if not self:may_go_on() then return nil end
        local custom = hash_build.bcrypt(value.text, { pepper = salt.bytes, position = position })
        local found = self:confirmed(custom, string.format("password.bcrypt(%s%s)",
          value.expression, options_text {
            { "pepper", salt.expression }, { "position", position == "prefix" and '"prefix"' },
          }))
        if found then return found end
      end
    end
  end
  if scheme ~= "bcrypt" and scheme ~= "argon2" then return nil end
  for _, word in ipairs(self.nested) do
    if not self:may_go_on() then return nil end
    if verify.text(word.bytes, text.trim(value.text)) then
      return { reason = string.format("%s is %s over %s, for which Auth0 has no form",
        value.expression, scheme, word.what) }
    end
  end
end

---A hash that fits once the password is turned into bytes in another way.
---@return Guess?
function Search:otherwise_encoded(made, line)
  for _, word in ipairs(self.words) do
    if word.encoding then
      if not self:may_go_on() then return nil end
      made.password = { encoding = word.encoding }
      local found = self:confirmed(made, string.format(
        "%s; custom_password_hash.password = { encoding = %q }", line, word.encoding))
      if found then return found end
    end
  end
end

---A scheme that Auth0 cannot verify. Perhaps the C library can: then the value is the right one.
local function foreign(search, value, found)
  local fits
  if value.text:find("^%$wp%$2") then
    local inner = digest.base64(assert(digest.hmac("sha384", "wp-sha384", search.cleartext)))
    fits = verify.text(inner, value.text:sub(4))
  elseif value.text:find("^%$[1567y]%$") or value.text:find("^%$sha1%$") then
    fits = verify.text(search.cleartext, value.text)
  end
  return { reason = string.format("%s is %s%s; Auth0 has no form for it: %s", value.expression,
    found.name, fits and ", and the password fits" or "", found.reason or found.name) }
end

---@return Guess? found
---@return Guess? unsupported  a scheme that Auth0 has no form for
function Search:self_describing()
  local unsupported
  for _, value in ipairs(self.list) do
    local found = hash_parse.identify(value.text)
    local scheme = found and found.name
    if scheme and scheme ~= "unknown" and scheme ~= "Django unusable" then
      if not self:may_go_on() then return nil, unsupported end
      local made = found.supported and hash_parse.any(value.text)
      if made then
        local line = hash_words.line(scheme, value.expression):match("= (.*)$")
        local hit = self:confirmed(made, line) or self:otherwise_encoded(made, line)
          or self:around(value, made.algorithm)
        if hit then return hit end
      elseif not value.part then
        unsupported = unsupported or foreign(self, value, found)
      end
    end
  end
  return nil, unsupported
end

-- Digests ---------------------------------------------------------------------------------------

local SUPPORTED <const> = { md4 = true, md5 = true, sha1 = true, sha256 = true, sha512 = true }

---Digest names in an order of their own.
local NAMES <const> = {}
for name in pairs(hash_rules.SIZES) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

---The answer to a digest that was met.
---@param hit {name: string, target: GuessTarget, word: GuessWord, salt?: GuessSalt,
---  position?: string}
---@return Guess?
function Search:digest_found(hit)
  local target, word, salt = hit.target, hit.word, hit.salt
  if not SUPPORTED[hit.name] or word.what then
    local over = word.what and " over " .. word.what or ""
    local with = salt and " with " .. salt.expression .. " as its salt" or ""
    return { reason = string.format("%s is %s%s%s, for which Auth0 has no form",
      target.expression, hit.name, over, with) }
  end
  local custom = hash_build.digest(hit.name, target.text, {
    salt = salt and salt.value, salt_encoding = salt and salt.encoding, position = hit.position,
    encoding = target.encoding, password_encoding = word.encoding,
  })
  return self:confirmed(custom, string.format("password.digest(%q, %s%s)", hit.name,
    target.expression, options_text {
      { "salt", salt and salt.expression },
      { "salt_encoding", salt and salt.encoding ~= "utf8" and quoted(salt.encoding) },
      { "position", salt and quoted(hit.position) },
      { "password_encoding", quoted(word.encoding) },
    }))
end

---One round over a word, with each salt on either side.
function Search:digests_of(word)
  for _, name in ipairs(NAMES) do
    local function try(data, salt, position)
      self.tried = self.tried + 1
      local raw = digest.hash(name, data)
      local target = raw and self.by_bytes[raw]
      return target and self:digest_found {
        name = name, target = target, word = word, salt = salt, position = position,
      }
    end
    local found = try(word.bytes)
    for _, salt in ipairs(found and {} or self.salts) do
      found = try(salt.bytes .. word.bytes, salt, "prefix")
        or try(word.bytes .. salt.bytes, salt, "suffix")
      if found then break end
    end
    if found then return found end
  end
end

---A salt inside the value: after the digest, as LDAP has it, or before.
function Search:embedded()
  for _, target in ipairs(self.targets) do
    for _, name in ipairs(NAMES) do
      local size = hash_rules.SIZES[name]
      for _, word in ipairs(#target.bytes > size and self.words or {}) do
        local bytes = target.bytes
        local head, tail = bytes:sub(1, size), bytes:sub(size + 1)
        local what
        self.tried = self.tried + 1
        if digest.hash(name, word.bytes .. tail) == head then
          local scheme = name == "sha1" and "{SSHA}" or name == "md5" and "{SMD5}"
            or "{S" .. name:upper() .. "}"
          local found = target.encoding == "base64" and not word.encoding and self:confirmed(
            hash_build.ldap(scheme .. target.text),
            string.format("password.ldap(%q .. %s)", scheme, target.expression))
          if found then return found end
          what = "followed by its salt, which goes after the password"
        elseif digest.hash(name, tail .. word.bytes) == head then
          what = "followed by its salt, which goes before the password"
        elseif digest.hash(name, bytes:sub(1, -size - 1) .. word.bytes) == bytes:sub(-size) then
          what = "with its salt in front, which goes before the password"
        elseif digest.hash(name, word.bytes .. bytes:sub(1, -size - 1)) == bytes:sub(-size) then
          what = "with its salt in front, which goes after the password"
        end
        if what then
          return { reason = string.format("%s is %s %s: cut it with password.bytes, and give both "
            .. "parts to password.digest", target.expression, name, what) }
        end
      end
    end
  end
end

-- HMAC, and what is on both sides ---------------------------------------------------------------

---@return Guess?
function Search:hmacs()
  for _, name in ipairs(NAMES) do
    for _, key in ipairs(self.salts) do
      for _, word in ipairs(self.words) do
        self.tried = self.tried + 1
        local raw = digest.hmac(name, key.bytes, word.bytes)
        local target = raw and self.by_bytes[raw]
        if target then
          local custom = hash_build.hmac(name, target.text, key.value, {
            key_encoding = key.encoding, encoding = target.encoding,
            password_encoding = word.encoding,
          })
          local found = self:confirmed(custom, string.format("password.hmac(%q, %s, %s%s)", name,
            target.expression, key.expression, options_text {
              { "key_encoding", key.encoding ~= "utf8" and quoted(key.encoding) },
              { "password_encoding", quoted(word.encoding) },
            }))
          if found then return found end
        end
        raw = digest.hmac(name, word.bytes, key.bytes)
        target = raw and self.by_bytes[raw]
        if target then
          return { reason = string.format("%s is hmac-%s with the password as its key, for which "
            .. "Auth0 has no form", target.expression, name) }
        end
      end
    end
  end
end

---@return Guess?
function Search:both_sides()
  local salts = table.move(self.salts, 1, math.min(#self.salts, BOTH_SIDES), 1, {})
  for _, name in ipairs(NAMES) do
    for _, before in ipairs(salts) do
      for _, after in ipairs(salts) do
        self.tried = self.tried + 1
        local raw = digest.hash(name, before.bytes .. self.cleartext .. after.bytes)
        local target = raw and self.by_bytes[raw]
        if target then
          return { reason = string.format("%s is %s of %s, the password and %s: Auth0 has no form "
            .. "for salts on both sides", target.expression, name, before.expression,
            after.expression) }
        end
      end
    end
  end
end

-- The search --------------------------------------------------------------------------------------

local function new_search(input)
  local custom = input.user.custom_password_hash
  local mapped = type(custom) == "table" and type(custom.hash) == "table" and custom.hash.value
    or input.user.password_hash
  local list = values.of(input.record, type(mapped) == "string" and mapped or nil)
  local self = setmetatable({
    cleartext = input.cleartext, list = list, salts = values.salts(list, input.pepper),
    targets = values.targets(list), by_bytes = {}, by_text = {},
    words = values.words(input.cleartext), nested = values.nested(input.cleartext),
    pepper = input.pepper, tried = 0, stopped = false,
    pause = input.pause or function() end,
  }, Search)
  for _, target in ipairs(self.targets) do
    self.by_bytes[target.bytes], self.by_text[target.text] = target, target
  end
  return self
end

---@return Guess?
function Search:cheap()
  for _, word in ipairs(self.words) do
    local found = self:digests_of(word)
    if found then return found end
  end
  local found = self:embedded() or self:hmacs()
  if found then return found end
  for _, word in ipairs(self.nested) do
    found = self:digests_of(word)
    if found then return found end
  end
  return self:both_sides()
end

---Where the login's own text is off by a blank.
local function slipped(input)
  local trimmed = text.trim(input.cleartext)
  if not trimmed or trimmed == input.cleartext then return nil end
  if verify.password(input.user, trimmed) then
    return { reason = "the password fits without the blanks around it" }
  end
end

---Searches what would have to be mapped for the cleartext to verify.
---@param input GuessInput
---@return Guess
function guess.search(input)
  local self = new_search(input)
  local found, unsupported = slipped(input), nil
  if not found then found = self:cheap() end
  if not found then found, unsupported = self:self_describing() end
  found = found or unsupported or derived.search(self)
    or { reason = "nothing that was tried fits; is it this user's password?" }
  found.tried, found.unfinished = self.tried, self.stopped or nil
  return found
end

return guess
