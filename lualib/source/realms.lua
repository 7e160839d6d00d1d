--- Reads the users of Keycloak exports: a realm, a list of realms, or the files of a directory, of
--- which those of one realm are read.

local failure = require "base.failure"
local file = require "host.file"
local input = require "source.input"
local json = require "source.json"
local json_head = require "source.json_head"
local path = require "base.path"
local records = require "source.records"
local value = require "source.value"

local realms = {}

local NAME <const> = "realms.records"
local HEAD <const> = 64 -- bytes in which a file shows whether it is a list
local MOST_BYTES <const> = 1 << 31 -- of a realm whose name is read

-- "shop-realm.json" and "shop-users-0.json", as `kc.sh export --dir` writes them.
local REALM <const>, USERS <const> = "^(.+)%-realm%.json$", "^(.+)%-users%-%d+%.json$"
-- What it writes besides: users of other stores, whose passwords are there, and its release.
local OTHERS <const> = { "%-federated%-users%-%d+%.json$", "^version%.json$" }

local function is_list(name)
  if name == "-" then return false end
  local handle <close> = file.open(name)
  local head = handle and handle:read(HEAD) or ""
  return head:find("^\xEF?\xBB?\xBF?%s*%[") ~= nil
end

---The names of the realms in a file, in order; `is_known`: one has a name.
local function names_in(name)
  local names <const> = {}
  local whole <close> = json.records(name, { limit = MOST_BYTES, optional = true })
  for record in whole do
    local realm = type(record) == "userdata" and record.realm
    names[#names + 1] = type(realm) == "string" and realm or "?"
    names.is_known = names.is_known or names[#names] ~= "?"
  end
  return names
end

local function refuse(...)
  failure.raise(string.format(...), "usage")
end

---The index of the realm in the file's list.
local function choose(name, wanted)
  local names = names_in(name)
  if not wanted and #names == 1 then return 0 end
  if #names == 0 then refuse("%s is an empty list, not a realm", name) end
  if not names.is_known then refuse("%s is a list, but not of realms", name) end
  for i, realm in ipairs(names) do
    if realm == wanted then return i - 1 end
  end
  local list = table.concat(names, ", ")
  if wanted then refuse("realm=%s: %s has other realms: %s", wanted, name, list) end
  refuse("%s is a list of realms: %s; choose one with realm=NAME", name, list)
end

local function plain_name(name)
  return (path.basename(name):gsub("%.gz$", ""):gsub("%.zst$", ""))
end

local function realm_of(name)
  local base = plain_name(name)
  return base:match(REALM) or base:match(USERS)
end

---The files that may have users, and those of realms, whose users are in files next to them.
---@return string[] files
---@return string[] realms
local function parts_of(names)
  local files, of_realms = {}, {}
  for _, name in ipairs(names) do
    local base, is_other = plain_name(name), false
    for _, pattern in ipairs(OTHERS) do is_other = is_other or base:find(pattern) ~= nil end
    if not is_other then files[#files + 1] = name end
    if base:find(REALM) then of_realms[#of_realms + 1] = name end
  end
  return files[1] and files or names, of_realms
end

---The files of one realm among several; those whose name tells no realm are of any.
local function of_realm(names, wanted)
  local kept, known, list = {}, {}, {}
  for _, name in ipairs(names) do
    local realm = realm_of(name)
    if realm and not known[realm] then
      known[realm], list[#list + 1] = true, realm
    end
    if not realm or realm == wanted then kept[#kept + 1] = name end
  end
  if wanted and not known[wanted] and #list > 0 then
    refuse("realm=%s: the files are of other realms: %s", wanted, table.concat(list, ", "))
  elseif not wanted and #list > 1 then
    refuse("the files are of several realms: %s; choose one with realm=NAME",
      table.concat(list, ", "))
  end
  return wanted and kept or names
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param wanted? string         the realm to read; needed if there are several
---@return Records
function realms.records(given, wanted)
  local paths = input.require(NAME, given, { "json" })
  records.tell(paths, {
    sample = { kind = "json", options = { pointer = "/users", beside = { realm = wanted } } },
  })
  local files, of_realms = parts_of(paths)
  local names = of_realm(files, wanted)
  if #names == 1 and is_list(names[1]) then
    local pointer = "/" .. choose(names[1], wanted) .. "/users"
    return json.records(names, { pointer = pointer, optional = true })
  end
  for _, name in ipairs(names) do
    if is_list(name) then refuse("%s is a list of realms: pass it as the only input", name) end
  end
  if #names == 1 and wanted and names[1] ~= "-" and realm_of(names[1]) ~= wanted then
    choose(names[1], wanted)
  end
  local users = json.records(names, { pointer = "/users", optional = true })
  users:may_lack(of_realms)
  return users
end

---The attributes, also of a list of objects, which some hand-written realms have.
---@param attributes any
---@return table<string, any>
function realms.attributes(attributes)
  local copied = {}
  if type(value.null_if(attributes)) ~= "table" then return copied end
  for name, member in pairs(attributes) do
    if type(name) == "string" then
      copied[name] = member
    elseif type(member) == "table" then
      for inner, list in pairs(member) do copied[inner] = list end
    end
  end
  return copied
end

---The secret of a one-time code: raw text unless its encoding is BASE32. Before release 8 its
---fields lay in the credential, whose type was "totp" or "hotp".
---@param credential table
---@return string? secret
---@return string? reason  why it cannot be imported
function realms.one_time_code(credential)
  local secret, data = value.json(credential.secretData), value.json(credential.credentialData)
  local kind = data and data.subType or credential.type
  if kind ~= "totp" and kind ~= "otp" then return nil, "only time-based codes can be imported" end
  if credential.type ~= "otp" and not secret then
    secret, data = { value = value.null_if(credential.hashedSaltedValue) }, credential
  end
  if not secret or not data then return nil, "the credential cannot be read" end
  return value.totp(secret.value, {
    encoding = data.secretEncoding == "BASE32" and "base32" or "raw",
    digits = value.null_if(data.digits), period = value.null_if(data.period),
    algorithm = value.null_if(data.algorithm),
  })
end

---Roles without the realm's default role, which every user has.
---@param list any
---@return string[]?  nil if there are none
function realms.roles(list)
  local kept = {}
  for _, role in ipairs(type(list) == "table" and list or {}) do
    if not role:find("^default%-roles%-") then kept[#kept + 1] = role end
  end
  return kept[1] and kept or nil
end

local SIGNS <const> = { "users", "enabled", "sslRequired", "roles", "clients" } -- of a realm

local function is_realm(given)
  if not json_head.is_object(given) or type(given.realm) ~= "string" then return false end
  for _, name in ipairs(SIGNS) do
    if given[name] ~= nil then return true end
  end
  return false
end

---Whether the beginning of a file is that of a realm, or of a list of realms.
---@param head string
---@return Recognised?
function realms.recognise(head)
  local found = json_head.read(head)
  local first = found and found.values[1]
  if is_realm(first) then return { sure = 3, what = "Keycloak, a realm" } end
  if type(first) ~= "table" or not is_realm(first[1]) then return nil end
  return { sure = 3, what = "Keycloak, a list of realms" }
end

return realms
