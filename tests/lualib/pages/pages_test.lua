local api_rig = require "tests.api_rig"
local digest = require "host.digest"
local file = require "host.file"
local http = require "source.http"
local json = require "host.json"
local rig = require "tests.lualib.pages.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test, contains, read = tap.test, tap.contains, rig.read

local function linked(api)
  return { url = api.url .. "/users", next = { link = "next" }, id = "/id" }
end

local function counted(api)
  return {
    url = api.url .. "/users", items = "/users", id = "/id",
    next = { offset = { query = "first" }, size = { query = "max", value = 2 }, total = "/total" },
  }
end

local function body_cursor(api)
  return {
    url = api.url .. "/search", method = "POST", body = { limit = 2 }, items = "/users", id = "/id",
    next = { cursor = "/next", as = { body = "/cursor" } },
  }
end

---Pages of two users, of four, with a cursor in the body.
local function answer_cursor(request)
  local cursor = json.decode(request.body).cursor or 0
  local body = { users = api_rig.users(cursor + 1, cursor + 2) }
  if cursor < 2 then body.next = cursor + 2 end
  api_rig.json(request, body)
end

test("records have the page and the index in it as their place", function()
  tap.equal(read(api_rig.linked(5, 2), linked).ids, {
    "u1 users page 1#0", "u2 users page 1#1", "u3 users page 2#0", "u4 users page 2#1",
    "u5 users page 3#0",
  })
  local named = read(api_rig.linked(1, 2), function(api)
    return { url = api.url, name = "people" }
  end)
  tap.equal(named.ids, { "u1 people page 1#0" })
end)

test("a cursor in a body leads from page to page", function()
  local one, two = read(answer_cursor, body_cursor, {}, {})
  tap.equal(one.ids, { "u1 search page 1#0", "u2 search page 1#1", "u3 search page 2#0",
    "u4 search page 2#1" })
  tap.equal({ two.ids, #two.asked }, { one.ids, 2 })
end)

test("a function of the recipe finds the next page, also of pages that were kept", function()
  local function spec(api)
    return {
      url = api.url .. "/users", query = { max = 2, first = 0 }, items = "/users",
      next = function(page)
        assert(page.page * 2 >= page.total and page.status == 200)
        assert(page.headers["content-type"][1] == "application/json")
        if page.total >= page.body.total then return nil end
        return { query = { max = 2, first = page.total } }
      end,
    }
  end
  local one, two = read(api_rig.counted(5), spec, { most = 3 }, {})
  tap.equal(#one.ids, 3)
  tap.equal({ #two.ids, #two.asked }, { 5, 3 })
end)

test("the function of a recipe can lead to no other host", function()
  local refused = read(api_rig.linked(5, 2), function(api)
    local function next_request() return { url = "https://other.example" } end
    return { url = api.url .. "/users", next = next_request }
  end)
  tap.equal(refused.failed.kind, "refused")
  contains(refused.failed.message, "at another host than http://127.0.0.1")
end)

test("the function of a recipe cannot lead round in circles", function()
  local round = read(api_rig.linked(5, 2), function(api)
    return { url = api.url .. "/users", next = function(page)
      return { query = { after = page.page % 3 } }
    end }
  end)
  tap.equal(round.failed.kind, "parse")
  contains(round.failed.message, "it was sent before")
end)

test("what a page leads to is refused if it cannot be sent", function()
  for _, cursor in ipairs { "a\r\nX-B: c", "a\0b" } do
    local refused = read(function(request)
      api_rig.json(request, { users = api_rig.users(1, 1), next = cursor })
    end, function(api)
      return { url = api.url .. "/users", items = "/users",
        next = { cursor = "/next", as = { header = "X-Cursor" } } }
    end)
    tap.equal({ refused.failed.kind, #refused.asked }, { "parse", 1 })
  end
  local bytes = read(function(request)
    api_rig.json(request, "[1]", { Link = '</users?a=\xff>; rel="next"' })
  end, linked)
  tap.equal(bytes.failed.kind, "parse")
end)

test("a request that JSON cannot hold is a mistake of the recipe", function()
  for _, fields in ipairs { { query = { a = "\xff" } }, { body = { a = 0 / 0 } } } do
    local refused = read(api_rig.linked(1, 1), function(api)
      return { url = api.url, query = fields.query, body = fields.body }
    end)
    tap.equal({ refused.failed.kind, #refused.asked }, { "usage", 0 })
  end
end)

test("pages that are counted are asked for at once, and given in order", function()
  local waiting = {}
  local one = read(function(request, api)
    local first = tonumber(request.query.first)
    if first == 0 or first > 6 then return api_rig.counted(20)(request, api) end
    table.insert(waiting, 1, request)
    if #waiting < 3 then return end
    for _, held in ipairs(waiting) do api_rig.counted(20)(held, api) end
    waiting = {}
  end, counted)
  tap.equal(#one.ids, 20)
  for i, id in ipairs(one.ids) do contains(id, string.format("u%d ", i)) end
  tap.equal(one.api:repeated(), {})
end)

test("a guess that the pages do not lead to is of no use, and the page is asked for", function()
  local short = read(function(request)
    local first = math.tointeger(tonumber(request.query.first))
    api_rig.json(request, { users = api_rig.users(first + 1, first + (first == 2 and 1 or 2)),
      total = 9 })
  end, counted)
  tap.equal({ #short.ids, short.warnings, short.api:repeated() }, { 9, {}, {} })
  contains(table.concat(short.asked, " "), "first=3")
end)

test("no more pages are read than for the records that are wanted, unless asked for", function()
  local few = read(api_rig.linked(100, 10), linked, { wanted = 3, most = 3 })
  tap.equal(few.asked, { "GET /users" })
  local all = read(api_rig.linked(30, 10), linked, { wanted = 3 })
  tap.equal(#all.asked, 3)
end)

test("a page that is cut is asked for again, and counts only when it is whole", function()
  local cut = 0
  local one = read(function(request, api)
    if request.query.after == "2" and cut < 3 then
      cut = cut + 1
      return api_rig.json(request, '[{"id":"u3","email":"a@b.c"},{"id":"u4"')
    end
    api_rig.linked(4, 2)(request, api)
  end, linked)
  tap.equal({ #one.ids, one.api:repeated() }, { 4, { ["GET /users?after=2"] = 4 } })
  local never = read(function(request) api_rig.json(request, "{") end, linked)
  tap.equal(never.failed.kind, "temporary")
  contains(never.failed.message, "page 1 is not whole")
end)

test("a connection that closes within a page is asked again", function()
  local closed = false
  local one = read(function(request, api)
    if closed then return api_rig.linked(4, 2)(request, api) end
    closed = true
    request:respond(200, { ["Content-Type"] = "application/json" }, "[{", 1000)
  end, linked)
  tap.equal(#one.ids, 4)
end)

test("a storm of 429 and 503 is waited out", function()
  local n = 0
  local one = read(function(request, api)
    n = n + 1
    if n % 7 ~= 0 then return request:respond(n % 2 == 0 and 429 or 503, {}, "") end
    api_rig.linked(4, 2)(request, api)
  end, linked)
  tap.equal({ #one.ids, n }, { 4, 14 })
end)

test("an outage ends with the patience", function()
  local down = read(function(request) request:respond(500, {}, "") end, linked, { patience = 60 })
  tap.equal(down.failed.kind, "temporary")
  contains(down.failed.message, "/users: giving up after")
  contains(down.said[1], "the pages are kept in ")
  contains(down.said[2], "/users: status 500; trying again (--patience says how long)")
  tap.equal(#down.said, 2)
end)

test("a redirect within the host is followed, one to another host is not", function()
  local one = read(function(request, api)
    if request.path == "/users" then
      return request:respond(302, { Location = "/all?a=1" }, "")
    end
    api_rig.linked(2, 2)(request, api)
  end, linked)
  tap.equal({ #one.ids, one.asked }, { 2, { "GET /users", "GET /all?a=1" } })
  for _, target in ipairs { "https://evil.example/users", "http://127.0.0.1:1/users",
    "//evil.example/users" } do
    local refused = read(function(request)
      request:respond(302, { Location = target }, "")
    end, linked)
    tap.equal(refused.failed.kind, "usage")
    contains(refused.failed.message, "which is not followed")
  end
  local around = read(function(request)
    request:respond(302, { Location = "/users" }, "")
  end, linked)
  contains(around.failed.message, "status 302")
  tap.equal(#around.asked, 6)
end)

test("a next page at another host is not asked for", function()
  local refused = read(function(request)
    api_rig.json(request, api_rig.users(1, 2), { Link = '<https://evil.example/>; rel="next"' })
  end, linked)
  tap.equal({ refused.failed.kind, #refused.asked }, { "refused", 1 })
end)

test("a next page that was read before ends the reading", function()
  local refused = read(function(request)
    api_rig.json(request, api_rig.users(1, 2), { Link = string.format('</users?n=%d>; rel="next"',
      ((tonumber(request.query.n) or 0) + 1) % 5) })
  end, linked)
  tap.equal(refused.failed.kind, "parse")
  contains(refused.failed.message, "one that was read before")
  assert(#refused.asked < 20)
end)

test("a page larger than the limit is refused, also one that expands to it", function()
  local function spec(api) return { url = api.url .. "/users", limit = 1000 } end
  local long = read(function(request) api_rig.json(request, ("[1]"):rep(1000)) end, spec)
  tap.equal(long.failed.kind, "full")
  local bomb = read(function(request)
    request:respond(200, { ["Content-Encoding"] = "gzip" }, digest.gzip(("0"):rep(10000000)))
  end, spec)
  contains(bomb.failed.message, "longer than 1000 bytes")
end)

test("a page without its list says what it has", function()
  for body, said in pairs {
    ["[]"] = 'has no list at "/users", but nothing', ['{"users":{"a":1}}'] = "but a table",
    ['{"users":"none"}'] = "but a string", ['"text"'] = "but nothing",
  } do
    local refused = read(function(request) api_rig.json(request, body) end, counted)
    tap.equal(refused.failed.kind, "parse")
    contains(refused.failed.message, said)
  end
  for last, is_end in pairs { ["{}"] = true, ['{"error":"internal"}'] = false, ["[]"] = false } do
    local ended = read(function(request, api)
      if #api.asked > 1 then return api_rig.json(request, last) end
      api_rig.json(request, { users = api_rig.users(1, 2), next = "a" })
    end, function(api)
      return { url = api.url .. "/users", items = "/users",
        next = { cursor = "/next", as = { query = "after" } } }
    end)
    tap.equal(ended.failed == nil, is_end, last)
  end
  local empty = read(function(request) api_rig.json(request, { total = 0 }) end, counted)
  tap.equal({ empty.ids, empty.failed }, { {}, nil })
end)

local TOKEN_SECRET <const> = "client-secret-1"

local function with_token(api)
  local spec = linked(api)
  spec.token = {
    url = api.url .. "/token", form = { client_id = "me", client_secret = TOKEN_SECRET },
  }
  return spec
end

---An API with tokens that are good for some pages.
local function with_tokens(life, pages_each)
  local issued, left = 0, 0
  return function(request, api)
    if request.path == "/token" then
      contains(request.body, "grant_type=client_credentials")
      contains(request.body, "client_secret=" .. TOKEN_SECRET)
      issued, left = issued + 1, pages_each
      return api_rig.json(request, { access_token = "token-number-" .. issued, expires_in = life })
    end
    local is_known = request.headers.authorization == "Bearer token-number-" .. issued
    if not is_known or left == 0 then return api_rig.json(request, { error = "no" }, nil, 401) end
    left = left - 1
    api_rig.json(request, api_rig.users(1, 1), left >= 0 and #api.asked < 20 and {
      Link = string.format('</users?n=%d&t=token-number-%d>; rel="next"', #api.asked, issued),
    } or nil)
  end
end

test("a token is fetched, renewed when it is refused, and not kept", function()
  local one = read(with_tokens(nil, 3), with_token)
  tap.equal(one.failed, nil)
  local tokens = 0
  for _, asked in ipairs(one.asked) do tokens = tokens + (asked:find("/token") and 1 or 0) end
  assert(tokens > 2)
  for _, secret in ipairs { "token-number", TOKEN_SECRET } do
    assert(not one.kept:find(secret, 1, true), secret)
  end
  contains(one.kept, "{secret:access_token}")
end)

test("a token in a next link that was kept is the present one when it is sent", function()
  local issued, seen = 0, {}
  local function respond(request)
    if request.path == "/token" then
      issued = issued + 1
      return api_rig.json(request, { access_token = "token-number-" .. issued })
    end
    seen[#seen + 1] = request.query.t
    local after = math.tointeger(tonumber(request.query.after)) or 0
    api_rig.json(request, api_rig.users(after + 1, after + 1), after < 3 and {
      Link = string.format('</users?after=%d&t=token-number-%d>; rel="next"', after + 1, issued),
    } or nil)
  end
  local _, two = read(respond, with_token, { wanted = 1, most = 1 }, {})
  tap.equal({ #two.ids, seen }, { 4, { "token-number-2", "token-number-2", "token-number-2" } })
end)

test("an API cannot ask for the secrets of another host", function()
  local seen
  read(function(request)
    if request.path == "/token" then return api_rig.json(request, { access_token = "a-token" }) end
    if request.query.x then
      seen = request.query.x
      return api_rig.json(request, "[]")
    end
    api_rig.json(request, "[1]",
      { Link = '</users?x={secret:token-client_secret}>; rel="next"' })
  end, with_token)
  tap.equal(seen, "{secret:token-client_secret}")
end)

test("a token is renewed before it expires", function()
  local one = read(with_tokens(0, 1), with_token)
  tap.equal(one.failed, nil)
  for i = 2, #one.asked do
    assert(one.asked[i]:find("/token") or one.asked[i - 1]:find("/token"), one.asked[i])
  end
end)

test("refused credentials are not tried for ever, and stay out of what is said", function()
  local refused = read(function(request)
    if request.path == "/token" then
      return api_rig.json(request, { access_token = "token-number-1" })
    end
    api_rig.json(request, { error = { message = "bad token-number-1 of a@b.example" } }, nil, 403)
  end, with_token)
  tap.equal({ refused.failed.kind, #refused.asked }, { "login", 4 })
  contains(refused.failed.message, "the credentials lack a permission (status 403: bad {secret")
  assert(not refused.failed.message:find("a@b", 1, true))
  local denied = read(function(request)
    api_rig.json(request, { error_description = "unknown client" }, nil, 400)
  end, with_token)
  tap.equal(denied.failed.kind, "login")
  contains(denied.failed.message, "unknown client")
end)

test("an address with nothing at it says so", function()
  local refused = read(function(request) request:respond(404, {}, "") end, linked)
  tap.equal(refused.failed.kind, "usage")
  contains(refused.failed.message, "check the url of the recipe (status 404)")
end)

test("user and password are sent in a header", function()
  local seen
  read(function(request, api)
    seen = request.headers.authorization
    api_rig.linked(1, 2)(request, api)
  end, function(api)
    return { url = api.url, basic = { "project", "s:ecret" }, headers = { authorization = "none" } }
  end)
  tap.equal(seen, "Basic " .. digest.base64("project:s:ecret"))
end)

---An API whose cursors expire once, at a page.
local function expiring(at)
  local expired = false
  return function(request, api)
    if request.query.after == at and not expired then
      expired = true
      return api_rig.json(request, { error = "cursor expired" }, nil, 400)
    end
    api_rig.linked(8, 2)(request, api)
  end
end

test("a cursor that has expired begins the reading again, without repeating records", function()
  local one = read(expiring("4"), linked)
  tap.equal({ one.failed, #one.ids, one.warnings }, { nil, 8, {} })
  tap.equal(one.ids[5], "u5 users page 3#0")
  contains(one.said[2], "the cursor of page 3 has expired")
  contains(one.said[2], "(status 400)")
end)

test("without ids an expired cursor ends the reading, and the next one begins anew", function()
  local function spec(api) return { url = api.url .. "/users", next = { link = "next" } } end
  local one, two = read(expiring("4"), spec, {}, {})
  tap.equal(one.failed.kind, "temporary")
  contains(one.failed.message, "begins with the first one")
  tap.equal({ two.failed, #two.ids }, { nil, 8 })
end)

test("cursors that always expire end the reading", function()
  local one = read(function(request, api)
    if request.query.after == "4" then return api_rig.json(request, { error = "x" }, nil, 410) end
    api_rig.linked(8, 2)(request, api)
  end, linked)
  tap.equal(one.failed.kind, "temporary")
  contains(one.failed.message, "began again 3 times")
end)

test("rows that move while pages are counted are counted, and given once", function()
  local deleted = false
  local one = read(function(request)
    local first = math.tointeger(tonumber(request.query.first))
    if first >= 4 then deleted = true end
    local all = api_rig.users(1, 6)
    if deleted then table.insert(all, 1, { id = "new", email = "n@example.com" }) end
    local list = json.array {}
    for i = first + 1, math.min(first + 2, #all) do list[#list + 1] = all[i] end
    api_rig.json(request, { users = list, total = #all })
  end, counted)
  tap.equal({ #one.ids, #one.warnings, one.warnings[1].code }, { 6, 1, "shifted_rows" })
  contains(one.warnings[1].message, "the API counted 6 before and 7 after, 6 were read, of them 1")
end)

test("a total of its own address is asked for before and after", function()
  local total, n = 4, 0
  local function respond(request, api)
    if request.path ~= "/count" then return api_rig.counted(4)(request, api) end
    n = n + 1
    api_rig.json(request, total + n - 1)
  end
  local function spec(api)
    local made = counted(api)
    made.next.total, made.total = nil, { url = api.url .. "/count" }
    return made
  end
  local one, two = read(respond, spec, {}, {})
  for _, again in ipairs { one, two } do
    contains(again.warnings[1].message, "the API counted 4 before and 5 after, 4 were read")
  end
  tap.equal(n, 2)
end)

test("other credentials do not use what other commands kept, but what the run did", function()
  local folder = assert(file.temporary())
  scheduler.run(function()
    local api <close> = api_rig.serve(api_rig.linked(2, 2))
    local function once(key, options)
      return rig.read_all({ api = api, folder = folder }, function()
        local spec = linked(api)
        spec.headers = { ["X-API-Key"] = key }
        return spec
      end, options)
    end
    local run = { folder = folder .. "/run", older = folder .. "/own" }
    once "first-api-key"
    contains(once("other-api-key").said[1], "is read with other credentials: read anew")
    contains(once("third-api-key", run).said[1], "is read with other credentials: read anew")
    tap.equal(#api.asked, 3)
    contains(once("fourth-api-key", run).said[1], "1 page in " .. folder .. "/run")
    tap.equal(#api.asked, 3)
  end)
  assert(file.remove_tree(folder))
end)

test("a run does not use pages that are older than a day", function()
  local folder = assert(file.temporary())
  scheduler.run(function()
    local api <close> = api_rig.serve(api_rig.linked(2, 2))
    local function once(options)
      return rig.read_all({ api = api, folder = folder }, linked, options)
    end
    once()
    local late = scheduler.clock(1000)
    local now = late.now
    late.now = function() return now() + 25 * 3600 end
    local run = once { folder = folder .. "/run", older = folder .. "/own", clock = late }
    contains(run.said[1], "older than a day: read anew")
    tap.equal(#api.asked, 2)
    contains(once({ clock = late }).said[1], "begun 25 h 00 min ago) is used")
    tap.equal(#api.asked, 2)
  end)
  assert(file.remove_tree(folder))
end)

test("a page that is damaged on disk is asked for again, and those behind it are used", function()
  local folder = assert(file.temporary())
  scheduler.run(function()
    local api <close> = api_rig.serve(api_rig.linked(6, 2))
    local function once() return rig.read_all({ api = api, folder = folder }, linked) end
    local before = once()
    local reading = folder .. "/own/" .. file.list(folder .. "/own")[1]
    assert(file.write(reading .. "/000002.zst", "damaged"))
    tap.equal(once().ids, before.ids)
    tap.equal(api:repeated(), { ["GET /users?after=2"] = 2 })
  end)
  assert(file.remove_tree(folder))
end)

test("an interrupt ends a wait", function()
  local n = 0
  local stopped = read(function(request) request:respond(429, { ["Retry-After"] = "3000" }, "") end,
    linked, { interrupted = function()
      n = n + 1
      return n > 5
    end })
  tap.equal(stopped.failed.kind, "interrupted")
end)

test("records need not be objects", function()
  local one = read(function(request) api_rig.json(request, '["a",7,false,null,{}]') end,
    function(api) return { url = api.url .. "/list" } end)
  tap.equal({ #one.ids, one.ids[2], one.ids[3] },
    { 5, "number list page 1#1", "boolean list page 1#2" })
end)

test("a single document is read with http.get", function()
  scheduler.run(function()
    local api <close> = api_rig.serve(function(request) api_rig.json(request, { max = 100 }) end)
    local folder = assert(file.temporary())
    local served <close> = rig.service(folder)
    local asking = http.asking(function(...) return true, served:answer(...) end)
    for _ = 1, 2 do tap.equal(asking.get { url = api.url .. "/config" }, { max = 100 }) end
    tap.equal(#api.asked, 1)
    assert(file.remove_tree(folder))
  end)
end)

---Asks for the factors of users, by a service of its own on the same folder.
local function each(api, folder, ids)
  local served <close>, said = rig.service(folder)
  local asking = http.asking(function(...) return true, served:answer(...) end)
  local ask = asking.each { url = api.url .. "/users/", name = "factors",
    rate = { header = "x-rate-limit-limit", seconds = 60 } }
  local found = {}
  for i, id in ipairs(ids) do found[i] = ask(api.url .. "/users/" .. id) or "none" end
  return found, said
end

test("a document of each record is asked for once, kept, and nil where there is none", function()
  scheduler.run(function()
    local api <close> = api_rig.serve(function(request)
      local id = request.path:match("[^/]+$")
      if id == "gone" then return request:respond(404, {}, "{}") end
      request:respond(200, { ["X-Rate-Limit-Limit"] = "600" }, '["' .. id .. '"]')
    end)
    local folder = assert(file.temporary())
    local ids = { "a", "gone", "b" }
    for i = 1, 1500 do ids[#ids + 1] = "u" .. i % 3 end
    local found, said = each(api, folder, ids)
    tap.equal({ found[1], found[2], found[3], found[1503] }, { { "a" }, "none", { "b" }, { "u0" } })
    tap.equal(#api.asked, 1503)
    tap.contains(table.concat(said, "\n"), "the API allows 600 requests a minute: 1 000 records "
      .. "take at least 1 min 40 s, 100 000 at least 2 h 46 min")
    tap.equal((each(api, folder, ids)), found)
    tap.equal(#api.asked, 1503) -- all are kept
    ids[2] = "other"
    found = each(api, folder, ids)
    tap.equal({ found[2], #api.asked }, { { "other" }, 1504 })
    assert(file.remove_tree(folder))
  end)
end)

test("a document that may be absent for any reason is asked for once, not waited for", function()
  scheduler.run(function()
    local api <close> = api_rig.serve(function(request)
      request:respond(503, { ["Retry-After"] = "3600" }, "<html>busy</html>")
    end)
    local folder = assert(file.temporary())
    for _ = 1, 2 do -- the second time, it is kept
      local served <close> = rig.service(folder)
      local asking = http.asking(function(...) return true, served:answer(...) end)
      local ask = asking.each { url = api.url .. "/config", absent = true }
      tap.equal({ (ask(api.url .. "/config")), #api.asked }, { nil, 1 })
    end
    assert(file.remove_tree(folder))
  end)
end)

test("a document of a record at another host is refused", function()
  scheduler.run(function()
    local api <close> = api_rig.serve(function(request) api_rig.json(request, {}) end)
    local folder = assert(file.temporary())
    local served <close> = rig.service(folder)
    local asking = http.asking(function(...) return true, served:answer(...) end)
    local ask = asking.each { url = api.url .. "/users/" }
    tap.raises(function() ask("https://elsewhere.example.com/users/a") end, "another host")
    tap.raises(function() ask(7) end, "must be a text")
    tap.equal(#api.asked, 0)
    assert(file.remove_tree(folder))
  end)
end)
