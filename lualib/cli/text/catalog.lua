--- The list of recipes, and what one of them says of itself, as text.

local format = require "base.format"
local json = require "host.json"
local needs = require "recipe.needs"
local page = require "catalog.page"
local tables = require "cli.text.tables"

local catalog_text = {}

local COLUMNS <const> = { "recipe", "system", "passwords", "factors", "reads", "where" }
local WIDEST <const> = 44 -- characters of a cell before the last

local function said(value)
  return value ~= json.null and value or nil
end

---A cell of a text from a recipe, which may be of any length.
local function cell(value)
  local text = tostring(said(value) or "")
  local last = utf8.offset(text, WIDEST)
  return last and #text > last and text:sub(1, last - 1) .. "…" or text
end

local function reads_of(entry)
  return said(entry.reads) and table.concat(entry.reads, ", ") or ""
end

local function where_of(entry)
  local where = entry.shipped and "shipped" or entry.path
  return entry.hidden and where .. " (another " .. entry.name .. " is found first)" or where
end

---Rows whose cells begin below each other.
---@param rows string[][]
---@return string[]
local function aligned(rows)
  local widths, lines = {}, {}
  for _, row in ipairs(rows) do
    for i, one in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, utf8.len(one) or #one)
    end
  end
  for n, row in ipairs(rows) do
    local cells = {}
    for i, one in ipairs(row) do
      cells[i] = one .. string.rep(" ", widths[i] - (utf8.len(one) or #one))
    end
    lines[n] = table.concat(cells, "  "):match("^(.-) *$")
  end
  return lines
end

---@param report CatalogReport
---@return string
function catalog_text.list(report)
  local rows, faults = { COLUMNS }, {}
  for _, one in ipairs(report.recipes) do
    if said(one.fault) then
      faults[#faults + 1] = { "  " .. cell(one.name), one.fault:match("^[^\n]*") }
    else
      rows[#rows + 1] = {
        cell(one.name), cell(one.system), cell(one.passwords), cell(one.factors), reads_of(one),
        where_of(one),
      }
    end
  end
  local lines = aligned(rows)
  if #faults > 0 then
    lines[#lines + 1] = "not usable as recipes:"
    tables.append(lines, aligned(faults))
  end
  return tables.text(lines)
end

local FACTS <const> = {
  { "system", function(one) return said(one.system) end },
  { "passwords", function(one) return said(one.passwords) end },
  { "factors", function(one) return said(one.factors) end },
  { "reads", function(one) return said(one.reads) and table.concat(one.reads, ", ") end },
  { "where", function(one) return one.shipped and "shipped with the program" or one.path end },
  {
    "asks to", function(one)
      local sentences = needs.describe(one.needs)
      return sentences[1] and table.concat(sentences, ", ")
    end,
  },
  { "repairs", function(one) return one.fixes[1] and table.concat(one.fixes, ", ") end },
}

---A table: two columns below each other; of more, what follows the first is below it.
local function table_lines(rows)
  if #rows[1] < 3 then return aligned(rows) end
  local lines = {}
  for i = 2, #rows do
    lines[#lines + 1] = rows[i][1]
    for k = 2, #rows[i] do
      lines[#lines + 1] = string.format("    %s: %s", rows[1][k] or "", rows[i][k])
    end
  end
  return lines
end

---A section of a page: code without its fences, tables without their borders.
local function section_lines(text)
  local lines, rows, is_code = {}, {}, false
  local function flush()
    if rows[1] then tables.append(lines, table_lines(rows)) end
    rows = {}
  end
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    local cells = not is_code and page.cells(line)
    if line:find("^```") then
      is_code = not is_code
    elseif cells then
      cells[1] = "  " .. (cells[1] or "")
      if not cells[1]:find("^  :?%-+:?$") then rows[#rows + 1] = cells end
    else
      flush()
      lines[#lines + 1] = is_code and "    " .. line or line
    end
  end
  flush()
  return lines
end

---A paragraph with a heading.
local function add(lines, title, more)
  if #more == 0 then return end
  lines[#lines + 1] = ""
  if title ~= "" then lines[#lines + 1] = title end
  tables.append(lines, more)
end

local function split(text)
  local lines = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
  return lines
end

---@param one CatalogDescription
---@return string
function catalog_text.describe(one)
  if said(one.text) then return tables.text(split(one.text)) end
  local rows, lines = { { "recipe", one.name } }, {}
  for _, fact in ipairs(FACTS) do
    local value = fact[2](one)
    if value then rows[#rows + 1] = { fact[1], value } end
  end
  tables.append(lines, aligned(rows))
  add(lines, "", split(one.usage))
  for _, section in ipairs(said(one.page) and one.page.sections or {}) do
    if section.title ~= "Parameters" then -- they come from the recipe itself
      add(lines, section.title ~= "" and section.title .. ":" or "", section_lines(section.text))
    end
  end
  return tables.text(lines)
end

---@param report CopyReport
---@return string
function catalog_text.copy(report)
  local lines = {}
  for _, name in ipairs(report.files) do lines[#lines + 1] = name .. " is written" end
  if said(report.extends) then
    lines[1] = lines[1] .. ": a recipe that extends " .. report.extends
  end
  return tables.text(lines)
end

---@param report AnnotateReport
---@return string
function catalog_text.annotate(report)
  local lines = { string.format("%s has %s of annotations", report.folder,
    format.count(report.files, "file")) }
  if said(report.add) then
    lines[2] = string.format("%s is not changed; add to it, or repeat with --force:",
      report.settings)
    lines[3] = "  " .. report.add
  else
    lines[2] = string.format("%s %s", report.settings, report.changed and "is written"
      or "is up to date")
  end
  return tables.text(lines)
end

return catalog_text
