--- The globals of a recipe: the standard library without functions that start or end programs,
--- write files, or inspect this program.

local text = require "host.text"

local globals = {}

local PLAIN <const> = {
  "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget",
  "rawlen", "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "xpcall",
  "_VERSION",
}
local OS <const> = { "clock", "date", "difftime", "time" }

local function pick(from, names)
  local picked = {}
  for _, name in ipairs(names) do picked[name] = from[name] end
  return picked
end

local function copy(from)
  local made = {}
  for key, value in pairs(from) do made[key] = value end
  return made
end

---stdout is for the program's result. A recipe prints what a source holds: no terminal obeys it.
local function print_to_stderr(...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = text.printable(tostring(words[i])) end
  io.stderr:write(table.concat(words, "\t"), "\n")
end

local function open_to_read(path, mode)
  if mode ~= nil and mode ~= "r" and mode ~= "rb" then
    error("a recipe cannot write files: io.open with mode \"" .. tostring(mode) .. "\"", 2)
  end
  return io.open(path, mode)
end

---A `coroutine` whose `yield` works only in coroutines of the recipe: `map` itself runs in one of
---the program, which does not expect its values.
local function coroutines()
  local made, own = copy(coroutine), setmetatable({}, { __mode = "k" })
  local function registered(fn)
    return function(...)
      own[coroutine.running()] = true
      return fn(...)
    end
  end
  function made.create(fn) return coroutine.create(registered(fn)) end
  function made.wrap(fn) return coroutine.wrap(registered(fn)) end
  function made.yield(...)
    if not own[coroutine.running()] then
      error("coroutine.yield outside a coroutine that the recipe created", 2)
    end
    return coroutine.yield(...)
  end
  return made
end

---@param require_ fun(name: string): any
---@return table globals
function globals.new(require_)
  local env = pick(_G, PLAIN)
  env._G = env
  env.print, env.require = print_to_stderr, require_
  env.coroutine, env.math, env.table, env.utf8 = coroutines(), copy(math), copy(table),
    copy(utf8)
  env.string = copy(string)
  env.string.dump = nil
  env.os = pick(os, OS)
  env.io = { open = open_to_read, lines = io.lines, type = io.type }
  env.package = { config = package.config, loaded = {}, path = "", cpath = "" }
  env.load = function(chunk, name, _, own)
    return load(chunk, name, "t", own or env)
  end
  return env
end

return globals
