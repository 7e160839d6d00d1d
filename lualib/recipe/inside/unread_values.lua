--- Records values that a recipe's helpers cannot read: its copies of `auth0.password` and
--- `source.value` note each nil result, so that no password, phone number or date is lost silently.

local build = require "auth0.hash.build"
local identifiers = require "auth0.identifiers"
local password = require "auth0.password"
local user_rules = require "auth0.user"
local value = require "source.value"
local redact = require "auth0.redact"
local spelling = require "base.spelling"

local unread_values = {}

---@class UnreadValues  of the current record
---@field any? true              another field may be set
---@field hash? string           why the first hash was rejected
---@field built? boolean          a builder returned a hash
---@field lost integer            what its user loses, see recipe.inside.losses
---@field called? true           a builder was called, for any record
---@field values? table<string, any[]>  the unreadable values, by helper
---@field warned? table<string, true>  helpers of whose value the recipe itself warned

-- These return no hash.
local OTHERS <const> = { bytes = true, fields = true, identify = true, is_format = true }

---Helpers of source.value that return nil for a value they cannot read, and what to do about it.
---@type table<string, string>
local READERS <const> = {
  boolean = "value.boolean accepts true/false, t/f, yes/no, on/off, 1/0; map others yourself.",
  confirmed = "value.confirmed accepts what value.boolean or value.date accepts.",
  date = "value.date accepts ISO 8601, SQL dates and epochs; convert others first.",
  email = "These users have no e-mail address unless the recipe sets one.",
  filetime = "value.filetime accepts 100-nanosecond ticks since 1601; others are for value.date.",
  json = "Correct the text in the source, or map the value differently.",
  phone = 'National numbers need a country: value.phone(row.phone, "DE"); keep others as metadata.',
  php_unserialize = "value.php_unserialize accepts what serialize() writes, without references; "
    .. "correct the text in the source.",
  username = "These users cannot log in by this name: Auth0 accepts no such username, or it is "
    .. "another e-mail address.",
  totp = "Only 6-digit, 30-second SHA-1 codes can be imported; these users must enroll again.",
  uuid = "value.uuid accepts 16 bytes, 32 hexadecimal digits, or the text of a UUID.",
  url = "Map an http or https URL; these users have no picture unless the recipe sets one.",
}

---What is said of them where "cannot read" says too little.
---@type table<string, string>
local MESSAGES <const> = {
  url = "values that are not an http or https URL and were left out",
  username = "usernames that were left out: another e-mail address, or characters that Auth0 does "
    .. "not accept",
}

-- How systems write "no date".
local NO_DATE <const> = {
  ["9223372036854775807"] = true, ["253402300799"] = true, ["253402300799000"] = true,
  ["253402300799999"] = true, ["0"] = true, ["0.0"] = true,
}

local SALT <const> = { "salt", "position", "salt_encoding", "encoding", "password_encoding" }

-- Which argument of a builder has options, and their names.
---@type table<string, {[1]: integer, [2]: string[]}>
local OPTIONS <const> = {
  argon2 = { 1, { "kind", "version", "memory", "time", "lanes", "salt", "key" } },
  auto = { 2, { "password_encoding" } },
  bcrypt = { 2, { "pepper", "position" } },
  clerk = { 3, { "position" } },
  declared = { 3, { "salt", "salt_encoding", "encoding", "order" } },
  digest = { 3, SALT },
  fusionauth = { 1, { "scheme", "factor", "salt", "password" } },
  hmac = { 4, { "key_encoding", table.unpack(SALT) } },
  membership = { 1, { "format", "salt", "password", "id", "algorithm" } },
  scrypt = { 1, { "salt", "key", "cost", "block", "lanes" } },
}

-- Builders of which that argument must be a table, or nothing.
local OPTIONAL <const> = { bcrypt = true, declared = true, digest = true, hmac = true }

---Notes that a builder returned a hash, or why not; `auto` returns the reason third.
local function noting_hash(unread, name, fn)
  local function note(first, second, third)
    unread.called = true
    local why = second or third
    if first ~= nil then
      unread.built = true
    elseif why ~= build.NONE then
      unread.hash, unread.any = unread.hash or why, true
    end
    return first, second, third
  end
  local options = OPTIONS[name]
  if not options then return function(...) return note(fn(...)) end end
  return function(...)
    local given = select(options[1], ...)
    -- `password.auto(text:gsub(...))` passes the count of gsub in place of options.
    if type(given) == "table" or given ~= nil and OPTIONAL[name] then
      spelling.check_options("password." .. name, given, options[2])
    end
    return note(fn(...))
  end
end

---Whether a value that reads as nil has content. A username that is the id does not count.
local function says_something(name, given, id)
  if type(given) ~= "string" and type(given) ~= "number" then return false end
  local written = tostring(given)
  local is_date = name == "date" or name == "filetime"
  if is_date and (NO_DATE[written] or not written:find("[1-9]")) then return false end
  if name == "php_unserialize" and written:find("^%s*N;%s*$") then return false end
  if name == "json" and written:find("^%s*null%s*$") then return false end
  local trimmed = value.trim(written)
  return trimmed ~= nil and not (name == "username" and trimmed == id)
end

---The helpers take three arguments at most: a function with `...` costs half as much again.
local function noting_value(unread, name, fn)
  return function(given, second, third)
    local read, why = fn(given, second, third)
    if read == nil and given ~= nil and says_something(name, given, second) then
      unread.values, unread.any = unread.values or {}, true
      unread.values[name] = unread.values[name] or {}
      table.insert(unread.values[name], given)
    end
    if why ~= nil then return read, why end
    return read -- alone: a second nil could be an extra argument for the caller
  end
end

---Notes undecodable bytes: a builder would treat their nil as a missing hash.
local function noting_bytes(unread, fn)
  return function(given, encoding)
    local bytes = fn(given, encoding)
    if bytes == nil and says_something("bytes", given) then
      unread.hash, unread.any = unread.hash or "a value is not " .. tostring(encoding), true
    end
    return bytes
  end
end

local function copy(module)
  local own = {}
  for name, one in pairs(module) do own[name] = one end
  return own
end

---The two modules of a recipe, by name, and their notes.
---@return table<string, table> modules
---@return UnreadValues unread
function unread_values.new()
  local unread, hashes, values = { lost = 0 }, copy(password), copy(value)
  for name, fn in pairs(password) do
    if not OTHERS[name] then hashes[name] = noting_hash(unread, name, fn) end
  end
  hashes.bytes = noting_bytes(unread, password.bytes)
  for name in pairs(READERS) do
    values[name] = noting_value(unread, name, value[name])
  end
  return { ["auth0.password"] = hashes, ["source.value"] = values }, unread
end

local function has_totp(user)
  for _, factor in ipairs(type(user.mfa_factors) == "table" and user.mfa_factors or {}) do
    if type(factor) == "table" and factor.totp then return true end
  end
  return false
end

---Helpers whose unreadable value is a loss, unless the user has another.
---@type table<string, {what: LostThing, reason: string, has: fun(user: User): boolean}>
local LOSSES <const> = {
  phone = {
    what = "phone", reason = "the number cannot be read",
    has = function(user) return user.phone_number ~= nil end,
  },
  totp = {
    what = "totp", reason = "not 6 digits, 30 seconds and SHA-1, or the secret cannot be read",
    has = has_totp,
  },
  username = {
    what = "username", reason = "Auth0 accepts no such username",
    has = function(user) return user.username ~= nil end,
  },
}

---Call before each record.
---@param unread UnreadValues
function unread_values.clear(unread)
  unread.any, unread.hash, unread.values, unread.warned = nil, nil, nil, nil
  -- Not nil: a key that comes and goes for each record costs more.
  unread.built, unread.lost = false, 0
end

---@class UnreadWarning
---@field code string
---@field message string
---@field shape? string  the redacted value
---@field fix string

---The warning for a user without a password.
---@return UnreadWarning?
local function of_password(unread)
  if unread.built then
    return {
      code = "password_not_assigned",
      message = "hashes that the recipe built but assigned to no user",
      fix = "Assign the first result: `custom_password_hash = password.auto(row.hash)`.",
    }
  elseif unread.hash then
    return {
      code = "password_not_kept",
      message = "hashes that cannot be imported, the first: " .. unread.hash,
      fix = "These users must set a new password; `prove` searches for a format that matches.",
    }
  end
end

---Whether a username is another address than the user's own, by which people log in anyway.
local function is_other_name(unread, user)
  local address = identifiers.fold(user.email)
  for _, given in ipairs(unread.values.username or {}) do
    if identifiers.fold(value.trim(given)) ~= address then return true end
  end
  return false
end

---Whether an unreadable value counts: the recipe did not warn of it.
local function counts(unread, name, user)
  if unread.warned and unread.warned[name] then return false end
  return name ~= "username" or is_other_name(unread, user)
end

---What a user loses, as far as helpers know: the hash was rejected, or a value cannot be read.
---@param unread UnreadValues
---@param user User
---@param lose fun(what: LostThing, reason: string)
function unread_values.losses(unread, user, lose)
  if not user_rules.has_password(user) then
    local why = unread.built and "the recipe assigned the hash to no user" or unread.hash
    if why then lose("password", why) end
  end
  for name, loss in pairs(unread.values and LOSSES or {}) do
    local is_other = name ~= "username" or is_other_name(unread, user)
    if unread.values[name] and is_other and not loss.has(user) then lose(loss.what, loss.reason) end
  end
end

---The helpers whose unreadable values count, sorted.
local function names_of(unread, user)
  local names = {}
  for name in pairs(unread.values or {}) do
    if counts(unread, name, user) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

---Whether there is anything to say about a user's hash or values.
---@param unread UnreadValues
---@param user User
---@return boolean
function unread_values.any(unread, user)
  return unread.hash ~= nil or names_of(unread, user)[1] ~= nil
end

local SWITCHES <const> = {}
for name in ([[active activated enabled disabled deactivated inactive blocked locked lockedout
  suspended banned]]):gmatch("%a+") do
  SWITCHES[name], SWITCHES["is" .. name] = true, true
end

---Whether one of the values is that of a member of the record that switches a person off.
local function is_of_switch(record, values)
  if type(record) ~= "table" then return false end
  for name, member in next, record do
    if type(name) == "string" and SWITCHES[(name:lower():gsub("[%s%p]", ""))] then
      for _, given in ipairs(values) do
        if given == member or given == value.trim(tostring(member)) then return true end
      end
    end
  end
  return false
end

---The warning for a user who may be open because a boolean could not be read.
local function of_blocked(unread, user, record)
  local values = unread.values and unread.values.boolean
  if not values or user.blocked == true then return nil end
  if user.blocked ~= false and not is_of_switch(record, values) then return nil end
  return {
    code = "blocked_uncertain",
    message = "users who may be imported with access: `blocked` may come from a value that "
      .. "value.boolean cannot read",
    shape = redact.of(values[1]),
    fix = "Read the column with value.switch, which rejects what it does not know.",
  }
end

---The warnings for a user: a hash that was rejected or not assigned, if the user has no password;
---each kind of unreadable value, unless the recipe warned of that kind itself.
---@param unread UnreadValues
---@param user User
---@param record any
---@return UnreadWarning[]
function unread_values.of(unread, user, record)
  local warnings = {}
  if not user_rules.has_password(user) then warnings[1] = of_password(unread) end
  for _, name in ipairs(names_of(unread, user)) do
    warnings[#warnings + 1] = {
      code = "value_not_kept " .. name,
      message = MESSAGES[name] or "values that value." .. name .. " cannot read",
      shape = redact.of(unread.values[name][1], name), fix = READERS[name],
    }
  end
  warnings[#warnings + 1] = of_blocked(unread, user, record)
  return warnings
end

return unread_values
