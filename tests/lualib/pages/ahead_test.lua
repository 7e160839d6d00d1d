local ahead = require "pages.ahead"
local tap = require "tests.tap"
local test = tap.test

local function numbers(form, before, after, n, total)
  local list = {}
  for i, request in ipairs(ahead.guesses(form, { query = { first = before, q = "x" } },
    { url = "u", query = { first = after, q = "x" } }, n, total)) do
    tap.equal({ request.url, request.query.q }, { "u", "x" })
    list[i] = request.query.first
  end
  return list
end

test("the number that the next request adds is added again, up to the total", function()
  local offset = { offset = { query = "first" } }
  tap.equal(numbers(offset, 0, 100, 3), { 200, 300, 400 })
  tap.equal(numbers(offset, 0, 100, 3, 301), { 200, 300 })
  tap.equal(numbers(offset, 0, 100, 3, 200), {})
  tap.equal(numbers({ offset = { query = "first" }, start = 1 }, 1, 101, 3, 300), { 201 })
  tap.equal(numbers({ page = { query = "first" } }, 1, 2, 2), { 3, 4 })
end)

test("nothing is guessed where pages are not counted, or do not go on", function()
  tap.equal(numbers({ link = "next" }, 0, 100, 3), {})
  tap.equal(numbers({ offset = { query = "first" } }, 100, 100, 3), {})
  tap.equal(ahead.guesses(nil, {}, {}, 3), {})
end)

test("a number in the body or in a header is guessed, too", function()
  local by_body = ahead.guesses({ offset = { body = "/search/start" } },
    { body = { search = { start = 0 } } }, { body = { search = { start = 5 }, a = 1 } }, 1)
  tap.equal(by_body, { { body = { search = { start = 10 }, a = 1 } } })
  local by_header = ahead.guesses({ page = { header = "X-Page" } },
    { headers = { ["X-Page"] = "1" } }, { headers = { ["X-Page"] = "2" } }, 1)
  tap.equal(by_header, { { headers = { ["X-Page"] = "3" } } })
end)
