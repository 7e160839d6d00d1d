--- What a recipe asks for beyond its parameters: refused, granted by options, asked for once.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local RECIPE <const> = [[
local csv = require "source.csv"
local function show(what, fn)
  local ok, value = pcall(fn)
  print(what, ok and "GIVEN" or "refused", tostring(value))
end
local function read() return assert(io.open "other/extra.txt"):read("a") end
show("loading", read)
return {
  params = { input = { required = true } },
  needs = { NEEDS },
  source = function(params)
    show("key", function() return os.getenv "SHOP_KEY" end)
    show("other", function() return os.getenv "SHOP_OTHER" end)
    show("read", read)
    return csv.records(params.input)
  end,
  map = function(row)
    return { email = row.email, email_verified = true, user_id = row.id }
  end,
  MORE
}
]]

local NEEDS <const> = [[read = { "other/extra.txt" }, net = { "https://Shop.example.com/x" },
  env = { "SHOP_KEY" }, exec = { "cat" }, api = { "get /clients/*" }]]

local ENV <const> = { SHOP_KEY = "k3y", SHOP_OTHER = "0ther" }

local function recipe(needs, more)
  return (RECIPE:gsub("NEEDS", function() return needs or NEEDS end)
    :gsub("MORE", function() return more or "" end))
end

---A scene with a recipe in a folder of its own, a file outside of it and a state folder.
local function place(fn, needs, more)
  scene(2, function(s)
    assert(os.execute(string.format("cd '%s' && mkdir work other state && printf extra > "
      .. "other/extra.txt", s.folder)))
    for name, value in pairs(ENV) do s.env[name] = value end
    s.env.XDG_STATE_HOME = s:path "state"
    s.env.XDG_DATA_HOME = s:path "data"
    s:write("work/shop.lua", recipe(needs, more))
    fn(s)
  end)
end

local function check(...)
  return { "check", "work/shop.lua", "input=people.csv", ... }
end

---The words of a command as it is shown, without the program's name.
local function typed(stderr)
  local line = stderr:match("next: auth0%-migrate ([^\n]*)\n$")
  return assert(line, stderr)
end

---Runs a command line as a person types it.
local function type_in(s, line, status)
  s.within = { "sh", "-c", '"$0" ' .. line }
  local ended = s:run({}):ends_with(status)
  s.within = {}
  return ended
end

test("without a terminal needs are refused before anything is read, with the options", function()
  place(function(s)
    local extra = s:path "other/extra.txt"
    local flags = { "--allow-read=" .. extra, "--allow-net=shop.example.com",
      "--allow-env=SHOP_KEY", "--allow-exec=cat", "--allow-api='GET /clients/*'" }
    for _, command in ipairs { "check", "map", "preview", "plan", "rehearse", "run", "prove" } do
      local args = check()
      args[1] = command
      local said = s:run(args):ends_with(2).stderr
      contains(said, "which was not granted; if you trust it, grant it with "
        .. table.concat(flags, " "))
      for _, what in ipairs { "read " .. extra, "connect to shop.example.com",
        "read the environment variable SHOP_KEY", "run cat",
        "call GET /clients/* of the tenant" } do
        contains(said, what)
      end
      equal(said:find("key\t", 1, true), nil)
      equal(s:exists "shop.run" or s:exists "shop.rehearsal", false)
    end
    local args = check "--yes"
    args[1] = "run"
    contains(s:run(args):ends_with(2).stderr, "which was not granted") -- --yes grants nothing
  end)
end)

test("what `next:` shows can be typed and grants all of it, once", function()
  place(function(s)
    local line = typed(s:run(check()):ends_with(2).stderr)
    local said = type_in(s, line, 0).stderr
    contains(said, "key\tGIVEN\tk3y\n")
    contains(said, "read\tGIVEN\textra\n")
    contains(said, "other\trefused\t")
    equal(typed(s:run(check()):ends_with(2).stderr), line) -- options are not remembered
  end)
end)

test("an option without a value grants what needs declare of its kind, and no more", function()
  place(function(s)
    local said = s:run(check("--allow-env")):ends_with(2).stderr
    equal(said:find("--allow-env=", 1, true), nil)
    contains(said, "--allow-net=shop.example.com")
    said = s:run(check("--allow-env", "--allow-read", "--allow-net", "--allow-exec",
      "--allow-api")):ends_with(0).stderr
    contains(said, "key\tGIVEN\tk3y\n")
    contains(said, "other\trefused\t")
    contains(said, "read\tGIVEN\textra\n")
  end)
end)

test("os.getenv gives what was granted only, and its refusal names the option", function()
  place(function(s)
    local said = s:run(check()):ends_with(0).stderr
    for _, name in ipairs { "SHOP_KEY", "SHOP_OTHER" } do
      contains(said, string.format('os.getenv("%s") is not granted; declare needs = '
        .. '{ env = { "%s" } } and pass --allow-env=%s\n', name, name, name))
    end
    equal({ said:find("k3y", 1, true), said:find("0ther", 1, true) }, {})
    said = s:run(check("--allow-env=SHOP_OTHER")):ends_with(0).stderr
    contains(said, "other\tGIVEN\t0ther\n")
    contains(said, "key\trefused")
    said = s:run(check("--allow-env=SHOP_KEY"), { SHOP_KEY = "" }):ends_with(0).stderr
    contains(said, "key\tGIVEN\t")
    -- Without a value it grants nothing that is not declared.
    contains(s:run(check("--allow-env")):ends_with(0).stderr, "key\trefused")
  end, "")
end)

test("one need of several is enough to refuse, and a wider grant is enough for it", function()
  place(function(s)
    s:run(check("--allow-api=GET /clients")):ends_with(2)
    s:run(check("--allow-api=POST /clients/*")):ends_with(2)
    s:run(check("--allow-api=GET /clients/*")):ends_with(0)
  end, [[api = { "GET /clients/*" }]])
  place(function(s)
    s:run(check("--allow-api=GET /clients/abc/*")):ends_with(2)
    s:run(check("--allow-api=GET /clients/*")):ends_with(0)
  end, [[api = { "GET /clients/abc" }]])
  place(function(s)
    s:run(check("--allow-net=example.com")):ends_with(2)
    s:run(check("--allow-net=shop.example.com:8443")):ends_with(2)
    s:run(check("--allow-net=https://SHOP.example.com/any")):ends_with(0)
  end, [[net = { "shop.example.com" }]])
end)

test("an invalid need is an error in the recipe", function()
  place(function(s)
    contains(s:run(check()):ends_with(2).stderr, "needs.exec[1] must be the name of a program")
  end, [[exec = { "/bin/sh -c" }]])
  place(function(s)
    contains(s:run(check()):ends_with(2).stderr, "needs.env[1] must name it directly")
  end, [[env = { "{input}" }]])
end)

-- On a terminal ---------------------------------------------------------------------------

---Runs a command on a terminal; `answer` is typed to the question, if it is asked.
local function on_terminal(s, args, answer, status)
  local answers = answer and { { prompt = "[y/N]", text = answer } } or {}
  s.within = { "sh", "-c", program.on_terminal('"$*"', answers), "sh" }
  local ended = s:run(args):ends_with(status)
  s.within = {}
  return (ended.stdout:gsub("\r", ""):gsub("\n +", "\n"))
end

---Without line ends, which depend on the terminal's width.
local function joined(text)
  return (text:gsub("%s+", " "))
end

local QUESTION <const> = "asks for more than its parameters and its directory"

test("on a terminal it is asked once; the answer is remembered for exactly these needs", function()
  program.need_terminal()
  place(function(s)
    local said = on_terminal(s, check "--no-color", "y", 0)
    contains(joined(said), QUESTION)
    for _, what in ipairs { "connect to shop.example.com", "run cat",
      "read the environment variable SHOP_KEY", "call GET /clients/* of the tenant" } do
      contains(said, "\n" .. what .. "\n")
    end
    contains(said, "key\tGIVEN\tk3y\n")
    said = on_terminal(s, check(), nil, 0)
    equal(joined(said):find(QUESTION, 1, true), nil)
    contains(said, "key\tGIVEN\tk3y\n")
    contains(s:run(check()):ends_with(0).stderr, "key\tGIVEN\tk3y\n") -- also without a terminal
    -- Other needs, another path: asked again.
    s:write("work/shop.lua", recipe((NEEDS:gsub("SHOP_KEY", "SHOP_OTHER"))))
    s:run(check()):ends_with(2)
    contains(joined(on_terminal(s, check(), "n", 2)), QUESTION)
    s:write("work/near.lua", recipe())
    s:run({ "check", "work/near.lua", "input=people.csv" }):ends_with(2)
    s:write("work/shop.lua", "-- another text\n" .. recipe())
    s:run(check()):ends_with(0)
  end)
end)

test("the answer no refuses, reads nothing and is asked again", function()
  program.need_terminal()
  place(function(s)
    for _ = 1, 2 do
      local said = on_terminal(s, check "--no-color", "n", 2)
      contains(joined(said), QUESTION)
      contains(joined(said), "was not granted what it asks for")
      equal(said:find("key\t", 1, true), nil)
    end
    local said = on_terminal(s, check("--no-input"), nil, 2)
    equal(joined(said):find(QUESTION, 1, true), nil)
    said = on_terminal(s, { "run", "work/shop.lua", "input=people.csv", "--yes" }, "n", 2)
    contains(joined(said), QUESTION)
    -- What others may write is not believed.
    on_terminal(s, check(), "y", 0)
    s:run(check()):ends_with(0)
    assert(os.execute(string.format("chmod 666 '%s'/state/auth0-migrate/grants.json", s.folder)))
    s:run(check()):ends_with(2)
  end)
end)

-- By its name -------------------------------------------------------------------------------

test("an installed recipe is asked about, also under the name of a shipped one's module", function()
  place(function(s)
    assert(os.execute(string.format("mkdir -p '%s/data/auth0-migrate/recipes' && cp "
      .. "'%s/work/shop.lua' '%s/data/auth0-migrate/recipes/acme.lua'", s.folder, s.folder,
      s.folder)))
    local said = s:run({ "check", "acme", "input=people.csv" }):ends_with(2).stderr
    contains(said, "the recipe " .. s:path "data/auth0-migrate/recipes/acme.lua" .. " asks to ")
    type_in(s, typed(said), 0)
  end)
end)

test("a shipped recipe that is run by its name needs no answer", function()
  scene(2, function(s)
    s.env.XDG_STATE_HOME = s:path "state"
    s:run({ "check", "csv", "input=people.csv" }):ends_with(0)
    equal(s:exists "state", false)
  end)
end)

-- The run --------------------------------------------------------------------------------

local CALLS <const> = [[finalize = function(run)
  for _, call in ipairs { "GET /clients/abc", "DELETE /clients/abc", "GET /clients",
    "PATCH /users", "GET /users-by-email", "DELETE /users/auth0%7Cu1", "GET /users/../clients/abc",
    "GET /users/%2e%2e/clients/abc", "GET /stats/daily" } do
    local method, path = call:match "(%S+) (.*)"
    show(call, function()
      local query = { email = "x@example.com" }
      return run:request { method = method, path = path, query = query }.status
    end)
  end
  show("key", function() return os.getenv "SHOP_KEY" end)
  for _, one in ipairs { "/connections", "/connections/" .. CONNECTION } do
    local ok, answer = pcall(run.request, run, { method = "GET", path = one })
    print("connection", ok, ok and answer.body.name, ok and answer.body.options)
  end
end,]]

---The outcome of a call, and the message.
local function outcome(said, call)
  return said:match("\n" .. call:gsub("%p", "%%%0") .. "\t(%a+)\t([^\n]*)\n")
end

---The id of the tenant's connection.
local function calls_of(s)
  local connection = s:ask("GET", "/connections")
  connection = (connection.connections or connection)[1]
  return (CALLS:gsub("CONNECTION", function() return string.format("%q", connection.id) end)),
    connection.name
end

local function granting(fn)
  place(function(s)
    s:tenant()
    local calls, name = calls_of(s)
    fn(s, function(needs) s:write("work/shop.lua", recipe(needs, calls)) end, name)
  end)
end

local RUN <const> = { "run", "work/shop.lua", "input=people.csv", "--yes" }

local function run(...)
  return table.move({ ... }, 1, select("#", ...), #RUN + 1, table.move(RUN, 1, #RUN, 1, {}))
end

test("run:request outside of its routes is refused with the option, which grants it", function()
  granting(function(s, write, name)
    write ""
    local said = s:run(run()):ends_with(0).stderr
    for _, call in ipairs { "GET /clients/abc", "DELETE /clients/abc", "GET /clients",
      "PATCH /users", "DELETE /users/auth0%7Cu1", "GET /stats/daily" } do
      local how, why = outcome(said, call)
      equal({ call, how }, { call, "refused" })
      contains(why, string.format("run:request: %s is not granted; declare it in the recipe as "
        .. "needs = { api = { \"%s\" } }, or grant it with --allow-api='%s'", call, call, call))
    end
    for _, call in ipairs { "GET /users/../clients/abc", "GET /users/%2e%2e/clients/abc" } do
      equal({ call, (outcome(said, call)) }, { call, "refused" })
    end
    equal((outcome(said, "GET /users-by-email")), "GIVEN")
    contains(said, "connection\tfalse\tfalse\tfalse\n")
    contains(said, "connection\ttrue\t" .. name .. "\tnil\n") -- without its options
    said = s:run(run("--fresh", "--allow-api=GET /stats/daily", "--allow-api=get /clients/*"))
      :ends_with(0).stderr
    equal((outcome(said, "GET /stats/daily")), "GIVEN")
    equal((outcome(said, "GET /clients/abc")), "GIVEN")
    for _, call in ipairs { "DELETE /clients/abc", "GET /clients" } do
      equal({ call, (outcome(said, call)) }, { call, "refused" })
    end
  end)
end)

test("resume and retry keep what the run was granted, and grant nothing else", function()
  granting(function(s, write)
    write(NEEDS)
    local args = run("--allow-read", "--allow-net", "--allow-env", "--allow-exec", "--allow-api")
    table.remove(args, 4)
    s:run(args):ends_with(8)
    local said = s:run({ "resume", "shop.run", "--yes" }):ends_with(0).stderr
    equal({ outcome(said, "key") }, { "GIVEN", "k3y" })
    equal((outcome(said, "GET /clients/abc")), "GIVEN")
    equal((outcome(said, "DELETE /clients/abc")), "refused")
    s:run(check()):ends_with(2) -- the run was granted it, not the recipe
  end)
end)

test("needs that a changed recipe adds are refused on resume", function()
  granting(function(s, write)
    write [[env = { "SHOP_KEY" }]]
    s:run({ "run", "work/shop.lua", "input=people.csv", "--allow-env" }):ends_with(8)
    write [[env = { "SHOP_KEY", "SHOP_OTHER" }]]
    local ended = s:run({ "resume", "shop.run", "--yes", "--changed" }):ends_with(2)
    contains(ended.stderr, "grant it with --allow-env=SHOP_OTHER")
    equal(ended.stderr:find("SHOP_KEY", 1, true), nil)
    type_in(s, typed(ended.stderr), 0)
    equal(#s:users(), 2)
  end)
end)
