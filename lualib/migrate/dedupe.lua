--- Merges two users who are one, by a rule for each field: a recipe's `dedupe`.

local identifiers = require "auth0.identifiers"
local json = require "host.json"
local reject = require "migrate.reject"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local type_name = require "base.type_name"
local user_rules = require "auth0.user"

local dedupe = {}

---@alias MergeRule
---| "first"    # of the earlier user, unless it has none
---| "last"     # of the later user, unless it has none
---| "any"      # true if it is true for one of them
---| "all"      # true if it is true for both
---| "longest"  # the longer text
---| "union"    # of lists, and of the members of tables
---| fun(first: any, last: any, earlier: User, later: User): any  asked if both have a value

---@class Merged: table<string, MergeRule>  by field: "email_verified", "app_metadata.roles"

local PASSWORD <const> = "password" -- both members that may hold a hash; a user has one of them
local HASHES <const> = { password_hash = true, custom_password_hash = true }
local METADATA <const> = { app_metadata = true, user_metadata = true }

-- What a mark of verification is about: it says nothing of another address or number.
local VERIFIED <const> = { email_verified = "email", phone_verified = "phone_number" }

-- Fields of other types than text.
local TYPES <const> = {
  email_verified = "flag", phone_verified = "flag", blocked = "flag", mfa_factors = "list",
  app_metadata = "list", user_metadata = "list", password_hash = "hash",
  custom_password_hash = "hash",
}

local ANY_FIELD <const> = { flag = true, list = true, hash = true, text = true, member = true }

---A value that can be compared with others.
local function key_of(value)
  return assert(json.encode(value))
end

local function union_of_lists(first, last)
  local made, seen = json.array {}, {}
  for _, list in ipairs { first, last } do
    for _, item in ipairs(list) do
      local key = key_of(item)
      if not seen[key] then
        seen[key], made[#made + 1] = true, item
      end
    end
  end
  return made
end

local function union(first, last)
  if type(first) ~= "table" or type(last) ~= "table" then return first end
  if json.is_array(first) and json.is_array(last) then return union_of_lists(first, last) end
  if json.is_array(first) or json.is_array(last) then return first end
  local made = {}
  for name, value in pairs(last) do made[name] = value end
  for name, value in pairs(first) do
    made[name] = made[name] == nil and value or union(value, made[name])
  end
  return made
end

local function longest(first, last)
  local a, b = type(first) == "string", type(last) == "string"
  if a and b then return utf8.len(last) > utf8.len(first) and last or first end
  return b and last or first
end

---@class MergeRuleEntry
---@field of table<string, true>  the types of fields that it is for
---@field both boolean            asked although one of the users has no value
---@field merge fun(first: any, last: any): any

---@type table<string, MergeRuleEntry>
local RULES <const> = {
  first = { of = ANY_FIELD, merge = function(first) return first end },
  last = { of = ANY_FIELD, merge = function(_, last) return last end },
  any = {
    of = { flag = true, member = true }, both = true,
    merge = function(first, last) return first == true or last == true end,
  },
  all = {
    of = { flag = true, member = true }, both = true,
    merge = function(first, last) return first == true and last == true end,
  },
  longest = { of = { text = true, member = true }, merge = longest },
  union = { of = { list = true, member = true }, merge = union },
}

local function refuse(...)
  error("dedupe.merge: " .. string.format(...), 4)
end

---The parts of a field's name: { "app_metadata", "roles" }.
local function path_of(name)
  local path = {}
  for part in name:gmatch "[^.]+" do path[#path + 1] = part end
  local field = path[1] or name
  if not user_rules.ORDER[field] then
    refuse('a user has no field "%s"%s', field,
      spelling.hint(field, sorted.keys(user_rules.ORDER)))
  elseif #path > 1 and not METADATA[field] then
    refuse("%s: only app_metadata and user_metadata have members", name)
  end
  return path
end

---The entry of a rule that was given for a field.
local function entry_of(name, rule, path)
  if type(rule) == "function" then return { merge = rule } end
  local entry = type(rule) == "string" and RULES[rule]
  if not entry then
    local given = type(rule) == "string" and string.format('"%s"', rule) or type_name.a(rule)
    refuse("%s: the rule must be %s or a function, not %s%s", name,
      table.concat(sorted.keys(RULES), ", "), given,
      spelling.hint(tostring(rule), sorted.keys(RULES)))
  end
  local kind = #path > 1 and "member" or TYPES[name] or "text"
  if not entry.of[kind] then refuse('%s: the rule "%s" is for other fields', name, rule) end
  return entry
end

---The rules, those of whole fields by name, those of members in order.
local function compiled(rules)
  if type(rules) ~= "table" then
    refuse('expects rules such as { email_verified = "any" }, not %s', type_name.a(rules))
  end
  local fields, members = {}, {}
  for _, name in ipairs(sorted.keys(rules)) do
    if type(name) ~= "string" then refuse("a rule needs the name of a field") end
    local path = path_of(name)
    local entry = entry_of(name, rules[name], path)
    local field = HASHES[name] and PASSWORD or name
    if field == PASSWORD and fields[field] and fields[field] ~= entry then
      refuse("password_hash and custom_password_hash are one password and need the same rule")
    end
    if #path == 1 then fields[field] = entry end
    if #path > 1 then members[#members + 1] = { path = path, entry = entry } end
  end
  return fields, members
end

---A value; nil for one that a user does not have.
local function present(value)
  if value == json.null or value == "" then return nil end
  return value
end

local function merged_value(entry, first, last, earlier, later)
  first, last = present(first), present(last)
  if not entry.both then
    if first == nil then return last end
    if last == nil then return first end
  elseif first == nil and last == nil then
    return nil
  end
  return entry.merge(first, last, earlier, later)
end

local function nested(user, path)
  local value = user
  for _, name in ipairs(path) do
    if type(value) ~= "table" then return nil end
    value = value[name]
  end
  return value
end

---Writes a member; the tables on its way belong to the merged user alone.
local function put(user, path, value)
  local inside = user
  for i = 1, #path - 1 do
    local copy = {}
    if type(inside[path[i]]) == "table" then
      for name, member in pairs(inside[path[i]]) do copy[name] = member end
    end
    inside[path[i]] = copy
    inside = copy
  end
  inside[path[#path]] = value
end

local function password_of(user)
  return present(user.custom_password_hash) or present(user.password_hash)
end

---A mark of verification of a user who has the address, or the number, of the merged one.
local function verified(user, name, made)
  local about = VERIFIED[name]
  local mine, theirs = identifiers.of(user)[about], identifiers.of(made)[about]
  if mine ~= nil and mine == theirs then return user[name] end
end

---Why two users are not one: different addresses are two people with one phone number or name.
local function apart(earlier, later)
  local a, b = identifiers.of(earlier), identifiers.of(later)
  if a.email and b.email and a.email ~= b.email then
    return "an earlier user with the same identifier has another e-mail address; dedupe.merge "
      .. "does not merge different people"
  end
end

local function merge(fields, members, earlier, later)
  local made, first_rule = {}, RULES.first
  for name in pairs(user_rules.ORDER) do
    if not HASHES[name] and not VERIFIED[name] then
      made[name] = merged_value(fields[name] or first_rule, earlier[name], later[name], earlier,
        later)
    end
  end
  for name in pairs(VERIFIED) do
    made[name] = merged_value(fields[name] or first_rule, verified(earlier, name, made),
      verified(later, name, made), earlier, later)
  end
  made.custom_password_hash = merged_value(fields[PASSWORD] or first_rule, password_of(earlier),
    password_of(later), earlier, later)
  for _, one in ipairs(members) do
    local value = merged_value(one.entry, nested(earlier, one.path), nested(later, one.path),
      earlier, later)
    if value ~= nil then put(made, one.path, value) end
  end
  return made
end

---A user as plain values: a lazy one's members are not.
local function plain(user)
  local text, message = json.encode(user)
  if not text then error("dedupe.merge: " .. message, 0) end
  return json.decode(text)
end

---A function for the field `dedupe` of a recipe: it merges two users who share an identifier, by
---rules for fields; others have the rule "first". Users with different e-mail addresses are two
---people: the later one is rejected.
---@param rules Merged
---@return fun(earlier: User, later: User): User|Reject
function dedupe.merge(rules)
  local fields, members = compiled(rules)
  return function(earlier, later)
    earlier, later = plain(earlier), plain(later)
    local why = apart(earlier, later)
    if why then return reject.reject(why, "CONFLICT", "email") end
    return merge(fields, members, earlier, later)
  end
end

return dedupe
