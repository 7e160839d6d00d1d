--- Runs a page's commands in order, in a shell, in a folder with the files that the page
--- shows before them. The built-in tenant replaces the one that the page names.

local docs_rig = require "tests.docs_rig"
local file = require "host.file"
local main = require "cli.main"
local path = require "base.path"
local process = require "host.process"
local program = require "tests.e2e.program"

local docs_shell = {}

-- What happens with a command, by its first word. "skip": another program, which may not be
-- installed here.
local WORDS <const> = {
  ["auth0-migrate"] = "run", export = "run", set = "run", ["."] = "run", openssl = "run",
  cat = "run",
  mkdir = "skip", mv = "skip", sqlite3 = "skip", psql = "skip",
}

local STATUSES <const> = { [0] = true, [3] = true } -- 3: finished, some records rejected

local function raise(page, line, format, ...)
  error(string.format("%s:%d: " .. format, page.name, line, ...), 0)
end

---Whether a word is a command of the program.
---@param word string
---@return boolean
function docs_shell.is_command(word)
  for _, name in ipairs(main.COMMANDS) do
    if name == word then return true end
  end
  return false
end

---Checks that a command exists without running it: one of bootstrap, or a long test.
---@param page DocsPage
---@param line integer
---@param text string
function docs_shell.look(page, line, text)
  local sub = text:match("^%./bootstrap (%l+)")
  local script = text:match("^build%S*/auth0%-migrate %-%-run (%S+)")
  if sub then
    if not assert(file.read("bootstrap")):find("\n  " .. sub .. ") ", 1, true) then
      raise(page, line, "bootstrap has no command %s", sub)
    end
  elseif script then
    if not file.stat(script) then raise(page, line, "cannot find %s", script) end
  else
    raise(page, line, "the test does not understand: %s", text)
  end
end

---Checks the commands in a page's tables.
---@param page DocsPage
function docs_shell.check_rows(page)
  for _, row in ipairs(page.rows) do
    local word = row.cell:match("^%S*")
    if row.header == "command" and not docs_shell.is_command(word) then
      raise(page, row.line, "unknown command %s", word)
    elseif row.cell:find("^%./bootstrap ") or row.cell:find("^%S*auth0%-migrate ") then
      docs_shell.look(page, row.line, row.cell)
    end
  end
end

---@class DocsSession
---@field page DocsPage
---@field scene ProgramScene
---@field files string[]    that the page has shown
---@field host? string      the tenant that the page names
---@field real? table<string, string>  the variables of the tenant that replaces it
local Session = {}
Session.__index = Session

---Starts a shell with the variables that earlier commands exported.
function Session:shell(script, answers)
  local s = self.scene
  script = "exec 2>&1\n. ./.state\n" .. script
  if answers then
    s:write(".command", script)
    s.within = { "sh", "-c", program.on_terminal("'sh .command'", answers), "sh" }
  else
    s.within = { "sh", "-c", script }
  end
  local started = s:start {}
  s.within = {}
  return started
end

---Starts the tenant that replaces the one that the page names.
function Session:open_tenant(host)
  local s, before = self.scene, self.scene.env
  s.env = {}
  s:tenant()
  self.host, self.real, s.env = host, s.env, before
  s:write("secret", self.real.AUTH0_CLIENT_SECRET)
  self.real.AUTH0_CLIENT_SECRET_FILE = s:path "secret"
end

---A command with the variables of the started tenant.
function Session:with_tenant(command)
  local host = command.text:match("AUTH0_DOMAIN=(%S+)")
  if host then self:open_tenant(host) end
  return (command.text:gsub("(AUTH0_[%u_]+)=(%S+)", function(name)
    if name:find("^AUTH0_MIGRATE_") then return nil end
    local real = self.real and self.real[name]
    if not real then
      raise(self.page, command.line, "the test has no value for %s", name)
    end
    return name .. "=" .. real
  end))
end

local function plain(text)
  return (text:gsub("%p", "%%%0"))
end

---Fails unless a command printed what the page shows of it.
function Session:compare(command, said)
  if self.host then
    local url = self.real.AUTH0_DOMAIN
    said = said:gsub(plain(url), "https://" .. self.host)
    said = said:gsub(plain(url:match("//(.*)")), self.host)
  end
  if command.output and not docs_rig.matches(command.output, docs_rig.lines(said)) then
    raise(self.page, command.line, "$ %s\nthe page shows\n%s\nand it prints\n%s",
      command.text, table.concat(command.output, "\n"), said)
  end
end

---Serves until it is ready: its output ends with an empty line.
function Session:serve(command, script, output)
  local s = self.scene
  local started = self:shell("exec " .. script)
  s:until_(command.text, function()
    if started.status then
      raise(self.page, command.line, "the server ended: %s", started.stdout)
    end
    local said = output and (s:exists(output) and s:read(output) or "") or started.stdout
    return said:find("\n\n", 1, true)
  end)
  return started
end

---The part of a command that is run; nil: nothing. If another program pipes into ours, ours
---reads the page's export.
function Session:runnable(command, script)
  local ours = {}
  for _, part in ipairs(command.parts) do
    local who = WORDS[part.word]
    if not who then
      raise(self.page, command.line, "the test does not understand %s", part.word)
    end
    ours[#ours + 1] = who == "run" and part or nil
  end
  if #ours == #command.parts then return script end
  if #ours == 0 then return nil end
  local last = command.parts[#command.parts]
  local export
  for _, name in ipairs(self.files) do
    if name:find("%.csv$") then export = name end
  end
  local takes_it = ours[1] == last and last.text:find("input=-", 1, true)
  if #ours > 1 or not takes_it or not export then
    raise(self.page, command.line, "the test does not understand what is piped into it")
  end
  return last.text .. " < " .. export
end

---Runs a command, unless it is another program.
---@param command DocsCommand
function Session:run(command)
  local script = self:runnable(command, self:with_tenant(command))
  if not script then return end
  local last = command.parts[#command.parts]
  local serves = last.text:find("^auth0%-migrate tenant%f[%s\0]")
  local answers = docs_rig.answers(command)
  if last.joint == "&" then
    if not serves then
      raise(self.page, command.line, "the test does not understand this server")
    end
    self:serve(command, script:gsub("%s*&$", ""), last.text:match("> (%S+)"))
  elseif serves then
    local started = self:serve(command, script)
    started:kill "TERM"
    self:compare(command, started:wait().stdout)
  else
    if answers[1] then program.need_terminal() end
    local ended = self:shell(script .. "\nstatus=$?\nexport -p >.state\nexit $status\n",
      answers[1] and answers):wait()
    self:compare(command, ended.stdout)
    if not STATUSES[ended.status] then
      raise(self.page, command.line, "$ %s\nexit status %d\n%s", command.text,
        ended.status, ended.stdout)
    end
  end
end

---Runs every command of a page.
---@param page DocsPage
function docs_shell.play(page)
  docs_shell.check_rows(page)
  local by_block = docs_rig.commands(page, docs_shell.look)
  if not next(by_block) then return end
  local tests = assert(file.real("tests"))
  local build = path.dirname(assert(file.real(process.program())))
  program.scene(nil, function(s)
    assert(file.remove(s:path "shop.lua"))
    s.env = {
      HOME = s.folder, XDG_DATA_HOME = "", AUTH0_MIGRATE_PATH = "", NO_COLOR = "1",
    }
    s:write(".state", string.format("ln -sfn '%s' tests; ln -sfn '%s' build\n", tests,
      build) .. 'PATH="$PWD/build:$PATH"; export PATH\n')
    local session = setmetatable({ page = page, scene = s, files = {} }, Session)
    for _, block in ipairs(page.blocks) do
      local name = docs_rig.file_of(block)
      if name and not by_block[block] then
        s:write(name, table.concat(block.lines, "\n") .. "\n")
        table.insert(session.files, name)
      end
      for _, command in ipairs(by_block[block] or {}) do session:run(command) end
    end
  end)
end

return docs_shell
