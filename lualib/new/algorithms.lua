--- What a word says about the hash that it stands beside, or before: "SHA-1", "pbkdf2_sha256".

local algorithms = {}

local LEAST_ROUNDS <const> = 100 -- a smaller number in a name is a size or a version
local LONGEST <const> = 40 -- characters of a name

---@class Algorithm
---@field kind "auto"|"digest"|"pbkdf2"|"scrypt"|"argon2"|"hmac"|"cleartext"|"unsupported"
---@field digest? string    "sha256"
---@field variant? string   of argon2: "id"
---@field rounds? integer   of pbkdf2, if the word has them

-- Words of which the value itself says more than they do.
local OF_ITSELF <const> = {
  "bcrypt", "blowfish", "phpass", "crypt", "django", "werkzeug", "phc", "passwordhash",
}
local CLEAR <const> = {
  plain = true, clear = true, plaintext = true, cleartext = true, noop = true,
}
-- The longer ones first.
local DIGESTS <const> = {
  { "sha512", "sha512" }, { "sha384", "sha384" }, { "sha256", "sha256" }, { "sha1", "sha1" },
  { "md5", "md5" }, { "md4", "md4" },
}

---The digest in a name, and whether it is there twice, as in "md5(md5)".
local function digest_of(plain)
  for _, one in ipairs(DIGESTS) do
    local _, n = plain:gsub(one[1], "")
    if n > 0 then return one[2], n > 1 end
  end
  if plain == "sha" or plain == "ssha" then return "sha1" end
end

---@param word any
---@return Algorithm?  nil: it is no name of an algorithm
function algorithms.of(word)
  if type(word) ~= "string" or #word > LONGEST then return nil end
  local plain = word:lower():gsub("[^%w]", "")
  local name, is_twice = digest_of(plain)
  if plain:find("pbkdf2") then
    local rounds
    for digits in word:gmatch("%f[%d]%d+%f[%D]") do
      local n = math.tointeger(tonumber(digits))
      if n and n > LEAST_ROUNDS and n ~= 256 and n ~= 384 and n ~= 512 then rounds = n end
    end
    return { kind = "pbkdf2", digest = name, rounds = rounds }
  elseif plain:find("argon2") then
    return { kind = "argon2", variant = plain:match("argon2(id?)") or plain:match("argon2(d)") }
  elseif plain:find("scrypt") then
    return { kind = "scrypt" }
  end
  for _, one in ipairs(OF_ITSELF) do
    if plain:find(one) then return { kind = "auto" } end
  end
  if plain:find("^nt") and (plain == "nt" or plain == "ntlm" or plain == "nthash") then
    return { kind = "digest", digest = "ntlm" }
  end
  if CLEAR[plain] then return { kind = "cleartext" } end
  if not name then return nil end
  if is_twice then return { kind = "unsupported" } end
  return { kind = plain:find("hmac") and "hmac" or "digest", digest = name }
end

return algorithms
