--- A rehearsal: the real run against the built-in tenant, a local process that ends with it.

local command = require "base.command"
local directory = require "journal.directory"
local faults = require "tenant.faults"
local file = require "host.file"
local json = require "host.json"
local ledger = require "journal.ledger"
local logins = require "check.logins"
local metrics = require "tenant.metrics"
local plan = require "check.plan"
local process = require "host.process"
local report = require "report"
local scheduler = require "base.scheduler"
local session = require "run.session"

local rehearsal = {}

---@class RehearsalOptions
---@field recipe LoadedRecipe
---@field settings Settings   copied; the built-in tenant replaces theirs
---@field ui Ui
---@field directory string    recreated
---@field command string      the command that rehearses again
---@field with_option? fun(flag: string, value: string): string  the same with another option
---@field prove? string       the command that finds why a login fails
---@field tenant RehearsalTenant
---@field logins? Login[]     tried once the users are in the tenant
---@field time_scale? number  default SCALE
---@field spawn? fun(argv: string[], options: host.process.Options): any, string?, Kind?
---  default host.process.spawn

---@class RehearsalTenant  how the built-in tenant is started
---@field existing? string  file with users that exist before
---@field faults? string    file with rules
---@field tier? string
---@field doubts? {name: string, value: string}[]

local READY_SECONDS <const> = 30
local SCALE <const> = 20 -- how much faster the clock of the run and its tenant is
local USAGE <const> = 2
local REJECTED <const> = 3

local function tenant_words(tenant, connection_file)
  local argv = { process.program(), "tenant", "--port", "0" }
  local function add(flag, value)
    if value then
      argv[#argv + 1] = flag
      argv[#argv + 1] = value
    end
  end
  add("--existing", tenant.existing)
  add("--faults", tenant.faults)
  add("--tier", tenant.tier)
  for _, doubt in ipairs(tenant.doubts or {}) do
    add("--doubt", doubt.name .. "=" .. doubt.value)
  end
  add("--connection-file", connection_file)
  return argv
end

---The failure of a tenant that exited; it has reported the cause itself.
local function ended(child)
  local status = child:status()
  while not status do
    scheduler.await(child, 1)
    status = child:status()
  end
  local kind = status == USAGE and "usage" or "fatal"
  return nil, "the built-in tenant exited before it was ready", kind
end

---Reads what the tenant prints about itself, up to the empty line.
local function read_variables(child)
  local text, deadline = "", scheduler.clock().elapsed() + READY_SECONDS
  while not text:find("\n\n", 1, true) do
    local data = child:read()
    if data == nil then
      return ended(child)
    elseif data == "" then
      local left = deadline - scheduler.clock().elapsed()
      if left <= 0 then return nil, "the built-in tenant did not become ready", "timeout" end
      scheduler.await(child, left)
    end
    text = text .. data
  end
  local variables = {}
  for name, value in text:gmatch("([%u%d_]+)=([^\n]*)\n") do variables[name] = value end
  return variables
end

---Validates the tenant's files before it is started.
local function check_files(tenant)
  if tenant.existing and not file.stat(tenant.existing) then
    return nil, "cannot read existing users from " .. tenant.existing .. ": no such file", "usage"
  end
  if not tenant.faults then return true end
  local rules, message, kind = faults.load(tenant.faults)
  return rules and true, message, kind
end

---Starts the tenant; it ends with this process, and Ctrl-C does not reach it.
local function start(options, settings)
  local spawn = options.spawn or process.spawn
  local argv = tenant_words(options.tenant, settings.connection_file)
  local child, message, kind = spawn(argv, {
    follow = true, group = true, stdout = "pipe", stdin = "null", stderr = "inherit",
    env = { AUTH0_MIGRATE_TIME_SCALE = tostring(settings.time_scale) },
  })
  if not child then return nil, "cannot start the built-in tenant: " .. message, kind end
  local variables
  variables, message, kind = read_variables(child)
  if not variables then
    child:close()
    return nil, message, kind
  end
  return child, variables
end

---Whether a directory is empty, or holds a rehearsal; --run-dir may name anything.
local function may_be_cleared(folder)
  local stat, dir = file.stat(folder), directory.at(folder)
  if not stat or stat.type ~= "folder" then return false end
  if #(file.list(folder) or {}) == 0 then return true end
  if not file.stat(dir:file("lock")) then return false end
  if not dir:exists() then return true end
  local book = ledger.open(dir:journal(), { readonly = true })
  if not book then return folder:find("%.rehearsal/*$") ~= nil end -- a damaged one
  local is_rehearsal = book:get("rehearsal") ~= nil
  book:close()
  return is_rehearsal
end

---Empties the rehearsal's directory; any other directory is left alone.
local function clear(folder)
  if not file.stat(folder) then return true end
  if not may_be_cleared(folder) then
    return nil, folder .. " exists and is not a rehearsal; move it, or use another --run-dir",
      "usage"
  end
  local dir = directory.at(folder)
  local taken, message, kind, more = dir:take()
  if not taken then return nil, message, kind, more end
  dir:clear()
  dir:close()
  return true
end

---The settings of the rehearsal's run, still without a tenant.
local function settings_of(options)
  local own = {}
  for key, value in pairs(options.settings) do own[key] = value end
  own.rehearsal, own.run_dir = options.command, options.directory
  own.rehearse_wider = options.with_option
  own.yes, own.fresh = true, false
  own.time_scale = options.time_scale or SCALE
  return own
end

---Tries the logins and adds the failed ones to the report: a rehearsal succeeds only if users can
---log in. Tries none if the users are not in the tenant.
local function try_logins(options, settings, statement)
  local list, prove = options.logins, options.prove
  if not list or (statement.exit ~= 0 and statement.exit ~= REJECTED) then return true end
  local tried, message, kind = logins.try(settings, list)
  if not tried then return nil, message, kind end
  local failed = logins.failed(tried)
  statement.logins = { tried = #tried, failed = json.array(failed) }
  if #failed > 0 then
    statement.exit = REJECTED
    statement.next = prove or command.line { "report", statement.directory }
  end
  return true
end

---The run, and everything that needs its tenant.
local function run_against_tenant(options, settings)
  local child, variables, kind = start(options, settings)
  if not child then return nil, variables, kind end
  local _ <close> = setmetatable({}, { __close = function() child:close() end })
  settings.base, settings.connection = variables.AUTH0_DOMAIN, variables.AUTH0_CONNECTION
  settings.credentials = {
    client_id = variables.AUTH0_CLIENT_ID, client_secret = variables.AUTH0_CLIENT_SECRET,
  }
  local statement, message, more
  statement, message, kind, more = session.run(options.recipe, settings, options.ui)
  if not statement then return nil, message, kind, more end
  local done
  done, message, kind = try_logins(options, settings, statement)
  if not done then return nil, message, kind end
  local figures = options.tenant.faults and metrics.ask(settings.base)
  statement.faults = figures and figures.rules or nil -- with hits per rule
  return statement
end

---Rehearses, and adds to the report what is known of a rehearsal alone.
---@param options RehearsalOptions
---@return Report? statement
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function rehearsal.run(options)
  local done, message, kind, more = check_files(options.tenant)
  if done then done, message, kind, more = clear(options.directory) end
  if not done then return nil, message, kind, more end
  local statement
  statement, message, kind, more = run_against_tenant(options, settings_of(options))
  if not statement then return nil, message, kind, more end
  statement.forecast = plan.hours(statement.records.staged, options.settings.slots)
  local dir = directory.at(statement.directory)
  if not dir:exists() then return statement end
  done, message, kind = report.write(dir, statement)
  if not done then return nil, message, kind end
  return statement
end

return rehearsal
