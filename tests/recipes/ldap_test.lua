--- The ldap recipe over the exports of a real server, and entries of other servers.

local directory = require "tests.directory"
local json = require "host.json"
local file = require "host.file"
local tap = require "tests.tap"
local rig = require "tests.recipes.rig"
local verify = require "tests.recipes.verify"

local equal, test = tap.equal, tap.test

local FIXTURE <const> = "tests/recipes/ldap/directory.ldif"

---Password and name of each user of the fixture, by id.
local function people()
  local expected = json.decode(assert(file.read("tests/recipes/ldap/expected.json")))
  local names = {}
  for _, user in ipairs(expected.users) do
    names[user.user_id] = "uid=" .. user.username .. ",ou=people,dc=example,dc=org"
  end
  return expected.users, expected.passwords, names
end

local function mapped(text, params)
  local made = rig.over("ldap", { ["export.ldif"] = text }, params)
  equal(made.message, nil)
  return made
end

---The users without what an export may lack, sorted by id.
local function ids(users)
  local list = {}
  for i, user in ipairs(users) do list[i] = user.user_id .. " " .. user.email end
  table.sort(list)
  return list
end

test("ldap: slapcat's export of a real OpenLDAP gives the users that were loaded", function()
  local server <close> = directory.of(FIXTURE)
  local wanted = people()
  local made = mapped(server:export(), { roles = FIXTURE })
  equal(made.users, wanted)
end)

test("ldap: ldapsearch gives them too, in every form; passwords are those of the server", function()
  local server <close> = directory.of(FIXTURE)
  server:start()
  local wanted, passwords, names = people()
  for id, password in pairs(passwords) do
    equal(server:accepts(names[id], password), true, names[id])
  end
  for _, options in ipairs {
    { "*", "+" }, { "-LLL", "*", "+" }, { "-LLL", "-o", "ldif-wrap=no", "*", "+" },
    { "-L", "(mail=*)", "*", "+" },
  } do
    local made = mapped(server:search(table.unpack(options)))
    equal(ids(made.users), ids(wanted))
    for _, user in ipairs(made.users) do
      local password = passwords[user.user_id]
      if password then equal(verify.login(user, password), true, user.user_id) end
    end
  end
end)

test("ldap: without operational attributes and object classes, uid is the id", function()
  local server <close> = directory.of(FIXTURE)
  server:start()
  local made = mapped(server:search("-LLL", "(mail=*)", "uid", "mail", "userPassword"))
  equal(#made.users, 10)
  equal({ made.users[1].user_id, made.users[1].username }, { "anna", "anna" })
end)

---The only user of an entry, and the recipe's run.
local function one(lines)
  local made = mapped("dn: uid=ada,dc=example\nuid: ada\nmail: ada@example.com\n" .. lines)
  return made.users[1], made
end

test("ldap: who is switched off by an administrator is blocked, on each server", function()
  for _, lines in ipairs {
    "nsAccountLock: TRUE\n", "ds-pwp-account-disabled: true\n", "loginDisabled: TRUE\n",
    "inetUserStatus: Inactive\n", "userAccountControl: 66050\n", "msDS-UserAccountDisabled: TRUE\n",
    "pwdAccountLockedTime: 000001010000Z\n", "pwdAccountLockedTime: 00000101000000Z\n",
    "nsRoleDN: cn=nsManagedDisabledRole,dc=example\n",
  } do
    equal(one(lines).blocked, true, lines)
  end
  for _, lines in ipairs {
    "nsAccountLock: FALSE\n", "userAccountControl: 512\n", "inetUserStatus: active\n",
    "pwdAccountLockedTime: 20240102030405.123Z\n", "lockoutTime: 133500000000000000\n",
  } do
    equal(one(lines).blocked, nil, lines)
  end
end)

test("ldap: a switch that cannot be read rejects the entry", function()
  local user, made = one "nsAccountLock: perhaps\n"
  equal({ user, made.left_out }, { nil, { "SWITCH_UNREADABLE" } })
end)

---{lines, reason}
local OTHERS <const> = {
  { "userAccountControl: 4096\n", "computer account" }, { "isDeleted: TRUE\n", "deleted account" },
  { "objectClass: nsTombstone\n", "deleted account" },
  { "inetUserStatus: deleted\n", "deleted account" },
  { "objectClass: top\nobjectClass: organizationalRole\n", "not a person" },
  { "objectClass: groupOfUniqueNames\n", "not a person" },
  { "objectClass: groupOfPersons\n", "not a person" },
}
test("ldap: entries that are no users are skipped, though they have an address", function()
  for _, case in ipairs(OTHERS) do
    local user, made = one(case[1])
    equal({ user, made.left_out }, { nil, { case[2] } })
  end
end)

test("ldap: a class of the company's own is a person, if it says so", function()
  equal(one("objectClass: top\nobjectClass: acmePerson\n").email, "ada@example.com")
end)

test("ldap: the next number is taken if the first cannot be read", function()
  local user = one "mobile: 0151 5550\ntelephoneNumber: +49 30 123456\n"
  equal({ user.phone_number, user.user_metadata }, { "+4930123456", nil })
end)

test("ldap: names of groups are unescaped, and each counts once", function()
  local user = one "memberOf: CN=R\\, D\\2C E,DC=a\nmemberOf: CN=caf\\C3\\A9,DC=a\nmemberOf: cn=x\n"
  equal(user.app_metadata.roles, { "R, D, E", "café", "x" })
  equal(#one("memberOf: cn=x,dc=a\nmemberOf: cn=x,dc=b\n").app_metadata.roles, 1)
end)
