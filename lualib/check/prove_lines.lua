--- The mappings found for several logins: which one suits them all, also those that the recipe's
--- own mapping suits already, so that nobody repairs one login and breaks another.

local search = require "auth0.search"

local prove_lines = {}

local MOST_LINES <const> = 4 -- of which every combination is tried
local MOST_LOGINS <const> = 50 -- compared: a costly hash takes a quarter of a second each
local ASSIGNED <const> = "custom_password_hash = "

---@class TriedUser  a login and its user
---@field proven ProvenLogin
---@field input SearchInput
---@field verified boolean  the recipe's own mapping matches
---@field suited table<string, boolean>  by lines that were evaluated
---@field pause fun(): (fun(): boolean?)  starts the time of a search

local function fits(line, tried)
  local known = tried.suited
  if known[line] == nil then
    known[line] = search.fits(line, tried.input, tried.verified) ~= nil
  end
  return known[line]
end

---How many of the logins a line does not suit.
local function misses(line, list)
  local n = 0
  for _, tried in ipairs(list) do
    if not fits(line, tried) then n = n + 1 end
  end
  return n
end

---The lines found, each once, and those of logins that the recipe's mapping alone suits.
local function lines_of(list)
  local lines, seen = {}, {}
  local function add(line)
    if line and not seen[line] then
      seen[line] = true
      lines[#lines + 1] = line
    end
  end
  for _, tried in ipairs(list) do add(tried.proven.line) end
  for _, tried in ipairs(list) do
    local is_suited = not tried.verified or #lines >= MOST_LINES
    for _, line in ipairs(lines) do is_suited = is_suited or fits(line, tried) end
    if not is_suited then
      tried.input.known, tried.input.pause = lines, tried.pause()
      add(search.search(tried.input).line)
    end
  end
  return lines
end

---Calls `each` with every order of a list, until it returns something.
local function in_every_order(list, each, chosen)
  chosen = chosen or {}
  if #list == 0 then return each(chosen) end
  for i = 1, #list do
    local rest, more = table.move(list, 1, #list, 1, {}), table.move(chosen, 1, #chosen, 1, {})
    more[#more + 1] = table.remove(rest, i)
    local found = in_every_order(rest, each, more)
    if found then return found end
  end
end

---"custom_password_hash = a or b": the builder of the first form returns nil for the second.
local function combined(lines)
  local parts = {}
  for i, line in ipairs(lines) do parts[i] = line:sub(#ASSIGNED + 1) end
  return ASSIGNED .. table.concat(parts, " or ")
end

---The line that suits most logins among those that suit this one.
local function commonest(lines, tried, list)
  local best, best_misses
  for _, line in ipairs(lines) do
    local n = fits(line, tried) and misses(line, list)
    if n and (not best or n < best_misses) then best, best_misses = line, n end
  end
  return best, best_misses
end

---Chooses one line for all logins that have one, if there is such a line, else says how many of the
---others each line does not suit.
---@param list TriedUser[]  with a line, or verified
---@return string? line  that suits all, if they are several
function prove_lines.settle(list)
  list = table.move(list, 1, math.min(#list, MOST_LOGINS), 1, {})
  local has_line = false
  for _, tried in ipairs(list) do has_line = has_line or tried.proven.line ~= nil end
  local lines = has_line and #list > 1 and lines_of(list) or {}
  if #lines == 0 then return nil end
  for _, tried in ipairs(list) do
    if not tried.verified then
      local line, n = commonest(lines, tried, list)
      if line then tried.proven.line, tried.proven.unsuited = line, n end -- else it is doubtful
    end
  end
  local function suits_all(some)
    local line = combined(some)
    return misses(line, list) == 0 and line or nil
  end
  for _, line in ipairs(lines) do
    if suits_all { line } then return line end
  end
  return #lines <= MOST_LINES and in_every_order(lines, suits_all) or nil
end

return prove_lines
