--- The table at the end of tests/bench/run: medians of pairwise ratios next to the goals.

local file = require "host.file"
local json = require "host.json"

local data, users, small, large = table.unpack((...))
users, small, large = tonumber(users), tonumber(small), tonumber(large)

---@class Measured
---@field cpu number[]   seconds, a run each
---@field wall number[]  seconds
---@field peak number    KiB, the most of all runs
---@field failed boolean

local function read_results(path)
  local all = {} ---@type table<string, Measured>
  for line in assert(file.read(path)):gmatch("[^\n]+") do
    local name, cpu, wall, peak, status = line:match("^(%S+)\t(%S+)\t(%S+)\t(%d+)\t(%d+)$")
    local one = all[name] or { cpu = {}, wall = {}, peak = 0, failed = false }
    table.insert(one.cpu, tonumber(cpu))
    table.insert(one.wall, tonumber(wall))
    one.peak = math.max(one.peak, tonumber(peak))
    one.failed = one.failed or status ~= "0"
    all[name] = one
  end
  return all
end

local function median(list)
  local sorted = { table.unpack(list) }
  table.sort(sorted)
  local n = #sorted
  return n % 2 == 1 and sorted[n // 2 + 1] or (sorted[n // 2] + sorted[n // 2 + 1]) / 2
end

local measured = read_results(data .. "/results")

---The median of the ratios of runs taken in turn, CPU seconds.
local function ratio(a, b)
  local one, other = measured[a], measured[b]
  if not one or not other or one.failed or other.failed then return nil end
  local ratios = {}
  for i = 1, math.min(#one.cpu, #other.cpu) do ratios[i] = one.cpu[i] / other.cpu[i] end
  return median(ratios)
end

---The text of a file; empty if it was not written.
local function text_of(name)
  return file.read(data .. "/" .. name) or ""
end

---The median of import / stage, wall seconds, of rehearsals with a good report.
local function rehearsal_ratio()
  local ratios = {}
  for line in text_of("rehearsals"):gmatch("[^\n]+") do
    local report = json.decode(line)
    if report and report.exit == 0 then
      ratios[#ratios + 1] = report.seconds.import / report.seconds.stage
    end
  end
  return ratios[1] and median(ratios)
end

local function row(what, value, form, goal, met)
  local shown = value and string.format(form, value) or "not measured"
  local verdict = value and (met(value) and "met" or "missed") or ""
  print(string.format("%-48s %14s   %-10s %s", what, shown, goal, verdict))
end

local function at_most(limit)
  return function(value) return value <= limit end
end

local function cpu(name, count)
  local one = measured[name]
  if not one then return end
  print(string.format("  %-12s %8.3f s CPU %8.2f us/user  peak %6.1f MB%s", name, median(one.cpu),
    median(one.cpu) / count * 1e6, one.peak / 1024, one.failed and "  FAILED" or ""))
end

print(string.format("%d users, %d rounds", users, #measured.stage.cpu))
for _, name in ipairs { "stage", "check", "node", "c", "ndjson", "node_ndjson" } do
  cpu(name, users)
end
for _, name in ipairs { "columns_5", "columns_80" } do cpu(name, users // 10) end
cpu("small", small)
cpu("large", large)
local instructions = {} ---@type table<string, number>
for name, count in text_of("instructions"):gmatch("(%S+) (%d+)\n") do
  instructions[name] = tonumber(count)
  local unit = name == "start" and "thousand instructions" or "instructions/user"
  print(string.format("  %-12s %8d %s without SHA-256", name, count, unit))
end
print()
row("stage / Node csv-parse, CPU", ratio("stage", "node"), "%.2f", "<= 0.31", at_most(0.31))
row("stage / the same in C, CPU", ratio("stage", "c"), "%.1f", "<= 3.5", at_most(3.5))
row("chunks of the stage and of C", text_of("bytes"):match("%S+"), "%s", "same",
  function(value) return value == "same" end)
row("instructions per user without SHA-256", instructions.stage, "%d", "<= 49000", at_most(49000))
row("NDJSON / Node readline + JSON.parse, CPU", ratio("ndjson", "node_ndjson"), "%.2f",
  "<= 0.75", at_most(0.75))
row("check / stage, CPU", ratio("check", "stage"), "%.2f", "<= 1.0", at_most(1))
row(string.format("%d users rehearsed: import / stage, wall", users), rehearsal_ratio(), "%.2f",
  "<= 1.6", at_most(1.6))
row("80 columns read / 5 of 80, CPU", ratio("columns_80", "columns_5"), "%.1f", ">= 3",
  function(value) return value >= 3 end)

local grown = measured.large and "large" or "stage"
local growth = ratio(grown, "small")
growth = growth and 100 * (growth * small / (grown == "large" and large or users) - 1)
row(string.format("cost of a user, %d against %d", grown == "large" and large or users, small),
  growth, "%+.1f %%", "<= 15 %", at_most(15))

local peak = 0
for _, name in ipairs { "stage", "check", "ndjson", "columns_5", "columns_80", "small", "large" } do
  local one = measured[name]
  if one and not one.failed then peak = math.max(peak, one.peak / 1024) end
end
-- Two identifiers per user: address and user_id, at most 16 bytes each.
local index = 2 * 16 * math.max(users, measured.large and large or 0) / 1e6
row("peak memory, MB", peak > 0 and peak or nil, "%.1f", string.format("<= 32 + %.1f", index),
  at_most(32 + index))

local version = measured.version
row("start-up of --version, ms", version and not version.failed and median(version.wall) * 1000,
  "%.1f", "<= 10", at_most(10))

local counts = text_of("fill"):match("([%d.]+)%s*$")
row("chunk fill, %; none could take the next user", tonumber(counts), "%.2f", "exact",
  function() return true end)
return 0
