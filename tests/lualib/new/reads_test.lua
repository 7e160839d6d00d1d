--- Which columns a recipe reads is told by its text, and that of the modules that know its system.

local library = require "recipe.library"
local reads = require "new.reads"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

---The names of columns, by dots, that are not in the text of a recipe.
local function unread(code, ...)
  local columns = {}
  for i, key in ipairs { ... } do
    local way = {}
    for name in key:gmatch("[^.]+") do way[#way + 1] = { kind = "member", name = name } end
    columns[i] = { key = key, name = way[#way].name, way = way, filled = 1 }
  end
  local list, within = reads.not_in(columns, reads.text(code))
  local names = {}
  for i, column in ipairs(list) do names[i] = column.key .. (within[column] and "!" or "") end
  return names
end

test("a name counts as read in any letter case, but not in a comment, nor as a part", function()
  local code = "-- plan\nreturn { email = row.eMail, a = row['first_name'] } -- city"
  equal(unread(code, "email", "EMAIL", "FIRST_NAME", "plan", "city", "mail"),
    { "plan", "city", "mail" })
end)

test("a name without letters ends the search, too", function()
  equal(unread("return {}", "--", "#"), { "--", "#" })
end)

test("what a module of the recipe reads is read", function()
  equal(unread(library.shipped "ldap", "entryUUID", "objectClass", "telephonenumber", "schoolrole"),
    { "schoolrole" })
end)

test("a column in an object that is read is known as one", function()
  equal(unread("return metadata.of(row.profile)", "profile.plan", "other.plan"),
    { "profile.plan!", "other.plan" })
end)
