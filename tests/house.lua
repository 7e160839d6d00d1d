--- The rules of the house, each a function from sources (path -> text) to what breaks it.

local circles = require "tests.circles"
local file = require "host.file"
local open = require "recipe.open"

local house = {}

---@alias Sources table<string, string>  path -> text

local TEXT <const> = { c = true, h = true, lua = true, md = true, cmake = true, mjs = true,
  txt = true, yaml = true }

local function read_tree(sources, folder, wanted)
  for _, name in ipairs(assert(file.list(folder))) do
    local path = folder .. "/" .. name
    local stat = file.stat(path)
    if stat and stat.type == "folder" then
      read_tree(sources, path, wanted)
    elseif stat and wanted(path) then
      sources[path] = assert(file.read(path))
    end
  end
end

local function is_text(path)
  return TEXT[path:match("%.(%w+)$")] and not path:find("/fixtures/")
end

---Everything that is written by hand, fixtures aside.
---@return Sources
function house.tree()
  local sources = {}
  for _, folder in ipairs { "host", "lualib", "recipes", "tests", "docs", "cmake" } do
    if file.stat(folder) then
      read_tree(sources, folder, function(path)
        return is_text(path) and not path:find("^tests/recipes/")
      end)
    end
  end
  for _, path in ipairs { "CMakeLists.txt", "README.md", "bootstrap", ".ci/run" } do
    if file.stat(path) then sources[path] = assert(file.read(path)) end
  end
  return sources
end

---The paths that match, sorted.
local function paths(sources, pattern)
  local found = {}
  for path in pairs(sources) do
    if path:find(pattern) then found[#found + 1] = path end
  end
  table.sort(found)
  return found
end

local function lines(text)
  local number = 0
  local next_line = text:gmatch("([^\n]*)\n?")
  return function()
    number = number + 1
    local line = next_line()
    if line then return number, line end
  end
end

house.paths, house.lines = paths, lines

-- -- floors

-- Lowest first: a folder uses only what stands before it.
local FLOORS <const> = {
  "host", "base", "source", "auth0.hash", "auth0", "auth0.advice", "auth0.search", "auth0.api",
  "tenant", "migrate", "recipe.inside", "recipe", "journal", "stage", "check", "import", "report",
  "run", "rehearsal", "cli.text", "cli.common", "cli.commands", "cli", "recipes",
}
local HEIGHT <const> = {}
for height, name in ipairs(FLOORS) do HEIGHT[name] = height end

---The folder that a module lies in: the longest one that begins its name.
local function folder_of(name)
  while name and not HEIGHT[name] do name = name:match("^(.*)%.[^.]*$") end
  return name
end

---The module that a file of the library is.
local function module_of(path)
  return (path:gsub("^lualib/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

-- Other people's modules, and the floor that may require each.
local FOREIGN <const> = { argparse = "cli", lxp = "source" }

-- Modules of the host that one floor has to itself.
local OWNED_HOST <const> = { ["host.server"] = "tenant", ["host.jobs"] = "base" }

local function objection(floor, name)
  local target = folder_of(name)
  if name == "cjson" then return nil end
  if FOREIGN[name] then return FOREIGN[name] ~= floor and "belongs to " .. FOREIGN[name] or nil end
  if not target then return "is on no floor" end
  if floor == "recipes" then
    return not open.MODULES[name] and target ~= "recipes" and "is not open to recipes" or nil
  end
  if HEIGHT[target] > HEIGHT[floor] then return "is above" end
  local owner = OWNED_HOST[name]
  return owner and owner ~= floor and "belongs to " .. owner or nil
end

---Each literal `require` of a Lua text: line and name.
local function requires(text)
  return coroutine.wrap(function()
    for number, line in lines(text) do
      if not line:find("^%s*%-%-") then
        for name in line:gmatch("%f[%w_]require%s*%(?%s*[\"']([%w_.]+)[\"']") do
          coroutine.yield(number, name)
        end
      end
    end
  end)
end

---Requires that point to a higher floor, or to what is not open to the file's own.
---@param sources Sources
---@return string[]
function house.climbs(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "%.lua$")) do
    local floor = path:find("^tests/") == nil and folder_of(module_of(path)) or nil
    if floor then
      for number, name in requires(sources[path]) do
        local why = objection(floor, name)
        if why then
          found[#found + 1] = string.format("%s:%d: %s %s", path, number, name, why)
        end
      end
    end
  end
  return found
end

---The files that each file of lualib and recipes requires.
local function targets_of(sources)
  local targets = {}
  for _, path in ipairs(paths(sources, "%.lua$")) do
    targets[path] = not path:find("^tests/") and {} or nil
    for _, name in requires(targets[path] and sources[path] or "") do
      local file_name = name:gsub("%.", "/")
      for _, pattern in ipairs { "lualib/%s.lua", "lualib/%s/init.lua", "%s.lua" } do
        local target = pattern:format(file_name)
        if sources[target] then table.insert(targets[path], target) end
      end
    end
  end
  return targets
end

---Files that require each other in a circle: each circle with all its files.
---@param sources Sources
---@return string[]
function house.circles(sources)
  return circles.of(targets_of(sources))
end

---What the modules of auth0 that recipes see require beyond pure functions.
---@param sources Sources
---@return string[]
function house.impurities(sources)
  local found, seen = {}, {}
  local function walk(name)
    local path = "lualib/" .. name:gsub("%.", "/") .. ".lua"
    if seen[name] or not sources[path] then return end
    seen[name] = true
    for number, inner in requires(sources[path]) do
      if inner:find("^auth0%.") then
        walk(inner)
      elseif not open.PURE_HOST[inner] then
        found[#found + 1] = string.format("%s:%d: %s", path, number, inner)
      end
    end
  end
  for _, name in ipairs(open.names()) do
    if name:find("^auth0%.") then walk(name) end
  end
  return found
end

---What the modules of a recipe's Lua state require that is not on the list of these.
---@param sources Sources
---@return string[]
function house.unlisted(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "^lualib/.*%.lua$")) do
    if open.may_load(module_of(path)) then
      for number, name in requires(sources[path]) do
        if not open.may_load(name) then
          found[#found + 1] = string.format("%s:%d: %s", path, number, name)
        end
      end
    end
  end
  return found
end

---Modules on that list that no other one on it requires, those aside that recipes are given.
---@param sources Sources
---@return string[]
function house.unneeded(sources)
  local needed, found = {}, {}
  for _, path in ipairs(paths(sources, "^lualib/.*%.lua$")) do
    if open.may_load(module_of(path)) then
      for _, name in requires(sources[path]) do needed[name] = true end
    end
  end
  for _, list in ipairs { open.NEEDED, open.PURE_HOST, open.READING_HOST } do
    for name in pairs(list) do
      if not needed[name] and folder_of(name) ~= "recipe.inside" then found[#found + 1] = name end
    end
  end
  table.sort(found)
  return found
end

-- What only one file may name: the one wait, the one protected call, and the prefix of user_ids,
-- which may not stand in texts and comments either.
local ONLY <const> = {
  { what = "%f[%w_]loop%.wait%f[^%w_]", where = "lualib/base/scheduler.lua", name = "loop.wait" },
  { what = "%f[%w_]x?pcall%f[^%w_]", where = "lualib/base/guard.lua", name = "pcall" },
  { what = "auth0|", where = "lualib/auth0/identifiers.lua", name = "auth0|", anywhere = true },
}

---Waits outside the scheduler, protected calls outside the guard, the prefix outside its file.
---@param sources Sources
---@return string[]
function house.strays(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "%.lua$")) do
    local is_ours = not (path:find("^tests/") or path:find("^lualib/meta/"))
    for number, line in lines(sources[path]) do
      for _, only in ipairs(is_ours and ONLY or {}) do
        local code = only.anywhere and line or line:gsub("%s*%-%-.*", ""):gsub('"[^"]*"', "")
        if path ~= only.where and code:find(only.what) then
          found[#found + 1] = string.format("%s:%d: %s", path, number, only.name)
        end
      end
    end
  end
  return found
end

-- What a text for people is called.
local MESSAGES <const> = { "message", "reason", "why", "detail" }
local READS <const> = { find = true, match = true, gmatch = true, gsub = true }

-- Who reads one all the same, and why.
local READERS <const> = {
  ["lualib/cli/parse.lua"] = "argparse tells what is wrong in a text alone",
  ["lualib/auth0/codes.lua"] = "a path that Auth0 tells in its message alone",
  ["lualib/auth0/fixers.lua"] = "figures and names that Auth0 tells in its message alone",
  ["lualib/recipe/call.lua"] = "Lua tells the place of an error in its text alone",
  ["lualib/stage/findings.lua"] = "takes out of messages what is one record's, to group them",
  ["lualib/tenant/verdict.lua"] = "puts our validator's words into those of Auth0's",
}

---The name of a message that a line of code searches, or nil.
local function searched(code)
  for _, name in ipairs(MESSAGES) do
    local word = "%f[%w_]" .. name .. "%f[^%w_]"
    for _, before in ipairs { word .. "%s*:%s*", word .. '%s+or%s+""%s*%)%s*:%s*' } do
      for method in code:gmatch(before .. "(%a+)%s*[%({\"]") do
        if READS[method] then return name end
      end
    end
    for called in code:gmatch("%f[%w_]string%.(%a+)%s*%(%s*[%w_.]-" .. word) do
      if READS[called] then return name end
    end
  end
end

---Searches in texts for people: what code needs is a value beside the message. An exception that
---is none any more is told too.
---@param sources Sources
---@return string[]
function house.readings(sources)
  local found, seen = {}, {}
  for _, path in ipairs(paths(sources, "^lualib/.*%.lua$")) do
    for number, line in lines(sources[path]) do
      local name = searched((line:gsub('"[^"]*"', '""'):gsub("%s*%-%-.*", "")))
      if name and READERS[path] then
        seen[path] = true
      elseif name then
        found[#found + 1] = string.format("%s:%d: reads %s", path, number, name)
      end
    end
    if READERS[path] and not seen[path] then
      found[#found + 1] = path .. ": is no exception any more"
    end
  end
  return found
end

-- -- Lua that explains itself

---What the annotations above a function lack, or nil.
local function gap(doc, arguments, returns)
  if doc:find("@type", 1, true) then return nil end
  for name in arguments:gmatch("[%w_.]+") do
    local pattern = "@param%s+" .. name:gsub("%.", "%%.") .. "%??%s"
    if not name:find("^_") and not doc:find(pattern) then return "@param " .. name end
  end
  if returns and not doc:find("@return", 1, true) then return "@return" end
  if doc == "" and arguments ~= "" then return "a comment" end
end

---Does the function whose first line begins at `from` end with a return of something?
local function returns_something(text, from)
  local one_line = text:match("^[^\n]*%f[%w]return%s+[^%s][^\n]*%f[%w]end\n", from)
  if one_line then return not one_line:find("return%s+end") end
  local body = text:sub(from, text:find("\nend\n", from, true))
  local last
  for _, line in lines(body) do
    if line:find("^  [%w_(]") then last = line end
  end
  return last ~= nil and last:find("^  return%s+[^%s]") ~= nil
end

---The functions of the module's own table have to explain themselves; the methods of its objects
---may be private, but what they do explain has to be whole.
local function must_explain(text, owner, separator, name, doc)
  if name:find("^__") then return false end
  if separator == ":" then return doc:find("@param", 1, true) ~= nil end
  return text:find("\nreturn " .. owner .. "\n$") ~= nil
end

---Exported functions whose parameters or results are not annotated.
---@param sources Sources
---@return string[]
function house.unexplained(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "^lualib/.*%.lua$")) do
    local text, doc, at = sources[path], "", 1
    local inside = not path:find("^lualib/meta/")
    for number, line in lines(text) do
      local owner, separator, called, arguments
        = text:match("^function ([%w_]+)([.:])([%w_]+)(%b())", at)
      local name = owner and owner .. separator .. called
      if inside and name and must_explain(text, owner, separator, called, doc) then
        local what = gap(doc, arguments:sub(2, -2), returns_something(text, at))
        if what then
          found[#found + 1] = string.format("%s:%d: %s lacks %s", path, number, name, what)
        end
      end
      doc = line:find("^%-%-%-") and doc .. line .. "\n" or ""
      at = at + #line + 1
    end
  end
  return found
end

-- -- the manual

local function mentions(manual, word)
  local plain = word:gsub("%-", "%%-")
  for code in manual:gmatch("`([^`\n]+)`") do
    if (" " .. code .. " "):find("[^%w-]" .. plain .. "[^%w-]") then return true end
  end
  return false
end

---Commands and options that the manual does not name, in backquotes.
---@param commands string[]
---@param list Option[]
---@param manual string
---@return string[]
function house.unwritten(commands, list, manual)
  local words, found = {}, {}
  for _, command in ipairs(commands) do words[command] = true end
  for _, option in ipairs(list) do
    for flag in option.flags:gmatch("%S+") do words[flag] = true end
  end
  for word in pairs(words) do
    if not mentions(manual, word) then found[#found + 1] = word end
  end
  table.sort(found)
  return found
end

-- -- layout

---Trailing blanks, and tabs before Lua or C.
---@param sources Sources
---@return string[]
function house.untidy(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "")) do
    local code = path:find("%.lua$") or path:find("%.[ch]$")
    for number, line in lines(sources[path]) do
      local what = line:find("[ \t\r]$") and "blanks at the end"
        or code and line:find("^ *\t") and "a tab"
      if what then found[#found + 1] = string.format("%s:%d: %s", path, number, what) end
    end
  end
  return found
end

return house
