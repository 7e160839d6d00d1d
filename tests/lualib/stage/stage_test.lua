--- The journal of an interrupted stage, a stage with a canary, and the records that a stage does
--- not send.

local totals = require "journal.totals"
local file = require "host.file"
local json = require "host.json"
local ledger = require "journal.ledger"
local recipe_rig = require "tests.recipe_rig"
local report = require "report"
local run_directory = require "journal.directory"
local stage = require "stage"
local tap = require "tests.tap"

local N <const>, CHUNK_BYTES <const> = 3000, 4000

-- Every kind of outcome, repeatedly.
local MAP <const> = [[
  local n = row.n
  local user = { email = "user" .. n .. "@example.com", user_id = "u" .. n }
  if n % 5 == 1 then return nil, "no luck" end
  if n % 5 == 2 then return { email = "nobody" } end
  if n % 5 == 3 then
    return { user, { email = "also" .. n .. "@example.com" }, { email = "bad" } }
  end
  if n % 25 == 4 then return { email = "user5@example.com" } end
  return user
]]

local NUMBERED <const> = [[(function()
  local list = {}
  for n = 1, %d do list[n] = { n = n } end
  return list
end)()]]

---The result of `look` on a stage that is stopped at a position.
local function stopped(position, options, look)
  local folder = assert(file.temporary())
  local dir = run_directory.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test" }))
  local done = stage.run {
    recipe = recipe_rig.made {
      records = NUMBERED:format(options.n or N), map = options.map or MAP, fields = options.fields,
    },
    ledger = book, dir = dir, chunk_bytes = options.chunk_bytes or CHUNK_BYTES,
    canary = options.canary,
    pause = function(at) return at < position or nil, "interrupted", "interrupted" end,
  }
  local seen = look(book, dir)
  book:close()
  dir:close()
  assert(file.remove_tree(folder))
  return seen, done
end

local function figures_of(book)
  return totals.figures(book)
end

for _, case in ipairs {
  { "at its beginning", 1000, {} },
  { "near its end", 2700, {} },
  { "behind a canary", 1000, { canary = { n = 7 } } },
  { "never", N + 1, {} },
  { "never, with a dedupe function", N + 1, { fields = "dedupe = function(a) return a end" } },
} do
  tap.test("the books of a stage balance when it is stopped " .. case[1], function()
    local figures, done = stopped(case[2], case[3], figures_of)
    assert(totals.balanced(figures))
    assert(figures.staged > 0 and figures.read > 0 and figures.extra >= 0)
    tap.equal({ done == true, figures.read == N }, { case[2] > N, case[2] > N })
  end)
end

local USERS <const> = 100

-- A user with values that are easily changed by reading and writing them.
local ODD <const> = [[
  local n = row.n
  local odd = value.json '{ "null": null, "list": [], "none": {} }'
  return {
    email = "user" .. n .. "@example.com", user_id = "u" .. n, email_verified = n % 2 == 0,
    app_metadata = {
      id = 9007199254740993 + n, share = 1.0, tenth = 0.1, list = odd.list, none = odd.none,
      ["\u{1F600} \\ \" /"] = odd.null, big = 1e300, long = ("x"):rep(n),
    },
  }
]]

---The users of every chunk as text and as places, and the canary's last chunk.
local function chunks_of(book, dir)
  local seen = { last = book:get "canary_chunk", users = 0 }
  for record in book:chunks() do
    local whole = book:chunk(record.id)
    local places = {}
    for i, one in ipairs(assert(dir:users(whole))) do
      places[i] = one.at
      tap.equal(one.user.user_id, "u" .. one.position)
    end
    seen[record.id] = { text = assert(dir:bytes(whole)), at = table.concat(places, " ") }
    if seen.last and record.id <= seen.last then seen.users = seen.users + record.users end
  end
  return seen
end

local function staged(canary)
  local options = { n = USERS, map = ODD, canary = canary, chunk_bytes = 10000 }
  return (stopped(N + 1, options, chunks_of))
end

for name, case in pairs {
  ["a number"] = { { n = 3 }, 3 },
  ["a percentage"] = { { percent = 5 }, 5 },
  ["part of a user: it is rounded up"] = { { percent = 5.5 }, 6 },
  ["less than a user: it is one"] = { { percent = 0.01 }, 1 },
  ["more than the first chunk"] = { { percent = 70 }, 70 },
} do
  tap.test("a canary of " .. name .. " ends with a chunk of its own", function()
    tap.equal(staged(case[1]).users, case[2])
  end)
end

tap.test("the chunk in which a canary ends becomes two, with the same bytes and places", function()
  local whole, parted = staged(), staged { percent = 70 }
  local id, rest = parted.last, parted[#parted]
  tap.equal(#parted, #whole + 1)
  tap.equal(parted[id].text:sub(1, -2) .. "," .. rest.text:sub(2), whole[id].text)
  tap.equal(parted[id].at .. " " .. rest.at, whole[id].at)
  for i = 1, #whole do
    if i ~= id then tap.equal(parted[i].text, whole[i].text) end
  end
end)

tap.test("the same source with the same canary gives the same bytes", function()
  tap.equal(staged { percent = 70 }, staged { percent = 70 })
end)

tap.test("a canary that ends where a chunk ends splits none", function()
  local whole = staged()
  local _, n = whole[1].at:gsub("%S+", "")
  local same = staged { n = n }
  tap.equal({ #same, same.last, same.users }, { #whole, 1, n })
end)

for name, limit in pairs {
  ["just all users"] = { n = USERS }, ["more users"] = { n = 5000 }, ["100 %"] = { percent = 100 },
} do
  tap.test("a canary of " .. name .. " holds no user back", function()
    tap.equal(staged(limit).last, nil)
  end)
end

---The lines of rejected.ndjson for records, and the report.
---@param parts RecipeParts
local function rejected(parts, options)
  local folder = assert(file.temporary())
  local dir = run_directory.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test" }))
  assert(stage.run {
    recipe = recipe_rig.made(parts, options), ledger = book, dir = dir, chunk_bytes = CHUNK_BYTES,
    pause = function() return true end,
  })
  local statement = report.build(book, { directory = folder })
  local lines = {}
  for line in assert(file.read(dir:file("rejected.ndjson"))):gmatch("[^\n]+") do
    lines[#lines + 1] = assert(json.decode(line))
  end
  book:close()
  dir:close()
  assert(file.remove_tree(folder))
  return lines, statement
end

local MAPPED <const> = "return row.user"

---{name, record, `map`, code, shape, what is in the fix}
for _, case in ipairs {
  { "an address without @", { user = { email = "ann" } }, MAPPED, "FORMAT",
    'e-mail address of 3 characters without "@"', "Correct" },
  { "a user above the limit", { user = { email = "a@b.co", name = "x",
    user_metadata = { x = ("x"):rep(5000) } } }, MAPPED, "TOO_LARGE",
    "object of 5077 bytes, 5008 of them in user_metadata", "large metadata" },
  { "an error in map", { id = 7 }, "return row.x.y", "RECIPE_ERROR", "object with key id",
    "preview" },
  { "no user", { id = 7 }, "return 7", "RECIPE_RESULT", "integer of 1 digit", "Return a user" },
  { "a function in a user", { id = 7 }, "return { email = 'a@b.co', name = print }",
    "INVALID_TYPE", "function", "Call" },
  { "what the recipe rejects", { id = 7 }, "return migrate.reject('no', 'MINE', 'id', row.id)",
    "MINE", "integer of 1 digit", "recipe rejects" },
  { "what the recipe rejects without the value", { id = 7 }, "return migrate.reject('no')",
    "REJECTED", "object with key id", "recipe rejects" },
  { "a broken row", false, MAPPED, "SOURCE", "3 characters", "Repair" },
} do
  tap.test("a line of rejected.ndjson is complete: " .. case[1], function()
    local line = recipe_rig.with_broken("x,y", function(broken, options)
      local record = case[2] and recipe_rig.literal(case[2]) or broken
      return rejected({ records = "{ " .. record .. " }", map = case[3] }, options)[1]
    end)
    tap.equal({ line.position, line.at, line.outcome, line.code, line.shape },
      { 1, "list:1", "rejected", case[4], case[5] })
    tap.contains(line.fix, case[6])
    tap.equal({ line.errors[1].shape, line.errors[1].fix }, { line.shape, line.fix })
    assert(line.record ~= nil, "without its record")
  end)
end

tap.test("whichever of two users a recipe keeps, the other is reported with its record", function()
  local records = {
    { n = 1, user = { email = "a@b.co" } }, { n = 2, user = { email = "a@b.co" } },
  }
  for keep = 1, 2 do
    local lines = rejected {
      records = records, map = "return { email = row.user.email }",
      fields = "dedupe = function(a, b) return " .. (keep == 1 and "a" or "b") .. " end",
    }
    tap.equal(lines[1].record, records[3 - keep])
    tap.equal({ lines[1].kept, lines[1].shape }, { keep, "e-mail address of 6 characters" })
  end
end)

tap.test("a rejection by dedupe names the user that is kept", function()
  local records = {
    { user = { email = "a@b.co", user_id = "1" } }, { user = { email = "c@d.co", user_id = "2" } },
    { user = { email = "c@d.co", user_id = "1" } }, { user = { email = "c@d.co", user_id = "3" } },
    { user = { email = "a@b.co", user_id = "4" } },
  }
  local lines = rejected { records = records, map = MAPPED, fields = [[dedupe = function(_, b)
    if b.user_id == "3" then return nil end
    if b.user_id == "4" then error("no choice") end
    return b
  end]] }
  tap.equal({ lines[1].code, lines[1].kept, lines[2].code, lines[2].kept, lines[3].code,
    lines[3].kept }, { "CONFLICT", 2, "RECIPE_RESULT", 2, "RECIPE_ERROR", 1 })
  tap.contains(lines[1].message, "a third user, at position 1")
end)

tap.test("a field with an error has no warning too", function()
  local lines, statement = rejected {
    records = { { user = { email = "a@b.co", name = ("x"):rep(301) } } }, map = MAPPED,
  }
  tap.equal({ lines[1].code, #statement.warning_list }, { "MAX_LENGTH", 0 })
end)

tap.test("a warning of the rules has the first place, its value and what to do", function()
  local _, statement = rejected { records = { { user = { email = "a@b.co" } },
    { user = { email = "c@d.co", name = ("x"):rep(151) } } }, map = MAPPED }
  local warning = statement.warning_list[1]
  tap.equal({ warning.code, warning.at, warning.shape }, { "MAX_LENGTH name", "list:2",
    "151 characters, lower-case letters" })
  tap.contains(warning.fix, "150")
end)
