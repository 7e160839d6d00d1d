--- The first Lua of a recipe's state: builds the standard library of all that runs there, loads
--- the program's modules into it, and returns the functions that the program may call by name.
--- Everything that a recipe can reach was put there by name.

local door, protect, coroutines = ...

local function copy(from)
  local made = {}
  for key, value in pairs(from) do made[key] = value end
  return made
end

local function pick(from, names)
  local picked = {}
  for name in names:gmatch("%S+") do picked[name] = from[name] end
  return picked
end

-- Taken before anything else runs. `strings` is what the methods of a string are looked up in; no
-- table that a recipe gets is the same.
local load <const> = load
local bounded <const> = door.host "host.bounded"
local meta = getmetatable("")
meta.__index, meta.__metatable = copy(bounded.string), false

local BASE <const> = "assert error ipairs next pairs rawequal rawget rawlen rawset select tonumber "
  .. "tostring type _VERSION"

---The standard library of the program's own modules, without files and programs.
local function library()
  local made = pick(_G, BASE)
  for name, fn in pairs(protect) do made[name] = fn end
  made.string, made.table = copy(bounded.string), copy(bounded.table)
  made.math, made.utf8, made.coroutine = copy(math), copy(utf8), copy(coroutines)
  made.os = pick(os, "clock date difftime time")
  return made
end

-- The texts of the program's that run here, by their names in errors.
local own_sources <const> = { [debug.getinfo(1, "S").source] = true }

-- Those of them that read members for the program; `value.member` reads what a recipe names.
local unnoted_sources <const> = {}

-- A recipe's state opens files through the gate, by rules that the program gives.
local files <const> = {}
local hosts <const> = { ["host.file"] = files }

local function open_files(rules)
  for name, fn in pairs(door.host("host.gate").new(rules)) do files[name] = fn end
end

local function host_module(name)
  if hosts[name] == nil then hosts[name] = door.host(name) end
  return hosts[name]
end

---The chunk of a module of the program, and its name in errors.
local function load_module(name, env)
  local answered, may, text, where = door.ask("module", name)
  if not answered then error(may, 0) end
  if not may then error(text, 0) end
  if not text then return door.load(name, env) end
  return assert(load(text, where, "t", env)), where
end

---The program's modules, each loaded once; `shared`: those of another set that are the same here,
---because their values are recognised by identity.
local function module_set(shared)
  local loaded, env = copy(shared), library()
  function env.require(name)
    if name:find("^host%.") then return host_module(name) end
    if loaded[name] == nil then
      local chunk, where = load_module(name, env)
      own_sources[where], unnoted_sources[where] = true, name ~= "source.value"
      loaded[name] = chunk(name) or true
    end
    return loaded[name]
  end
  return env.require
end

-- What judges a recipe's users comes from a set that no `require` of a recipe returns.
local require_own <const> = module_set {}
local shared <const> = {}
for _, name in ipairs {
  "base.failure", "source.bad_record", "source.bad_value", "migrate.reject",
} do
  shared[name] = require_own(name)
end

return require_own("recipe.inside.functions").new {
  door = door, host_module = host_module, open_files = open_files,
  require_open = module_set(shared), library = library, own_sources = own_sources,
  unnoted_sources = unnoted_sources,
  stock = {
    io = io, debug = debug, load = load, math = math, collectgarbage = collectgarbage,
    error = error, assert = assert,
    config = package.config,
  },
}
