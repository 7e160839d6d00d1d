--- A small TAP harness: runs tests one by one, with a garbage collection after each.

local clock = require "host.clock"

local tap = {}

local tests = {} ---@type {name: string, fn: function}[]
local failed, passed, skipped = 0, 0, 0

---Registers a test; its name is a sentence that states one fact.
---@param name string
---@param fn fun()
function tap.test(name, fn)
  tests[#tests + 1] = { name = name, fn = fn }
end

local Skip = {}

---Skips the rest of the running test.
---@param reason string
function tap.skip(reason)
  error(setmetatable({ reason = reason }, Skip), 0)
end

local function show(value, depth)
  if type(value) ~= "table" or depth > 4 then
    return type(value) == "string" and string.format("%q", value) or tostring(value)
  end
  local keys, out = {}, {}
  for k in pairs(value) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, k in ipairs(keys) do
    out[#out + 1] = string.format("%s = %s", tostring(k), show(value[k], depth + 1))
  end
  return "{" .. table.concat(out, ", ") .. "}"
end

local LONGEST <const> = 4000 -- bytes of a value that is shown

---@return string
local function describe(value)
  local text = show(value, 0)
  return #text <= LONGEST and text or text:sub(1, LONGEST) .. " …"
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b and math.type(a) == math.type(b)
  end
  for k, v in pairs(a) do
    if not same(v, b[k]) then return false end
  end
  for k in pairs(b) do
    if a[k] == nil then return false end
  end
  return true
end

---Fails unless both are deeply equal (1 and 1.0 are not).
---@param actual any
---@param expected any
---@param what? string
function tap.equal(actual, expected, what)
  if same(actual, expected) then return end
  error(string.format("%s\n  expected %s\n  got      %s", what or "not equal",
    describe(expected), describe(actual)), 2)
end

---Fails unless `text` contains `part` (plain).
---@param text string?
---@param part string
function tap.contains(text, part)
  if type(text) == "string" and text:find(part, 1, true) then return end
  error(string.format("expected to find %q in %s", part, describe(text)), 2)
end

---Fails unless `fn` raises; with `part`, a message that contains it.
---@param fn function
---@param part? string
function tap.raises(fn, part)
  local ok, message = pcall(fn)
  if ok then error("expected an error", 2) end
  if part then tap.contains(tostring(message), part) end
end

local function trace(message)
  if getmetatable(message) == Skip then return message end
  return debug.traceback(tostring(message), 2)
end

local function run_one(n, case)
  local ok, message = xpcall(case.fn, trace)
  collectgarbage()
  collectgarbage()
  if ok then
    passed = passed + 1
    print(string.format("ok %d - %s", n, case.name))
  elseif getmetatable(message) == Skip then
    skipped = skipped + 1
    print(string.format("ok %d - %s # SKIP %s", n, case.name, message.reason))
  else
    failed = failed + 1
    print(string.format("not ok %d - %s\n# %s", n, case.name, message:gsub("\n", "\n# ")))
  end
end

---Runs what was registered. `filter`: a plain part of the name.
---@param filter? string
---@return integer status  for the process
function tap.run(filter)
  local began = clock.monotonic()
  local n = 0
  for _, case in ipairs(tests) do
    if not filter or case.name:find(filter, 1, true) then
      n = n + 1
      run_one(n, case)
    end
  end
  print(string.format("1..%d\n# %.1f seconds", n, clock.monotonic() - began))
  print(string.format("%d passed, %d failed, %d skipped", passed, failed, skipped))
  return (failed == 0 and n > 0) and 0 or 1
end

return tap
