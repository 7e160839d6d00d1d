--- The manual names everything, and no line is untidy.

local tree = require "tests.house.tree"

local lines, paths = tree.lines, tree.paths

local writing = {}

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

---Trailing blanks, and tabs before Lua or C.
---@param sources Sources
---@return string[]
function writing.untidy(sources)
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

return writing
