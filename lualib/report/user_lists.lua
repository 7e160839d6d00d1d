--- failed.ndjson and already_there.ndjson, written from the journal and our own chunk files, in the
--- order of the journal. Once a finished run has dropped its chunk files, the line of the earlier
--- list stays: both have the journal's id.

local file = require "host.file"
local json = require "host.json"
local run_users = require "journal.users"

local user_lists = {}

local BATCH <const> = 500

local function already_there_line(row, user)
  return {
    id = row.id, position = row.position, at = row.at, user_id = row.user_id, email = user.email,
    code = row.code, job = row.job,
  }
end

---Iterates over the lines of an earlier list that have an id; broken lines are skipped.
local function reader_of(path)
  local input = file.open(path)
  local reader = input and json.reader(input, { lines = true, lazy = false })
  return function()
    local line = reader and reader:next()
    while line == false or line and not (type(line) == "table" and math.tointeger(line.id)) do
      line = reader:next()
    end
    return line
  end
end

---Whether a list's ids rise, as they do unless it was sorted by hand.
local function is_rising(path)
  local last = 0
  for line in reader_of(path) do
    if line.id <= last then return false end
    last = line.id
  end
  return true
end

---A function from the journal's id, in rising order, to the line of an earlier list. The list may
---be the only copy of its users, so one that was sorted by hand is held in memory.
local function earlier_lines(path)
  local next_line = reader_of(path)
  if not is_rising(path) then
    local by_id = {}
    for line in next_line do by_id[line.id] = line end
    return function(id) return by_id[id] end
  end
  local line = next_line()
  return function(id)
    while line and line.id < id do line = next_line() end
    return line and line.id == id and line or nil
  end
end

---The line of an earlier list, updated from the journal; a line that was removed has no user.
local function earlier_line(row, earlier)
  local line = earlier(row.id) or run_users.refused(row)
  line.why = row.why
  return line
end

local function write_rows(ledger, dir, outcomes, output, line_of, earlier)
  local after, chunk, users = 0, nil, nil
  while true do
    local rows = ledger:failures(outcomes, after, BATCH)
    if #rows == 0 then return true end
    for _, row in ipairs(rows) do
      local message, kind
      if row.chunk ~= chunk then
        chunk, users = row.chunk, nil
        if file.stat(dir:chunk(chunk)) then
          users, message, kind = dir:users(ledger:chunk(chunk))
          if not users then return nil, message, kind end
        end
      end
      local line = users and line_of(row, users[row.place].user) or earlier_line(row, earlier)
      local done
      done, message, kind = output:write(assert(json.encode(line)) .. "\n")
      if not done then return nil, message, kind end
    end
    after = rows[#rows].id
  end
end

---Writes a new file and renames it: the earlier list may be the only copy of its users.
local function write_list(ledger, dir, name, outcomes, line_of)
  local path = dir:file(name)
  local beside = path .. ".new"
  local output <close>, message, kind = file.create(beside)
  if not output then return nil, message, kind end
  local done
  done, message, kind = write_rows(ledger, dir, outcomes, output, line_of, earlier_lines(path))
  if not done then return nil, message, kind end
  done, message, kind = output:finish()
  if not done then return nil, message, kind end
  return file.rename(beside, path)
end

---@param ledger Ledger
---@param dir RunDirectory
---@return true?
---@return string? message
---@return Kind? kind
function user_lists.write(ledger, dir)
  local done, message, kind = write_list(ledger, dir, "failed.ndjson", "failed judged",
    run_users.refused)
  if not done then return nil, message, kind end
  return write_list(ledger, dir, "already_there.ndjson", "already_there", already_there_line)
end

return user_lists
