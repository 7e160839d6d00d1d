--- Tables of names that records refer to by an id: the roles of `role_id`.

local names = require "new.names"
local text = require "host.text"

local references = {}

local NEARLY_ALL <const> = 0.9
local MOST_NAMES <const> = 2000 -- records of a table of names

---@class Reference
---@field export Export
---@field key string      the column that refers: "role_id"
---@field other string    the id of the other table
---@field member string   of the record: "role"
---@field param? string   its parameter; nil: it is in the same file
---@field survey Survey   of its first records

local function singular(word)
  return (word:gsub("ies$", "y"):gsub("ses$", "s"):gsub("([^s])s$", "%1"))
end

---What a column refers to: "role" of "role_id"; nil if it is no reference, or one to users.
---@param name string
---@return string?
local function stem_of(name)
  local words = names.words(name)
  if #words < 2 or words[#words] ~= "id" or names.meaning(name) == "user_id" then return nil end
  return words[#words - 1]
end

---The column of ids that a reference leads to.
local function ids_of(found, stem)
  for _, column in ipairs(found.columns) do
    local plain = names.plain(column.name)
    local _, is_unique = column.distinct:count()
    if is_unique and (plain == "id" or plain == stem .. "id") then return column end
  end
end

local function has_names(found, stem)
  for _, column in ipairs(found.columns) do
    local plain = names.plain(column.name)
    if names.is_title(plain) or plain == stem
      or names.is_title((plain:gsub("^" .. stem, ""))) then return true end
  end
  return false
end

---Whether nearly all values of a column are those of another.
local function are_among(column, ids)
  local n = 0
  for _, sample in ipairs(column.samples) do
    if ids.distinct:times(text.lower(text.trim(sample) or sample)) > 0 then n = n + 1 end
  end
  return n > 0 and n >= #column.samples * NEARLY_ALL
end

---The tables that the records of a survey refer to, each called as the column is.
---@param found Survey
---@param others {export: Export, survey: Survey?}[]
---@return Reference[]
function references.of(found, others)
  local list = {}
  for _, column in ipairs(found.columns) do
    local stem = #column.way == 1 and column.filled > 0 and stem_of(column.name)
    for _, other in ipairs(stem and others or {}) do
      local words = names.words((other.export.name:gsub("%.%w+$", "")))
      local is_called = singular(words[#words] or "") == singular(stem)
      local rows = is_called and other.survey
      local ids = rows and rows.records <= MOST_NAMES and ids_of(rows, stem)
      if ids and has_names(rows, stem) and are_among(column, ids) then
        list[#list + 1] = {
          export = other.export, survey = rows, key = column.name, other = ids.name, member = stem,
        }
        break
      end
    end
  end
  return list
end

return references
