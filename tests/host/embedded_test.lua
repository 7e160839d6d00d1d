--- The embedded library: what is compiled into the program is what its text says.

local host = require "host"
local sandbox = require "host.sandbox"
local tap = require "tests.tap"
local contains, equal, raises, test = tap.contains, tap.equal, tap.raises, tap.test

---What `require` finds first.
local function search(name)
  for _, searcher in ipairs(package.searchers) do
    local chunk, where = searcher(name)
    if type(chunk) == "function" then return chunk, where end
  end
end

local function is_loaded(name)
  return not name:find("^[^.]+/") and not name:find("^recipes%.") and not name:find("^meta%.")
end

test("an embedded module is the one that its text compiles to, with lines and names", function()
  local n = 0
  for _, name in ipairs(host.embedded()) do
    if is_loaded(name) and not host.source_on_disk(name) then -- with --lualib
      local embedded, where = search(name)
      local text, chunk = host.source(name)
      equal({ where, debug.getinfo(embedded, "S").source }, { chunk, chunk })
      assert(string.dump(embedded) == string.dump(assert(load(text, chunk, "t"))), name)
      n = n + 1
    end
  end
  assert(n > 300 or host.source_on_disk "cli", n)
end)

test("an error in the library names file, line and variable, and so does its traceback", function()
  local said
  xpcall(require("base.path").basename, function(message) said = debug.traceback(message) end, nil)
  contains(said, "base/path.lua:")
  contains(said, "attempt to index a nil value (local 'name')")
  contains(said, "in function 'base.path.basename'")
end)

-- A state that loads modules of the program.
local BOOT <const> = [[
local door = ...
return {
  describe = function(err) return { message = tostring(err), kind = "fatal" } end,
  load = function(name)
    local required
    local env = { require = function(module) required = module return {} end }
    local chunk, where = door.load(name, env)
    return where, type(chunk(name)), required
  end,
}
]]

local function new(options)
  options = options or { boot = BOOT, name = "=boot" }
  return sandbox.new {
    ask = print, memory = 64 << 20, steps = 1000000, seconds = 5,
    boot = options.boot, name = options.name,
  }
end

test("a state of its own loads a module with the globals that it is given", function()
  local inside <close> = new()
  equal({ inside:call("load", "base.type_name") },
    { true, "@lualib/base/type_name.lua", "table", "host.json" })
end)

test("a state of its own loads nothing that is not in the program", function()
  local inside <close> = new()
  for _, name in ipairs { "nothing", "", "/etc/passwd", "../base/path" } do
    local ok, failure = inside:call("load", name)
    equal({ ok, failure.message:match("the program has no module.*") },
      { false, "the program has no module " .. name })
  end
  raises(function() new { name = "nothing" } end, "the program has no module nothing")
end)

test("a state's first Lua must be text, or be in the program", function()
  local code = string.dump(load(BOOT))
  raises(function() new { boot = code, name = "=boot" } end, "attempt to load a binary chunk")
end)
