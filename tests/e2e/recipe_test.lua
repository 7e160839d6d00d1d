--- The recipe's contract, by the real program: what each field may hold and what becomes of it.

local file = require "host.file"
local json = require "host.json"
local path = require "base.path"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local test = tap.test

local HEAD <const> = [[
local migrate = require "migrate"
local ndjson = require "source.ndjson"
]]

---Lines of JSON.
local function lines(records)
  local list = {}
  for i, record in ipairs(records) do list[i] = json.encode(record) end
  return table.concat(list, "\n") .. "\n"
end

---@class Finished : Program
---@field report? table
---@field files table<string, table[]>  the NDJSON files, by name
---@field chunks string[]               the uploads, byte for byte
---@field log table[]

---All that a rehearsal left.
local function read(place, result)
  result.report = result.stdout ~= "" and json.decode(result.stdout) or nil
  result.files, result.chunks = {}, {}
  if not place:exists "shop.rehearsal/report.json" then return result end
  for _, name in ipairs { "skipped", "rejected", "failed", "already_there" } do
    result.files[name] = place:lines("shop.rehearsal/" .. name .. ".ndjson")
  end
  for _, name in ipairs(file.list(place:path "shop.rehearsal/chunks")) do
    table.insert(result.chunks, place:read("shop.rehearsal/chunks/" .. name))
  end
  result.log = place:lines "shop.rehearsal/log.ndjson"
  return result
end

---Rehearses a recipe over records, and reads all that it left.
---@param recipe string      text
---@param records table[]|string
---@param options? {args: string[]?, files: table<string, string>?, env: table?}
---@return Finished
local function finish(recipe, records, options)
  options = options or {}
  local result
  program.scene(nil, function(place)
    for name, text in pairs(options.files or {}) do
      file.mkdir(path.dirname(place:path(name)))
      place:write(name, text)
    end
    place:write("shop.lua", recipe)
    place:write("users.ndjson", type(records) == "string" and records or lines(records))
    result = read(place, place:run({
      "rehearse", "shop.lua", "input=users.ndjson", "--json",
      table.unpack(options.args or { "--keep-chunks" }),
    }, options.env))
  end)
  return result
end

---Computes something once, when a test first asks for it.
local function once(make)
  local value
  return function()
    value = value or make()
    return value
  end
end

---A recipe that maps each record to itself, with more fields.
local function recipe_with(fields)
  return HEAD .. [[
return {
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row)
    local user = {}
    for key, value in pairs(row) do user[key] = value end
    return user
  end,
]] .. (fields or "") .. "\n}\n"
end

local function user(i, more)
  local made = { email = "user" .. i .. "@example.com", email_verified = true, user_id = "u" .. i }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

local function users(n)
  local list = {}
  for i = 1, n do list[i] = user(i) end
  return list
end

---Texts that the recipe noted with run:log.
local function noted(result)
  local list = {}
  for _, event in ipairs(result.log) do
    if event.event == "recipe" then list[#list + 1] = event.message end
  end
  return list
end

-- map ------------------------------------------------------------------------------------------

local MAP <const> = HEAD .. [[
local ways = {
  user = function(row) return { email = row.email } end,
  list = function(row) return { { email = "a" .. row.email }, { email = "b" .. row.email } } end,
  mixed = function(row)
    return { { email = "c" .. row.email }, migrate.reject("half", "HALF", "email"), 7 }
  end,
  skip = function() return nil, "closed account" end,
  skip_number = function() return nil, 42 end,
  skip_quietly = function() return nil end,
  reject = function() return migrate.reject("too old", "TOO_OLD", "created") end,
  reject_plainly = function() return migrate.reject("no") end,
  raise = function() error("no such country") end,
  raise_table = function() error({}) end,
  index_nil = function(row) return { email = row.nothing.email } end,
  nothing = function() end,
  number = function() return 7 end,
  text = function() return "user" end,
  yes = function() return true end,
  empty = function() return {} end,
  empty_list = function() return migrate.array {} end,
  the_record = function(row) return row end,
  a_function = function(row) return { email = row.email, app_metadata = { f = print } } end,
  invalid = function(row) return { email = "nowhere", nonsense = 1, given_name = "" } end,
  warn = function(row)
    migrate.warn("odd", "something odd")
    return { email = row.email }
  end,
}
return {
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row, params, position)
    assert(params.input == "users.ndjson" and position == row.n)
    return ways[row.way](row)
  end,
}
]]
local WAYS <const> = {
  "user", "list", "mixed", "skip", "skip_number", "skip_quietly", "skip_quietly", "reject",
  "reject_plainly", "raise", "raise_table", "index_nil", "nothing", "number", "text", "yes",
  "empty", "empty_list", "the_record", "a_function", "invalid", "warn", "warn",
}

local mapped = once(function()
  local records = {}
  for i, way in ipairs(WAYS) do
    records[i] = { way = way, n = i, email = way .. i .. "@example.com" }
  end
  return finish(MAP, records)
end)

---The rejection of the record that went this way.
local function rejected(way)
  local found = {}
  for _, line in ipairs(mapped().files.rejected) do
    if WAYS[line.position] == way then found[#found + 1] = line end
  end
  return found[1], found[2]
end

test("each record of every outcome of map is in the books once, and they balance", function()
  local report = mapped().report
  tap.equal(report.records, {
    read = 23, extra = 3, skipped = 4, unchanged = 0, rejected = 16, duplicate = 0, staged = 6,
  })
  assert(report.balanced)
  tap.equal(report.users,
    { inserted = 6, updated = 0, already_there = 0, failed = 0, pending = 0 })
  tap.equal(mapped().status, 3)
end)

test("skipped records are counted by their reason and listed with their place", function()
  local result = mapped()
  tap.equal(result.report.skipped, { ["closed account"] = 1, ["42"] = 1, ["no reason"] = 2 })
  tap.equal(result.files.skipped[1],
    { position = 4, at = "users.ndjson:4", reason = "closed account" })
end)

for _, case in ipairs {
  { "reject", "TOO_OLD", "created", "too old" },
  { "reject_plainly", "REJECTED", "", "no" },
  { "raise", "RECIPE_ERROR", "", "shop.lua:14: no such country" },
  { "raise_table", "RECIPE_ERROR", "", "table" },
  { "index_nil", "RECIPE_ERROR", "", "shop.lua:16: attempt to index a nil value" },
  { "nothing", "RECIPE_RESULT", "", "ended without a return" },
  { "number", "RECIPE_RESULT", "", "a number" },
  { "text", "RECIPE_RESULT", "", "a string" },
  { "yes", "RECIPE_RESULT", "", "a boolean" },
  { "empty", "RECIPE_RESULT", "", "empty table" },
  { "empty_list", "RECIPE_RESULT", "", "empty" },
  { "the_record", "RECIPE_RESULT", "", "not a user" },
  { "a_function", "INVALID_TYPE", "app_metadata.f", "f" },
} do
  test(string.format("map's way %s is rejected as %s with its place and record", case[1], case[2]),
    function()
      local line = assert(rejected(case[1]))
      tap.equal({ line.code, line.path, line.outcome }, { case[2], case[3], "rejected" })
      tap.contains(line.message, case[4])
      tap.equal(line.at, "users.ndjson:" .. line.position)
      tap.equal(line.record.way, case[1])
    end)
end

test("a list's items are judged one by one: a user, a rejection, a stray number", function()
  local first, second = rejected "mixed"
  tap.equal({ first.code, first.path, first.message }, { "HALF", "email", "half" })
  tap.equal(second.code, "RECIPE_RESULT")
  tap.contains(second.message, "item 3 is a number")
end)

test("a rejected user tells all findings, and counts under the first code alone", function()
  local line = rejected "invalid"
  local found = {}
  for _, e in ipairs(line.errors) do found[#found + 1] = e.code .. " " .. e.path end
  table.sort(found)
  tap.equal(found, { "FORMAT email", "OBJECT_ADDITIONAL_PROPERTIES nonsense" })
  tap.equal(line.user.email, "nowhere")
  local sum = 0
  for _, n in pairs(mapped().report.codes.rejected) do sum = sum + n end
  tap.equal(sum, 16)
end)

test("migrate.warn is counted in the report", function()
  tap.equal(mapped().report.warnings.odd, 2)
end)

-- dedupe ---------------------------------------------------------------------------------------

test("dedupe as a list: an equal value of any key is the same user, and the first wins", function()
  local result = finish(recipe_with [[dedupe = { "app_metadata.crm", "email" },]], {
    user(1, { app_metadata = { crm = 7 } }), user(2, { app_metadata = { crm = 7 } }),
    user(3, { email = "USER1@example.com" }), user(4, { app_metadata = { crm = 8 } }),
  })
  tap.equal(result.status, 0)
  tap.equal({ result.report.records.duplicate, result.report.records.staged }, { 2, 2 })
  local kept = {}
  for _, line in ipairs(result.files.rejected) do
    kept[#kept + 1] = { line.position, line.outcome, line.code, line.path, line.kept }
  end
  tap.equal(kept, {
    { 2, "duplicate", "DUPLICATE", "app_metadata.crm", 1 },
    { 3, "duplicate", "DUPLICATE", "email", 1 },
  })
end)

test("without dedupe the same user once more is a duplicate, another with its address rejected",
  function()
    local result = finish(recipe_with(), {
      user(1), user(1, { given_name = "A" }), user(2, { email = "user1@example.com" }),
      { email = "User1@Example.com" }, { email = "e@example.com", user_id = "u1" },
      { email = "f@example.com", username = "frank" },
      { email = "g@example.com", username = "frank" },
    }, { files = { ["connection.json"] = [[{"requires_username": true}]] } })
    local found = {}
    for _, line in ipairs(result.files.rejected) do
      found[#found + 1] = { line.position, line.outcome, line.code, line.kept }
    end
    tap.equal(found, {
      { 2, "duplicate", "DUPLICATE", 1 }, { 3, "rejected", "CONFLICT_EMAIL", 1 },
      { 4, "duplicate", "DUPLICATE", 1 }, { 5, "rejected", "CONFLICT", 1 },
      { 7, "rejected", "CONFLICT_USERNAME", 6 },
    })
    tap.equal(result.report.codes.rejected,
      { CONFLICT_EMAIL = 1, CONFLICT = 1, CONFLICT_USERNAME = 1 })
    assert(result.report.balanced)
  end)

local chosen = once(function()
  return finish(recipe_with [[
  dedupe = function(a, b)
    local way = b.app_metadata.way
    if way == "a" then return a end
    if way == "b" then return b end
    if way == "raise" then error "cannot tell" end
    if way == "nil" then return nil end
    if way == "broken" then return { email = "nowhere" } end
    local both = { app_metadata = { way = "merged", of = { a.user_id, b.user_id } } }
    for key, value in pairs(a) do both[key] = both[key] or value end
    return both
  end,]], {
    user(1, { app_metadata = { way = "first" } }),
    user(2, { app_metadata = { way = "first" } }),
    user(3, { app_metadata = { way = "first" } }),
    user(4, { email = "user1@example.com", app_metadata = { way = "a" } }),
    user(5, { email = "user2@example.com", app_metadata = { way = "b" } }),
    user(6, { email = "user3@example.com", app_metadata = { way = "merge" } }),
    user(7, { email = "user1@example.com", app_metadata = { way = "raise" } }),
    user(8, { email = "user1@example.com", app_metadata = { way = "nil" } }),
    user(9, { email = "user2@example.com", app_metadata = { way = "a" } }),
    user(10, { email = "user10@example.com", user_id = "u5", app_metadata = { way = "a" } }),
    user(11, { email = "user3@example.com", app_metadata = { way = "broken" } }),
  })
end)

test("dedupe as a function: the one it returns stays, the other is a duplicate of it", function()
  local found = {}
  for _, line in ipairs(chosen().files.rejected) do
    if line.outcome == "duplicate" then
      found[#found + 1] = { line.position, line.at, line.kept, line.user.user_id }
    end
  end
  tap.equal(found, {
    { 4, "users.ndjson:4", 1, "u4" }, { 2, "users.ndjson:2", 5, "u2" },
    { 6, "users.ndjson:6", 3, "u6" }, { 9, "users.ndjson:9", 5, "u9" },
    { 10, "users.ndjson:10", 5, "u5" },
  })
end)

test("dedupe as a function: what stays is sent in the source's order, merged ones too", function()
  local sent = {}
  for i, one in ipairs(json.decode(chosen().chunks[1])) do
    sent[i] = { one.user_id, one.app_metadata.way }
  end
  tap.equal(sent, { { "u1", "first" }, { "u5", "b" }, { "u3", "merged" } })
end)

test("a dedupe that raises, returns nothing or an invalid user costs that record", function()
  local found = {}
  for _, line in ipairs(chosen().files.rejected) do
    if line.outcome == "rejected" then found[line.position] = line end
  end
  tap.equal(found[7].code, "RECIPE_ERROR")
  tap.contains(found[7].message, "shop.lua:")
  tap.contains(found[7].message, "cannot tell")
  tap.equal(found[8].code, "RECIPE_RESULT")
  tap.equal(found[11].code, "FORMAT")
  local report = chosen().report
  assert(report.balanced)
  tap.equal(report.records, { read = 11, extra = 0, skipped = 0, unchanged = 0, rejected = 3,
    duplicate = 5, staged = 3 })
end)

test("run:users tells inserted and updated ones of one job with upsert apart", function()
  local result = finish(recipe_with [[
  import = { upsert = true },
  finalize = function(run)
    for _, outcome in ipairs { "inserted", "updated", "unknown" } do
      for one in run:users(outcome) do run:log(outcome .. " " .. one.position) end
    end
  end,]], users(4), { files = { ["there.json"] = json.encode { user(1), user(3) } },
    args = { "--existing", "there.json" } })
  tap.equal(noted(result), { "inserted 2", "inserted 4", "updated 1", "updated 3" })
end)

-- import ---------------------------------------------------------------------------------------

test("import as a table sets connection, upsert, slots, chunk size and external_id", function()
  local existing = json.encode { user(1), user(2) }
  local result = finish(recipe_with [[
  import = { upsert = true, slots = 1, chunk_users = 2, chunk_bytes = 2000,
    external_id = "move" },
  finalize = function(run)
    assert(run.upsert == true)
    run:settle()
    local job
    for one in run:users("updated") do job = one end
    run:log("updated " .. job.user.email .. " " .. job.user_id)
  end,]], users(5), { files = { ["there.json"] = existing },
    args = { "--keep-chunks", "--existing", "there.json" } })
  tap.equal({ result.status, result.report.message }, { 0 })
  tap.equal(#result.chunks, 3)
  tap.equal({ result.report.users.inserted, result.report.users.updated }, { 3, 2 })
  tap.equal(noted(result), { "updated (address) auth0|u2" })
end)

local driven = once(function()
  return finish(recipe_with [[
  import = function(run)
    local log = function(...) run:log(table.concat({ ... }, " ")) end
    log(run.connection, tostring(run.upsert), run.rounds, run.params.input)
    for chunk in run:chunks() do
      local result = run:wait(run:submit(chunk))
      log("chunk", chunk.id, result.state, result.inserted, result.failed, result.total)
      run:sleep(0.5)
    end
    run:spawn(function()
      run:sleep(20)
      log("spawned work is done")
    end)
    for i = 1, 2 do run:once("roles", function() log("once") end) end
    local answer = run:request { method = "GET", path = "/users-by-email",
      query = { email = "user2@example.com" } }
    log(answer.status, answer.body[1].user_id, answer.body[1].identities[1].provider,
      tostring(answer.headers["content-type"]))
    log(run:request({ method = "GET", path = "/users/auth0%7Cnobody" }).status)
    log(run:request({ method = "PATCH", path = "/users/auth0%7Cu1",
      body = { app_metadata = { role = "a" } } }).body.app_metadata.role)
  end,
  finalize = function(run)
    for failure in run:failures() do
      run:log(table.concat({ failure.position, failure.at, failure.code, failure.user.email,
        failure.round, #failure.errors, failure.job and "job" or "" }, " "))
      run:give_up(failure, "not worth it")
    end
    for _, outcome in ipairs { "inserted", "already_there", "failed" } do
      for one in run:users(outcome) do
        run:log(outcome .. " " .. one.position .. " " .. tostring(one.user_id))
      end
    end
  end,]], { user(1), user(2), user(3), user(4, { email = "there@example.com" }) }, {
    files = { ["there.json"] = json.encode {
      { email = "user3@example.com", user_id = "u3", email_verified = true },
      { email = "there@example.com", user_id = "other", email_verified = true },
    } },
    args = { "--existing", "there.json", "--chunk-users", "2" },
  })
end)

test("import as a function drives chunks, submit and wait itself", function()
  local log = noted(driven())
  tap.equal({ log[1], log[2], log[3] }, {
    "Username-Password-Authentication false 3 users.ndjson", "chunk 1 completed 2 0 2",
    "chunk 2 completed 0 2 2",
  })
end)

test("run:once does its work once, and spawned work is waited for", function()
  local n, spawned = 0, false
  for _, text in ipairs(noted(driven())) do
    if text == "once" then n = n + 1 end
    spawned = spawned or text == "spawned work is done"
  end
  tap.equal({ n, spawned }, { 1, true })
end)

test("run:request calls the Management API, whose answer is a value, a 404 too", function()
  local log = noted(driven())
  tap.equal(log[5], "200 auth0|u2 auth0 application/json; charset=utf-8")
  tap.equal({ log[6], log[7] }, { "404", "a" })
end)

test("run:failures, run:give_up and run:users tell what became of each user", function()
  local log = noted(driven())
  tap.equal(table.move(log, #log - 4, #log, 1, {}), {
    "4 users.ndjson:4 CONFLICT_EMAIL (address) 1 1 job", "inserted 1 auth0|u1",
    "inserted 2 auth0|u2", "already_there 3 auth0|u3", "failed 4 auth0|other",
  })
  local failed = driven().files.failed[1]
  tap.equal({ failed.position, failed.why, failed.round }, { 4, "not worth it", 1 })
  tap.equal({ driven().status, driven().report.balanced }, { 3, true })
end)

for _, case in ipairs {
  { "import", "import = function(run) run:nothing() end" },
  { "finalize", "finalize = function() error('broken') end" },
} do
  test("a recipe's " .. case[1] .. " that raises ends the import with its name and line", function()
    local result = finish(recipe_with(case[2]), users(3))
    tap.equal(result.status, 2)
    tap.contains(result.report.message, "shop.lua:11: the recipe's `" .. case[1] .. "` failed: ")
    assert(result.report.balanced)
    tap.equal(result.report.users.pending, case[1] == "import" and 3 or 0)
  end)
end

test("spawned work that raises ends the import with its line", function()
  local result = finish(recipe_with [[
  import = function(run)
    run:spawn(function() error("no way") end)
    run:sleep(5)
    for chunk in run:chunks() do run:submit(chunk) end
  end,]], users(3))
  tap.equal(result.status, 2)
  tap.contains(result.report.message, "shop.lua:12: ")
  tap.contains(result.report.message, "no way")
  assert(result.report.balanced)
end)

-- fix and finalize -----------------------------------------------------------------------------

-- The offline rules did not know these settings: names of five letters at most.
local STRICT <const> = [[{"username": {"min": 1, "max": 15}, "requires_username": true}]]
local TAKEN <const> = json.encode {
  { email = "x1@example.com", username = "taken1", email_verified = true },
  { email = "x2@example.com", username = "taken2", email_verified = true },
  { email = "x3@example.com", username = "taken3", email_verified = true },
  { email = "x4@example.com", username = "taken4", email_verified = true },
  { email = "x5@example.com", username = "taken5", email_verified = true },
  { email = "x6@example.com", username = "taken6", email_verified = true },
}

local function refused(fields, more)
  local records = {}
  for i = 1, 6 do records[i] = user(i, { username = "taken" .. i }) end
  records[7] = user(7, { username = "free7" })
  return finish(recipe_with(fields), records, {
    files = { ["there.json"] = TAKEN, ["connection.json"] = STRICT },
    args = { "--keep-chunks", "--existing", "there.json", "--connection-file", "connection.json",
      table.unpack(more or {}) },
  })
end

local fixed = once(function()
  return refused [[
  fix = {
    CONFLICT_USERNAME = function(user, failure)
      local n = failure.position
      if n == 1 then user.username = "fixed" .. failure.round; return user end
      if n == 2 then return { email = user.email, username = "new2", user_id = user.user_id } end
      if n == 3 then error("cannot") end
      if n == 4 then return nil, "nobody knows" end
      if n == 5 then return user end
      user.username = "free7"
      return user
    end,
  },]]
end)

test("fix by code repairs a refused user, which goes again as a new job of round 2", function()
  local result = fixed()
  tap.equal({ result.report.users.inserted, result.report.users.failed, result.report.rounds },
    { 3, 4, 2 })
  local again = json.decode(result.chunks[2])
  tap.equal({ #again, again[1].username, again[2].username }, { 2, "fixed1", "new2" })
  assert(result.report.balanced)
  tap.equal(result.status, 3)
end)

for _, case in ipairs {
  { 3, "raises", "shop.lua:16: cannot" },
  { 4, "returns nil", "nobody knows" },
  { 5, "changes nothing", "changed nothing" },
  { 6, "makes a duplicate in place", "clashes with record 7" },
} do
  test("a fixer that " .. case[2] .. " leaves its user failed, with the reason", function()
    local line
    for _, one in ipairs(fixed().files.failed) do
      if one.position == case[1] then line = one end
    end
    tap.equal({ line.code, line.path, line.user.username },
      { "CONFLICT_USERNAME", "username", "taken" .. case[1] })
    tap.contains(line.why, case[3])
  end)
end

test("an import that fails after its first job ends with 2, with its books written", function()
  program.scene(4, function(s)
    s:recipe(function(text)
      return (text:gsub("return {", [[return { import = function(run)
        for chunk in run:chunks() do run:wait(run:submit(chunk)); error("enough") end
      end,]], 1))
    end)
    s:tenant()
    s:run(program.words("--yes", "--chunk-users", "2")):ends_with(2)
    local report = json.decode(s:read "shop.run/report.json")
    tap.equal({ report.exit, report.balanced, report.users.inserted, report.users.pending },
      { 2, true, 2, 2 })
    local before = s:read "shop.run/report.json"
    s:recipe()
    s:run({ "resume" }):ends_with(2)
    tap.equal(s:read "shop.run/report.json", before)
    s:run({ "resume", "--changed" }):ends_with(0)
  end)
end)

for _, rounds in ipairs { 0, 1 } do
  test("finalize = { rounds = " .. rounds .. " } leaves the fixers out", function()
    local result = refused(string.format([[
    fix = function() error("not asked") end,
    finalize = { rounds = %d },]], rounds))
    tap.equal({ result.report.rounds, #result.chunks }, { 1, 1 })
    tap.equal(result.files.failed[1].why, "no round is left")
  end)
end

test("fix as one function gets every code, and rounds are bounded by finalize", function()
  local result = refused [[
  fix = function(user, failure)
    user.app_metadata = { tries = failure.round, code = failure.code }
    return user
  end,
  finalize = { rounds = 2 },]]
  tap.equal({ result.report.rounds, result.report.users.failed, #result.chunks }, { 2, 6, 2 })
  tap.equal(result.files.failed[1].user.app_metadata, { tries = 1, code = "CONFLICT_USERNAME" })
  tap.equal(result.files.failed[1].round, 2)
  tap.contains(result.files.failed[1].why, "no round is left")
end)

test("without a fix a refused user is given up, and says that there is none", function()
  local result = refused ""
  tap.equal(result.report.codes.failed, { CONFLICT_USERNAME = 6 })
  tap.contains(result.files.failed[1].why, "has the same username")
end)

test("finalize as a function repairs with requeue and a second import", function()
  local result = refused [[
  finalize = function(run)
    for failure in run:failures() do
      local user = failure.user
      user.username = "again" .. failure.position
      assert(run:requeue(user, failure))
    end
    migrate.import(run)
    run:settle()
  end,]]
  tap.equal({ result.status, result.report.users.inserted }, { 0, 7 })
end)

-- retry ----------------------------------------------------------------------------------------

---Runs a recipe whose first jobs fail as a whole at the tenant.
---@return table report
---@return integer jobs  that the tenant saw
local function with_failing_jobs(n, fields)
  local report, jobs
  program.scene(nil, function(place)
    local tenant = place:slow_tenant()
    -- Two hours pass as soon as a job begins, after which Auth0 gives it up.
    local now, late, begun = tenant.now, 0, 0
    tenant.now = function(self) return now(self) + late end
    tenant.import_speed = function()
      begun = begun + 1
      if begun <= n then late = late + 3 * 3600 end
      return math.huge
    end
    place:write("shop.lua", recipe_with(fields))
    place:write("users.ndjson", lines(users(2)))
    report = place:run({ "shop.lua", "input=users.ndjson", "--yes", "--json" }):object()
    jobs = begun
  end)
  return report, jobs
end

for _, case in ipairs {
  { "by default is sent three times in all", "", 9, 3, 3 },
  { "is sent as often as retry.attempts says",
    "retry = { attempts = 2, first = 1, longest = 2 },", 9, 2, 3 },
  { "is sent as long as the function retry says",
    "retry = function(failure) if failure.attempt < 4 then return 0.5 end end,", 9, 4, 3 },
  { "is not sent again when the function retry returns nil",
    "retry = function(failure) assert(failure.message) return nil end,", 9, 1, 3 },
  { "is sent again, and may succeed", "", 2, 3, 0 },
} do
  test("a job that fails as a whole " .. case[1], function()
    local report, jobs = with_failing_jobs(case[3], case[2])
    tap.equal({ jobs, report.exit, report.balanced }, { case[4], case[5], true })
    tap.equal(report.codes.failed, case[5] == 3 and { JOB_FAILED = 2 } or {})
  end)
end

for _, case in ipairs {
  { "raises", "retry = function() error('broken') end",
    "shop.lua:11: the recipe's `retry` failed: broken" },
  { "returns nonsense", "retry = function() return 'soon' end",
    "the recipe's `retry` returned soon, not seconds" },
} do
  test("a retry that " .. case[1] .. " ends the import, not the books", function()
    local report = with_failing_jobs(9, case[2])
    tap.equal({ report.exit, report.message, report.balanced }, { 2, case[3], true })
  end)
end

-- Parameters -----------------------------------------------------------------------------------

---Runs a command in a folder with these files.
---@return Program
local function run(files, args, env)
  local result
  program.scene(nil, function(place)
    for name, text in pairs(files) do
      file.mkdir(path.dirname(place:path(name)))
      place:write(name, text)
    end
    local given = { AUTH0_MIGRATE_PATH = place:path "shared", XDG_DATA_HOME = place:path "data" }
    for name, value in pairs(env or {}) do given[name] = value end
    result = place:run(args, given)
  end)
  return result
end

local function mapped_users(result)
  local list = {}
  for line in result.stdout:gmatch("[^\n]+") do list[#list + 1] = json.decode(line) end
  return list
end

local PARAMS <const> = [[
return {
  params = {
    country = { help = "of numbers", default = "DE" },
    shop = { required = true, help = "which shop" },
    key = { secret = true, help = "of the old shop" },
    retries = { default = 3 },
    strict = { default = false },
  },
  source = function() return ipairs { 1 } end,
  map = function(_, params)
    return { email = "a@example.com", app_metadata = {
      country = params.country, shop = params.shop, key = params.key, retries = params.retries,
      strict = params.strict,
    } }
  end,
}
]]

for _, case in ipairs {
  { "a default stands", { "shop=a" }, nil, { "DE", "a", nil } },
  { "name=value beats the environment", { "shop=a", "country=AT" },
    { AUTH0_MIGRATE_PARAM_COUNTRY = "CH" }, { "AT", "a", nil } },
  { "the environment beats the default", { "shop=a" },
    { AUTH0_MIGRATE_PARAM_COUNTRY = "CH" }, { "CH", "a", nil } },
  { "the environment gives a required one", {},
    { AUTH0_MIGRATE_PARAM_SHOP = "b" }, { "DE", "b", nil } },
  { "the configuration file is the last but one", { "--config", "other.yaml", "shop=a" }, nil,
    { "FR", "a", nil } },
  { "a secret is read from a file, without its line end", { "shop=a", "key=@key.txt" }, nil,
    { "DE", "a", "s3cret" } },
  { "a secret is read from the environment", { "shop=a" },
    { AUTH0_MIGRATE_PARAM_KEY = "s3cret" }, { "DE", "a", "s3cret" } },
} do
  test("parameters: " .. case[1], function()
    local result = run({
      ["shop.lua"] = PARAMS, ["key.txt"] = "s3cret\n",
      ["other.yaml"] = "params: { country: FR }\n",
    }, { "map", "shop.lua", table.unpack(case[2]) }, case[3]):ends_with(0)
    local got = mapped_users(result)[1].app_metadata
    tap.equal({ got.country, got.shop, got.key }, case[4])
    tap.equal({ got.retries, got.strict }, { 3, false })
  end)
end

for _, case in ipairs {
  { "a missing one", {}, "the parameter shop is missing" },
  { "an unknown one, with the nearest name", { "shop=a", "contry=DE" }, 'did you mean "country"' },
  { "a secret on the command line", { "shop=a", "key=s3cret" }, "key=@FILE" },
  { "a secret whose file is missing", { "shop=a", "key=@nofile" }, "nofile" },
  { "one given twice", { "shop=a", "shop=b" }, "twice" },
} do
  test("parameters: " .. case[1] .. " is refused with 2", function()
    local result = run({ ["shop.lua"] = PARAMS }, { "check", "shop.lua", table.unpack(case[2]) })
    tap.contains(result:ends_with(2).stderr, case[3])
    tap.contains(result.stderr, "next: auth0-migrate ")
    tap.equal(result.stdout, "")
    assert(not result.stderr:find("s3cret", 1, true), "the secret is shown")
  end)
end

-- Modules --------------------------------------------------------------------------------------

local function module_recipe(expression, head)
  return string.format([[
%s
return {
  source = function() return ipairs { 1 } end,
  map = function() return { email = "a@example.com", app_metadata = { got = %s } } end,
}]], head or "", expression)
end

for _, case in ipairs {
  { "one beside the recipe", { ["recipes/lib/names.lua"] = "return { name = 'beside' }" },
    'require "lib.names".name', "beside" },
  { "a folder's init.lua", { ["recipes/names/init.lua"] = "return { name = 'init' }" },
    'require "names".name', "init" },
  { "one of AUTH0_MIGRATE_PATH", { ["shared/names.lua"] = "return { name = 'shared' }" },
    'require "names".name', "shared" },
  { "one of the data folder", { ["data/auth0-migrate/names.lua"] = "return { name = 'data' }" },
    'require "names".name', "data" },
  { "the recipe's folder before the shared ones",
    { ["recipes/names.lua"] = "return { name = 'beside' }",
      ["shared/names.lua"] = "return { name = 'shared' }" }, 'require "names".name', "beside" },
  { "the program's own before the recipe's", { ["recipes/migrate.lua"] = "error 'mine'" },
    'type(require "migrate".warn)', "function" },
  { "cjson", {}, 'require "cjson".decode("[7]")[1] == 7', true },
  { "a shipped recipe", {}, 'type(require "recipes.keycloak".map)', "function" },
} do
  test("require finds " .. case[1], function()
    local files = { ["recipes/shop.lua"] = module_recipe(case[3]) }
    for name, text in pairs(case[2]) do files[name] = text end
    local result = run(files, { "map", "recipes/shop.lua" }):ends_with(0)
    tap.equal(mapped_users(result)[1].app_metadata.got, case[4])
  end)
end

for _, case in ipairs {
  { 'require "host.file"', "belongs to the program" },
  { 'require "host.http"', "belongs to the program" },
  { 'require "auth0.client"', "belongs to the program" },
  { 'require "migrate.session"', "belongs to the program" },
  { 'require "debug"', "not for recipes" },
  { 'require "nowhere"', "there is no module" },
  { 'require "../names"', "not the name of a module" },
} do
  test(case[1] .. " is refused with the recipe's line", function()
    local result = run({ ["shop.lua"] = module_recipe("1", "\n" .. case[1]) },
      { "check", "shop.lua" })
    tap.contains(result:ends_with(2).stderr, case[2])
    tap.contains(result.stderr, "shop.lua")
  end)
end

test("a recipe's cjson is not the program's: its settings change nothing else", function()
  local result = finish(recipe_with [[
  finalize = function(run)
    local cjson = require "cjson"
    cjson.decode_array_with_array_mt = nil
    cjson.encode_number_precision(3)
    cjson.decode_max_depth(1)
    run:settle()
    run:log(run:request({ method = "GET", path = "/users/auth0%7Cu1" }).body.identities[1].provider)
  end,]], users(1))
  tap.equal({ result.status, noted(result)[1] }, { 0, "auth0" })
end)

test("migrate.extend changes a shipped recipe, which keeps the rest", function()
  local result = run({
    ["acme.lua"] = [[
local migrate = require "migrate"
local keycloak = require "recipes.keycloak"
return migrate.extend(keycloak, {
  map = function(record, params, position)
    local user, reason = keycloak.map(record, params, position)
    if user and user.email then user.given_name = "changed" end
    return user, reason
  end,
})]],
    ["realm.json"] = assert(file.read "tests/recipes/keycloak/acme-realm.json"),
  }, { "map", "acme.lua", "input=realm.json" }):ends_with(0)
  local got = mapped_users(result)
  assert(#got > 3)
  for _, one in ipairs(got) do tap.equal(one.given_name, "changed") end
end)

-- Values ---------------------------------------------------------------------------------------

local RAW <const> = [=[{"email":"a@example.com","email_verified":null,"given_name":"",]=]
  .. [=["name":null,"user_id":"u1","app_metadata":{"id":9007199254740993,"rate":0.1,]=]
  .. [=["longest":9223372036854775807,"least":-9223372036854775808,]=]
  .. [=["longer":18446744073709551616,"none":[],"empty":{},]=]
  .. [=["null":null,"text":"","nested":{"deep":[[],{},[1]]},]=]
  .. [=["esc":"a/b\u00e9\ud83d\ude00\u0000\n"}}]=]

local valued = once(function()
  local seen = {}
  program.scene(nil, function(place)
    local tenant = place:slow_tenant()
    place:write("shop.lua", recipe_with())
    place:write("users.ndjson", RAW)
    seen.report = place:run({ "shop.lua", "input=users.ndjson", "--yes", "--json",
      "--keep-chunks" }):ends_with(0):object()
    seen.chunk = place:read "shop.run/chunks/000001.json"
    seen.stored = json.decode(tenant.db:value("SELECT record FROM user"))
    seen.stored_text = tenant.db:value("SELECT record FROM user")
  end)
  return seen
end)

test("numbers arrive as they are in the source: 64 bits, and longer ones as strings", function()
  local got = valued().stored.app_metadata
  tap.equal({ got.id, got.longest, got.least, got.longer, got.rate },
    { 9007199254740993, math.maxinteger, math.mininteger, "18446744073709551616", 0.1 })
end)

test("empty lists and objects stay what they are, down to the tenant", function()
  for _, text in ipairs { valued().chunk, valued().stored_text } do
    tap.contains(text, '"none":[]')
    tap.contains(text, '"empty":{}')
    tap.contains(text, '"deep":[[],{},[1]]')
  end
end)

test("nulls and empty strings go at the top level and stay in metadata", function()
  local text = valued().chunk
  tap.contains(text, '"null":null')
  tap.contains(text, '"text":""')
  assert(not text:find('"given_name"', 1, true) and not text:find('"name"', 1, true))
  tap.contains(text, '"email_verified":false')
end)

test("members stand in a fixed order: identifiers first, metadata last and sorted", function()
  tap.contains(valued().chunk,
    '[{"email":"a@example.com","email_verified":false,"user_id":"u1","app_metadata":{"empty":')
end)

test("strings come through with every escape", function()
  tap.equal(valued().stored.app_metadata.esc, "a/b\u{e9}\u{1f600}\0\n")
end)

test("the same source and recipe give the same bytes", function()
  local list = {}
  for i = 1, 40 do
    local metadata = {}
    for k = 1, 20 do metadata["key" .. (k * 7919 + i) % 1000] = k end
    list[i] = user(i, { app_metadata = metadata })
  end
  local args = { "--keep-chunks", "--chunk-users", "7" }
  local first = finish(recipe_with(), list, { args = args })
  local second = finish(recipe_with(), list, { args = args })
  tap.equal(#first.chunks, 6)
  tap.equal(second.chunks, first.chunks)
end)

local function csv_recipe(options)
  return [[
local csv = require "source.csv"
return {
  params = { input = { required = true } },
  source = function(params) return csv.records(params.input, ]] .. options .. [[) end,
  map = function(row)
    local nick = row.nick
    if nick == nil then nick = "nil" end
    return { email = row.email, app_metadata = { nick = nick } }
  end,
}]]
end

for _, case in ipairs {
  { "empty cells and \\N are nil", "{}", { "nil", "nil", "NULL", " x " } },
  { "empty cells are kept when asked for", '{ empty = "keep" }', { "", "nil", "NULL", " x " } },
  { "null words count when they are named", '{ null = { "NULL" }, trim = true }',
    { "nil", "nil", "nil", "x" } },
} do
  test("CSV: " .. case[1], function()
    local result = run({
      ["shop.lua"] = csv_recipe(case[2]),
      ["a.csv"] = "email,nick\na@example.com,\nb@example.com,\\N\nc@example.com,NULL\n"
        .. "d@example.com, x \n",
    }, { "map", "shop.lua", "input=a.csv" }):ends_with(0)
    local got = {}
    for i, one in ipairs(mapped_users(result)) do got[i] = one.app_metadata.nick end
    tap.equal(got, case[3])
  end)
end

test("source.lookup joins a second file, one record or all", function()
  local result = run({
    ["shop.lua"] = [[
local csv = require "source.csv"
local lookup = require "source.lookup"
local orders
return {
  params = { input = { required = true } },
  source = function(params)
    orders = lookup(csv.records "orders.csv", "customer")
    return csv.records(params.input)
  end,
  map = function(row)
    local first, all = orders:get(row.id), orders:all(row.id)
    return { email = row.email, app_metadata = { first = first and first.item, n = #all } }
  end,
}]],
    ["a.csv"] = "id,email\n1,a@example.com\n2,b@example.com\n3,c@example.com\n",
    ["orders.csv"] = "customer,item\n1,pen\n2,cup\n1,ink\n",
  }, { "map", "shop.lua", "input=a.csv" }):ends_with(0)
  local got = {}
  for i, one in ipairs(mapped_users(result)) do
    got[i] = { one.app_metadata.first or "none", one.app_metadata.n }
  end
  tap.equal(got, { { "pen", 2 }, { "cup", 1 }, { "none", 0 } })
end)

test("a column that is read and not there is warned about once, with the nearest name", function()
  local result = run({
    ["shop.lua"] = csv_recipe "{}", ["a.csv"] = "email,nik\na@example.com,x\nb@example.com,y\n",
  }, { "check", "shop.lua", "input=a.csv" }):ends_with(0)
  local _, n = (result.stdout .. result.stderr):gsub("nik", "")
  tap.equal(n, 1)
end)

test("check warns of a path that is a list in one user and an object in another", function()
  local result = run({
    ["shop.lua"] = recipe_with(),
    ["users.ndjson"] = lines {
      user(1, { app_metadata = { roles = { "a" } } }), user(2, { app_metadata = { roles = {} } }),
    },
  }, { "check", "shop.lua", "input=users.ndjson" }):ends_with(0)
  tap.contains(result.stdout, "app_metadata.roles")
end)
