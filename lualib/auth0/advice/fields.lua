--- Cause and fix for a rejected field: by field where it has texts of its own, else by rule.
--- No text contains a letter of the value.

local hashes = require "auth0.advice.hashes"
local json = require "host.json"
local profile = require "auth0.profile"

local fields = {}

---Returns the cause, for the message, and the fix.
---@alias Adviser fun(value: any, finding: UserFinding): string?, string?

local COUNTRY <const> = 'value.phone(row.phone, "49") adds the calling code'

local function phone(value)
  if type(value) ~= "string" then return end
  if value:find("^%d[.,]?%d*[eE]%+?%d+$") then
    return "a spreadsheet rounded it", "Export the column as text; the rounded digits are lost."
  elseif value:find("%a") then
    return "it contains letters", "Map only the number, in the form +4930123456, or leave it out."
  elseif value:find("^%s*00") then
    return 'it starts with "00" instead of "+"', "Use value.phone(row.phone), which writes +."
  elseif not value:find("^%s*%+") then
    return 'it does not start with "+"', "Convert it to the form +4930123456 (" .. COUNTRY
      .. "), or leave it out."
  elseif select(2, value:gsub("%d", "")) > 15 then
    return "it has more than 15 digits", "Correct the number in the source, or leave it out."
  elseif value:find("%d") then
    return 'it contains characters other than digits after the "+"',
      "Use value.phone(row.phone), which removes them, or leave the number out."
  end
  return "it has no digits", "Leave the number out."
end

local LEAVE_USERNAME <const> = "Map it with value.username(row.name), which returns nil for names "
  .. "that Auth0 rejects, and keep the old name in app_metadata."
local ALLOWED <const> = "If the connection allows %s, pass its settings with --connection-file."

local function username(value, finding)
  if type(value) ~= "string" then return end
  if finding.keyword == "max_length" then
    return nil, "Shorten it, or leave it out. " .. ALLOWED:format("longer usernames")
  end
  if finding.keyword ~= "pattern" then return end
  if value:find("%s") then return "it contains whitespace", LEAVE_USERNAME end
  if value:find("[\x80-\xff]") then
    return "it contains letters outside a-z, which Auth0 does not accept", LEAVE_USERNAME
  end
  local sign = value:match("[^%w_+%-.!#$'^`~@]")
  if sign then return string.format('it contains "%s"', sign:gsub("%c", "?")), LEAVE_USERNAME end
  if value:find("@", 1, true) then
    return "it looks like an e-mail address",
      "Leave it out: users log in with their address. " .. ALLOWED:format("such usernames")
  end
  return "it looks like a phone number",
    "Leave it out, or map it as phone_number. " .. ALLOWED:format("such usernames")
end

local function email(value)
  if type(value) ~= "string" then return end
  local _, signs = value:gsub("@", "")
  if value:find("^%s") or value:find("%s$") then
    return nil, "Remove the whitespace: value.email(row.email)."
  elseif value:find("<.*@.*>") then
    return nil, 'Map the part between "<" and ">": row.email:match("<(.-)>").'
  elseif value:find("^mailto:") then
    return nil, 'Remove "mailto:": row.email:gsub("^mailto:", "").'
  elseif signs > 1 and value:find("[,; ]") then
    return nil, "Map one of the addresses: value.split(row.email, \",\")[1]."
  end
  return nil, "Correct it in the source, or skip such records (value.email returns nil)."
end

local function user_id(value, finding)
  if type(value) ~= "string" then return end
  if finding.keyword == "pattern" then
    return "it contains whitespace",
      'Remove it with value.trim at the ends, with row.id:gsub("%s", "_") inside.'
  elseif finding.keyword == "max_length" then
    return nil, "Map a shorter id, or none (Auth0 makes one), and keep this one in app_metadata."
  end
end

local function picture(value)
  if type(value) ~= "string" then return end
  if value:find("^//") then return nil, 'Prefix it with "https:".' end
  if value:find("^data:") then return nil, "Leave it out: Auth0 accepts URLs, not image data." end
  if value:find("%s") then return nil, 'Escape spaces as %20: row.picture:gsub(" ", "%%20").' end
  return nil, "Prefix it with the https:// URL of the site, or leave the picture out."
end

local function totp(value)
  if type(value) ~= "string" then return end
  local fix = "Map it with value.totp(row.secret), which converts it for Auth0."
  if value:find("^otpauth:") then return "it is an otpauth: URL", fix end
  if value:find("=", 1, true) then return "it has padding (=)", fix end
  if value:find("[%s-]") then return "it contains whitespace or hyphens", fix end
  if value:find("%l") and not value:find("[189]") then return "it has lower-case letters", fix end
  if value:find("^%x+$") then
    return "it consists of hex digits", 'Map it with value.totp(row.secret, { encoding = "hex" }).'
  end
  return "it contains characters outside Base32 (A-Z, 2-7)", fix
end

local function no_table(value, finding)
  if finding.keyword == "type" then return nil, hashes.no_table(value) end
end

local function metadata(name)
  return function(value, finding)
    if finding.code ~= "INVALID_TYPE" then return end
    if type(value) == "string" and value:find("^%s*[{%[]") then
      return "it is JSON in a string",
        string.format("Decode it: %s = value.json(row.%s).", name, name)
    end
    return nil, string.format("Wrap it in an object: %s = { origin = ... }.", name)
  end
end

---By path, "[]" for any item of a list.
---@type table<string, Adviser>
local FIELDS <const> = {
  email = email, phone_number = phone, username = username, user_id = user_id, picture = picture,
  password_hash = hashes.plain, custom_password_hash = no_table,
  app_metadata = metadata "app_metadata", user_metadata = metadata "user_metadata",
  ["mfa_factors[].totp.secret"] = totp, ["mfa_factors[].phone.value"] = phone,
  ["mfa_factors[].email.value"] = email,
}

local function last_name(path)
  return path:match("([%w_]+)$") or path
end

local TYPE_FIXES <const> = {
  boolean = "Convert it: value.boolean(row.x) reads true, t, yes, 1 and their opposites.",
  string = "Convert it: tostring(row.x).",
  object = "Map a table with string keys.",
  array = "Map a list: { { totp = { secret = ... } } }.",
}

---Whether the table is a list or an object as JSON has them.
local function is_regular(value)
  if json.is_array(value) then return true end
  for name in next, value do
    if type(name) ~= "string" then return false end
  end
  return true
end

local function wrong_type(value, finding)
  if type(value) == "userdata" and value ~= json.null then
    return nil, "Map the members of the record one by one, or leave it out."
  elseif type(value) == "function" then
    return nil, "Call the function, or leave it out."
  elseif type(value) == "table" and finding.wanted == "any" then
    return nil, is_regular(value) and "Flatten the metadata, or break the cycle in it."
      or "Map a list without gaps or a table with string keys; migrate.array marks lists."
  elseif finding.wanted == "array" and type(value) == "table" and next(value) == nil then
    return nil, string.format("Leave an empty list out: %s = next(list) and list.",
      last_name(finding.path))
  end
  return nil, TYPE_FIXES[finding.wanted] or "Leave it out: JSON cannot represent it."
end

-- In Auth0's profile, but not in an import file.
local NOT_IMPORTABLE <const> = {
  created_at = "date", updated_at = "date", last_login = "date", last_password_reset = "date",
  last_ip = "none", logins_count = "none", identities = "none", multifactor = "none",
  locale = "none", connection = "connection", roles = "roles", organizations = "roles",
  password = "password", plain_password = "password",
}
local NOT_IMPORTABLE_FIX <const> = {
  date = "Move it into app_metadata under another name (legacy_%s): an import cannot set it.",
  none = "Move it into app_metadata or user_metadata, or leave it out: an import cannot set %s.",
  connection = "Leave %s out: --connection sets it for the whole run.",
  roles = "Leave %s out, and assign them after the import (`finalize`, run:request).",
  password = "Map its hash with auth0.password: an import does not accept cleartext.",
}

local function unknown_property(_, finding)
  local path = finding.path
  local kind = NOT_IMPORTABLE[path]
  if kind then return nil, (NOT_IMPORTABLE_FIX[kind]:gsub("%%s", path)) end
  if not path:find(".", 1, true) then return nil, finding.fix end
  if finding.near then return nil, string.format('Write "%s".', finding.near) end
  return nil, path:find("^mfa_factors%[%d+%]%.[^.]*$")
    and "Leave it out: a factor is totp, phone or email." or "Leave it out."
end

local function reserved(_, finding)
  local name = last_name(finding.path)
  if finding.path == "username" then
    return nil, "Leave usernames out, or enable them for the connection."
  end
  return nil, string.format("Leave it out, or use another name, such as legacy_%s: Auth0 reserves "
    .. "%s.", name, name)
end

local function missing(_, finding)
  if finding.path:find("^mfa_factors") then
    return nil, "Leave the factor out if it has no value."
  end
  return nil, string.format("Map %s, or skip such records: `return nil, \"no %s\"`.", finding.path,
    last_name(finding.path):gsub("_", " "))
end

---The largest member of a user, and its size as JSON.
---@param user table
---@return string? name
---@return integer bytes
function fields.largest(user)
  local largest, bytes = nil, 0
  for name, member in next, user do
    local written = json.encode(member)
    if written and #written > bytes then largest, bytes = tostring(name), #written end
  end
  return largest, bytes
end

local function too_large(value)
  local largest = type(value) == "table" and profile.largest(value, 3) or ""
  return nil, string.format("Store large metadata elsewhere%s; fixers.shrink removes it from "
    .. "users that the tenant rejects.", largest ~= "" and ", the largest: " .. largest or "")
end

---@type table<string, Adviser>
local KEYWORDS <const> = {
  type = wrong_type, additional = unknown_property, forbidden = reserved, required = missing,
  max_bytes = too_large,
  key_without = function()
    return nil, 'Rename the key: name:gsub("[.$]", "_").'
  end,
  exclusive = function()
    return nil, "Keep one: `custom_password_hash = password.auto(row.hash)` accepts any "
      .. "self-describing scheme."
  end,
  any_required = function()
    return nil, 'Map one of them, or skip such records: `return nil, "no identifier"`.'
  end,
  max_length = function(value, finding)
    local most = finding.maximum
    return nil, type(value) == "string" and most and string.format(
      "Shorten it to %d characters in the recipe, or leave it out.", most) or nil
  end,
}

local ABOUT_NAMES <const> = { required = true, forbidden = true, additional = true }

---@param value any
---@param finding UserFinding
---@param path string  with "[]" for any item of a list
---@return string? cause  for the message
---@return string? fix    a sentence
function fields.of(value, finding, path)
  local keyword, field = finding.keyword, FIELDS[path]
  if field and not ABOUT_NAMES[keyword] then
    local cause, fix = field(value, finding)
    if fix then return cause, fix end
  end
  if KEYWORDS[keyword] then return KEYWORDS[keyword](value, finding) end
end

return fields
