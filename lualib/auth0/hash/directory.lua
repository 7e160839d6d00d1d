--- Passwords of directories: one attribute holds hashes of all schemes, and cleartext passwords.

local build = require "auth0.hash.build"
local digest = require "host.digest"
local parse = require "auth0.hash.parse"

local directory = {}

local COST <const> = 10 -- of bcrypt, as Auth0's own
local LONGEST <const> = 72 -- bytes that bcrypt reads
local SALT <const> = 16 -- bytes
local CLEAR <const> = { CLEAR = true, CLEARTEXT = true, PLAIN = true, NOOP = true }

---The bcrypt hash of a password that the source stores as it is. Its salt follows from the user's
---id, so that the same record becomes the same user each time.
---@param text string?
---@param id string  of the user
---@return PasswordHash? hash
---@return string? reason
function directory.cleartext(text, id)
  if type(id) ~= "string" or id == "" then error("cleartext expects the user's id", 2) end
  if type(text) ~= "string" or text == "" then return nil, build.NONE end
  if #text > LONGEST then return nil, "a cleartext password longer than 72 bytes" end
  local salt = digest.hash("sha256", "bcrypt salt of " .. id):sub(1, SALT)
  local made = digest.bcrypt(text, COST, salt)
  if not made then return nil, "a cleartext password with a zero byte" end
  return build.bcrypt(made)
end

---Whether a scheme, as in "{CLEARTEXT}secret", is that of passwords that are stored as they are.
---@param scheme string
---@return boolean
function directory.is_clear(scheme)
  return CLEAR[scheme:upper()] or false
end

---A value of userPassword. Without a scheme it is the cleartext, unless it is plainly a hash that
---an application has put there.
---@param value string?
---@param id string  of the user
---@return PasswordHash? hash
---@return string? reason
function directory.password(value, id)
  local text, why = build.cleaned(value)
  if not text then return nil, why end
  local scheme, rest = text:match("^{([%w_.@-]+)}(.*)$")
  if scheme then
    if directory.is_clear(scheme) then return directory.cleartext(rest, id) end
    return parse.any(text)
  end
  local made, reason = parse.any(text)
  local name = assert(parse.identify(text)).name
  local is_hash = name == "authPassword" or text:find("^[{$]") and name ~= "unknown"
    or text:find("^%x+$") and #text >= 32 and reason ~= nil
  if is_hash then return made, reason end
  return directory.cleartext(text, id)
end

return directory
