--- Logins for the commands that try them: from a file, or one whose password a person types.

local scheduler = require "base.scheduler"
local signals = require "base.signals"

local logins = {}

local GLANCE <const> = 0.2 -- seconds until an interrupt is seen

---Asks for a password, which is not shown. Ctrl-C counts as no answer: dying of it would leave the
---terminal without its echo.
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

---Only the login that is named, of those in the file.
local function only(list, id)
  for _, one in ipairs(list) do
    if one.id == id then return { one } end
  end
end

---The logins that the command line gives, with `--logins` or for one `id`; nil and no message when
---it gives none.
---@param context Context
---@param id? string
---@return Login[]?
---@return string? message
---@return Kind? kind
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
      "usage"
  end
  local password, message, kind = logins.ask(context.ui, "password for " .. id .. ": ")
  if not password then return nil, message, kind end
  return { { id = id, password = password } }
end

local WORDS <const> = {
  yes = "yes", no = "no", blocked = "no", missing = "no", untold = "unknown",
}

---A line for each login.
---@param tried TriedLogin[]
---@return string
function logins.words(tried)
  local lines = {}
  for i, one in ipairs(tried) do
    lines[i] = string.format("%s: %s%s", one.id, WORDS[one.result],
      one.reason and ", " .. one.reason or "")
  end
  return table.concat(lines, "\n") .. "\n"
end

return logins
