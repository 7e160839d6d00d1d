--- Whether `map` makes the same users again: the first records are mapped a second time, in
--- another state of the recipe, and the bytes are compared. A list built with `pairs`, a clock, a
--- random number or a counter shows; such users cannot be compared with those of a later run.

local file = require "host.file"
local json = require "host.json"
local pipeline = require "stage.pipeline"
local sorted = require "base.sorted"

local repeatable = {}

local RECORDS <const> = 1000 -- that are compared
local LATER <const> = 24 * 3600 + 3600 + 60 + 1 -- seconds; every part of a date differs

---@class MappedAgain  what became of the first records, by position: texts, one for each event
---@field [integer] string[]  and `at`, the place of the record

---An event as text: the bytes of a user, else what happened to the record. Not the message of an
---error, which may hold an address of the memory.
local function text_of(draft, ok, event, at, _, ...)
  if not ok then return "error" end
  if (event == "user" or event == "kept") and #draft > 0 then return draft:text() end
  local words = { event, at }
  for i = 1, select("#", ...) do words[#words + 1] = tostring((select(i, ...))) end
  return table.concat(words, "\0")
end

---Notes the events of a pipeline's first records.
---@param pipe Pipeline
---@return MappedAgain
function repeatable.watch(pipe)
  local made, draft = {}, pipe.mapped.draft
  pipe.watch = function(...)
    local ok, event, at, is_extra = ...
    if event == nil then return ... end
    local position = pipe.position + (ok and is_extra and 0 or 1)
    if position > RECORDS then
      pipe.watch = nil
      return ...
    end
    made[position] = made[position] or { at = ok and at or "#" .. position }
    table.insert(made[position], text_of(draft, ...))
    return ...
  end
  return made
end

-- Takes everything and keeps nothing.
local NOTHING <const> = {}
for _, name in ipairs { "user", "rejected", "skipped" } do
  NOTHING[name] = function() return true end
end

---Whether the source can be read once more: every parameter that names a file names a regular one.
---Pages of an API were kept.
local function is_readable_again(recipe)
  for _, value in pairs(recipe.params) do
    if value == "-" then return false end
    local stat = type(value) == "string" and value ~= "" and file.stat(value)
    if stat and stat.type ~= "file" and stat.type ~= "folder" then return false end
  end
  return true
end

---Maps the first records in a new state whose clock is later. The first record is left out, where
---there is another: a counter then differs by one.
---@param has_more? boolean  there is more than one record
---@param served Pages
---@return MappedAgain?
local function map_again(recipe, connection, has_more, served)
  local second = recipe.again { time = os.time() + LATER, reversed = true }
  if not second then return nil end
  second.state:serve_pages(function(...) return served:answer(...) end)
  local pipe = pipeline.new { recipe = second, connection = connection, sink = NOTHING }
  local made = repeatable.watch(pipe)
  local done = pipe:open() and (not has_more or pipe:seek(2))
    and pipe:read(function() return true end, RECORDS)
  second.state:close()
  return done and made or nil
end

---The path of the first difference between two values: "app_metadata.roles".
local function difference(a, b, path)
  if type(a) ~= "table" or type(b) ~= "table" then return a ~= b and path or nil end
  if json.is_array(a) or json.is_array(b) then
    return json.digest(a) ~= json.digest(b) and path or nil
  end
  for _, name in ipairs(sorted.all_keys { a, b }) do
    local below = difference(a[name], b[name], path == "" and name or path .. "." .. name)
    if below then return below end
  end
end

---Where two texts of an event differ; "" if it was another kind of event.
local function path_of(before, now)
  local a = before:sub(1, 1) == "{" and json.decode(before)
  local b = now and now:sub(1, 1) == "{" and json.decode(now)
  return a and b and difference(a, b, "") or ""
end

local FIX <const> = "Sort what comes from pairs; take moments and numbers from the record, not "
  .. "from a clock, a generator or a counter."

---The warning about records that became something else the second time; nil if there are none.
---@param recipe LoadedRecipe
---@param connection? Connection
---@param made MappedAgain  by the first pass
---@param served Pages       of the first pass
---@return PipelineWarning?
function repeatable.warning(recipe, connection, made, served)
  local again = is_readable_again(recipe) and map_again(recipe, connection, made[2] ~= nil, served)
  if not again then return nil end
  local n, first, path = 0, nil, nil
  for position = 1, RECORDS do
    local now, before = again[position], made[position]
    for i = 1, now and before and math.max(#now, #before) or 0 do
      if now[i] ~= before[i] then
        n, first = n + 1, first or position
        path = path or before[i] and path_of(before[i], now[i]) or ""
        break
      end
    end
  end
  if n == 0 then return nil end
  return {
    n = n, path = path, at = made[first].at, fix = FIX,
    message = "records that become something else when they are mapped again"
      .. (path ~= "" and "; the first differs in " .. path or ""),
  }
end

return repeatable
