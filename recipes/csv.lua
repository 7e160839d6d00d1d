--- Any CSV or TSV file. Finds columns by common names, or as set by `email="E-Mail Address"`. Keeps
--- passwords in self-describing formats (bcrypt, Argon2, {SSHA}, ...); declare the format of bare
--- digests, as in `password_format=md5,sha256_salted`.

local columns = require "source.columns"
local csv = require "source.csv"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

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
  input = { help = "the file (.csv or .tsv; may be compressed)", kind = "input", required = true },
  delimiter = { help = "cell delimiter: , ; | or tab; default a comma, a tab in .tsv" },
  null = { help = "values to read as null, separated by commas: NULL,n/a" },
  encoding = { help = "encoding of the file; default utf-8" },
  country = { help = "country of phone numbers without one", kind = "country" },
  on = { help = "words for true in the columns active and blocked, separated by commas: A,active" },
  off = { help = "words for false in these columns: I,inactive" },
  password_format = { help = "format of digests: md5, sha1, sha256, sha512, ntlm, optionally with "
    .. "_salted (salt first) or _salted_suffix; separate several by commas" },
  password_order = { help = "what comes first in hash:salt, if both have the same form",
    kind = { "hash_salt", "salt_hash" } },
  user_metadata = { help = "more columns for user_metadata, separated by commas" },
  app_metadata = { help = "more columns for app_metadata, separated by commas" },
}
for field, usual in pairs(USUAL) do
  HELP[field] = HELP[field]
    or { help = "column name; default: the first of " .. table.concat(usual, ", ") }
end

---Set by `source` from the header, read by `map`.
---@type table<string, string>
local found = {}

---The words of the columns active and blocked, if they are not the usual ones; set by `source`.
---@type table<string, boolean>?
local words

local function words_of(on, off)
  local list = (on or off) and {}
  for _, word in ipairs(value.split(on, ",") or {}) do list[word] = true end
  for _, word in ipairs(value.split(off, ",") or {}) do list[word] = false end
  return list
end

local DELIMITERS <const> = { tab = "\t", semicolon = ";", comma = ",", pipe = "|" }

local function find_columns(names, params)
  found = columns.find(names, USUAL, params)
  if not found.email then columns.require(names, "email", "e-mail address") end
  local other = not found.email_verified and columns.unused(names, found, VERIFIED)
  if other then
    migrate.warn("no_verified_column", "all addresses become unverified, because no known column "
      .. 'says which are verified; if "' .. other .. '" does, use it with email_verified=COLUMN')
  end
end

local function check_formats(written)
  for _, format in ipairs(value.split(written, ",") or {}) do
    if not password.is_format(format) then
      error("unknown password_format=" .. format .. "; " .. HELP.password_format.help, 0)
    end
  end
end

local function hashed(cell, salt, params)
  local hash = password.auto(cell)
  if hash or not cell then return hash end
  for _, format in ipairs(value.split(params.password_format, ",") or {}) do
    local reason, is_ambiguous
    hash, reason, is_ambiguous = password.declared(value.trim(cell), format,
      { salt = salt, order = params.password_order })
    if hash then return hash end
    if is_ambiguous then
      migrate.warn("password_order", reason .. "; see the parameter `password_order`")
    end
  end
end

local function picked(row, names, base)
  local members = base or {}
  for _, name in ipairs(value.split(names, ",") or {}) do members[name] = row[name] end
  return next(members) and metadata.safe(members)
end

---@type Recipe
return {
  name = "csv",
  about = { system = "any CSV or TSV file", passwords = "mixed", reads = { "files" } },
  params = HELP,
  source = function(params)
    check_formats(params.password_format)
    words = words_of(params.on, params.off)
    local records = csv.records(params.input, {
      delimiter = DELIMITERS[params.delimiter] or params.delimiter, encoding = params.encoding,
      null = params.null and value.split(params.null, ","), trim = true,
    })
    local names = records:columns()
    if names then find_columns(names, params) end
    return records
  end,
  map = function(row, params)
    local function cell(field) return found[field] and value.trim(row[found[field]]) end
    if value.confirmed(cell("deleted")) then return nil, "deleted" end
    local function switch(field)
      if not words and value.confirmed(cell(field)) then return true end -- also the moment of it
      return found[field] and value.switch(row[found[field]], words, found[field])
    end
    local written = cell("email")
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    local phone, unread = migrate.phone(cell("phone_number"), params.country)
    local user = {
      user_id = cell("user_id"),
      email = email,
      email_verified = value.confirmed(cell("email_verified")) == true,
      username = value.username(cell("username"), cell("user_id"), email),
      given_name = cell("given_name"),
      family_name = cell("family_name"),
      name = cell("name"),
      nickname = cell("nickname"),
      picture = value.url(cell("picture")),
      phone_number = phone,
      phone_verified = phone and value.confirmed(cell("phone_verified")),
      user_metadata = picked(row, params.user_metadata, unread and { phone = unread }),
      app_metadata = picked(row, params.app_metadata),
    }
    if switch("active") == false or switch("blocked") then user.blocked = true end
    local hash = found.password and hashed(cell("password"), cell("salt"), params)
    user[type(hash) == "string" and "password_hash" or "custom_password_hash"] = hash
    if not cell("password") then
      migrate.warn("no_password", "users without a password hash; they must set a new password")
    end
    return user
  end,
}
