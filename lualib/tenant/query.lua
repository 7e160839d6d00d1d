--- Translates Auth0's user search (Lucene) to an SQL condition: field:value, "phrases", wildcards,
--- ranges, _exists_, AND, OR, NOT and parentheses. Strings are compared ignoring case.
--- Source: Auth0 docs, "User Search Query Syntax" (November 2026).

local host_text = require "host.text"
local identifiers = require "auth0.identifiers"

local query = {}

-- Fields that are columns (email and username are in lower case); "%s" stands for the comparison.
local COLUMNS <const> = {
  user_id = "user_id %s", email = "email %s", username = "username %s",
  phone_number = "phone_number %s", logins_count = "CAST(logins AS TEXT) %s",
  created_at = "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', created, 'unixepoch') %s",
  updated_at = "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', updated, 'unixepoch') %s",
  ["identities.connection"] =
    "connection IN (SELECT id FROM connection WHERE lower(name) %s)",
  name = "lower(coalesce(record ->> '$.name', email, username, phone_number)) %s",
}

-- Other fields are in the record; of a list, one element must match.
local IN_RECORD <const> = "EXISTS (SELECT 1 FROM json_each(record, '$.%s') "
  .. "WHERE lower(CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE value END) %%s)"
local MEMBERS <const> = {
  nickname = true, given_name = true, family_name = true, email_verified = true,
  phone_verified = true, blocked = true, picture = true, app_metadata = true, user_metadata = true,
}
local AS_WRITTEN <const> = { user_id = true, created_at = true, updated_at = true }

---@class QueryWord
---@field kind "("|")"|":"|"["|"]"|"{"|"}"|"text"
---@field text? string
---@field phrase? boolean  quoted

local LONE <const> = "[():%[%]{}]"

---The phrase that begins at `at` and the position after it; nil for an unclosed quote.
local function phrase_at(text, at)
  local value, i = {}, at + 1
  while text:sub(i, i) ~= '"' do
    if text:sub(i, i) == "\\" then i = i + 1 end
    if i > #text then return nil end
    value[#value + 1] = text:sub(i, i)
    i = i + 1
  end
  return { kind = "text", text = table.concat(value), phrase = true }, i + 1
end

---@return QueryWord[]? words  nil for an unclosed quote
local function words_of(text)
  local words, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return words end
    local c = text:sub(at, at)
    local word
    if c == '"' then
      word, at = phrase_at(text, at)
      if not word then return nil end
    elseif c:find(LONE) then
      word, at = { kind = c }, at + 1
    else
      local plain = text:match("^[^%s():%[%]{}\"]+", at)
      word, at = { kind = "text", text = plain }, at + #plain
    end
    words[#words + 1] = word
  end
end

---@class Parser
---@field words QueryWord[]
---@field at integer
---@field values string[]
---@field message? string  the first error; the condition is then invalid
local Parser = {}
Parser.__index = Parser

local UNREADABLE <const> = "Failed to parse query"

---Records the first error. Parsing continues, but its result is discarded.
function Parser:fail(message)
  self.message = self.message or message or UNREADABLE
  return ""
end

function Parser:accept(kind, text)
  local word = self.words[self.at]
  if not word or word.kind ~= kind or word.phrase then return nil end
  if text and word.text ~= text then return nil end
  self.at = self.at + 1
  return word
end

function Parser:value()
  local word = self.words[self.at]
  if not word or word.kind ~= "text" then return { kind = "text", text = self:fail() } end
  self.at = self.at + 1
  return word
end

---A comparison with one value, appended to `values`; `fold` takes it to lower case.
function Parser:compare(sql, word, fold)
  local text = word.text
  if fold then text = fold(text) end
  if not word.phrase and text:find("[^\\]%*") or (not word.phrase and text:find("^%*")) then
    if text == "*" then return sql:format("IS NOT NULL") end
    text = text:gsub("[%%_]", "\\%0"):gsub("%*", "%%")
    table.insert(self.values, text)
    return sql:format("LIKE ? ESCAPE '\\'")
  end
  table.insert(self.values, word.phrase and text or (text:gsub("\\(.)", "%1")))
  return sql:format("= ?")
end

---[a TO b] is inclusive, {a TO b} exclusive; * is an open end.
function Parser:range(sql, open)
  local from = self:value()
  if not self:accept("text", "TO") then return self:fail() end
  local to = self:value()
  if not self:accept(open == "[" and "]" or "}") then return self:fail() end
  local conditions = {}
  for _, one in ipairs { { from, open == "[" and ">=" or ">" },
    { to, open == "[" and "<=" or "<" } } do
    if one[1].text ~= "*" then
      table.insert(self.values, one[1].text)
      local number = tonumber(one[1].text)
      conditions[#conditions + 1] = sql:format(number
        and "+ 0 " .. one[2] .. " ? + 0" or one[2] .. " ?")
    end
  end
  if not conditions[1] then return sql:format("IS NOT NULL") end
  return "(" .. table.concat(conditions, " AND ") .. ")"
end

---The condition of a field, with "%s" in place of the comparison.
function Parser:field(name)
  if COLUMNS[name] then return COLUMNS[name] end
  if not MEMBERS[name:match("^[^.]*")] or name:find("[^%w_.-]") then
    return self:fail("Searching by " .. name .. " is not supported by this tenant")
  end
  return IN_RECORD:format(name:gsub("[^.]+", '"%0"'))
end

function Parser:term(name)
  -- The lower() of SQLite, which the other fields use, knows ASCII alone.
  local fold = identifiers.FOLDED[name] and host_text.lower
    or not AS_WRITTEN[name] and string.lower
  local sql = self:field(name)
  local open = self:accept("[") or self:accept("{")
  if open then return self:range(sql, open.kind) end
  if not self:accept("(") then return self:compare(sql, self:value(), fold) end
  local list = {}
  repeat
    list[#list + 1] = self:compare(sql, self:value(), fold)
  until not self:accept("text", "OR")
  if not self:accept(")") then return self:fail() end
  return "(" .. table.concat(list, " OR ") .. ")"
end

function Parser:one()
  if self:accept("text", "NOT") then return "NOT coalesce(" .. self:one() .. ", 0)" end
  if self:accept("(") then
    local inner = self:any()
    if not self:accept(")") then return self:fail() end
    return "(" .. inner .. ")"
  end
  local name = self:value().text
  if not self:accept(":") then return self:fail() end
  if name:sub(1, 1) == "-" then
    return "NOT coalesce(" .. self:term(name:sub(2)) .. ", 0)"
  elseif name == "_exists_" then
    return self:field(self:value().text):format("IS NOT NULL")
  end
  return self:term(name)
end

function Parser:all()
  local list = { self:one() }
  while self:accept("text", "AND") do list[#list + 1] = self:one() end
  return table.concat(list, " AND ")
end

function Parser:any()
  local list = { self:all() }
  while self:accept("text", "OR") do list[#list + 1] = self:all() end
  return table.concat(list, " OR ")
end

---@param text string
---@return {sql: string, values: string[]}?
---@return string? message
function query.parse(text)
  local words = words_of(text)
  if not words then return nil, UNREADABLE end
  if #words == 0 then return { sql = "1", values = {} } end
  local parser = setmetatable({ words = words, at = 1, values = {} }, Parser)
  local found = parser:any()
  if parser.message then return nil, parser.message end
  if parser.at <= #words then return nil, UNREADABLE end
  return { sql = "(" .. found .. ")", values = parser.values }
end

return query
