--- Selects the command by the first argument, runs it and reports its failures.

local command = require "base.command"
local command_result = require "cli.common.result"
local exit_status = require "base.exit_status"
local guard = require "base.guard"
local json = require "host.json"
local spelling = require "base.spelling"
local process = require "host.process"
local scheduler = require "base.scheduler"
local terminal = require "host.terminal"
local ui = require "cli.common.ui"
local report_text = require "cli.text.report"

local main = {}

---@class Command  requires its modules when it runs, because the help loads every command
---@field name string
---@field summary string
---@field help string
---@field positionals Positional[]
---@field subcommands? string[]  each a command in the folder of this one; the first is the default
---@field shape? fun(): table  the members that --json shows at every ending, as if nothing was done
---@field run? fun(context: Context): integer  returns the exit status; nil with subcommands

---@class Context
---@field args string[]   as typed
---@field command? string its name; nil while it is not known
---@field shape? fun(): table  see Command
---@field flags table     options by key, positionals by name, `params`
---@field env Environment
---@field harden fun()    protects the memory of the process, once it holds a secret
---@field ui Ui
---@field width fun(): integer

-- In the order of the help.
main.COMMANDS = {
  "run", "new", "check", "map", "preview", "plan", "prove", "test", "diff", "generate",
  "rehearse", "resume", "retry", "status", "report", "lists", "verify", "undo", "forget", "doctor",
  "tenant", "try-login", "hash", "recipes",
}

local USAGE <const> = 2
local PROMISES <const> = { [0] = true, [3] = true, [8] = true } -- statuses with a result

local function is_command(word)
  for _, name in ipairs(main.COMMANDS) do
    if name == word then return true end
  end
  return false
end

---@return Command[]
function main.commands()
  local list = {}
  for _, name in ipairs(main.COMMANDS) do list[#list + 1] = require("cli.commands." .. name) end
  return list
end

---The subcommands of a command, in the order of its help; none for most.
---@param of Command
---@return Command[]
function main.subcommands(of)
  local list = {}
  for i, name in ipairs(of.subcommands or {}) do
    list[i] = require("cli.commands." .. of.name .. "." .. name)
  end
  return list
end

---@param chosen? Command
local function new_context(args, flags, surroundings, chosen)
  local env, device = surroundings.env or process.env, surroundings.terminal or terminal
  return {
    args = args, flags = flags, env = env, width = device.width,
    command = chosen and chosen.name, shape = chosen and chosen.shape,
    harden = surroundings.harden or function() end,
    ui = ui.new {
      quiet = flags.quiet, verbose = flags.verbose, no_color = flags.no_color,
      no_input = flags.no_input, env = env, terminal = device, now = surroundings.now,
    },
  }
end

local function has(args, ...)
  for _, word in ipairs(args) do
    if word == "--" then return false end
    for _, one in ipairs { ... } do
      if word == one then return true end
    end
  end
  return false
end

---Replaces a status that promises a result if the result could not be written. A run is not
---repeated for it: its report has the result.
local function delivered(context, status)
  local screen = context.ui
  local lost, directory = screen.lost, screen.directory
  if not lost or not PROMISES[status] then return status end
  screen:fail(lost.message)
  screen:next(command.line(directory and { "report", directory } or context.args))
  return exit_status.of(lost.kind)
end

---The text of an internal error, and the traceback behind it.
local function defect(err)
  local said = err.where and err.where .. ": " .. err.message or err.message
  return "internal error: " .. said, err.trace and err.trace:match("\n(stack traceback:.*)$")
end

---Runs a command as a task and reports errors that it raises. A run that is stopped immediately
---(by a second Ctrl-C) ends the scheduler with its report instead of a status.
local function perform(chosen, context)
  ui.last_words(command.line(context.args))
  local ok, result = guard.call(scheduler.run, chosen.run, context)
  context.ui:close()
  if ok and type(result) == "table" then
    local text = result.records and report_text.statement(result)
      or result.status .. "; " .. result.message .. "\n"
    return delivered(context, command_result.report(context, result, text))
  elseif ok then
    return delivered(context, result)
  end
  if result.kind ~= "fatal" then
    return command_result.failure(context, result.message, result.kind, result.more)
  end
  local said, trace = defect(result)
  local directory = context.ui.directory
  return command_result.failure(context, said, "fatal",
    directory and { next = command.line { "status", directory } }, trace)
end

---The command and its arguments; nil, message, more if there is no such command or recipe.
local function choose(args, context)
  local first = args[1]
  if is_command(first) then
    return require("cli.commands." .. first), table.move(args, 2, #args, 1, {})
  end
  if first:sub(1, 1) == "-" then return require "cli.commands.run", args end
  local recipe = require "recipe"
  local found, message, _, more = recipe.find(first, context.env)
  if found then return require "cli.commands.run", args end
  if first:find("[/.]") then return nil, message, more end
  local names = table.move(main.COMMANDS, 1, #main.COMMANDS, 1, {})
  for _, name in ipairs(recipe.names(context.env)) do names[#names + 1] = name end
  local near = spelling.find(first, names)
  return nil, string.format("\"%s\" is not a command or a recipe%s", first,
    spelling.hint(first, names)), near and { wrong = first, meant = near }
end

---The subcommand that the first argument names, and what follows it; nil, message, more if there is
---none of this name. Without a name it is the first one.
local function choose_within(chosen, args)
  local word, names = args[1], chosen.subcommands
  local function load(name) return require("cli.commands." .. chosen.name .. "." .. name) end
  if not word or word:sub(1, 1) == "-" then return load(names[1]), args end
  for _, name in ipairs(names) do
    if name == word then return load(name), table.move(args, 2, #args, 1, {}) end
  end
  local near = spelling.find(word, names)
  return nil, string.format("%s has no subcommand %s%s", chosen.name, word, near
    and spelling.hint(word, names) or "; it has " .. table.concat(names, ", ")),
    near and { wrong = word, meant = near }
end

---The help of the program or of a command, as text or with --json as data.
local function show_help(context, args, chosen)
  local parts = chosen and main.subcommands(chosen)
  if has(args, "--json") then
    local describe = require "cli.describe"
    local tree = chosen and describe.command(chosen, parts)
      or describe.program(main.commands(), main.subcommands)
    context.ui:result(assert(json.encode(tree)) .. "\n")
    return 0
  end
  local help = require "cli.help"
  context.ui:result(chosen and help.command(chosen, parts) or help.program(main.commands()))
  return 0
end

---Ends because the arguments are wrong.
local function refuse(args, surroundings, meant, message, kind, more)
  local context = new_context(args, { no_color = has(args, "--no-color"),
    json = has(args, "--json") }, surroundings, meant)
  return command_result.failure(context, message, kind, more)
end

local function dispatch(args, surroundings)
  local context = new_context(args, { no_color = has(args, "--no-color") }, surroundings)
  local first = args[1]
  if first == "--help" or first == "-h" or (first == "help" and #args == 1) then
    return show_help(context, args)
  elseif not first then
    context.ui:line(require("cli.help").program(main.commands()))
    return USAGE
  end
  local chosen, rest, more = choose(args, context)
  if not chosen then
    -- Without a command, what was meant is a run.
    return refuse(args, surroundings, require "cli.commands.run", rest, "usage",
      more or { next = command.line { "--help" } })
  end
  if chosen.subcommands then
    local is_named = rest[1] and rest[1]:sub(1, 1) ~= "-"
    if has(rest, "--help", "-h") and not is_named then return show_help(context, rest, chosen) end
    local within
    within, rest, more = choose_within(chosen, rest)
    if not within then
      return refuse(args, surroundings, chosen, rest, "usage",
        more or { next = command.line { chosen.name, "--help" } })
    end
    chosen = within
  end
  if has(rest, "--help", "-h") then return show_help(context, rest, chosen) end
  local flags, message, kind
  flags, message, kind, more = require("cli.parse").arguments(chosen.name, chosen.positionals, rest)
  if not flags then
    return refuse(args, surroundings, chosen, message, kind, more
      or { next = "auth0-migrate " .. chosen.name .. " --help" })
  end
  return perform(chosen, new_context(args, flags, surroundings, chosen))
end

---@param args string[]
---@param surroundings? {terminal?: table, env?: Environment, harden?: fun(), now?: fun(): number}
---  replace those of the process in tests
---@return integer status
function main.run(args, surroundings)
  return dispatch(args, surroundings or {})
end

return main
