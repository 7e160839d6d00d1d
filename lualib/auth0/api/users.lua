--- Users of the tenant: lookup by identifiers, in batches and then one by one, and deletion.
--- Source: Auth0 Management API v2, users (November 2026).

local client = require "auth0.api.client"
local clock = require "host.clock"
local expect = require "auth0.api.expect"
local http = require "host.http"
local identifiers = require "auth0.identifiers"
local json = require "host.json"

local users = {}

local BATCH <const> = 50 -- values in one search; keeps the URL short
local PAGE <const> = 100 -- users; the API's maximum

-- Fifty values of one identifier match more users than a page only with non-unique addresses.
local PAGES <const> = 10 -- the API returns only the first 1 000 results

local IS_LIST <const> = expect.list { user_id = "string" }
local IS_PAGE <const> = expect.any(IS_LIST, expect.object { users = "table" })

local function text(value)
  return type(value) == "string" and value or nil
end

local function quoted(value)
  return '"' .. value:gsub('[\\"]', "\\%0") .. '"'
end

local function is_of(user, connection)
  if type(user.identities) ~= "table" then return true end
  for _, identity in ipairs(user.identities) do
    if type(identity) == "table" and identity.connection == connection then return true end
  end
  return false
end

---@class TenantUser
---@field user_id string        with its prefix
---@field email? string
---@field username? string
---@field phone_number? string
---@field created? number       unix seconds, by the tenant's clock
---@field elsewhere? boolean    of another connection, with one of the ids

---@class UserSearch
---@field api Client
---@field connection string
---@field list TenantUser[]
---@field seen table<string, boolean>   user ids and addresses found
---@field wanted table<string, true>    user ids that also count in other connections
local UserSearch = {}
UserSearch.__index = UserSearch

function UserSearch:take(user)
  if type(user) ~= "table" or type(user.user_id) ~= "string" then return end
  local is_here = is_of(user, self.connection)
  if not (is_here or self.wanted[user.user_id]) or self.seen[user.user_id] then return end
  self.seen[user.user_id], user.elsewhere = true, not is_here or nil
  for _, name in ipairs(identifiers.LOGINS) do user[name] = text(user[name]) end
  if user.email and is_here then self.seen[identifiers.fold(user.email)] = true end
  user.created = text(user.created_at) and clock.parse(user.created_at) or nil
  self.list[#self.list + 1] = user
end

---GET of a list of users, an object with one, or one user. A 404 counts only if it comes from the
---tenant.
function UserSearch:get(path, query, expects)
  local response, message, kind = self.api:request {
    method = "GET", path = path, query = query, patient = true, expects = expects,
  }
  if not response then return nil, message, kind end
  if response.status == 404 and type(response.body) == "table" then return 0 end
  -- Decoded again: cjson cannot distinguish an empty list from an empty object.
  local body = response.status == 200 and json.decode(response.text)
  if type(body) ~= "table" then return client.unexpected("looking up users", response) end
  if body.user_id then body = { body } end
  local page = type(body.users) == "table" and body.users or body
  for _, user in ipairs(page) do self:take(user) end
  return #page
end

function UserSearch:search(field, values)
  for first = 1, #values, BATCH do
    local words = {}
    for i = first, math.min(first + BATCH - 1, #values) do words[#words + 1] = quoted(values[i]) end
    local q = string.format("%s:(%s) AND identities.connection:%s", field,
      table.concat(words, " OR "), quoted(self.connection))
    for page = 0, PAGES - 1 do
      local n, message, kind = self:get("/users", {
        q = q, search_engine = "v3", per_page = PAGE, page = page,
      }, IS_PAGE)
      if not n then return nil, message, kind end
      if n < PAGE then break end
    end
  end
  return true
end

local function unique(values, fold)
  local list, seen = {}, {}
  for _, value in ipairs(values or {}) do
    value = fold and fold(value) or value
    if value ~= "" and not seen[value] then
      seen[value] = true
      list[#list + 1] = value
    end
  end
  return list
end

---The search index lags behind: looks up one by one what the search did not find.
function UserSearch:exactly(ids, emails)
  for _, id in ipairs(ids) do
    if not self.seen[id] then
      local n, message, kind = self:get("/users/" .. http.escape(id), nil, expect.USER)
      if not n then return nil, message, kind end
    end
  end
  for _, email in ipairs(emails) do
    if not self.seen[email] then
      local n, message, kind = self:get("/users-by-email", { email = email }, IS_LIST)
      if not n then return nil, message, kind end
    end
  end
  return true
end

---@class UsersQuery
---@field connection string  its name
---@field ids? string[]      with their prefix
---@field emails? string[]
---@field others? table[]    users to look up by username and phone number too
---@field elsewhere? boolean also find users of other connections with one of the ids, marked
---`elsewhere`: an id does not belong to one connection

---@param api Client
---@param query UsersQuery
---@return TenantUser[]? found
---@return string? message
---@return Kind? kind
function users.find(api, query)
  local self = setmetatable({
    api = api, connection = query.connection, list = {}, seen = {}, wanted = {},
  }, UserSearch)
  for _, id in ipairs(query.elsewhere and query.ids or {}) do self.wanted[id] = true end
  local usernames, phones = {}, {}
  for _, user in ipairs(query.others or {}) do
    local values = identifiers.of(user)
    usernames[#usernames + 1], phones[#phones + 1] = values.username, values.phone_number
  end
  local ids, emails = unique(query.ids), unique(query.emails, identifiers.fold)
  local searches = {
    { "user_id", ids }, { "email", emails }, { "username", unique(usernames) },
    { "phone_number", unique(phones) },
  }
  for _, search in ipairs(searches) do
    local done, message, kind = self:search(search[1], search[2])
    if not done then return nil, message, kind end
  end
  local done, message, kind = self:exactly(ids, emails)
  if not done then return nil, message, kind end
  return self.list
end

---Deletes a user. A missing user is not a failure: the API does not report it.
---@param api Client
---@param user_id string  with its prefix
---@return true?
---@return string? message
---@return Kind? kind
function users.delete(api, user_id)
  local response, message, kind = api:request {
    method = "DELETE", path = "/users/" .. http.escape(user_id), expects = expect.nothing,
  }
  if not response then return nil, message, kind end
  if response.status == 204 or response.status == 404 then return true end
  return client.unexpected("deleting a user", response)
end

return users
