local statistics = require "stage.statistics"
local tap = require "tests.tap"
local test = tap.test

test("statistics have the median and largest size, and the password algorithms", function()
  local t = statistics.new()
  t:add({ password_hash = "x" }, 100, "a:1")
  t:add({ custom_password_hash = { algorithm = "pbkdf2" } }, 200, "a:2")
  t:add({}, 5000, "a:3")
  tap.equal(t:facts(), {
    median = 200, largest = 5000, algorithms = { bcrypt = 1, pbkdf2 = 1 }, without_password = 1,
    without_places = { "a:3" },
  })
end)

test("statistics of no users are zero", function()
  tap.equal(statistics.new():facts(),
    { median = 0, largest = 0, algorithms = {}, without_password = 0, without_places = {} })
end)

test("statistics count what an upsert would change, if asked to", function()
  local t = statistics.new(true)
  t:add({ email = "a@b.co", name = "A", app_metadata = {}, email_verified = false }, 100, "a:1")
  t:add({ email = "c@b.co", app_metadata = {}, username = "c" }, 100, "a:2")
  tap.equal(t:facts().overwrites, { app_metadata = 2, email_verified = 1, name = 1 })
end)

test("statistics name the first three users without a password", function()
  local t = statistics.new()
  for i = 1, 5 do t:add({}, 100, "a:" .. i) end
  tap.equal(t:facts().without_places, { "a:1", "a:2", "a:3" })
end)
