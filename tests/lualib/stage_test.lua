--- A stage that breaks off: what the journal says of it then; and one whose canary is set apart.

local books = require "migrate.books"
local file = require "host.file"
local json = require "host.json"
local ledger = require "migrate.ledger"
local rundir = require "migrate.rundir"
local stage = require "migrate.stage"
local tap = require "tests.tap"

local N <const>, CHUNK_BYTES <const> = 3000, 4000

---Every kind of outcome, again and again.
local function map(record)
  local n = record.n
  local user = { email = "user" .. n .. "@example.com", user_id = "u" .. n }
  if n % 5 == 1 then return nil, "no luck" end
  if n % 5 == 2 then return { email = "nobody" } end
  if n % 5 == 3 then
    return { user, { email = "also" .. n .. "@example.com" }, { email = "bad" } }
  end
  if n % 25 == 4 then return { email = "user5@example.com" } end
  return user
end

---What `look` makes of a stage that is stopped at a position.
local function stopped(position, options, look)
  local folder = assert(file.temporary())
  local dir = rundir.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test" }))
  local done = stage.run {
    recipe = {
      params = {}, warnings = {}, map = options.map or map, dedupe = options.dedupe,
      source = function()
        local n = 0
        return function()
          n = n + 1
          return n <= (options.n or N) and { n = n } or nil
        end
      end,
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
  return books.figures(book.db)
end

for _, case in ipairs {
  { "at its beginning", 1000, {} },
  { "near its end", 2700, {} },
  { "behind a canary", 1000, { canary = { n = 7 } } },
  { "never", N + 1, {} },
  { "never, with a choice between users", N + 1, { dedupe = function(a) return a end } },
} do
  tap.test("the books of a stage balance when it is stopped " .. case[1], function()
    local figures, done = stopped(case[2], case[3], figures_of)
    assert(books.balanced(figures))
    assert(figures.staged > 0 and figures.read > 0 and figures.extra >= 0)
    tap.equal({ done == true, figures.read == N }, { case[2] > N, case[2] > N })
  end)
end

-- Canaries --------------------------------------------------------------------------------

local USERS <const> = 100

---A user with values that are easily changed by reading and writing them.
local function odd_user(record)
  local n = record.n
  return {
    email = "user" .. n .. "@example.com", user_id = "u" .. n, email_verified = n % 2 == 0,
    app_metadata = {
      id = 9007199254740993 + n, share = 1.0, tenth = 0.1, list = json.array {}, none = {},
      ["\u{1F600} \\ \" /"] = json.null, big = 1e300, long = ("x"):rep(n),
    },
  }
end

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
  local options = { n = USERS, map = odd_user, canary = canary, chunk_bytes = 10000 }
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

tap.test("a canary that ends where a chunk ends cuts none", function()
  local whole = staged()
  local _, n = whole[1].at:gsub("%S+", "")
  local same = staged { n = n }
  tap.equal({ #same, same.last, same.users }, { #whole, 1, n })
end)

for name, limit in pairs {
  ["just all users"] = { n = USERS }, ["more users"] = { n = 5000 }, ["100 %"] = { percent = 100 },
} do
  tap.test("a canary of " .. name .. " holds nobody back", function()
    tap.equal(staged(limit).last, nil)
  end)
end
