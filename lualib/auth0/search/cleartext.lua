--- Passwords that a record holds as they are, or in an encoding that anyone can undo.

local candidates = require "auth0.search.candidates"
local directory = require "auth0.hash.directory"
local rules = require "auth0.hash.rules"
local text = require "host.text"

local cleartext = {}

local LEAST <const> = 8 -- characters: a shorter value may equal a password by chance

-- Parts of the names of columns that hold passwords.
local NAMES <const> = {
  "pass", "pwd", "^pw", "_pw", "secret", "kennwort", "wachtwoord", "clave", "contrase", "senha",
  "parol", "heslo", "lozinka", "sifre", "plain", "clear", "^pin$",
}

-- Fields of a user that are not passwords, even if a password is the same.
local OTHERS <const> = {
  "email", "username", "phone_number", "user_id", "name", "given_name", "family_name", "nickname",
}

---Names of columns that identify a user, the surest first.
local IDS <const> = { "^id$", "^_id$", "uid", "uuid", "user_?id", "id$", "mail", "login", "user" }

local UNESCAPED <const> = [[(%s:gsub("+", " "):gsub("%%%%(%%x%%x)", function(hex) ]]
  .. [[return string.char(tonumber(hex, 16)) end))]]

local function unescaped(value)
  return (value:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

---How a value may hold a password, with the code that reads it.
---@type {what: string, of: (fun(value: string): string?), code: string}[]
local FORMS <const> = {
  { what = "the password itself", of = function(value) return value end, code = "%s" },
  { what = "the password itself, padded", of = text.trim,
    code = "%s" .. candidates.TRIM:gsub("%%", "%%%%") },
  { what = "the password in Base64", of = function(value) return rules.decode(value, "base64") end,
    code = 'password.bytes(%s, "base64")' },
  { what = "the password in hex", of = function(value) return rules.decode(value, "hex") end,
    code = 'password.bytes(%s, "hex")' },
  { what = "the password as in a URL", of = unescaped, code = UNESCAPED },
}

---@class ClearValue
---@field expression string  of the cleartext, or of what `directory` reads
---@field what string
---@field source Candidate
---@field is_sure boolean    it is a password, not another value that is the same
---@field builder string     "cleartext"

---@return {what: string, expression: string, builder: string}?
local function held(value, wanted)
  if not text.is_utf8(value.text) then return nil end
  local scheme, rest = value.text:match("^{(%a+)}(.*)$")
  if scheme and rest == wanted and directory.is_clear(scheme) then
    return { what = "the password itself", expression = value.expression, builder = "directory" }
  end
  for _, form in ipairs(FORMS) do
    if form.of(value.text) == wanted then
      return { what = form.what, expression = form.code:format(value.expression),
        builder = "cleartext" }
    end
  end
end

---Whether a value is there to be a password.
local function is_password(value, user)
  for _, pattern in ipairs(NAMES) do
    if value.name:find(pattern) then return true end
  end
  for _, name in ipairs(OTHERS) do
    local other = user[name]
    if type(other) == "string" and text.lower(other) == text.lower(value.text) then return false end
  end
  return #value.text >= LEAST
end

---The first value that holds the cleartext; one that is surely a password before others.
---@param list Candidate[]
---@param wanted string  the cleartext
---@param user User      mapped
---@return ClearValue?
function cleartext.find(list, wanted, user)
  local first
  for _, value in ipairs(list) do
    local found = value.field ~= "value" and held(value, wanted) --[[@as ClearValue?]]
    if found then
      found.source, found.is_sure = value, is_password(value, user)
      if found.is_sure then return found end
      first = first or found
    end
  end
  return first
end

---The expression of what tells users apart, for the salt of a hash that is made.
local function id_of(list, user, source)
  local function is_other(value)
    return value ~= source and value.field ~= source.field and not value.part
      and value.text ~= source.text
  end
  for _, field in ipairs { "user_id", "email", "username", "phone_number" } do
    local wanted = type(user[field]) == "string" and text.lower(user[field])
    for _, value in ipairs(wanted and list or {}) do
      if is_other(value) and text.lower(value.text) == wanted then return value end
    end
  end
  for _, pattern in ipairs(IDS) do
    for _, value in ipairs(list) do
      if is_other(value) and value.name:find(pattern) then return value end
    end
  end
  return source
end

---The expression that makes a hash of the password.
---@param found ClearValue
---@param list Candidate[]
---@param user User
---@return string
function cleartext.expression(found, list, user)
  local id = id_of(list, user, found.source)
  local code = string.format("password.%s(%s, %s)", found.builder, found.expression, id.expression)
  if id.number then return code end
  return id.expression .. " and " .. code -- the id of every user that gets a hash
end

return cleartext
