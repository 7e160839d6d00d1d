--- What a finished run keeps of a chunk: one line per user with its position, identifiers, job,
--- outcome and a digest of each field, and the name and language of users that lose something or
--- failed. Enough to verify, undo and write to people, without secrets.
--- Written while the import waits, once the outcomes are final. The chunk file stays until the run
--- is finished: fixers, failures and run:users need it.

local crash = require "base.crash"
local file = require "host.file"
local halves = require "journal.halves"
local json = require "host.json"
local lost = require "journal.lost"
local persons = require "journal.persons"
local run_users = require "journal.users"

local archive = {}

-- With less free space nothing is written early: the journal and what is in flight come first.
local RESERVE <const> = 256 * 1024 * 1024 -- bytes

local TURN <const> = 512 -- users; about 1 ms, because the next upload is in progress

local LINE <const> = '{"at":%s,"position":%d,%s,%s%s}\n'

---The members of a line that most users of a chunk share.
local function shared(outcome, job, user_id)
  return json.encode({ outcome = outcome, job = job, tenant_id = user_id }):sub(2, -2)
end

---What is kept of the persons that somebody may write to, by place.
local function persons_of(ledger, dir, record, outcomes)
  local codes, kept = lost.of_chunk(ledger, record.id), {}
  if not next(codes) and not next(outcomes) then return kept end
  local users, message, kind = dir:users(record)
  if not users then return nil, message, kind end
  for place, placed in ipairs(users) do
    if codes[place] or outcomes[place] then kept[place] = persons.kept(placed.user) end
  end
  return kept
end

local function text_of(ledger, dir, record, yield)
  local users, message, kind = dir:written_outlines(record)
  if not users then return nil, message, kind end
  local outcomes, job = ledger:outcomes(record.id), ledger:last_job(record.id)
  local kept
  kept, message, kind = persons_of(ledger, dir, record, outcomes)
  if not kept then return nil, message, kind end
  local rest, lines = shared(run_users.rest(record), job), {}
  for place, placed in ipairs(users) do
    local row = outcomes[place]
    lines[place] = LINE:format(json.encode(placed.at), placed.position, placed.user,
      row and shared(row.outcome, job, row.user_id) or rest, kept[place] or "")
    if yield and place % TURN == 0 then yield() end
  end
  return table.concat(lines)
end

---Writes the file, which gets its name only when it is complete.
local function write(ledger, dir, record, yield)
  local path = dir:sent(record.id)
  local temporary = path .. ".new"
  local text, message, kind = text_of(ledger, dir, record, yield)
  if not text then return nil, message, kind end
  local output <close>, why, what = file.create(temporary, { zstd = true })
  if not output then return nil, why, what end
  local done
  done, message, kind = output:write(text)
  if done then done, message, kind = output:finish() end
  if done then done, message, kind = file.rename(temporary, path) end
  if not done then
    file.remove(temporary)
    return nil, message, kind
  end
  return true
end

---Archives a harvested chunk early, if its outcomes are final and the disk has room.
---@param ledger Ledger
---@param dir RunDirectory
---@param id integer  of the chunk
---@param yield? fun()  called every few users, so that other tasks can run
---@return true?
---@return string? message
---@return Kind? kind
function archive.prepare(ledger, dir, id, yield)
  local free = file.free(dir.path)
  if not ledger:is_settled(id) or not free or free < RESERVE then return true end
  local done, message, kind = write(ledger, dir, ledger:chunk(id), yield)
  if done then crash.point(ledger, "sent.prepared") end
  return done, message, kind
end

local function replace(ledger, dir, id)
  if not (file.stat(dir:sent(id)) and ledger:is_settled(id)) then
    local done, message, kind = write(ledger, dir, ledger:chunk(id))
    if not done then return nil, message, kind end
  end
  crash.point(ledger, "sent.file")
  return file.remove(dir:chunk(id))
end

---Removes a file if it exists.
local function discard(path)
  local done, message, kind = file.remove(path)
  if done or kind == "missing" then return true end
  return nil, message, kind
end

---Removes chunk files without users of their own: of chunks that were split, and of those that a
---kill left before they were recorded, whose ids come next.
local function remove_others(ledger, dir)
  local ids, id = halves.split(ledger), ledger:last_chunk() + 1
  while file.stat(dir:chunk(id)) do
    ids[#ids + 1], id = id, id + 1
  end
  for _, one in ipairs(ids) do
    local done, message, kind = discard(dir:chunk(one))
    if not done then return nil, message, kind end
  end
  return true
end

---Replaces the chunk files of a finished run.
---@param ledger Ledger
---@param dir RunDirectory
---@param pause fun(users: integer): boolean  called after each chunk; false stops
---@return true?
---@return string? message
---@return Kind? kind
function archive.replace(ledger, dir, pause)
  local removed, reason, what = remove_others(ledger, dir)
  if not removed then return nil, reason, what end
  local users = 0
  for record in ledger:chunks() do
    if file.stat(dir:chunk(record.id)) then
      local done, message, kind = replace(ledger, dir, record.id)
      if not done then return nil, message, kind end
    end
    users = users + record.users
    if not pause(users) then break end
  end
  return true
end

return archive
