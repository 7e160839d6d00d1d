--- Mistakes of the operator, with the real program: one clear message, the documented exit status,
--- the next command, no files left behind.

local file = require "host.file"
local json = require "host.json"
local path = require "base.path"
local program = require "tests.e2e.program"
local scheduler = require "base.scheduler"
local server = require "host.server"
local tap = require "tests.tap"

local test = tap.test

local RECIPE <const> = [[
local csv = require "source.csv"
return {
  params = { input = { required = true }, country = { default = "DE" } },
  source = function(params) return csv.records(params.input) end,
  map = function(row)
    if row.email == "skip" then return nil, "no address" end
    return { email = row.email, user_id = row.id }
  end,
}]]
local REALM <const> = [[
local json = require "source.json"
return {
  params = { input = { required = true } },
  source = function(params) return json.records(params.input, { pointer = "/users" }) end,
  map = function(row) return { email = row.email } end,
}]]
local GOOD <const> = "id,email\n1,a@example.com\n2,b@example.com\n"
-- GOOD compressed by gzip.
local GZIP <const> = ("1f8b0800000000000203cb4cd149cd4dcccce132d4497448ad48cc2dc849d54bcecfe532d249"
  .. "42e1030082f2cc6829000000"):gsub("%x%x", function(byte)
    return string.char(tonumber(byte, 16))
  end)

local function place_files(s, files)
  for name, content in pairs(files) do
    assert(file.mkdir(path.dirname(s:path(name))))
    s:write(name, content)
  end
end

---Fails if a run or a rehearsal is in the scene's folder.
local function nothing_left(s)
  for _, name in ipairs(assert(file.list(s.folder))) do
    if name:find "%.run$" or name:find "%.rehearsal$" then error(name .. " is left behind", 2) end
  end
end

---Plays a case: the command, and the same with --json.
local function play(case)
  program.scene(nil, function(s)
    place_files(s, { ["shop.lua"] = RECIPE, ["realm.lua"] = REALM, ["good.csv"] = GOOD })
    place_files(s, case.files or {})
    local args = case.args
    local ended = s:run(args, case.env, case.stdin):ends_with(case.status)
    for _, part in ipairs(case.says) do tap.contains(ended.stderr, part) end
    tap.equal(ended:next(), case.next)
    if case.next then s:type_in(case.next):ends_with(case.typed) end
    tap.equal(ended.stdout, "")
    assert(not ended.stderr:find("traceback", 1, true), ended.stderr)
    local _, errors = ended.stderr:gsub("error: ", "")
    tap.equal(errors, 1)
    if not case.left then nothing_left(s) end
    local with_json = table.move(args, 1, #args, 1, {})
    table.insert(with_json, "--json")
    local object = s:run(with_json, case.env, case.stdin):ends_with(case.status):object()
    tap.equal(object.exit, case.status)
    tap.contains(object.message, case.says[1])
    tap.equal(type(object.next), case.next and "string" or "userdata")
    if not case.left then nothing_left(s) end
  end)
end

local CASES <const> = {
  {
    "a missing file", args = { "check", "shop.lua", "input=nofile.csv" }, status = 2,
    says = { "cannot read nofile.csv: no such file", "current directory" },
  },
  {
    "a misspelt file", args = { "check", "shop.lua", "input=god.csv" }, status = 2,
    says = { "cannot read god.csv: no such file" },
    next = "auth0-migrate check shop.lua input=good.csv", typed = 0,
  },
  {
    "a misspelt file of a confirmed run", args = { "run", "shop.lua", "input=./god.csv", "-y" },
    status = 2, says = { "cannot read ./god.csv: no such file" },
    next = "auth0-migrate run shop.lua input=./good.csv", typed = 8, left = true,
  },
  {
    "a pattern that nothing matches", args = { "check", "shop.lua", "input=x*.csv" }, status = 2,
    says = { "no file matches x*.csv" },
  },
  {
    "a folder without a source", files = { ["d/readme.txt"] = "x" },
    args = { "check", "shop.lua", "input=d" }, status = 2, says = { "in the folder d" },
  },
  {
    "a folder in place of the recipe", files = { ["d/readme.txt"] = "x" },
    args = { "check", "./d", "input=good.csv" }, status = 2, says = { "is a folder" },
  },
  {
    "an unclosed quote", files = { ["bad.csv"] = 'id,email\n1,a@example.com\n2,"b\n3,c\n' },
    args = { "check", "shop.lua", "input=bad.csv" }, status = 2,
    says = { "bad.csv:3: the quote that opens here is never closed" },
  },
  {
    "an unclosed quote in a run", files = { ["bad.csv"] = 'id,email\n2,"b\n' },
    args = { "run", "shop.lua", "input=bad.csv", "--yes" }, status = 2,
    says = { "bad.csv:2: the quote that opens here is never closed" },
  },
  {
    "an unclosed quote in a rehearsal", files = { ["bad.csv"] = 'id,email\n2,"b\n' },
    args = { "rehearse", "shop.lua", "input=bad.csv" }, status = 2,
    says = { "bad.csv:2: the quote that opens here is never closed" },
  },
  {
    "JSON broken at a byte", files = { ["realm.json"] = '{"users":[{"email":"a@b.c"},{"email":' },
    args = { "check", "realm.lua", "input=realm.json" }, status = 2,
    says = { "realm.json: invalid JSON at byte 38" },
  },
  {
    "a pointer that leads nowhere", files = { ["realm.json"] = '{"people":[]}' },
    args = { "check", "realm.lua", "input=realm.json" }, status = 2,
    says = { "realm.json", "/users" },
  },
  {
    "gzip cut short", files = { ["cut.csv.gz"] = GZIP:sub(1, 30) },
    args = { "check", "shop.lua", "input=cut.csv.gz" }, status = 2,
    says = { "reading cut.csv.gz: damaged gzip data: unexpected end" },
  },
  {
    "a recipe that does not parse",
    files = { ["bad.lua"] = "return {\n  map = function( end\n}\n" },
    args = { "check", "bad.lua" }, status = 2, says = { "bad.lua:2: " },
  },
  {
    "a recipe that raises", files = { ["bad.lua"] = "\n\nerror 'boom'" },
    args = { "check", "bad.lua" }, status = 2, says = { "bad.lua:3: boom" },
  },
  {
    "a recipe that returns a number", files = { ["bad.lua"] = "return 7" },
    args = { "check", "bad.lua" }, status = 2, says = { "bad.lua: the file returns a number" },
  },
  {
    "a recipe that returns nothing", files = { ["bad.lua"] = "" },
    args = { "check", "bad.lua" }, status = 2, says = { "bad.lua: the file returns nothing" },
  },
  {
    "a field that recipes do not have",
    files = { ["bad.lua"] = "return { source = print, mapp = print }" },
    args = { "check", "bad.lua" }, status = 2, says = { 'no field "mapp"; did you mean "map"?' },
  },
  {
    "a recipe without a source", files = { ["bad.lua"] = "return { map = print }" },
    args = { "check", "bad.lua" }, status = 2, says = { "source is missing" },
  },
  {
    "a source that raises",
    files = { ["bad.lua"] = "return { source = function() error 'gone' end, map = print }" },
    args = { "check", "bad.lua" }, status = 2,
    says = { "bad.lua:1: the recipe's `source` failed: gone" },
  },
  {
    "a source that is not an iterator",
    files = { ["bad.lua"] = "return { source = function() return 7 end, map = print }" },
    args = { "check", "bad.lua" }, status = 2, says = { "`source` returned a number" },
  },
  {
    "a misspelt recipe", args = { "shp.lua", "input=good.csv" }, status = 2,
    says = { "recipe shp.lua not found; did you mean shop.lua?" },
    next = "auth0-migrate shop.lua input=good.csv", typed = 8, left = true,
  },
  {
    "an unknown command", args = { "chek", "shop.lua" }, status = 2,
    says = { '"chek" is not a command or a recipe; did you mean "check"?' },
    next = "auth0-migrate check shop.lua", typed = 2, -- a parameter is missing too
  },
  {
    "an unknown option", args = { "check", "shop.lua", "input=good.csv", "--limits", "3" },
    status = 2, says = { "check has no option --limits; did you mean" },
    next = "auth0-migrate check shop.lua input=good.csv --limit 3", typed = 0,
  },
  {
    "a bad value of an option", args = { "check", "shop.lua", "input=good.csv", "--limit", "x" },
    status = 2, says = { '--limit must be a whole number' },
    next = "auth0-migrate check --help", typed = 0,
  },
  {
    "an unknown parameter", args = { "check", "shop.lua", "input=good.csv", "contry=AT" },
    status = 2, says = { 'no parameter "contry"; did you mean "country"?' },
    next = "auth0-migrate check shop.lua input=good.csv country=AT", typed = 0,
  },
  {
    "a missing parameter", args = { "check", "shop.lua" }, status = 2,
    says = { "the parameter input is missing" }, next = "auth0-migrate check shop.lua input=VALUE",
    typed = 2, -- VALUE is to be replaced
  },
  {
    "a file without its name", args = { "check", "shop.lua", "good.csv" }, status = 2,
    says = { "did you mean input=good.csv?" },
    next = "auth0-migrate check shop.lua input=good.csv", typed = 0,
  },
  {
    "a tenant without encryption", args = { "run", "shop.lua", "input=good.csv" }, status = 2,
    env = { AUTH0_DOMAIN = "http://example.com" }, says = { "is not encrypted" },
  },
  {
    "a run that is not there", args = { "resume" }, status = 2,
    says = { "no run (NAME.run/) in the working directory" },
  },
  {
    "a named run that is not there", args = { "report", "x.run" }, status = 2,
    says = { "x.run is not a run directory" },
  },
  {
    "a configuration that does not parse", files = { ["auth0-migrate.yaml"] = "a: [1\n" },
    args = { "check", "shop.lua", "input=good.csv" }, status = 2,
    says = { "auth0-migrate.yaml" },
  },
}

for _, case in ipairs(CASES) do
  test(case[1] .. " is told in one message, with the next command, and nothing is left", function()
    play(case)
  end)
end

-- Network --------------------------------------------------------------------------------------

local CREDENTIALS <const> = {
  AUTH0_CLIENT_ID = "a", AUTH0_CLIENT_SECRET = "s3cret", AUTH0_CONNECTION = "Users",
}

---Credentials for a tenant at this URL.
local function at(domain)
  local env = { AUTH0_DOMAIN = domain, AUTH0_MIGRATE_TIME_SCALE = "1000" }
  for name, value in pairs(CREDENTIALS) do env[name] = value end
  return env
end

test("a refused connection ends with 5: what is staged is kept, and resume is next", function()
  program.scene(nil, function(s)
    place_files(s, { ["shop.lua"] = RECIPE, ["good.csv"] = GOOD })
    local closed = assert(server.listen())
    local port = closed:port()
    closed:close()
    local ended = s:run({ "run", "shop.lua", "input=good.csv", "--yes", "--json", "--patience",
      "10s" }, at("http://127.0.0.1:" .. port)):ends_with(5)
    local object = ended:object()
    tap.equal({ object.status, object.next }, { "incomplete", "auth0-migrate resume shop.run" })
    tap.equal({ object.users.pending, object.balanced }, { 2, true })
    tap.contains(object.message, "127.0.0.1 port " .. port)
    tap.contains(ended.stderr, "next: auth0-migrate resume shop.run")
    assert(not ended.stderr:find("s3cret", 1, true))
  end)
end)

---Runs against a server that returns invalid answers.
local function against(options, scheme, more)
  local ended
  program.scene(nil, function(s)
    place_files(s, { ["shop.lua"] = RECIPE, ["good.csv"] = GOOD })
    local listener <close> = assert(server.listen(options))
    scheduler.spawn(function()
      while true do
        local request = listener:accept()
        if request then
          request:respond(404, { ["content-type"] = "application/json" }, '{"error":"not here"}')
        else
          scheduler.await(listener)
        end
      end
    end)
    local env = at(scheme .. "://127.0.0.1:" .. listener:port())
    env.AUTH0_MIGRATE_TIME_SCALE = "1" -- a slow machine must not count as an outage
    ended = s:run({ "run", "shop.lua", "input=good.csv", "--yes", table.unpack(more or {}) }, env)
    nothing_left(s)
  end)
  return ended
end

test("https against a plain server ends with 2 and says that there is no encryption", function()
  local ended = against({}, "https"):ends_with(2)
  tap.contains(ended.stderr, "cannot establish a TLS connection to https://127.0.0.1:")
  tap.equal(ended:next(), "auth0-migrate doctor")
end)

test("an untrusted certificate ends with 2 and names --ca-file", function()
  local pem = assert(file.read "tests/host/http.pem")
  local ended = against({ cert = pem, key = pem }, "https"):ends_with(2)
  tap.contains(ended.stderr, "cannot establish a TLS connection to https://127.0.0.1:")
  tap.contains(ended.stderr, "--ca-file")
end)

test("a --ca-file that does not exist is named, with exit status 2", function()
  local ended = against({}, "https", { "--ca-file", "nofile.pem" }):ends_with(2)
  tap.contains(ended.stderr, "nofile.pem")
end)

test("a server that is not a tenant is reported as such", function()
  local ended = against({}, "http")
  assert(ended.status == 2 or ended.status == 6, ended.stderr)
  tap.contains(ended.stderr, "not here")
end)

-- Sources --------------------------------------------------------------------------------------

---Runs commands in one scene.
local function in_scene(files, fn)
  program.scene(nil, function(s)
    place_files(s, { ["shop.lua"] = RECIPE, ["good.csv"] = GOOD })
    place_files(s, files)
    fn(s)
  end)
end

for name, content in pairs {
  ["an empty file"] = "", ["a file of a header alone"] = "id,email\n",
} do
  test(name .. " is 0 records, warned about, and stops unless it is meant", function()
    in_scene({ ["empty.csv"] = content }, function(s)
      for command, stopped in pairs { check = 3, rehearse = 4 } do
        local args = { command, "shop.lua", "input=empty.csv", "--json" }
        s:run(args):ends_with(stopped)
        args[#args + 1] = "--allow-empty"
        local object = s:run(args):ends_with(0):object()
        tap.equal({ object.records.read, object.balanced, object.warnings.EMPTY_SOURCE },
          { 0, true, 1 })
      end
    end)
  end)
end

test("gzip, zstd and stdin are read like the plain file", function()
  in_scene({ ["good.csv.gz"] = GZIP }, function(s)
    local output = assert(file.create(s:path "good.csv.zst", { zstd = true }))
    output:write(GOOD)
    assert(output:finish())
    local plain = s:run({ "map", "shop.lua", "input=good.csv" }):ends_with(0).stdout
    tap.equal(select(2, plain:gsub("\n", "")), 2)
    tap.equal(s:run({ "map", "shop.lua", "input=good.csv.gz" }):ends_with(0).stdout, plain)
    tap.equal(s:run({ "map", "shop.lua", "input=good.csv.zst" }):ends_with(0).stdout, plain)
    tap.equal(s:run({ "map", "shop.lua", "input=-" }, nil, GOOD):ends_with(0).stdout, plain)
    tap.equal(s:run({ "map", "shop.lua", "input=-" }, nil, GZIP):ends_with(0).stdout, plain)
  end)
end)

test("a run that was staged from stdin is resumed without it", function()
  in_scene({}, function(s)
    s:tenant()
    s:run({ "run", "shop.lua", "input=-" }, nil, GOOD):ends_with(8)
    local object = s:run({ "resume", "shop.run", "--yes", "--json" }):ends_with(0):object()
    tap.equal(object.users.inserted, 2)
  end)
end)

test("a resume that lacks a parameter names no command: it accepts none", function()
  local recipe = RECIPE:gsub("params = {", "%0 key = { secret = true, required = true },")
  in_scene({ ["locked.lua"] = recipe }, function(s)
    s:tenant()
    local args = { "run", "locked.lua", "input=good.csv" }
    tap.contains(s:run(args):ends_with(2).stderr,
      "next: auth0-migrate run locked.lua input=good.csv key=@FILE\n")
    s:run(args, { AUTH0_MIGRATE_PARAM_KEY = "k" }):ends_with(8)
    local ended = s:run({ "resume", "--yes" }):ends_with(2)
    tap.contains(ended.stderr, "the parameter key is missing")
    tap.equal(ended:next(), nil)
  end)
end)

test("files of others in a directory are kept, whatever happens", function()
  in_scene({ ["bad.csv"] = 'id,email\n2,"b\n', ["home/diary.txt"] = "mine" }, function(s)
    s:run({ "run", "shop.lua", "input=bad.csv", "--run-dir", "home", "--yes" }):ends_with(2)
    tap.equal(file.list(s:path "home"), { "diary.txt" })
  end)
end)

-- check, map, preview, plan --------------------------------------------------------------------

local FOUND <const> = "id,email\n1,a@example.com\n2,nowhere\n3,nobody\n4,skip\n1,A@example.com\n"
  .. "6,f@example.com,more\n7,\n"

test("check ends with 3 when a record would be rejected, and shows codes, fields and places",
  function()
    in_scene({ ["a.csv"] = FOUND }, function(s)
      local ended = s:run({ "check", "shop.lua", "input=a.csv" }):ends_with(3)
      for _, part in ipairs { "FORMAT", "email", "2 records", "a.csv:3, a.csv:4", "SOURCE",
        "a.csv:7", "OBJECT_REQUIRED", "no address" } do
        tap.contains(ended.stdout, part)
      end
      tap.contains(ended.stderr, "next: auth0-migrate ")
      nothing_left(s)
    end)
  end)

test("check --json writes one object, whose books balance", function()
  in_scene({ ["a.csv"] = FOUND }, function(s)
    local object = s:run({ "check", "shop.lua", "input=a.csv", "--json" }):ends_with(3):object()
    tap.equal(object.records, { read = 7, extra = 0, skipped = 1, unchanged = 0, rejected = 4,
      duplicate = 1, staged = 1 })
    tap.equal(object.codes.rejected, { FORMAT = 2, SOURCE = 1, OBJECT_REQUIRED = 1 })
    tap.equal({ object.balanced, object.exit }, { true, 3 })
    tap.equal(object.findings[1].examples, { "a.csv:3", "a.csv:4" })
  end)
end)

test("check without findings ends with 0 and has no next command", function()
  in_scene({}, function(s)
    local ended = s:run({ "check", "shop.lua", "input=good.csv" }):ends_with(0)
    assert(not ended.stderr:find("next:", 1, true))
  end)
end)

test("map writes users to stdout, findings to stderr, with --json a summary as the last line",
  function()
    in_scene({ ["a.csv"] = FOUND }, function(s)
      local ended = s:run({ "map", "shop.lua", "input=a.csv", "--json" }):ends_with(3)
      tap.equal(ended.stdout,
        '{"email":"a@example.com","email_verified":false,"user_id":"1"}\n')
      tap.contains(ended.stderr, "FORMAT")
      local last = json.decode(ended.stderr:match("([^\n]+)\n$"))
      tap.equal({ last.records.read, last.records.rejected, last.codes.rejected.FORMAT },
        { 7, 4, 2 })
      nothing_left(s)
    end)
  end)

test("preview shows records next to users, and one at a position", function()
  in_scene({ ["a.csv"] = FOUND }, function(s)
    local ended = s:run({ "preview", "shop.lua", "input=a.csv", "-n", "2" }):ends_with(0)
    tap.contains(ended.stdout, "a.csv:2 (record 1)")
    tap.contains(ended.stdout, 'user_id: "1"')
    tap.contains(ended.stdout, "a.csv:3 (record 2)")
    tap.contains(ended.stdout, "! FORMAT")
    assert(not ended.stdout:find("record 3", 1, true))
    ended = s:run({ "preview", "shop.lua", "input=a.csv", "--at", "4" }):ends_with(0)
    tap.contains(ended.stdout, "skipped: no address")
    ended = s:run({ "preview", "shop.lua", "input=a.csv", "--at", "a.csv:5" }):ends_with(0)
    tap.contains(ended.stdout, "(record 4)")
    local object = s:run({ "preview", "shop.lua", "input=a.csv", "--at", "2", "--json" })
      :ends_with(0):object()
    tap.equal({ #object.records, object.records[1].at, object.records[1].errors[1].code },
      { 1, "a.csv:3", "FORMAT" })
  end)
end)

test("preview shows an unreadable record and one that map skipped as such", function()
  in_scene({
    ["a.csv"] = FOUND, ["fall.lua"] = RECIPE:gsub("return { email.-\n", "\n"),
    ["list.lua"] = RECIPE:gsub("return { email.-\n", "return { { email = row.email }, 7 }\n"),
  }, function(s)
    local ended = s:run({ "preview", "shop.lua", "input=a.csv", "--at", "6" }):ends_with(0)
    tap.contains(ended.stdout, "SOURCE")
    ended = s:run({ "preview", "fall.lua", "input=a.csv", "--at", "1" }):ends_with(0)
    tap.contains(ended.stdout, "RECIPE_RESULT")
    ended = s:run({ "preview", "list.lua", "input=a.csv", "--at", "1" }):ends_with(0)
    tap.contains(ended.stdout, "a list whose item 2 is a number")
  end)
end)

test("preview warns about a missing column and about a hash that is not kept", function()
  local recipe = 'local password = require "auth0.password"\n' .. RECIPE:gsub(
    "return { email", "return { custom_password_hash = password.auto(row.hahs or '$P$x'), email")
  in_scene({ ["a.csv"] = FOUND, ["hash.lua"] = recipe }, function(s)
    local said = s:run({ "preview", "hash.lua", "input=a.csv", "-n", "1" }):ends_with(0).stdout
    tap.contains(said, 'warning: column "hahs" is not in a.csv')
    tap.contains(said, "? password_not_kept: ")
    said = s:run({ "preview", "shop.lua", "input=a.csv", "-n", "1" }):ends_with(0).stdout
    assert(not said:find("warning", 1, true) and not said:find("password_not_kept", 1, true))
  end)
end)

test("preview beyond the last record ends with 2", function()
  in_scene({}, function(s)
    local ended = s:run({ "preview", "shop.lua", "input=good.csv", "--at", "9" }):ends_with(2)
    tap.contains(ended.stderr, "the source has 2 records, none at 9")
  end)
end)

for _, args in ipairs {
  { "plan", "shop.lua", "input=good.csv" }, { "run", "shop.lua", "input=good.csv", "--dry-run" },
} do
  test(args[1] .. (args[4] or "") .. " says jobs, bytes and hours, and leaves nothing", function()
    in_scene({}, function(s)
      local ended = s:run(args):ends_with(0)
      tap.contains(ended.stdout, "2 users in 1 job")
      args[#args + 1] = "--json"
      local plan = s:run(args):ends_with(0):object().plan
      tap.equal({ plan.users, plan.jobs, #plan.hours, plan.bytes > 0 }, { 2, 1, 3, true })
      nothing_left(s)
    end)
  end)
end
