--- Which names a recipe reads, as far as its text says, with that of the modules which know its
--- system.

local host = require "host"
local names = require "new.names"
local text = require "host.text"

local reads = {}

-- Modules that name what a system calls its columns; others only name what they make of them.
local KNOWING <const> = {
  ["source.auth0_export"] = true, ["source.columns"] = true, ["source.directory"] = true,
  ["source.kratos_tables"] = true, ["source.realms"] = true, ["migrate.by_columns"] = true,
}

---Code without its comments, in which a word says nothing of what is read.
local function without_comments(code)
  return (("\n" .. code):gsub("%-%-[^\n]*", ""))
end

local function add(parts, seen, code)
  code = without_comments(code)
  parts[#parts + 1] = code
  for module in code:gmatch("require%s*%(?%s*[\"']([%w_.-]+)[\"']") do
    if not seen[module] and (KNOWING[module] or module:find("^recipes%.")) then
      seen[module] = true
      local inner = host.source(module)
      if inner then add(parts, seen, inner) end
    end
  end
end

---The text of a recipe, and of the modules that it requires and that know its system, in lower
---case.
---@param code string
---@return string
function reads.text(code)
  local parts = {}
  add(parts, {}, code)
  return text.lower(table.concat(parts, "\n"))
end

local function has_word(written, word)
  if word == "" then return false end -- of a name without letters
  local from = 1
  while true do
    local first, last = written:find(word, from, true)
    if not first then return false end
    local before, after = written:sub(first - 1, first - 1), written:sub(last + 1, last + 1)
    if not (before .. after):find("[%w_]") then return true end
    from = last + 1
  end
end

---Whether a text names a column or an object, in whatever letter case.
local function has_name(written, name)
  return has_word(written, text.lower(name)) or has_word(written, names.plain(name))
end

---Columns with values whose names are not in the text of a recipe.
---@param columns Column[]
---@param written string  of reads.text
---@return Column[]
---@return table<Column, string> within  of these, those in an object that it reads: its name
function reads.not_in(columns, written)
  local list, within = {}, {}
  for _, column in ipairs(columns) do
    if column.filled > 0 and not has_name(written, column.name) then
      list[#list + 1] = column
      for i = 1, #column.way - 1 do
        local name = column.way[i].kind == "member" and column.way[i].name
        if name and name ~= column.name and has_name(written, name) then within[column] = name end
      end
    end
  end
  return list, within
end

return reads
