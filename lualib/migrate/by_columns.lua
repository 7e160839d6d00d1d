--- Users whose fields are columns: found by their usual names, or named by parameters. What the
--- recipes for tables of any application share.

local columns = require "source.columns"
local declared_hash = require "migrate.declared_hash"
local metadata = require "auth0.metadata"
local value = require "source.value"

local by_columns = {}

-- Usual column names of each field, without case, blanks and punctuation, the best first.
local USUAL <const> = {
  user_id = { "userid", "id", "uid", "uuid", "customerid", "externalid" },
  email = { "email", "emailaddress", "mail", "useremail", "primaryemail", "primaryemailaddress" },
  email_verified = {
    "emailverified", "isemailverified", "emailisverified", "useremailverified", "emailverifiedat",
    "emailconfirmed", "isemailconfirmed", "emailconfirmedat", "mailverified", "verified",
    "isverified", "verifiedat", "confirmed", "isconfirmed", "confirmedat",
  },
  username = { "username", "login", "userlogin", "screenname" },
  given_name = { "givenname", "firstname", "forename" },
  family_name = { "familyname", "lastname", "surname" },
  name = { "name", "fullname", "displayname" },
  nickname = { "nickname", "nick" },
  picture = {
    "picture", "pictureurl", "avatar", "avatarurl", "photo", "photourl", "profilephotourl",
    "imageurl",
  },
  phone_number = {
    "phonenumber", "phone", "mobile", "telephone", "mobilephone", "mobilenumber",
    "primaryphonenumber",
  },
  phone_verified = {
    "phonenumberverified", "phoneverified", "isphoneverified", "phoneverifiedat",
    "phonenumberverifiedat", "phonenumberconfirmed", "phoneconfirmed", "phoneconfirmedat",
    "phonenumberconfirmedat", "mobileverified", "mobileconfirmed",
  },
  active = { "active", "isactive", "enabled", "isenabled" },
  blocked = {
    "blocked", "isblocked", "blockedat", "disabled", "isdisabled", "disabledat", "banned",
    "isbanned", "bannedat", "suspended", "issuspended", "suspendedat", "deactivatedat",
  },
  deleted = { "deletedat", "isdeleted", "deleted" },
  password = {
    "passwordhash", "password", "passworddigest", "encryptedpassword", "hashedpassword", "hash",
    "userpass",
  },
  salt = { "passwordsalt", "salt" },
}
local VERIFIED <const> = { "verif", "confirm" } -- in names of columns that may tell more

local HELP <const> = {
  country = { help = "country of phone numbers without one", kind = "country" },
  on = { help = "words for true in the columns active and blocked, separated by commas: A,active" },
  off = { help = "words for false in these columns: I,inactive" },
  password_format = { help = declared_hash.HELP },
  password_order = { help = "what comes first in hash:salt, if both have the same form",
    kind = { "hash_salt", "salt_hash" } },
  user_metadata = { help = "more columns for user_metadata, separated by commas" },
  app_metadata = { help = "more columns for app_metadata, separated by commas" },
}

---The usual names of the column of a field, without case, blanks and punctuation.
---@param field string
---@return string[]
function by_columns.usual(field) return USUAL[field] end

---The parameters of a recipe: its own, and those of the fields.
---@param own table<string, table>
---@return table<string, table>
function by_columns.params(own)
  local params = {}
  for field, usual in pairs(USUAL) do
    params[field] = { help = "column name; default: the first of " .. table.concat(usual, ", ") }
  end
  for _, list in ipairs { HELP, own } do
    for name, param in pairs(list) do params[name] = param end
  end
  return params
end

---@class RecipeHelpers  as the recipe has them, which count what they cannot read
---@field migrate Migrate
---@field password table  auth0.password
---@field value table     source.value

---@class ByColumns
---@field private helpers RecipeHelpers
---@field private usual table<string, string[]>
---@field private found table<string, string>     the column of each field
---@field private words? table<string, boolean>   of the columns active and blocked
---@field private rules? DeclaredHash
---@field private is_guarded? boolean  all cells of the row begin with an apostrophe
local ByColumns = {}
ByColumns.__index = ByColumns

---@param helpers RecipeHelpers
---@param more? table<string, string[]>  further usual names of fields
---@return ByColumns
function by_columns.new(helpers, more)
  local usual = {}
  for _, fields in ipairs { USUAL, more } do
    for field, names in pairs(fields) do
      local list = usual[field] or {}
      usual[field] = table.move(names, 1, #names, #list + 1, list)
    end
  end
  return setmetatable({ helpers = helpers, usual = usual, found = {} }, ByColumns)
end

local function words_of(on, off)
  local list = (on or off) and {}
  for _, word in ipairs(value.split(on, ",") or {}) do list[word] = true end
  for _, word in ipairs(value.split(off, ",") or {}) do list[word] = false end
  return list
end

---Reads the parameters, before the source is opened.
---@param params table
---@param has_bytes? boolean  binary columns of a database are bytes
function ByColumns:begin(params, has_bytes)
  self.rules = declared_hash.new(params, self.helpers, has_bytes)
  self.words = words_of(params.on, params.off)
end

---Finds the columns of a source; raises if none has the addresses.
---@param names string[]
---@param params table
function ByColumns:find(names, params)
  self.found = columns.find(names, self.usual, params)
  if not self.found.email then columns.require(names, "email", "e-mail address") end
  local other = not self.found.email_verified and columns.unused(names, self.found, VERIFIED)
  if other then
    self.helpers.migrate.warn("no_verified_column", "all addresses become unverified, because no "
      .. 'known column says which are verified; if "' .. other .. '" does, use it with '
      .. "email_verified=COLUMN")
  end
end

---Finds the columns of a record that has names of its own, such as a document.
---@param names string[]
---@param params table
function ByColumns:find_in(names, params)
  self.found = columns.find(names, self.usual, {})
  for field in pairs(self.usual) do self.found[field] = params[field] or self.found[field] end
end

local GUARDED <const> = "^'([=+%-@])" -- what a spreadsheet would take for a formula

---What a cell holds, without the guard of a spreadsheet; nil also for a word of a database that an
---export put between quotes.
---@private
function ByColumns:present(given)
  if type(given) == "string" then
    given = given:gsub(self.is_guarded and "^'(.)" or GUARDED, "%1")
  end
  return value.null_if(given, "NULL", "\\N")
end

---The value of a field, trimmed.
---@param row table
---@param field string
---@return any
function ByColumns:cell(row, field)
  local column = self.found[field]
  local given = column and row[column]
  if math.type(given) then return tostring(given) end
  if type(given) == "string" then given = value.trim(given) end
  return self:present(given)
end

---The value of a field as it is: bytes are not trimmed.
---@private
function ByColumns:raw(row, field)
  local column = self.found[field]
  return column and self:present(row[column])
end

---@private
function ByColumns:switch(row, field)
  local column = self.found[field]
  local helper = self.helpers.value
  if not column then return nil end
  local is_moment = not self.words and helper.confirmed(self:cell(row, field))
  if is_moment then return true end
  return helper.switch(self:present(row[column]), self.words, column)
end

---@private
function ByColumns:picked(row, names, base)
  local members = base or {}
  for _, name in ipairs(value.split(names, ",") or {}) do
    members[name] = self:present(row[name])
  end
  return next(members) and metadata.safe(members)
end

---The user of a row; nil and why it is skipped, or a rejection.
---@param row table
---@param params table
---@param own? StoredPassword|false  the hash that the recipe itself made; false: it cannot be kept
---@return any user
---@return string? reason
function ByColumns:map(row, params, own)
  local migrate, helper = self.helpers.migrate, self.helpers.value
  local function cell(field) return self:cell(row, field) end
  local address = self.found.email and row[self.found.email]
  self.is_guarded = type(address) == "string" and address:find "^'" ~= nil -- and so all cells are
  if helper.confirmed(cell("deleted")) then return nil, "deleted" end
  local written = cell("email")
  if not written then return nil, "no e-mail address" end
  local email = helper.email(written)
  if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

  local phone, unread = migrate.phone(cell("phone_number"), params.country)
  local user = {
    user_id = cell("user_id"),
    email = email,
    email_verified = helper.confirmed(cell("email_verified")) == true,
    username = helper.username(cell("username"), cell("user_id"), email),
    given_name = cell("given_name"),
    family_name = cell("family_name"),
    name = cell("name"),
    nickname = cell("nickname"),
    picture = helper.url(cell("picture")),
    phone_number = phone,
    phone_verified = phone and helper.confirmed(cell("phone_verified")),
    user_metadata = self:picked(row, params.user_metadata, unread and { phone = unread }),
    app_metadata = self:picked(row, params.app_metadata),
  }
  if self:switch(row, "active") == false or self:switch(row, "blocked") then
    user.blocked = true
  end
  local stored = own == nil and cell("password")
  -- Asked for an empty cell, too: so it is known that the source has a column of passwords.
  local is_asked = own == nil and self.found.password
  local hash = own or is_asked and self.rules:of(self:raw(row, "password"),
    self:raw(row, "salt"), cell("algorithm"))
  user[type(hash) == "string" and "password_hash" or "custom_password_hash"] = hash or nil
  if own == nil and not stored then
    migrate.warn("no_password", "users without a password hash; they must set a new password")
  end
  return user
end

return by_columns
