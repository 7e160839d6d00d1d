--- The rules for the host: how its files and modules may call each other, what they include, and
--- what Lua sees of them. Each is a function from sources to violations.

local tree = require "tests.house.tree"

local lines, paths = tree.lines, tree.paths

local host = {}

-- -- calls

-- The grammar of JSON is recursive (value and object), and so are these pairs.
local RECURSIONS <const> = {
  ["host/json/object.c"] = "host/json/write.c", ["host/schema/object.c"] = "host/schema/walk.c",
}

---A C text with its comments and strings blanked; lines keep their numbers.
local function code_of(text)
  local function blank(found) return (found:gsub("[^\n]", " ")) end
  return (text:gsub('"[^"\n]*"', blank):gsub("/%*.-%*/", blank))
end

---Calls `fn` with the name of each function that a C text defines for other files.
local function each_definition(code, fn)
  local head = ""
  for _, line in lines(code) do
    if line == "{" and not head:find("^static") then
      local name = head:match("%f[%w_]([%w_]+)%s*%(")
      if name then fn(name) end
    end
    head = (line:find("^[%s#]*$") or line:find("[;}]%s*$") or line:find("^#")) and ""
      or head .. line .. "\n"
  end
end

---The code of each C file, and the file that defines each function.
---@param sources Sources
---@return table<string, string> codes, table<string, string> owner
local function definitions(sources)
  local codes, owner = {}, {}
  for _, path in ipairs(paths(sources, "^host/.*%.c$")) do
    codes[path] = code_of(sources[path])
    each_definition(codes[path], function(name) owner[name] = path end)
  end
  return codes, owner
end

---@alias Call {from: string, to: string, path: string, line: integer, name: string}

---Each use of a function of another group of files.
---@param sources Sources
---@param group fun(path: string): string  the file itself, or its module
---@return Call[]
local function calls(sources, group)
  local found, codes, owner = {}, definitions(sources)
  for _, path in ipairs(paths(codes, "")) do
    for number, line in lines(codes[path]) do
      for name in line:gmatch("%f[%w_]%a[%w_]*_[%w_]+") do
        local from, to = group(path), owner[name] and group(owner[name])
        if to and to ~= from then
          found[#found + 1] = { from = from, to = to, path = path, line = number, name = name }
        end
      end
    end
  end
  return found
end

---What each node reaches.
---@param list Call[]
---@return table<string, table<string, true>>
local function closure(list)
  local next_to, reached = {}, {}
  for _, call in ipairs(list) do
    next_to[call.from] = next_to[call.from] or {}
    next_to[call.from][call.to] = true
    reached[call.from], reached[call.to] = {}, {}
  end
  local function walk(from, at)
    for to in pairs(next_to[at] or {}) do
      if not reached[from][to] then
        reached[from][to] = true
        walk(from, to)
      end
    end
  end
  for from in pairs(reached) do walk(from, from) end
  return reached
end

---Is the circle that the call is in one of the recursions, and nothing else?
local function is_recursion(call, reached)
  local size = 0
  for node in pairs(reached[call.from]) do
    if reached[node][call.from] then size = size + 1 end
  end
  return size == 2 and (RECURSIONS[call.from] == call.to or RECURSIONS[call.to] == call.from)
end

local function circles(sources, group, what)
  local list, found = calls(sources, group), {}
  local reached = closure(list)
  for _, call in ipairs(list) do
    if reached[call.to][call.from] and not is_recursion(call, reached) then
      found[#found + 1] = string.format("%s:%d: %s of %s, in a circle of %s", call.path, call.line,
        call.name, call.to, what)
    end
  end
  return found
end

---Calls that close a circle of files.
---@param sources Sources
---@return string[]
function host.file_circles(sources)
  return circles(sources, function(path) return path end, "files")
end

---The module that a file belongs to: its folder, or its own name.
local function module_of(path)
  return path:match("^host/([%w_]+)")
end

---Calls that close a circle of modules.
---@param sources Sources
---@return string[]
function host.module_circles(sources)
  return circles(sources, module_of, "modules")
end

---Functions that a header declares and no file defines: with them, calls would go unseen.
---@param sources Sources
---@return string[]
function host.undefined(sources)
  local found, _, owner = {}, definitions(sources)
  for _, path in ipairs(paths(sources, "^host/.*%.h$")) do
    local code = code_of(sources[path])
    for name in code:gmatch("static inline[^(]-([%w_]+)%(") do owner[name] = path end
    for number, line in lines(code) do
      for name in line:gmatch("%f[%w_](host_[%w_]+)%(") do
        if not owner[name] then
          found[#found + 1] = string.format("%s:%d: %s is defined nowhere", path, number, name)
        end
      end
    end
  end
  return found
end

---Includes of a header that is private to another folder: all but the one of the folder's name.
---@param sources Sources
---@return string[]
function host.intrusions(sources)
  return tree.find(sources, "^host/.*%.[ch]$", function(line, path)
    local header = line:match('^%s*#%s*include%s+"([^"]+)"')
    local folder, name = (header or ""):match("^(.-)/(.+)%.h$")
    local what = header and not sources["host/" .. header] and "is not in host/"
      or folder and folder ~= name and folder ~= module_of(path) and "is private to " .. folder
    return what and header .. " " .. what
  end)
end

---Mentions of Auth0 in the host, other than the program's name.
---@param sources Sources
---@return string[]
function host.policy_in_host(sources)
  return tree.find(sources, "^host/", function(line)
    return line:lower():gsub("auth0%-migrate", ""):find("auth0") and line
  end)
end

-- -- what Lua sees

---@alias Names table<string, table<string, true>>  class -> names of its functions or methods

local function add(names, class, name)
  names[class] = names[class] or {}
  names[class][name] = true
end

---@return table<string, string[]>  luaL_Reg tables of a C text, by name
local function registrations(text)
  local tables = {}
  for name, body in text:gmatch("luaL_Reg ([%w_]+)%[%] = (%b{})") do
    local entries = {}
    for entry in body:gmatch('{%s*"([%w_]+)"') do entries[#entries + 1] = entry end
    tables[name] = entries
  end
  return tables
end

---The methods that the C sources define for each class of handles, and their operators.
---@param sources Sources
---@return Names methods, Names operators
function host.methods(sources)
  local defines, methods, operators = {}, {}, {}
  for _, path in ipairs(paths(sources, "^host/.*%.h$")) do
    for name, value in sources[path]:gmatch('#define%s+([%w_]+)%s+"([^"\n]*)"') do
      defines[name] = value
    end
  end
  for _, path in ipairs(paths(sources, "^host/.*%.c$")) do
    local text, own = sources[path], setmetatable({}, { __index = defines })
    for name, value in text:gmatch('#define%s+([%w_]+)%s+"([^"\n]*)"') do own[name] = value end
    local tables = registrations(text)
    for class, first, second in text:gmatch("host_newtype%(L, ([%w_]+), ([%w_]+), ([%w_]+)%);") do
      for _, name in ipairs(tables[first] or {}) do add(methods, own[class] or class, name) end
      for _, name in ipairs(tables[second] or {}) do add(operators, own[class] or class, name) end
    end
  end
  return methods, operators
end

---What lualib/meta/host annotates: functions by module, methods by class, and fields.
---@param sources Sources
---@return Names functions, Names methods, Names fields
function host.annotations(sources)
  local functions, methods, fields = {}, {}, {}
  for _, path in ipairs(paths(sources, "^lualib/meta/host/.*%.lua$")) do
    local class, classes = nil, {}
    for _, line in lines(sources[path]) do
      class = line:match("^%-%-%-@class ([%w_.]+)") or class
      local field = line:match("^%-%-%-@field ([%w_]+)")
      if field then add(fields, class, field) end
      local name = line:match("^local ([%w_]+) = {}")
      if name then classes[name] = class end
      local owner, separator, called = line:match("^function ([%w_]+)([.:])([%w_]+)%(")
      if owner then add(separator == "." and functions or methods, classes[owner], called) end
    end
  end
  return functions, methods, fields
end

-- The only file that loads compiled Lua: constant data of the program.
local LOADS_COMPILED <const> = "host/embedded.c"

---Calls that load Lua without saying that it must be text: nothing verifies compiled code.
---@param sources Sources
---@return string[]
function host.loads(sources)
  local found = {}
  local function search(pattern, is_searched, call)
    for _, path in ipairs(paths(sources, pattern)) do
      for number, line in lines(is_searched(path) and sources[path] or "") do
        if line:find(call) and not line:find('"t"', 1, true) then
          found[#found + 1] = string.format("%s:%d: loads what may be compiled", path, number)
        end
      end
    end
  end
  search("^host/.*%.c$", function(path) return path ~= LOADS_COMPILED end, "%f[%w]luaL?_load%w*%(")
  search("^lualib/.*%.lua$", function(path)
    return not sources[path]:find("local function load(", 1, true) -- a function of its own
  end, "%f[%w_:.]load%(")
  return found
end

---What one set of names has and another lacks.
---@param has Names
---@param lacks Names
---@return string[]
function host.difference(has, lacks)
  local found = {}
  for class, names in pairs(has) do
    for name in pairs(names) do
      if not (lacks[class] and lacks[class][name]) then found[#found + 1] = class .. " " .. name end
    end
  end
  table.sort(found)
  return found
end

return host
