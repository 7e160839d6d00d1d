--- The manual names everything and only files that exist; no line has stray white space.

local file = require "host.file"
local tree = require "tests.house.tree"

local lines = tree.lines

local writing = {}

local function mentions(manual, word)
  local plain = word:gsub("%-", "%%-")
  for code in manual:gmatch("`([^`\n]+)`") do
    if (" " .. code .. " "):find("[^%w-]" .. plain .. "[^%w-]") then return true end
  end
  return false
end

---Commands and options that the manual does not name in backticks.
---@param commands string[]
---@param list Option[]
---@param manual string
---@return string[]
function writing.unwritten(commands, list, manual)
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

-- The pages that lead through the source tree.
local GUIDES <const> = { "CONTRIBUTING.md", "docs/architecture.md" }
local ROOTS <const> = { host = true, lualib = true, recipes = true, tests = true, docs = true,
  cmake = true }
local EXTENSIONS <const> = { lua = true, c = true, h = true, md = true, txt = true }

local function exists(path)
  return file.stat(path) ~= nil
end

---Whether a word of code on a page is a path of the source tree. NAME is a placeholder.
local function is_path(word)
  if word:find("NAME", 1, true) or word:find("[:*]") or word:find("^build") then return false end
  return ROOTS[word:match("^(%w+)/")] or EXTENSIONS[word:match("%.(%l+)$")] or false
end

---The parts of a line in which a short name may follow a path: cells of a table, or the line.
local function cells(line)
  return line:gmatch(line:find("^|") and "[^|]+" or ".+")
end

---Files and folders that a guide names in backticks or as the target of a link, and that do not
---exist. A short name is a file in the folder of the file named before it in the same cell, list
---item or paragraph, or a file in the project's folder.
---@param sources Sources
---@return string[]
function writing.missing(sources)
  local found = {}
  for _, page in ipairs(GUIDES) do
    local folder, in_block, base = "", false, page:match("^.*/") or ""
    local function check(number, path, is_there)
      if not is_there then found[#found + 1] = string.format("%s:%d: %s", page, number, path) end
    end
    local function check_code(number, word)
      if word:find("/", 1, true) then
        check(number, word, exists(word))
        folder = EXTENSIONS[word:match("%.(%l+)$")] and word:match("^.*/") or folder
      else
        check(number, word, exists(folder .. word) or exists(word))
      end
    end
    for number, line in lines(sources[page] or "") do
      if line:find("^```") then in_block = not in_block end
      if line == "" or line:find("^%d+%. ") or line:find("^%- ") then folder = "" end
      for cell in cells(in_block and "" or line) do
        if line:find("^|") then folder = "" end
        for code in cell:gmatch("`([^`]+)`") do
          for word in code:gmatch("%S+") do
            if is_path(word) then check_code(number, word) end
          end
        end
        for path in cell:gmatch("%]%(([^)#:]+)[)#]") do
          check(number, path, exists(base .. path))
        end
      end
    end
  end
  return found
end

---Trailing blanks, and tabs before Lua or C.
---@param sources Sources
---@return string[]
function writing.untidy(sources)
  return tree.find(sources, "", function(line, path)
    if line:find("[ \t\r]$") then return "blanks at the end" end
    local is_code = path:find("%.lua$") or path:find("%.[ch]$")
    return is_code and line:find("^ *\t") and "a tab" or nil
  end)
end

local LONGEST_RECIPE <const> = 150 -- lines

---Shipped recipes that are longer than a page; what several need belongs to lualib/.
---@param sources Sources
---@return string[]
function writing.long_recipes(sources)
  local found = {}
  for _, path in ipairs(tree.paths(sources, "^recipes/[^/]+%.lua$")) do
    local _, n = sources[path]:gsub("\n", "")
    if n > LONGEST_RECIPE then
      found[#found + 1] = string.format("%s:%d: of at most %d lines", path, n, LONGEST_RECIPE)
    end
  end
  return found
end

return writing
