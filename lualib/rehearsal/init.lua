--- A rehearsal: the real run against the built-in tenant, a local process that ends with it.

local blocked = require "rehearsal.blocked"
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
local AS_MAPPED <const> = "the password is right; the user is blocked, as mapped"
local NOT_MAPPED <const> = "the password is right, but the user is blocked, and not by the recipe: "
  .. "the tenant had this user before (--existing)"

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

---Tells the logins that are refused because the recipe maps their users as blocked from those of
---users who were blocked before; the latter are added to the failed ones.
---@param tried TriedLogin[]
---@param users table<TriedLogin, table>
---@return TriedLogin[]? failed
---@return TriedLogin[]|string expected  or the message
---@return Kind? kind
local function judge(tried, users, folder)
  local failed, refused = logins.failed(tried)
  local list, expected = {}, {}
  for i, one in ipairs(refused) do list[i] = users[one] end
  local mapped, message, kind = blocked.by_recipe(folder, list)
  if not mapped then return nil, message --[[@as string]], kind end
  for _, one in ipairs(refused) do
    if mapped[users[one]] then
      one.reason = AS_MAPPED
      expected[#expected + 1] = one
    else
      one.reason = NOT_MAPPED
      failed[#failed + 1] = one
    end
  end
  return failed, expected
end

---The command that helps with logins that failed: `prove` knows nothing of users who were there
---before.
local function after_failed(options, statement, failed)
  for _, one in ipairs(failed) do
    if one.result ~= "blocked" and options.prove then return options.prove end
  end
  return command.line { "report", statement.directory }
end

---Tries the logins and adds those that did not succeed to the report: a rehearsal succeeds only if
---users can log in. Tries none if the users are not in the tenant.
local function try_logins(options, settings, statement)
  local list = options.logins
  if not list or (statement.exit ~= 0 and statement.exit ~= REJECTED) then return true end
  local users = {}
  local tried, message, kind = logins.try(settings, list, users)
  if not tried then return nil, message, kind end
  local failed, expected
  failed, expected, kind = judge(tried, users, statement.directory)
  if not failed then return nil, expected, kind end
  statement.logins = {
    tried = #tried, failed = json.array(failed), blocked = json.array(expected),
  }
  if #failed > 0 then
    statement.exit, statement.next = REJECTED, after_failed(options, statement, failed)
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
