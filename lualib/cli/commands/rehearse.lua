--- rehearse: the real run, against the built-in tenant in a process of its own.

local result = require "cli.common.result"
local faults = require "tenant.faults"
local file = require "host.file"
local given = require "cli.common.logins"
local json = require "host.json"
local logins = require "check.logins"
local metrics = require "tenant.metrics"
local plan = require "check.plan"
local setup = require "cli.common.setup"
local process = require "host.process"
local reports = require "report"
local directory = require "journal.directory"
local scheduler = require "base.scheduler"
local report_text = require "cli.text.report"

local READY_SECONDS <const> = 30
-- The clock of both runs that much faster, unless AUTH0_MIGRATE_TIME_SCALE says otherwise.
local SCALE <const> = 20
local SCALE_NAME <const> = "AUTH0_MIGRATE_TIME_SCALE"
local USAGE <const> = 2
local REJECTED <const> = 3

---The arguments of the tenant's process.
local function tenant_words(flags, settings)
  local argv = { process.program(), "tenant", "--port", "0" }
  local function add(flag, value)
    if value then
      argv[#argv + 1] = flag
      argv[#argv + 1] = value
    end
  end
  add("--existing", flags.existing)
  add("--faults", flags.faults)
  add("--tier", flags.tier)
  for _, doubt in ipairs(flags.doubt or {}) do
    add("--doubt", doubt.name .. "=" .. doubt.value)
  end
  add("--connection-file", settings.connection_file)
  return argv
end

---Why the tenant ended; it has told the rest itself.
local function ended(child)
  local status = child:status()
  while not status do
    scheduler.await(child, 1)
    status = child:status()
  end
  local kind = status == USAGE and "usage" or "fatal"
  return nil, "the built-in tenant ended before it was ready", kind
end

---Reads what the tenant says of itself, up to the empty line.
local function read_lines(child)
  local text, deadline = "", scheduler.clock().elapsed() + READY_SECONDS
  while not text:find("\n\n", 1, true) do
    local data = child:read()
    if data == nil then
      return ended(child)
    elseif data == "" then
      local left = deadline - scheduler.clock().elapsed()
      if left <= 0 then return nil, "the built-in tenant does not get ready", "timeout" end
      scheduler.await(child, left)
    end
    text = text .. data
  end
  local said = {}
  for name, value in text:gmatch("([%u%d_]+)=([^\n]*)\n") do said[name] = value end
  return said
end

---What the tenant would refuse, told before it is started.
local function check_files(flags)
  if flags.existing and not file.stat(flags.existing) then
    return nil, "there is no file " .. flags.existing .. " with existing users", "usage"
  end
  if not flags.faults then return true end
  local rules, message, kind = faults.load(flags.faults)
  return rules and true, message, kind
end

---Starts the tenant; it ends with this process, and Ctrl-C does not reach it.
local function start(context, settings)
  local child, message, kind = context.deps.spawn(tenant_words(context.flags, settings), {
    follow = true, group = true, stdout = "pipe", stdin = "null", stderr = "inherit",
    env = { [SCALE_NAME] = tostring(settings.time_scale) },
  })
  if not child then return nil, "the built-in tenant cannot be started: " .. message, kind end
  local said
  said, message, kind = read_lines(child)
  if not said then
    child:close()
    return nil, message, kind
  end
  return child, said
end

---Empties the rehearsal's directory; one that is not a rehearsal's is left alone.
local function clear(path)
  local stat = file.stat(path)
  if not stat then return true end
  local dir = directory.at(path)
  local ours = stat.type == "folder" and (#(file.list(path) or {}) == 0
    or file.stat(dir:file("lock")) ~= nil)
  if not ours then
    return nil, path .. " is there and is not a rehearsal; move it away", "usage"
  end
  local taken, message, kind = dir:take()
  if not taken then return nil, message, kind end
  dir:clear()
  dir:close()
  return true
end

---The run's settings: those of the tenant that was started, whatever the others say.
local function point_at(settings, said, path, command)
  settings.rehearsal = command
  settings.base = said.AUTH0_DOMAIN
  settings.credentials = {
    client_id = said.AUTH0_CLIENT_ID, client_secret = said.AUTH0_CLIENT_SECRET,
  }
  settings.connection = said.AUTH0_CONNECTION
  settings.run_dir, settings.yes, settings.fresh = path, true, false
end

---The tenant is gone when the rehearsal ends: nothing can be resumed, only rehearsed again.
local function next_command(context, report)
  if report.exit == 0 then return json.null end
  if report.exit == 3 then return "auth0-migrate report " .. result.quote(report.directory) end
  return result.command_line(context.args)
end

---A fast clock, for the run and its tenant alike.
local function hasten(context, settings)
  local said = context.env(SCALE_NAME)
  if not said or said == "" then settings.time_scale = SCALE end
end

---Writes the statement once more: what the run wrote names what a run would go on with.
---@param report Report
---@return true?
---@return string? message
---@return Kind? kind
local function keep(report)
  local dir = directory.at(report.directory)
  if not dir:exists() then return true end
  return reports.write(dir, report)
end

---Tries the logins when the users are in the tenant, and puts into the statement who did not get
---in: a rehearsal is good when people can log in.
---@param settings Settings
---@param report Report
---@param list? Login[]
---@return true?
---@return string? message
---@return Kind? kind
local function try(settings, report, list)
  if not list or (report.exit ~= 0 and report.exit ~= REJECTED) then return true end
  local tried, message, kind = logins.try(settings, list)
  if not tried then return nil, message, kind end
  local failed = logins.failed(tried)
  report.logins = { tried = #tried, failed = json.array(failed) }
  if #failed > 0 then report.exit = REJECTED end
  return true
end

---Puts into the statement how often each rule of the faults has hit.
---@param settings Settings
---@param flags table
---@param report Report
local function tell_faults(settings, flags, report)
  local told = flags.faults and metrics.ask(settings.base)
  report.faults = told and told.rules or nil
end

---@type Command
return {
  name = "rehearse",
  summary = "the real run against the built-in tenant, on this machine",
  help = [[
Starts the built-in tenant in a process of its own, runs the whole migration against it in
NAME.rehearsal/ (made anew each time), and ends with the statement and the run's status. With
--login or --logins it then tries these logins, and ends with 3 when one does not get in.]],
  positionals = setup.RECIPE_WORDS,
  run = function(context)
    local recipe, settings, kind = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind) end
    local path = recipe.name .. ".rehearsal"
    local done, message
    local list
    list, message, kind = given.read(context, context.flags.login)
    if message then return result.failure(context, message, kind) end
    done, message, kind = check_files(context.flags)
    if done then done, message, kind = clear(path) end
    if not done then return result.failure(context, message, kind) end
    hasten(context, settings)
    local child, said
    child, said, kind = start(context, settings)
    if not child then return result.failure(context, said, kind) end
    point_at(settings, said, path, result.command_line(context.args))
    local report
    report, message, kind = context.deps.session.run(recipe, settings, context.ui)
    if report then
      done, message, kind = try(settings, report, list)
      tell_faults(settings, context.flags, report)
    end
    child:close()
    if report and done then
      report.next = next_command(context, report)
      report.forecast = plan.hours(report.records.staged)
      done, message, kind = keep(report)
    end
    if not report or not done then return result.failure(context, message, kind) end
    return result.report(context, report, report_text.statement(report))
  end,
}
