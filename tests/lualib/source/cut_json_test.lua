--- Results of FOR JSON as SQL Server's tools save them: one JSON, whatever the lines are.

local cut_json = require "source.cut_json"
local folder = require "tests.lualib.source.folder"
local host = require "host.json"
local json = require "source.json"
local recognise = require "source.recognise"
local tables = require "source.tables"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local NAME <const> = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B"

---Rows of which some are wider than UTF-8's bytes; in all far more than a block.
local function rows(n)
  local list = {}
  for i = 1, n do
    list[i] = { id = i, email = "u" .. i .. "@example.com",
      note = ("\u{e9}\u{1F600} \"quoted\", "):rep(i % 7) .. i }
  end
  return list
end

---The lines of a text, each of 2033 units of UTF-16, as the server cuts them; none in a character.
local function cut(text)
  local lines, from, n = {}, 1, 0
  for at, point in utf8.codes(text) do
    local size = point > 0xFFFF and 2 or 1
    if n + size > 2033 then
      lines[#lines + 1], from, n = text:sub(from, at - 1), at, 0
    end
    n = n + size
  end
  lines[#lines + 1] = text:sub(from)
  return lines
end

local function quoted(lines)
  local list = {}
  for i, line in ipairs(lines) do list[i] = '"' .. line:gsub('"', '""') .. '"' end
  return list
end

local LIST <const> = rows(900)
local TEXT <const> = assert(host.encode(host.array(LIST)))
local LINES <const> = cut(TEXT)
local END <const> = "\r\n"

for name, text in pairs {
  ["results in a file"] = "\xEF\xBB\xBF" .. NAME .. END .. ("-"):rep(2033) .. END
    .. table.concat(LINES, END) .. (" "):rep(40) .. END .. END .. "(900 rows affected)" .. END,
  ["a grid saved as CSV"] = NAME .. END .. table.concat(LINES, END) .. END,
  ["a grid saved as CSV with quotes"] = '"' .. NAME .. '"\n'
    .. table.concat(quoted(LINES), "\n") .. "\n",
  ["a grid that was copied"] = table.concat(LINES, END),
  ["lines of the server, in quotes"] = table.concat(quoted(LINES), "\n"),
  ["JSON as it is"] = TEXT,
} do
  test("FOR JSON is read from " .. name, function()
    folder.with({ ["a.txt"] = text }, function(root)
      local found = {}
      for record in json.records(root .. "/a.txt") do
        found[#found + 1] = host.materialize(record)
      end
      equal(found, LIST)
      local users = tables.records(root .. "/a.txt", { table = "users", has = { "id", "email" } })
      equal(users().email, "u1@example.com")
      equal(recognise.file(root .. "/a.txt")[1].reader, "source.json")
    end)
  end)
end

test("FOR JSON with a root has its rows there", function()
  local text = NAME .. "\n" .. table.concat(cut('{"users":' .. TEXT .. "}"), "\n")
  folder.with({ ["a.json"] = text }, function(root)
    local users = tables.records(root .. "/a.json", { table = "users", has = { "id", "email" } })
    local n = 0
    for _ in users do n = n + 1 end
    equal(n, #LIST)
  end)
end)

test("what is not cut is not taken for it", function()
  local document = '{"a":"' .. ("x"):rep(2033 - 8) .. '"}'
  equal(#document, 2033)
  for _, head in ipairs { document .. "\n" .. document, "id,email\n", "[\n1]", "", NAME } do
    equal(cut_json.is(head), false)
    equal(cut_json.joined(head), head)
  end
end)

test("a line without an end is a failure", function()
  folder.with({ ["a.json"] = NAME .. '\n[{"a":"' .. ("x"):rep(1200000) }, function(root)
    local records = json.records(root .. "/a.json", { limit = 1 << 24 })
    tap.raises(records, "longer than 1 MiB")
  end)
end)
