--- Tables of names to which records refer.

local references = require "new.references"
local survey = require "new.survey"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local function survey_of(records)
  local found = survey.new {}
  for _, record in ipairs(records) do found:record(record) end
  found:finish()
  return found
end

---What the records of a survey refer to, as {column, table, id}.
local function found_in(records, tables)
  local others, list = {}, {}
  for name, rows in pairs(tables) do
    others[#others + 1] = { export = { name = name }, survey = survey_of(rows) }
  end
  for _, one in ipairs(references.of(survey_of(records), others)) do
    list[#list + 1] = { one.key, one.export.name, one.other, one.member }
  end
  return list
end

local ROLES <const> = { { id = 1, name = "reader" }, { id = 2, name = "editor" } }

test("a column with the ids of a table that is called so refers to it", function()
  equal(found_in({ { role_id = 2 } }, { roles = ROLES }), { { "role_id", "roles", "id", "role" } })
  equal(found_in({ { group_id = 2 } }, {
    ["auth_groups.csv"] = { { group_id = 2, group_name = "x" } },
  }), { { "group_id", "auth_groups.csv", "group_id", "group" } })
end)

test("another name, other values, or a table without names is no reference", function()
  equal(found_in({ { plan_id = 2 } }, { roles = ROLES }), {})
  equal(found_in({ { role_id = 7 } }, { roles = ROLES }), {})
  equal(found_in({ { role_id = 2 } }, { roles = { { id = 2, weight = 5 } } }), {})
  equal(found_in({ { user_id = 2 } }, { users = ROLES }), {})
end)
