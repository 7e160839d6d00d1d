--- Lists: the people of a run to write to, because they lose something or cannot be imported.
--- Counts them, or writes a CSV file for each list.

local capped_names = require "base.capped_names"
local command = require "base.command"
local csv_row = require "base.csv_row"
local file = require "host.file"
local foreign = require "base.foreign"
local json = require "host.json"
local ledger = require "journal.ledger"
local losses = require "journal.losses"
local lost = require "journal.lost"
local lost_things = require "base.lost_things"
local open = require "run.open"
local path = require "base.path"
local persons = require "journal.persons"
local run_users = require "journal.users"

local lists = {}

---@class ListKind
---@field name string   of the file, without its ending
---@field about string  "must set a new password"
---@field what? table<LostThing, true>  nil: who cannot be imported

---@type ListKind[]
local KINDS <const> = {
  { name = "reset-password", about = "must set a new password", what = { password = true } },
  {
    name = "enroll-again", about = "must enroll again",
    what = { totp = true, phone_factor = true, passkey = true, recovery_codes = true },
  },
  {
    name = "other-losses", about = "lose something else",
    what = { social = true, phone = true, username = true },
  },
  { name = "not-imported", about = "cannot be imported" },
}

local HEADER <const> = csv_row.of {
  "email", "name", "locale", "source_id", "place", "outcome", "what", "why",
}

-- Outcomes of users that are not in the tenant because of this run, or that keep what they had.
local APART <const> = { requeued = true, already_there = true }
local FAILED <const> = { failed = "failed", judged = "failed" }

---@class ListCounts
---@field name string
---@field about string
---@field people integer
---@field file string|lightuserdata  null: not written
---@field reasons {what: string, reason: string, people: integer}[]  the most frequent first

---@class ListedUser
---@field person? Person  if people are written
---@field at string
---@field outcome string

---@class PeopleList
---@field kind ListKind
---@field people integer
---@field counts table<string, table>  by what and reason
---@field name_of fun(reason: string): string
---@field output? host.file.output
---@field path? string
local PeopleList = {}
PeopleList.__index = PeopleList

---@private
function PeopleList:count(what, reason)
  reason = self.name_of(reason)
  local key = what .. "\0" .. reason
  self.counts[key] = self.counts[key] or { what = what, reason = reason, people = 0 }
  self.counts[key].people = self.counts[key].people + 1
end

---Adds a person for these reasons; said: more than what is counted.
---@param found {what: string, reason: string, said: string?}[]
---@param entry ListedUser
---@return true?
---@return string? message
---@return Kind? kind
function PeopleList:add(found, entry)
  local whats, reasons = {}, {}
  self.people = self.people + 1
  for i, one in ipairs(found) do
    self:count(one.what, one.reason)
    whats[i], reasons[i] = one.what, one.said or one.reason
  end
  if not self.output then return true end
  local person = entry.person
  return self.output:write(csv_row.of {
    person.email or "", person.name or "", person.locale or "", person.source_id or "", entry.at,
    entry.outcome, table.concat(whats, " "), table.concat(reasons, "; "),
  })
end

---@return ListCounts
function PeopleList:figures()
  local reasons = json.array {}
  for _, one in pairs(self.counts) do reasons[#reasons + 1] = one end
  table.sort(reasons, function(a, b)
    if a.people ~= b.people then return a.people > b.people end
    return a.what .. a.reason < b.what .. b.reason
  end)
  return {
    name = self.kind.name, about = self.kind.about, people = self.people,
    file = self.people > 0 and self.path or json.null, reasons = reasons,
  }
end

---@class Lists
---@field book Ledger
---@field dir RunDirectory
---@field sets LostSet[]
---@field all PeopleList[]
---@field is_written boolean  the people are needed, not only their number
local Lists = {}
Lists.__index = Lists

---The reasons of a list among what a user loses.
local function reasons_of(kind, set)
  local found = {}
  for _, what in ipairs(kind.what and lost_things.ORDER or {}) do
    if kind.what[what] and set[what] then
      found[#found + 1] = { what = what, reason = set[what] }
    end
  end
  return found
end

---@private
function Lists:add_loser(entry, code)
  local set = losses.of(code, self.sets)
  for _, list in ipairs(self.all) do
    local found = reasons_of(list.kind, set)
    if found[1] then
      local done, message, kind = list:add(found, entry)
      if not done then return nil, message, kind end
    end
  end
  return true
end

---@private
---@param what "rejected"|"failed"
---@param code string
---@param message? string
---@param entry ListedUser
---@return true?
---@return string? message
---@return Kind? kind
function Lists:add_refused(what, code, message, entry)
  local said = message and code .. ": " .. foreign.words(message)
  return self.all[#self.all]:add({ { what = what, reason = code, said = said } }, entry)
end

---The users of a chunk by place, from its file or, of a finished run, from its archive.
---@private
function Lists:users_of(record)
  if not self.is_written then return {} end
  if file.stat(self.dir:chunk(record.id)) then return self.dir:users(record) end
  return self.dir:outlines(record)
end

---@private
---@param placed? PlacedUser  if people are written
---@param row? table    of the journal, for a user without the outcome of the others
---@param code? integer  what the user loses
---@param rest string   the outcome of the others
---@return true?
---@return string? message
---@return Kind? kind
function Lists:take(placed, row, code, rest)
  local outcome = row and row.outcome or rest
  local entry = {
    at = placed and placed.at or "", outcome = FAILED[outcome] or outcome,
    person = placed and persons.of(placed.user),
  }
  if APART[outcome] then return true end
  if FAILED[outcome] then
    return self:add_refused("failed", row.code, row.message, entry)
  end
  if outcome == "open" then entry.outcome = "pending" end
  return code == nil or self:add_loser(entry, code)
end

---@private
function Lists:chunk(id)
  local record = self.book:chunk(id)
  local codes, rows = lost.of_chunk(self.book, id), self.book:outcomes(id)
  if not next(codes) and not next(rows) then return true end
  local users, message, kind = self:users_of(record)
  if not users then return nil, message, kind end
  local rest = run_users.known_rest(record)
  for place = 1, record.users do
    if codes[place] or rows[place] then
      local done
      done, message, kind = self:take(users[place], rows[place], codes[place], rest)
      if not done then return nil, message, kind end
    end
  end
  return true
end

---The person of a line of rejected.ndjson: the mapped user, or what the record says.
local function rejected_person(line)
  local person = persons.of(type(line.user) == "table" and line.user or {})
  local read = persons.of(type(line.record) == "table" and line.record or {})
  for name, value in pairs(read) do person[name] = person[name] or value end
  return person
end

---@private
function Lists:rejected_lines()
  local input <close>, message, kind = file.open(self.dir:file("rejected.ndjson"))
  if not input then return nil, message, kind end
  local reader <close> = json.reader(input, { lines = true, lazy = false })
  for line in function() return reader:next() end do
    if type(line) == "table" and line.outcome == "rejected" then
      local done, why, what = self:add_refused("rejected", tostring(line.code),
        tostring(line.message), {
          at = tostring(line.at), outcome = "rejected", person = rejected_person(line),
        })
      if not done then return nil, why, what end
    end
  end
  return true
end

---@private
function Lists:rejected()
  if self.is_written then return self:rejected_lines() end
  for code in self.book:rejected_codes() do
    self:add_refused("rejected", code, nil, { at = "", outcome = "rejected" })
  end
  return true
end

---@private
function Lists:read()
  for record in self.book:chunks() do
    local done, message, kind = self:chunk(record.id)
    if not done then return nil, message, kind end
  end
  return self:rejected()
end

---Opens the files beside their names, which they get once all are whole.
---@private
function Lists:create(folder)
  local made, message, kind = file.mkdir(folder)
  if not made then return nil, message, kind end
  for _, list in ipairs(self.all) do
    list.path = path.join(folder, list.kind.name .. ".csv")
    list.output, message, kind = file.create(list.path .. ".new")
    if not list.output then return nil, message, kind end
    made, message, kind = list.output:write(HEADER)
    if not made then return nil, message, kind end
  end
  return true
end

---Names the files that have people; the others are removed, and an earlier list in their place.
---@private
function Lists:name_files()
  for _, list in ipairs(self.all) do
    local done, message, kind = list.output:finish()
    if done and list.people > 0 then
      done, message, kind = file.rename(list.path .. ".new", list.path)
    elseif done then
      file.remove(list.path .. ".new")
      file.remove(list.path)
    end
    if not done then return nil, message, kind end
  end
  return true
end

function Lists:close()
  for _, list in ipairs(self.all) do
    if list.output then
      list.output:close()
      file.remove(list.path .. ".new")
    end
  end
  self.book:close()
end

Lists.__close = Lists.close

---Why lists would be replaced.
local function existing(folder, force)
  for _, kind in ipairs(force and {} or KINDS) do
    local name = path.join(folder, kind.name .. ".csv")
    if file.stat(name) then return name .. " exists; --force replaces the lists in " .. folder end
  end
end

---@class ListsStatement
---@field run string
---@field directory string
---@field status "complete"
---@field exit integer
---@field known boolean  the stage noted what users lose
---@field lists ListCounts[]
---@field next string|lightuserdata

---The members of a result, as if nothing was read.
---@return table
function lists.empty()
  return {
    run = json.null, directory = json.null, known = false, lists = json.array {},
    next = json.null,
  }
end

local function statement_of(self)
  local figures = json.array {}
  for i, list in ipairs(self.all) do figures[i] = list:figures() end
  return {
    run = self.book:get("run"), directory = self.dir.path, status = "complete", exit = 0,
    known = lost.is_known(self.book), lists = figures, next = json.null,
  }
end

local function opened(dir)
  local found, message, kind, more = open.find(dir)
  if not found then return nil, message, kind, more end
  local book
  book, message, kind = ledger.open(found:journal(), { readonly = true })
  if not book then return nil, message, kind end
  local all = {}
  for i, one in ipairs(KINDS) do
    all[i] = setmetatable({
      kind = one, people = 0, counts = {}, name_of = capped_names.new(),
    }, PeopleList)
  end
  return setmetatable({ book = book, dir = found, sets = lost.sets(book), all = all }, Lists)
end

---Why a run has no lists.
local function objection(self)
  local why, more = open.undone(self.book, self.dir)
  if why then return why, more end
  if self.book:get("staged_at") then return nil end
  local resume = command.line { "resume", self.dir.path }
  return self.dir.path .. " is not staged; `" .. resume .. "` stages it", { next = resume }
end

---Counts the people of a run, or writes them into the files of a directory. The run stays as it is.
---@param dir? string
---@param options {csv?: string, force?: boolean}
---@return ListsStatement?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function lists.run(dir, options)
  local self <close>, message, kind, more = opened(dir)
  if not self then return nil, message, kind, more end
  local why
  why, more = objection(self)
  if not why and options.csv then why = existing(options.csv, options.force) end
  if why then return nil, why, "usage", more end
  self.is_written = options.csv ~= nil
  local done = true
  if options.csv then done, message, kind = self:create(options.csv) end
  if done then done, message, kind = self:read() end
  if done and options.csv then done, message, kind = self:name_files() end
  if not done then return nil, message, kind end
  return statement_of(self)
end

return lists
