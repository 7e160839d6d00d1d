--- What one call of a recipe may use, set by options, and what happens beyond it.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

-- The records 1 to 5; those with an odd number work hard.
local RECIPE <const> = [[
local n, kept = 0, {}
return {
  params = { last = { default = "5" }, every = { default = "2" } },
  source = function(params)
    return function()
      n = n + 1
      if n <= tonumber(params.last) then return { n = n } end
    end
  end,
  map = function(row, params)
    if row.n % tonumber(params.every) == 1 or params.every == "1" then
      local work = function() WORK end
      CALL
    end
    return { email = "u" .. row.n .. "@example.com", user_id = "u" .. row.n, email_verified = true }
  end,
}
]]

-- A call is counted once it is late, after 100 ms.
local ENDLESS <const> = "while true do end"
local LATE <const> = "for i = 1, 120000000 do end"
local MEMORY <const> = [[local list = {} for i = 1, 20 do list[i] = ("x"):rep(1000000) .. i end]]

local function write(s, work, call)
  s:write("shop.lua", (RECIPE:gsub("WORK", work):gsub("CALL", call or "work()")))
end

---What check reports: its status, the records rejected and staged, and the message of the first.
local function checked(s, ...)
  local ended = s:run({ "check", "shop.lua", "--json", ... })
  equal(ended.stderr:find("internal error", 1, true), nil)
  local report = ended:object()
  local first = report.findings and report.findings[1] or {}
  return { ended.status, report.records.rejected, report.records.staged },
    first.message or report.message
end

local CASES <const> = {
  {
    work = ENDLESS, option = "--recipe-steps", few = "1000", last = "last=1",
    says = "a call of `map` takes too many instructions; --recipe-steps allows more",
  },
  {
    work = ENDLESS, option = "--recipe-time", few = "1s", last = "last=1",
    says = "a call of `map` takes too much processor time; --recipe-time allows more",
  },
  {
    work = MEMORY, option = "--recipe-memory", few = "4MB", many = "64MB",
    says = "a call of `map` needs too much memory; --recipe-memory allows more",
  },
}

for _, case in ipairs(CASES) do
  local last, hard, all = case.last or "last=5", case.last and 1 or 3, case.last and 1 or 5
  test(case.option .. " decides which records are rejected, and the message names it", function()
    scene(0, function(s)
      write(s, case.work)
      local counts, message = checked(s, last, case.option, case.few)
      equal(counts, { 3, hard, all - hard })
      contains(message, case.says)
      if case.many then equal((checked(s, last, case.option, case.many)), { 0, 0, all }) end
    end)
  end)

  test("catching every error does not help against " .. case.option, function()
    scene(0, function(s)
      write(s, case.work, [[
      local ok = pcall(work)
      if not ok then ok = pcall(work) end
      for _ = 1, 3 do pcall(pcall, work) end
      coroutine.wrap(function() pcall(work) end)()
      if not ok then error "caught" end]])
      equal((checked(s, last, case.option, case.few)), { 3, hard, all - hard })
    end)
  end)
end

test("a call that is late and within its budget is not rejected", function()
  scene(0, function(s)
    write(s, LATE)
    equal((checked(s, "last=1", "--recipe-steps", "100000000000", "--recipe-time", "1h")),
      { 0, 0, 1 })
  end)
end)

test("ten records in a row that break the budget end the command with 2", function()
  scene(0, function(s)
    write(s, ENDLESS, "if row.n ~= 4 then print('record', row.n) work() end")
    local ended = s:run({ "check", "shop.lua", "every=1", "last=30", "--recipe-steps", "1000" })
    contains(ended:ends_with(2).stderr, "--recipe-steps allows more: 10 records in a row")
    -- Three, one that is fine, and ten.
    equal(ended.stderr:match "record\t(%d+)\n[^r]", "14")
  end)
end)

test("memory that a recipe keeps from record to record ends the command with 2", function()
  scene(0, function(s)
    write(s, [[kept[#kept + 1] = ("x"):rep(1000000) .. row.n]])
    local ended = s:run({ "check", "shop.lua", "every=1", "last=60", "--recipe-memory", "16MB" })
    contains(ended:ends_with(2).stderr, "--recipe-memory allows more")
    contains(ended.stderr, "what the recipe keeps from record to record grows")
    s:run({ "check", "shop.lua", "every=1", "last=60", "--recipe-memory", "200MB" }):ends_with(0)
  end)
end)

local GROWS <const> = [[local list = {}
    while true do list[#list + 1] = ("x"):rep(1000000) .. #list end]]

test("`source` and `import` that take ever more memory end with 2, and it is said", function()
  scene(0, function(s)
    local text = RECIPE:gsub("CALL", ""):gsub("WORK", "")
    s:write("shop.lua", (text:gsub("source = function%(params%)", "%0 if params then " .. GROWS
      .. " end")))
    contains(s:run({ "check", "shop.lua", "--recipe-memory", "8MB" }):ends_with(2).stderr,
      "a call of `source` needs too much memory; --recipe-memory allows more")
    s:write("shop.lua", (text:gsub("\n}\n$", "\n  import = function() " .. GROWS .. " end,\n}\n")))
    contains(s:run({ "rehearse", "shop.lua", "--recipe-memory", "8MB" }):ends_with(2).stderr,
      "a call of `import` needs too much memory; --recipe-memory allows more")
  end)
end)

test("one call of C that works for long counts as many instructions", function()
  for _, work in ipairs {
    [[("a"):rep(100):find(("a-"):rep(30) .. "b")]],
    [[local t = {} for i = 1, 1000 do t[i] = i %% 7 end for _ = 1, 1000000 do table.sort(t) end]],
    [[for _ = 1, 1000000 do ("x"):rep(1000000):upper() end]],
    [[for _ = 1, 1000000 do table.concat({}, ",", 1, 0) select("#", table.unpack({}, 1, 200)) end]],
  } do
    scene(0, function(s)
      write(s, work)
      local counts, message = checked(s, "last=1", "--recipe-steps", "1000")
      equal(counts, { 3, 1, 0 }, work)
      contains(message, "--recipe-")
    end)
  end
end)

test("loading, `source` and `import` have no such budget; `map` has it in a run, too", function()
  scene(0, function(s)
    local text = RECIPE:gsub("WORK", ENDLESS):gsub("CALL", "work()")
    s:write("shop.lua", "for i = 1, 20000000 do end\n" .. text:gsub("source = function%(params%)",
      "%0 for i = 1, 20000000 do end"):gsub("\n}\n$", [[

  import = function(run)
    for i = 1, 20000000 do end
    for chunk in run:chunks() do run:submit(chunk) end
  end,
}
]]))
    s:tenant()
    local run = s:run({ "run", "shop.lua", "--yes", "--json", "--recipe-steps", "1000" })
    local report = run:ends_with(3):object()
    equal({ report.records.rejected, report.users.inserted }, { 3, 2 })
    for _, line in ipairs(s:lines "shop.run/rejected.ndjson") do
      contains(line.message, "--recipe-steps allows more")
    end
  end)
end)

test("values that are no budget are refused", function()
  scene(0, function(s)
    for _, word in ipairs { "--recipe-steps=0", "--recipe-steps=many", "--recipe-time=-1s",
      "--recipe-memory=1", "--recipe-memory=lots" } do
      contains(s:run({ "check", "shop.lua", word }):ends_with(2).stderr, word:match "^[^=]+")
    end
  end)
end)
