--- The command new on columns in which people have written that there is nothing to say.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local COUNT <const> = 120

test("words for nothing among phones and dates are not kept as values", function()
  program.scene(nil, function(s)
    local rows = { "id,mail,phone,birthday" }
    for i = 1, COUNT do
      rows[#rows + 1] = string.format("%d,m%d@x.test,%s,%s", 900 + i, i,
        i % 4 == 0 and "k.A." or "+49 171 12345" .. i + 10,
        i % 5 == 0 and "unknown" or "1990-01-" .. 10 + i % 20)
    end
    s:write("users.csv", table.concat(rows, "\n") .. "\n")
    s:run({ "new", "made.lua", "input=users.csv" }):ends_with(0)
    contains(s:read "made.lua", 'value.null_if(row.phone, "k.A.")')
    contains(s:read "made.lua", 'value.null_if(row.birthday, "unknown")')
    s:run({ "test", "made.lua" }):ends_with(0)
    local shown = s:run({ "map", "made.lua", "input=users.csv" }):ends_with(0).stdout
    assert(not shown:find("k.A.", 1, true), shown)
    local numbers = {}
    for line in shown:gmatch("[^\n]+") do
      table.insert(numbers, json.decode(line).phone_number or "none")
    end
    equal({ numbers[1], numbers[4] }, { "+491711234511", "none" })
  end)
end)
