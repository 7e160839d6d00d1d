local tap = require "tests.tap"
local duplicates = require "stage.duplicates"
local file = require "host.file"
local test, equal, contains = tap.test, tap.equal, tap.contains

---Runs `fn` with a detector whose folder is removed afterwards.
local function with_detector(options, fn)
  local folder = assert(file.temporary())
  options.spool = folder
  local detector <close> = assert(duplicates.new(options))
  local ok, message = xpcall(fn, debug.traceback, detector, folder)
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

local EMAIL <const> = { unique = { email = true, user_id = true } }
local CRM <const> = { keys = { "app_metadata.crm_id" } }

-- what it is, options, users in order, the last one's clash: nil or {position, code, path, keys}
local CASES <const> = {
  { "two strangers", {}, {
    { email = "a@x.de", username = "a", phone_number = "+491", user_id = "1" },
    { email = "b@x.de", username = "b", phone_number = "+492", user_id = "2" },
  } },
  { "the same user twice", {}, {
    { email = "a@x.de", user_id = "1" }, { email = "a@x.de", user_id = "1" },
  }, { 1, "DUPLICATE", "email", { "email", "user_id" } } },
  { "addresses that differ in case", {}, {
    { email = "Ann@X.de" }, { email = "ann@x.DE" },
  }, { 1, "DUPLICATE", "email", { "email" } } },
  { "usernames that differ in case", {}, {
    { username = "Ann" }, { username = "ANN" },
  }, { 1, "DUPLICATE", "username", { "username" } } },
  { "user_ids that differ in case", {}, { { user_id = "a" }, { user_id = "A" } } },
  { "an identifier that the earlier lacks", {}, {
    { email = "a@x.de" }, { email = "a@x.de", username = "a", user_id = "1" },
  }, { 1, "DUPLICATE", "email", { "email" } } },
  { "an identifier that the later lacks", {}, {
    { email = "a@x.de", username = "a", user_id = "1" }, { email = "a@x.de" },
  }, { 1, "DUPLICATE", "email", { "email" } } },
  { "the same address, another user_id", {}, {
    { email = "a@x.de", user_id = "1" }, { email = "a@x.de", user_id = "2" },
  }, { 1, "CONFLICT_EMAIL", "email", { "email" } } },
  { "the same username, another address", {}, {
    { email = "a@x.de", username = "a" }, { email = "b@x.de", username = "A" },
  }, { 1, "CONFLICT_USERNAME", "username", { "username" } } },
  { "the same phone, another address", {}, {
    { email = "a@x.de", phone_number = "+49" }, { email = "b@x.de", phone_number = "+49" },
  }, { 1, "CONFLICT", "phone_number", { "phone_number" } } },
  { "the same user_id, another address", {}, {
    { email = "a@x.de", user_id = "1" }, { email = "b@x.de", user_id = "1" },
  }, { 1, "CONFLICT", "user_id", { "user_id" } } },
  { "all equal but one", {}, {
    { email = "a@x.de", username = "a", phone_number = "+49", user_id = "1" },
    { email = "a@x.de", username = "a", phone_number = "+49", user_id = "2" },
  }, { 1, "CONFLICT_EMAIL", "email", { "email", "username", "phone_number" } } },
  { "identifiers of two others", {}, {
    { email = "a@x.de" }, { username = "b" }, { email = "a@x.de", username = "b" },
  }, { 1, "CONFLICT_EMAIL", "email", { "email" } } },
  { "identifiers of two others, the later one first in order", {}, {
    { username = "b" }, { email = "a@x.de" }, { email = "a@x.de", username = "b" },
  }, { 2, "CONFLICT_EMAIL", "email", { "email" } } },
  { "a username that is another's address", {}, {
    { email = "a@x.de" }, { username = "a@x.de", email = "b@x.de" },
  } },
  { "a shared value that the connection does not keep unique", EMAIL, {
    { email = "a@x.de", username = "a" }, { email = "b@x.de", username = "a" },
  } },
  { "another value of an identifier that is not unique", EMAIL, {
    { email = "a@x.de", username = "a" }, { email = "a@x.de", username = "b" },
  }, { 1, "CONFLICT_EMAIL", "email", { "email" } } },
  { "empty values, which do not count", {}, {
    { email = "a@x.de", username = "" }, { email = "b@x.de", username = "" },
  } },
  { "a key of the recipe, whatever else differs", { keys = { "email" } }, {
    { email = "a@x.de", user_id = "1" }, { email = "A@x.de", user_id = "2" },
  }, { 1, "DUPLICATE", "email", { "email" } } },
  { "a key of the recipe that the connection does not keep unique",
    { keys = { "phone_number" }, unique = { email = true, user_id = true } }, {
      { email = "a@x.de", phone_number = "+49" }, { email = "b@x.de", phone_number = "+49" },
    }, { 1, "DUPLICATE", "phone_number", { "phone_number" } } },
  { "a key of the recipe before the identifiers of another", { keys = { "username" } }, {
    { email = "a@x.de" }, { email = "b@x.de", username = "b" },
    { email = "a@x.de", username = "b" },
  }, { 2, "DUPLICATE", "username", { "username" } } },
  { "an identifier that is not a key of the recipe", { keys = { "username" } }, {
    { email = "a@x.de", user_id = "1" }, { email = "a@x.de", user_id = "2" },
  }, { 1, "CONFLICT_EMAIL", "email", { "email" } } },
  { "a nested key of the recipe", CRM, {
    { email = "a@x.de", app_metadata = { crm_id = 7 } },
    { email = "b@x.de", app_metadata = { crm_id = "7" } },
  }, { 1, "DUPLICATE", "app_metadata.crm_id", { "app_metadata.crm_id" } } },
  { "another nested key, which is not an identifier", CRM, {
    { email = "a@x.de", app_metadata = { crm_id = 7 } },
    { email = "a@x.de", app_metadata = { crm_id = 8 } },
  }, { 1, "DUPLICATE", "email", { "email" } } },
  { "no nested key at all", CRM, {
    { email = "a@x.de", app_metadata = "none" }, { email = "b@x.de" },
  } },
}
for _, case in ipairs(CASES) do
  test("clash: " .. case[1], function()
    local options = { unique = case[2].unique, keys = case[2].keys }
    with_detector(options, function(detector)
      local users, expected = case[3], case[4]
      for i = 1, #users - 1 do equal(detector:judge(users[i], i), nil) end
      local clash = detector:judge(users[#users], #users)
      if not expected then return equal(clash, nil) end
      equal({ clash.position, clash.code, clash.path, clash.keys }, expected)
    end)
  end)
end

test("one that clashes is not remembered", function()
  with_detector({}, function(detector)
    detector:judge({ email = "a@x.de", user_id = "1" }, 1)
    equal(detector:judge({ email = "a@x.de", user_id = "2" }, 2).code, "CONFLICT_EMAIL")
    equal(detector:judge({ email = "b@x.de", user_id = "2" }, 3), nil)
    equal(detector:count(), 4)
  end)
end)

test("a message says where the other is, and shows no identifier", function()
  with_detector({}, function(detector)
    detector:judge({ email = "ann@x.de", user_id = "id-1" }, 41)
    for _, case in ipairs {
      { { email = "ann@x.de" }, "same user as at position 41" },
      { { email = "ann@x.de", user_id = "id-2" },
        "position 41 has the same email, but a different user_id" },
    } do
      local clash = detector:judge(case[1], 50)
      contains(clash.message, case[2])
      assert(not clash.message:find("ann", 1, true))
      assert(not clash.message:find("id-", 1, true))
    end
  end)
end)

test("memory is at most 16 bytes per key", function()
  with_detector({ unique = { email = true, user_id = true } }, function(detector)
    for i = 1, 20000 do
      detector:judge({ email = "user" .. i .. "@example.com", user_id = "id" .. i }, i)
    end
    equal(detector:count(), 40000)
    assert(detector:memory() <= 16 * 40000)
  end)
end)

test("nothing is left in the folder", function()
  with_detector({}, function(detector, folder)
    detector:judge({ email = "a@x.de" }, 1)
    equal(file.list(folder), {})
  end)
end)

test("a missing folder is a failure", function()
  local detector, message, kind = duplicates.new { spool = "/nowhere" }
  equal({ detector, kind }, { nil, "missing" })
  contains(message, "/nowhere")
end)

for what, keys in pairs {
  ["not a name"] = { 7 }, ["too many"] = { "a", "b", "c", "d", "e" },
} do
  test("keys of a recipe: " .. what .. " is a usage error", function()
    local detector, message, kind = duplicates.new { keys = keys, spool = "/nowhere" }
    equal({ detector, kind }, { nil, "usage" })
    contains(message, "dedupe")
  end)
end
