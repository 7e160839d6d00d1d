--- Plain users go from the recipe's state into the chunk without the program's Lua. Whatever a
--- source has, the result is that of the way through Lua, to the byte.

local clock = require "host.clock"
local file = require "host.file"
local ledger = require "journal.ledger"
local packer = require "stage.packer"
local recipe_rig = require "tests.recipe_rig"
local run_directory = require "journal.directory"
local stage = require "stage"
local tap = require "tests.tap"

local HASH <const> = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

-- Mostly plain users, and between them each kind of event.
local MAP <const> = [[
  local n = row.n
  local user = { email = "User" .. n .. "@example.com", user_id = "u" .. n }
  if n % 3 > 0 then user.password_hash = HASH end
  if n % 3 == 2 then user.custom_password_hash, user.password_hash = password.auto(HASH), nil end
  if n % 7 == 1 then user.username = "name_" .. n end
  if n % 11 == 1 then user.phone_number = "+4930" .. 1000000 + n end
  if n % 50 == 10 then return nil, "no luck" end
  if n % 50 == 11 then return { email = "nobody" } end
  local also = { email = "also" .. n .. "@example.com" }
  if n % 50 == 12 then return { user, also, { email = "x" } } end
  if n % 50 == 13 then return { email = "USER" .. n - 9 .. "@EXAMPLE.com" } end
  if n % 50 == 14 then user.user_id = "u" .. n - 9 end
  if n % 50 == 15 then error("broken") end
  if n % 50 == 16 then return migrate.reject("refused", "CODE", "email") end
  if n % 50 == 17 then return 5 end
  if n % 50 == 18 then migrate.warn("odd", "an odd one") end
  if n % 50 == 19 then user.user_metadata = { text = ("x"):rep(9000) } end
  if n % 50 == 20 then user.user_metadata = { text = ("x"):rep(40000) } end
  if n % 50 == 21 then user.name = "\u{e9}" .. n end
  if n % 50 == 22 then user.user_metadata = { text = "\xff" } end
  if n % 50 == 23 then value.phone("nothing") end
  if n % 50 == 24 then user.password_hash = nil user.custom_password_hash = nil
    password.auto("unknown") end
  if n % 50 == 25 then user.blocked, user.given_name = true, "" end
  return user
]]

local RECORDS <const> = [[(function()
  local list = {}
  for n = 1, %d do list[n] = { n = n } end
  return list
end)()]]

---Everything that a stage leaves, without times.
---@param options {n: integer, direct: boolean, users?: integer, limit?: integer, stop?: integer}
local function staged(options)
  local folder = assert(file.temporary())
  local dir = run_directory.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test" }))
  local recipe = recipe_rig.made {
    records = RECORDS:format(options.n), map = MAP, head = ("local HASH = %q"):format(HASH),
  }
  if not options.direct then recipe.state.stretch = function() end end
  local done = stage.run {
    recipe = recipe, ledger = book, dir = dir, chunk_bytes = 20000, chunk_users = options.users,
    limit = options.limit,
    pause = function(position)
      return not options.stop or position < options.stop or nil, "stopped", "interrupted"
    end,
  }
  local seen = { done = done, files = {}, rows = {} }
  for _, name in ipairs(assert(file.list(folder .. "/chunks"))) do
    seen.files[name] = assert(file.read(folder .. "/chunks/" .. name))
  end
  for _, name in ipairs { "rejected.ndjson", "skipped.ndjson" } do
    seen.files[name] = file.read(folder .. "/" .. name)
  end
  for _, table_ in ipairs { "chunk", "rejected", "skipped", "warning", "run" } do
    local rows = {}
    for row in book.db:rows("SELECT * FROM " .. table_ .. " ORDER BY 1, 2") do
      if row.key ~= "staged_at" then rows[#rows + 1] = row end
    end
    seen.rows[table_] = rows
  end
  book:close()
  dir:close()
  assert(file.remove_tree(folder))
  return seen
end

---Calls `fn` while no time passes: how often the stage pauses depends on its speed.
local function without_time(fn)
  local real, now = clock.monotonic, clock.monotonic()
  clock.monotonic = function() return now end
  local _ <close> = setmetatable({}, { __close = function() clock.monotonic = real end })
  return fn()
end

for name, options in pairs {
  ["a whole source"] = { n = 600 },
  ["chunks that are full by their number of users"] = { n = 700, users = 7 },
  ["a limit"] = { n = 700, limit = 412 },
  ["a limit in a list of users"] = { n = 100, limit = 12 },
  ["a stage that is stopped"] = { n = 600, stop = 256 },
} do
  tap.test("the same bytes and books without and with a call of Lua for each user: " .. name,
    function()
      options.direct = true
      local direct = without_time(function() return staged(options) end)
      options.direct = false
      local called = without_time(function() return staged(options) end)
      tap.equal(direct, called)
      if not options.limit then assert(next(direct.files) and #direct.rows.chunk > 1) end
    end)
end

tap.test("plain users make no call of the sink", function()
  local calls, took = 0, 0
  local recipe = recipe_rig.made {
    records = RECORDS:format(1000), map = "return { email = row.n .. '@example.com' }",
  }
  local folder = assert(file.temporary())
  local packed = packer.new(400000, nil, function() return true end)
  local sink = {
    took = function(_, users) took = took + users end,
    user = function()
      calls = calls + 1
      return true
    end,
  }
  local pipe = assert(stage.pipeline(recipe, { spool = folder, packer = packed }, sink))
  assert(pipe:run(function() return true end))
  tap.equal({ calls, took, pipe.position, packed.writer:count() }, { 0, 1000, 1000, 1000 })
  tap.equal(packed.statistics:facts().without_places, { "list:1", "list:2", "list:3" })
  pipe.duplicates:close()
  packed:close()
  assert(file.remove_tree(folder))
end)
