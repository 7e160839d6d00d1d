--- The command new where it extends a shipped recipe: what that recipe does not read is added, or
--- named, and what a person types next passes unedited.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local COUNT <const> = 60

---An entry of a directory of a school; the third is closed, the fourth has no valid address, and
---the last has that of the first.
local function entry(i)
  local mail = i == 4 and "at home" or string.format("p%d@school.test", i == COUNT and 1 or i)
  return table.concat({
    "dn: uid=p" .. i .. ",ou=people,dc=school,dc=test", "objectClass: inetOrgPerson",
    "uid: p" .. i, "cn: Person " .. i, "sn: Rarename" .. i, "mail: " .. mail, "title: head",
    string.format("entryUUID: 435d44ec-5e58-46a9-acb6-23204d89%04d", i),
    "schoolRole: " .. (i % 2 == 0 and "teacher" or "pupil"), "schoolClass: 5a",
    "schoolAccountState: " .. (i == 3 and "disabled" or "enabled"),
    "description: a rare sentence of person " .. i,
    i % 2 == 0 and "carLicense: AB " .. i or "carLicense: CD " .. i,
  }, "\n") .. "\n\n"
end

local function directory()
  local list = { "version: 1\n\n" }
  for i = 1, COUNT do list[#list + 1] = entry(i) end
  return table.concat(list)
end

local function users_of(shown)
  local list = {}
  for line in shown:gmatch("[^\n]+") do list[#list + 1] = assert(json.decode(line)) end
  return list
end

test("a recipe of a directory adds what the shipped one does not read, and passes unedited",
  function()
    program.scene(nil, function(s)
      s:write("school.ldif", directory())
      s:run({ "new", "made.lua", "input=school.ldif" }):ends_with(0)
      local recipe = s:read "made.lua"
      contains(recipe, "value.blocked(value.first(row.schoolaccountstate))")
      contains(recipe, "-- kept.schoolclass = value.first(row.schoolclass)")
      contains(recipe, "-- kept.description = value.first(row.description) -- may be personal")
      contains(recipe, 'dedupe = { "email" }')
      for _, not_there in ipairs { "entryuuid", "objectclass", "title", "Rarename", "a rare " } do
        assert(not recipe:find(not_there, 1, true), not_there)
      end
      s:run({ "test", "made.lua" }):ends_with(0)
      local checked = s:run({ "check", "made.lua", "input=school.ldif", "--json" }):ends_with(0)
      local records = json.decode(checked.stdout).records
      equal({ records.read, records.staged }, { COUNT, COUNT - 2 })
      s:run({ "rehearse", "made.lua", "input=school.ldif" }):ends_with(0)
      local users = users_of(s:run({ "map", "made.lua", "input=school.ldif" }).stdout)
      equal({ users[2].blocked, users[3].blocked }, { nil, true })
      equal(users[2].app_metadata, { title = "head", schoolrole = "teacher" })
    end)
  end)

test("each line that new leaves commented may be uncommented", function()
  program.scene(nil, function(s)
    s:write("school.ldif", directory())
    s:run({ "new", "made.lua", "input=school.ldif" }):ends_with(0)
    local recipe, n = s:read("made.lua"):gsub("%-%- kept%.", "kept.")
    assert(n >= 3, recipe)
    s:write("made.lua", recipe)
    s:run({ "check", "made.lua", "input=school.ldif" }):ends_with(0)
    local users = users_of(s:run({ "map", "made.lua", "input=school.ldif" }).stdout)
    equal({ users[2].app_metadata.title, users[2].app_metadata.schoolclass }, { "head", "5a" })
  end)
end)

---An export of Firebase with members of a script's own.
local function firebase(with)
  local users = json.array {}
  for i = 1, COUNT do
    users[i] = { localId = "u" .. i, email = "u" .. i .. "@app.test", emailVerified = true,
      customAttributes = '{"plan":"pro"}' }
    for name, value in pairs(with(i)) do users[i][name] = value end
  end
  return assert(json.encode { users = users })
end

test("so does one of any other shipped recipe, and adds to the metadata that it maps", function()
  program.scene(nil, function(s)
    s:write("users.json", firebase(function(i)
      return { accountStatus = i == 1 and "banned" or "active", role = i > 1 and "editor" or nil,
        shipmentState = i % 2 == 0 and "cancelled" or "active", theme = "dark" }
    end))
    s:run({ "new", "made.lua", "input=users.json", "from=firebase" }):ends_with(0)
    local recipe = s:read "made.lua"
    contains(recipe, "user.blocked = user.blocked or value.blocked(row.accountStatus) or nil")
    contains(recipe, "-- kept.shipmentState = row.shipmentState")
    contains(recipe, "-- kept.theme = row.theme")
    assert(not recipe:find("dedupe", 1, true), recipe)
    s:run({ "test", "made.lua" }):ends_with(0)
    s:run({ "check", "made.lua", "input=users.json" }):ends_with(0)
    local users = users_of(s:run({ "map", "made.lua", "input=users.json" }).stdout)
    equal({ users[1].blocked, users[2].blocked }, { true, nil })
    equal(users[2].app_metadata, { plan = "pro", role = "editor" })
  end)
end)

test("where all is read, the recipe shows how to add to the metadata, and not to replace it",
  function()
    program.scene(nil, function(s)
      s:write("users.json", firebase(function() return { customAttributes = "{}" } end))
      s:run({ "new", "made.lua", "input=users.json" }):ends_with(0)
      local recipe = s:read "made.lua"
      contains(recipe, "user.app_metadata = user.app_metadata or {}")
      s:write("made.lua", (recipe:gsub("%-%- (if user then)", "%1"):gsub("%-%- (end)", "%1")
        :gsub("%-%- (  user%.)", "%1")))
      local users = users_of(s:run({ "map", "made.lua", "input=users.json" }):ends_with(0).stdout)
      equal(users[1].app_metadata, { source = "old system" })
    end)
  end)

test("a lock, and the state of something else, are left to the person", function()
  program.scene(nil, function(s)
    s:write("users.json", firebase(function(i)
      return i % 2 == 0 and { isLocked = true } or { isLocked = false }
    end))
    s:run({ "new", "made.lua", "input=users.json" }):ends_with(0)
    contains(s:read "made.lua", "-- user.blocked = user.blocked or value.switch(row.isLocked)")
    s:write("users.json", firebase(function(i)
      return { shipmentstate = i % 2 == 0 and "cancelled" or "active" }
    end))
    s:run({ "new", "made.lua", "input=users.json", "--force" }):ends_with(0)
    contains(s:read "made.lua",
      "-- user.blocked = user.blocked or value.blocked(row.shipmentstate)")
  end)
end)
