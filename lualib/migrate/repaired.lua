--- The users of failed.ndjson, repaired by a person or by a changed recipe, become chunks of the
--- same run once more.

local file = require "host.file"
local json = require "host.json"

local repaired = {}

---What a line of failed.ndjson became.
---@param face Run
---@param engine Engine
---@param line table
---@param row table      the journal's
local function take(face, engine, line, row)
  local refused = {
    id = row.id, position = row.position, at = row.at, user = line.user, code = row.code,
    path = row.path, message = row.message, errors = row.errors, round = row.round,
  }
  local user = face:repair(refused)
  local queued, why = face:requeue(user or line.user, refused)
  if not queued then
    engine:record("judged", { { id = row.id, outcome = "failed", why = why } })
  end
  return queued
end

---Queues every user of the list that still counts as failed. Lines that were taken out of it stay
---failed.
---@param face Run
---@param engine Engine
---@return integer queued
function repaired.queue(face, engine)
  local path = engine.dir:file("failed.ndjson")
  local input <close> = engine:check(file.open(path))
  local reader <close> = json.reader(input, { lines = true, lazy = false })
  local queued, n = 0, 0
  while true do
    n = n + 1
    local line, message = reader:next()
    if line == nil then break end
    if not line or type(line) ~= "table" or type(line.user) ~= "table" then
      engine:check(nil, string.format("%s:%d: %s", path, n,
        line == false and message or "a line needs an object `user`"), "usage")
    end
    local row = engine.ledger:failure(math.tointeger(line.id) or 0)
    if row and row.outcome == "failed" and take(face, engine, line, row) then
      queued = queued + 1
    end
  end
  return queued
end

return repaired
