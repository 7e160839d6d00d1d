--- The page of a recipe, docs/sources/NAME.md or NAME.md next to it: what people read about its
--- system, as sections. Written in a little Markdown: headings, paragraphs, code blocks, tables.

local json = require "host.json"
local kinds = require "recipe.kinds"
local params = require "recipe.params"

local page = {}

---@class PageSection
---@field title string  "Carried over"; "" before the first heading below the title
---@field text string   as it is written
---@field rows string[][]  of its tables, without their heads

---@class Page
---@field title string  "Keycloak"
---@field sections PageSection[]

---The sections that the page of a shipped recipe has, in order. Parameters are written by
---`page.with_parameters`.
---@type string[]
page.SECTIONS = { "Export", "Parameters", "Carried over", "Lost" }

---The cells of a row; "\|" does not end one.
---@param line string
---@return string[]?  nil for any other line
function page.cells(line)
  local inner = line:match("^%s*|(.*)|%s*$")
  if not inner then return nil end
  local cells = json.array {}
  for cell in (inner:gsub("\\|", "\0") .. "|"):gmatch("([^|]*)|") do
    cells[#cells + 1] = cell:gsub("%z", "|"):match("^%s*(.-)%s*$")
  end
  return cells
end

local function is_rule(cells)
  for _, cell in ipairs(cells) do
    if not cell:find("^:?%-+:?$") then return false end
  end
  return true
end

---The rows below the heads of tables.
local function rows_of(lines)
  local rows, is_below = json.array {}, false
  for _, line in ipairs(lines) do
    local cells = page.cells(line)
    if not cells then
      is_below = false
    elseif is_rule(cells) then
      is_below = true
    elseif is_below then
      rows[#rows + 1] = cells
    end
  end
  return rows
end

local function close(sections, title, lines)
  local text = table.concat(lines, "\n"):gsub("^\n+", ""):gsub("%s+$", "")
  if title ~= "" or text ~= "" then
    sections[#sections + 1] = { title = title, text = text, rows = rows_of(lines) }
  end
end

---@param text string
---@return Page
function page.read(text)
  local found, title, lines, is_code = { title = "", sections = json.array {} }, "", {}, false
  for line in (text:gsub("\r", "") .. "\n"):gmatch("([^\n]*)\n") do
    if line:find("^```") then is_code = not is_code end
    local level, said = line:match("^(#+)%s+(.-)%s*$")
    if is_code or not level or #level > 2 then
      lines[#lines + 1] = line
    elseif #level == 1 then
      found.title = said
    else
      close(found.sections, title, lines)
      title, lines = said, {}
    end
  end
  close(found.sections, title, lines)
  return found
end

---The section with a title.
---@param of Page
---@param title string
---@return PageSection?
function page.section(of, title)
  for _, one in ipairs(of.sections) do
    if one.title == title then return one end
  end
end

local function cell(text)
  return (text:gsub("|", "\\|"))
end

---The section "Parameters" of a recipe's page.
---@param declared table<string, ParamDeclaration>
---@return string  from its heading to the empty line after it
function page.parameters(declared)
  local lines = { "## Parameters", "", "| parameter | accepts | is |", "|---|---|---|" }
  for _, name in ipairs(params.names(declared)) do
    local one, notes = declared[name], {}
    if one.required then notes[1] = "required" end
    if one.default ~= nil then notes[#notes + 1] = "default `" .. tostring(one.default) .. "`" end
    local help = (one.help or "") .. (#notes > 0 and " (" .. table.concat(notes, "; ") .. ")" or "")
    lines[#lines + 1] = string.format("| `%s` | %s | %s |", name, cell(kinds.says(one)), cell(help))
  end
  if #lines == 4 then lines = { "## Parameters", "", "None." } end
  return table.concat(lines, "\n") .. "\n\n"
end

---A page with the section "Parameters" as the recipe has it, after "Export".
---@param text string
---@param declared table<string, ParamDeclaration>
---@return string
function page.with_parameters(text, declared)
  local before, after = text:match("^(.-\n)## Parameters\n.-\n(## .*)$")
  if not before then before, after = text:match("^(.-\n## Export\n.-\n)(## .*)$") end
  if not before then return text end
  return before .. page.parameters(declared) .. after
end

return page
