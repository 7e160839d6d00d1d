--- The mailing lists of a run as text: how many people, why, and where they are written.

local format = require "base.format"
local json = require "host.json"
local tables = require "cli.text.tables"

local lists_text = {}

local MOST_REASONS <const> = 5

local UNKNOWN <const> = "The program that staged this run did not note what users lose: only those "
  .. "that cannot be imported are known."
local NOT_WRITTEN <const> = "--csv DIR writes a CSV file for each list."
local PRIVATE <const> = "The files hold personal data; only their owner can read them."

local function add(rows, list)
  rows[#rows + 1] = {
    list.name, format.number(list.people),
    list.about .. (list.file ~= json.null and ": " .. list.file or ""),
  }
  for i = 1, math.min(#list.reasons, MOST_REASONS) do
    local one = list.reasons[i]
    rows[#rows + 1] = {
      "", format.number(one.people), "  " .. one.what:gsub("_", " ") .. ": " .. one.reason,
    }
  end
  if #list.reasons > MOST_REASONS then
    rows[#rows + 1] = {
      "", "", "  and " .. format.count(#list.reasons - MOST_REASONS, "more reason"),
    }
  end
end

---@param statement ListsStatement
---@return string
function lists_text.of(statement)
  local rows, is_written, people = {}, false, 0
  for _, list in ipairs(statement.lists) do
    if list.people > 0 then add(rows, list) end
    people, is_written = people + list.people, is_written or list.file ~= json.null
  end
  local lines = { statement.run .. ": " .. (people > 0 and "people to write to"
    or "nobody loses anything, and everybody can be imported") }
  if not statement.known then lines[1] = statement.run end
  tables.append(lines, tables.aligned(rows, { false, true }))
  if not statement.known then lines[#lines + 1] = UNKNOWN end
  if people > 0 then lines[#lines + 1] = is_written and PRIVATE or NOT_WRITTEN end
  return tables.text(lines)
end

return lists_text
