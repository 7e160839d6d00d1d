local tally = require "migrate.tally"
local tap = require "tests.tap"
local test = tap.test

test("a tally tells the median and the largest user, and how passwords are kept", function()
  local t = tally.new()
  t:add({ password_hash = "x" }, 100)
  t:add({ custom_password_hash = { algorithm = "pbkdf2" } }, 200)
  t:add({}, 5000)
  tap.equal(t:facts(), {
    median = 200, largest = 5000, algorithms = { bcrypt = 1, pbkdf2 = 1 }, without_password = 1,
  })
end)

test("a tally of nobody is all nought", function()
  tap.equal(tally.new():facts(),
    { median = 0, largest = 0, algorithms = {}, without_password = 0 })
end)
