--- What a recipe and the tenant say is reported without the values in it; only the lists that their
--- owner alone reads hold these.

local program = require "tests.e2e.program"
local requests = require "tenant.faults.requests"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local HASH <const> = "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
local DIGEST <const> = "5f4dcc3b5aa765d61d8327deb882cf99"
local VALUES <const> = { "@example.com", "5f4dcc3b", "abcdefghij", "4915112345" }

local RECIPE <const> = ([[
local csv = require "source.csv"
local migrate = require "migrate"
return {
  params = { input = { required = true } },
  source = function(params) return csv.records(params.input) end,
  map = function(row, _, position)
    if position == 1 then error("cannot read " .. row.email .. " HASH") end
    if position == 2 or position == 3 then return nil, "left out: " .. row.email end
    if position == 4 then
      return migrate.reject("no " .. row.email, "NO " .. CODE, "user_metadata.DIGEST")
    end
    migrate.warn("odd DIGEST", "seen at " .. row.email .. ", DIGEST, +49 151 12345678")
    return { email = row.email, user_id = row.id, email_verified = true }
  end,
  finalize = function(run)
    run:log("of ada@example.com", { hash = "HASH", list = { "DIGEST" } })
    run:log(("x"):rep(1 << 20))
    for failure in run:failures() do run:give_up(failure, "HASH") end
  end,
}]]):gsub("HASH", HASH):gsub("DIGEST", DIGEST)

local USERS <const> = "id,email\n1,ada@example.com\n2,ben@example.com\n3,cleo@example.com\n"
  .. "4,dora@example.com\n5,emil@example.com\n"

---Fails if a text holds one of the values.
local function holds_none(said, where)
  for _, value in ipairs(VALUES) do
    equal(said:find(value, 1, true), nil, where .. ": " .. said)
  end
end

---Fails if a run's reports, or its journal's texts of reasons, codes and warnings, hold a value.
local function is_clean(s, dir)
  for _, name in ipairs { "report.json", "report.html", "log.ndjson" } do
    if s:exists(dir .. "/" .. name) then holds_none(s:read(dir .. "/" .. name), name) end
  end
  s:journal(dir, function(book)
    for row in book.db:rows [[SELECT reason AS said FROM skipped
      UNION ALL SELECT code || ' ' || message FROM warning
      UNION ALL SELECT code || ' ' || path FROM rejected
      UNION ALL SELECT value FROM run WHERE key IN ('findings', 'warned')]] do
      holds_none(row.said, "the journal")
    end
  end)
end

---`code`: what ends the code of a rejection.
local function write(s, code)
  s:write("values.lua", (RECIPE:gsub("CODE", code)))
  s:write("users.csv", USERS)
end

local DIRECTORIES <const> = { run = "values.run", rehearse = "values.rehearsal" }

for _, case in ipairs {
  { "check", 3 }, { "check", 3, "--json" }, { "map", 3 }, { "plan", 3 }, { "plan", 3, "--json" },
  { "run", 8 }, { "run", 8, "--json" }, { "rehearse", 3 }, { "rehearse", 3, "--json" },
} do
  local command, status, option = table.unpack(case)
  test("no value of a record is reported: " .. command .. " " .. (option or ""), function()
    scene(0, function(s)
      write(s, "row.email")
      local ended = s:run({ command, "values.lua", "input=users.csv", option })
      if command ~= "plan" then ended:ends_with(status) end
      holds_none(ended.stderr, "stderr")
      if command ~= "map" then holds_none(ended.stdout, "stdout") end
      if DIRECTORIES[command] then
        local dir = DIRECTORIES[command]
        is_clean(s, dir)
        contains(s:read(dir .. "/rejected.ndjson"), "no dora@example.com")
        contains(s:read(dir .. "/rejected.ndjson"), HASH)
        contains(s:read(dir .. "/skipped.ndjson"), "left out: ben@example.com")
      end
      if option and command ~= "plan" then
        local report = ended:object()
        equal(report.skipped, { ["left out: (address)"] = 2 })
        equal(report.warnings, { ["odd (hash)"] = 1 })
        equal(report.warning_list[1].message, "seen at (address), (hash), (number)")
      end
    end)
  end)
end

-- Odd answers of the tenant -------------------------------------------------------------------

---A tenant that answers some requests with what `odd` returns: status, body, headers.
local function odd_tenant(s, odd, fn)
  local serve = requests.serve
  local _ <close> = setmetatable({}, { __close = function() requests.serve = serve end })
  requests.serve = function(tenant, request, respond)
    local status, body, headers = odd(request.method, request.raw_path)
    if not status then return serve(tenant, request, respond) end
    respond(request, { status = status, body = body, headers = headers or {} })
  end
  s:slow_tenant()
  fn()
end

local function is_upload(method, path)
  return method == "POST" and path:find("/jobs/users%-imports") ~= nil
end

local EVIL <const> = "no\27[2J\27]0;title\7\r\nnext: something else <script>x</script> "
  .. "ada@example.com " .. HASH .. (" word"):rep(2000)

test("the tenant's refusal is one bounded line, without values, obeyed by no terminal", function()
  scene(3, function(s)
    odd_tenant(s, function(method, path)
      if is_upload(method, path) then return 400, { statusCode = 400, message = EVIL } end
    end, function()
      local said = {}
      for i, args in ipairs { words("--yes"), { "status" }, { "report" }, words("--json", "--yes"),
        { "resume", "--yes" } } do
        local ended = s:run(args)
        if i == 1 then ended:ends_with(2) end
        said[i] = "\n" .. ended.stdout .. "\n" .. ended.stderr
        equal(said[i]:find("[\27\7\r]"), nil)
        equal(said[i]:find("\n%s*next: something"), nil)
        holds_none(said[i], "stdout or stderr")
        assert(#said[i] < 12000, #said[i])
      end
      contains(said[1], "no\\x1b[2J")
      contains(said[1], "(address) (hash)")
      is_clean(s, "shop.run")
      contains(s:read "shop.run/report.html", "&lt;script&gt;")
    end)
  end)
end)

test("what the tenant says of a user loses its values, except in failed.ndjson", function()
  scene(3, function(s)
    odd_tenant(s, function(_, path)
      local job = path:match("/jobs/(job_[^/]+)$")
      if job then
        return 200, { id = job, status = "completed",
          summary = { total = 3, inserted = 2, updated = 0, failed = 1 } }
      elseif path:find "/errors$" then
        return 200, { { user = { email = program.email(1) }, errors = {
          { code = "BAD " .. DIGEST, message = "taken by ada@example.com " .. HASH,
            path = "user_metadata." .. DIGEST } } } }
      end
    end, function()
      local ended = s:run(words("--yes", "--json")):ends_with(3)
      holds_none(ended.stdout .. ended.stderr, "stdout or stderr")
      is_clean(s, "shop.run")
      equal(ended:object().codes.failed, { ["BAD (hash)"] = 1 })
      local line = s:lines("shop.run/failed.ndjson")[1]
      equal({ line.code, line.message },
        { "BAD " .. DIGEST, "taken by ada@example.com " .. HASH })
    end)
  end)
end)

for _, id in ipairs { "job\27[2J\r\nnext: rm", ("j"):rep(101), "job_\u{202e}1" } do
  test("a job id that cannot be stored or shown makes the upload uncertain: " .. #id, function()
    scene(3, function(s)
      local n = 0
      odd_tenant(s, function(method, path)
        if not is_upload(method, path) then return nil end
        n = n + 1
        return n == 1 and 202 or nil, { id = id, status = "pending" }
      end, function()
        local ended = s:run(words("--yes", "--json"))
        equal(ended.stderr:find("[\27\r]"), nil)
        equal(s:journal("shop.run", function(book)
          return book.db:value "SELECT outcome FROM attempt ORDER BY id"
        end), "uncertain")
        equal(ended:object().balanced, true)
      end)
    end)
  end)
end

test("the id of an earlier job is not a job of this upload", function()
  scene(4, function(s)
    local first, uploads = nil, 0
    odd_tenant(s, function(method, path)
      first = first or path:match("/jobs/(job_[^/]+)$")
      if not is_upload(method, path) then return nil end
      uploads = uploads + 1
      if uploads == 2 then return 202, { id = first, status = "pending" } end
    end, function()
      local report = s:run(words("--yes", "--json", "--chunk-users", "2", "--slots", "1"))
        :ends_with(0):object()
      equal({ report.users.inserted, report.balanced }, { 4, true })
      contains(s:read "shop.run/log.ndjson", "has the id of an earlier job of this run")
      s:holds(4)
    end)
  end)
end)

test("a token with a line end is a failure of the credentials", function()
  scene(3, function(s)
    odd_tenant(s, function(_, path)
      if path == "/oauth/token" then
        return 200, { access_token = "abc\r\nX-Evil: 1", expires_in = 86400 }
      end
    end, function()
      contains(s:run(words("--yes")):ends_with(6).stderr, "the access token contains a line end")
      contains(s:run(words("--yes"), { AUTH0_ACCESS_TOKEN = "abc\r\nX-Evil: 1" }):ends_with(6)
        .stderr, "the access token contains a line end")
    end)
  end)
end)

test("a compressed answer that was not requested is named", function()
  scene(3, function(s)
    odd_tenant(s, function(_, path)
      if path:find "/connections" then return 200, "\x1f\x8b\8\0\0\0", {} end
    end, function()
      contains(s:run(words("--yes", "--patience", "2s")):wait().stderr,
        "is compressed with gzip, which was not requested")
    end)
  end)
end)
