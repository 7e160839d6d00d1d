--- What is taken, and what is handed over; with a state whose boot text plays the recipe.

local chunk = require "host.chunk"
local coverage = require "host.coverage"
local file = require "host.file"
local index = require "host.index"
local json = require "host.json"
local sandbox = require "host.sandbox"
local stretch = require "host.stretch"
local tally = require "host.tally"
local tap = require "tests.tap"

local equal, raises, test = tap.equal, tap.raises, tap.test

-- `next` returns the events of a list, and shares the text of each in its draft.
local BOOT <const> = [[
local door = ...
local json = door.host "host.json"
local draft = json.draft()
door.share(draft)
local i = 0
return {
  next = function()
    i = i + 1
    local event = EVENTS[i]
    if not event then return nil end
    if event == "raise" then error("raised") end
    event[2] = event.ask and select(2, door.ask("place", event[2])) or event[2]
    draft:set(event.text or "{}")
    return table.unpack(event, 1, event.n or 11)
  end,
  describe = function(err) return { message = tostring(err), kind = "usage" } end,
}]]

---Takes the events, written as Lua, until the end; what was handed over, and what was packed.
local function taken(events, options)
  options = options or {}
  local folder = assert(file.temporary())
  local inside <close> = sandbox.new {
    ask = function(name, at) return name .. " " .. at end, memory = 1 << 24, steps = 1e6,
    seconds = 5, name = "=boot",
    boot = "local EVENTS = {" .. events .. "}\n" .. BOOT,
  }
  local set <close> = assert(index.new(folder .. "/spool",
    { { unique = true, fold = true }, {}, {}, { unique = true } }))
  local writer <close> = chunk.new(options.bytes or 1000)
  local counted <close> = tally.new(16, 3)
  local draft = json.draft()
  local plain = stretch.new {
    sandbox = inside, draft = draft, set = set, writer = writer, tally = counted,
    largest = options.largest or 100, coverage = options.coverage, tables = options.tables,
  }
  local position, handed = 0, {}
  while true do
    local results = table.pack(plain:take(position, options.last or 100))
    position = position + results[1]
    if results[2] == nil or results[3] == nil and results[2] == true then break end
    handed[#handed + 1] = { position, results[2], results[3], draft:text() }
    position = position + 1
  end
  local seen = {
    position = position, handed = handed, text = writer:count() > 0 and writer:text() or nil,
    facts = counted:facts(), lost = writer:lost(),
  }
  assert(file.remove_tree(folder))
  return seen
end

local function plain(address, more)
  return string.format([[{ "user", "f:%s", false, nil, 0, false, 0, %q, nil, nil, nil, %s
    text = '{"a":"%s"}' },]], address, address, more or "", address)
end

test("plain values are packed, compared and counted, and nothing is handed over", function()
  local seen = taken(plain "a" .. plain "b")
  equal({ seen.position, seen.handed, seen.text }, { 2, {}, '[{"a":"a"},{"a":"b"}]' })
  equal({ seen.facts.users, seen.facts.places }, { 2, { "f:a", "f:b" } })
end)

test("members of plain values are counted, in however many batches", function()
  local values = {}
  for i = 1, 200 do
    values[i] = plain("a" .. i):gsub("text = .*", "text = '{\"a\":1%%s}' },"):format(
      i % 3 == 0 and ',\"b\":[]' or i == 1 and ',\"b\":{}' or "")
  end
  values[100] = values[100]:gsub("f:a100", "f:" .. ("x"):rep(300))
  local counted <close> = coverage.new()
  local tables <close> = coverage.tables { "b" }
  taken(table.concat(values), { bytes = 10000, last = 300, coverage = counted, tables = tables })
  local a, b = table.unpack((counted:fields()))
  equal({ a.users, a.without, b.users, b.without }, { 200, nil, 67, "f:a2" })
  equal(tables:both(), { { path = "b", empty = 1 } })
end)

test("a place of any length is that of the first value without a member", function()
  for _, size in ipairs { 1, 119, 120, 300 } do
    local at = ("x"):rep(size)
    local without = plain("a1"):gsub("f:a1", at):gsub("text = .*", "text = '{\"b\":1}' },")
    local counted <close> = coverage.new()
    taken(plain "a2" .. plain "a3" .. without, { coverage = counted })
    equal(counted:fields()[1].without, at)
  end
end)

test("what plain values lose goes into the chunk and is counted", function()
  local function loses(address, kind, lost)
    return string.format([[{ "user", "f:%s", false, %s, 0, false, %d, %q, nil, nil, nil,
      text = '{}' },]], address, kind, lost, address)
  end
  local seen = taken(loses("a", "nil", 0) .. loses("b", "'bcrypt'", 2) .. loses("c", "nil", 2)
    .. loses("d", "'bcrypt'", 0))
  equal({ seen.lost, seen.facts.lost }, { "1 4 5 0", { [1] = 1, [4] = 1, [5] = 1 } })
end)

test("what the inner state asks the program is answered meanwhile", function()
  local seen = taken(plain("a", "ask = true,") .. plain("b", "ask = true,"))
  equal({ seen.position, seen.handed, seen.facts.places },
    { 2, {}, { "place f:a", "place f:b" } })
end)

for name, event in pairs {
  ["another event"] = [[{ "skipped", "f:x", false, "reason", n = 4, text = "" },]],
  ["a further value of a record"] =
    [[{ "user", "f:x", true, nil, 0, false, 0, "x", text = "{}" },]],
  ["a noted one"] = [[{ "user", "f:x", false, nil, 0, true, 0, "x", text = "{}" },]],
  ["more fields than are compared"] =
    [[{ "user", "f:x", false, nil, 0, false, 0, "x", n = 12 },]],
  ["a field that is no text"] = [[{ "user", "f:x", false, nil, 0, false, 0, 5, text = "{}" },]],
  ["losses that are no number"] =
    [[{ "user", "f:x", false, nil, 0, false, "0", "x", },]],
  ["one without text"] = [[{ "user", "f:x", false, nil, 0, false, 0, "x", text = "" },]],
  ["one that clashes, in another case"] = plain "A",
} do
  test("nothing is done with what is odd, and the rest goes on: " .. name, function()
    local seen = taken(plain "a" .. event .. plain "b")
    equal({ seen.position, #seen.handed, seen.handed[1][1], seen.handed[1][2] }, { 3, 1, 1, true })
    equal({ seen.text, seen.facts.users }, { '[{"a":"a"},{"a":"b"}]', 2 })
  end)
end

test("an error is handed over as sandbox:next returns it", function()
  local seen = taken(plain "a" .. '"raise",' .. plain "b")
  equal({ #seen.handed, seen.handed[1][2] }, { 1, false })
  tap.contains(seen.handed[1][3].message, "raised")
  equal(seen.text, '[{"a":"a"},{"a":"b"}]')
end)

test("a value without room, and a large one, are handed over with their text", function()
  equal(taken(plain "a" .. plain "b", { bytes = 12 }).handed, { { 1, true, "user", '{"a":"b"}' } })
  equal(taken(plain "a" .. plain "bcd", { largest = 9 }).handed,
    { { 1, true, "user", '{"a":"bcd"}' } })
end)

test("it stops at the last position", function()
  equal({ taken(plain "a" .. plain "b", { last = 1 }).position }, { 1 })
end)

test("parts of other types are misuse", function()
  raises(function() stretch.new {} end, "number expected")
  local wrong = stretch.new { largest = 1, sandbox = 5 }
  raises(function() wrong:take(0, 1) end, "host.sandbox.state expected")
end)
