--- The terminal: progress, messages and questions on stderr, the result on stdout.

local format = require "base.format"
local clock = require "host.clock"
local failure = require "base.failure"
local loop = require "host.loop"
local wrap = require "cli.text.wrap"
local outage_text = require "cli.text.outage"
local plan_text = require "cli.text.plan"
local scheduler = require "base.scheduler"
local terminal = require "host.terminal"
local foreign = require "host.text"

local ui = {}

---@class Progress
---@field phase "load"|"stage"|"import"|"archive"
---@field done? integer        records or users
---@field total? integer
---@field share? number        0 to 1
---@field seconds? number      since the phase started
---@field since? integer       done since this process started, if less than `done`
---@field users_per_second? number
---@field eta? number          seconds
---@field jobs? integer        running
---@field detail? string
---@field stalled? boolean     nothing moves: neither rate nor time left
---@field finished? boolean

---@class Ui
---@field quiet boolean
---@field verbose boolean
---@field color boolean
---@field interactive boolean
---@field terminal table       host.terminal, or a replacement in tests
---@field now fun(): number    monotonic seconds
---@field on_terminal boolean  stderr is a terminal
---@field bar? string          the progress bar on the terminal's last line
---@field last? Progress       as last shown
---@field present? Outage      of the tenant
---@field question? string     the open question, on the terminal's last line
---@field shown_at number
---@field failed boolean       writing to stdout failed
---@field lost? Failure        why the result could not be written, except to a closed pipe
---@field cancelled boolean    the open question was cancelled
---@field directory? string    of the run that the command works on
local Ui = {}
Ui.__index = Ui

local REDRAW <const> = 0.1 -- seconds between updates of the bar
local LINE <const> = 10 -- seconds between progress lines where there is no terminal
local GLANCE <const> = 0.2 -- seconds between checks whether a question was cancelled
local NOUNS <const> = { stage = "record", import = "user" }
local COLORS <const> = { red = "31", yellow = "33", bold = "1" }

---@class UiOptions
---@field quiet? boolean
---@field verbose? boolean
---@field no_color? boolean
---@field no_input? boolean
---@field env? fun(name: string): string?
---@field terminal? table
---@field now? fun(): number

---@param options UiOptions
---@return Ui
function ui.new(options)
  local device = options.terminal or terminal
  local env = options.env or function() end
  local on_terminal = device.is_tty("stderr")
  local no_color = env "NO_COLOR"
  return setmetatable({
    quiet = options.quiet or false, verbose = options.verbose or false, terminal = device,
    now = options.now or clock.monotonic, on_terminal = on_terminal, shown_at = -math.huge,
    color = on_terminal and not options.no_color and (no_color == nil or no_color == "")
      and env "TERM" ~= "dumb",
    interactive = on_terminal and device.is_tty("stdin") and not options.no_input,
    failed = false, cancelled = false,
  }, Ui)
end

function Ui:paint(color, text)
  if not self.color then return text end
  return "\27[" .. COLORS[color] .. "m" .. text .. "\27[0m"
end

local LONGEST <const> = 8000 -- bytes of a line
local LONGEST_ESCAPE <const> = 8 -- bytes in place of one

---Lines without what controls a terminal: texts quote sources, recipes, file names and the tenant.
local function safe(text)
  return (text:gsub("[^\n]+", function(line)
    return foreign.printable((line:gsub("\t", "  ")), LONGEST) -- tracebacks are indented by tabs
  end))
end

-- What may follow a message on lines of its own.
local LISTS <const> = { "\nparameters of the recipe:\n", "\nthe recipe has no parameters" }

-- The line of a syntax error, and the caret below it: they end a message.
local EXCERPT <const> = "^(.-)(\n *%d+ | [^\n]*\n *| *%^)$"
local EXCERPT_ALONE <const> = "^(.-)(\n *%d+ | [^\n]*)$"

---A message on one line, whatever it quotes; a list or a line of a recipe that follows it keeps its
---lines.
local function one_line(text)
  local said, excerpt = text:match(EXCERPT)
  if not said then said, excerpt = text:match(EXCERPT_ALONE) end
  if said then return foreign.printable(said, LONGEST) .. safe(excerpt) end
  for _, list in ipairs(LISTS) do
    local from = text:find(list, 1, true)
    if from then
      local listed = text:sub(from + 1):gsub("\n(%S)", "\\x0a%1") -- its own lines are indented
      return foreign.printable(text:sub(1, from - 1), LONGEST) .. "\n" .. safe(listed)
    end
  end
  return foreign.printable(text, LONGEST)
end

function Ui:clear_bar()
  if not self.bar then return end
  self.terminal.write("stderr", "\r\27[K")
  self.bar = nil
end

---Lines longer than the terminal is wide are broken between words, unless `whole` is set. An open
---question stays the last line.
function Ui:line(text, whole)
  self:clear_bar()
  if self.on_terminal and not whole then text = wrap.fit(text, self.terminal.width()) end
  text = text:gsub("\n*$", "") .. "\n"
  if self.question then text = "\n" .. text .. (self.cancelled and "" or self.question) end
  self.terminal.write("stderr", text)
end

---Not shown with --quiet.
---@param text string
function Ui:say(text)
  if not self.quiet then self:line(one_line(text)) end
end

---Lines that are laid out already. Not shown with --quiet.
---@param text string
function Ui:lines(text)
  if not self.quiet then self:line(safe(text)) end
end

---Only with --verbose.
---@param text string
function Ui:detail(text)
  if self.verbose then self:line(one_line(text)) end
end

---@param text string
function Ui:warn(text)
  self:line(self:paint("yellow", "warning: ") .. one_line(text))
end

---@param text string
---@param trace? string  of a defect in the program, on lines of its own
function Ui:fail(text, trace)
  self:line(self:paint("red", "error: ") .. one_line(text))
  if trace then self:line(safe(trace)) end
end

---A command to type, on one line so that it can be copied.
---@param command string
---@param label? string  default "next"
function Ui:next(command, label)
  -- Never cut: it is typed. See base.path for what cannot be.
  command = foreign.printable(command, #command * LONGEST_ESCAPE)
  self:line((label or "next") .. ": " .. self:paint("bold", command), true)
end

---Sets the command to type after the program was stopped immediately, by a second Ctrl-C.
---@param command string
function ui.last_words(command)
  loop.last_words("\nerror: stopped immediately\nnext: " .. command .. "\n")
end

---Notes the run that the command works on, and what continues it.
---@param directory string
---@param resume string  the command
function Ui:works_on(directory, resume)
  self.directory = directory
  ui.last_words(resume)
end

---@param plan Plan
function Ui:plan(plan)
  self:line(safe(plan_text.of(plan)))
end

---Writes the result to stdout.
---@param text string
---@return true?
---@return string? message
---@return Kind? kind
function Ui:result(text)
  self:clear_bar()
  local done, message, kind = self.terminal.write("stdout", text)
  if not done then
    self.failed = true
    if kind ~= "closed" then
      self.lost = failure.new("cannot write the result: " .. message, kind)
    end
  end
  return done, message, kind
end

---Writes a result for people whose lines are laid out already.
---@param text string
---@return true?
---@return string? message
---@return Kind? kind
function Ui:show(text)
  return self:result(safe(text))
end

---Writes a result for people: like `show`, but lines are broken if stdout is a terminal.
---@param text string
---@return true?
---@return string? message
---@return Kind? kind
function Ui:statement(text)
  local fits = self.terminal.is_tty("stdout")
  return self:show(fits and wrap.fit(text, self.terminal.width()) or text)
end

local function rate_of(p)
  if p.stalled then return nil end
  if p.users_per_second then return p.users_per_second end
  local n = p.since or p.done
  if not n or not p.seconds or p.seconds < 0.5 or n <= 0 then return nil end
  return n / p.seconds
end

local function eta_of(p, rate)
  if p.stalled then return nil end
  if p.eta then return p.eta end
  if p.total and rate then return (p.total - (p.done or 0)) / rate end
  if p.share and p.share > 0.01 and p.seconds and p.seconds > 1 then
    return p.seconds * (1 - p.share) / p.share
  end
end

local function share_of(p)
  if p.share then return p.share end
  return p.total and p.total > 0 and (p.done or 0) / p.total or nil
end

---The parts of a progress line after its name and bar. An outage takes the place of the figures
---that say how fast it goes.
local function parts_of(p, outage)
  local parts = {}
  local share, rate = share_of(p), rate_of(p)
  local eta = eta_of(p, rate)
  if share and outage then
    return { format.percent(math.min(1, share)), outage_text.short(outage) }, share
  elseif outage then
    return { outage_text.short(outage) }
  end
  if share then parts[#parts + 1] = format.percent(math.min(1, share)) end
  if p.done then
    local noun = NOUNS[p.phase] or "user"
    parts[#parts + 1] = p.total and string.format("%s of %s", format.number(p.done),
      format.count(p.total, noun)) or format.count(p.done, noun)
  end
  if rate then parts[#parts + 1] = format.rate(rate) end
  if p.jobs then parts[#parts + 1] = format.count(p.jobs, "job") end
  if eta and eta < 1e7 then parts[#parts + 1] = format.duration(eta) .. " left" end
  if p.detail then parts[#parts + 1] = safe(p.detail) end
  return parts, share
end

local BAR <const> = 20 -- columns
local LEAST_BAR <const> = 4 -- columns below which no bar is shown

---A bar in the columns that the figures leave.
local function bar_of(share, room)
  local columns = math.min(BAR, room - #"[] ")
  if columns < LEAST_BAR then return "" end
  local full = math.floor(share * columns)
  return "[" .. string.rep("=", full) .. string.rep(" ", columns - full) .. "] "
end

function Ui:draw(p)
  local parts, share = parts_of(p, self.present)
  local width = math.max(20, self.terminal.width() - 1)
  local name, figures = string.format("%-7s ", p.phase), table.concat(parts, "  ")
  local bar = share and bar_of(math.min(1, share), width - #name - #figures) or ""
  local text = (name .. bar .. figures):sub(1, width)
  if text == self.bar then return end
  self.terminal.write("stderr", "\r\27[K" .. text)
  self.bar = text
end

---On a terminal, a bar that is redrawn at most ten times a second; otherwise a line every ten
---seconds and one at the end of the phase.
---@param p Progress
function Ui:progress(p)
  self.last = not p.finished and p or nil
  if self.quiet or self.question then return end
  local now = self.now()
  if p.finished then
    self.shown_at = -math.huge
    if self.on_terminal then return self:clear_bar() end
    local time = p.seconds and " in " .. format.duration(p.seconds) or ""
    return self:line(p.phase .. ": done" .. time)
  end
  if self.on_terminal then
    if now - self.shown_at < REDRAW then return end
    self.shown_at = now
    return self:draw(p)
  end
  if self.shown_at == -math.huge then self.shown_at = now end
  if now - self.shown_at < LINE then return end
  self.shown_at = now
  self:line(p.phase .. ": " .. table.concat(parts_of(p, self.present), ", "))
end

---Shows an outage in the progress of the present phase; nil: it is over.
---@param outage? Outage
function Ui:outage(outage)
  local last, was_shown = self.last, self.present ~= nil
  self.present = outage
  if outage or last then
    self:progress(last or { phase = "connect" })
  elseif was_shown then
    self:clear_bar()
  end
  self.last = last
end

---Shows that the recipe, or its source, is being loaded; the next phase replaces it.
function Ui:loading()
  self:progress { phase = "load", detail = "the recipe or its source" }
end

---Asks a yes-or-no question; anything but yes is no. Nil if not interactive or cancelled.
---@param question string
---@param about? string[]   lines to show before it
---@param command? string   to try before answering
---@return boolean?
function Ui:ask(question, about, command)
  if not self.interactive then return nil end
  local prompt = self.terminal.prompt(false)
  if not prompt then return nil end
  for _, text in ipairs(about or {}) do self:line(one_line(text)) end
  if command then self:next(command, "try") end
  self:clear_bar()
  self.question, self.cancelled = one_line(question) .. " [y/N] ", false
  self.terminal.write("stderr", self.question)
  local line = prompt:line()
  while line == nil and not self.cancelled do
    scheduler.await(prompt, GLANCE)
    line = prompt:line()
  end
  self.question = nil
  prompt:close()
  if line == nil or line == false then
    self.terminal.write("stderr", "\n")
    return line
  end
  local answer = line:lower():match("^%s*(.-)%s*$")
  return answer == "y" or answer == "yes"
end

---Cancels the open question, from another task.
function Ui:cancel()
  self.cancelled = true
end

function Ui:close()
  self:clear_bar()
end

return ui
