--- Reads lines of "COUNTRY<tab>NUMBER" from stdin and prints what value.phone makes of each, "-"
--- for nil: `auth0-migrate --run tests/property/phones.lua`.

local value = require "source.value"

local lines = {}
for line in io.lines() do
  local country, written = line:match("^(%S+)\t(.*)$")
  lines[#lines + 1] = value.phone(written, country) or "-"
end
print(table.concat(lines, "\n"))
