--- The source tree as the rules see it: path -> text.

local file = require "host.file"

local tree = {}

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

---All files that are written by hand, except fixtures.
---@return Sources
function tree.read()
  local sources = {}
  for _, folder in ipairs { "host", "lualib", "recipes", "tests", "docs", "cmake" } do
    if file.stat(folder) then
      read_tree(sources, folder, function(path)
        return is_text(path) and not path:find("^tests/recipes/")
      end)
    end
  end
  local single = { "CMakeLists.txt", "CONTRIBUTING.md", "README.md", "bootstrap", ".ci/run" }
  for _, path in ipairs(single) do
    if file.stat(path) then sources[path] = assert(file.read(path)) end
  end
  return sources
end

---The paths that match, sorted.
---@param sources Sources
---@param pattern string
---@return string[]
function tree.paths(sources, pattern)
  local found = {}
  for path in pairs(sources) do
    if path:find(pattern) then found[#found + 1] = path end
  end
  table.sort(found)
  return found
end

---The lines of a text: number and line.
---@param text string
---@return fun(): integer?, string?
function tree.lines(text)
  local number = 0
  local next_line = text:gmatch("([^\n]*)\n?")
  return function()
    number = number + 1
    local line = next_line()
    if line then return number, line end
  end
end


---Each literal `require` of a Lua text: line and name.
---@param text string
---@return fun(): integer?, string?
function tree.requires(text)
  return coroutine.wrap(function()
    for number, line in tree.lines(text) do
      if not line:find("^%s*%-%-") then
        for name in line:gmatch("%f[%w_]require%s*%(?%s*[\"']([%w_.]+)[\"']") do
          coroutine.yield(number, name)
        end
      end
    end
  end)
end

---What a rule finds in the lines of the files that match: "path:number: what".
---@param sources Sources
---@param pattern string
---@param look fun(line: string, path: string): string|false|nil  what is wrong with it
---@return string[]
function tree.find(sources, pattern, look)
  local found = {}
  for _, path in ipairs(tree.paths(sources, pattern)) do
    for number, line in tree.lines(sources[path]) do
      local what = look(line, path)
      if what then found[#found + 1] = string.format("%s:%d: %s", path, number, what) end
    end
  end
  return found
end

return tree
