--- Logins to try: from a file, or one whose password is asked for.

local scheduler = require "base.scheduler"
local signals = require "base.signals"
local tables = require "cli.text.tables"

local logins = {}

-- What a command without logins lacks.
logins.MISSING = { add = { "--logins", "FILE" } }

local GLANCE <const> = 0.2 -- seconds between checks for an interrupt

---Asks for a password without echo. Ctrl-C counts as no answer: if it ended the process here, the
---terminal would be left without echo.
---@param ui Ui
---@param question string
---@return string?
---@return string? message
---@return Kind? kind
function logins.ask(ui, question)
  local prompt, message, kind = ui.terminal.prompt(true)
  if not prompt then return nil, message, kind end
  local interrupted = false
  local function stop() interrupted = true end
  local watched = signals.watch(stop, stop)
  ui:clear_bar()
  ui.terminal.write("stderr", question)
  local line = prompt:line()
  while line == nil and not interrupted do
    scheduler.await(prompt, GLANCE)
    line = prompt:line()
  end
  prompt:close()
  watched:close()
  if not line then ui.terminal.write("stderr", "\n") end
  if interrupted then return nil, "interrupted", "interrupted" end
  if not line or line == "" then return nil, "no password entered", "usage" end
  return line
end

local function only(list, id)
  for _, one in ipairs(list) do
    if one.id == id then return { one } end
  end
end

---The logins of `--logins`, only that of `id` if both are given, or a login for `id`; nil without a
---message if neither is given.
---@param context Context
---@param id? string
---@return Login[]?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function logins.read(context, id)
  local path = context.flags.logins
  if path then
    local list, message, kind = require("check.logins").read(path)
    if not list or not id then return list, message, kind end
    list = only(list, id)
    if list then return list end
    return nil, string.format("%s has no login for %s", path == "-" and "stdin" or path, id),
      "usage"
  end
  if not id then return nil end
  if not context.ui.interactive then
    return nil, "cannot ask for the password: not a terminal; use --logins FILE (- reads stdin)",
      "usage", logins.MISSING
  end
  local password, message, kind = logins.ask(context.ui, "password for " .. id .. ": ")
  if not password then return nil, message, kind end
  return { { id = id, password = password } }
end

local WORDS <const> = {
  yes = "yes", no = "no", blocked = "blocked", missing = "no", untold = "unknown",
}

---One line per login.
---@param tried TriedLogin[]
---@return string
function logins.words(tried)
  local lines = {}
  for i, one in ipairs(tried) do
    lines[i] = string.format("%s: %s%s", one.id, WORDS[one.result],
      one.reason and ", " .. one.reason or "")
  end
  return tables.text(lines)
end

return logins
