--- The cases of a test file, checked: what is wrong has its line, and says what is right.

local cassette = require "cases.cassette"
local clock = require "host.clock"
local failure = require "base.failure"
local json = require "host.json"
local lost_things = require "base.lost_things"
local spelling = require "base.spelling"
local values = require "cases.values"
local yaml = require "host.yaml"

local shape = {}

local NOW <const> = 1767225600 -- 2026-01-01T00:00:00Z, unless the file says another

---@class Case
---@field file TestFile
---@field name string
---@field line integer
---@field record? string        JSON
---@field input? string[]       names of files
---@field cassette? string      the name of recorded answers of an API
---@field is_whole? boolean     its params name all that the recipe reads
---@field files table<string, string>  texts by name
---@field params table<string, {value: string, line: integer}>
---@field now integer           Unix time of the recipe's clock
---@field fix? {failure: FixFailure, user: table?}
---@field user? table           the whole user that comes out
---@field user_has? table       fields of it
---@field users? table[]
---@field skipped? true|string|table<string, integer>  reason; of several records, by reason
---@field rejected? true|string[]  "CODE at path"
---@field warnings? table<string, integer|true>  by code; true: any number
---@field lost? table<LostThing, string|true>  reasons, by what is lost; true: any
---@field login? string         the password
---@field gives_up? true|string why `fix` repairs nothing
---@field expect? string        a file of users

---@class CaseReader
---@field file TestFile
local CaseReader = {}
CaseReader.__index = CaseReader

---@private
function CaseReader:refuse(line, said, ...)
  failure.raise(string.format("%s:%d: " .. said, self.file.name, line, ...), "usage")
end

---@private
function CaseReader:map(node, what)
  if not node.members then
    self:refuse(node.line, "%s must be a map, not %s", what, values.kind(node))
  end
  return node
end

---@private
function CaseReader:text(node, what)
  local text = values.text(node)
  if not text or text == "" then
    self:refuse(node.line, "%s must be a text, not %s", what,
      text and "an empty one" or values.kind(node))
  end
  return text
end

---@private
function CaseReader:names(node, known)
  local is_known = {}
  for _, name in ipairs(known) do is_known[name] = true end
  for _, name in ipairs(node.names) do
    if not is_known[name] then
      local hint = spelling.hint(name, known)
      self:refuse(node.lines[name], 'unknown key "%s"%s', name,
        hint ~= "" and hint or "; known are " .. table.concat(known, ", "))
    end
  end
end

---A moment, as the recipe's clock shows it.
---@private
function CaseReader:moment(node)
  local text = values.text(node)
  local unix = text and (math.tointeger(tonumber(text)) or clock.parse(text))
  if unix then return math.floor(unix) end
  self:refuse(node.line, "now must be a moment such as 2026-01-31T12:00:00Z, not %s",
    text and '"' .. text .. '"' or values.kind(node))
end

---@private
function CaseReader:params(node, base)
  local params = {}
  for name, given in pairs(base or {}) do params[name] = given end
  for _, name in ipairs(node and self:map(node, "params").names or {}) do
    local member = node.members[name]
    if member.items or member.members then
      self:refuse(member.line, "the parameter %s must be a single value, not %s", name,
        values.kind(member))
    end
    local text = values.text(member)
    params[name] = text and { value = text, line = member.line } or nil
  end
  return params
end

---@private
function CaseReader:files(node, base)
  local files = {}
  for name, text in pairs(base or {}) do files[name] = text end
  for _, name in ipairs(node and self:map(node, "files").names or {}) do
    if name == "" or name:find("^/") or ("/" .. name .. "/"):find("/%.%.?/") or name:find("%z") then
      self:refuse(node.lines[name], "the file %s must have a name below the test's directory", name)
    end
    local member = node.members[name]
    if member.items or member.members or type(member.value) ~= "string" then
      self:refuse(member.line, "the file %s must be a text (%s: | and indented lines)", name, name)
    end
    files[name] = member.text
  end
  for name in pairs(files) do
    for folder in name:gmatch("()/") do
      if files[name:sub(1, folder - 1)] then
        self:refuse(node.line, "the file %s cannot be a folder, too", name:sub(1, folder - 1))
      end
    end
  end
  return files
end

---A user, or a record: a map.
---@private
function CaseReader:object(node, what)
  return values.of(self:map(node, what))
end

---@private
function CaseReader:list(node, what, each)
  if not node.items then
    self:refuse(node.line, "%s must be a list, not %s", what, values.kind(node))
  end
  local list = {}
  for i, item in ipairs(node.items) do list[i] = each(self, item, what) end
  return list
end

---Numbers by name: `{ no_password: 2 }`.
---@private
function CaseReader:counts(node, what)
  local counts = {}
  for _, name in ipairs(node.names) do
    local member = node.members[name]
    local n = values.of(member)
    if math.type(n) ~= "integer" or n < 1 then
      self:refuse(member.line, "%s: %s must be a number of 1 or more, not %s", what, name,
        values.kind(member))
    end
    counts[name] = n
  end
  return counts
end

---True, or a text.
---@private
function CaseReader:reason(node, what)
  if values.of(node) == true then return true end
  if type(values.of(node)) == "string" and node.text ~= "" then return node.text end
  self:refuse(node.line, "%s must be true or the reason, not %s", what, values.kind(node))
end

---What is lost: a list, or reasons by name.
---@private
function CaseReader:lost(node)
  local lost, lines = {}, {}
  if node.members then
    for _, what in ipairs(node.names) do
      lost[what] = self:reason(node.members[what], "lost: " .. what)
      lines[what] = node.lines[what]
    end
  else
    for _, item in ipairs(self:list(node, "lost", function(_, one) return one end)) do
      local what = self:text(item, "lost")
      lost[what], lines[what] = true, item.line
    end
  end
  for what in pairs(lost) do
    if not lost_things.IS_ONE[what] then
      local hint = spelling.hint(what, lost_things.ORDER)
      self:refuse(lines[what], 'lost: unknown "%s"%s', what, hint ~= "" and hint
        or "; known are " .. table.concat(lost_things.ORDER, ", "))
    end
  end
  return lost
end

local REJECTED <const> = "rejected must be CODE, or CODE at path, such as FORMAT at email, not %s"

---@private
function CaseReader:rejection(node)
  local text = values.text(node)
  local code, path = (text or ""):match("^(%S+) at (%S.*)$")
  if not code then code = (text or ""):match("^%S+$") end
  if not code or type(values.of(node)) ~= "string" then
    self:refuse(node.line, REJECTED, text and '"' .. text .. '"' or values.kind(node))
  end
  return path and code .. " at " .. path or code
end

local FAILURE <const> = { "code", "path", "message", "round", "errors" }
local ERROR <const> = { "code", "path", "message" }

---@private
function CaseReader:error(node)
  self:names(self:map(node, "an error"), ERROR)
  local members = node.members
  if not members.code then self:refuse(node.line, "an error needs a code") end
  return {
    code = self:text(members.code, "code"), message = values.text(members.message) or "",
    path = values.text(members.path),
  }
end

---The failure of `fix`, as a recipe's fixer gets it.
---@private
function CaseReader:fix(node)
  local known = table.move(FAILURE, 1, #FAILURE, 1, {})
  known[#known + 1] = "user"
  self:names(self:map(node, "fix"), known)
  local members = node.members
  if not members.code then
    self:refuse(node.line, "fix needs the code of the failure, such as code: CONFLICT_USERNAME")
  end
  local first = {
    code = self:text(members.code, "code"), message = values.text(members.message) or "",
    path = values.text(members.path),
  }
  local round = members.round and values.of(members.round) or 1
  if math.type(round) ~= "integer" or round < 1 then
    self:refuse(members.round.line, "round must be a number of 1 or more")
  end
  first.round = round
  first.errors = members.errors and json.array(self:list(members.errors, "errors", self.error))
    or json.array { { code = first.code, path = first.path, message = first.message } }
  return { failure = first, user = members.user and self:object(members.user, "user") or nil }
end

-- What a case may have, in the order of messages, and how each is read.
---@type {[1]: string, [2]: fun(self: CaseReader, node: host.yaml.Node, name: string): any}[]
local FIELDS <const> = {
  { "record", function(self, node) return assert(json.encode(self:object(node, "record"))) end },
  {
    "input", function(self, node)
      if node.items then return self:list(node, "input", self.text) end
      return { self:text(node, "input") }
    end,
  },
  {
    "cassette", function(self, node, name)
      local text = self:text(node, name)
      if cassette.is_name(text) then return text end
      self:refuse(node.line, "cassette must be a name: letters, digits, _, - and ., not %s", text)
    end,
  },
  { "fix", CaseReader.fix },
  { "user", CaseReader.object },
  { "user_has", CaseReader.object },
  { "users", function(self, node) return self:list(node, "users", self.object) end },
  {
    "skipped", function(self, node, name)
      if node.members then return self:counts(node, name) end
      return self:reason(node, name)
    end,
  },
  {
    "rejected", function(self, node)
      if values.of(node) == true then return true end
      if node.items then return self:list(node, "rejected", self.rejection) end
      return { self:rejection(node) }
    end,
  },
  {
    "warnings", function(self, node, name)
      if node.members then return self:counts(node, name) end
      local counts = {}
      for _, code in ipairs(self:list(node, name, self.text)) do counts[code] = true end
      return counts
    end,
  },
  { "lost", CaseReader.lost },
  { "login", CaseReader.text },
  { "gives_up", CaseReader.reason },
  { "expect", CaseReader.text },
}
local RESULTS <const> = {
  "user", "user_has", "users", "skipped", "rejected", "warnings", "lost", "login",
  "gives_up", "expect",
}
local INPUTS <const> = { "record", "input", "cassette" }
local WHOLE <const> = { "user", "users", "expect" }

local KEYS <const> = { "name", "params", "files", "now" }
for _, field in ipairs(FIELDS) do KEYS[#KEYS + 1] = field[1] end
local HEAD <const> = { "cases", "params", "files", "now" }

---How many of these a case has, and the names of the last two.
local function count(case, names)
  local n, last, before = 0, nil, nil
  for _, name in ipairs(names) do
    if case[name] ~= nil then n, last, before = n + 1, name, last end
  end
  return n, last, before
end

---Whether the parts of a case make sense together.
---@private
function CaseReader:settle(case, line)
  local inputs, second, one = count(case, INPUTS)
  if inputs > 1 then
    self:refuse(line, "the case %s has %s and %s; it needs one of them", case.name, one, second)
  elseif inputs == 0 and not (case.fix and case.fix.user) then
    self:refuse(line, "the case %s needs %s", case.name, case.fix
      and "fix.user, record or input: the user that failed" or "record, input, cassette or fix")
  elseif count(case, RESULTS) == 0 then
    self:refuse(line, "the case %s does not say what comes out; add one of %s", case.name,
      table.concat(RESULTS, ", "))
  elseif case.gives_up and not case.fix then
    self:refuse(line, "the case %s has gives_up without fix", case.name)
  end
  local n, last, before = count(case, WHOLE)
  if n > 1 then
    self:refuse(line, "the case %s has %s and %s; it needs one of them", case.name, before, last)
  end
end

---@private
function CaseReader:case(node, defaults)
  if not node.members then
    self:refuse(node.line, "a case must be a map with name, not %s", values.kind(node))
  end
  self:names(node, KEYS)
  local members = node.members
  if not members.name then self:refuse(node.line, "the case has no name") end
  local case = {
    file = self.file, name = self:text(members.name, "name"), line = node.line,
    params = self:params(members.params, defaults.params),
    files = self:files(members.files, defaults.files),
    now = members.now and self:moment(members.now) or defaults.now,
  }
  for _, field in ipairs(FIELDS) do
    local name, read = field[1], field[2]
    if members[name] then case[name] = read(self, members[name], name) end
  end
  self:settle(case, node.line)
  return case
end

local NOT_CASES <const> = "a test file is a list of cases (- name: ...), not %s"

---The list of cases, and what holds for all of them.
---@private
function CaseReader:head(node)
  if node.items then return node, { now = NOW } end
  if not node.members then self:refuse(node.line, NOT_CASES, values.kind(node)) end
  self:names(node, HEAD)
  local members = node.members
  if not members.cases or not members.cases.items then
    self:refuse(members.cases and members.cases.line or node.line, NOT_CASES,
      members.cases and values.kind(members.cases) or "a map without cases")
  end
  return members.cases, {
    params = self:params(members.params), files = self:files(members.files),
    now = members.now and self:moment(members.now) or NOW,
  }
end

---Raises a failure for a file that is wrong.
---@param file TestFile
---@return Case[]
function shape.cases(file)
  local node, message = yaml.nodes(file.text)
  if not node then failure.raise(file.name .. ": " .. message, "usage") end
  local self = setmetatable({ file = file }, CaseReader)
  local list, defaults = self:head(node)
  local cases, lines = {}, {}
  for i, item in ipairs(list.items) do
    local case = self:case(item, defaults)
    if lines[case.name] then
      self:refuse(case.line, "the name %s is that of the case in line %d", case.name,
        lines[case.name])
    end
    cases[i], lines[case.name] = case, case.line
  end
  if #cases == 0 then self:refuse(list.line, NOT_CASES, "an empty one") end
  return cases
end

return shape
