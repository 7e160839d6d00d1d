--- How folders and files of the Lua library may depend on each other, and what recipes may load.

local circles = require "tests.house.circles"
local open = require "recipe.open"
local tree = require "tests.house.tree"

local paths, requires = tree.paths, tree.requires

local folders = {}

-- Lowest first: a folder uses only those before it.
local FLOORS <const> = {
  "host", "base", "source", "pages", "auth0.hash", "auth0", "auth0.advice", "auth0.search",
  "auth0.api", "tenant", "migrate", "recipe", "recipe.inside", "catalog", "journal", "stage",
  "check", "cases", "new", "generate", "import", "report", "run", "rehearsal", "cli.text",
  "cli.common",
  "cli.commands", "cli", "recipes",
}
local HEIGHT <const> = {}
for height, name in ipairs(FLOORS) do HEIGHT[name] = height end

---The folder of a module: the longest one that its name starts with.
local function folder_of(name)
  while name and not HEIGHT[name] do name = name:match("^(.*)%.[^.]*$") end
  return name
end

---The module name of a file of the library.
local function module_of(path)
  return (path:gsub("^lualib/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

-- Third-party modules, and the floor that may require each.
local FOREIGN <const> = { argparse = "cli" }

-- Modules of the host that only one floor may require.
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

---Requires that point to a higher floor, or to what the file's floor may not require.
---@param sources Sources
---@return string[]
function folders.climbs(sources)
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
function folders.circles(sources)
  return circles.of(targets_of(sources))
end

---What modules of auth0 that recipes may require require beyond pure functions.
---@param sources Sources
---@return string[]
function folders.impurities(sources)
  local found, seen = {}, {}
  local function walk(name)
    local path = "lualib/" .. name:gsub("%.", "/") .. ".lua"
    if seen[name] or not sources[path] then return end
    seen[name] = true
    for number, inner in requires(sources[path]) do
      if inner:find("^auth0%.") or inner:find("^base%.") then
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

---What the modules of a recipe's Lua state require that is not on their list.
---@param sources Sources
---@return string[]
function folders.unlisted(sources)
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

---Modules on that list that no other on it requires, except those that recipes may require.
---@param sources Sources
---@return string[]
function folders.unneeded(sources)
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

---How often each folder requires from each other one.
---@param sources Sources
---@return table<string, table<string, integer>>
local function arrows(sources)
  local counts = {}
  for _, path in ipairs(paths(sources, "^[lr]%w+/.*%.lua$")) do
    local from = not path:find("^lualib/meta/") and folder_of(module_of(path))
    for _, name in requires(from and sources[path] or "") do
      local to = folder_of(name)
      if to and to ~= from then
        counts[from] = counts[from] or {}
        counts[from][to] = (counts[from][to] or 0) + 1
      end
    end
  end
  return counts
end

---The folders as a Graphviz text, the lowest at the bottom; an arrow is a dependency, with the
---number of requires.
---@param sources Sources
---@return string
function folders.drawing(sources)
  local counts = arrows(sources)
  local text = { "digraph house {", "  rankdir = TB;", "  node [shape = box];" }
  for i = #FLOORS, 1, -1 do text[#text + 1] = string.format("  %q;", FLOORS[i]) end
  for i = #FLOORS, 1, -1 do
    for k = #FLOORS, 1, -1 do
      local n = (counts[FLOORS[i]] or {})[FLOORS[k]]
      if n then
        text[#text + 1] = string.format("  %q -> %q [label = %d];", FLOORS[i], FLOORS[k], n)
      end
    end
  end
  text[#text + 1] = "}\n"
  return table.concat(text, "\n")
end

return folders
