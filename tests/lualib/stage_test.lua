--- A stage that breaks off: what the journal says of it then.

local books = require "migrate.books"
local file = require "host.file"
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

---The figures of a stage that is stopped at a position.
local function stopped(position, options)
  local folder = assert(file.temporary())
  local dir = rundir.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test" }))
  local done = stage.run {
    recipe = {
      params = {}, warnings = {}, map = map, dedupe = options.dedupe,
      source = function()
        local n = 0
        return function()
          n = n + 1
          return n <= N and { n = n } or nil
        end
      end,
    },
    ledger = book, dir = dir, chunk_bytes = CHUNK_BYTES, canary = options.canary,
    pause = function(at) return at < position or nil, "interrupted", "interrupted" end,
  }
  local figures = books.figures(book.db)
  book:close()
  dir:close()
  assert(file.remove_tree(folder))
  return figures, done
end

for _, case in ipairs {
  { "at its beginning", 1000, {} },
  { "near its end", 2700, {} },
  { "behind a canary", 1000, { canary = 7 } },
  { "never", N + 1, {} },
  { "never, with a choice between users", N + 1, { dedupe = function(a) return a end } },
} do
  tap.test("the books of a stage balance when it is stopped " .. case[1], function()
    local figures, done = stopped(case[2], case[3])
    assert(books.balanced(figures))
    assert(figures.staged > 0 and figures.read > 0 and figures.extra >= 0)
    tap.equal({ done == true, figures.read == N }, { case[2] > N, case[2] > N })
  end)
end
