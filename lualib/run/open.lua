--- Run directories: finding a run, locking it, and whether the settings match its tenant.

local command = require "base.command"
local format = require "base.format"
local totals = require "journal.totals"
local connect = require "auth0.api.connect"
local ledger = require "journal.ledger"
local next_command = require "run.next_command"
local saved_settings = require "run.saved_settings"
local directory = require "journal.directory"

local open = {}

---@param dir? string  default the newest run of the working directory
---@param starting? boolean  also one that a process has locked but not begun to stage
---@return RunDirectory?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function open.find(dir, starting)
  dir = dir or directory.newest(".", starting)
  if not dir then
    return nil, "no run (NAME.run/) in the working directory; change to the directory where it "
      .. "was started, or name its directory", "usage"
  end
  local found = directory.at(dir)
  if not (found:exists() or starting and found:holder()) then
    local newest = directory.newest(".")
    return nil, dir .. " is not a run directory"
      .. (newest and "; the newest one here is " .. newest or ""),
      "usage", newest and { next = command.line { "status", newest } }
  end
  return found
end

---The directory of a new run, or of an unfinished one to resume.
---@param recipe LoadedRecipe
---@param settings Settings
---@return RunDirectory
function open.directory(recipe, settings)
  if settings.run_dir then return directory.at(settings.run_dir) end
  local name = recipe.name .. (settings.limit and "-" .. settings.limit or "")
  local dir, n = directory.at(name .. ".run"), 1
  while (settings.fresh or settings.limit) and dir:exists() do
    n = n + 1
    dir = directory.at(string.format("%s-%d.run", name, n))
  end
  return dir
end

---Why a rehearsal can be neither resumed nor verified.
---@param book Ledger
---@return string? why
---@return FailureMore? more
function open.rehearsed(book)
  local again = book:get("rehearsal")
  if not again then return nil end
  return "this run was a rehearsal and its tenant no longer exists; `" .. again
    .. "` rehearses again",
    { next = again }
end

---@class HeldRun  a run that this process has locked
---@field dir RunDirectory
---@field ledger Ledger
---@field settings? Settings
local HeldRun = {}
HeldRun.__index = HeldRun

function HeldRun:close()
  if self.ledger then self.ledger:close() end
  self.ledger = nil
  self.dir:close()
end

HeldRun.__close = HeldRun.close

---Locks an existing run. Settings not given are filled in from those it was started with.
---@param dir? string
---@param settings? Settings
---@param ui table
---@return HeldRun?
---@return string? message
---@return Kind? kind  "usage": no run, another process holds it, or it was a rehearsal
---@return FailureMore? more
function open.take(dir, settings, ui)
  local found, message, kind, more = open.find(dir)
  if not found then return nil, message, kind, more end
  local taken
  taken, message, kind, more = found:take(function(text) ui:warn(text) end)
  if not taken then return nil, message, kind, more end
  local self = setmetatable({ dir = found, settings = settings }, HeldRun)
  self.ledger, message, kind = ledger.open(found:journal())
  if not self.ledger then
    self:close()
    return nil, message, kind
  end
  if not settings then return self end
  local rehearsed
  rehearsed, more = open.rehearsed(self.ledger)
  if rehearsed then
    self:close()
    return nil, rehearsed, "usage", more
  end
  saved_settings.apply(settings, self.ledger)
  return self
end

---Why the settings do not match the run's tenant or connection.
---@param book Ledger
---@param settings Settings
---@param connection? Connection  the settings'; nil: only the tenant is compared
---@return string? why
function open.elsewhere(book, settings, connection)
  local base, name = book:get("base"), book:get("connection")
  local id = book:get("connection_id")
  local same = not base or base == settings.base
  if same and connection and name then
    same = connection.id == (id or connection.id)
      and (id ~= nil or name == connection.name or name == connection.id)
  end
  if same then return nil end
  return string.format("this run is for connection %s of %s, but the settings name %s of %s",
    name, base, connection and connection.name or settings.connection, settings.base)
end

---Why nothing of the run can be imported: it was undone, or an undo is incomplete.
---@param book Ledger
---@param dir RunDirectory
---@param settings? Settings
---@return string? why
---@return FailureMore? more
function open.undone(book, dir, settings)
  local figures = totals.undone(book)
  if not figures then return nil end
  local shown = command.after(settings, figures.finished and "report" or "undo", dir.path)
  if not figures.finished then
    return string.format("%s: undo is incomplete, %s of %s deleted; finish it with `%s`", dir.path,
      format.number(figures.deleted), format.count(totals.inserted(book), "user"), shown),
      { next = shown }
  end
  return string.format("%s was undone; `%s` shows what was deleted, run with --fresh starts "
    .. "a new run", dir.path, shown), { next = shown }
end

---A failure because the settings name another tenant or connection: the run's own are shown.
local function refuse_elsewhere(why, dir)
  return nil, why, "usage", { next = command.line { "status", dir.path } }
end

---The tenant and the connection of the run.
---@param book Ledger
---@param dir RunDirectory
---@param settings Settings
---@param lacking string  text before the names of missing credentials
---@param connect_ fun(): Tenant?, string?, Kind?
---@return Tenant?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function open.reach(book, dir, settings, lacking, connect_)
  local elsewhere = settings.base and open.elsewhere(book, settings)
  if elsewhere then return refuse_elsewhere(elsewhere, dir) end
  if not connect.has_credentials(settings) then
    return nil, lacking .. connect.missing(settings), "usage",
      next_command.of_tenant(settings, "usage")
  end
  local tenant, message, kind, more = connect_()
  if not tenant then
    return nil, message, kind, more or next_command.of_tenant(settings, kind)
  end
  elsewhere = open.elsewhere(book, settings, tenant.connection)
  if elsewhere then return refuse_elsewhere(elsewhere, dir) end
  return tenant
end

---The tenant of the run, without checking that users can be imported.
---@param held HeldRun  with settings
---@param clock Clock
---@param scopes string[]  needed
---@param outages Outages
---@return Tenant?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function open.connect(held, clock, scopes, outages)
  local settings = held.settings
  return open.reach(held.ledger, held.dir, settings, "this command queries the tenant and needs ",
    function() return connect.look(settings, clock, scopes, outages) end)
end

return open
