--- What remains of a chunk when the run is finished: a line a user with its position, identifiers,
--- job, outcome and a digest of each field. Enough to verify and undo, without a secret.

local crash = require "base.crash"
local fields = require "migrate.fields"
local file = require "host.file"
local json = require "host.json"

local sent = {}

local function line_of(placed, outcome, job, user_id)
  local line = {
    position = placed.position, at = placed.at, outcome = outcome, job = job,
    digests = fields.digests(placed.user), tenant_id = user_id,
  }
  for _, name in ipairs(fields.IDENTIFIERS) do line[name] = placed.user[name] end
  return json.encode(line)
end

local function write(ledger, dir, record)
  local users, message, kind = dir:users(record)
  if not users then return nil, message, kind end
  local outcomes = ledger:outcomes(record.id)
  -- A job with upsert does not tell whom it inserted and whom it updated.
  local rest = record.updated == 0 and "inserted" or record.inserted == 0 and "updated"
    or "upserted"
  local job = ledger:last_job(record.id)
  local output <close>, why, what = file.create(dir:sent(record.id), { zstd = true })
  if not output then return nil, why, what end
  for _, placed in ipairs(users) do
    local row = outcomes[placed.place] or { outcome = rest }
    local text = line_of(placed, row.outcome, job, row.user_id)
    local done
    done, message, kind = output:write(text .. "\n")
    if not done then return nil, message, kind end
  end
  local done
  done, message, kind = output:finish()
  if not done then return nil, message, kind end
  crash.point(ledger, "sent.file")
  return file.remove(dir:chunk(record.id))
end

---Replaces the chunk files of a finished run.
---@param ledger Ledger
---@param dir RunDirectory
---@param pause fun(users: integer): boolean  after each chunk; false leaves the rest as it is
---@return true?
---@return string? message
---@return Kind? kind
function sent.replace(ledger, dir, pause)
  local users = 0
  for record in ledger:chunks() do
    if file.stat(dir:chunk(record.id)) then
      local done, message, kind = write(ledger, dir, ledger:chunk(record.id))
      if not done then return nil, message, kind end
    end
    users = users + record.users
    if not pause(users) then break end
  end
  return true
end

return sent
