--- What the entries of LDAP directories mean: who is a person, who may log in, who is in a group.

local ldif = require "source.ldif"
local value = require "source.value"

local directory = {}

---@alias Entry table<string, string[]>  as source.ldif reads it; `dn` is a string

local PERSONS <const> = { "person", "user", "account" } -- in names of object classes
-- Object classes that have such a name in Active Directory and 389, too.
local OTHERS <const> = {
  computer = "computer account", contact = "contact, not an account",
  nstombstone = "deleted account",
}
-- Bits of Active Directory's userAccountControl.
local DISABLED <const> = 2
local MACHINES <const> = 0x800 | 0x1000 | 0x2000 -- trusts, computers, servers
local FOR_EVER <const> = "^000001010000" -- pwdAccountLockedTime that an administrator has set
local DISABLED_ROLE <const> = "cn=nsmanageddisabledrole"
local SWITCHES <const> = { -- true: switched off
  "nsaccountlock", "ds-pwp-account-disabled", "msds-useraccountdisabled", "logindisabled",
}
local MEMBERS <const> = { "member", "uniquemember", "memberuid" }

---The first value of these attributes that is text.
---@param entry Entry
---@param ... string  attributes, the best first
---@return string?
function directory.first(entry, ...)
  for _, name in ipairs { ... } do
    for _, one in ipairs(entry[name] or {}) do
      local text = value.is_utf8(one) and value.trim(one)
      if text then return text end
    end
  end
end

local first = directory.first

local function control_of(entry)
  local written = first(entry, "useraccountcontrol")
  return written and math.tointeger(tonumber(written)) or 0
end

local function is_on(entry, name)
  return value.switch(first(entry, name), nil, name) == true
end

---The status of Sun's and ForgeRock's servers.
local function status_of(entry)
  return (first(entry, "fr-idm-accountstatus", "inetuserstatus") or ""):lower()
end

---Whether a person is meant. Without object classes, which a search may leave out, all entries are.
local function is_person(entry)
  if not entry.objectclass then return true end
  for _, class in ipairs(entry.objectclass) do
    class = class:lower()
    for _, word in ipairs(PERSONS) do
      if class:find(word, 1, true) and not class:find("group", 1, true) then return true end
    end
  end
  return false
end

---Why an entry is not a user; nil if it is one.
---@param entry Entry
---@return string?
function directory.not_a_person(entry)
  for _, class in ipairs(entry.objectclass or {}) do
    if OTHERS[class:lower()] then return OTHERS[class:lower()] end
  end
  if control_of(entry) & MACHINES ~= 0 then return OTHERS.computer end
  local is_deleted = is_on(entry, "isdeleted") or status_of(entry) == "deleted"
    or entry.dn:lower():find(",cn=deleted ", 1, true)
  if is_deleted then return OTHERS.nstombstone end
  return not is_person(entry) and "not a person" or nil
end

---Whether an administrator has switched an account off, which is more than a lock for some time.
---@param entry Entry
---@return boolean
function directory.is_disabled(entry)
  for _, name in ipairs(SWITCHES) do
    if is_on(entry, name) then return true end
  end
  local locked, role = first(entry, "pwdaccountlockedtime"), first(entry, "nsroledn")
  return control_of(entry) & DISABLED ~= 0 or status_of(entry) == "inactive"
    or locked ~= nil and locked:find(FOR_EVER) ~= nil
    or role ~= nil and role:lower():find(DISABLED_ROLE, 1, true) ~= nil
end

---The id that the server has given: of OpenLDAP, 389, Active Directory, IDM, FreeIPA.
---@param entry Entry
---@return string?
function directory.id(entry)
  local guid = entry.objectguid and entry.objectguid[1]
  return first(entry, "entryuuid", "nsuniqueid") or value.uuid(guid, "guid")
    or first(entry, "fr-idm-uuid", "ipauniqueid")
end

---The value of a name's first part: "staff" of "cn=staff,ou=groups,dc=example,dc=org".
---@param dn string
---@return string
function directory.name(dn)
  local plain = dn:gsub("\\2[Cc]", "\\,"):gsub("\\,", "\0")
  local text = plain:match("=%s*([^,]*)") or plain
  text = text:gsub("\\(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  return (text:gsub("\\(.)", "%1"):gsub("%z", ","))
end

---The same for all spellings of a name or a login.
local function key_of(dn)
  return (value.lower(dn):gsub("%s*([,=])%s*", "%1"))
end

---The members of the groups of a file, for a lookup by `member`.
---@param given string  as for ldif.records
---@return fun(): table?  { member = , group = }
function directory.memberships(given)
  return coroutine.wrap(function()
    for entry in ldif.records(given, { optional = true }) do
      if not entry.dn then coroutine.yield(entry) end -- broken: the lookup says so
      for _, attribute in ipairs(MEMBERS) do
        for _, member in ipairs(entry.dn and entry[attribute] or {}) do
          coroutine.yield { member = key_of(member), group = directory.name(entry.dn) }
        end
      end
    end
  end)
end

---The names of an entry's groups: those that it names itself, and those that have it as a member.
---@param entry Entry
---@param groups? Lookup  of memberships
---@return string[]?  nil if there are none
function directory.groups(entry, groups)
  local names, seen = {}, {}
  local function add(name)
    if not seen[name] then names[#names + 1], seen[name] = name, true end
  end
  for _, dn in ipairs(entry.memberof or {}) do add(directory.name(dn)) end
  for _, name in ipairs(groups and { entry.dn, first(entry, "uid") } or {}) do
    for _, found in ipairs(groups:all(key_of(name))) do add(found.group) end
  end
  return names[1] and names or nil
end

return directory
