--- Ready-made repairs of failed users, for a recipe's `fix`. A fixer takes a user and the failure,
--- and returns the user and options, or nil and why it gives up. `why` reports what it removes or
--- changes: nothing may be lost silently.

local codes = require "auth0.codes"
local limits = require "auth0.limits"
local profile = require "auth0.profile"
local schema = require "auth0.schema"

local fixers = {}

---@class FixOptions  how to retry a repaired user
---@field why? string            what was changed, for the report
---@field upsert? boolean        send it again with upsert
---@field delete_ghost? boolean  first delete the unlisted user that it conflicts with

---@class FixFailure
---@field code string      of the first error
---@field path? string     in the names of import files
---@field message string
---@field errors {code: string, path: string?, message: string}[]  all of them
---@field round? integer   in which the user failed, from 1

---@alias Fixer fun(user: User, failure: FixFailure): User?, FixOptions|string|nil

-- Texts that do not identify the user, so they may be shortened.
local SHORTENED <const> = { given_name = true, family_name = true, name = true, nickname = true }

-- These are removed as a whole: a part is meaningless.
local WHOLE <const> = { "^custom_password_hash", "^mfa_factors%[%d+%]" }

local ASTRAL <const> = 0x10000 -- from here on a character has two UTF-16 units

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = setmetatable({}, getmetatable(value))
  for key, inner in pairs(value) do made[key] = copy(inner) end
  return made
end

---The errors that this fixer handles: those with the failure's code.
local function own_errors(failure)
  local own = {}
  for _, e in ipairs(failure.errors or {}) do
    if e.code == failure.code then own[#own + 1] = e end
  end
  if #own == 0 then own[1] = failure end
  return own
end

local function list_of(names)
  local seen, list = {}, {}
  for _, name in ipairs(names) do
    if not seen[name] then list[#list + 1] = name end
    seen[name] = true
  end
  return table.concat(list, ", ")
end

---The first characters of a text, at most `most` in code points and in UTF-16 units.
local function cut(text, most)
  local n = 0
  for at, character in utf8.codes(text) do
    n = n + (character >= ASTRAL and 2 or 1)
    if n > most then return (text:sub(1, at - 1):gsub("%s+$", "")) end
  end
  return text
end

---The maximum in the tenant's message, else the documented one.
local function most_of(path, message)
  local said = math.tointeger(tonumber((message or ""):match("maximum (%d+)")))
  local rule = schema.rule().properties[path]
  return said or rule and rule.max_length
end

---Shortens names that are too long to the allowed maximum, between two characters.
---@param user User
---@param failure FixFailure
---@return User?
---@return FixOptions|string|nil
function fixers.shorten(user, failure)
  local done = {}
  for _, e in ipairs(own_errors(failure)) do
    local path = e.path or ""
    if not SHORTENED[path] then
      return nil, path == "" and "the error does not name a field" or path .. " cannot be shortened"
    end
    local most, value = most_of(path, e.message), user[path]
    if type(value) ~= "string" or not utf8.len(value) then
      return nil, path .. " is not text that can be shortened"
    end
    local shorter = cut(value, most)
    if shorter ~= value then
      user[path] = shorter
      done[#done + 1] = string.format("%s was shortened to %d characters", path, most)
    end
  end
  if #done == 0 then return nil, "no field is longer than the maximum" end
  return user, { why = list_of(done) }
end

---Resolves a path to the object or list that holds its last part, and the key. Names may contain
---dots, so the longest existing name wins.
local function find(value, path)
  if type(value) ~= "table" then return nil end
  local index, after = path:match("^%[(%d+)%]%.?(.*)$")
  if index then
    local key = math.tointeger(tonumber(index)) + 1
    if value[key] == nil then return nil end
    if after == "" then return value, key end
    return find(value[key], after)
  end
  if value[path] ~= nil then return value, path end
  for stop = #path, 1, -1 do
    local mark = path:sub(stop, stop)
    if (mark == "." or mark == "[") and value[path:sub(1, stop - 1)] ~= nil then
      local rest = mark == "." and path:sub(stop + 1) or path:sub(stop)
      local holder, key = find(value[path:sub(1, stop - 1)], rest)
      if holder then return holder, key end
    end
  end
end

local function paths_of(e)
  local path = e.path or ""
  local names = (e.message or ""):match("Additional properties not allowed: ([%w_,%s]+)$")
  if path == "" and names then
    local list = {}
    for name in names:gmatch("[%w_]+") do list[#list + 1] = name end
    return list
  end
  for _, whole in ipairs(WHOLE) do path = path:match(whole) or path end
  return path ~= "" and { path } or {}
end

---Removes list entries last to first, so that the other indexes stay valid.
local function remove_all(targets)
  table.sort(targets, function(a, b)
    local i, k = math.type(a.key), math.type(b.key)
    if i and k then return a.key > b.key end
    return i == nil and k ~= nil
  end)
  for _, target in ipairs(targets) do
    if math.type(target.key) then
      table.remove(target.holder, target.key)
    else
      target.holder[target.key] = nil
    end
  end
end

---Removes the fields that the errors name, including nested ones, but never the e-mail address.
---@param user User
---@param failure FixFailure
---@return User?
---@return FixOptions|string|nil
function fixers.drop_field(user, failure)
  local targets, names, seen = {}, {}, {}
  for _, e in ipairs(own_errors(failure)) do
    local paths = paths_of(e)
    if #paths == 0 then return nil, "the error does not name a field" end
    for _, path in ipairs(paths) do
      if path == "email" then return nil, "the e-mail address is never removed" end
      local holder, key = find(user, path)
      if not holder then return nil, "the user has no " .. path end
      if not seen[path] then
        seen[path] = true
        targets[#targets + 1], names[#names + 1] = { holder = holder, key = key }, path
      end
    end
  end
  remove_all(targets)
  if type(user.mfa_factors) == "table" and #user.mfa_factors == 0 then user.mfa_factors = nil end
  return user, { why = list_of(names) .. (#names == 1 and " was" or " were") .. " removed" }
end

---Removes the largest members of the metadata, at least one, until the user is within 10 KB.
---@param user User
---@return User?
---@return FixOptions|string|nil
function fixers.shrink(user)
  local removed, bytes = {}, profile.bytes(user)
  for _, member in ipairs(profile.metadata(user)) do
    if #removed > 0 and bytes <= limits.PROFILE_BYTES then break end
    member.holder[member.name] = nil
    removed[#removed + 1] = string.format("%s (%d bytes)", profile.shown(member.path), member.bytes)
    bytes = profile.bytes(user)
  end
  if #removed == 0 then return nil, "the user has no metadata to remove" end
  if bytes > limits.PROFILE_BYTES then
    return nil, "the user is larger than 10 KB without its metadata"
  end
  for _, root in ipairs { "app_metadata", "user_metadata" } do
    if type(user[root]) == "table" and next(user[root]) == nil then user[root] = nil end
  end
  return user, {
    why = table.concat(removed, ", ") .. (#removed == 1 and " was" or " were") .. " removed",
  }
end

local function dropper(fields, name, why, options)
  return function(user)
    local had = false
    for _, field in ipairs(fields) do
      had = had or user[field] ~= nil
      user[field] = nil
    end
    if not had then return nil, "the user has no " .. name end
    local made = copy(options or {})
    made.why = why
    return user, made
  end
end

---Removes all MFA factors. Upserts a user that was saved without them, to avoid a conflict.
---@type Fixer
fixers.drop_factors = function(user, failure)
  if user.mfa_factors == nil then return nil, "the user has no MFA factors" end
  user.mfa_factors = nil
  return user, {
    why = "the MFA factors were removed",
    upsert = failure.code == "MFA_FACTORS_FAILED" or nil,
  }
end

---@type Fixer
fixers.drop_username = dropper({ "username" }, "username", "the username was removed")

---@type Fixer
fixers.drop_phone = dropper({ "phone_number", "phone_verified" }, "phone number",
  "the phone number was removed")

---Removes the password hash: the user must set a password before logging in.
---@type Fixer
fixers.drop_hash = dropper({ "password_hash", "custom_password_hash" }, "password hash",
  "the password hash was removed; the user must set a new password")

---The name with a suffix, in which "%d" is the number of the attempt. Removes the suffix of the
---previous attempt first.
local function suffixed(name, suffix, round)
  local last = suffix:gsub("%%d", tostring(round))
  local new = suffix:gsub("%%d", tostring(round + 1))
  if round > 1 and #name > #last and name:sub(-#last) == last then
    if last == new then return nil, "the new username is also taken" end
    name = name:sub(1, -#last - 1)
  end
  return name .. new
end

---@param how string|fun(username: string, user: User, failure: FixFailure): string?, string?
---a suffix such as "-%d", where %d is the number of the attempt, from 2; or a function that
---returns the new name
---@return Fixer
function fixers.rename_username(how)
  if type(how) == "string" and how ~= "" then
    local suffix = how
    how = function(name, _, failure) return suffixed(name, suffix, failure.round or 1) end
  elseif type(how) ~= "function" then
    error("rename_username expects a suffix or a function, not a " .. type(how), 2)
  end
  return function(user, failure)
    local old = user.username
    if type(old) ~= "string" then return nil, "the user has no username" end
    local new, why = how(old, user, failure)
    if new == nil then return nil, why or "no other username is available" end
    user.username = new
    return user, { why = "the username was changed" }
  end
end

---@param user User
---@return User
---@return FixOptions
function fixers.upsert(user)
  return user, { upsert = true, why = "sent again with upsert" }
end

---Requests the deletion of an unlisted user that conflicts. It happens only with
---`--delete-ghosts`, after confirmation and a lookup that finds no user.
---@param user User
---@param failure FixFailure
---@return User?
---@return FixOptions|string
function fixers.ghost(user, failure)
  if codes.is_twice(failure.code, failure.message) then
    return nil, "the same user occurs twice in the job; it is not a ghost"
  end
  return user, { delete_ghost = true, why = "a conflicting unlisted user was deleted" }
end

local function joined(options, more)
  for key, value in pairs(type(more) == "table" and more or {}) do
    options[key] = key == "why" and options.why and options.why .. "; " .. value or value
  end
  return options
end

---Applies fixers one after the other; gives up when one does.
---@param ... Fixer
---@return Fixer
function fixers.chain(...)
  local list = { ... }
  return function(user, failure)
    local options = {}
    for _, fixer in ipairs(list) do
      local more
      user, more = fixer(user, failure)
      if user == nil then return nil, more end
      options = joined(options, more)
    end
    return user, options
  end
end

---The result of the first fixer that does not give up.
---@param ... Fixer
---@return Fixer
function fixers.first(...)
  local list = { ... }
  return function(user, failure)
    local reasons = {}
    for _, fixer in ipairs(list) do
      local fixed, more = fixer(copy(user), failure)
      if fixed ~= nil then return fixed, more end
      reasons[#reasons + 1] = type(more) == "string" and more or "a fixer gave up"
    end
    return nil, list_of(reasons)
  end
end

local function seen_from(failure, e)
  return setmetatable({ code = e.code, path = e.path, message = e.message }, { __index = failure })
end

---A fixer from a table of fixers by code, as `fix` may be: each code of the failure goes to its
---fixer. Codes without a fixer are left to the next import; if none has one, it gives up.
---@param by_code table<string, Fixer>
---@return Fixer
function fixers.all(by_code)
  return function(user, failure)
    local options, tried, missing, n = {}, {}, {}, 0
    for _, e in ipairs(failure.errors or { failure }) do
      local fixer = by_code[e.code]
      if not fixer then
        missing[#missing + 1] = e.code
      elseif not tried[e.code] then
        tried[e.code], n = true, n + 1
        local more
        user, more = fixer(user, seen_from(failure, e))
        if user == nil then return nil, more end
        if type(user) ~= "table" then return user end
        options = joined(options, more)
      end
    end
    if n == 0 then return nil, "no fix for " .. list_of(missing) end
    return user, options
  end
end

return fixers
