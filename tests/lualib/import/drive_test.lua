--- A recipe's own `import`: what its `run` object does, and what it refuses.

local drive = require "import.drive"
local import_rig = require "tests.lualib.import.rig"
local recipe_rig = require "tests.recipe_rig"
local rig = require "tests.rig"
local tap = require "tests.tap"

local test = tap.test
local driven = import_rig.driven

test("once does not repeat what an earlier process ended", function()
  local said, err = driven [[
    local n = 0
    run:once("roles", function() n = n + 1 end)
    run:once("roles", function() n = n + 1 end)
    run:log(n)
  ]]
  tap.equal({ said, err }, { { "1" } })
end)

test("once repeats what failed", function()
  local said, err = driven [[
    local function fail() run:log("called") error("no roles", 0) end
    pcall(function() run:once("roles", fail) end)
    pcall(function() run:once("roles", fail) end)
  ]]
  tap.equal({ said, err }, { { "called", "called" } })
end)

test("a chunk is submitted once, and only one that was yielded", function()
  local tenant = rig.tenant()
  local said, err = driven([[
    local chunk = run:chunks()()
    local function try(given)
      run:log(select(2, pcall(function()
        run:submit(given)
      end)))
    end
    try { id = chunk.id + 1 }
    try { id = chunk.id, users = 7 }
    run:wait(run:submit(chunk))
    try(chunk)
  ]], { n = 2, tenant = tenant })
  local unknown <const> = "shop.lua:5: run:submit expects a chunk from run:chunks()"
  tap.equal({ said, err },
    { { unknown, unknown, "shop.lua:5: run:submit: chunk 1 was already submitted" } })
  tap.equal(tenant.submits, 1)
end)

---{method, its arguments as Lua, what its message says}
local MISUSES <const> = {
  { "submit", "{}", "expects a chunk from run:chunks()" },
  { "submit", "7", "expects a chunk from run:chunks()" },
  { "wait", "{}", "expects a job from run:submit()" },
  { "wait", "", "expects a job from run:submit()" },
  { "failures", "{}", "expects a job from run:submit()" },
  { "repair", "", "expects a failure from run:failures()" },
  { "repair", "{ id = 1 }", "expects a failure from run:failures()" },
  { "requeue", "{}", "expects a failure from run:failures() after the user" },
  { "requeue", "7", "expects a user, not a number" },
  { "requeue", "{}, { id = 1 }", "expects a failure from run:failures()" },
  { "requeue", "{ email = print }, { id = 1 }", "" },
  { "give_up", "", "expects a failure from run:failures()" },
  { "give_up", "{ id = 1 }", "expects a failure from run:failures()" },
  { "once", "'key'", "expects a key and a function" },
  { "spawn", "1", "expects a function, not a number" },
  { "sleep", "'1'", "expects seconds, not a string" },
  { "request", "{ method = 'GET', path = 'users' }", "expects a method and a path" },
}

for _, case in ipairs(MISUSES) do
  local called = "run:" .. case[1] .. "(" .. case[2] .. ")"
  test("a wrong argument is reported at the recipe's line: " .. called, function()
    local _, err = driven(called)
    assert(err and not err.trace, err and err.trace or "no error")
    tap.equal(err.kind, "usage")
    tap.contains(err.message, "shop.lua:2: the recipe's `import` failed: run:" .. case[1])
    tap.contains(err.message, case[3])
  end)

  test("it is the recipe's mistake where its function ends with the call: " .. called, function()
    for _, body in ipairs { "return " .. called,
      "run:once('key', function() return " .. called .. " end)" } do
      local _, err = driven(body)
      assert(err and not err.trace, err and err.trace or "no error")
      tap.equal(err.kind, "usage")
      tap.contains(err.message, "the recipe's `import` failed: run:" .. case[1])
    end
  end)
end

test("the run object hides the engine and its credentials", function()
  local said = driven [[
    local names = {}
    for name in pairs(run) do names[#names + 1] = name end
    table.sort(names)
    run:log(table.concat(names, " "))
    run:log(tostring(getmetatable(run)))
  ]]
  tap.equal(said, { "chunks connection failures give_up log once params repair request requeue "
    .. "rounds settle sleep spawn submit upsert users wait", "nil" })
end)

test("the run object has its facts, and the recipe's own import does all of an import", function()
  local tenant = rig.tenant()
  local said, err = driven([[
    run:log(("%d %s %s"):format(run.rounds, run.upsert, run.connection))
    for chunk in run:chunks() do
      local result = run:wait(run:submit(chunk))
      run:log(("chunk %d: %d"):format(chunk.id, result.inserted))
    end
    for one in run:users("inserted") do run:log(one.user.email .. " " .. one.position) end
  ]], { n = 3, tenant = tenant })
  tap.equal({ said, err }, { { "3 false C", "chunk 1: 2", "chunk 2: 1", "user1@example.com 1",
    "user2@example.com 2", "user3@example.com 3" } })
end)

test("a failure of the world is raised in the recipe, which may catch it", function()
  local client = { request = function() return nil, "no answer", "temporary" end }
  local said, err = driven([[
    local ok, reason = pcall(function() return run:request { method = "GET", path = "/roles" } end)
    run:log(tostring(ok) .. " " .. tostring(reason))
    run:request { method = "GET", path = "/roles" }
  ]], { client = client })
  tap.equal({ said, err.message, err.kind }, { { "false no answer" }, "no answer", "temporary" })
end)

test("an error of the library has the recipe's line, and is the recipe's", function()
  local _, err = driven "\nrequire('source.value').phone('1', {})"
  tap.equal({ err.kind, err.message }, { "usage", "shop.lua:3: the recipe's `import` failed: bad "
    .. "argument #2 to 'value.phone' (string expected, got table)" })
end)

test("an error of what was spawned ends the import, and names the recipe's line", function()
  rig.with_run({ n = 1, recipe = recipe_rig.importing [[
    run:spawn(function()
      error("no roles")
    end)
  ]] }, function(face, made)
    drive.new(made, face):call("import", "import")
    made:join()
    tap.equal({ made.ending.message, made.ending.kind },
      { "shop.lua:3: the recipe's `spawn` failed: no roles", "usage" })
  end)
end)
