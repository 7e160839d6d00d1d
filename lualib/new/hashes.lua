--- How the passwords of an export are stored, and the expression that builds what Auth0 imports.

local digest = require "host.digest"
local identify = require "auth0.hash.identify"
local pieces = require "new.pieces"
local survey = require "new.survey"

local hashes = {}

---What lies beside a hash, in the order in which functions take it.
---@type string[]
hashes.PARTS = { "salt", "rounds", "cost", "block", "lanes", "memory", "time" }

local MOST <const> = 0.5
local DIGESTS <const> = { [16] = "md5", [20] = "sha1", [32] = "sha256", [64] = "sha512" }
local LARGEST_LOG <const> = 31 -- a cost of scrypt up to this is log2 of N
local LEAST_BYTES <const> = 4194304 -- a memory of argon2 from here on is in bytes, not in KiB
local LONGEST_CLEARTEXT <const> = 40 -- characters

---What passport-local-mongoose derives by default, which is known by its size: its settings are in
---no column.
local PASSPORT <const> = { size = 512, digest = "sha256", rounds = 25000 }

local PROVE <const> = "`prove` confirms it with one known login"

---@class PasswordPlan
---@field kind "auto"|"cleartext"|"digest"|"salted"|"hmac"|"pbkdf2"|"scrypt"|"argon2"|"joined"
---  |"written"|"mixed"|"branches"|"none"
---@field expression? string  of the hash; nil: it cannot be imported
---@field comments string[]   what was doubtful
---@field scheme? string      the most frequent
---@field digest? string      "sha256"
---@field key? Piece          the digest or key
---@field salt? Piece
---@field costs? table<string, integer|string>  of a made-up hash, by the column's meaning
---@field is_wrapped? boolean the hashes are the hexadecimal digits of text
---@field list? Branch[]       of several schemes
---@field best? Branch         with the most records
---@field parts? string[]      what their functions take besides the hash
---@field has_email? boolean   and the address
---@field n_left? integer      words that are not written
---@field separator? string    between a digest and its salt
---@field may_be_nil? boolean the expression needs a value
---@field formats? string[]   of bare digests: "md5", "sha256_salted"
---@field auto? string         the part that reads hashes that say what they are
---@field alternatives? {format: string, written: string}[]  the parts for bare digests
---@field is_suffix? boolean   the salt follows the password

---What a plan is made of.
---@class PasswordColumns
---@field hash Column
---@field fields table<string, Column>  salt, rounds, and the costs
---@field ways table<string, string>    the expression of each
---@field hint? Algorithm               what a word says about the hashes

---Digests that are joined to their salt, among the samples: the digest, how many, and what joins
---them.
local function joined_of(column)
  local counts, n, separator = {}, 0, ":"
  for _, value in ipairs(column.samples) do
    local first, between, second = value:match("^([%w+/=_.-]+)([:$|])([^:$|%c]+)$")
    local one = first and pieces.of({ samples = { first } }, "", true).size
    local other = second and pieces.of({ samples = { second } }, "", true).size
    local name = DIGESTS[one or 0] or DIGESTS[other or 0]
    if name then counts[name], n, separator = (counts[name] or 0) + 1, n + 1, between end
  end
  return pieces.most_of(counts), n, separator
end

---A digest and its salt in one.
local function of_joined(expression, name, separator)
  local format, written = name .. "_salted", expression
  if separator ~= ":" then written = string.format('(%s:gsub("[$|]", ":", 1))', expression) end
  return {
    kind = "joined", digest = name, formats = { format }, may_be_nil = true, separator = separator,
    expression = string.format('password.declared(%s, "%s")', written, format),
    comments = {
      "a digest and its salt, taken for " .. name:upper() .. " of the salt, then the password; "
        .. 'if the password comes first, it is "' .. format .. '_suffix": ' .. PROVE,
    },
  }
end

---@param given PasswordColumns
---@param key Piece
---@param salt? Piece
---@return PasswordPlan?
local function of_pbkdf2(given, key, salt)
  local hint, ways = given.hint or {}, given.ways
  local rounds, name = ways.rounds, hint.digest or DIGESTS[key.size or 0] or "sha256"
  local comments, made_rounds = {}, "1000"
  if not rounds and hint.rounds then
    rounds, made_rounds = tostring(hint.rounds), tostring(hint.rounds)
  elseif not rounds and key.size == PASSPORT.size then
    rounds, made_rounds = tostring(PASSPORT.rounds), tostring(PASSPORT.rounds)
    name = PASSPORT.digest
    comments[1] = "taken for PBKDF2 with the defaults of passport-local-mongoose: " .. PROVE
  end
  if not rounds then return nil end
  if #comments == 0 and not hint.digest then
    comments[1] = "taken for PBKDF2, because rounds and salt lie beside it; its digest, or how its "
      .. "salt is written, may be another: " .. PROVE
  end
  return {
    kind = "pbkdf2", digest = name, key = key, salt = salt, may_be_nil = true,
    comments = comments,
    costs = ways.rounds and { rounds = made_rounds } or { fixed_rounds = made_rounds },
    expression = string.format('password.pbkdf2("%s", %s, %s, %s)', name, rounds,
      salt and salt:bytes(true) or '""', key:bytes()),
  }
end

---PBKDF2 whose rounds, salt and key are in one value, behind the name of the digest:
---"sha256:64000:salt:key", as libraries for PHP and .NET write it.
---@param given PasswordColumns
---@return PasswordPlan?
local function of_written_rounds(given)
  local hint, column, n = given.hint, given.hash, 0
  if not hint or not hint.digest then return nil end
  for _, sample in ipairs(column.samples) do
    local salt, key = sample:match("^%d+:[%d:]*([^:]+):([^:]+)$")
    if salt and digest.unbase64(salt) and digest.unbase64(key) then n = n + 1 end
  end
  if n == 0 or n < #column.samples * MOST then return nil end
  local way = given.ways.hash
  return {
    kind = "written", digest = hint.digest, comments = {},
    expression = string.format('password.pbkdf2("%s", %s:match("^%%d+"), '
      .. 'password.bytes(%s:match("([^:]+):[^:]+$"), "base64"), '
      .. 'password.bytes(%s:match("[^:]+$"), "base64"))', hint.digest, way, way, way),
  }
end

---The largest number among the samples of a column.
local function largest(column)
  local most = 0
  for _, sample in ipairs(column.samples) do most = math.max(most, tonumber(sample) or 0) end
  return most
end

---The fields of a table constructor: "block = row.r".
local function members_of(list)
  local written = {}
  for _, one in ipairs(list) do
    if one[2] then written[#written + 1] = one[1] .. " = " .. one[2] end
  end
  return "{ " .. table.concat(written, ", ") .. " }"
end

---@param given PasswordColumns
---@param key Piece
---@param salt? Piece
---@return PasswordPlan?
local function of_scrypt(given, key, salt)
  local ways, fields = given.ways, given.fields
  local cost = ways.cost or given.hint and given.hint.kind == "scrypt" and ways.rounds
  if not cost or not salt then return nil end
  local is_log = largest(fields.cost or fields.rounds) <= LARGEST_LOG
  local made = is_log and "10" or "1024"
  return {
    kind = "scrypt", key = key, salt = salt, comments = {},
    costs = { cost = made, rounds = made, block = "8", lanes = "1" },
    expression = "password.scrypt " .. members_of {
      { "cost", is_log and string.format("%s and 2 ^ tonumber(%s)", cost, cost) or cost },
      { "block", ways.block }, { "lanes", ways.lanes }, { "salt", salt:bytes(true) },
      { "key", key:bytes() },
    },
  }
end

---@param given PasswordColumns
---@param key Piece
---@param salt? Piece
---@return PasswordPlan?
local function of_argon2(given, key, salt)
  local ways, fields, hint = given.ways, given.fields, given.hint or {}
  local memory, time = ways.memory, ways.time or ways.rounds
  if not memory or not time or not salt then return nil end
  local are_bytes = largest(fields.memory) >= LEAST_BYTES
  local comments = {}
  if not hint.variant then comments[1] = "taken for argon2id; argon2i is another: " .. PROVE end
  if hint.variant == "d" then return nil end
  return {
    kind = "argon2", key = key, salt = salt, comments = comments, scheme = hint.variant or "id",
    costs = {
      memory = are_bytes and "4194304" or "4096", time = "3", rounds = "3", lanes = "1",
    },
    expression = "password.argon2 " .. members_of {
      { "kind", '"' .. (hint.variant or "id") .. '"' },
      { "memory", are_bytes and string.format("%s and tonumber(%s) // 1024", memory, memory)
        or memory }, { "time", time },
      { "lanes", ways.lanes or "1" }, { "salt", salt:bytes(true) }, { "key", key:bytes() },
    },
  }
end

---How a digest and its salt are written, as options.
local function options_of(key, salt)
  local needs = key.encoding == "binary" and '"binary"' or nil
  local is_decoded = salt and (salt.encoding == "binary"
    or salt.encoding == "base64" and key.encoding == "base64")
  local encoding = is_decoded and '"' .. salt.encoding .. '"' or nil
  return members_of {
    { "encoding", needs }, { "salt", salt and salt.way }, { "salt_encoding", encoding },
  }
end

---The digests that bare values may be, by their sizes, the most frequent first.
local function names_of(column, key)
  local sizes, found = {}, {}
  for size in pairs(key.encoding == "hex" and column.sizes or {}) do
    if DIGESTS[size] and size ~= key.size then sizes[#sizes + 1] = size end
  end
  table.sort(sizes)
  found[1] = DIGESTS[key.size]
  for _, size in ipairs(sizes) do found[#found + 1] = DIGESTS[size] end
  return found
end

---Digests of several sizes, each of the password alone.
local function of_sizes(names, key)
  local parts, alternatives = {}, {}
  for i, name in ipairs(names) do
    parts[i] = string.format('password.declared(%s, "%s")', key.way, name)
    alternatives[i] = { format = name, written = parts[i] }
  end
  return {
    kind = "digest", digest = names[1], key = key, formats = names, may_be_nil = true,
    alternatives = alternatives,
    expression = table.concat(parts, " or "),
    comments = { "digests of several sizes, taken for " .. table.concat(names, " and ")
      .. " of the password alone: " .. PROVE },
  }
end

---A single digest per password.
---@param given PasswordColumns
---@param key Piece
---@param salt? Piece
---@return PasswordPlan?
local function of_digest(given, key, salt)
  local hint = given.hint or {}
  local name = hint.digest or DIGESTS[key.size or 0]
  if not name then return nil end
  if salt then
    return {
      kind = "salted", digest = name, key = key, salt = salt, may_be_nil = true,
      formats = { name .. "_salted" },
      expression = string.format('password.declared(%s, "%s_salted", %s)', key.way, name,
        options_of(key, salt)),
      comments = {
        "taken for " .. name:upper() .. " of the salt, then the password; if the password comes "
          .. 'first, it is "' .. name .. '_salted_suffix": ' .. PROVE,
      },
    }
  end
  local names = names_of(given.hash, key)
  if not hint.digest and #names > 1 then return of_sizes(names, key) end
  local encoded = (key.encoding == "base64" or key.encoding == "binary")
    and string.format(', { encoding = "%s" }', key.encoding) or ""
  local expression = string.format('password.digest("%s", %s%s)', name, key.way, encoded)
  if name == "ntlm" then
    expression = string.format('password.declared(%s, "ntlm"%s)', key.way, encoded)
  end
  local comments = {}
  if not hint.digest then
    comments[1] = "a bare digest does not say how it was made; taken for " .. name:upper()
      .. " of the password alone: " .. PROVE
  end
  return {
    kind = "digest", digest = name, key = key, formats = { name }, expression = expression,
    comments = comments,
  }
end

---An HMAC whose key is the salt.
local function of_hmac(given, key, salt)
  local name = given.hint.digest
  local encodings = members_of {
    { "encoding", key.encoding ~= "text" and '"' .. key.encoding .. '"' or nil },
    { "key_encoding", (salt.encoding == "binary" or salt.encoding == "base64")
      and '"' .. salt.encoding .. '"' or nil },
  }
  return {
    kind = "hmac", digest = name, key = key, salt = salt,
    expression = string.format('password.hmac("%s", %s, %s, %s)', name, key.way, salt.way,
      encodings),
    comments = { "taken for an HMAC whose key is the salt: " .. PROVE },
  }
end

local ORDER <const> = {
  scrypt = { of_scrypt }, argon2 = { of_argon2 }, pbkdf2 = { of_pbkdf2 },
  digest = { of_pbkdf2, of_digest }, -- of PBKDF2, if rounds lie beside it
}

---A digest, or a key that was derived with what lies beside it.
---@param given PasswordColumns
---@return PasswordPlan?
local function of_parts(given)
  local key = pieces.of(given.hash, given.ways.hash, true)
  local salt = given.fields.salt and given.fields.salt.filled > 0
    and pieces.of(given.fields.salt, given.ways.salt) or nil
  local hint = given.hint and given.hint.kind
  if not key.size then return nil end
  if hint == "hmac" and salt then return of_hmac(given, key, salt) end
  for _, make in ipairs(ORDER[hint] or { of_scrypt, of_argon2, of_pbkdf2, of_digest }) do
    local plan = make(given, key, salt)
    if plan then return plan end
  end
end

---The expression for several schemes: those that name themselves, then digests by their form.
---@param salt? string  the expression of a salt in a column of its own
local function of_mixture(expression, scheme, digests, salt)
  local auto = "password.auto(" .. expression .. ")"
  local parts, formats, alternatives = { auto }, {}, {}
  for _, format in ipairs(digests) do
    local is_salted = salt and not format:find("_salted")
    if is_salted then format = format .. "_salted" end
    formats[#formats + 1] = format
    parts[#parts + 1] = string.format('password.declared(%s, "%s"%s)', expression, format,
      is_salted and ", { salt = " .. salt .. " }" or "")
    alternatives[#alternatives + 1] = { format = format, written = parts[#parts] }
  end
  return {
    kind = "mixed", scheme = scheme, formats = formats, may_be_nil = true,
    auto = auto, alternatives = alternatives,
    expression = table.concat(parts, " or "),
    comments = {
      "bare digests beside other hashes, taken for " .. table.concat(formats, " and ")
        .. " (salt first): " .. PROVE,
    },
  }
end

---Passwords that are stored as they are. The address is a local of `map`, and never nil there.
local function of_cleartext(expression)
  return {
    kind = "cleartext", may_be_nil = true,
    expression = string.format("password.cleartext(%s, email)", expression),
    comments = {
      "taken for the passwords themselves, of which bcrypt hashes are made here, about ten a "
        .. "second and processor: " .. PROVE,
    },
  }
end

local function unsupported(scheme, reason)
  return {
    kind = "none", scheme = scheme,
    comments = {
      scheme .. ": " .. reason .. "; these users set a new password",
    },
  }
end

---The reason why Auth0 does not take the hashes of a column.
local function reason_of(column)
  for _, value in ipairs(column.samples) do
    local kind = identify.of(value)
    if kind and kind.supported == false and kind.scheme ~= "unknown" then
      return kind.reason or "Auth0 does not support it"
    end
  end
  return "Auth0 does not support it"
end

---Hashes that say themselves what they are, some of them perhaps beside digests.
local function of_themselves(given, scheme, joined)
  local column, digests, sizes = given.hash, {}, {}
  for size in pairs(column.sizes) do sizes[#sizes + 1] = size end
  table.sort(sizes)
  for _, size in ipairs(sizes) do
    -- Base64 of ASP.NET has other sizes; what auto takes is not declared.
    if DIGESTS[size] and pieces.most_of(column.texts.digest) == "hex" and not column.wrapped then
      digests[#digests + 1] = DIGESTS[size]
    end
  end
  local salt = given.fields.salt and given.fields.salt.filled > 0 and given.ways.salt
  if joined then digests[#digests + 1] = joined .. "_salted" end
  if #digests > 0 then return of_mixture(given.ways.hash, scheme, digests, salt) end
  local comments, written = {}, given.ways.hash
  if column.wrapped then written = string.format('password.bytes(%s, "binary")', written) end
  if scheme == "bcrypt" then
    comments[1] = "if the old system added a secret to passwords (pepper):"
    comments[2] = "password.bcrypt(" .. written .. ", { pepper = params.pepper })"
  end
  local auto = "password.auto(" .. written .. ")"
  return {
    kind = "auto", scheme = scheme, comments = comments, is_wrapped = column.wrapped ~= nil,
    expression = auto, auto = auto,
  }
end

---@param given PasswordColumns
---@return PasswordPlan
function hashes.plan(given)
  local column, expression, hint = given.hash, given.ways.hash, given.hint
  local scheme = pieces.most_of(column.hashes)
  local joined, n_joined, separator = joined_of(column)
  local n_digests = column.forms.digest or 0
  if hint and hint.kind == "cleartext" then return of_cleartext(expression) end
  if scheme and column.supported > 0 then
    return of_themselves(given, scheme, separator == ":" and joined)
  end
  local written = of_written_rounds(given)
  if written then return written end
  if n_joined > column.filled * MOST or joined and n_digests == 0 then
    return of_joined(expression, joined, separator)
  end
  local may_have_parts = not scheme or n_digests > column.filled * MOST
  local plan = may_have_parts and (not hint or hint.kind ~= "unsupported") and of_parts(given)
  if plan then return plan end
  if scheme then return unsupported(scheme, reason_of(column)) end
  local is_clear = survey.share(column, "token") < MOST and (column.forms.bytes or 0) == 0
    and column.longest < LONGEST_CLEARTEXT and not hint and not given.fields.salt
  if is_clear and column.filled > 0 then return of_cleartext(expression) end
  return {
    kind = "none",
    comments = { "the scheme of these values is not known: `auth0-migrate hash identify` says "
      .. "what one may be, and `prove` finds it with a known login" },
  }
end

return hashes
