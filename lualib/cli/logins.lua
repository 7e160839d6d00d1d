--- Logins for the commands that try them: from a file, or one whose password a person types.

local logins = require "migrate.logins"
local scheduler = require "base.scheduler"

local given = {}

local GLANCE <const> = 1 -- second

---Asks for a password, which is not shown. Nil when there is nobody to ask, or no answer.
---@param ui Ui
---@param question string
---@return string?
function given.ask(ui, question)
  local prompt = ui.terminal.prompt(true)
  if not prompt then return nil end
  ui:clear_bar()
  ui.terminal.write("stderr", question)
  local line = prompt:line()
  while line == nil do
    scheduler.await(prompt, GLANCE)
    line = prompt:line()
  end
  prompt:close()
  ui.terminal.write("stderr", "\n")
  return line or nil
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
function given.read(context, id)
  local path = context.flags.logins
  if path then
    local list, message, kind = logins.read(path)
    if not list or not id then return list, message, kind end
    list = only(list, id)
    if list then return list end
    return nil, string.format("%s has no login of %s", path == "-" and "stdin" or path, id), "usage"
  end
  if not id then return nil end
  if not context.ui.interactive then
    return nil, "there is no terminal to ask for the password; give --logins FILE (- is stdin)",
      "usage"
  end
  local password = given.ask(context.ui, "password of " .. id .. ": ")
  if not password or password == "" then return nil, "no password was given", "usage" end
  return { { id = id, password = password } }
end

local WORDS <const> = {
  yes = "yes", no = "no", blocked = "no", missing = "no", untold = "cannot tell",
}

---A line for each login.
---@param tried TriedLogin[]
---@return string
function given.words(tried)
  local lines = {}
  for i, one in ipairs(tried) do
    lines[i] = string.format("%s: %s%s", one.id, WORDS[one.result],
      one.reason and ", " .. one.reason or "")
  end
  return table.concat(lines, "\n") .. "\n"
end

---How many got in, and who did not.
---@param tried TriedLogin[]
---@return string
function given.summary(tried)
  local failed = logins.failed(tried)
  local text = string.format("logins    %d tried, %d right\n", #tried, #tried - #failed)
  for _, one in ipairs(failed) do text = text .. "  " .. given.words { one } end
  return text
end

return given
