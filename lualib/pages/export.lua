--- A file that an API prepares: a request begins a job, which is asked for until the file is
--- ready. Job and file are kept, so that a command that was killed, or the next one, asks for
--- nothing twice.

local download = require "pages.download"
local file = require "host.file"
local foreign = require "base.foreign"
local format = require "base.format"
local pointer = require "base.pointer"
local scheduler = require "base.scheduler"
local spec_rules = require "source.http.spec"

local export = {}

local FIRST_LOOK <const>, LONGEST_LOOK <const>, GROWTH <const> = 1, 15, 1.5 -- seconds between looks
local MOST_LINKS <const> = 3 -- each is valid for a short time
local MOST_JOBS <const> = 3 -- begun by one reading, because one was gone
local LONGEST_ID <const> = 200 -- bytes
local BLOCK <const> = 65536 -- bytes
local INTERRUPTED <const> = "interrupted"
local GONE <const> = { [404] = true, [410] = true } -- statuses of a job that is not there
-- Statuses of a link that has expired.
local EXPIRED <const> = { [400] = true, [401] = true, [403] = true, [404] = true, [410] = true }

---@class ExportOptions
---@field spec HttpSpec      with its job
---@field exchange Exchange
---@field to_file fun(options: table): Exchange  one without credentials, for the link
---@field kept Kept
---@field began? KeptFacts   of what is kept
---@field fingerprint {salt: string, credentials: string}
---@field interrupted fun(): boolean?
---@field show fun(detail: string)  shows what is waited for

---@class PageExport
---@field name string
---@field private job? string    its id
---@field private jobs integer   that were begun
---@field private since number   own seconds
---@field private changed Condition
---@field private input? host.file.input  of the file
---@field private failure? {[1]: string, [2]: Kind}
local Export = {}
Export.__index = Export

---@param options ExportOptions
---@return PageExport
function export.new(options)
  local self = setmetatable({
    changed = scheduler.condition(), jobs = 0, name = options.exchange.name,
    since = options.exchange.clock.elapsed(), job = options.began and options.began.job,
  }, Export)
  for name, value in pairs(options) do self[name] = value end
  return self
end

---The id of a job, as a response has it.
local function id_of(response, at)
  local id = pointer.get(response.body, at)
  local text = (type(id) == "string" or math.type(id) == "integer") and tostring(id)
  local is_id = text and #text <= LONGEST_ID and text:find("^[!-~]+$") and not text:find("^%.+$")
  if is_id then return text end
  return nil, "the response has no id of a job", "again"
end

---Begins a job, which is on disk once this returns.
local function begin(self)
  self.jobs = self.jobs + 1
  local id, message, kind = self.exchange:ask(spec_rules.request(self.spec), function(response)
    return id_of(response, self.spec.job.id)
  end)
  if not id then return nil, message, kind end
  local done
  done, message, kind = self.kept:begin {
    from = self.name, salt = self.fingerprint.salt, credentials = self.fingerprint.credentials,
    job = id,
  }
  if not done then return nil, message, kind end
  self.job = id
  return true
end

local function contains(list, state)
  for _, one in ipairs(list or {}) do
    if one == state then return true end
  end
  return false
end

---@class ExportLook  neither link nor failure: the job runs
---@field link? string
---@field failed? string  why

---What the response about a job means.
---@return ExportLook?
---@return string? message
---@return "again"? kind
local function seen_in(self, response)
  local job, body = self.spec.job, response.body
  local state = pointer.get(body, job.state)
  if type(state) == "table" or state == nil then
    return nil, "the response has no state of the job", "again"
  end
  state = tostring(state)
  if contains(job.failed, state) then
    local said = job.message and pointer.get(body, job.message)
    said = type(said) == "string" and said ~= "" and said or state
    return { failed = foreign.words(self.exchange.secrets:hide(said)) }
  elseif not contains(job.done, state) then
    return {}
  end
  local link = pointer.get(body, job.file)
  if type(link) ~= "string" then return nil, "the job has no link to its file", "again" end
  return { link = link }
end

local function failed(self, message, kind, is_past)
  return nil, self.name .. ": " .. message, kind, is_past
end

---Waits for the end of the job; the link to its file.
---@return {text: string, at: Url}?
---@return string? message
---@return Kind? kind
---@return boolean? is_past  another job has to begin: it is gone, or failed before this command
local function wait_for_job(self)
  local exchange = self.exchange
  local wait, deadline = FIRST_LOOK, exchange.clock.elapsed() + exchange.patience
  local request = { url = spec_rules.job_url(self.spec, self.job), headers = self.spec.headers }
  while true do
    local seen, message, kind, refused = exchange:ask(request, function(response)
      return seen_in(self, response)
    end)
    if not seen then return nil, message, kind, refused and GONE[refused.status] end
    if seen.failed then
      self.kept:clear() -- the next attempt begins another one
      return failed(self, "the API could not prepare the file: " .. seen.failed, "temporary",
        self.jobs == 0)
    elseif seen.link then
      local link, wrong = download.link(seen.link, request.url, exchange.origin)
      if link then return link end
      return failed(self, "the link to the file " .. wrong, "refused")
    elseif exchange.clock.elapsed() + wait > deadline then
      return failed(self, string.format("the file is not ready after %s; the next attempt goes on "
        .. "waiting for it (--patience says how long)", format.duration(exchange.patience)),
        "temporary")
    end
    if not exchange:sleep(wait, false) then return nil, INTERRUPTED, INTERRUPTED end
    wait = math.min(wait * GROWTH, LONGEST_LOOK)
  end
end

---A link to the file, of a job that is begun if there is none.
---@return {text: string, at: Url}?
---@return string? message
---@return Kind? kind
local function find_link(self)
  while true do
    if not self.job then
      local done, message, kind = begin(self)
      if not done then return nil, message, kind end
    end
    local link, message, kind, is_past = wait_for_job(self)
    if link or not is_past or self.jobs >= MOST_JOBS then return link, message, kind end
    self.job = nil
  end
end

---Asks for the file until it is on disk.
---@return true?
---@return string? message
---@return Kind? kind
local function obtain(self)
  if self.began and self.kept:has_file() then return true end
  local target, status = self.kept:file() .. ".new", nil
  for _ = 1, MOST_LINKS do
    local link, message, kind = find_link(self)
    if not link then return nil, message, kind end
    self.target = target
    self.transfer = self.to_file(download.options(link, self.exchange.origin, self.name, target))
    local saved
    saved, message, kind, status = download.save(self.transfer, link)
    self.target = nil
    if saved then return file.rename(target, self.kept:file()) end
    if not EXPIRED[status] then return nil, message, kind end
  end
  return failed(self, string.format("%d links to the file were refused (status %d)", MOST_LINKS,
    status), "temporary")
end

---Starts to prepare the file. In a task.
function Export:start()
  scheduler.spawn(function()
    local done, message, kind = obtain(self)
    if done and not self.closed then self.input, message, kind = file.open(self.kept:file()) end
    if not self.input then self.failure = { message, kind } end
    self.exchange:close()
    self.changed:notify()
  end)
end

---What is waited for.
---@private
---@return string
function Export:detail()
  local stat = self.target and file.stat(self.target)
  if stat then return string.format("the file of %s: %s", self.name, format.bytes(stat.size)) end
  local seconds = self.exchange.clock.elapsed() - self.since
  return string.format("%s prepares the file (%s)", self.name, format.duration(seconds))
end

---Waits for the file; the next part of its text.
---@return string|false|nil block  false: there is none
---@return number|string|nil share  that was read; or a message
---@return Kind? kind
function Export:block()
  if self.closed then return false end
  while not self.input and not self.failure do
    if self.interrupted() then return nil, INTERRUPTED, INTERRUPTED end
    self.changed:wait(0.2)
    self.show(self:detail())
  end
  if self.failure then return nil, self.failure[1], self.failure[2] end
  local block, message, kind = self.input:read(BLOCK)
  if block then
    local taken, total = self.input:progress()
    return block, total and total > 0 and taken / total or nil
  elseif kind == "parse" then -- of what is compressed
    file.remove(self.kept:file())
    return failed(self, "the file is damaged; the next attempt downloads it again", "temporary")
  elseif message then
    return nil, message, kind
  end
  return false
end

function Export:close()
  self.closed = true
  self.exchange:close()
  if self.transfer then self.transfer:close() end
  if self.input then self.input:close() end
  self.changed:notify()
end

return export
