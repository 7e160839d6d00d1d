--- Queries about chunks that were split because their job failed as a whole, and about isolated
--- users: alone in a chunk whose job failed as a whole, although another one completed.

local halves = {}

-- Whether a row of `failure` is of such a user.
local ISOLATED <const> = [[
failure.code = 'JOB_FAILED' AND EXISTS (
  SELECT 1 FROM chunk AS alone JOIN job ON job.id = failure.job
  WHERE alone.id = failure.chunk AND alone.users = 1 AND job.state = 'failed'
    AND job.details IS NULL)
AND EXISTS (SELECT 1 FROM job WHERE state = 'completed')]]

-- The parts of chunk ?1, itself included, whose job failed as a whole and that were searched.
local SEARCHED <const> = [[
WITH searched AS (SELECT id, half_of FROM chunk WHERE (id = ?1 OR origin = ?1)
  AND (state = 'split'
    OR EXISTS (SELECT 1 FROM failure WHERE failure.chunk = chunk.id AND ]] .. ISOLATED .. [[)))
]]

---@param ledger Ledger
---@return integer[] ids  of the chunks whose users are in their halves
function halves.split(ledger)
  local ids = {}
  for row in ledger.db:rows "SELECT id FROM chunk WHERE state = 'split' ORDER BY id" do
    ids[#ids + 1] = row.id
  end
  return ids
end

---Halves that are not sent yet, for each chunk that they are of. Those of the smallest part come
---first: this is the order of the source, as they are sent one after the other.
---@param ledger Ledger
---@return LedgerChunk[][]
function halves.to_send(ledger)
  local lists, origin = {}, nil
  for row in ledger.db:rows([[SELECT id, origin FROM chunk
    WHERE state = 'staged' AND half_of IS NOT NULL ORDER BY origin, half_of DESC, id]]) do
    if row.origin ~= origin then
      lists[#lists + 1], origin = {}, row.origin
    end
    table.insert(lists[#lists], ledger:chunk(row.id))
  end
  return lists
end

---@param ledger Ledger
---@param origin integer  chunk
---@return integer  its parts that have no result yet, sent or not
function halves.unsettled(ledger, origin)
  return ledger.db:value([[SELECT count(*) FROM chunk
    WHERE origin = ? AND state NOT IN ('harvested', 'split')]], origin)
end

---Searches in the chunk that a half is of, ended or not, apart from the one that led to the half:
---searched parts without a smaller one, for each of them has a user that makes the job fail.
---@param ledger Ledger
---@param chunk LedgerChunk
---@return integer
function halves.other_searches(ledger, chunk)
  if not chunk.origin then return 0 end
  return ledger.db:value(SEARCHED .. [[SELECT count(*) FROM searched WHERE id <> ?2
    AND NOT EXISTS (SELECT 1 FROM searched AS part WHERE part.half_of = searched.id)]],
    chunk.origin, chunk.half_of)
end

---@param ledger Ledger
---@param failure integer  id
---@return boolean  whether its user was found to make jobs fail
function halves.is_isolated(ledger, failure)
  return ledger.db:value("SELECT 1 FROM failure WHERE id = ? AND " .. ISOLATED, failure) == 1
end

---The users that were found to make jobs fail, and still count as failed.
---@param ledger Ledger
---@param most integer  that are listed
---@return {count: integer, at: string[]}
function halves.isolated(ledger, most)
  local count, at = 0, {}
  for row in ledger.db:rows([[SELECT at FROM failure WHERE outcome IN ('judged', 'failed') AND ]]
    .. ISOLATED .. " ORDER BY position, id") do
    count = count + 1
    if count <= most then at[count] = row.at end
  end
  return { count = count, at = at }
end

return halves
