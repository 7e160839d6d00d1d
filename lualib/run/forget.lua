--- Forget: removes what a run wrote into its directory, and the directory if nothing else is in it.

local command = require "base.command"
local format = require "base.format"
local totals = require "journal.totals"
local file = require "host.file"
local json = require "host.json"
local open = require "run.open"
local pages = require "pages"
local path = require "base.path"
local source_pages = require "stage.source_pages"

local forget = {}

local function question(held)
  local figures, book = totals.figures(held.ledger), held.ledger
  local state = not book:get("staged_at") and "not staged" or book:get("finished_at") and "finished"
    or "unfinished"
  local left = book:may_run()
    and ". Jobs of it may still be running; the outcome of their users will not be known" or ""
  return string.format("Remove %s (%s, %s inserted)? Afterwards it cannot be resumed, verified or "
    .. "undone%s.", held.dir.path, state, format.count(figures.inserted, "user"), left)
end

---@class ForgetStatement
---@field run string
---@field directory string
---@field status "forgotten"|"planned"
---@field exit integer
---@field stayed string[]   files that do not belong to the run
---@field message? string
---@field next string|lightuserdata

---The result as if nothing was removed.
---@return table
function forget.empty()
  return {
    run = json.null, directory = json.null, stayed = json.array {}, next = json.null,
  }
end

---@return ForgetStatement
local function statement_of(run, directory)
  return {
    run = run, directory = directory, status = "forgotten", exit = 0, stayed = json.array {},
    next = json.null,
  }
end

---Notes in the statement that nothing was removed, for want of a yes.
local function declined(statement, answer)
  statement.status, statement.exit = "planned", 8
  statement.message = "nothing was removed"
  if answer == nil then
    statement.message = statement.message .. ": not a terminal; use --yes"
    statement.next = command.line { "forget", statement.directory, "--yes" }
  end
  return statement
end

---Removes the pages of an API that were kept without a run.
local function forget_pages(dir, yes, ui)
  local statement = statement_of(json.null, dir)
  local answer = yes or ui:ask(string.format("Remove %s? What a recipe read of its API will be "
    .. "read again.", dir))
  if not answer then return declined(statement, answer) end
  local removed, message, kind = source_pages.remove(dir)
  if not removed then return nil, message, kind end
  return statement
end

---Removes a run directory; no tenant is touched. Pages that were kept beside it go with it.
---@param dir string
---@param yes? boolean  confirmed beforehand
---@param ui table
---@return ForgetStatement?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function forget.run(dir, yes, ui)
  if pages.is_folder(dir) then return forget_pages(dir, yes, ui) end
  local held <close>, message, kind, more = open.take(dir, nil, ui)
  if not held then return nil, message, kind, more end
  local statement = statement_of(held.ledger:get("run"), held.dir.path)
  local answer = yes or ui:ask(question(held))
  if not answer then return declined(statement, answer) end
  local beside = path.join(path.dirname(held.dir.path),
    source_pages.directory(held.ledger:get("recipe")))
  held.ledger:close()
  held.ledger = nil
  held.dir:discard()
  if pages.is_folder(beside) then source_pages.remove(beside) end
  statement.stayed = json.array(file.list(held.dir.path) or {})
  return statement
end

return forget
