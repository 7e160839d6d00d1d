--- The globals of a recipe: the standard library without functions that start or end programs,
--- write files, or inspect this program. What is missing says how something like it is granted.

local type_name = require "base.type_name"

local globals = {}

local PRINTED <const> = 10000 -- lines of a recipe

---@class InsideParts
---@field door table                        to the program, see host/sandbox/door.c
---@field host_module fun(name: string): any
---@field open_files fun(rules: host.gate.Rules)  what `host.file` opens from here on
---@field require_open fun(name: string): any  the modules of the program that recipes may require
---@field library fun(): table              a fresh copy of the bounded standard library
---@field stock table                       Lua's own io, os, debug, load, math, error, assert
---@field own_sources table<string, true>   the program's texts, as errors name them
---@field unnoted_sources table<string, boolean>  those that read members for the program

local function absent(name, instead)
  return function() error(name .. " is not available to recipes" .. instead, 2) end
end

---stdout is for the program's result. A recipe prints what a source holds: no terminal obeys it.
local function printing(door)
  local n = 0
  return function(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    n = n + 1
    if n > PRINTED then return end
    door.ask("print", n == PRINTED, table.unpack(words, 1, words.n))
  end
end

---The files that a recipe may read, opened by `files`, the gate.
local function readers(files, stock)
  local made = { type = stock.type }
  local function opened(path, level)
    if type(path) ~= "string" then
      error("io expects the name of a file, got " .. type_name.of(path), level + 1)
    end
    return files.stream(path)
  end
  function made.open(path, mode)
    if mode ~= nil and mode ~= "r" and mode ~= "rb" then
      error("a recipe cannot write files: io.open with mode \"" .. tostring(mode) .. "\"", 2)
    end
    return opened(path, 2)
  end
  function made.lines(path, ...)
    local file, message = opened(path, 2)
    if not file then error(message, 2) end
    local next_line = file:lines(...)
    return function()
      local values = table.pack(next_line())
      if values[1] == nil then file:close() end
      return table.unpack(values, 1, values.n)
    end
  end
  made.popen = absent("io.popen", "; readers run the programs that `needs = { exec = ... }` names")
  return made
end

---Makes the local time of `os` that of UTC, whatever the machine's is.
local function in_utc(made)
  local time, date = made.time, made.date
  function made.date(format, given)
    format = format or "%c"
    return date(type(format) == "string" and "!" .. format:gsub("^!", "") or format, given)
  end
  function made.time(given)
    local at = time(given)
    if not given then return at end
    local utc = date("!*t", at)
    utc.isdst = date("*t", at).isdst
    return at + at - time(utc)
  end
end

---`os` without this program's: a recipe reads the environment variables that it was granted.
local function system(library, granted_env, fixed)
  local made = library.os
  made.execute = absent("os.execute",
    "; readers run the programs that `needs = { exec = ... }` names")
  function made.getenv(name)
    name = tostring(name)
    if not granted_env[name] then
      error(string.format("os.getenv(%q) is not granted; declare needs = { env = { %q } } and pass "
        .. "--allow-env=%s", name, name, name), 2)
    end
    return granted_env[name] ~= true and granted_env[name] or nil
  end
  if fixed.time then
    local time, date = made.time, made.date
    function made.time(given) return given and time(given) or fixed.time end
    function made.date(format, given) return date(format, given or fixed.time) end
  end
  if fixed.utc then in_utc(made) end
  return made
end

---@class InsideOptions
---@field env table<string, string|true>   granted environment variables; true: granted, not set
---@field fixed FixedGlobals

---`pairs` that yields the keys whose order is not defined (all but numbers and booleans) in the
---reverse of their order. Objects with their own order keep it.
local function reversed(pairs)
  return function(given)
    if type(given) ~= "table" or getmetatable(given) then return pairs(given) end
    local keys, undefined = {}, {}
    for key in next, given do
      keys[#keys + 1] = key
      if type(key) ~= "number" and type(key) ~= "boolean" then undefined[#undefined + 1] = #keys end
    end
    for i = 1, #undefined // 2 do
      local a, b = undefined[i], undefined[#undefined + 1 - i]
      keys[a], keys[b] = keys[b], keys[a]
    end
    local i = 0
    return function()
      local key
      repeat
        i = i + 1
        key = keys[i]
      until key == nil or given[key] ~= nil -- it may have been removed meanwhile
      return key, given[key]
    end
  end
end

---@param parts InsideParts
---@param options InsideOptions
---@param require_ fun(name: string): any
---@return table globals
function globals.new(parts, options, require_)
  local env, stock = parts.library(), parts.stock
  env._G = env
  env.print, env.require = printing(parts.door), require_
  env.io = readers(parts.host_module("host.file"), stock.io)
  env.os = system(env, options.env or {}, options.fixed or {})
  env.package = { config = stock.config, loaded = {}, path = "", cpath = "" }
  env.debug = { traceback = stock.debug.traceback }
  env.dofile = absent("dofile", "; use require")
  env.loadfile = absent("loadfile", "; use require")
  env.collectgarbage = function(what)
    if what ~= "count" then error("collectgarbage can only count in a recipe", 2) end
    return stock.collectgarbage("count")
  end
  env.math.randomseed = absent("math.randomseed", "")
  if options.fixed and options.fixed.reversed then env.pairs = reversed(env.pairs) end
  if options.fixed and options.fixed.seed then stock.math.randomseed(options.fixed.seed) end
  local load = stock.load
  env.load = function(chunk, name, _, own) return load(chunk, name, "t", own or env) end
  return env
end

return globals
