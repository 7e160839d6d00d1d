--- The cheap part of a search: digests and HMACs of the password with values of the record, also
--- with the salt inside the hash value.

local digest = require "host.digest"
local rules = require "auth0.hash.rules"
local candidates = require "auth0.search.candidates"

local digests = {}

local FEW <const> = 12 -- salts that are tried in pairs
local HMAC_BLOCK <const> = 64 -- bytes; ASP.NET repeats the salt to fill its key

---Digest names in order, including those that Auth0 does not support.
---@type string[]
digests.NAMES = { "sha512-256", "sha3-256", "sha3-512" }
for name in pairs(rules.SIZES) do table.insert(digests.NAMES, name) end
table.sort(digests.NAMES)
local NAMES <const> = digests.NAMES

---Options of a builder as Lua code, without those that are nil.
---@param options {[1]: string, [2]: string|false|nil}[]
---@return string
function digests.options_text(options)
  local parts = {}
  for _, option in ipairs(options) do
    if option[2] then parts[#parts + 1] = option[1] .. " = " .. option[2] end
  end
  return #parts > 0 and ", { " .. table.concat(parts, ", ") .. " }" or ""
end
local options_text <const> = digests.options_text

local function quoted(value)
  return value and string.format("%q", value)
end

---The encoding of a salt or key, unless it is the default.
local function encoding_text(salt)
  if salt and salt.is_column and salt.encoding == "bytes" then return '"binary"' end
  return salt and salt.encoding ~= "utf8" and quoted(salt.encoding)
end

---The first salts, to be tried in pairs.
---@param search Search
---@return SaltCandidate[]
function digests.few(search)
  return table.move(search.salts, 1, math.min(#search.salts, FEW), 1, {})
end

---SHA-384 is supported in the form of LDAP alone, without a salt of another field.
local function sha384_found(search, hit)
  local target = hit.target
  return hit.name == "sha384" and target.encoding == "base64" and not hit.salt and not hit.word.what
    and not hit.word.encoding
    and search:keep(string.format('password.ldap("{SHA384}" .. %s)', target.expression),
      target.source)
end

---@param hit {name: string, target: HashCandidate, word: WordCandidate, salt?: SaltCandidate,
---  position?: string}
local function digest_found(search, hit)
  local target, word, salt = hit.target, hit.word, hit.salt
  if sha384_found(search, hit) then return end
  if not rules.IS_DIGEST[hit.name] or word.what then
    local over = word.what and " over " .. word.what or ""
    local with = salt and string.format(" with %s as salt (%s)", salt.expression, hit.position)
      or ""
    return search:explain("%s is %s%s%s, which Auth0 does not support", target.expression, hit.name,
      over, with)
  end
  search:keep(string.format("password.digest(%s, %s%s)", search:digest_code(hit.name),
    target.expression,
    options_text {
      { "encoding", target.encoding == "bytes" and '"binary"' },
      { "salt", salt and salt.expression },
      { "salt_encoding", encoding_text(salt) },
      { "position", salt and quoted(hit.position) },
      { "password_encoding", quoted(word.encoding) },
    }), target.source)
end

---One round over a word, with each salt on either side.
local function digests_of(search, word)
  for _, name in ipairs(NAMES) do
    local function try(data, salt, position)
      search.tried = search.tried + 1
      local raw = digest.hash(name, data)
      local target = raw and search.by_bytes[raw]
      if target then
        digest_found(search, {
          name = name, target = target, word = word, salt = salt, position = position,
        })
      end
    end
    try(word.bytes)
    for _, salt in ipairs(search.salts) do
      try(salt.bytes .. word.bytes, salt, "prefix")
      try(word.bytes .. salt.bytes, salt, "suffix")
    end
  end
end

---A value as an LDAP server writes it, but without its scheme.
local function ldap_found(search, target, name)
  local scheme = name == "sha1" and "{SSHA}" or name == "md5" and "{SMD5}"
    or "{S" .. name:upper() .. "}"
  return target.encoding == "base64"
    and search:keep(string.format("password.ldap(%q .. %s)", scheme, target.expression),
      target.source)
end

---A line that splits a value in two.
---@param cut {name: string, target: HashCandidate, word: WordCandidate, first: boolean,
---  position: string}  first: whether the digest comes first
local function cut_found(search, cut)
  local target, size = cut.target, rules.SIZES[cut.name]
  if not rules.IS_DIGEST[cut.name] then
    return search:explain("%s is %s with its salt, which Auth0 does not support",
      target.expression, cut.name)
  end
  local all = candidates.bytes_text(target.expression, target.encoding)
  local value_range, salt_range = string.format("(1, %d)", size), string.format("(%d)", size + 1)
  if not cut.first then
    value_range, salt_range = string.format("(-%d)", size), string.format("(1, -%d)", size + 1)
  end
  search:keep(string.format("password.digest(%s, %s:sub%s%s)", search:digest_code(cut.name), all,
    value_range,
    options_text {
      { "encoding", '"bytes"' }, { "salt", all .. ":sub" .. salt_range },
      { "salt_encoding", '"bytes"' }, { "position", quoted(cut.position) },
      { "password_encoding", quoted(cut.word.encoding) },
    }), target.source)
end

---A salt after or before the digest, which follows or precedes the password.
local function cut_in_two(search, target, name, word)
  local size, bytes = rules.SIZES[name], target.bytes
  for _, first in ipairs { true, false } do
    local hash = first and bytes:sub(1, size) or bytes:sub(-size)
    local salt = first and bytes:sub(size + 1) or bytes:sub(1, -size - 1)
    for _, position in ipairs { "suffix", "prefix" } do
      search.tried = search.tried + 1
      local data = position == "suffix" and word.bytes .. salt or salt .. word.bytes
      if digest.hash(name, data) == hash then
        local as_ldap = first and position == "suffix" and not word.encoding
          and ldap_found(search, target, name)
        if not as_ldap then
          cut_found(search, {
            name = name, target = target, word = word, first = first, position = position,
          })
        end
      end
    end
  end
end

local function embedded(search)
  for _, target in ipairs(search.targets) do
    for _, name in ipairs(NAMES) do
      local size = rules.SIZES[name]
      for _, word in ipairs(size and #target.bytes > size and search.words or {}) do
        cut_in_two(search, target, name, word)
      end
    end
  end
end

---Possible keys: each salt, also repeated as by ASP.NET membership.
---@return SaltCandidate[]
local function keys_of(search)
  local keys = table.move(search.salts, 1, #search.salts, 1, {})
  for _, salt in ipairs(search.salts) do
    local size = #salt.bytes
    if salt.encoding ~= "utf8" and size >= 4 and size < HMAC_BLOCK then
      local times = (HMAC_BLOCK + size - 1) // size
      local bytes = salt.bytes:rep(times):sub(1, HMAC_BLOCK)
      keys[#keys + 1] = {
        bytes = bytes, value = bytes, encoding = "bytes", likely = salt.likely,
        expression = string.format("%s:rep(%d)%s",
          candidates.bytes_text(salt.expression, salt.encoding), times,
          HMAC_BLOCK % size == 0 and "" or ":sub(1, 64)"),
      }
    end
  end
  return keys
end

local function hmac_found(search, hit)
  local target, word, key, salt = hit.target, hit.word, hit.key, hit.salt
  if not rules.SIZES[hit.name] then
    return search:explain("%s is hmac-%s, which Auth0 does not support", target.expression,
      hit.name)
  end
  search:keep(string.format("password.hmac(%s, %s, %s%s)", search:digest_code(hit.name),
    target.expression, key.expression, options_text {
      { "encoding", target.encoding == "bytes" and '"binary"' },
      { "key_encoding", encoding_text(key) },
      { "salt", salt and salt.expression }, { "salt_encoding", encoding_text(salt) },
      { "position", salt and quoted(hit.position) },
      { "password_encoding", quoted(word.encoding) },
    }), target.source)
end

local function hmacs_of(search, name, key, word)
  search.tried = search.tried + 1
  local raw = digest.hmac(name, key.bytes, word.bytes)
  local target = raw and search.by_bytes[raw]
  if target then hmac_found(search, { name = name, target = target, word = word, key = key }) end
  raw = digest.hmac(name, word.bytes, key.bytes)
  target = raw and search.by_bytes[raw]
  if target then
    search:explain("%s is hmac-%s with the password as its key, which Auth0 does not support",
      target.expression, name)
  end
end

local function hmacs(search)
  for _, name in ipairs(NAMES) do
    for _, key in ipairs(keys_of(search)) do
      for _, word in ipairs(search.words) do hmacs_of(search, name, key, word) end
    end
  end
end

local function salted_hmacs(search)
  local few, word = digests.few(search), search.words[1]
  for _, name in ipairs(#few > 1 and NAMES or {}) do
    for _, key in ipairs(few) do
      for _, salt in ipairs(few) do
        for _, position in ipairs { "suffix", "prefix" } do
          search.tried = search.tried + 1
          local data = position == "suffix" and word.bytes .. salt.bytes
            or salt.bytes .. word.bytes
          local raw = digest.hmac(name, key.bytes, data)
          local target = raw and search.by_bytes[raw]
          if target then
            hmac_found(search, {
              name = name, target = target, word = word, key = key, salt = salt,
              position = position,
            })
          end
        end
      end
    end
  end
end

local function both_sides(search)
  local few = digests.few(search)
  for _, name in ipairs(NAMES) do
    for _, before in ipairs(few) do
      for _, after in ipairs(few) do
        search.tried = search.tried + 1
        local raw = digest.hash(name, before.bytes .. search.cleartext .. after.bytes)
        local target = raw and search.by_bytes[raw]
        if target then
          return search:explain("%s is %s of %s, the password and %s: Auth0 does not support salts "
            .. "on both sides", target.expression, name, before.expression, after.expression)
        end
      end
    end
  end
end

---Keeps all mappings that verify; only without one, names what Auth0 does not support.
---@param search Search
function digests.search(search)
  for _, word in ipairs(search.words) do digests_of(search, word) end
  embedded(search)
  hmacs(search)
  if search:is_done() then return end
  both_sides(search)
  salted_hmacs(search)
  for _, word in ipairs(search.nested) do
    if search:is_done() then return end
    digests_of(search, word)
  end
end

return digests
