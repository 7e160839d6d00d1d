local json = require "host.json"
local paging = require "source.http.paging"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local URL <const> = "https://api.example.com/v1/users"

local function request(more)
  local made = { method = "GET", url = URL, headers = { Accept = "application/json" } }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function items(n, from)
  local list = {}
  for i = 1, n do list[i] = { id = "user_" .. (from or 0) + i } end
  return list
end

---The state after a page of `n` items; `given` replaces what matters.
local function state(given, n)
  local list = given.list or items(n or 2)
  local first = given.first or given.request or request()
  local made = { first = first, request = first, headers = {}, body = {}, list = list,
    items = #list, total = #list }
  for name, value in pairs(given) do made[name] = value end
  return made
end

---What follows: a request, or {nil, message, kind}.
local function follows(spec, given, n)
  equal(paging.check(spec), nil)
  local before = json.encode(given.request or request())
  local found, message, kind = paging.next(spec, state(given, n))
  equal(json.encode(given.request or request()), before, "the given request is unchanged")
  if found == nil and message then return { nil, message, kind } end
  return found
end

local LINK <const> = { link = "next" }

test("the first request of most forms is the one given", function()
  equal(paging.first(LINK, request()), request())
  equal(paging.first({ cursor = "/next", as = { query = "after" } }, request()), request())
end)

test("the first request asks for the size, the offset and the page", function()
  equal(paging.first({ offset = { query = "first" }, size = { query = "max", value = 500 } },
    request()).query, { first = 0, max = 500 })
  equal(paging.first({ offset = { query = "startIndex" }, start = 1 }, request()).query,
    { startIndex = 1 })
  equal(paging.first({ page = { query = "page" } }, request()).query, { page = 1 })
  equal(paging.first({ page = { query = "page" }, start = 0 }, request()).query, { page = 0 })
  local body = { search = { queryString = "*" } }
  equal(paging.first({ cursor = "/nextResults", as = { body = "/search/nextResults" },
    size = { body = "/search/numberOfResults", value = 500 } }, request { body = body }).body,
    { search = { queryString = "*", numberOfResults = 500 } })
  equal(body, { search = { queryString = "*" } })
  equal(paging.first({ link = "next", size = { header = "Page-Size", value = 9 } }, request())
    .headers, { Accept = "application/json", ["Page-Size"] = "9" })
end)

test("a parameter replaces its namesake in the URL", function()
  local made = paging.first({ link = "next", size = { query = "limit", value = 200 } },
    request { url = URL .. "?limit=10&q=%20", query = { limit = 5, sort = "id" } })
  equal({ made.url, made.query }, { URL .. "?q=%20", { limit = 200, sort = "id" } })
end)

test("a next link is kept as it is, in place of the query", function()
  local link = URL .. "?after=%2Fa%2b%3D,x;y&limit=2"
  local found = follows(LINK, { request = request { query = { limit = 2 } },
    headers = { link = { "<" .. URL .. '>; rel="self"', "<" .. link .. '>; rel="next"' } } })
  equal(found, request { url = link })
end)

test("a relative next link is resolved against the request", function()
  local found = follows(LINK, { headers = { link = '</v2/users?page_token=a%3D>; rel="next"' } })
  equal(found.url, "https://api.example.com/v2/users?page_token=a%3D")
end)

test("a URL in the body keeps method, headers and body", function()
  local given = request { method = "POST", headers = { ConsistencyLevel = "eventual" },
    body = { a = 1 }, query = { ["$top"] = 999 } }
  local found = follows({ url = "/@odata.nextLink" },
    { request = given, body = { ["@odata.nextLink"] = URL .. "?$skiptoken=X'1'" } })
  equal(found, { method = "POST", url = URL .. "?$skiptoken=X'1'",
    headers = { ConsistencyLevel = "eventual" }, body = { a = 1 } })
end)

local ELSEWHERE <const> = {
  "https://evil.com/users", "http://api.example.com/v1/users",
  "https://api.example.com:8443/v1/users", "//evil.com/v1/users",
  "https://api.example.com.evil.com/", "https://xn--pi-7ka.example.com/",
}
for _, target in ipairs(ELSEWHERE) do
  test("a next page elsewhere is refused: " .. target, function()
    for _, found in ipairs {
      follows(LINK, { headers = { link = { "<" .. target .. ">; rel=next" } } }),
      follows({ url = "/next" }, { body = { next = target } }),
    } do
      equal({ found[1], found[3] }, { nil, "refused" })
      contains(found[2], "not at https://api.example.com")
    end
  end)
end

test("a next page is compared with the host of the first, not of the last request", function()
  local found = follows(LINK, { first = request(), request = request { url = "https://b.com/" },
    headers = { link = "</x>; rel=next" } })
  equal(found[3], "refused")
end)

test("a next page whose URL cannot be read is an error, not the end", function()
  for _, target in ipairs {
    "https://a@api.example.com/", "mailto:x", "/a b", "https://api.example.com\\@x",
  } do
    equal(follows({ url = "/next" }, { body = { next = target } })[3], "parse", target)
  end
  equal(follows({ url = "/next" }, { body = { next = 7 } })[2], '"/next" is not a URL')
  equal(follows(LINK, { headers = { link = "</x" } })[3], "parse")
end)

test("a cursor goes where it belongs, from body or header", function()
  local as_query = { cursor = "/meta/next", as = { query = "after" } }
  local given = request { query = { after = "", limit = 2 } }
  equal(follows(as_query, { request = given, body = { meta = { next = "a%2F=" } } }).query,
    { after = "a%2F=", limit = 2 })
  local as_body = { cursor = "/nextResults", as = { body = "/search/nextResults" } }
  equal(follows(as_body, { request = request { method = "POST", body = { search = { n = 1 } } },
    body = { nextResults = "x" } }).body, { search = { n = 1, nextResults = "x" } })
  local as_header = { cursor = { header = "X-Next" }, as = { header = "X-Continue" } }
  equal(follows(as_header, { request = request { headers = { ["x-continue"] = "old" } },
    headers = { ["x-next"] = { "abc" } } }).headers, { ["X-Continue"] = "abc" })
end)

test("a cursor of the third page replaces that of the second", function()
  local spec = { cursor = "/next", as = { query = "after" } }
  local first = request { query = { limit = 2 } }
  local second = request { query = { limit = 2, after = "a" } }
  equal(follows(spec, { first = first, request = second, body = { next = "b" } }).query,
    { limit = 2, after = "b" })
end)

test("a cursor keeps its type", function()
  local spec = { cursor = "/next", as = { body = "/next" } }
  equal(follows(spec, { body = { next = 9007199254740993 } }).body, { next = 9007199254740993 })
  equal(follows(spec, { body = { next = "007" } }).body, { next = "007" })
  equal(follows({ cursor = "/next", as = { query = "n" } }, { body = { next = 12 } }).query,
    { n = 12 })
end)

local ENDS <const> = { { next = json.null }, { next = "" }, {}, "text", { { next = "x" } } }
for i, body in ipairs(ENDS) do
  test("no cursor is the end: " .. json.encode(body), function()
    equal(follows({ cursor = "/next", as = { query = "a" } }, { body = body }), nil, i)
    equal(follows({ url = "/next" }, { body = body }), nil, i)
  end)
end

test("an empty page with a cursor is not the end", function()
  equal(follows({ cursor = "/next", as = { query = "a" } }, { body = { next = "x" } }, 0).query,
    { a = "x" })
  equal(follows(LINK, { headers = { link = "</x>; rel=next" } }, 0).url,
    "https://api.example.com/x")
end)

test("a cursor of another type is an error, not the end", function()
  for _, value in ipairs { true, false, { 1 }, { a = 1 } } do
    local found = follows({ cursor = "/next", as = { query = "a" } }, { body = { next = value } })
    equal(found, { nil, '"/next" is neither text nor a number', "parse" })
  end
  equal(follows({ cursor = "/next", as = { query = "a" } }, { body = { next = ("x"):rep(65537) } }),
    { nil, '"/next" is too long', "parse" })
  equal(follows({ cursor = { header = "X" }, as = { query = "a" } }, { headers = { x = "\xff" } }),
    { nil, "the header X is not UTF-8", "parse" })
end)

test("a cursor cannot add a header", function()
  local spec = { cursor = "/next", as = { header = "X-After" } }
  for _, value in ipairs { "a\r\nAuthorization: x", "a\nb", "a\0", "\t" } do
    equal(follows(spec, { body = { next = value } }),
      { nil, '"/next" has a control character', "parse" })
  end
  equal(follows({ cursor = "/next", as = { query = "a" } }, { body = { next = "a\nb" } }).query,
    { a = "a\nb" })
end)

test("has_more decides, and must not contradict the cursor", function()
  local spec = { cursor = "/next", more = "/more", as = { query = "after" } }
  equal(follows(spec, { body = { next = "x", more = false } }), nil)
  equal(follows(spec, { body = { next = "x", more = true } }).query, { after = "x" })
  equal(follows(spec, { body = { next = "x" } }).query, { after = "x" })
  equal(follows(spec, { body = {} }), nil)
  equal(follows(spec, { body = { more = true } })[3], "parse")
end)

local SCIM <const> = { offset = { query = "startIndex" }, size = { query = "count", value = 100 },
  start = 1, total = "/totalResults", by = "/itemsPerPage" }

local function scim(at, total, by, n)
  local given = request { query = { startIndex = at, count = 100 } }
  return follows(SCIM, { request = given, body = { totalResults = total, itemsPerPage = by } }, n)
end

test("an offset grows by the items of the page", function()
  local given = request { query = { first = 500 } }
  equal(follows({ offset = { query = "first" } }, { request = given }, 7).query, { first = 507 })
  equal(scim(1, 300, 100, 100).query, { startIndex = 101, count = 100 })
end)

test("an offset grows by what the page says only if that loses nobody", function()
  equal(scim(1, 300, 50, 100).query.startIndex, 51)
  equal(scim(1, 300, 100, 40).query.startIndex, 41) -- a server that repeats the count it was asked
  equal(scim(1, 300, 0, 40).query.startIndex, 41)
  equal(scim(1, 300, 100, 0).query.startIndex, 101) -- nobody of this page may be seen
end)

test("a total ends the list without another request", function()
  equal(scim(201, 300, 100, 100), nil)
  equal(scim(201, 301, 100, 100).query.startIndex, 301)
  equal(scim(301, 301, 1, 1), nil)
  equal(scim(1, 0, 0, 0), nil)
end)

test("an empty page ends an offset whose total is not known", function()
  local spec = { offset = { query = "first" } }
  equal(follows(spec, { request = request { query = { first = 500 } } }, 0), nil)
end)

test("an offset may be in the body or a header", function()
  local body = { offset = { body = "/search/startRow" }, total = "/total" }
  local given = request { body = { search = { startRow = 4 } } }
  equal(follows(body, { request = given, body = { total = 9 } }).body.search, { startRow = 6 })
  equal(follows({ offset = { header = "X-From" } }, { request = request { headers = {
    ["X-From"] = "4" } } }).headers, { ["X-From"] = "6" })
end)

test("a total may be in a header", function()
  local spec = { page = { query = "page" }, total = { header = "X-Total-Count" } }
  local given = request { query = { page = 2 } }
  equal(follows(spec, { request = given, total = 4, headers = { ["x-total-count"] = "5" } }).query,
    { page = 3 })
  equal(follows(spec, { request = given, total = 5, headers = { ["x-total-count"] = "5" } }), nil)
  equal(paging.total(spec, state { headers = { ["x-total-count"] = "5" } }), 5)
  equal(paging.total(SCIM, state { body = { totalResults = 7.0 } }), 7)
  equal(paging.total(LINK, state {}), nil)
end)

test("a total that is not a number of items is an error", function()
  for _, total in ipairs { -1, "many", true, 1.5, 1e300, 1 << 60, { 1 } } do
    equal(scim(1, total, 100, 100)[3], "parse", tostring(total))
  end
  equal(scim(1, 300, "x", 100)[3], "parse")
end)

test("pages are counted, an empty one is the last", function()
  local spec = { page = { query = "page" } }
  equal(follows(spec, { request = request { query = { page = 7 } } }, 1).query, { page = 8 })
  equal(follows(spec, { request = request { query = { page = 7 } } }, 0), nil)
end)

local CLERK <const> = { last = "/id", as = { query = "starting_after" },
  size = { query = "limit", value = 3 }, short_ends = true }

test("the id of the last item leads on until a page is short", function()
  local given = request { query = { limit = 3, order_by = "+created_at" } }
  equal(follows(CLERK, { request = given }, 3).query,
    { limit = 3, order_by = "+created_at", starting_after = "user_3" })
  equal(follows(CLERK, { request = given }, 2), nil)
  equal(follows(CLERK, { request = given }, 0), nil)
end)

test("without short_ends only an empty page ends", function()
  local spec = { last = "/id", as = { query = "filter", template = "id > {} and {} > 0" } }
  equal(follows(spec, { list = { { id = 6 }, { id = 7 } } }).query, { filter = "id > 7 and 7 > 0" })
  equal(follows(spec, { list = { { id = "100%1" } } }).query.filter, "id > 100%1 and 100%1 > 0")
  equal(follows(spec, {}, 0), nil)
end)

test("a last item without its id is an error, not the end", function()
  for _, item in ipairs { {}, { id = "" }, { id = json.null }, { id = { 1 } }, "text" } do
    equal(follows({ last = "/id", as = { query = "a" } }, { list = { item } })[3], "parse")
  end
end)

test("short_ends ends any form", function()
  local spec = { offset = { query = "first" }, size = { query = "max", value = 3 },
    short_ends = true }
  local given = request { query = { first = 0, max = 3 } }
  equal(follows(spec, { request = given }, 2), nil)
  equal(follows(spec, { request = given }, 3).query.first, 3)
end)

local READ <const> = { nil, "the next page is one that was read before", "parse" }

test("the same cursor, link or last id again is an error", function()
  local cursor = { cursor = "/next", as = { query = "after" } }
  equal(follows(cursor, { first = request(), request = request { query = { after = "a" } },
    body = { next = "a" } }), READ)
  local in_body = { cursor = "/next", as = { body = "/a/b" } }
  equal(follows(in_body, { first = request(), request = request { body = { a = { b = "a" } } },
    body = { next = "a" } }), READ)
  local in_header = { cursor = "/next", as = { header = "After" } }
  equal(follows(in_header, { first = request(), request = request { headers = { After = "a" } },
    body = { next = "a" } }), READ)
  equal(follows(LINK, { headers = { link = "<" .. URL .. ">; rel=next" } }), READ)
  equal(follows(LINK, { headers = { link = "<" .. URL .. "?a=1>; rel=next" },
    request = request { query = { a = 1 } } }), READ)
  equal(follows({ last = "/id", as = { query = "after" } }, { first = request(),
    request = request { query = { after = "user_2" } } }), READ)
end)

---Follows links until the walk ends; `link_of(page)` is the link of a page.
---@return integer pages, string? message
local function walk(spec, answer, most)
  local first = paging.first(spec, request())
  local at, mark = first, nil
  for page = 1, most do
    local given = answer(page)
    given.first, given.request, given.mark = first, at, mark
    local now = state(given, given.n)
    local message
    at, message = paging.next(spec, now)
    mark = json.decode(json.encode(now.mark)) -- plain data
    if not at then return page, message end
  end
  return most
end

for _, length in ipairs { 1, 2, 3, 5, 8, 100 } do
  test(string.format("a circle of %d links is noticed", length), function()
    local pages, message = walk(LINK, function(page)
      local n = page <= 10 and page or 11 + (page - 11) % length
      return { headers = { link = string.format("</x?after=%d>; rel=next", n) } }
    end, 2000)
    equal(message, READ[2])
    assert(pages < 10 + 4 * length + 32, pages)
  end)
end

test("many different links are no circle", function()
  equal(walk(LINK, function(page)
    return { headers = { link = string.format("</x?after=%d>; rel=next", page) } }
  end, 3000), 3000)
end)

test("a server that ignores the offset or the page is noticed", function()
  for _, spec in ipairs { { offset = { query = "o" } }, { page = { query = "p" } } } do
    local pages, message = walk(spec, function() return { n = 3 } end, 100)
    equal({ pages, message }, { 3, "3 pages in a row have the same items; does the server know the "
      .. "parameters of the pages?" })
    equal(walk(spec, function(page) return { list = items(3, page // 2) } end, 100), 100)
  end
end)

test("a server that has no page behind the last one is noticed", function()
  local pages, message = walk({ page = { query = "p" } }, function(page)
    return { list = items(3, math.min(page, 5)) }
  end, 1000)
  equal(pages, 104)
  contains(message, "100 pages in a row have the same items")
end)

test("a last page that comes again because users are inserted before it is not an error", function()
  equal(walk({ offset = { query = "o" } }, function(page)
    return { list = items(page < 50 and 1 or 0, math.min(page, 5)) }
  end, 1000), 50)
end)

test("a list of empty pages without end is noticed", function()
  local pages, message = walk({ cursor = "/next", as = { query = "a" } }, function(page)
    return { n = page == 5000 and 1 or 0, body = { next = page } }
  end, 20000)
  equal({ pages, message }, { 15000, "10000 pages in a row are empty" })
end)

local VALID <const> = {
  { link = "next" }, { url = "/@odata.nextLink" }, { url = { header = "X-Next" } },
  { cursor = "/a", as = { query = "b" }, more = "/c", size = { query = "n", value = 1 } },
  { last = "/id", as = { query = "f", template = "id > {}" } }, SCIM, CLERK,
  { page = { query = "p" }, start = 0, total = { header = "X" } },
}
for i, spec in ipairs(VALID) do
  test("a valid form: " .. i, function() equal(paging.check(spec), nil) end)
end

test("a value in the body needs a body that is a table, or none", function()
  local spec = { cursor = "/next", as = { body = "/next" } }
  equal(paging.check(spec, request { body = { a = 1 } }), nil)
  equal(paging.check(spec, request()), nil)
  equal(paging.check(spec, request { body = "a=1" }),
    "as is in the body, but the body is a string, not a table")
  equal(paging.check(spec, request { body = { { 1 } } }),
    'as is in the body, but "/next" leads to a list there')
  equal(paging.check({ link = "next" }, request { body = "a=1" }), nil)
end)

local INVALID <const> = {
  { 7, "must be a table, not a number" },
  { {}, "needs one of link, url, cursor, last, offset, page" },
  { { size = { query = "n", value = 1 } }, "needs one of link, url, cursor, last, offset, page" },
  { { link = "next", url = "/a" }, "has both link and url" },
  { { link = "next", as = { query = "a" } }, "has as, which link does not use" },
  { { link = true }, 'link must be a relation, such as "next"' },
  { { url = "next" }, 'url must be a JSON pointer, such as "/next", or { header = "NAME" }' },
  { { url = "" }, 'url must be a JSON pointer, such as "/next", or { header = "NAME" }' },
  { { url = {} }, 'url must be a JSON pointer, such as "/next", or { header = "NAME" }' },
  { { cursor = "/a" }, "cursor needs as: where the next request has it" },
  { { last = "/a" }, "last needs as: where the next request has it" },
  { { last = "id", as = { query = "a" } }, 'last must be a JSON pointer, such as "/id"' },
  { { cursor = "/a", as = "b" },
    'as must be one of { query = "NAME" }, { body = "/POINTER" } and { header = "NAME" }' },
  { { cursor = "/a", as = { body = "b" } },
    'as must be one of { query = "NAME" }, { body = "/POINTER" } and { header = "NAME" }' },
  { { cursor = "/a", as = { query = "b", header = "c" } },
    'as must be one of { query = "NAME" }, { body = "/POINTER" } and { header = "NAME" }' },
  { { cursor = "/a", as = { header = "b\r\nc" } },
    'as must be one of { query = "NAME" }, { body = "/POINTER" } and { header = "NAME" }' },
  { { last = "/a", as = { query = "f", template = "id" } },
    'as has a template that does not contain "{}"' },
  { { page = { query = "p" }, start = -1 }, "start must be a whole number, not negative" },
  { { page = { query = "p" }, start = 1.5 }, "start must be a whole number, not negative" },
  { { page = { query = "p" }, by = "/n" }, "has by, which page does not use" },
  { { link = "next", size = { query = "n" } }, "size has no value: how many items to ask for" },
  { { link = "next", size = { query = "n", value = 0 } },
    "size has no value: how many items to ask for" },
  { { link = "next", short_ends = true }, "short_ends needs size" },
  { { link = "next", short_ends = 1 }, "short_ends must be a boolean, not a number" },
  { { link = "next", totl = "/n" }, 'has no field "totl"; did you mean "total"?' },
  { { "next" }, "needs one of link, url, cursor, last, offset, page" },
}
for _, case in ipairs(INVALID) do
  test("an invalid form: " .. json.encode(case[1]), function()
    equal(paging.check(case[1]), case[2])
  end)
end
