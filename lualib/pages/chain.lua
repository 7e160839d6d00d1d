--- The pages of one reading, in order: from the disk as far as they are kept there, then from the
--- API, some ahead of the recipe. A page counts once it is whole and on disk.

local ahead = require "pages.ahead"
local format = require "base.format"
local index = require "host.index"
local items = require "pages.items"
local json = require "host.json"
local paging = require "source.http.paging"
local path = require "base.path"
local pointer = require "base.pointer"
local requests = require "pages.requests"
local scheduler = require "base.scheduler"
local spec_rules = require "source.http.spec"

local chain = {}

local AHEAD <const> = 4 -- pages
local MOST_RESTARTS <const> = 3 -- of one reading, because a cursor expired
local DEFAULT_LIMIT <const> = 16 * 1024 * 1024 -- bytes
-- Responses that mean, for a page after the first one, that its cursor has expired.
local EXPIRED <const> = { [400] = true, [404] = true, [410] = true, [422] = true }
local ABSENT <const> = { 404 } -- of a document that is not there
-- What may hold a session is not kept.
local UNKEPT <const> = { ["set-cookie"] = true, ["set-cookie2"] = true, authorization = true }

chain.LIMIT = DEFAULT_LIMIT

---@class Page
---@field page integer     ordinal, from 1
---@field text string      JSON
---@field items integer
---@field ids? any[]       of the items, if the recipe says what distinguishes them
---@field status integer
---@field headers table<string, string[]>
---@field request PageRequest
---@field next? PageRequest
---@field mark? PageMark
---@field total? integer   how many items there are, as the page says
---@field sum integer      items so far
---@field skip? table<integer, true>  items that were given before, from 0

---@class ChainOptions
---@field spec HttpSpec      without its function
---@field asks_next? boolean the recipe's own function finds the next page
---@field each? boolean      each page is asked for
---@field single? boolean    there is one page, which need not have a list
---@field exchange Exchange
---@field kept Kept
---@field secrets Secrets
---@field began? KeptFacts   of the pages that are kept
---@field fingerprint {salt: string, credentials: string}
---@field interrupted fun(): boolean?
---@field say fun(text: string)
---@field show fun(detail: string)  shows what is waited for
---@field wanted? integer    records; further pages are read only if they are asked for

---@class Chain
---@field private queue Page[]
---@field private changed Condition
---@field private number integer    of the page that is read now
---@field private sum integer       items of the chain so far
---@field private seen? host.index.set  ids that were given
---@field private given integer     items that were given
---@field private repeated integer  items that came again
---@field private had_list boolean  a page had its list
---@field private requests PageRequests
---@field private followed table<string, true>  requests of the recipe's own function
---@field private guesses table<string, table>  pages that are asked for ahead, by their requests
local Chain = {}
Chain.__index = Chain

---@param options ChainOptions
---@return Chain
function chain.new(options)
  local self = setmetatable({
    queue = {}, changed = scheduler.condition(), number = 1, sum = 0, given = 0, repeated = 0,
    restarts = 0, guesses = {}, followed = {}, had_list = false, name = options.exchange.name,
  }, Chain)
  for name, value in pairs(options) do self[name] = value end
  self.form = not self.asks_next and self.spec.next or nil
  self.first = spec_rules.request(self.spec)
  if self.form then self.first = paging.first(self.form, self.first) end
  self.requests = requests.new(self.first, self.exchange.origin, self.secrets)
  return self
end

---The items of a page, which is whole.
---@return {list: any[], ids?: any[]}?
---@return string? message
---@return Kind? kind
local function examined(self, body)
  if self.single then return { list = {} } end
  local list, wrong, has_list = items.of(body, self.spec, self.had_list)
  if not list then
    return nil, string.format("%s: page %d %s", self.name, self.number, wrong), "parse"
  end
  self.had_list = has_list
  return { list = list, ids = items.ids(list, self.spec.id) }
end

---@return Page?
local function kept_page(self, request)
  if not self.began then return nil end
  local header, text = self.kept:page(self.number, self.requests:key(request), self:limit())
  local body = header and json.decode(text)
  local made = header and examined(self, body)
  if not made then return nil end
  local following = header.next and self.requests:read(header.next) or nil
  if header.next and not following then return nil end
  return {
    page = self.number, text = text, items = #made.list, ids = made.ids, status = header.status,
    headers = header.headers or {}, request = request, next = following, mark = header.mark,
    total = header.total,
  }
end

---@return integer bytes
function Chain:limit()
  return self.spec.limit or DEFAULT_LIMIT
end

---The next request, as the response says.
---@return PageRequest?
---@return string? message
---@return Kind? kind
local function following(self, state)
  if not self.form then return nil end
  local request, message, kind = paging.next(self.form, state)
  if request then message, kind = self.requests:objection(request) end
  if message then
    return nil, string.format("%s: page %d: %s", self.name, self.number, message), kind
  end
  return request
end

---The text of a page without secrets, which an API may repeat. A number that looks like one stays.
local function clean(self, text)
  local hidden = self.secrets:hide(text)
  if hidden == text or json.decode(hidden) ~= nil then return hidden end
  return text
end

---@return Page?
local function page_of(self, request, response, made, mark)
  local state = {
    request = request, first = self.first, status = response.status, headers = response.headers,
    body = response.body, list = made.list, items = #made.list, total = self.sum + #made.list,
    page = self.number, mark = mark,
  }
  local request_after, message, kind = following(self, state)
  if message then return nil, message, kind end
  local counted = self.spec.total or self.form and self.form.total
  local total = counted and not (type(counted) == "table" and counted.url)
    and paging.total({ total = counted }, state) or nil
  return {
    page = self.number, text = clean(self, response.text), items = #made.list,
    ids = made.ids, status = response.status, headers = response.headers, request = request,
    next = request_after, mark = state.mark, total = total,
  }
end

---Asks for a page, unless a guess did already.
local function respond(self, request)
  return self.exchange:ask(request, function(response)
    if response.body == nil then
      return nil, string.format("page %d is not whole, or not JSON (%s)", self.number,
        format.bytes(#response.text)), "again"
    end
    return response
  end)
end

local function asked(self, request)
  local key = self.requests:key(request)
  local guess = self.guesses[key]
  if not guess then return respond(self, request) end
  while not guess.results do guess.changed:wait() end
  self.guesses[key] = nil
  return table.unpack(guess.results, 1, guess.results.n)
end

---Asks for the pages behind the next one, as long as there is room for them.
local function guess(self, before, after, total)
  local room = AHEAD - #self.queue - 2 -- for this page and the next one
  for _, request in ipairs(ahead.guesses(self.form, before, after, room, total)) do
    local key = self.requests:key(request)
    if not self.guesses[key] then
      local one = { changed = scheduler.condition() }
      self.guesses[key] = one
      scheduler.spawn(function()
        one.results = table.pack(respond(self, request))
        one.changed:notify()
      end)
    end
  end
end

local function kept_headers(self, headers)
  if not self.asks_next then return nil end
  local kept = {}
  for name, list in pairs(headers) do
    if not UNKEPT[name] and json.encode(list) then kept[name] = self.secrets:without(list) end
  end
  return kept
end

---Writes a page; before the first one, whose reading it is.
local function keep(self, made)
  if made.page == 1 then
    self.began = nil
    local done, message, kind = self:begin()
    if not done then return nil, message, kind end
  end
  local header = {
    page = made.page, key = self.requests:key(made.request), status = made.status, mark = made.mark,
    total = made.total, headers = kept_headers(self, made.headers),
  }
  if not self.asks_next then
    header.next = made.next and self.requests:written(made.next) or false
  end
  return self.kept:keep(header, made.text)
end

---@return Page? page
---@return string? message
---@return Kind? kind
---@return PageResponse? response  that was refused
local function fresh_page(self, request, mark)
  local response, message, kind, refused = asked(self, request)
  if not response then return nil, message, kind, refused end
  local made
  made, message, kind = examined(self, response.body)
  if made then made, message, kind = page_of(self, request, response, made, mark) end
  if not made then return nil, message, kind end
  if made.next then guess(self, request, made.next, made.total) end
  local done
  done, message, kind = keep(self, made)
  if not done then return nil, message, kind end
  return made
end

---How many items there are, by a request of its own.
local function count(self)
  local from = self.spec.total
  if type(from) ~= "table" or not from.url then return nil end
  local counted = self.exchange:ask({
    method = "GET", url = from.url, headers = self.first.headers,
  }, function(response)
    local value = math.tointeger(tonumber(pointer.get(response.body, from.at or "")))
    if value then return value end
    return nil, "the count is not a whole number", "parse"
  end)
  return counted
end

---Writes down which reading begins.
---@private
function Chain:begin()
  local facts = { from = self.name, before = self.before, salt = self.fingerprint.salt,
    credentials = self.fingerprint.credentials }
  local done, message, kind = self.kept:begin(facts)
  if not done then return nil, message, kind end
  self.began = self.kept:facts()
  return true
end

---The cursor of a page has expired: all begins again.
---@param message string
---@param status integer  of the response
---@return true?
---@return string? message
---@return Kind? kind
local function restart(self, message, status)
  self.restarts = self.restarts + 1
  if self.restarts > MOST_RESTARTS then
    return nil, string.format("%s; the reading began again %d times", message, MOST_RESTARTS),
      "temporary"
  end
  local done, why, kind = self:begin()
  if not done then return nil, why, kind end
  local number = self.number
  self.number, self.sum, self.followed = 1, 0, {}
  if self.given == 0 and #self.queue == 0 then return true end
  if not self.spec.id then
    return nil, string.format("%s; the pages that were read are of no use, and the next attempt "
      .. "begins with the first one; with `id` the reading would go on by itself", message),
      "temporary"
  end
  self.say(string.format("%s: the cursor of page %d has expired (status %d); the reading begins "
    .. "again, and leaves out what was read", self.name, number, status))
  return true
end

---Whether a page can be read now: it is waited for, or there is room.
local function has_room(self)
  if self.waiting and #self.queue == 0 then return true end
  local is_enough = self.wanted and self.sum >= self.wanted
  return #self.queue < AHEAD and not is_enough
end

---The request that the recipe's own function returned for a page.
local function next_of(self, made)
  if not self.asks_next then return made.next end
  while self.answered ~= made.page and not self.closed do self.changed:wait() end
  return not self.closed and self.following or nil
end

---Reads pages until the end, or a failure.
local function produce(self)
  local request, mark = self.first, nil
  if self.kept:count() == 0 or not self.began then self.before = count(self) end
  while request do
    while not has_room(self) do
      self.changed:wait()
      if self.closed then return end
    end
    local made, message, kind, refused = kept_page(self, request), nil, nil, nil
    if not made then made, message, kind, refused = fresh_page(self, request, mark) end
    if made then
      self.sum = self.sum + made.items
      made.sum = self.sum
      self.queue[#self.queue + 1] = made
      self.last_total = made.total
      self.first_total = self.first_total or made.total
      self.changed:notify()
      request, mark = next_of(self, made), made.mark
      self.number = self.number + 1
    else
      local is_counted = self.form and (self.form.offset or self.form.page)
      local is_expired = refused and EXPIRED[refused.status] and self.number > 1 and not is_counted
      if is_expired then
        local done
        done, message, kind = restart(self, message, refused.status)
        if done then request, mark = self.first, nil end
        is_expired = done
      end
      if not is_expired then
        self.failure = { message, kind }
        return
      end
    end
  end
  self:finish()
end

---All pages were read.
---@private
function Chain:finish()
  local facts = self.began or {}
  self.before = facts.before or self.first_total
  self.after = facts.after or count(self) or self.last_total
  if not facts.after and self.after and self.began then
    facts.after = self.after
    self.kept:note(facts) -- else it is counted again
  end
  self.ended = true
end

---Starts to read. In a task.
function Chain:start()
  scheduler.spawn(function()
    produce(self)
    self.exchange:close()
    self.changed:notify()
  end)
end

---Marks the items that were given before.
local function mark_repeated(self, made)
  for i, id in ipairs(made.ids or {}) do
    if not self.seen then
      local message, kind
      self.seen, message, kind = index.new(path.join(self.kept.folder, "ids.spool"))
      if not self.seen then return nil, message, kind end
    end
    local held, message, kind
    if id then held, message, kind = self.seen:put(id, self.given + i) end
    if held == false then return nil, message, kind end
    if held then
      made.skip = made.skip or {}
      made.skip[i - 1] = true
      self.repeated = self.repeated + 1
    end
  end
  self.given = self.given + made.items
  return true
end

---Whether a failure means that there is no document.
local function is_absent(self, kind, refused)
  if self.spec.absent == true then return kind ~= "interrupted" end
  for _, status in ipairs(refused and (self.spec.absent or ABSENT) or {}) do
    if status == refused.status then return true end
  end
  return false
end

---The next page of a reading in which each page is asked for. One that is not there is null.
---@param url string
---@return Page? page
---@return string? message
---@return Kind? kind
function Chain:one(url)
  if not self.each then return nil, "there is no such reading", "usage" end
  local request = {}
  for name, value in pairs(self.first) do request[name] = value end
  request.url = url
  local wrong, kind = self.requests:objection(request)
  if wrong then return nil, self.name .. ": " .. wrong, kind end
  local made, message = kept_page(self, request), nil
  if not made then
    local refused
    made, message, kind, refused = fresh_page(self, request)
    if not made and is_absent(self, kind, refused) then
      made = { page = self.number, request = request, status = refused and refused.status,
        headers = {}, text = "null" }
      local done
      done, message, kind = keep(self, made)
      if not done then made = nil end
    end
  end
  if not made then return nil, message, kind end
  self.number = self.number + 1
  return made
end

---Waits for the next page.
---@return Page|false|nil page  false: there is none
---@return string? message
---@return Kind? kind
function Chain:take()
  self.waiting = true
  self.changed:notify()
  while #self.queue == 0 and not self.failure and not self.ended and not self.closed do
    if self.interrupted() then return nil, "interrupted", "interrupted" end
    self.changed:wait(0.2)
    self.show(string.format("page %d of %s", self.number, self.name))
  end
  self.waiting = false
  local made = table.remove(self.queue, 1)
  self.changed:notify()
  if made then
    local done, message, kind = mark_repeated(self, made)
    if not done then return nil, message, kind end
    return made
  elseif self.failure then
    return nil, self.failure[1], self.failure[2]
  end
  return false
end

---The request that the recipe's own function returned for the last page.
---@param request? PageRequest
---@param page integer
---@return true?
---@return string? message
---@return Kind? kind
function Chain:answer(request, page)
  if request then
    local wrong, kind = self.requests:objection(request)
    local key = not wrong and self.requests:key(request)
    if key and self.followed[key] then wrong, kind = "it was sent before", "parse" end
    if wrong then
      return nil, string.format("%s: the request after page %d: %s", self.name, page, wrong), kind
    end
    self.followed[key] = true
  end
  self.following, self.answered = request, page
  self.changed:notify()
  return true
end

---What a person should know of a list that was read by its numbers while it changed.
---@return {code: string, message: string, count: integer}?
function Chain:shifted()
  local form = self.form
  if not form or not (form.offset or form.page) or not self.ended then return nil end
  local different = self.given - self.repeated
  local lacking = self.after and math.abs(self.after - different) or 0
  local n = math.max(lacking, self.restarts == 0 and self.repeated or 0)
  if n == 0 then return nil end
  local counted = self.after and string.format("the API counted %s before and %s after, ",
    format.number(self.before or self.after), format.number(self.after)) or ""
  return {
    code = "shifted_rows", count = n,
    message = string.format("rows that moved while %s was read: %s%s were read, of them %s more "
      .. "than once; read it again while nobody changes it, or by a cursor", self.name, counted,
      format.number(different), format.number(self.repeated)),
  }
end

function Chain:close()
  self.closed, self.queue = true, {}
  self.exchange:close()
  self.changed:notify()
  if self.seen then self.seen:close() end
  self.seen = nil
end

return chain
