--- The users of failed.ndjson, repaired by hand or by a changed recipe, become chunks of the run.

local failure = require "base.failure"
local file = require "host.file"
local json = require "host.json"
local run_users = require "journal.users"

local retry_input = {}

---Calls `fn` for each line; fails with the message that it returns, or with an error of the file.
local function each(dir, fn)
  local path = dir:file("failed.ndjson")
  local input <close>, message, kind = file.open(path)
  if not input then return nil, message, kind end
  local reader <close> = json.reader(input, { lines = true, lazy = false })
  while true do
    local line, place, number = reader:next()
    if line == nil then
      if not place then return true end
      return nil, path .. ": " .. place, "usage"
    end
    if line == false then
      return nil, string.format("%s:%s: %s", path, number, place), "usage"
    end
    local wrong = fn(line)
    if wrong then return nil, string.format("%s:%s: %s", path, place, wrong), "usage" end
  end
end

---Validates the list before anything starts: edited by hand, it may be the only copy of its users.
---@param dir RunDirectory
---@param ledger Ledger
---@return true?
---@return string? message
---@return Kind? kind
function retry_input.check(dir, ledger)
  local seen = {}
  return each(dir, function(line)
    local id = type(line) == "table" and math.tointeger(line.id)
    if not id or not ledger:failure(id) then
      return "expected an object with its original `id`"
    elseif seen[id] then
      return "an earlier line has the same `id`; keep one line per user"
    elseif line.user ~= nil and type(line.user) ~= "table" then
      return "`user` is not an object"
    end
    seen[id] = true
  end)
end

---A function from a journal row to what a finished run keeps of its user.
local function outlines(ledger, dir)
  local held, users
  return function(row)
    if row.chunk ~= held then
      held, users = row.chunk, failure.check(dir:outlines(ledger:chunk(row.chunk)))
    end
    return users[row.place].user
  end
end

local function is_edited(user, outline)
  local now = {}
  for name, value in pairs(user) do now[name] = json.digest(value) end
  for name, value in pairs(now) do
    if outline.digests[name] ~= value then return true end
  end
  for name in pairs(outline.digests) do
    if now[name] == nil then return true end
  end
  return false
end

---Queues the user of a line as edited, else as repaired; `outline` is of the user as it failed.
local function queue(run, line, row, outline)
  local refused = run_users.refused(row, line.user)
  refused.attempt, refused.why = line.attempt, nil -- the reason is of an earlier recipe
  local user, options
  if is_edited(line.user, outline) then
    user, options = line.user, { why = "repaired in failed.ndjson" }
  else
    user, options = run:repair(refused)
    if not user then user, options = line.user, nil end
  end
  local queued, why = run:requeue(user, refused, options)
  if not queued then run:give_up(refused, why) end
end

---Queues every listed user that still counts as failed; removed lines and users stay failed.
---@param ledger Ledger
---@param dir RunDirectory
---@return fun(run: Run) prepare  of EngineOptions
function retry_input.queue(ledger, dir)
  return function(run)
    local outline_of = outlines(ledger, dir)
    failure.check(each(dir, function(line)
      local row = ledger:failure(line.id)
      if line.user and row.outcome == "failed" then
        local outline = outline_of(row)
        run:remember(row.id, outline)
        queue(run, line, row, outline)
      end
    end))
  end
end

return retry_input
