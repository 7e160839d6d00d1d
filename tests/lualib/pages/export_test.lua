--- A file that an API prepares: jobs, links that expire, damaged files, and what is kept.

local api_rig = require "tests.api_rig"
local digest = require "host.digest"
local download = require "pages.download"
local file = require "host.file"
local json = require "host.json"
local rig = require "tests.lualib.pages.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local url = require "base.url"

local contains, equal, test = tap.contains, tap.equal, tap.test

local START <const>, LOOK <const>, FILE <const> = "POST /exports", "GET /exports/", "GET /file/"

---What the API of a test does; each may be another function or value.
---@class ExportApi
---@field looks integer       at a job before it is done
---@field text string         of the file
---@field start? fun(request: host.server.request, n: integer): boolean?  true: it has responded
---@field look? fun(request: host.server.request, n: integer, api: RigApi): boolean?
---@field file? fun(request: host.server.request, n: integer, api: RigApi): boolean?
---@field link? fun(api: RigApi, n: integer): string

local TEXT <const> = '{"id":"u1"}\n{"id":"u2"}\n\n{"id":"u3"}\n'
local PLACES <const> = { "u1 users line 1", "u2 users line 2", "u3 users line 4" }

---@param behaviour? table  of ExportApi
local function serving(behaviour)
  local is = { looks = 0, text = TEXT }
  for name, value in pairs(behaviour or {}) do is[name] = value end
  local starts, looks, files = 0, 0, 0

  local function start(request)
    starts = starts + 1
    if is.start and is.start(request, starts) then return end
    api_rig.json(request, { id = "job_" .. starts, status = "pending" })
  end

  local function look(request, api)
    looks = looks + 1
    if is.look and is.look(request, looks, api) then return end
    if looks <= is.looks then return api_rig.json(request, { status = "running" }) end
    local link = is.link and is.link(api, looks) or api.url .. "/file/users.gz?key=" .. looks
    api_rig.json(request, { status = "completed", location = link })
  end

  local function save(request, api)
    files = files + 1
    if is.file and is.file(request, files, api) then return end
    request:respond(200, {}, is.text)
  end

  return function(request, api)
    if request.method == "POST" then return start(request) end
    if request.path:find("^/file/") then return save(request, api) end
    look(request, api)
  end
end

local function spec(api)
  return {
    url = api.url .. "/exports", body = { format = "json" }, name = "users", optional = true,
    headers = { ["X-API-Key"] = "a-secret-key" },
    job = {
      id = "/id", url = api.url .. "/exports/{id}", state = "/status", done = { "completed" },
      failed = { "failed" }, message = "/details", file = "/location",
    },
  }
end

---@return Read ...
local function read(behaviour, ...)
  local all = table.pack(...)
  for i = 1, math.max(1, all.n) do
    all[i] = all[i] or {}
    all[i].by = "export"
  end
  return rig.read(serving(behaviour), spec, table.unpack(all, 1, math.max(1, all.n)))
end

---How many requests begin with a text.
local function count(made, prefix)
  local n = 0
  for _, one in ipairs(made.asked) do
    if one:sub(1, #prefix) == prefix then n = n + 1 end
  end
  return n
end

local function counts(made)
  return { count(made, START), count(made, LOOK), count(made, FILE) }
end

test("records have the line as their place, whether the file is compressed or not", function()
  equal(read().ids, PLACES)
  equal(read({ text = digest.gzip(TEXT) }).ids, PLACES)
  equal(read({ text = digest.gzip('{"id":"u1"}\n') .. digest.gzip('{"id":"u2"}') }).ids,
    { "u1 users line 1", "u2 users line 2" })
end)

test("the job is asked for until the file is ready, and what is waited for is shown", function()
  local shown = {}
  local ui = { say = function() end, outage = function() end,
    progress = function(_, now) shown[#shown + 1] = now.detail end }
  local made = read({ looks = 6 }, { ui = ui, clock = scheduler.clock(20) })
  equal({ made.ids, counts(made) }, { PLACES, { 1, 7, 1 } })
  contains(shown[1], "/exports prepares the file (")
end)

test("the next command asks for nothing, and says which file it uses", function()
  local one, two = read({ looks = 2 }, {}, {})
  contains(one.said[1], "the file is kept in ")
  contains(two.said[1], "/exports: the file in ")
  contains(two.said[1], "is used; --refresh reads anew")
  equal({ two.ids, #two.asked }, { PLACES, #one.asked })
end)

test("a job goes on for the next command, if the first one was interrupted", function()
  local n = 0
  local stop = { interrupted = function()
    n = n + 1
    return n > 40
  end, clock = scheduler.clock(20) }
  local one, two = read({ looks = 20 }, stop, {})
  equal({ one.failed.kind, count(one, START), count(one, FILE) }, { "interrupted", 1, 0 })
  contains(two.said[1], "the job in ")
  equal({ two.ids, counts(two) }, { PLACES, { 1, 21, 1 } })
end)

test("a run takes over what other commands kept", function()
  local folder = assert(file.temporary())
  scheduler.run(function()
    local api <close> = api_rig.serve(serving())
    local function once(options)
      options.by = "export"
      return rig.read_all({ api = api, folder = folder }, spec, options)
    end
    once {}
    local n = #api.asked
    equal(once({ folder = folder .. "/run", older = folder .. "/own" }).ids, PLACES)
    equal(#api.asked, n)
  end)
  assert(file.remove_tree(folder))
end)

test("a job that failed says why, and the next command begins another one", function()
  local function look(request, n)
    if n > 1 then return end
    api_rig.json(request, { status = "failed", details = "no a-secret-key ann@example.com" })
    return true
  end
  local one, two = read({ look = look }, {}, {})
  contains(one.failed.message, "the API could not prepare the file: no {secret:")
  equal({ one.failed.kind, one.failed.message:find("ann@") }, { "temporary" })
  equal({ two.ids, count(two, START) }, { PLACES, 2 })
end)

test("a job of an earlier command that has failed meanwhile is begun again", function()
  local n, state = 0, "running"
  local stop = { interrupted = function()
    n = n + 1
    if n > 20 then state = "failed" end
    return n > 20
  end, clock = scheduler.clock(20) }
  local _, two = read({ look = function(request)
    local shown = state
    if shown == "failed" then state = "completed" end
    if shown == "completed" then return end
    api_rig.json(request, { status = shown })
    return true
  end }, stop, {})
  equal({ two.ids, two.failed, count(two, START) }, { PLACES, nil, 2 })
end)

test("a job that does not end is waited for as long as the patience lasts", function()
  local one, two = read({ looks = 30 }, { patience = 100 }, {})
  equal(one.failed.kind, "temporary")
  contains(one.failed.message, "the file is not ready after 1 min 40 s; the next attempt goes on")
  equal({ two.ids, count(two, START) }, { PLACES, 1 })
end)

test("a job that is gone is begun again, some times", function()
  local function gone(times)
    return function(request, n)
      if n > times then return end
      api_rig.json(request, { message = "Job not found." }, {}, 404)
      return true
    end
  end
  local made = read { look = gone(1) }
  equal({ made.ids, count(made, START) }, { PLACES, 2 })
  made = read { look = gone(100) }
  equal({ made.failed.kind, count(made, START) }, { "usage", 3 })
  contains(made.failed.message, "Job not found.")
end)

test("a job is named by what fits into a URL", function()
  for id, path in pairs { ["a/../b c"] = false, ["a?b&c=%2e"] = "/exports/a?b&c=%2e",
    [".."] = false, [""] = false, [("x"):rep(201)] = false } do
    local seen
    local made = read {
      start = function(request)
        api_rig.json(request, { id = id })
        return true
      end,
      look = function(request) seen = request.path end,
    }
    equal({ seen, made.failed == nil }, { path or nil, path ~= false })
    if not path then contains(made.failed.message, "no id of a job") end
  end
  equal(read({ start = function(request)
    api_rig.json(request, { id = 7 })
    return true
  end }).asked[2], "GET /exports/7")
end)

test("a state may be true; without one, or without a link, the job is asked for again", function()
  local made = rig.read(serving { look = function(request, n, api)
    local bodies = { { other = 1 }, { done = true }, { done = true, file = api.url .. "/file/a" } }
    api_rig.json(request, bodies[n])
    return true
  end }, function(api)
    local asked = spec(api)
    asked.job.state, asked.job.done, asked.job.file = "/done", { "true" }, "/file"
    return asked
  end, { by = "export" })
  equal({ made.ids, counts(made) }, { PLACES, { 1, 3, 1 } })
  made = read { look = function(request)
    api_rig.json(request, { status = "completed" })
    return true
  end }
  equal({ made.failed.kind, count(made, FILE) }, { "temporary", 0 })
  contains(made.failed.message, "the job has no link to its file")
end)

test("a link that has expired is replaced by a new one, some times", function()
  local function expired(times)
    return function(request, n)
      if n <= times then request:respond(403, {}, "<Error>Request has expired</Error>") end
      return n <= times
    end
  end
  local made = read { file = expired(2) }
  equal({ made.ids, counts(made) }, { PLACES, { 1, 3, 3 } })
  made = read({ file = expired(100) }, {}, {})
  equal({ made.failed.kind, counts(made) }, { "temporary", { 1, 3, 3 } })
  contains(made.failed.message, "3 links to the file were refused (status 403)")
end)

test("throttles, failures and cut answers are waited out, wherever they come", function()
  local function trouble(request, n)
    if n == 1 then request:respond(429, { ["Retry-After"] = "0" }, "") end
    if n == 2 then request:respond(503, {}, "no") end
    if n == 3 then request:drop() end
    if n == 4 then request:respond(200, {}, "{", 100) end
    return n <= 4
  end
  local made = read({ start = trouble, look = trouble, file = trouble })
  equal({ made.ids, counts(made) }, { PLACES, { 5, 5, 5 } })
end)

test("a file that is cut, damaged or something else is asked for again", function()
  local whole = digest.gzip(TEXT)
  for _, broken in ipairs { whole:sub(1, -3), whole:sub(1, 20) .. "x" .. whole:sub(22), "",
    "<html>sign in</html>", " []", "\xef\xbb\xbf[" } do
    local function once(request, n)
      if n == 1 then request:respond(200, {}, broken) end
      return n == 1
    end
    local made = read { file = once, text = whole }
    equal({ made.ids, count(made, FILE) }, { PLACES, 2 })
  end
  local made = read { text = "<html>sign in</html>" }
  equal({ made.failed.kind, count(made, FILE) }, { "temporary", 5 })
  contains(made.failed.message, "the file is not lines of JSON")
  equal(made.kept:find("html"), nil)
end)

test("an export of nobody has no records", function()
  local function plain(api) return api.url .. "/file/users.json" end
  for _, behaviour in ipairs { { text = digest.gzip("") }, { text = "", link = plain },
    { text = "\n\n", link = plain } } do
    local made = read(behaviour, {}, {})
    equal({ made.failed, #made.ids }, { nil, 0 })
  end
end)

test("a broken line is a record of its own, and those behind it are read", function()
  local made = read { text = '{"id":"u1"}\n{"id":\n{"id":"u3"}\n7' }
  equal(made.ids, { "u1 users line 1", "table users line 2", "u3 users line 3",
    "number users line 4" })
end)

test("the secrets of the API are not sent to the host of the file, nor kept", function()
  local seen, link
  local made = rig.read(function(request, api)
    local respond = serving {
      link = function()
        link = api.url:gsub("127.0.0.1", "localhost") .. "/file/a?mark={secret:header-x-api-key}"
        return link
      end,
      file = function(got) seen = { got.headers["x-api-key"], got.headers.authorization,
        got.headers.cookie, got.headers.referer, got.query.mark } end,
    }
    if request.path == "/token" then
      return api_rig.json(request, { access_token = "a-token", expires_in = 3600 })
    elseif request.path:find("^/exports") then
      equal({ request.headers["x-api-key"], request.headers.authorization },
        { "a-secret-key", "Bearer a-token" })
    end
    respond(request, api)
  end, function(api)
    local asked = spec(api)
    asked.token = { url = api.url .. "/token", form = { client_secret = "a-client-secret" } }
    return asked
  end, { by = "export" })
  equal({ made.ids, made.failed }, { PLACES })
  equal(table.pack(table.unpack(seen, 1, 5)), { n = 5, [5] = "{secret:header-x-api-key}" })
  for _, secret in ipairs { "a-secret-key", "a-token", "a-client-secret", "/file/" } do
    equal(made.kept:find(secret, 1, true), nil)
  end
end)

test("a token that dies while the job runs is renewed", function()
  local tokens = 0
  local made = rig.read(function(request, api)
    local is_first = request.headers.authorization == "Bearer token1"
    if request.path == "/token" then
      tokens = tokens + 1
      return api_rig.json(request, { access_token = "token" .. tokens, expires_in = 3600 })
    elseif request.path == "/exports/job_1" and is_first then
      return api_rig.json(request, { message = "Expired token" }, {}, 401)
    end
    serving()(request, api)
  end, function(api)
    local asked = spec(api)
    asked.token = { url = api.url .. "/token" }
    return asked
  end, { by = "export" })
  equal({ made.ids, tokens }, { PLACES, 2 })
end)

test("a file is asked for over TLS, and of this machine only for an API that is here", function()
  local function objection(to, api)
    return download.objection(assert(url.parse(to)), assert(url.parse(api)))
  end
  local remote <const>, here <const> = "https://api.example.com", "http://127.0.0.1:80"
  equal(objection("https://files.example.net/a", remote), nil)
  equal(objection("https://files.example.net/a", here), nil)
  equal(objection("http://localhost/a", here), nil)
  equal(objection("http://files.example.net/a", remote), "is not encrypted")
  equal(objection("http://files.example.net/a", here), "is not encrypted")
  for _, to in ipairs { "http://127.0.0.1/a", "https://localhost/a", "https://[::1]:1/a" } do
    equal(objection(to, remote), "leads to this machine")
  end
end)

test("a link that is not followed is not shown", function()
  for link, why in pairs {
    ["http://files.example.net/?key=hidden"] = "is not encrypted",
    ["ftp://files.example.net/?key=hidden"] = "does not begin with https:// or http://",
    ["https://me:hidden@files.example.net/"] = "has a user name",
    ["https://files.example.net/hidden key"] = "has a space",
  } do
    local made = read { link = function() return link end }
    equal({ made.failed.kind, made.failed.message:find("hidden", 1, true) }, { "refused" })
    contains(made.failed.message, "the link to the file " .. why)
  end
end)

test("a link may be relative, and a redirect leads where a link may", function()
  local function to(where)
    return function(request, n, api)
      if n == 1 then request:respond(307, { Location = where(api) }, "") end
      return n == 1
    end
  end
  local made = read { link = function() return "/file/a" end, file = to(function(api)
    return api.url:gsub("127.0.0.1", "localhost") .. "/file/b"
  end) }
  equal({ made.ids, made.asked[#made.asked] }, { PLACES, "GET /file/b" })
  made = read { file = to(function() return "http://files.example.net/hidden" end) }
  contains(made.failed.message, "redirected to http://files.example.net (status 307), which is "
    .. "not followed: it is not encrypted")
end)

test("a file that is damaged on disk is downloaded again, of the same job", function()
  local folder = assert(file.temporary())
  scheduler.run(function()
    local api <close> = api_rig.serve(serving { text = digest.gzip(TEXT) })
    local function once()
      return rig.read_all({ api = api, folder = folder }, spec, { by = "export" })
    end
    once()
    local kept = folder .. "/own/" .. file.list(folder .. "/own")[1] .. "/file"
    equal(file.stat(kept).mode & 511, 384) -- 0600
    assert(file.write(kept, file.read(kept) and digest.gzip(TEXT):sub(1, 30)))
    local damaged = once()
    equal(damaged.failed.kind, "temporary")
    contains(damaged.failed.message, "the file is damaged; the next attempt downloads it again")
    equal(once().ids, PLACES)
    equal(counts(api), { 1, 2, 2 })
  end)
  assert(file.remove_tree(folder))
end)

test("other credentials do not use what other commands kept", function()
  local folder = assert(file.temporary())
  scheduler.run(function()
    local api <close> = api_rig.serve(serving())
    for _, key in ipairs { "first-api-key", "other-api-key" } do
      rig.read_all({ api = api, folder = folder }, function()
        local asked = spec(api)
        asked.headers = { ["X-API-Key"] = key }
        return asked
      end, { by = "export" })
    end
    equal(count(api, START), 2)
  end)
  assert(file.remove_tree(folder))
end)

test("a line is limited, however small the file is that expands to it", function()
  local line = json.encode { id = ("a"):rep(20000000) }
  local function limited(api)
    local asked = spec(api)
    asked.limit = 100000
    return asked
  end
  local made = rig.read(serving { text = digest.gzip('{"id":"u1"}\n' .. line .. "\n") }, limited,
    { by = "export" })
  equal({ made.ids, made.failed }, { { "u1 users line 1", "table users line 2" } })
end)

test("what a state asks in vain is refused", function()
  local folder = assert(file.temporary())
  scheduler.run(function()
    local api <close> = api_rig.serve(serving())
    local served <close> = rig.service(folder)
    local number = served:answer("open", spec(api), { export = true })
    for _, ask in ipairs { { "next", number }, { "follow", number, {}, 1 }, { "read", 7 },
      { "read" }, { "close", "x" }, { "other", number } } do
      local answer, _, kind = served:answer(table.unpack(ask, 1, 4))
      equal({ answer, kind }, { nil, "usage" })
    end
    equal(served:answer("open", spec(api)), nil)
    equal({ served:answer("close", number), served:answer("read", number) }, { true, false })
  end)
  assert(file.remove_tree(folder))
end)

test("an export cannot be recorded, and says what can be done", function()
  local made = read({}, { tape = {} })
  contains(made.failed.message, "cannot be recorded; save it, and test the recipe with the file")
  equal({ made.failed.kind, #made.asked }, { "usage", 0 })
end)
