--- Coverage as a table: each field, how many users have it, what its values look like, and the
--- first user without it; what lookups found.

local format = require "base.format"
local sorted = require "base.sorted"
local tables = require "cli.text.tables"
local json = require "host.json"
local user_rules = require "auth0.user"

local coverage_text = {}

local MOST_ROWS <const> = 40
local WIDEST_NAME <const> = 36 -- columns
local MOST_LOOKS <const> = 100 -- as counted: 100 are 100 or more

---The names of the fields in the order of a user's members.
local function names_of(fields)
  local names = {}
  for name in pairs(fields) do names[#names + 1] = name end
  local function rank(name)
    return user_rules.ORDER[name:match("^[^.]*")] or math.huge
  end
  table.sort(names, function(a, b)
    if rank(a) ~= rank(b) then return rank(a) < rank(b) end
    return a < b
  end)
  return names
end

local function looks_of(field)
  local looks = {}
  for i, one in ipairs(field.looks) do looks[i] = one.look end
  return table.concat(looks, "  ")
end

local function row_of(name, field)
  local shown = #name > WIDEST_NAME and name:sub(1, WIDEST_NAME - 3) .. "..." or name
  local forms = field.forms >= MOST_LOOKS and MOST_LOOKS .. "+" or tostring(field.forms)
  local without = field.first_without ~= json.null and field.first_without or ""
  return { shown, format.number(field.users), forms, without, looks_of(field) }
end

local function lookup_lines(lookups)
  local lines = {}
  for name, use in sorted.pairs(lookups) do
    lines[#lines + 1] = string.format("lookup in %s: %s found, %s not", name,
      format.count(use.hits, "value"), format.number(use.misses))
  end
  return lines
end

---@param coverage CoverageFacts
---@return string[] lines  empty without users and lookups
function coverage_text.lines(coverage)
  local rows, names = {}, names_of(coverage.fields)
  for i = 1, math.min(#names, MOST_ROWS) do
    rows[i] = row_of(names[i], coverage.fields[names[i]])
  end
  local lines = {}
  if rows[1] then
    table.insert(rows, 1, { "field", "users", "looks", "first without", "most frequent looks" })
    lines = tables.aligned(rows, { false, true, true })
  end
  if #names > MOST_ROWS then
    lines[#lines + 1] = "and " .. format.count(#names - MOST_ROWS, "more field") .. ", see --json"
  end
  if coverage.others then
    lines[#lines + 1] = format.count(coverage.others, "value")
      .. " of further fields, not distinguished"
  end
  tables.append(lines, lookup_lines(coverage.lookups))
  return lines
end

return coverage_text
