--- Records values that a recipe's helpers cannot read: its copies of `auth0.password` and
--- `source.value` note each nil result, so that no password, phone number or date is lost silently.

local build = require "auth0.hash.build"
local password = require "auth0.password"
local user_rules = require "auth0.user"
local value = require "source.value"
local redact = require "auth0.redact"
local text = require "host.text"

local unread_values = {}

---@class UnreadValues  of the current record
---@field any? true              another field may be set
---@field hash? string           why the first hash was rejected
---@field built? boolean          a builder returned a hash
---@field values? table<string, any>  the first unreadable value, by helper
---@field warned? true           the recipe itself called `warn`

-- These return no hash.
local OTHERS <const> = { bytes = true, fields = true, identify = true, is_format = true }

---Helpers of source.value that return nil for a value they cannot read, and what to do about it.
---@type table<string, string>
local READERS <const> = {
  boolean = "value.boolean accepts true/false, t/f, yes/no, on/off, 1/0; map others yourself.",
  confirmed = "value.confirmed accepts what value.boolean or value.date accepts.",
  date = "value.date accepts ISO 8601, SQL dates and epochs; convert other formats first.",
  email = "These users have no e-mail address unless the recipe sets one.",
  json = "Correct the text in the source, or map the value differently.",
  phone = 'National numbers need a calling code: value.phone(row.phone, "49").',
  totp = "Only 6-digit, 30-second SHA-1 codes can be imported; these users must enroll again.",
  url = "Map an http or https URL; these users have no picture unless the recipe sets one.",
  username = "These people can no longer log in with it: map another username, or tell them to use "
    .. "the e-mail address.",
}

---What is said of them where "cannot read" says too little.
---@type table<string, string>
local MESSAGES <const> = {
  url = "values that are not an http or https URL and were left out",
  username = "usernames that were left out: another e-mail address, or characters that Auth0 does "
    .. "not accept",
}

-- Counted even if the recipe warns about the same user: its warning is about something else.
local ALWAYS <const> = { confirmed = true, url = true, username = true }

-- How systems write "no date".
local NO_DATE <const> = { ["9223372036854775807"] = true, ["0"] = true, ["0.0"] = true }

---Notes that a builder returned a hash, or why not; `auto` returns the reason third.
local function noting_hash(unread, fn)
  local function note(first, second, third)
    local why = second or third
    if first ~= nil then
      unread.built = true
    elseif why ~= build.NONE then
      unread.hash, unread.any = unread.hash or why, true
    end
    return first, second, third
  end
  return function(...) return note(fn(...)) end
end

---Whether a value that reads as nil has content.
local function says_something(name, given)
  if type(given) ~= "string" and type(given) ~= "number" then return false end
  local written = tostring(given)
  if name == "date" and (NO_DATE[written] or not written:find("[1-9]")) then return false end
  if name == "json" and written:find("^%s*null%s*$") then return false end
  return written:find("%S") ~= nil
end

local function noting_value(unread, name, fn)
  return function(given, ...)
    local read, why = fn(given, ...)
    if read == nil and given ~= nil and says_something(name, given) then
      unread.values, unread.any = unread.values or {}, true
      if unread.values[name] == nil then unread.values[name] = given end
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

---Notes a username that is lost. Whether it is the user's own address may only show later.
local function noting_username(unread, fn)
  return function(...)
    local read, why = fn(...)
    if why == nil then return read end
    unread.values, unread.any = unread.values or {}, true
    unread.values.username = unread.values.username or (...)
    return read, why
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
  local unread, hashes, values = {}, copy(password), copy(value)
  for name, fn in pairs(password) do
    if not OTHERS[name] then hashes[name] = noting_hash(unread, fn) end
  end
  hashes.bytes = noting_bytes(unread, password.bytes)
  for name in pairs(READERS) do
    values[name] = name == "username" and noting_username(unread, value.username)
      or noting_value(unread, name, value[name])
  end
  return { ["auth0.password"] = hashes, ["source.value"] = values }, unread
end

---Call before each record.
---@param unread UnreadValues
function unread_values.clear(unread)
  unread.any, unread.hash, unread.values, unread.warned = nil, nil, nil, nil
  unread.built = false -- not nil: a key that comes and goes for each record costs more
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

---Whether a value was lost without the recipe saying so.
local function is_lost(unread, name, user)
  if name == "username" and type(user.email) == "string"
    and text.email(unread.values.username) == text.email(user.email) then
    return false
  end
  return ALWAYS[name] or not unread.warned
end

---The warnings for a user: a hash that was rejected or not assigned, if the user has no password;
---values that were lost.
---@param unread UnreadValues
---@param user User
---@return UnreadWarning[]
function unread_values.of(unread, user)
  local warnings = {}
  if not user_rules.has_password(user) then warnings[1] = of_password(unread) end
  local names = {}
  for name in pairs(unread.values or {}) do
    if is_lost(unread, name, user) then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    warnings[#warnings + 1] = {
      code = "value_not_kept " .. name,
      message = MESSAGES[name] or "values that value." .. name .. " cannot read",
      shape = redact.of(unread.values[name], name), fix = READERS[name],
    }
  end
  return warnings
end

return unread_values
