--- cli.text.tables: settings for display.

local tables = require "cli.text.tables"
local tap = require "tests.tap"

local test = tap.test

for _, case in ipairs {
  { "patience", 7200, "2 h" }, { "patience", 5400, "1 h 30 min" }, { "patience", 30, "30 s" },
  { "chunk_bytes", 400000, "400 000" }, { "upsert", false, "false" }, { "slots", 2, "2" },
} do
  test(case[1] .. " of " .. tostring(case[2]) .. " is shown as " .. case[3], function()
    tap.equal(tables.setting { name = case[1], value = case[2] }, case[3])
  end)
end
