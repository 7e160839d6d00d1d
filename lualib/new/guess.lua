--- What the columns of an export mean, by their values first and their names second.

local algorithms = require "new.algorithms"
local costs = require "new.costs"
local names = require "new.names"
local pieces = require "new.pieces"
local status_words = require "source.status_words"
local survey = require "new.survey"

local guess = {}

local MOST <const> = 0.5 -- of the values have a form that makes a column what it is
local NEARLY_ALL <const> = 0.9
local MOST_STATES <const> = 15 -- words of a status
local MOST_SCHEMES <const> = 20 -- words of a column that names algorithms
local LONGEST_ID <const> = 255
local KEY_SIZES <const> = {
  [16] = true, [20] = true, [24] = true, [28] = true, [32] = true, [48] = true, [64] = true,
} -- bytes
local LONGEST_SALT <const> = 64 -- bytes
local LEAST_NAMES <const> = 12 -- different ones, which words of a kind are not

---@class Guess
---@field fields table<Meaning, Column>
---@field others table<Meaning, Column[]>  further columns of a meaning, such as a second address
---@field used table<Column, Meaning>
---@field is_extension? true  of what another recipe leaves: only roles become metadata unasked

local share <const> = survey.share

-- Objects around a user's own members; others, such as an organization, have names of their own.
local OWN <const> = {
  profile = true, user = true, attributes = true, name = true, names = true, traits = true,
  data = true, personal = true, info = true, fields = true, account = true, person = true,
  credentials = true, contact = true, auth = true, login = true, identity = true, member = true,
  customer = true, player = true, details = true, userdata = true, meta = true, metadata = true,
}

---Of the values, those that say yes or no: a flag, a moment, a word.
local function is_flag(column)
  if column.is_list or column.filled == 0 then return false end
  local flags = math.max(share(column, "boolean"), (column.types.boolean or 0) / column.filled)
  return flags + share(column, "moment") + share(column, "epoch") + share(column, "confirmed")
    >= NEARLY_ALL
end

local function is_moment(column)
  return column.filled > 0 and share(column, "moment") + share(column, "epoch") >= NEARLY_ALL
end

---Whether each person has a value, and none has another's.
local function is_unique(column, people)
  local _, unique = column.distinct:count()
  return unique and column.filled >= people
end

local function hash_share(column)
  if column.identified == 0 then return 0 end
  local n = 0
  for _, times in pairs(column.hashes) do n = n + times end
  return n / column.identified * math.min(1, (column.asked or 0) / column.filled)
end

---Words and nothing that has a form of its own.
local function are_words(column)
  return not column.is_list and column.filled > 0 and share(column, "address") < MOST
    and share(column, "integer") < MOST and share(column, "moment") < MOST
    and share(column, "digest") < MOST and share(column, "uuid") < MOST
    and share(column, "url") < MOST and share(column, "json") < MOST and hash_share(column) < MOST
end

---Whether most values are as long as a digest or a key.
local function are_keys(column)
  if share(column, "digest") >= NEARLY_ALL then return true end
  return share(column, "bytes") >= MOST and KEY_SIZES[pieces.of(column, "", true).size] == true
end

---Whether all words of a column are names of algorithms.
local function are_algorithms(column)
  for word in pairs(column.words) do
    if not algorithms.of(word) then return false end
  end
  return next(column.words) ~= nil and not column.has_more
end

local function knows_states(column)
  local n, known, all = 0, 0, 0
  for word, times in pairs(column.words) do
    n, all = n + 1, all + times
    if status_words.closes(word) ~= nil then known = known + times end
  end
  return n > 0 and n <= MOST_STATES and not column.has_more and known > 0 and known >= all / 4
end

---How well a column fits a meaning by its values; nil if it cannot have it.
---@type table<Meaning, fun(column: Column, meaning: Meaning?, people: integer): number?>
local FITS <const> = {
  email = function(column, meaning)
    local found = share(column, "address")
    if found < MOST or column.is_list then return nil end
    return 2 * found + (meaning == "email" and 1 or meaning and -0.5 or 0)
  end,
  user_id = function(column, meaning, people)
    if meaning ~= "user_id" or column.is_list or not is_unique(column, people) then return nil end
    if share(column, "address") > 0 or column.longest > LONGEST_ID then return nil end
    return share(column, "words") - share(column, "word") <= 0 and 1 or nil
  end,
  username = function(column, meaning)
    if meaning ~= "username" or column.is_list or share(column, "address") >= NEARLY_ALL then
      return nil
    end
    return share(column, "moment") < MOST and not is_flag(column) and 1 or nil
  end,
  given_name = function(column, meaning)
    return meaning == "given_name" and are_words(column) and 1 or nil
  end,
  family_name = function(column, meaning)
    return meaning == "family_name" and are_words(column) and 1 or nil
  end,
  name = function(column, meaning)
    return meaning == "name" and are_words(column) and 1 or nil
  end,
  nickname = function(column, meaning)
    return meaning == "nickname" and are_words(column) and 1 or nil
  end,
  picture = function(column, meaning)
    return meaning == "picture" and share(column, "url") >= MOST and 1 or nil
  end,
  phone_number = function(column, meaning)
    local found = share(column, "international") + share(column, "national")
    if column.is_list or found < MOST then return nil end
    if meaning == "phone_number" then return 2 * found end
    local is_written = share(column, "international") >= NEARLY_ALL
      and share(column, "integer") < MOST
    return is_written and not meaning and 1 or nil
  end,
  hash = function(column, meaning)
    local found = hash_share(column)
    if column.is_list then return nil end
    if meaning == "hash" then return 1 + found end
    if names.is_secret(column.name) then return nil end
    if names.is_in_safe(column.key) and meaning ~= "salt" and are_keys(column) then return 0.5 end
    return found >= MOST and column.supported > 0 and found or nil
  end,
  totp = function(column, meaning)
    local found = share(column, "base32") + share(column, "otpauth")
    return meaning == "totp" and found >= NEARLY_ALL and 1 or nil
  end,
  roles = function(_, meaning)
    return meaning == "roles" and 1 or nil
  end,
  status = function(column, meaning)
    if meaning ~= "status" or column.is_list or is_flag(column) then return nil end
    return knows_states(column) and 1 or nil
  end,
  active = function(column, meaning)
    if not is_flag(column) or column.has_more then return nil end
    if meaning == "active" then return 2 end
    if meaning ~= "status" then return nil end
    local first = share(column, "boolean") >= NEARLY_ALL and next(column.words)
    return first and next(column.words, first) and 1 or nil
  end,
  blocked = function(column, meaning)
    return meaning == "blocked" and is_flag(column) and 1 or nil
  end,
  ["until"] = function(column, meaning)
    return meaning == "until" and is_moment(column) and 1 or nil
  end,
  country = function(column, meaning)
    return meaning == "country" and are_words(column) and 1 or nil
  end,
  created = function(column, meaning)
    return meaning == "created" and is_moment(column) and 1 or nil
  end,
  salt = function(column, meaning) return meaning == "salt" and not column.is_list and 1 or nil end,
  rounds = function(column, meaning)
    return meaning == "rounds" and share(column, "integer") >= NEARLY_ALL and 1 or nil
  end,
  algorithm = function(column, meaning)
    local n = column.distinct:count()
    if column.is_list or n > MOST_SCHEMES then return nil end
    return meaning == "algorithm" and 1 or are_algorithms(column) and 0.5 or nil
  end,
}
FITS.email_verified = function(column, meaning)
  local parent = column.key:match("([^.%[%]]*)%[?%]?%.[^.]*$")
  local is_word = share(column, "confirmed") >= NEARLY_ALL
    and names.meaning(parent or "") ~= "phone_number" and meaning ~= "phone_verified"
  return (is_word or meaning == "email_verified" and is_flag(column)) and 1 or nil
end
for _, flag in ipairs { "phone_verified", "deleted", "anonymous", "factor" } do
  FITS[flag] = function(column, meaning)
    return meaning == flag and is_flag(column) and 1 or nil
  end
end

-- What an organization, or another object in a record, may have as a person has.
local PERSONS <const> = {
  given_name = true, family_name = true, name = true, nickname = true, username = true,
  picture = true,
}

-- In which order meanings choose among the columns.
local ORDER <const> = {
  "email", "user_id", "hash", "phone_number", "email_verified", "phone_verified", "given_name",
  "family_name", "name", "username", "nickname", "picture", "totp", "factor", "roles", "status",
  "active", "blocked", "until", "deleted", "anonymous", "country", "created", "salt", "rounds",
  "algorithm",
}

---The object or item that a column is in.
local function parent_of(column)
  return column.key:match("^(.*)%.[^.]*$") or ""
end

---Whether the objects around a column are those of a user.
local function is_own(column)
  for i = column.is_joined and 2 or 1, #column.way - 1 do
    local step = column.way[i]
    local is_list = column.way[i + 1].kind ~= "member"
    if step.kind == "member" and not is_list and not OWN[names.plain(step.name)] then
      return names.meaning(step.name) ~= nil
    end
  end
  return true
end

-- What the word is called in an object of a status.
local STATES <const> = { code = true, value = true, name = true, state = true, current = true }

-- What a password is called in an object of passwords.
local KEPT <const> = { plain = true, text = true, value = true, digest = true, bcrypt = true }

---What the name of a column means; that of an item's value, what the name of its list does.
---@param column Column
---@return Meaning?
---@return number fit
function guess.meaning(column)
  local meaning, fit = names.meaning(column.name, column.prefix)
  local plain = names.plain(column.name)
  local parent = column.key:match("([^.%[%]]+)%[?%]?%.[^.]*$")
  if plain == "digest" and are_keys(column) then return "hash", 0.8 end
  local of_parent = parent and names.meaning(parent)
  if STATES[plain] and of_parent == "status" then return "status", 1 end
  if of_parent == "roles" and names.is_title(plain) then
    return "roles", plain == "name" and 1 or 0.9
  end
  if plain == "uid" and share(column, "word") > MOST and share(column, "token") < MOST
    and share(column, "integer") < MOST and share(column, "uuid") < MOST then
    return "username", 1 -- of a directory; elsewhere it is a number or a token
  end
  if KEPT[plain] and parent and names.meaning(parent) == "hash" then return "hash", 0.8 end
  if not meaning and parent and names.meaning(parent .. "_" .. column.name) == "totp" then
    return "totp", 0.8 -- the secret in an object of the second factor
  end
  local is_value = plain == "value" or plain == "address" or plain == "number"
  local list = column.key:match("([^.%[%]]+)%[%]%.[^.]*$")
  if is_value and list then
    meaning, fit = names.meaning(list)
    if not meaning then meaning, fit = names.meaning((list:gsub("e?s$", ""))) end
  end
  return meaning, fit
end

-- What lies beside a hash.
local BESIDE_HASH <const> = { salt = true, rounds = true, algorithm = true }

---How well a column fits, with its name and its place.
local function score_of(column, field, made, records)
  local meaning, fit = guess.meaning(column)
  local email = made.fields.email
  if PERSONS[field] and not is_own(column) then return nil end
  local by_values = FITS[field](column, meaning, email and email.filled or records)
  if not by_values then return nil end
  local score = by_values + (meaning == field and fit or 0) - (#column.way - 1) * 0.05
    + column.filled / math.max(records, 1) * 0.3
  if names.is_other(column.key) or not is_own(column) then score = score - 1 end
  local hash = BESIDE_HASH[field] and made.fields.hash
  if hash then score = score + costs.nearness(column, hash) * 0.3 end
  if field == "email_verified" and email and #email.way > 1
    and parent_of(email) == parent_of(column) then
    score = score + 1
  end
  return score
end

---Whether a column can have a meaning by its values, whatever its name says.
---@param column Column
---@param field Meaning
---@return boolean
function guess.fits(column, field)
  return FITS[field](column, field, column.filled) ~= nil
end

---@param made Guess
local function choose(made, columns, field, records)
  local found = {}
  for i, column in ipairs(columns) do
    local score = column.filled > 0 and not made.used[column]
      and score_of(column, field, made, records)
    if score then found[#found + 1] = { column = column, score = score, i = i } end
  end
  table.sort(found, function(a, b)
    if a.score == b.score then return a.i < b.i end
    return a.score > b.score
  end)
  if not found[1] then return end
  made.fields[field], made.used[found[1].column] = found[1].column, field
  made.others[field] = {}
  for i = 2, #found do table.insert(made.others[field], found[i].column) end
end

-- Names of keys that may also be those of other things.
local KEYS <const> = { key = true, number = true, nr = true, no = true, code = true, ref = true }

---The name without what most names begin with.
local function plain_of(column)
  local plain, prefix = names.plain(column.name), column.prefix
  local has_prefix = prefix and #plain > #prefix and plain:sub(1, #prefix) == prefix
  return has_prefix and plain:sub(#prefix + 1) or plain
end

---Whether a column is the record's own, and in no object.
local function is_flat(column)
  return #column.way == 1 or #column.way == 2 and column.way[2].kind == "first"
end

---Without a name that says so: the first column of keys, numbers or UUIDs that do not repeat.
local function choose_id(made, columns, records)
  local people = made.fields.email and made.fields.email.filled or records
  for _, column in ipairs(columns) do
    local is_key = KEYS[plain_of(column)] and share(column, "address") == 0
      and share(column, "words") <= share(column, "word") and column.longest <= LONGEST_ID
    local is_id = is_key or share(column, "integer") >= NEARLY_ALL
      or share(column, "uuid") >= NEARLY_ALL
    if not made.used[column] and is_id and share(column, "epoch") < MOST and is_flat(column)
      and share(column, "dialled") == 0 and is_unique(column, people)
      and not names.is_personal(column.name) then
      made.fields.user_id, made.used[column] = column, "user_id"
      return
    end
  end
end

---A column of names: most begin with a capital letter, and they hardly repeat.
local function are_names(column)
  local n = column.distinct:count()
  if not are_words(column) or n < LEAST_NAMES and n <= column.filled / 2 or column.longest > 80 then
    return false -- given names repeat, more so in large files
  end
  local capital = 0
  for _, sample in ipairs(column.samples) do
    if sample:find("^%u%l") or sample:find("^[\xc3-\xe9]") then capital = capital + 1 end
  end
  return capital >= #column.samples * MOST
end

---Words of which each is known to open or close an account, and one closes it.
local function are_states(column)
  if column.is_list or column.has_more or is_flag(column) then return false end
  local n, closes = 0, false
  for word in pairs(column.words) do
    local closing = status_words.closes(word)
    if closing == nil then return false end
    n, closes = n + 1, closes or closing
  end
  return n > 1 and closes
end

---Columns without a name: two of single words are a given and a family name, a single one the full
---name, and digests those of passwords. A moment behind the address, which is not always there, is
---that of its confirmation.
local function choose_nameless(made, columns)
  local found = {}
  for i, column in ipairs(columns) do
    if not made.used[column] and are_names(column) then found[#found + 1] = column end
    if not made.fields.status and not made.used[column] and are_states(column) then
      made.fields.status, made.used[column] = column, "status"
    end
    local before = columns[i - 1]
    if before and before == made.fields.email and not made.fields.email_verified
      and is_flag(column) and not made.used[column] then
      made.fields.email_verified, made.used[column] = column, "email_verified"
    elseif not made.fields.hash and not made.used[column]
      and share(column, "digest") >= NEARLY_ALL then
      made.fields.hash, made.used[column] = column, "hash"
    end
  end
  local fields = #found >= 2 and share(found[1], "word") >= MOST
    and { "given_name", "family_name" } or { "name" }
  for i, field in ipairs(fields) do
    if found[i] and not made.fields[field] then
      made.fields[field], made.used[found[i]] = found[i], field
    end
  end
end

---A "name" beside given names, of one word, is the family's.
local function settle_names(made)
  local fields = made.fields
  local name = fields.name
  if name and fields.given_name and not fields.family_name
    and share(name, "word") >= MOST and names.plain(name.name) == "name" then
    fields.family_name, fields.name = name, nil
    made.used[name] = "family_name"
  end
end

-- What a digest or key may be called beside a salt.
local KEY_NAMES <const> = {
  key = true, digest = true, verifier = true, dk = true, derivedkey = true, derived = true,
  value = true, secret = true, data = true,
}

---Without a column of hashes: a digest or key beside the salt.
local function choose_key(made, columns)
  local salt, best = made.fields.salt, nil
  for _, column in ipairs(salt and not made.fields.hash and columns or {}) do
    local near = costs.nearness(column, salt) + (KEY_NAMES[names.plain(column.name)] and 1 or 0)
    if not made.used[column] and not column.is_list and are_keys(column)
      and (not best or near > best.near) then
      best = { column = column, near = near }
    end
  end
  if best then made.fields.hash, made.used[best.column] = best.column, "hash" end
end

---Without a column that is called a salt: bytes in the same object as the digest.
local function choose_salt(made, columns)
  local hash = made.fields.hash
  if not hash or made.fields.salt or not are_keys(hash) then return end
  for _, column in ipairs(columns) do
    local is_beside = #column.way == #hash.way and parent_of(column) == parent_of(hash)
    if is_beside and not made.used[column] and share(column, "bytes") >= MOST
      and column.filled >= hash.filled * MOST and column.longest <= LONGEST_SALT then
      made.fields.salt, made.used[column] = column, "salt"
      return
    end
  end
end

---What lies beside the hash. The passes of argon2 are no rounds of another function.
local function choose_costs(made, columns)
  local hash = made.fields.hash
  for cost, column in pairs(hash and costs.find(hash, columns, made.used) or {}) do
    if made.used[column] == "rounds" then made.fields.rounds = nil end
    made.fields[cost], made.used[column] = column, cost
  end
end

---A salt, its rounds and the name of an algorithm mean something beside a hash only.
local function settle_hash(made)
  if made.fields.hash then return end
  for _, field in ipairs { "salt", "rounds", "algorithm" } do
    local column = made.fields[field]
    if column then made.used[column], made.fields[field] = nil, nil end
  end
end

---Names for the columns of a file without any: what they mean, or their number.
---@param made Guess
---@param columns Column[]
---@return string[]  the option `header`
function guess.name_columns(made, columns)
  local header = {}
  for i, column in ipairs(columns) do
    local name = made.used[column]
    header[i] = name == "hash" and "password" or name or "column_" .. i
    column.key, column.name, column.way = header[i], header[i], {
      { kind = "member", name = header[i] },
    }
  end
  return header
end

---@param columns Column[]
---@param records integer
---@param is_nameless? boolean  the file has no names of columns
---@return Guess
function guess.of(columns, records, is_nameless)
  local made, list = { fields = {}, others = {}, used = {} }, {}
  for i, column in ipairs(columns) do list[i] = column.name end
  local prefix = names.prefix(list)
  for _, column in ipairs(columns) do column.prefix = prefix end
  for _, field in ipairs(ORDER) do choose(made, columns, field, records) end
  if not made.fields.user_id then choose_id(made, columns, records) end
  if is_nameless then choose_nameless(made, columns) end
  settle_names(made)
  choose_key(made, columns)
  choose_salt(made, columns)
  settle_hash(made)
  choose_costs(made, columns)
  return made
end

-- What a table of users has, and how much it counts.
local WEIGHTS <const> = {
  email = 10, hash = 5, user_id = 2, username = 3, given_name = 2, family_name = 2, name = 1,
  phone_number = 1, email_verified = 2, active = 1, created = 1,
}

---How much columns look like those of users.
---@param columns Column[]
---@param records integer
---@return number
function guess.weight(columns, records)
  local made, weight = guess.of(columns, records), 0
  for field, column in pairs(made.fields) do
    weight = weight + (WEIGHTS[field] or 0) * (column.filled / math.max(records, 1))
  end
  return weight
end

return guess
