--- A recipe's `dedupe` function: which of two users is kept, and which record it counts for.

local file = require "host.file"
local recipe_rig = require "tests.recipe_rig"
local stage = require "stage"
local tap = require "tests.tap"
local test = tap.test

---Stages records with a `dedupe` field. Returns what was sent, in order, what was left out as
---"position outcome code kept", and the messages about it.
local function stage_with(records, dedupe, map)
  local recipe = recipe_rig.made {
    records = records, map = map or "return row", fields = "dedupe = " .. dedupe .. ",",
  }
  local sent, left, messages = {}, {}, {}
  local sink = {
    user = function(_, mapped, position)
      sent[#sent + 1] = { position, mapped:user() }
      return true
    end,
    rejected = function(_, r)
      left[#left + 1] = table.concat({ r.position, r.outcome, r.code, tostring(r.kept) }, " ")
      messages[#messages + 1] = r.message
      return true
    end,
  }
  local folder = assert(file.temporary())
  local pipe = assert(stage.pipeline(recipe, { spool = folder }, sink))
  assert(pipe:run(function() return true end))
  pipe.duplicates:close()
  assert(file.remove_tree(folder))
  return sent, left, pipe, messages
end

---The same with a `dedupe(a, b)` of this body.
local function run(records, dedupe, map)
  return stage_with(records, "function(a, b) " .. dedupe .. " end", map)
end

local A <const> = { email = "a@b.co", name = "first" }
local B <const> = { email = "A@b.co", name = "2nd" }
local C <const> = { email = "c@d.co" }

---The positions and names of what was sent.
local function names(sent)
  local list = {}
  for i, one in ipairs(sent) do list[i] = one[1] .. " " .. tostring(one[2].name) end
  return list
end

for _, case in ipairs {
  { "the first", "return a", { "1 first", "3 nil" }, { "2 duplicate DUPLICATE 1" } },
  { "the later one", "return b", { "2 2nd", "3 nil" }, { "1 duplicate DUPLICATE 2" } },
  { "a changed first one", "a.name = 'merged' return a", { "1 merged", "3 nil" },
    { "2 duplicate DUPLICATE 1" } },
  { "a new one", "return { email = a.email, name = a.name .. b.name }", { "1 first2nd", "3 nil" },
    { "2 duplicate DUPLICATE 1" } },
  { "nothing", "", { "1 first", "3 nil" }, { "2 rejected RECIPE_RESULT 1" } },
  { "an empty table", "return {}", { "1 first", "3 nil" }, { "2 rejected RECIPE_RESULT 1" } },
  { "a rejection", "return migrate.reject('two people', 'TWO')", { "1 first", "3 nil" },
    { "2 rejected TWO 1" } },
  { "an error", "error 'boom'", { "1 first", "3 nil" }, { "2 rejected RECIPE_ERROR 1" } },
  { "an invalid user", "return { email = 'x' }", { "1 first", "3 nil" },
    { "2 rejected FORMAT 1" } },
  { "one that JSON cannot hold", "a.user_metadata = { x = '\\xff' } return a",
    { "1 first", "3 nil" }, { "2 rejected RECIPE_RESULT 1" } },
  { "the address of a third user", "return { email = 'c@d.co' }", { "1 c", "2 first" },
    { "3 rejected CONFLICT 2" }, { { email = "c@d.co", name = "c" }, A, B } },
} do
  test("dedupe returns " .. case[1], function()
    local sent, left = run(case[5] or { A, B, C }, case[2])
    tap.equal({ names(sent), left }, { case[3], case[4] })
  end)
end

test("a user that JSON cannot hold keeps its place among the others", function()
  local records = { A, { email = "x@y.co", bad = true }, C, { email = "C@d.co", name = "c2" } }
  local sent, left = run(records, "return b", [[
      return { email = row.email, name = row.name,
        user_metadata = row.bad and { text = "\xff" } or nil }]])
  tap.equal({ names(sent), left },
    { { "1 first", "4 c2" }, { "2 rejected RECIPE_RESULT nil", "3 duplicate DUPLICATE 4" } })
end)

test("a value that a helper could not read is not counted for the chosen user again", function()
  local _, _, pipe = run({ A, B }, "return a",
    "return { email = row.email, phone_number = value.phone('030 123') }")
  tap.equal(pipe.warnings["value_not_kept phone"].n, 2)
end)

test("merged users count for the first record, and the others are listed as duplicates", function()
  local records = {
    { email = "a@b.co", email_verified = false, app_metadata = { roles = { "x" } } }, C,
    { email = "A@B.co", email_verified = true, app_metadata = { roles = { "y" } } },
    { email = "a@b.co", user_id = "7", name = "Ann", app_metadata = { roles = { "x", "z" } } },
  }
  local sent, left, _, messages = stage_with(records,
    "require('migrate.dedupe').merge { email_verified = 'any', ['app_metadata.roles'] = 'union' }")
  tap.equal({ sent[1], #sent }, { { 1, {
    email = "a@b.co", email_verified = true, user_id = "7", name = "Ann",
    app_metadata = { roles = { "x", "y", "z" } },
  } }, 2 })
  tap.equal(left, { "3 duplicate DUPLICATE 1", "4 duplicate DUPLICATE 1" })
  tap.equal(messages[1],
    "the same email as the user at position 1, with which the recipe's dedupe merged it")
end)

test("people with different addresses are not merged", function()
  local sent, left = stage_with({
    { email = "a@b.co", phone_number = "+4930123456" },
    { email = "c@d.co", phone_number = "+4930123456" },
  }, "require('migrate.dedupe').merge {}")
  tap.equal({ #sent, left }, { 1, { "2 rejected CONFLICT 1" } })
end)

test("a rule that does not exist is an error of the recipe, with its line", function()
  local _, message = recipe_rig.load(recipe_rig.text {
    fields = "dedupe = require('migrate.dedupe').merge { email_verified = 'anny' },",
  })
  assert(message:find('shop.lua:%d+: dedupe.merge: email_verified: the rule must be .*"any"'),
    message)
end)
