local bad_record = require "source.bad_record"
local json = require "host.json"
local reject = require "migrate.reject"
local pipeline = require "stage.pipeline"
local schema = require "auth0.schema"
local tap = require "tests.tap"
local test = tap.test

local function iterator(list)
  local i = 0
  return function()
    i = i + 1
    return list[i], "list:" .. i
  end
end

---Runs records through `map`; returns what came out, in order, and the pipeline.
local function run(records, map, duplicates)
  local out = {}
  local sink = {
    user = function(_, user, position, at)
      out[#out + 1] = { "user", position, at, user.email }
      return true
    end,
    rejected = function(_, r)
      out[#out + 1] = { r.outcome, r.position, r.at, r.code, r.message, r.kept }
      return true
    end,
    skipped = function(_, position, at, reason)
      out[#out + 1] = { "skipped", position, at, reason }
      return true
    end,
  }
  local pipe = pipeline.new {
    recipe = {
      source = function() return iterator(records) end, map = map, params = {}, warnings = {},
    },
    validator = schema.for_connection(), sink = sink,
    duplicates = duplicates or { judge = function() end },
  }
  local done, message, kind = pipe:run(function() return true end)
  return out, pipe, done, message, kind
end

local function user(row)
  return { email = row.email }
end

local cases = {
  { "a user goes through", user, { "user", 1, "list:1", "a@b.co" } },
  { "a reason skips", function() return nil, "too old" end, { "skipped", 1, "list:1", "too old" } },
  { "nil alone skips without a reason", function() return nil end,
    { "skipped", 1, "list:1", "no reason" } },
  { "falling off the end is rejected", function() end,
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a string is rejected", function() return "x" end,
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "false is rejected", function() return false end,
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "an empty list is rejected", function() return {} end,
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a list with a gap is rejected whole, because users behind the gap would be lost",
    function() return { { email = "a@b.co" }, nil, { email = "c@d.co" } } end,
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a list with a named key is rejected",
    function() return { { email = "a@b.co" }, email = "c@d.co" } end,
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a reason that is a table is rejected", function() return nil, {} end,
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a reason may be a number", function() return nil, 7 end, { "skipped", 1, "list:1", "7" } },
  { "a user whose metatable raises is rejected",
    function() return setmetatable({}, { __index = function() error("shop.lua:4: boom", 0) end })
    end, { "rejected", 1, "list:1", "RECIPE_ERROR", "shop.lua:4: boom" } },
  { "an error that is a table has no address in its message", function() error {} end,
    { "rejected", 1, "list:1", "RECIPE_ERROR", "the error value is a table" } },
  { "migrate.reject rejects with its code",
    function() return reject.reject("no", "MY_CODE", "x") end,
    { "rejected", 1, "list:1", "MY_CODE", "no" } },
  { "an error rejects that record", function() error("boom") end,
    { "rejected", 1, "list:1", "RECIPE_ERROR" } },
  { "what Auth0 would refuse is rejected in its code",
    function() return { email = "nobody@nowhere" } end, { "rejected", 1, "list:1", "FORMAT" } },
}

for _, case in ipairs(cases) do
  test("map: " .. case[1], function()
    local out = run({ { email = "a@b.co" } }, case[2])
    for i, value in ipairs(case[3]) do tap.equal(out[1][i], value) end
    tap.equal(#out, 1)
  end)
end

test("an error names file and line, and the run continues", function()
  local out = run({ { email = 1 }, { email = "a@b.co" } }, function(row)
    return { email = row.email:lower() }
  end)
  assert(out[1][5]:find("^tests/lualib/stage/pipeline_test.lua:%d+: attempt to index"), out[1][5])
  tap.equal(out[2][1], "user")
end)

test("one record may become several users; the further ones are extra", function()
  local out, pipe = run({ { email = "a" } }, function()
    return { { email = "a@b.co" }, { email = "c@d.co" } }
  end)
  tap.equal({ #out, pipe.position, pipe.extra }, { 2, 1, 1 })
end)

test("each item of a list is accounted for, even if it is not a user", function()
  local out, pipe = run({ { email = "a" } }, function() return { { email = "a@b.co" }, "x" } end)
  tap.equal({ out[1][1], out[2][4], pipe.extra }, { "user", "RECIPE_RESULT", 1 })
end)

test("a warning about the whole user is counted under its code alone", function()
  local _, pipe = run({ { email = "a@b.co" } }, function(row)
    return { email = row.email, user_metadata = { text = ("x"):rep(11000) } }
  end)
  tap.equal(pipe.warnings.TOO_LARGE.n, 1)
end)

test("warnings about one field for different reasons are distinguished", function()
  local function argon2(kind, lanes)
    return { email = "a@b.co", custom_password_hash = { algorithm = "argon2", hash = {
      value = string.format("$argon2%s$v=19$m=65536,t=2,p=%d$ABEiM0RVZneImaq7zN3u/w$"
        .. "JGAcIjxvQwjWnt9kAfY9jGHMWdY3OxVJgcDK7odeUjk", kind, lanes), encoding = "utf8" } } }
  end
  local made = { argon2("i", 1), argon2("id", 4), argon2("i", 1), argon2("id", 8) }
  local _, pipe = run({ 1, 2, 3, 4 }, function(n) return made[n] end)
  local name = "PATTERN custom_password_hash.hash.value"
  local first, second = pipe.warnings[name], pipe.warnings[name .. " (2)"]
  tap.equal({ first.n, second.n }, { 2, 2 })
  tap.contains(first.message, "argon2i may be rejected")
  assert(not second.message:find("argon2i ", 1, true))
end)

test("a record that the reader could not read is rejected as SOURCE", function()
  local out = run({ bad_record.new("raw;text", "row has 2 fields, the header 3") }, user)
  tap.equal({ out[1][1], out[1][4] }, { "rejected", "SOURCE" })
end)

test("a clash is a duplicate or a rejection, and names the one that is kept", function()
  local clashes = {
    { position = 1, code = "DUPLICATE", path = "email", message = "same address", keys = {} },
    { position = 1, code = "CONFLICT_EMAIL", path = "email", message = "other id", keys = {} },
  }
  local n = 0
  local out = run({ { email = "a@b.co" }, { email = "a@b.co" }, { email = "a@b.co" } }, user, {
    judge = function()
      n = n + 1
      return clashes[n - 1]
    end,
  })
  tap.equal({ out[2][1], out[2][6] }, { "duplicate", 1 })
  tap.equal({ out[3][1], out[3][4], out[3][6] }, { "rejected", "CONFLICT_EMAIL", 1 })
end)

test("a place that is not a string ends the run, and says what an iterator returns", function()
  local pipe = pipeline.new {
    recipe = { source = function() return ipairs { { email = "a@b.co" } } end, map = user },
    validator = schema.for_connection(), duplicates = {}, sink = {},
  }
  local done, message, kind = pipe:run(function() return true end)
  tap.equal({ done, kind }, { nil, "usage" })
  tap.contains(message, "a table as the place of record 1")
end)

test("an error inside a source's coroutine names the recipe's line", function()
  local pipe = pipeline.new {
    recipe = { source = function()
      return coroutine.wrap(function() error("shop.lua:4: boom", 0) end)
    end, map = user },
    validator = schema.for_connection(), duplicates = {}, sink = {},
  }
  local done, message, kind = pipe:run(function() return true end)
  tap.equal({ done, message, kind },
    { nil, "shop.lua:4: the recipe's `source` failed: boom", "usage" })
end)

test("a source that raises ends the run with its message", function()
  local failure = require "base.failure"
  local records = setmetatable({}, { __index = function(_, i)
    if i == 2 then failure.raise("users.csv: a quote opened on line 9 is never closed", "parse") end
    return { email = "a@b.co" }
  end })
  local _, _, done, message, kind = run(records, user)
  tap.equal({ done, message, kind },
    { nil, "users.csv: a quote opened on line 9 is never closed", "parse" })
end)

test("an error of ours rejects no record: it is raised again, with its place", function()
  local pipe = pipeline.new {
    recipe = { source = function() return iterator { { email = "a@b.co" } } end, map = user },
    validator = schema.for_connection(), duplicates = { judge = function() end },
    sink = { user = function() error("lualib/migrate/sink.lua:7: no sink", 0) end },
  }
  local ok, message = pcall(pipe.run, pipe, function() return true end)
  assert(not ok and message:find("sink.lua:7: no sink"), message)
end)

test("a run may be stopped at a pause, also where every record fails", function()
  local records = {}
  for i = 1, 600 do records[i] = { i } end
  local pipe = pipeline.new {
    recipe = { source = function() return iterator(records) end, map = function() error("x") end },
    validator = schema.for_connection(), duplicates = {},
    sink = { rejected = function() return true end },
  }
  local done, message, kind = pipe:run(function() return nil, "stopped", "interrupted" end)
  tap.equal({ done, message, kind, pipe.position < 600 }, { nil, "stopped", "interrupted", true })
end)

test("the user that is sent always says whether its address is verified", function()
  local seen
  local pipe_sink = run({ { email = "a@b.co" } }, function(row)
    seen = { email = row.email }
    return seen
  end)
  tap.equal({ pipe_sink[1][1], seen.email_verified }, { "user", false })
end)

test("nulls and empty strings at the top are left out", function()
  local seen
  run({ { email = "a@b.co" } }, function(row)
    seen = { email = row.email, name = "", nickname = json.null }
    return seen
  end)
  tap.equal(seen, { email = "a@b.co", email_verified = false })
end)
