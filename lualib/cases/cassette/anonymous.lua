--- Replaces what is personal in recorded answers, the same value by the same one everywhere, so
--- that joins, cursors and links still work. Kept are values that the recipe itself names, frequent
--- words, and what every record has: true, false, small numbers.

local json = require "host.json"
local made_up = require "cases.cassette.made_up"
local pointer = require "base.pointer"
local sorted = require "base.sorted"
local url = require "base.url"

local anonymous = {}

local FREQUENT <const> = 20 -- records with a word, from which on it is no one's
local LONGEST_WORD <const> = 40 -- bytes of a frequent word
local SMALL <const> = 100 -- a smaller number is no one's
local TELLING <const> = 6 -- bytes of a value that is looked for in the result
local MOST_TRIES <const> = 1000
local MARK <const> = "{origin:%d}"

-- Names of algorithms, which the program's own functions compare.
local ALGORITHMS <const> = {
  "argon2", "argon2d", "argon2i", "argon2id", "base32", "base64", "bcrypt", "hex", "hmac",
  "hmac_sha1", "hmac_sha256", "hmac_sha512", "hotp", "ldap", "md4", "md5", "otp", "password",
  "pbkdf2", "pbkdf2_sha256", "pbkdf2-sha256", "pbkdf2_sha512", "pbkdf2-sha512", "phone",
  "phpass", "postfix", "prefix", "scrypt", "sha", "sha1", "sha-1", "sha256", "sha-256", "sha384",
  "sha512", "sha-512", "sms", "standard_scrypt", "suffix", "totp", "voice",
}

-- Headers that tell of further pages, whatever a recipe asks for.
local PAGING_HEADERS <const> = { link = true }
-- Headers of a recipe's own function are kept, but for what is of the exchange.
local EXCHANGE_HEADERS <const> = {
  "cookie", "authorization", "date", "server", "trace", "request-id", "etag", "^cf-", "via", "ray",
  "content-", "transfer-", "connection", "security", "policy", "^access-control", "ratelimit",
  "rate-limit", "expires", "cache", "vary",
}

---@class AnonymousOptions
---@field texts string[]                 of the recipe and its modules: what they name is kept
---@field params table<string, string>   real value → what stands for it
---@field answers Recorded[]
---@field readings TapeReading[]

---@class Anonymous
---@field private words table<string, true>
---@field private params {real: string, shown: string}[]  the longest first
---@field private origins table<string, integer>
---@field private n_origins integer
---@field private counts table<string, integer>  by path and value
---@field private seen table<string, true>       texts of all answers
---@field private made table<string, string|number>  by value, folded
---@field private taken table<string, true>      values that were made up
---@field private constants table<string, true>  of first requests: the recipe's own
---@field private n integer
local Anonymous = {}
Anonymous.__index = Anonymous

---Texts in quotes, and names, of a recipe: what it compares values with.
local function add_words(words, text)
  text = text:gsub("%-%-[^\n]*", "")
  for quoted in text:gmatch('"([^"\n]*)"') do words[quoted] = true end
  for quoted in text:gmatch("'([^'\n]*)'") do words[quoted] = true end
  for name in text:gmatch("([%a_][%w_]*)%s*=%f[^=]") do words[name] = true end
  for name in text:gmatch("%.([%a_][%w_]*)") do words[name] = true end
end

---@param options AnonymousOptions
---@return Anonymous
function anonymous.new(options)
  local self = setmetatable({
    words = {}, params = {}, origins = {}, n_origins = 0, counts = {}, seen = {}, made = {},
    taken = {}, constants = {}, n = 0,
  }, Anonymous)
  for _, text in ipairs(options.texts) do add_words(self.words, text) end
  for _, name in ipairs(ALGORITHMS) do self.words[name], self.words[name:upper()] = true, true end
  for real, shown in pairs(options.params) do
    table.insert(self.params, { real = real, shown = shown })
  end
  table.sort(self.params, function(a, b)
    return #a.real > #b.real or #a.real == #b.real and a.real < b.real
  end)
  for _, about in ipairs(options.readings) do
    for _, text in ipairs { about.spec.url, about.spec.token and about.spec.token.url } do
      local origin = url.parse(text).origin
      if not self.origins[origin] then
        self.n_origins = self.n_origins + 1
        self.origins[origin] = self.n_origins
      end
    end
  end
  self:learn(options)
  return self
end

---Parameters in a text, by what stands for them: whole words only.
---@private
function Anonymous:substituted(text)
  for _, one in ipairs(self.params) do
    local at, parts = 1, {}
    for first, last in function() return text:find(one.real, at, true) end do
      local is_whole = not text:sub(first - 1, first - 1):find("%w")
        and not text:sub(last + 1, last + 1):find("%w")
      parts[#parts + 1] = text:sub(at, first - 1) .. (is_whole and one.shown or one.real)
      at = last + 1
    end
    text = table.concat(parts) .. text:sub(at)
  end
  return text
end

local function fold(text)
  return text:lower()
end

---Whether a number may be of a person.
local function is_telling(value)
  return math.type(value) == "float" and value ~= value // 1 or math.abs(value) >= SMALL
end

---Whether a word is the recipe's own, or too frequent to be of a person.
---@private
function Anonymous:is_kept(text, path)
  if text == "" or self.words[text] then return true end
  local is_word = #text <= LONGEST_WORD and text:find("^%a[%a _-]*$")
  return is_word and (self.counts[path .. "\0" .. text] or 0) >= FREQUENT
end

---A made-up value for one that none stands for yet.
---@private
function Anonymous:new_value(key, make)
  local value, repeats
  for _ = 1, MOST_TRIES do
    self.n = self.n + 1
    value, repeats = make(self.n)
    local name = fold(tostring(value))
    if repeats or not self.taken[name] and not self.seen[tostring(value)] then break end
  end
  self.taken[fold(tostring(value))] = true
  self.made[key] = value
  return value
end

---@private
function Anonymous:plain_text(text, key, path)
  if self:is_kept(text, path) then return self:substituted(text) end
  local known = self.made[fold(text)]
  if known then
    known = tostring(known)
    return text:find("^%l") and known:lower() or known
  end
  return self:new_value(fold(text), function(n) return made_up.text(text, key, n) end)
end

---@private
function Anonymous:number(value, path, is_item)
  if not is_telling(value) then return value end
  local text = tostring(value)
  if not is_item then
    local known = self.made[text] -- a cursor, or a count of all
    return known and #text > 4 and tonumber(known) or value
  elseif (self.counts[path .. "\0" .. text] or 0) >= FREQUENT then
    return value
  end
  local known = self.made[text]
  if known then return tonumber(known) or value end
  return self:new_value(text, function(n) return made_up.number(value, n) end)
end

---A part of a URL or a request: a value that stands for one, or the recipe's own.
---@private
function Anonymous:part(text, is_answer)
  if self.constants[text] or self.words[text] or text:find("^%d%d?%d?%d?$") then
    return self:substituted(text)
  end
  local known = self.made[fold(text)]
  if known then return tostring(known) end
  if is_answer and text:find("%w") then
    return self:new_value(fold(text), function(n) return made_up.text(text, "", n) end)
  end
  return self:substituted((text:gsub("[%w@._+-]+", function(word)
    local one = not self.constants[word] and self.made[fold(word)]
    return one and tostring(one)
  end)))
end

---A URL, or its path, with another origin and made-up values.
---@private
function Anonymous:url(text, is_answer)
  local origin, rest = text:match("^(%a+://[^/?#]*)(.*)$")
  origin, rest = origin or "", rest or text
  local number = self.origins[origin]
  local before, query = rest:match("^([^?#]*)%??([^#]*)")
  before = before:gsub("[^/]+", function(part)
    return (url.escape(self:part(url.unescape(part), is_answer)):gsub("%%3A", ":"))
  end)
  query = query:gsub("[^&]+", function(pair)
    local name, value = pair:match("^([^=]*)=(.*)$")
    return name and name .. "=" .. url.escape(self:part(url.unescape(value), is_answer)) or nil
  end)
  local host = number and MARK:format(number) or origin ~= "" and "https://example.com" or ""
  return host .. before .. (query ~= "" and "?" .. query or "")
end

local function is_url(text)
  return text:find("^https?://") or text:find("^/[^%s]*%?[^%s]+$")
end

---@private
function Anonymous:text(text, key, path)
  if is_url(text) and not self.words[text] then return self:url(text, true) end
  return self:plain_text(text, key, path)
end

---Whether the names of an object are values: of a map by id, or by address.
local function is_map(object, words)
  local n, tables, known = 0, 0, false
  for name, value in pairs(object) do
    n, known = n + 1, known or words[name]
    tables = tables + (type(value) == "table" and 1 or 0)
  end
  return n > 0 and n == tables and not known
end

---@private
function Anonymous:name(name, path, is_in_map)
  local is_plain = name:find("^[%a_$@][%a_$:.-]*%d?%d?$") and #name <= LONGEST_WORD
    and not name:find(".@")
  local is_frequent = (self.counts[path .. "\0\0" .. name] or 0) >= FREQUENT
  if self.words[name] or is_frequent or is_plain and not is_in_map then return name end
  return self:plain_text(name, "", path .. "\0")
end

---A copy of a value without what is personal.
---@private
---@param value any
---@param key string   the name of the member
---@param path string  of all such values: indices do not count
---@param at string    JSON pointer from the answer
---@param item? string the pointer of the items; nil: this is inside of them
---@return any
function Anonymous:value(value, key, path, at, item)
  local is_item = item == nil or at:sub(1, #item) == item
    and (at == item or at:sub(#item + 1, #item + 1) == "/")
  if is_item then item = nil end
  if type(value) == "string" then return self:text(value, key, path) end
  if type(value) == "number" then return self:number(value, path, is_item) end
  if type(value) ~= "table" then return value end
  local is_list = json.is_array(value)
  local copy = is_list and json.array {} or {}
  local in_map = is_item and not is_list and is_map(value, self.words)
  for name, member in sorted.pairs(value) do -- the first value gets the first number
    local inner = is_list and path .. "[]" or path .. "." .. (in_map and "*" or name)
    local new_name = is_list and name or self:name(name, path, in_map)
    copy[new_name] = self:value(member, is_list and key or name, inner, at .. "/"
      .. (is_list and name - 1 or name), item)
  end
  return copy
end

---Counts the values of the items of an answer, at most once for each item.
---@private
function Anonymous:count(value, path, counted)
  if type(value) == "table" then
    local is_list = json.is_array(value)
    local in_map = not is_list and is_map(value, self.words)
    for name, member in pairs(value) do
      if not is_list then self:note(path .. "\0\0" .. name, counted) end
      self:count(member, is_list and path .. "[]" or path .. "." .. (in_map and "*" or name),
        counted)
    end
  elseif value ~= json.null and type(value) ~= "boolean" then
    self.seen[tostring(value)] = true
    self:note(path .. "\0" .. tostring(value), counted)
  end
end

---@private
function Anonymous:note(name, counted)
  if counted[name] then return end
  counted[name] = true
  self.counts[name] = (self.counts[name] or 0) + 1
end

local function steps(text)
  return (text:gsub("/[^/]*", function(step) return "." .. step:sub(2) end))
end

---Which pointer has the items of an answer; nil: it is one item as a whole.
local function items_of(recorded)
  return not recorded.about.single and (recorded.about.spec.items or "") or nil
end

---The recipe's own parts of requests: those of first requests, unless a record has them.
---@private
function Anonymous:learn_constants(readings)
  for _, about in ipairs(readings) do
    local written = about.written { url = about.spec.url, query = about.spec.query, method = "GET" }
    local before, query = written.url:match("^%a+://[^/?]*([^?]*)%??(.*)$")
    local parts = {}
    for part in before:gmatch("[^/]+") do parts[#parts + 1] = part end
    for value in query:gmatch("=([^&]*)") do parts[#parts + 1] = value end
    for _, value in pairs(written.query or {}) do
      if type(value) ~= "table" then parts[#parts + 1] = tostring(value) end
    end
    for _, part in ipairs(parts) do
      part = url.unescape(part)
      if not self.made[fold(part)] then self.constants[part] = true end
    end
  end
end

---@private
function Anonymous:learn(options)
  for _, one in ipairs(options.answers) do
    local at = items_of(one)
    local list = not at and { one.response.body } or pointer.get(one.response.body, at)
    for _, item in ipairs(type(list) == "table" and list or {}) do
      self:count(item, at and steps(at) .. "[]" or "", {})
    end
  end
  for _, one in ipairs(options.answers) do -- items first: what cursors and links repeat
    local at = items_of(one)
    local list = not at and one.response.body or pointer.get(one.response.body, at)
    if type(list) == "table" then self:value(list, "", at and steps(at) or "", at or "", nil) end
  end
  self:learn_constants(options.readings)
end

---Which headers of an answer lead to other pages.
local function wanted_headers(about)
  local wanted = {}
  for name in pairs(PAGING_HEADERS) do wanted[name] = true end
  local function look(value)
    if type(value) ~= "table" then return end
    if type(value.header) == "string" then wanted[value.header:lower()] = true end
    for _, member in pairs(value) do look(member) end
  end
  look(about.spec.next)
  look(about.spec.total)
  return function(name)
    if wanted[name] then return true end
    if not about.asks_next then return false end
    for _, part in ipairs(EXCHANGE_HEADERS) do
      if name:find(part) then return false end
    end
    return true
  end
end

---@private
function Anonymous:header(text)
  if text:find("^%s*<") then
    local links = {}
    for target, rest in text:gmatch("<([^>]*)>([^<]*)") do
      local relation = rest:match('rel="?([%w-]+)"?')
      links[#links + 1] = string.format('<%s>; rel="%s"', self:url(target, true), relation or "")
    end
    return table.concat(links, ", ")
  end
  return text:find("^%d+$") and text or self:text(text, "", "header")
end

---@private
function Anonymous:headers(recorded)
  local found, is_wanted = {}, wanted_headers(recorded.about)
  for name, list in sorted.pairs(recorded.response.headers) do
    if is_wanted(name) then
      found[name] = json.array {}
      for i, text in ipairs(list) do
        found[name][i] = self:header(recorded.about.secrets:hide(text))
      end
    end
  end
  return next(found) and found or nil
end

local function map(value, fn)
  if type(value) == "string" or type(value) == "number" then return fn(value) end
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array {} or {}
  for name, member in pairs(value) do copy[name] = map(member, fn) end
  return copy
end

---A request with the values that stand for those of the answers.
---@private
function Anonymous:request(request)
  local function part(value)
    if type(value) == "number" then return self:number(value, "", false) end
    return is_url(value) and self:url(value, false) or self:part(value, false)
  end
  return {
    method = request.method, url = self:url(request.url, false), query = map(request.query, part),
    headers = map(request.headers, part), body = map(request.body, part),
  }
end

---A recorded answer without what is personal.
---@param recorded Recorded
---@return CassetteAnswer
function Anonymous:answer(recorded)
  local hidden = recorded.about.secrets
  local body = map(recorded.response.body, function(value)
    return type(value) == "string" and hidden:hide(value) or value
  end)
  return {
    status = recorded.response.status, headers = self:headers(recorded),
    body = self:value(body, "", "", "", items_of(recorded)), request = recorded.request,
  }
end

---The answers without what is personal, in their order.
---@param answers Recorded[]
---@return CassetteAnswer[]
function Anonymous:all(answers)
  local list = {}
  for i, one in ipairs(answers) do list[i] = self:answer(one) end
  for _, one in ipairs(list) do one.request = self:request(one.request) end
  return list
end

---What of the real values is in a text, described; nil: nothing.
---@param text string
---@param secrets Secrets[]
---@return string? what
function Anonymous:left(text, secrets)
  for _, hidden in ipairs(secrets) do
    if hidden:hide(text) ~= text then return "a credential" end
  end
  for real in pairs(self.seen) do
    local made = self.made[fold(real)]
    if made and #real >= TELLING and not self.words[real] and not self.constants[real]
      and tostring(made) ~= real and text:find(assert(json.encode(real)), 1, true) then
      return "a value of a record"
    end
  end
end

return anonymous
