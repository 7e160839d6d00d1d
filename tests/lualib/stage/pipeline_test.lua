local pipeline = require "stage.pipeline"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local NO_DUPLICATES <const> = { add = function() end }

local function always() return true end

---Runs records through `map`, its body as text; returns what came out, in order, and the pipeline.
---@param parts RecipeParts
local function run(parts, duplicates, options)
  local out = {}
  local sink = {
    user = function(_, mapped, position, at)
      local user = mapped:user()
      out[#out + 1] = { "user", position, at, user.email, user = user }
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
    recipe = recipe_rig.made(parts, options), sink = sink, duplicates = duplicates or NO_DUPLICATES,
  }
  local done, message, kind = pipe:run(always)
  return out, pipe, done, message, kind
end

---A pipeline of a recipe's text, without duplicates.
local function pipe_of(text, sink)
  return pipeline.new {
    recipe = recipe_rig.of(text), duplicates = NO_DUPLICATES, sink = sink or {},
  }
end

local ONE <const> = { { email = "a@b.co" } }

local cases = {
  { "a user goes through", "return { email = row.email }", { "user", 1, "list:1", "a@b.co" } },
  { "a reason skips", "return nil, 'too old'", { "skipped", 1, "list:1", "too old" } },
  { "nil alone skips without a reason", "return nil", { "skipped", 1, "list:1", "no reason" } },
  { "falling off the end is rejected", "", { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a string is rejected", "return 'x'", { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "false is rejected", "return false", { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "an empty list is rejected", "return {}", { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a list with a gap is rejected whole, because users behind the gap would be lost",
    "return { { email = 'a@b.co' }, nil, { email = 'c@d.co' } }",
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a list with a named key is rejected", "return { { email = 'a@b.co' }, email = 'c@d.co' }",
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a reason that is a table is rejected", "return nil, {}",
    { "rejected", 1, "list:1", "RECIPE_RESULT" } },
  { "a rejection that is raised is one that is returned",
    "error(migrate.reject('too old', 'AGE', 'birthdate', 7))",
    { "rejected", 1, "list:1", "AGE", "too old" } },
  { "a rejection that is raised below is one, too",
    "(function() error(migrate.reject()) end)() return row",
    { "rejected", 1, "list:1", "REJECTED", "rejected by the recipe" } },
  { "a switch that cannot be read is rejected", "return { blocked = value.switch('maybe') }",
    { "rejected", 1, "list:1", "SWITCH_UNREADABLE",
      "neither on nor off; accepted: true/false, yes/no, on/off, 1/0" } },
  { "a rejection that is caught does not count", "pcall(value.switch, 'maybe') return row",
    { "user", 1, "list:1", "a@b.co" } },
  { "a reason may be a number", "return nil, 7", { "skipped", 1, "list:1", "7" } },
  { "a user whose metatable raises is rejected",
    "return setmetatable({}, { __index = function() error('shop.lua:4: boom', 0) end })",
    { "rejected", 1, "list:1", "RECIPE_ERROR", "shop.lua:4: boom" } },
  { "an error that is a table has no address in its message", "error {}",
    { "rejected", 1, "list:1", "RECIPE_ERROR", "shop.lua:14: the error value is a table" } },
  { "migrate.reject rejects with its code", "return migrate.reject('no', 'MY_CODE', 'x')",
    { "rejected", 1, "list:1", "MY_CODE", "no" } },
  { "an error rejects that record", "error 'boom'", { "rejected", 1, "list:1", "RECIPE_ERROR" } },
  { "what Auth0 would refuse is rejected in its code", "return { email = 'nobody@nowhere' }",
    { "rejected", 1, "list:1", "FORMAT" } },
}

for _, case in ipairs(cases) do
  test("map: " .. case[1], function()
    local out = run { records = ONE, map = case[2] }
    for i, value in ipairs(case[3]) do tap.equal(out[1][i], value) end
    tap.equal(#out, 1)
  end)
end

test("an error names file and line, and the run continues", function()
  local out = run {
    records = { { email = 1 }, { email = "a@b.co" } }, map = "return { email = row.email:lower() }",
  }
  assert(out[1][5]:find("^shop.lua:%d+: attempt to index"), out[1][5])
  tap.equal(out[2][1], "user")
end)

test("one record may become several users; the further ones are extra", function()
  local out, pipe = run {
    records = ONE, map = "return { { email = 'a@b.co' }, { email = 'c@d.co' } }",
  }
  tap.equal({ #out, pipe.position, pipe.extra }, { 2, 1, 1 })
end)

test("each item of a list is accounted for, even if it is not a user", function()
  local out, pipe = run { records = ONE, map = "return { { email = 'a@b.co' }, 'x' }" }
  tap.equal({ out[1][1], out[2][4], pipe.extra }, { "user", "RECIPE_RESULT", 1 })
end)

test("a warning about the whole user is counted under its code alone", function()
  local _, pipe = run {
    records = ONE,
    map = "return { email = row.email, user_metadata = { text = ('x'):rep(11000) } }",
  }
  tap.equal(pipe.warnings.PROFILE_SIZE_EXCEEDED.n, 1)
end)

test("warnings about one field for different reasons are distinguished", function()
  local function argon2(kind, lanes)
    return { email = "a@b.co", custom_password_hash = { algorithm = "argon2", hash = {
      value = string.format("$argon2%s$v=19$m=65536,t=2,p=%d$ABEiM0RVZneImaq7zN3u/w$"
        .. "JGAcIjxvQwjWnt9kAfY9jGHMWdY3OxVJgcDK7odeUjk", kind, lanes), encoding = "utf8" } } }
  end
  local made = { argon2("i", 1), argon2("id", 4), argon2("i", 1), argon2("id", 8) }
  local _, pipe = run { records = made, map = "return row" }
  local name = "PATTERN custom_password_hash.hash.value"
  local first, second = pipe.warnings[name], pipe.warnings[name .. " (2)"]
  tap.equal({ first.n, second.n }, { 2, 2 })
  tap.contains(first.message, "argon2i may be rejected")
  assert(not second.message:find("argon2i ", 1, true))
end)

test("a record that the reader could not read is rejected as SOURCE", function()
  recipe_rig.with_broken("raw,text", function(broken, options)
    local out = run({ records = "{ " .. broken .. " }" }, nil, options)
    tap.equal({ out[1][1], out[1][4] }, { "rejected", "SOURCE" })
    tap.contains(out[1][5], "row has 2 fields, the header 3")
  end)
end)

test("a clash is a duplicate or a rejection, and names the one that is kept", function()
  local clashes = {
    { position = 1, code = "DUPLICATE", path = "email", message = "same address", keys = {} },
    { position = 1, code = "CONFLICT_EMAIL", path = "email", message = "other id", keys = {} },
  }
  local n = 0
  local out = run({ records = { ONE[1], ONE[1], ONE[1] } }, {
    add = function(_, position, email)
      n = n + 1
      tap.equal({ position, email }, { n, "a@b.co" })
      return clashes[n - 1]
    end,
  })
  tap.equal({ out[2][1], out[2][6] }, { "duplicate", 1 })
  tap.equal({ out[3][1], out[3][4], out[3][6] }, { "rejected", "CONFLICT_EMAIL", 1 })
end)

test("a place that is not a string ends the run, and says what an iterator returns", function()
  local pipe = pipe_of [[return {
    source = function() return ipairs { { email = "a@b.co" } } end, map = function() end,
  }]]
  local done, message, kind = pipe:run(always)
  tap.equal({ done, kind }, { nil, "usage" })
  tap.contains(message, "a table as the place of record 1")
end)

test("an error inside a source's coroutine names the recipe's line", function()
  for _, raised in ipairs { "error('boom')", "error('shop.lua:3: boom', 0)" } do
    local pipe = pipe_of("return {\nsource = function() return coroutine.wrap(function()\n"
      .. raised .. "\nend) end, map = function() end }")
    local done, message, kind = pipe:run(always)
    tap.equal({ done, message, kind },
      { nil, "shop.lua:3: the recipe's `source` failed: boom", "usage" })
  end
end)

test("a source that raises ends the run with its message", function()
  recipe_rig.in_folder({ ["users.csv"] = "email\na@b.co\n\"c@d.co\n" }, function(folder)
    local text = string.format([[return {
      source = function() return require("source.csv").records(%q) end,
      map = function(row) return { email = row.email } end,
    }]], folder .. "/users.csv")
    local taken = 0
    local pipe = pipeline.new {
      recipe = recipe_rig.of(text, { folder = folder }), duplicates = NO_DUPLICATES,
      sink = { user = function()
        taken = taken + 1
        return true
      end },
    }
    local done, message, kind = pipe:run(always)
    tap.equal({ done, kind, taken }, { nil, "parse", 1 })
    tap.contains(message, "users.csv:3: the quote that opens here is never closed")
    assert(not message:find("`source` failed", 1, true), message)
  end)
end)

test("an error of ours rejects no record: it is raised again, with its place", function()
  local pipe = pipe_of(recipe_rig.text { records = ONE }, {
    user = function() error("lualib/migrate/sink.lua:7: no sink", 0) end,
  })
  local ok, message = pcall(pipe.run, pipe, always)
  assert(not ok and message:find("sink.lua:7: no sink"), message)
end)

test("a run may be stopped at a pause, also where every record fails", function()
  local pipe = pipe_of(recipe_rig.text {
    records = "(function() local t = {} for i = 1, 600 do t[i] = { i } end return t end)()",
    map = "error('x')",
  }, { rejected = function() return true end })
  local done, message, kind = pipe:run(function() return nil, "stopped", "interrupted" end)
  tap.equal({ done, message, kind, pipe.position < 600 }, { nil, "stopped", "interrupted", true })
end)

test("the user that is sent always says whether its address is verified", function()
  local out = run { records = ONE }
  tap.equal({ out[1][1], out[1].user.email_verified }, { "user", false })
end)

test("nulls and empty strings at the top are left out", function()
  local out = run {
    records = ONE, map = "return { email = row.email, name = '', nickname = NULL }",
    head = "local NULL = assert(value.json('[null]')[1])",
  }
  tap.equal(out[1].user, { email = "a@b.co", email_verified = false })
end)

test("records that take long are interrupted between a few of them", function()
  local paused = {}
  local pipe = pipeline.new {
    recipe = recipe_rig.made {
      records = { {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} },
      map = "for _ = 1, 20000000 do end return nil, 'slow'",
    },
    sink = { skipped = function() return true end },
  }
  local _, _, kind = pipe:run(function(position)
    paused[#paused + 1] = position
    if position >= 4 then return nil, "interrupted", "interrupted" end
    return true
  end)
  tap.equal({ kind, pipe.position <= 8 }, { "interrupted", true })
  tap.equal(paused[1], 1)
end)
