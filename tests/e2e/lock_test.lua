--- The lock file next to a recipe pins the modules that it loads.

local digest = require "host.digest"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local LOCK <const> = "auth0-migrate.lock.yaml"

local RECIPE <const> = [[
local csv = require "source.csv"
local part = require "lib.part"
return {
  params = { input = { required = true } },
  source = function(params) return csv.records(params.input) end,
  map = function(row)
    return { email = row.email, email_verified = true, user_id = part .. row.id }
  end,
}
]]

local function sha256(text)
  return digest.hex(digest.hash("sha256", text))
end

local function module_of(prefix, more)
  return (more or "") .. "print 'the module is run'\nreturn '" .. prefix .. "'\n"
end

local CHECK <const> = { "check", "shop.lua", "input=people.csv" }

---A scene with a recipe that loads lib/part.lua.
local function place(fn)
  scene(2, function(s)
    assert(os.execute(string.format("mkdir '%s/lib' '%s/shared'", s.folder, s.folder)))
    s:write("shop.lua", RECIPE)
    s:write("lib/part.lua", module_of "a")
    fn(s)
  end)
end

---Fails unless the command is refused for the module, before it is run.
local function refused(s, args, what)
  local ended = s:run(args):ends_with(2)
  contains(ended.stderr, 'the module "lib.part" ' .. what)
  contains(ended.stderr, "next: auth0-migrate recipes lock")
  equal(ended.stderr:find("the module is run", 1, true), nil)
  return ended.stderr
end

test("without a lock file nothing is pinned", function()
  place(function(s)
    s:run(CHECK):ends_with(0)
    s:write("lib/part.lua", module_of "b")
    contains(s:run(CHECK):ends_with(0).stderr, "the module is run")
    local ended = s:run({ "recipes", "lock", "shop.lua", "--check" }):ends_with(2)
    contains(ended.stderr, LOCK .. " does not exist")
    equal(s:exists(LOCK), false)
  end)
end)

test("recipes lock writes the digests, --check compares them and writes nothing", function()
  place(function(s)
    local said = s:run({ "recipes", "lock", "shop.lua" }):ends_with(0).stdout
    contains(said, "lib.part  " .. sha256(module_of "a"))
    local text = s:read(LOCK)
    contains(text, '"shop.lua":\n  "lib.part": "' .. sha256(module_of "a") .. '"\n')
    contains(s:run({ "recipes", "lock", "shop.lua", "--check" }):ends_with(0).stdout, "up to date")
    contains(s:run({ "recipes", "lock", "shop.lua" }):ends_with(0).stdout, "up to date")
    s:run(CHECK):ends_with(0)
    s:write("lib/part.lua", module_of "b")
    local ended = s:run({ "recipes", "lock", "--check", "shop.lua" }):ends_with(2)
    contains(ended.stderr, "locked " .. sha256(module_of "a") .. ", found "
      .. sha256(module_of "b"))
    equal(s:read(LOCK), text)
    -- What `next:` shows pins the change.
    equal(ended.stderr:match "next: auth0%-migrate ([^\n]*)", "recipes lock " .. s:path "shop.lua")
    s:run({ "recipes", "lock", "shop.lua" }):ends_with(0)
    s:run(CHECK):ends_with(0)
  end)
end)

test("a changed module is refused with both digests before it is run, by every command", function()
  place(function(s)
    s:run({ "recipes", "lock", "shop.lua" }):ends_with(0)
    s:write("lib/part.lua", module_of "b")
    for _, command in ipairs { "check", "map", "preview", "plan", "rehearse", "run" } do
      local said = refused(s, { command, "shop.lua", "input=people.csv" }, "differs from")
      contains(said, "locked " .. sha256(module_of "a") .. ", found " .. sha256(module_of "b"))
    end
  end)
end)

test("a changed module is refused by resume, also with --changed", function()
  place(function(s)
    s:tenant()
    s:run({ "recipes", "lock", "shop.lua" }):ends_with(0)
    s:run(program.words()):ends_with(8)
    s:write("lib/part.lua", module_of "b")
    refused(s, { "resume", "--yes" }, "differs from")
    local said = refused(s, { "resume", "--yes", "--changed" }, "differs from")
    contains(said, "locked " .. sha256(module_of "a") .. ", found " .. sha256(module_of "b"))
    equal(s:metrics().users, 0)
    s:run({ "recipes", "lock", "shop.lua" }):ends_with(0)
    s:run({ "resume", "--yes" }):ends_with(2)
    s:run({ "resume", "--yes", "--changed" }):ends_with(0)
    s:holds(2)
  end)
end)

test("a module that is not listed is refused; one that is not loaded fails --check", function()
  place(function(s)
    s:write("shop.lua", RECIPE:gsub('require "lib.part"', '"a"'))
    s:run({ "recipes", "lock", "shop.lua" }):ends_with(0)
    s:write("shop.lua", RECIPE)
    local said = refused(s, CHECK, "is not in")
    contains(said, "locked none, found " .. sha256(module_of "a"))
    s:run({ "recipes", "lock", "--check", "shop.lua" }):ends_with(2)
    s:run({ "recipes", "lock", "shop.lua" }):ends_with(0)
    s:write("shop.lua", RECIPE:gsub('require "lib.part"', '"a"'))
    s:run(CHECK):ends_with(0)
    contains(s:run({ "recipes", "lock", "--check", "shop.lua" }):ends_with(2).stderr,
      "is not loaded: locked " .. sha256(module_of "a"))
  end)
end)

test("a module of another folder, or one required late, is pinned all the same", function()
  place(function(s)
    local env = { AUTH0_MIGRATE_PATH = s:path "shared" }
    s:write("shared/part.lua", module_of "a")
    s:write("shop.lua", RECIPE:gsub("lib%.part", "part"))
    s:run({ "recipes", "lock", "shop.lua" }, env):ends_with(0)
    s:run(CHECK, env):ends_with(0)
    s:write("part.lua", module_of "b") -- found first
    contains(s:run(CHECK, env):ends_with(2).stderr, 'the module "part" differs from')
    os.remove(s:path "part.lua")
    -- Required while records are read: `recipes lock` has not seen it.
    s:write("shop.lua", RECIPE:gsub('require "lib.part"', '"a"'):gsub("map = function%(row%)",
      'map = function(row)\n    require "lib.part"'))
    s:run({ "recipes", "lock", "shop.lua" }, env):ends_with(0)
    local ended = s:run(CHECK, env)
    equal(ended.stderr:find("the module is run", 1, true), nil)
    equal({ ended.status, ended.stdout:find("is not in", 1, true) ~= nil }, { 3, true })
  end)
end)

test("a damaged lock file is refused; one without this recipe pins it to no module", function()
  place(function(s)
    s:write(LOCK, '"shop.lua":\n  "lib.part": "short"\n')
    contains(s:run(CHECK):ends_with(2).stderr, "not a SHA-256 in hex")
    s:write(LOCK, "- 1\n")
    contains(s:run(CHECK):ends_with(2).stderr, "must be a map of recipes")
    s:write(LOCK, '"other.lua": {}\n')
    refused(s, CHECK, "is not in")
    s:run({ "recipes", "lock", "shop.lua" }):ends_with(0)
    contains(s:read(LOCK), '"other.lua": {}\n') -- what it pins for others stays
    s:run(CHECK):ends_with(0)
  end)
end)

test("recipes lock asks for no needs and reads no source", function()
  place(function(s)
    s:write("shop.lua", (RECIPE:gsub("source = function%(params%)", [[
  needs = { exec = { "cat" } },
  source = function(params) print "the source is read"]])))
    local said = s:run({ "recipes", "lock", "shop.lua" }):ends_with(0).stderr
    equal(said:find("the source is read", 1, true), nil)
    contains(said, "the module is run")
  end)
end)
