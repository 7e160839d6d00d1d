--- Schemes of old systems that Auth0 does not support: digests of salted digests, and iterated
--- digests. The result names them, so that the user stops looking for a mapping.

local digest = require "host.digest"
local rules = require "auth0.hash.rules"
local candidates = require "auth0.search.candidates"

local nested = {}

local NAMES <const> = { "md5", "sha1", "sha256", "sha512" }
local STEPS <const> = 10000 -- rounds of a digest that are tried
local MOST_STEPS <const> = 200000 -- if the record has a number this large
local REPEATED_SALTS <const> = 4 -- with which rounds are tried

local function hex(name, data)
  return digest.hex(assert(digest.hash(name, data)))
end

---{description, data of the outer digest}. H stands for the name of the digest.
---@type {[1]: string, [2]: fun(name: string, salt: string, plain: string): string}[]
local SALTED <const> = {
  { "H of the hex of the salt's H and the hex of the password's H (MyBB, Invision)",
    function(name, salt, plain) return hex(name, salt) .. hex(name, plain) end },
  { "H of the hex of the password's H and the hex of the salt's H",
    function(name, salt, plain) return hex(name, plain) .. hex(name, salt) end },
  { "H of the salt and the hex of the H of the salt and the hex of the password's H (OpenCart)",
    function(name, salt, plain) return salt .. hex(name, salt .. hex(name, plain)) end },
  { "H of the hex of the H of salt and password",
    function(name, salt, plain) return hex(name, salt .. plain) end },
  { "H of the hex of the H of password and salt",
    function(name, salt, plain) return hex(name, plain .. salt) end },
  { "H of the salt and the hex of the H of salt and password",
    function(name, salt, plain) return salt .. hex(name, salt .. plain) end },
  { "H of the bytes of the H of salt and password",
    function(name, salt, plain) return assert(digest.hash(name, salt .. plain)) end },
  { "H of the bytes of the H of password and salt",
    function(name, salt, plain) return assert(digest.hash(name, plain .. salt)) end },
  { "H of --salt--password-- (restful_authentication)",
    function(_, salt, plain) return "--" .. salt .. "--" .. plain .. "--" end },
}

---@param search Search
function nested.salted(search)
  for _, salt in ipairs(search.salts) do
    for _, name in ipairs(NAMES) do
      for _, entry in ipairs(SALTED) do
        search.tried = search.tried + 1
        local made = digest.hash(name, entry[2](name, salt.bytes, search.cleartext))
        local target = made and search.by_bytes[made]
        if target then
          return search:explain("%s is %s, with %s as salt, which Auth0 does not support",
            target.expression, (entry[1]:gsub("%f[%w]H%f[%W]", name)), salt.expression)
        end
      end
    end
  end
end

---How many rounds to try: more if the record has a larger number.
local function steps_of(search)
  local steps = STEPS
  for _, one in ipairs(candidates.numbers(search.list, STEPS, MOST_STEPS)) do
    steps = math.max(steps, one.number)
  end
  return steps
end

---Rounds of one digest: `first` is the data of the first round, `next_of` returns the data of the
---next round for the digest of the previous one.
---@param chain {name: string, first: string, next_of: fun(raw: string): string}
---@return HashCandidate? target
---@return integer? rounds
local function follow(search, chain, steps)
  local name, next_of, by_bytes = chain.name, chain.next_of, search.by_bytes
  local hash <const> = digest.hash
  local raw = hash(name, chain.first)
  for round = 2, steps do
    raw = hash(name, next_of(raw))
    local target = by_bytes[raw]
    if target then return target, round end
  end
end

local function same(raw) return raw end

---How a round uses the previous one.
---@param plain string  password and salt, as in the first round
---@return {what: string, next_of: fun(raw: string): string}[]
local function ways(plain, cleartext)
  local list = {
    { what = "", next_of = same },
    { what = " over the hex of the previous round", next_of = digest.hex },
    { what = " over the previous round and the password",
      next_of = function(raw) return raw .. plain end },
  }
  if plain ~= cleartext then
    list[#list + 1] = { what = " over the previous round and the password without the salt",
      next_of = function(raw) return raw .. cleartext end }
  end
  return list
end

---@return {plain: string, what: string}[]
local function starts(search)
  local list = { { plain = search.cleartext, what = "" } }
  for i = 1, math.min(#search.salts, REPEATED_SALTS * 2) do
    local salt = search.salts[i]
    if salt.likely and #list <= REPEATED_SALTS * 2 then
      list[#list + 1] = { plain = search.cleartext .. salt.bytes,
        what = " of password and " .. salt.expression }
      list[#list + 1] = { plain = salt.bytes .. search.cleartext,
        what = " of " .. salt.expression .. " and password" }
    end
  end
  return list
end

---Whether the record has a value of the digest's length.
local function has_digest(search, name)
  for _, target in ipairs(search.targets) do
    if #target.bytes == rules.SIZES[name] then return true end
  end
  return false
end

---@param search Search
function nested.repeated(search)
  local steps = steps_of(search)
  search.is_repeated = true
  for _, name in ipairs(NAMES) do
    for _, start in ipairs(has_digest(search, name) and starts(search) or {}) do
      for _, way in ipairs(ways(start.plain, search.cleartext)) do
        if not search:may_continue() then
          search.is_repeated = false
          return
        end
        search.steps = steps
        local target, rounds = follow(search, {
          name = name, first = start.plain, next_of = way.next_of,
        }, steps)
        if target then
          return search:explain("%s is %d rounds of %s%s%s, which Auth0 does not support",
            target.expression, rounds, name, start.what, way.what)
        end
      end
    end
  end
end

return nested
