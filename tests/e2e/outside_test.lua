--- Files that a recipe may not read: those outside of its folder and its parameters, and the
--- program's own.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

-- Tries to read each name in each way: while it is loaded, in `source` and in the first `map`.
local READER <const> = [[
local csv, json, ndjson = require "source.csv", require "source.json", require "source.ndjson"
local ldif, sqlite = require "source.ldif", require "source.sqlite"
local lookup = require "source.lookup"
local WAYS = {
  { "open", function(name) return assert(io.open(name)):read(1) end },
  { "lines", function(name) return io.lines(name)() end },
  { "csv", function(name) return csv.records(name)() end },
  { "json", function(name) return json.records(name)() end },
  { "ndjson", function(name) return ndjson.records(name)() end },
  { "ldif", function(name) return ldif.records(name)() end },
  { "sqlite", function(name) return sqlite.records(name)() end },
  { "lookup", function(name) return lookup(ndjson.records(name), "id") end },
  { "join", function(name) return lookup(csv.records(name), "id") end },
}
local function try(when)
  for _, name in ipairs { NAMES } do
    for _, way in ipairs(WAYS) do
      local ok, message = pcall(way[2], name)
      print(when, way[1], name, ok and "READ" or "refused", ok and "" or tostring(message))
    end
  end
end
try "load"
return {
  params = { input = { required = true }, PARAMS },
  source = function(params)
    try "source"
    return csv.records(params.input)
  end,
  map = function(row, _, position)
    if position == 1 then try "map" end
    return { email = row.email, email_verified = true, user_id = row.id }
  end,
  MORE
}
]]

local WAYS <const> = 9 -- to read a file
local TIMES <const> = 3 * WAYS -- load, source and map; each way

---The text of a recipe that tries to read these files.
local function reader(names, more, params)
  local quoted = {}
  for i, name in ipairs(names) do quoted[i] = string.format("%q", name) end
  local text = READER:gsub("NAMES", function() return table.concat(quoted, ", ") end)
  return (text:gsub("PARAMS", params or ""):gsub("MORE", function() return more or "" end))
end

---What it said: for each try the name, "READ" or "refused", and the message.
local function tries(stderr)
  local list = {}
  local LINE <const> = "(%l+)\t(%l+)\t([^\t\n]+)\t(%a+)\t([^\n]*)"
  for when, way, name, how, why in stderr:gmatch(LINE) do
    list[#list + 1] = { when = when, way = way, name = name, how = how, why = why }
  end
  return list
end

---Fails unless each of the tries was refused, and for this reason.
local function refused(stderr, count, why)
  local list = tries(stderr)
  equal(#list, count, stderr)
  for _, one in ipairs(list) do
    local what = one.when .. " " .. one.way .. " " .. one.name
    equal({ what, one.how }, { what, "refused" })
    if why then contains(one.why, why) end
  end
  return list
end

---Whether each of the tries of this name succeeded, in `source` and `map` at least.
local function was_read(stderr, name)
  local reads = {}
  for _, one in ipairs(tries(stderr)) do
    if one.name == name and one.how == "READ" then reads[one.when .. " " .. one.way] = true end
  end
  return reads["source open"] and reads["source lines"] and reads["map open"]
    and reads["map ndjson"] and true or false
end

local function sh(s, command)
  assert(os.execute(string.format("cd '%s' && %s", s.folder, command)), command)
end

---A scene whose recipe is in a folder of its own, below the scene's; the program runs in that.
local function nested(names, fn, more, params)
  scene(2, function(s)
    local inner = s.folder .. "/work"
    sh(s, "mkdir -p work/data other && cp people.csv work/ && printf 'secret\\n' > other/x.csv "
      .. "&& printf '{\"id\":\"1\"}\\n' > other/y.json")
    s.top, s.folder = s.folder, inner
    s:write("shop.lua", reader(names, more, params))
    s:write("near.json", '{"id":"1"}\n')
    local ok, message = xpcall(fn, debug.traceback, s)
    s.folder = s.top
    if not ok then error(message, 0) end
  end)
end

local CHECK <const> = { "check", "shop.lua", "input=people.csv" }

local function check(...)
  return table.move({ ... }, 1, select("#", ...), #CHECK + 1, table.move(CHECK, 1, #CHECK, 1, {}))
end

test("a recipe reads its own folder and its input in every way", function()
  nested({ "near.json" }, function(s)
    assert(was_read(s:run(check()):ends_with(0).stderr, "near.json"))
  end)
end)

test("files outside are refused in every way, and the message names --allow-read", function()
  local names = { "/etc/passwd", "../other/x.csv", "data/../../other/y.json", "../people.csv",
    "../other/none", "../work/../other/x.csv" }
  nested(names, function(s)
    local env = { AUTH0_CLIENT_SECRET = "hunter2" }
    local said = s:run(check(), env):ends_with(0).stderr
    for _, one in ipairs(refused(said, #names * TIMES)) do
      contains(one.why, "outside of the recipe's folder and of what was named; --allow-read="
        .. one.name .. " grants it")
    end
  end)
end)

test("an absolute path outside is refused like a relative one", function()
  scene(2, function(s)
    sh(s, "mkdir work other && cp people.csv work/ && echo '{}' > other/a.json")
    s:write("work/shop.lua", reader { s:path "other/a.json", s:path "people.csv" })
    local said = s:run({ "check", "work/shop.lua", "input=work/people.csv" }):ends_with(0).stderr
    refused(said, 2 * TIMES, "; --allow-read=" .. s.folder)
    -- Where the program runs grants nothing; where the recipe is does.
    s:write("work/shop.lua", reader { "other/a.json" })
    said = s:run({ "check", "work/shop.lua", "input=work/people.csv" }):ends_with(0).stderr
    refused(said, TIMES, "; --allow-read=other/a.json grants it")
  end)
end)

test("a folder or a pattern outside is refused, an own one is read", function()
  local names = { "../other", "../other/*.csv", "../*.csv", "/etc/pass*" }
  nested(names, function(s)
    refused(s:run(check()):ends_with(0).stderr, #names * TIMES, "--allow-read=")
    s:write("data/one.csv", "id,email\n1,one@example.com\n")
    s:write("shop.lua", reader { "data", "data/*.csv" })
    local said = s:run(check()):ends_with(0).stderr
    for _, place in ipairs { "load", "source", "map" } do
      contains(said, place .. "\tcsv\tdata\tREAD")
      contains(said, place .. "\tcsv\tdata/*.csv\tREAD")
    end
  end)
end)

test("a link in the recipe's folder that leads outside is refused", function()
  nested({ "link", "folder/y.json", "data/up/other/y.json", "twice", "none" }, function(s)
    sh(s, "ln -s ../other/y.json link && ln -s ../other folder && ln -s ../.. data/up && "
      .. "ln -s link twice && ln -s ../other/none none && ln -s near.json own")
    refused(s:run(check()):ends_with(0).stderr, 5 * TIMES, "a link leads outside")
    s:write("shop.lua", reader { "own" })
    assert(was_read(s:run(check()):ends_with(0).stderr, "own"))
  end)
end)

test("devices, the system's files and pipes are refused and not waited for", function()
  if not os.execute "mkfifo --version >/dev/null 2>&1" then tap.skip "no mkfifo here" end
  local names = { "/dev/zero", "/dev/fd/0", "/dev/tty", "/proc/self/environ", "/proc/self/maps",
    "/proc/self/fd/0", "pipe", "data/pipe" }
  nested(names, function(s)
    sh(s, "mkfifo pipe data/pipe")
    refused(s:run(check(), { AUTH0_CLIENT_SECRET = "hunter2" }):ends_with(0).stderr,
      #names * TIMES, "cannot read ")
    -- Also below a folder that was granted.
    sh(s, "ln -s /dev/zero zero; ln -s /proc/self/environ environ")
    s:write("shop.lua", reader { "/dev/zero", "/proc/self/environ", "pipe" })
    local said = s:run(check("--allow-read=/", "--allow-read=.")):ends_with(0).stderr
    refused(said, 3 * TIMES)
  end)
end)

test("a name that begins with a dot is refused below the folder", function()
  nested({ ".env", ".git/config", "data/.hidden", "dotted" }, function(s)
    sh(s, "mkdir .git && echo x > .env && echo x > .git/config && echo x > data/.hidden && "
      .. "ln -s .env dotted")
    refused(s:run(check()):ends_with(0).stderr, 4 * TIMES, 'a name in it begins with "."')
    s:write("shop.lua", reader { ".env" })
    contains(s:run(check("--allow-read=.env")):ends_with(0).stderr, "source\topen\t.env\tREAD")
  end)
end)

test("--allow-read grants a file or what is below a directory, and no more", function()
  nested({ "../other/x.csv", "../other/y.json", "/etc/passwd" }, function(s)
    local said = s:run(check("--allow-read=../other/y.json")):ends_with(0).stderr
    assert(was_read(said, "../other/y.json"), said)
    for _, one in ipairs(tries(said)) do
      if one.name ~= "../other/y.json" then equal(one.how, "refused", one.name) end
    end
    said = s:run(check("--allow-read", "--allow-read=../other")):ends_with(0).stderr
    assert(was_read(said, "../other/y.json"), said)
    contains(said, "load\topen\t../other/x.csv\tREAD")
    contains(said, "open\t/etc/passwd\trefused")
    -- The flag that the message shows can be typed.
    local flag = said:match("(%-%-allow%-read=/etc/passwd) grants it")
    contains(s:run(check(flag)):ends_with(0).stderr, "source\topen\t/etc/passwd\tREAD")
  end)
end)

-- The program's own files ----------------------------------------------------------------

test("the configuration file and files with a secret are refused below the folder", function()
  local names = { "auth0-migrate.yaml", "pepper", "client", "token", "key.pem", "named", "linked" }
  nested(names, function(s)
    s:write("auth0-migrate.yaml", "client_id: abc\nclient_secret_file: named\n")
    sh(s, "for f in pepper client token key.pem named; do printf '{\"id\":1}' > $f; "
      .. "chmod 600 $f; done; ln -s pepper linked")
    local env = {
      AUTH0_CLIENT_SECRET_FILE = "client", AUTH0_ACCESS_TOKEN_FILE = "token",
      AUTH0_PRIVATE_KEY_FILE = "key.pem",
    }
    local args = check("pepper=@pepper")
    table.insert(args, 2, "--config")
    table.insert(args, 3, "auth0-migrate.yaml")
    local said = s:run(args, env).stderr
    refused(said, #names * TIMES, "it belongs to the program")
    -- Not even when it is named.
    args[#args + 1] = "--allow-read=auth0-migrate.yaml"
    args[#args + 1] = "--allow-read=pepper"
    refused(s:run(args, env).stderr, #names * TIMES, "it belongs to the program")
  end, nil, "pepper = { secret = true }")
end)

local IMPORTING <const> = [[
  import = function(run)
    try "import"
    for chunk in run:chunks() do run:submit(chunk) end
  end,
  finalize = function() try "finalize" end,]]

test("the run directory is refused, from its first process on", function()
  local names = { "shop.run/journal.db", "shop.run/log.ndjson", "shop.run/chunks/000001.json",
    "out/journal.db", "out/log.ndjson", "out/chunks/000001.json" }
  for _, folder in ipairs { "shop.run", "out" } do
    scene(2, function(s)
      s:write("shop.lua", reader(names, IMPORTING))
      s:tenant()
      local run = s:run(program.words("--yes", "--keep-chunks", "--run-dir", folder)):ends_with(0)
      local later = 0
      for _, one in ipairs(refused(run.stderr, #names * 5 * WAYS)) do
        if one.when ~= "load" and one.name:find(folder, 1, true) then
          contains(one.why, one.name .. ": it belongs to the program")
          later = later + 1
        end
      end
      equal(later, 3 * 4 * WAYS)
      for _, name in ipairs(names) do equal(s:exists(name), name:find(folder, 1, true) == 1) end
    end)
  end
end)

test("the run directory is refused in a resumed run, and a rehearsal's directory too", function()
  local names = { "shop.run/journal.db", "shop.run/chunks/000001.json",
    "shop.rehearsal/journal.db" }
  scene(2, function(s)
    s:write("shop.lua", reader(names, IMPORTING))
    s:tenant()
    s:run(program.words()):ends_with(8)
    local said = s:run({ "resume", "--yes" }):ends_with(0).stderr
    refused(said, #names * 3 * WAYS) -- load, import, finalize
    contains(said, "cannot read shop.run/chunks/000001.json: it belongs to the program")
    said = s:run({ "rehearse", "shop.lua", "input=people.csv" }):ends_with(0).stderr
    refused(said, #names * 5 * WAYS)
    contains(said, "cannot read shop.rehearsal/journal.db: it belongs to the program")
  end)
end)

-- What names a file -----------------------------------------------------------------------

local PARAMS <const> = [[lists = { default = "../other/y.json" }]]

test("a parameter's default grants nothing outside; given on the command line it does", function()
  nested({ "../other/y.json" }, function(s)
    refused(s:run(check()):ends_with(0).stderr, TIMES, "--allow-read=../other/y.json")
    local said = s:run(check("lists=../other/y.json")):ends_with(0).stderr
    assert(was_read(said, "../other/y.json"), said)
    said = s:run(check(), { AUTH0_MIGRATE_PARAM_LISTS = "../other/y.json" }):ends_with(0).stderr
    assert(was_read(said, "../other/y.json"), said)
  end, nil, PARAMS)
end)

test("a default names a file below the recipe's folder, whatever the working directory", function()
  scene(2, function(s)
    sh(s, "mkdir work && echo '{\"id\":\"1\"}' > work/near.json")
    s:write("work/shop.lua", reader({ "work/near.json" }, nil,
      [[lists = { default = "near.json" }]]))
    local said = s:run({ "check", "work/shop.lua", "input=people.csv" }):ends_with(0).stderr
    assert(was_read(said, "work/near.json"), said)
  end)
end)

test("a path of the configuration file is granted in that file's folder only", function()
  nested({ "../other/y.json" }, function(s)
    s:write("auth0-migrate.yaml", "params: { lists: ../other/y.json }\n")
    refused(s:run(check()):ends_with(0).stderr, TIMES, "--allow-read=../other/y.json")
    -- A link in it does not lead out of it.
    sh(s, "ln -s ../other/y.json link; echo 'params: { lists: link }' > auth0-migrate.yaml")
    refused(s:run(check()):ends_with(0).stderr, TIMES, "--allow-read=../other/y.json")
    sh(s, "rm auth0-migrate.yaml; echo 'params: { lists: ../other/y.json }' > ../above.yaml")
    local said = s:run(check("--config", "../above.yaml")):ends_with(0).stderr
    assert(was_read(said, "../other/y.json"), said)
    said = s:run(check("lists=../other/y.json", "--config", "../above.yaml")):ends_with(0).stderr
    assert(was_read(said, "../other/y.json"), said)
  end, nil, [[lists = {}]])
end)

test("resume reads what the run's parameters named and options granted, wherever it is", function()
  nested({ "../other/y.json", "../other/x.csv", "../people.csv" }, function(s)
    s:tenant()
    local args = program.words("lists=../other/y.json", "--allow-read=../other/x.csv")
    s:run(args):ends_with(8)
    local said = s:run({ "resume", "--yes" }):ends_with(0).stderr
    for _, when in ipairs { "import", "finalize" } do
      contains(said, when .. "\topen\t../other/y.json\tREAD")
      contains(said, when .. "\topen\t../other/x.csv\tREAD")
      contains(said, when .. "\topen\t../people.csv\trefused")
    end
  end, IMPORTING, "lists = {}")
end)

test("an input outside is read because a person named it, and nothing beside it", function()
  nested({ "../other/x.csv", "../other/y.json" }, function(s)
    sh(s, "cp people.csv ../other/users.csv")
    local said = s:run({ "check", "shop.lua", "input=../other/users.csv" }):ends_with(0).stderr
    refused(said, 2 * TIMES)
    contains(s:run({ "preview", "shop.lua", "input=../other/users.csv" }):ends_with(0).stdout,
      "person1@example.com")
  end)
end)
