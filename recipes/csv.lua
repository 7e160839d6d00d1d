--- Any CSV or TSV file. Finds columns by common names, or as set by `email="E-Mail Address"`. Keeps
--- passwords in self-describing formats (bcrypt, Argon2, {SSHA}, ...); declare the format of bare
--- digests, as in `password_format=md5,sha256_salted`.

local csv = require "source.csv"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

-- Common column names of each field, without case, blanks and punctuation.
local USUAL <const> = {
  user_id = { "userid", "id", "uid", "uuid", "customerid", "externalid" },
  email = { "email", "emailaddress", "mail", "useremail" },
  email_verified = { "emailverified", "verified", "emailconfirmed", "isverified", "confirmed" },
  username = { "username", "login", "userlogin", "screenname" },
  given_name = { "givenname", "firstname", "forename" },
  family_name = { "familyname", "lastname", "surname" },
  name = { "name", "fullname", "displayname" },
  nickname = { "nickname", "nick" },
  picture = { "picture", "avatar", "avatarurl", "photo" },
  phone_number = { "phonenumber", "phone", "mobile", "telephone" },
  phone_verified = { "phoneverified", "phoneconfirmed" },
  active = { "active", "isactive", "enabled" },
  blocked = { "blocked", "disabled", "isblocked" },
  password = { "passwordhash", "password", "passworddigest", "encryptedpassword", "hash" },
  salt = { "passwordsalt", "salt" },
}

local HELP <const> = {
  input = { help = "the file (.csv or .tsv; may be compressed)", kind = "input", required = true },
  delimiter = { help = "cell delimiter: , ; | or tab; default a comma, a tab in .tsv" },
  null = { help = "values to read as null, separated by commas: NULL,n/a" },
  encoding = { help = "encoding of the file; default utf-8" },
  country = { help = "calling code for phone numbers without one: 44" },
  password_format = { help = "format of digests: md5, sha1, sha256, sha512, ntlm, optionally with "
    .. "_salted (salt first) or _salted_suffix; separate several by commas" },
  user_metadata = { help = "more columns for user_metadata, separated by commas" },
  app_metadata = { help = "more columns for app_metadata, separated by commas" },
}
for field, usual in pairs(USUAL) do
  HELP[field] = HELP[field]
    or { help = "column name; default: the first of " .. table.concat(usual, ", ") }
end

local function plain(name)
  return (name:lower():gsub("[%s%p]", ""))
end

---The column of each field: the one set, else the first common name in the file.
local function find_columns(names, params)
  local by_plain, found, has = {}, {}, {}
  for _, name in ipairs(names or {}) do
    by_plain[plain(name)] = by_plain[plain(name)] or name
    has[name] = true
  end
  for field, usual in pairs(USUAL) do
    local told = params[field]
    if told and not has[told] and not by_plain[plain(told)] then
      error(string.format('%s=%s: the file has no such column; it has "%s"', field, told,
        table.concat(names, '", "')), 0)
    end
    found[field] = told and (has[told] and told or by_plain[plain(told)])
    for _, name in ipairs(usual) do found[field] = found[field] or by_plain[name] end
  end
  return found
end

---Set by `source` from the header, read by `map`.
---@type table<string, string>
local columns = {}

local DELIMITERS <const> = { tab = "\t", semicolon = ";", comma = ",", pipe = "|" }

local DIGESTS <const> = {
  md4 = true, md5 = true, sha1 = true, sha256 = true, sha512 = true, ntlm = true,
}
local WAYS <const> = { [""] = true, _salted = true, _salted_suffix = true }

local function check_formats(written)
  for _, format in ipairs(value.split(written, ",") or {}) do
    local name, way = format:match("^(%w+)(.*)$")
    if not DIGESTS[name] or not WAYS[way] then
      error("unknown password_format=" .. format .. "; " .. HELP.password_format.help, 0)
    end
  end
end

---A digest in a declared format; its salt is in a column, or in the same cell before or after ":".
local function declared(cell, salt, format)
  local name, way = format:match("^(%w+)(.*)$")
  local options = { password_encoding = name == "ntlm" and "utf16le" or nil }
  if name == "ntlm" then name = "md4" end
  if way == "" then return password.digest(name, cell, options) end
  options.position = way == "_salted_suffix" and "suffix" or "prefix"
  if salt then
    options.salt = salt
    return password.digest(name, cell, options)
  end
  local first, second = cell:match("^([^:]*):(.*)$")
  if not first then return nil, "no salt" end
  options.salt = first
  local hash = password.digest(name, second, options)
  options.salt = second
  return hash or password.digest(name, first, options)
end

local function hashed(cell, salt, formats)
  local hash, _, why = password.auto(cell)
  if hash or not cell then return hash, why end
  for _, format in ipairs(formats) do
    hash = declared(value.trim(cell), salt, format)
    if hash then return hash end
  end
  return nil, why
end

local function metadata(row, names, base)
  local picked = base or {}
  for _, name in ipairs(value.split(names, ",") or {}) do picked[name] = row[name] end
  return next(picked) and picked
end

---@type Recipe
return {
  name = "csv",
  params = HELP,
  source = function(params)
    check_formats(params.password_format)
    local records = csv.records(params.input, {
      delimiter = DELIMITERS[params.delimiter] or params.delimiter, encoding = params.encoding,
      null = params.null and value.split(params.null, ","), trim = true,
    })
    columns = find_columns(records:columns(), params)
    return records
  end,
  map = function(row, params)
    local function cell(field) return columns[field] and value.trim(row[columns[field]]) end
    local written = cell("email")
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    local phone = value.phone(cell("phone_number"), params.country)
    local kept_phone
    if cell("phone_number") and not phone then
      kept_phone = { phone = cell("phone_number") }
      migrate.warn("no_country_code",
        "phone numbers that are not international; see the parameter `country`")
    end
    local user = {
      user_id = cell("user_id"),
      email = email,
      email_verified = value.boolean(cell("email_verified")) == true,
      username = value.username(cell("username"), cell("user_id")),
      given_name = cell("given_name"),
      family_name = cell("family_name"),
      name = cell("name"),
      nickname = cell("nickname"),
      picture = cell("picture"),
      phone_number = phone,
      phone_verified = phone and value.boolean(cell("phone_verified")),
      user_metadata = metadata(row, params.user_metadata, kept_phone),
      app_metadata = metadata(row, params.app_metadata),
    }
    if value.boolean(cell("active")) == false or value.boolean(cell("blocked")) == true then
      user.blocked = true
    end
    local hash, why
      = hashed(cell("password"), cell("salt"), value.split(params.password_format, ",") or {})
    user[type(hash) == "string" and "password_hash" or "custom_password_hash"] = hash
    if why and not cell("password") then
      migrate.warn("no_password", "users without a password hash; they must set a new password")
    end
    return user
  end,
}
