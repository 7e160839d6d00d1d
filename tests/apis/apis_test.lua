--- The APIs of this folder, read to their end by the rules of source.http, and their faults.

local fetch = require "base.fetch"
local file = require "host.file"
local http = require "host.http"
local json = require "host.json"
local paging = require "source.http.paging"
local pointer = require "base.pointer"
local process = require "host.process"
local scheduler = require "base.scheduler"
local server = require "tests.apis.server"
local sigv4 = require "tests.apis.sigv4"
local tap = require "tests.tap"
local url = require "base.url"
local users = require "tests.apis.users"
local walk = require "tests.apis.walk"
local test, equal, contains = tap.test, tap.equal, tap.contains

local NAMES <const> = {
  "akamai", "auth0", "clerk", "cognito", "firebase", "forgerock", "frontegg", "fusionauth", "graph",
  "keycloak", "kratos", "okta", "pingone", "scim", "stytch", "supabase",
}

---Runs `fn(api)` with a server.
local function with(name, options, fn)
  scheduler.run(function()
    local made = server.open(name, options)
    scheduler.spawn(function() made:run() end)
    fn(made)
    made:close()
  end)
end

local function way_of(api, name)
  for _, way in ipairs(api.walks) do
    if way.name == name then return way end
  end
end

---Fails unless these are the users 1 to `count` that the walk shows, each once.
local function is_whole(api, way, found, count)
  local missing, n = {}, 0
  for key = 1, count do
    local user = api.user(users.person(key))
    if not way.expects or way.expects(user) then
      missing[tostring(pointer.get(user, api.id))] = key
      n = n + 1
    end
  end
  for _, user in ipairs(found) do
    local id = tostring(pointer.get(user, api.id))
    if not missing[id] then error("twice, or unknown: " .. id, 2) end
    missing[id] = nil
  end
  equal(#found, n)
  equal(next(missing), nil)
end

-- Each API, each way ------------------------------------------------------------------------------

for _, name in ipairs(NAMES) do
  local api = require("tests.apis." .. name)
  for _, way in ipairs(api.walks) do
    local what = name .. ", " .. way.name
    test(what .. ": a walk shows every user once, and asks for no page twice", function()
      equal(paging.check(way.pages), nil)
      for _, count in ipairs { 0, 1, 25, 130 } do
        with(name, { users = count }, function(made)
          local result = walk.all(made, way, 25)
          equal({ result.message, result.kind }, {})
          is_whole(api, way, result.users, count)
          equal(made.counts.most, 1)
          equal(made.counts.refused, 0)
          assert(result.pages >= count / 100)
        end)
      end
    end)

    test(what .. ": a walk outlives rates, failures and cut bodies", function()
      with(name, { users = 130, throttle_every = 4, throttle_wait = 0.01, fail_every = 5, cut = 2 },
        function(made)
          local result = walk.all(made, way, 25)
          equal({ result.message, result.kind }, {})
          is_whole(api, way, result.users, 130)
          equal(made.counts.most, 1)
          equal(made.counts.cut, 1)
          assert(made.counts.throttled > 0 and made.counts.failed > 0)
        end)
    end)

    test(what .. ": JSON that ends in the middle is asked for again", function()
      with(name, { users = 130, cut = 1, cut_as = "json" }, function(made)
        local result = walk.all(made, way, 25)
        equal(result.message, nil)
        is_whole(api, way, result.users, 130)
        equal(made.counts.cut, 1)
      end)
    end)

    test(what .. ": a list that begins again is noticed", function()
      with(name, { users = 130, loop = 2 }, function(made)
        local result = walk.all(made, way, 25, { most = 100 })
        equal(result.kind, "parse")
        assert(result.pages < 20, result.pages)
      end)
    end)

    test(what .. ": a redirect is not followed", function()
      with(name, { users = 130, redirect = 2 }, function(made)
        local result = walk.all(made, way, 25)
        equal({ result.message, made.counts.redirected, made.counts.elsewhere },
          { "status 302", 1, 0 })
      end)
    end)

    if api.token and name ~= "pingone" then -- whose cursors expire with the token
      test(what .. ": a token that expires is renewed, and the page asked for again", function()
        with(name, { users = 130, token_requests = 2 }, function(made)
          local result = walk.all(made, way, 25)
          equal(result.message, nil)
          is_whole(api, way, result.users, 130)
          assert(made.counts.tokens >= 2 and made.counts.refused >= 1)
          equal(made.counts.most, 1)
        end)
      end)
    elseif not api.token then
      test(what .. ": without its credentials nothing is shown", function()
        with(name, { users = 3 }, function(made)
          local bare = { name = way.name, items = way.items, pages = way.pages }
          function bare.request(...)
            local request = way.request(...)
            return { method = request.method, url = request.url, query = request.query,
              body = request.body }
          end
          local result = walk.all({ api = { walks = api.walks }, url = made.url }, bare, 25)
          contains(result.message, "status 40")
          equal(result.users, {})
        end)
      end)
    end

    local has_cursor = way.pages.cursor or way.pages.link or way.pages.url
    if has_cursor and what ~= "supabase, link" then -- whose links have numbers
      test(what .. ": an expired cursor is refused once", function()
        with(name, { users = 130, expire_cursor = 2 }, function(made)
          local first = walk.all(made, way, 25)
          contains(first.message, "status 400")
          equal(made.counts.refused, 1)
          local second = walk.all(made, way, 25)
          equal(second.message, nil)
          is_whole(api, way, second.users, 130)
          equal(made.counts.most, 2)
        end)
      end)
    end

    if way.pages.link or way.pages.url then
      test(what .. ": a next link to another host is refused", function()
        with(name, { users = 130, elsewhere = 2 }, function(made)
          local result = walk.all(made, way, 25)
          equal({ result.kind, made.counts.elsewhere }, { "refused", 0 })
          contains(result.message, "http://localhost:")
        end)
      end)
    end

    if api.empty_pages then
      test(what .. ": an empty page is not the end", function()
        with(name, { users = 130, empty_every = 2 }, function(made)
          local result = walk.all(made, way, 25)
          equal(result.message, nil)
          is_whole(api, way, result.users, 130)
          equal(made.counts.most, 1)
        end)
      end)
    end
  end
end

-- What is special about one -----------------------------------------------------------------------

---@return host.http.Response
local function ask(made, path, headers, body)
  local response = assert(fetch.new(http.new()) {
    method = body and "POST" or "GET", url = made.url .. path, headers = headers, body = body,
  })
  return response, json.decode(response.body)
end

test("the list of names is complete", function()
  for _, name in ipairs(assert(file.list("tests/apis"))) do
    local text = name:find("%.lua$") and assert(file.read("tests/apis/" .. name)) or ""
    if text:find("\nfunction %w+%.handle%(") then
      local known = table.concat(NAMES, " ") .. " "
      contains(known, name:match("^[^.]*") .. " ")
    end
  end
end)

test("a next link that is encoded anew is not accepted", function()
  for _, name in ipairs { "okta", "graph" } do
    with(name, { users = 60 }, function(made)
      local api = made.api
      local way = api.walks[1]
      local found = walk.all(made, { items = way.items, pages = way.pages, request = function(...)
        local request = way.request(...)
        -- What a client does that takes the cursor out of the link and forgets to decode it.
        request.query.after, request.query["$skiptoken"] = "abc%2F%2B", "abc%2F%2B"
        return request
      end }, 25)
      equal(found.message, "status 400")
    end)
  end
end)

test("Okta without search leaves out who is deprovisioned", function()
  with("okta", { users = 20 }, function(made)
    equal(#walk.all(made, way_of(made.api, "search"), 7).users, 20)
    equal(#walk.all(made, way_of(made.api, "plain"), 7).users, 18)
  end)
end)

test("Okta's concurrency limit says nothing of when", function()
  with("okta", { users = 20, throttle_every = 2, throttle_as = "concurrency" }, function(made)
    local result = walk.all(made, made.api.walks[1], 7)
    equal(result.message, nil)
    equal({ #result.waited > 0, result.waited[1].dictated }, { true, false })
    assert(result.waited[1].wait >= 4, result.waited[1].wait)
  end)
end)

local SIGNED <const> = {
  method = "GET", path = "/", query = "", body = "",
  headers = { host = "example.amazonaws.com", ["x-amz-date"] = "20150830T123600Z" },
}

test("signatures are those of Amazon's examples", function()
  local secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
  local names, scope = { "host", "x-amz-date" }, "20150830/us-east-1/service/aws4_request"
  equal(sigv4.signature(SIGNED, names, scope, secret),
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
  equal(sigv4.signature({
    method = "GET", path = "/", query = "Action=ListUsers&Version=2010-05-08", body = "",
    headers = { host = "iam.amazonaws.com", ["x-amz-date"] = "20150830T123600Z",
      ["content-type"] = "application/x-www-form-urlencoded; charset=utf-8" },
  }, { "content-type", "host", "x-amz-date" }, "20150830/us-east-1/iam/aws4_request", secret),
    "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
end)

local NOON <const> = 1440936000 -- 2015-08-30, 12:00
local FORGED <const> = {
  ["is missing"] = function(request) request.headers.authorization = nil end,
  ["does not match"] = function(request) request.body = "{}" end,
  ["has no date"] = function(request) request.headers["x-amz-date"] = nil end,
  ["is of another day"] = function(request)
    request.headers["x-amz-date"] = "20150829T123600Z"
  end,
  ["is of another key"] = function(request)
    request.headers.authorization = request.headers.authorization:gsub("AKID", "AKIX")
  end,
  ["is for another scope"] = function(request)
    request.headers.authorization = request.headers.authorization:gsub("us%-east", "us-west")
  end,
  ["does not cover host and date"] = function(request)
    request.headers.authorization = request.headers.authorization:gsub("host;", "")
  end,
}
for wrong, forge in pairs(FORGED) do
  test("a signature that " .. wrong .. " is refused", function()
    local request = { method = "GET", path = "/", query = "", body = "", headers = {} }
    for name, value in pairs(SIGNED.headers) do request.headers[name] = value end
    request.headers.authorization = sigv4.authorization(request, { "host", "x-amz-date" },
      "20150830/us-east-1/iam/aws4_request", "AKID", "secret")
    equal(sigv4.check(request, "AKID", "secret", "us-east-1", "iam", NOON), nil)
    forge(request)
    equal(sigv4.check(request, "AKID", "secret", "us-east-1", "iam", NOON), wrong)
  end)
end

test("Cognito refuses an unsigned request, and throttles with status 400", function()
  with("cognito", { users = 3 }, function(made)
    local _, body = ask(made, "/", { ["X-Amz-Target"] = "x" }, "{}")
    equal(body.__type, "InvalidSignatureException")
    made.faults = { throttle_every = 1 }
    local response, throttled = ask(made, "/", nil, "{}")
    equal({ response.status, throttled.__type }, { 400, "TooManyRequestsException" })
  end)
end)

test("PingOne's cursors end with the access token", function()
  with("pingone", { users = 130, token_requests = 2 }, function(made)
    local result = walk.all(made, made.api.walks[1], 25)
    equal({ result.message, made.counts.tokens }, { "status 400", 2 })
  end)
end)

test("a token that expires at once is renewed once for each page", function()
  with("keycloak", { users = 130, token_seconds = 0 }, function(made)
    local result = walk.all(made, made.api.walks[1], 25)
    equal({ result.message, result.pages, made.counts.tokens }, { "status 401", 0, 2 })
  end)
end)

test("Graph wants the same headers for each page, and shows only what is selected", function()
  with("graph", { users = 60 }, function(made)
    local way = made.api.walks[1]
    local result = walk.all(made, way, 25)
    equal(result.users[1].accountEnabled, true)
    equal(result.users[1].mobilePhone, nil)
    result = walk.all(made, { items = way.items, pages = way.pages, request = function(base)
      return { method = "GET", url = base .. "/v1.0/users" }
    end }, 25)
    equal(result.users[1].accountEnabled, nil)
    assert(result.users[1].mobilePhone)
    result = walk.all(made, { items = way.items, pages = way.pages, request = function(...)
      local request = way.request(...)
      request.headers = {}
      return request
    end }, 25)
    equal(result.message, "status 400")
  end)
end)

test("Kratos shows hashes on demand, and few users by number of the page", function()
  with("kratos", { users = 3 }, function(made)
    local _, list = ask(made, "/admin/identities", made.api.credentials)
    equal(list[1].credentials.password.config, nil)
    _, list = ask(made, "/admin/identities?include_credential=password", made.api.credentials)
    assert(list[1].credentials.password.config.hashed_password)
    equal(ask(made, "/admin/identities?page=3&page_size=250", made.api.credentials).status, 200)
    equal(ask(made, "/admin/identities?page=4&page_size=250", made.api.credentials).status, 400)
  end)
end)

test("FusionAuth's rows end at 10 000", function()
  with("fusionauth", { users = 10100 }, function(made)
    equal(walk.all(made, way_of(made.api, "rows"), 25).message, nil) -- its total ends there, too
    equal(#walk.all(made, way_of(made.api, "token"), 500).users, 10100)
    local path = "/api/user/search?queryString=*&numberOfResults=500&startRow="
    equal(ask(made, path .. "9500", made.api.credentials).status, 200)
    equal(ask(made, path .. "9501", made.api.credentials).status, 400)
  end)
end)

test("SCIM tells its pages, and gives no more than it wants", function()
  with("scim", { users = 60 }, function(made)
    local _, config = ask(made, "/scim/v2/ServiceProviderConfig", made.api.credentials)
    equal({ config.pagination.cursor, config.pagination.maxPageSize }, { true, 30 })
    local _, page = ask(made, "/scim/v2/Users?startIndex=31&count=1000", made.api.credentials)
    equal({ page.itemsPerPage, page.startIndex, page.totalResults }, { 30, 31, 60 })
    local _, wrong = ask(made, "/scim/v2/Users?cursor=x", made.api.credentials)
    equal(wrong.scimType, "expiredCursor")
  end)
end)

test("Keycloak's brief representation lacks attributes", function()
  with("keycloak", { users = 1 }, function(made)
    local request = made.api.token.request(made.url)
    local _, token = ask(made, made.api.token.path, nil, url.query(request.form))
    local headers = { Authorization = "Bearer " .. token.access_token }
    local path = "/admin/realms/acme/users"
    local _, full = ask(made, path, headers)
    local _, brief = ask(made, path .. "?briefRepresentation=true", headers)
    local _, count = ask(made, path .. "/count", headers)
    equal({ full[1].attributes ~= nil, brief[1].attributes, count }, { true, nil, 1 })
    equal(token.expires_in, 60)
    equal(ask(made, made.api.token.path, nil, "client_id=reader").status, 401)
  end)
end)

-- Faults ------------------------------------------------------------------------------------------

test("a rate is kept to when its headers are obeyed", function()
  for _, name in ipairs { "okta", "clerk" } do
    with(name, { users = 60, throttle = 4 }, function(made)
      local result = walk.all(made, made.api.walks[1], 12, { patient = true, most = 5 })
      equal(result.message, nil)
      assert(made.counts.throttled <= 2, made.counts.throttled)
      for _, wait in ipairs(result.waited) do equal(wait.dictated, true) end
    end)
  end
end)

test("rows that move are missed or doubled by an offset, not by a cursor", function()
  local function ids(name, way, move, most)
    local seen, doubled = {}, 0
    with(name, { users = 130, move = move }, function(made)
      for _, user in ipairs(walk.all(made, way_of(made.api, way), 25, { most = most }).users) do
        if seen[user.id] then doubled = doubled + 1 end
        seen[user.id] = true
      end
    end)
    local missed = 0
    for key = 1, 130 do
      if not seen[require("tests.apis." .. name).user(users.person(key)).id] then
        missed = missed + 1
      end
    end
    return { missed = missed, doubled = doubled }
  end
  equal(ids("keycloak", "list", "remove"), { missed = 5, doubled = 0 })
  equal(ids("keycloak", "list", "insert", 6), { missed = 0, doubled = 5 })
  equal(ids("okta", "search", "remove"), { missed = 0, doubled = 0 })
  equal(ids("okta", "search", "insert"), { missed = 0, doubled = 0 })
  equal(ids("okta", "search", "both"), { missed = 0, doubled = 0 })
end)

test("a huge page and a compressed one come once", function()
  with("stytch", { users = 60, huge = 2, bomb = 3, huge_bytes = 1 << 20 }, function(made)
    local headers = made.api.credentials
    local function page(cursor)
      return ask(made, "/v1/users/search", headers, json.encode { limit = 25, cursor = cursor })
    end
    local _, first = page()
    local huge, second = page(first.results_metadata.next_cursor)
    assert(#huge.body > 1 << 20)
    local bomb = page(second.results_metadata.next_cursor)
    equal({ bomb.headers["content-encoding"], bomb.body:sub(1, 2) }, { "gzip", "\x1f\x8b" })
    assert(#bomb.body < 1 << 15)
    local plain = page(second.results_metadata.next_cursor)
    equal(#json.decode(plain.body).results, 10)
  end)
end)

test("a fault happens as often as it is told to", function()
  with("okta", { users = 60, cut = 2, cut_as = "json", times = 3 }, function(made)
    local result = walk.all(made, made.api.walks[1], 25)
    equal({ result.message, made.counts.cut, made.counts.most }, { nil, 3, 1 })
  end)
end)

test("a delayed answer does not stop the others", function()
  with("okta", { users = 60, delay = 3600 }, function(made)
    local task = scheduler.spawn(ask, made, "/api/v1/users", made.api.credentials)
    while made.counts.requests == 0 do scheduler.sleep(0.001) end
    made.faults.delay = nil
    equal(ask(made, "/api/v1/users", made.api.credentials).status, 200)
    equal(task.done, false)
  end)
end)

test("counts are shown and reset, and faults set, over HTTP", function()
  with("okta", { users = 60 }, function(made)
    walk.all(made, made.api.walks[1], 25)
    local _, counts = ask(made, "/control/counts")
    equal({ counts.requests, counts.most, counts.pages.start }, { 3, 1, 1 })
    equal(ask(made, "/control/faults", nil, '{"fail_every":1}').status, 204)
    equal(ask(made, "/api/v1/users", made.api.credentials).status, 503)
    local response, body = ask(made, "/control/faults", nil, '{"fail":1}')
    equal({ response.status, body.error }, { 400, "there is no fault fail" })
    equal(ask(made, "/control/reset", nil, "").status, 204)
    _, counts = ask(made, "/control/counts")
    equal({ counts.requests, counts.pages }, { 0, {} })
  end)
end)

test("faults that do not exist, and values that they do not have, are errors", function()
  for _, given in ipairs { { cutt = 1 }, { cut = "x" }, { move = "away" }, { cut = 1.5 } } do
    tap.raises(function() server.open("okta", given) end)
  end
end)

test("users of a file are shown as they are", function()
  local folder = assert(file.temporary())
  for _, text in ipairs { '[{"id":"a","n":12345678901234567},{"id":"b"}]',
    '{"id":"a","n":12345678901234567}\n{"id":"b"}\n' } do
    assert(file.write(folder .. "/users", text))
    with("okta", { file = folder .. "/users" }, function(made)
      equal(walk.all(made, made.api.walks[1], 1).users,
        { { id = "a", n = 12345678901234567 }, { id = "b" } })
    end)
  end
  assert(file.remove_tree(folder))
end)

test("it is a program that prints its URL, and serves https if asked to", function()
  local folder = assert(file.temporary())
  local ca_file = folder .. "/ca.pem"
  local child <close> = assert(process.spawn({
    process.program(), "--run", "tests/apis/serve.lua", "okta", "--users", "60", "--ca-file",
    ca_file,
  }, { stdout = "pipe", stderr = "pipe" }))
  scheduler.run(function()
    local said = ""
    while not said:find("\n\n", 1, true) do
      said = said .. assert(child:read("stdout"))
      scheduler.await(child, 1)
    end
    local base = said:match("^API_URL=(https://127%.0%.0%.1:%d+)\n\n$")
    local response = assert(fetch.new(http.new { ca_file = ca_file }) {
      method = "GET", url = base .. "/api/v1/users",
      headers = require("tests.apis.okta").credentials,
    })
    equal(#json.decode(response.body), 54)
  end)
  child:kill("KILL")
  assert(file.remove_tree(folder))
end)

test("without a name it shows its usage", function()
  local child <close> = assert(process.spawn({ process.program(), "--run", "tests/apis/serve.lua" },
    { stdout = "pipe", stderr = "pipe" }))
  local said = ""
  scheduler.run(function()
    while true do
      local data = child:read("stderr")
      if data == nil then break end
      said = said .. data
      if data == "" then scheduler.await(child, 1) end
    end
  end)
  contains(said, "API: " .. table.concat(NAMES, ", ") .. "\n")
  contains(said, "--cut-as length|json\n")
end)
