--- Further exports, and by which column their records belong to the users: by the values.

local exports = require "new.exports"
local guess = require "new.guess"
local join = require "source.join"
local names = require "new.names"
local references = require "new.references"
local survey = require "new.survey"
local text = require "host.text"

local joins = {}

local NEARLY_ALL <const> = 0.9
local MOST_JOINED <const> = 4

---@class Joined
---@field export Export
---@field key string      the column of the users
---@field other string    the column of the export
---@field member string   of a user's record
---@field all boolean     a user may have several records
---@field param? string   its parameter; nil: it is in the same file as the users
---@field survey Survey   of its first records
---@field is_of_users? true  a table of names, to which users refer
---@field references Reference[]  tables that its records refer to

-- What a table in a database must have to be joined without being named: fields that users lack.
local WANTED <const> = {
  "hash", "given_name", "family_name", "name", "phone_number", "email_verified", "totp", "roles",
  "email",
}

---How many of the samples are values of a column.
local function matching(samples, column)
  local n = 0
  for _, sample in ipairs(samples) do
    local value = text.lower(text.trim(sample) or sample)
    if column.distinct:times(value) > 0 then n = n + 1 end
  end
  return #samples == 0 and 0 or n / #samples
end

local REFERENCES <const> = { "user", "member", "customer", "account", "player", "patient", "person",
  "owner", "cliente", "usuario", "utilisateur", "klant", "kunde" }

---Whether the name of a column says that it refers to a user, such as that of their table.
---@param main string  the name of the users' export
local function refers(name, key, main)
  local plain = names.plain(name)
  if plain == names.plain(key) and plain ~= "id" or plain == "uid" then return true end
  local table_name = names.plain((main:gsub("%.%w+$", "")):gsub("s$", ""))
  if #table_name > 2 and plain:find(table_name, 1, true) then return true end
  for _, part in ipairs(REFERENCES) do
    if plain:find(part, 1, true) then return true end
  end
  return false
end

---The pair of columns that joins an export to the users; nil if there is none.
---@param is_named boolean  a person named the export, so that it belongs to the users
local function pair_of(users, keys, found, is_named, main)
  local best
  for _, key in ipairs(keys) do
    for i, column in ipairs(found.columns) do
      local share = matching(column.samples, key)
      local is_reference = refers(column.name, key.name, main)
      local is_own_id = names.plain(column.name) == "id" or i == 1 and not is_reference
      local score = share + (is_reference and 0.5 or 0) - (is_own_id and 0.3 or 0)
      if share >= NEARLY_ALL and #column.way == 1 and column.filled > 0
        and (not best or score > best.score) then
        best = { key = key, column = column, score = score }
      end
    end
  end
  local is_sure = best and (best.score >= 1 or is_named or users.records < survey.FREQUENT)
  return is_sure and best or nil
end

---Whether an export has something that users lack.
local function is_wanted(made, found)
  local other = guess.of(found.columns, found.records)
  for _, field in ipairs(WANTED) do
    if other.fields[field] and not made.fields[field] then return true end
  end
  return false
end

---Whether its records refer to a table of roles.
local function has_roles(found, others)
  for _, one in ipairs(references.of(found, others)) do
    if names.meaning(one.member) == "roles" then return true end
  end
  return false
end

---Whether both have the same columns, and are parts of one export.
---@param a Survey?
---@param b Survey?
---@return boolean
function joins.are_alike(a, b)
  if not a or not b or #a.columns ~= #b.columns then return false end
  for i, column in ipairs(a.columns) do
    if column.key ~= b.columns[i].key then return false end
  end
  return #a.columns > 0
end

---The columns of the users by which others may know them.
local function keys_of(users, made)
  local keys = {}
  for _, field in ipairs { "user_id", "email", "username" } do
    local column = made.fields[field]
    if column and #column.way == 1 then keys[#keys + 1] = column end
  end
  for _, column in ipairs(users.columns) do -- an id that users are not known by
    local _, is_unique = column.distinct:count()
    if not made.used[column] and #column.way == 1 and column.filled > 0 and is_unique
      and names.meaning(column.name) == "user_id" then
      keys[#keys + 1] = column
    end
  end
  return keys
end

---@class Joiner
---@field private users Survey
---@field private made Guess
---@field private main Export
---@field private others {export: Export, survey: Survey?}[]
---@field private taken table<string, true>  members and parameters
---@field private used table<Export, true>
local Joiner = {}
Joiner.__index = Joiner

---A name that no member of a user's record has.
---@private
function Joiner:name(wanted)
  while self.taken[wanted] or self.users:find(wanted) do wanted = wanted .. "_of" end
  self.taken[wanted] = true
  return wanted
end

---@private
function Joiner:param(export)
  if export.path == self.main.path then return nil end
  return self:name(names.snake((export.name:gsub("%.%w+$", ""):gsub("%.%w+$", ""))))
end

---The tables that records refer to; their members are free in records of a table.
---@private
function Joiner:references(found)
  local list = references.of(found, self.others)
  for _, one in ipairs(list) do
    self.used[one.export], one.param = true, self:param(one.export)
  end
  return list
end

---@private
function Joiner:join(other, pair, look)
  local whole = look(other.export):find(pair.column.key)
  local _, is_unique = (whole or pair.column).distinct:count()
  local param = self:param(other.export)
  return {
    export = other.export, key = pair.key.name, other = pair.column.name,
    member = param or self:name(names.snake((other.export.name:gsub("%.%w+$", "")))),
    all = not is_unique, param = param, survey = other.survey,
    references = self:references(other.survey),
  }
end

---@param users Survey       of the users
---@param made Guess
---@param main Export
---@param others {export: Export, survey: Survey?}[]
---@param look fun(export: Export): Survey  looks at all of it
---@return Joined[]
function joins.of(users, made, main, others, look)
  local self = setmetatable({
    users = users, made = made, main = main, others = others, used = {},
    taken = { input = true, country = true },
  }, Joiner)
  local list = {}
  for _, one in ipairs(self:references(users)) do
    one.member, one.all, one.references = self:name(one.member), false, {}
    one.is_of_users = true
    list[#list + 1] = one
  end
  local keys = keys_of(users, made)
  for _, other in ipairs(others) do
    local is_same_file = other.export.path == main.path
    local found = other.survey
    local pair = found and found.records > 0 and #list < MOST_JOINED
      and not self.used[other.export]
      and pair_of(users, keys, found, not is_same_file, main.name)
    if pair and (not is_same_file or is_wanted(made, found) or has_roles(found, others)) then
      list[#list + 1] = self:join(other, pair, look)
    end
  end
  return list
end

---The exports of a list, and those that their records refer to.
---@param list Joined[]
---@return (Joined|Reference)[]
function joins.all(list)
  local all = {}
  for _, one in ipairs(list) do
    all[#all + 1] = one
    table.move(one.references, 1, #one.references, #all + 1, all)
  end
  return all
end

---Keys of columns that tell only which record belongs to which.
---@param list Joined[]
---@return table<string, true>
function joins.keys(list)
  local keys = {}
  for _, one in ipairs(list) do
    local inside = one.member .. (one.all and "[]." or ".")
    keys[inside .. one.other] = true
    if one.is_of_users then keys[one.key] = true end
    for _, reference in ipairs(one.references) do
      keys[inside .. reference.key] = true
      keys[inside .. reference.member .. "." .. reference.other] = true
    end
  end
  return keys
end

---The records of the users, each with those that belong to it.
---@param main Export
---@param list Joined[]
---@return any records
function joins.records(main, list)
  local records = exports.records(main)
  for _, one in ipairs(list) do
    local others = exports.records(one.export)
    for _, reference in ipairs(one.references) do
      others = join(others, exports.records(reference.export),
        { key = reference.key, other = reference.other, name = reference.member })
    end
    records = join(records, others,
      { key = one.key, other = one.other, name = one.member, all = one.all })
  end
  return records
end

return joins
