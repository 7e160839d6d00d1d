--- Bare digests whose format a person declares: "md5", "sha256_salted", "ntlm", …

local build = require "auth0.hash.build"
local type_name = require "base.type_name"
local spelling = require "base.spelling"

local declared = {}

local DIGESTS <const> = {
  md4 = true, md5 = true, sha1 = true, sha256 = true, sha512 = true, ntlm = true,
}
local WAYS <const> = { [""] = true, _salted = true, _salted_suffix = true }

local AMBIGUOUS <const> = "hash and salt have the same form: which comes first?"

local function parts_of(format)
  return format:match("^(%w+)(.*)$")
end

---@param format string
---@return boolean
function declared.is_format(format)
  if type(format) ~= "string" then return false end
  local name, way = parts_of(format)
  return DIGESTS[name or ""] ~= nil and WAYS[way] ~= nil
end

---The format whose declaration leads to a hash; nil if none does.
---@param hash? PasswordHash
---@return string?
function declared.format_of(hash)
  local salt = hash and hash.salt
  local encoding = hash and hash.password and hash.password.encoding or "utf8"
  local name = hash and hash.algorithm
  if name == "md4" and encoding == "utf16le" then name, encoding = "ntlm", "utf8" end
  if not DIGESTS[name or ""] or encoding ~= "utf8" then return nil end
  if not salt then return name end
  if salt.encoding ~= "utf8" then return nil end
  return name .. (salt.position == "suffix" and "_salted_suffix" or "_salted")
end

---All formats, sorted.
local function formats()
  local names = {}
  for name in pairs(DIGESTS) do
    for way in pairs(WAYS) do names[#names + 1] = name .. way end
  end
  table.sort(names)
  return names
end

---Digest and salt of a cell that holds both, in either order.
local function split(name, cell, options, order)
  local first, second = cell:match("^([^:]*):(.*)$")
  if not first then return nil, "no salt" end
  local leading, trailing, why
  if order ~= "salt_hash" then
    options.salt = second
    leading, why = build.digest(name, first, options)
  end
  if order ~= "hash_salt" then
    options.salt = first
    trailing, why = build.digest(name, second, options)
  end
  if leading and trailing then return nil, AMBIGUOUS, true end
  return leading or trailing, why
end

---@class DeclaredOptions
---@field salt? string
---@field salt_encoding? HashEncoding
---@field encoding? HashEncoding  of the digest; default: by its length
---@field order? "hash_salt"|"salt_hash"  in a cell that holds both

---A digest in a declared format. Its salt is given, or in the same cell before or after ":".
---@param cell string
---@param format string  see `is_format`
---@param options? DeclaredOptions
---@return PasswordHash? hash
---@return string? reason
---@return true? ambiguous  both parts of the cell may be the digest: `order` decides
function declared.digest(cell, format, options)
  if not declared.is_format(format) then
    local given = type(format) == "string" and '"' .. format .. '"' or type_name.of(format)
    error(string.format("password.declared has no format %s%s", given,
      spelling.hint(tostring(format), formats())), 2)
  end
  options = options or {}
  local name, way = parts_of(format)
  local how = {
    encoding = options.encoding, password_encoding = name == "ntlm" and "utf16le" or nil,
  }
  if name == "ntlm" then name = "md4" end
  if way == "" then return build.digest(name, cell, how) end
  how.position = way == "_salted_suffix" and "suffix" or "prefix"
  if not options.salt and options.encoding then return nil, "no salt" end
  if not options.salt then return split(name, cell, how, options.order) end
  how.salt, how.salt_encoding = options.salt, options.salt_encoding
  return build.digest(name, cell, how)
end

return declared
