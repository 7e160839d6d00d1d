--- One SIGINT ends a recipe that never ends, whatever it catches; the run is continued afterwards.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local HEAD <const> = [[
local csv = require "source.csv"
local function catching(fn)
  while true do pcall(function() while true do pcall(fn or function() end) end end) end
end
]]

local TAIL <const> = [[
return {
  params = { input = { required = true } },
  source = function(params)
    SOURCE
    return csv.records(params.input)
  end,
  map = function(row)
    MAP
    return { email = row.email, email_verified = true, user_id = row.id }
  end,
  MORE
}
]]

---A recipe with text at its top level, in `source`, in `map` and in further fields.
local function recipe(parts)
  local text = TAIL:gsub("%u%u%u+", function(word) return parts[word:lower()] or "" end)
  return HEAD .. (parts.top or "") .. "\n" .. text
end

-- Without --recipe-time and --recipe-steps a call of `map` would end by itself.
local LONG <const> = { "--recipe-steps", "1000000000000", "--recipe-time", "1h" }

local function long(args)
  return table.move(LONG, 1, #LONG, #args + 1, args)
end

---Starts a command, waits until the recipe has printed "here", and sends one SIGINT.
local function interrupted(s, args)
  local started = s:start(args)
  s:until_("the recipe's loop", function()
    assert(not started.status, started.stderr)
    return started.stderr:find("here\n", 1, true)
  end)
  started:kill "INT"
  return started:ends_with(130)
end

local LOOPS <const> = {
  ["a loop"] = "print 'here' while true do end",
  ["a loop that catches every error"] = "print 'here' catching()",
  ["a search that never ends"] = [[print 'here' catching(function()
    return ("a"):rep(300):find(("a-"):rep(40) .. "b")
  end)]],
}

for name, loop in pairs(LOOPS) do
  test(name .. " in a recipe that is loaded ends with one interrupt", function()
    scene(3, function(s)
      s:write("shop.lua", recipe { top = loop })
      interrupted(s, { "check", "shop.lua", "input=people.csv" })
      interrupted(s, words "--yes")
      equal(s:exists "shop.run", false)
    end)
  end)

  for _, where in ipairs { "source", "map" } do
    test(name .. " in `" .. where .. "` ends with one interrupt", function()
      scene(3, function(s)
        s:write("shop.lua", recipe { [where] = loop })
        if not loop:find("catching()", 1, true) then
          contains(interrupted(s, long { "check", "shop.lua", "input=people.csv" }).stderr,
            "interrupted")
          return
        end
        s:tenant()
        interrupted(s, long(words "--yes"))
        s:write("shop.lua", recipe {})
        equal(s:metrics().users, 0)
        s:run(words("--yes")):ends_with(0)
        s:holds(3)
      end)
    end)
  end
end

test("an endless iterator or lookup ends with one interrupt", function()
  scene(3, function(s)
    s:write("shop.lua", recipe { source = [[print 'here'
    require "source.lookup"(function() return { id = "1" } end, "id")]] })
    interrupted(s, long { "check", "shop.lua", "input=people.csv" })
    s:write("shop.lua", recipe {
      source = [[print 'here' if true then return function() return {}, "x" end end]],
      map = "if true then return nil, 'no' end",
    })
    interrupted(s, { "check", "shop.lua", "input=people.csv" })
  end)
end)

-- Functions that drive the import -----------------------------------------------------------

local DRIVEN <const> = {
  ["a loop in `import` that catches every error"] =
    "import = function() print 'here' catching() end,",
  ["a loop in `import` that catches every error of run's methods"] = [[import = function(run)
    print 'here'
    catching(function() run:log "still here" run:sleep(0.5) end)
  end,]],
  ["a loop in `import` that catches every error of run:wait"] = [[import = function(run)
    local jobs = {}
    for chunk in run:chunks() do jobs[#jobs + 1] = run:submit(chunk) end
    print 'here'
    catching(function()
      run:wait(jobs[1])
      run:settle()
      for _ in run:failures() do end
      for _ in run:users() do end
    end)
  end,]],
  ["a spawned function that never ends"] = [[import = function(run)
    for chunk in run:chunks() do run:submit(chunk) end
    run:spawn(function() print 'here' while true do end end)
  end,]],
  ["a spawned function that catches every error"] = [[import = function(run)
    run:spawn(function() print 'here' catching(function() run:sleep(1) end) end)
    run:settle()
  end,]],
  ["a coroutine of `import` that catches every error"] = [[import = function()
    local co = coroutine.wrap(function() print 'here' catching(coroutine.yield) end)
    while true do pcall(co) end
  end,]],
  ["`finalize` that never ends"] = "finalize = function() print 'here' catching() end,",
}

local function is_finished(s)
  return s:journal("shop.run", function(book) return book:get "finished_at" end)
end

for name, more in pairs(DRIVEN) do
  test(name .. " ends with one interrupt, and the run is resumed", function()
    scene(6, function(s)
      s:tenant()
      s:write("shop.lua", recipe { more = more })
      local ended = interrupted(s, words("--yes", "--chunk-users", "2"))
      contains(ended.stderr, "next: auth0-migrate resume shop.run")
      equal(ended.stderr:find("internal error", 1, true), nil)
      equal(is_finished(s), nil)
      local report = s:run({ "status", "shop.run", "--json" }):object()
      equal({ report.finished or false, report.records and report.records.read }, { false, 6 })
      s:write("shop.lua", recipe {})
      contains(s:run({ "resume", "--changed", "--json" }):ends_with(0).stdout, '"balanced":true')
      s:holds(6)
    end)
  end)
end

test("a `fix` that never ends is ended by its budget, and the run completes", function()
  scene(3, function(s)
    s:write("there.json", '[{"email":"there@example.com","user_id":"u2","email_verified":true}]')
    s:write("shop.lua", recipe { more = "fix = function() print 'fixing' catching() end," })
    local ended = s:run { "rehearse", "shop.lua", "input=people.csv", "--existing", "there.json",
      "--recipe-steps", "100000", "--json" }:ends_with(3)
    contains(ended.stderr, "fixing\n")
    equal({ ended:object().balanced, ended:object().users.inserted }, { true, 2 })
    contains(s:read "shop.rehearsal/failed.ndjson", "--recipe-steps allows more")
  end)
end)

test("a recipe that computes for long does not keep jobs from being watched", function()
  scene(12, function(s)
    s:slow_tenant(nil, 40)
    s:write("shop.lua", recipe { more = [[import = function(run)
      for chunk in run:chunks() do run:submit(chunk) end
      print 'here'
      catching()
    end,]] })
    local started = s:start(words("--yes", "--chunk-users", "4"))
    -- Only the program can note the results of jobs, and it shares the thread with the loop.
    s:until_("all results", function()
      assert(not started.status, started.stderr)
      local log = s:exists "shop.run/log.ndjson" and s:read "shop.run/log.ndjson" or ""
      return select(2, log:gsub('"harvested"', "")) == 3
    end)
    contains(started.stderr, "here\n")
    started:kill "INT"
    started:ends_with(130)
    s:holds(12)
  end)
end)
