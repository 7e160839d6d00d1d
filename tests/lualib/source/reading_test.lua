local reading = require "source.reading"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local Rows = reading.class "rows"

function Rows:__call()
  self.at = self.at + 1
  if self.at <= 2 then return { id = self.at }, "#" .. self.at end
end

test("a reading is an iterator that knows nothing more", function()
  local rows = setmetatable({ at = 0 }, Rows)
  local ids = {}
  for row, at in rows do ids[at] = row.id end
  equal(ids, { ["#1"] = 1, ["#2"] = 2 })
  equal({ rows:title(), rows:optional(), rows:warnings() }, { "the source", true, {} })
  assert(rows:name() == nil and rows:columns() == nil and rows:as_read() == nil)
  assert(rows:progress() == nil)
end)

test("a reading closes at the end of its scope, by its own method", function()
  local Pages = reading.class "pages"
  local closed = 0
  function Pages:close() closed = closed + 1 end -- luacheck: ignore 212
  do
    local pages <close> = setmetatable({}, Pages)
    assert(reading.is(pages))
  end
  equal(closed, 1)
end)

test("only what a reader made is a reading", function()
  assert(reading.is(setmetatable({}, Rows)))
  for _, value in ipairs { {}, "rows", print, setmetatable({}, { __name = "rows" }) } do
    assert(not reading.is(value))
  end
  assert(not reading.is(nil))
end)
