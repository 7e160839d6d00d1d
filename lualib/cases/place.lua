--- Where a case runs: a temporary folder with the files that it writes out, and the recipe's
--- parameters, whose files are looked for there and next to the test file, and nowhere else.

local failure = require "base.failure"
local file = require "host.file"
local kinds = require "recipe.kinds"
local path = require "base.path"
local sorted = require "base.sorted"
local spelling = require "base.spelling"

local place = {}

local INPUT <const> = "input" -- the parameter of a recipe with one source
local RECORD <const> = "record" -- the file of a case's record
local FILES <const> = "files/" -- before the names of those that it writes out
local FILE_KINDS <const> = { input = true, file = true }

---@class CasePlace
---@field folder string  temporary; of the case alone
---@field params table<string, string>  as on a command line
---@field record? string the path of the file that the record is to be in
---@field named string[]  the paths that the recipe may read
---@field private case Case
---@field private declared table<string, ParamDeclaration>
local CasePlace = {}
CasePlace.__index = CasePlace

---@private
function CasePlace:refuse(line, said, ...)
  failure.raise(string.format("%s:%d: " .. said, self.case.file.name, line, ...), "usage")
end

---The parameter that takes the record's file: `input`, else the only one that may.
---@param declared table<string, ParamDeclaration>
---@param given table<string, any>  parameters that have a value
---@return string?
function place.record_param(declared, given)
  if declared[INPUT] then return INPUT end
  for _, is_fit in ipairs {
    function(one) return one.kind == "input" end,
    function(one) return one.kind == "file" end,
    function(one) return one.required and not kinds.is_secret(one) end,
  } do
    local found, n = nil, 0
    for name, one in sorted.pairs(declared) do
      if not given[name] and is_fit(one) then found, n = name, n + 1 end
    end
    if n == 1 then return found end
  end
end

---Writes a file into the temporary folder.
---@private
function CasePlace:write(name, text)
  local folder = self.folder
  for part in name:gmatch("([^/]+)/") do
    folder = path.join(folder, part)
    if not file.stat(folder) then failure.check(file.mkdir(folder)) end
  end
  local full = path.join(self.folder, name)
  failure.check(file.write(full, text))
  return full
end

---Whether the case writes out a file or a folder of this name.
local function is_written(files, name)
  local plain = name:gsub("/+$", "")
  for one in pairs(files) do
    if one == plain or one:sub(1, #plain + 1) == plain .. "/" then return true end
  end
  return false
end

local function is_inside(folder, name)
  return folder ~= nil and (name == folder or name:sub(1, #folder + 1) == folder .. "/")
end

---The directory in which a pattern begins; a path without one is whole.
local function before_pattern(full)
  local plain = full:match("^([^*?%[]*)[*?%[]")
  return plain and path.dirname(plain) or full
end

---The path that a name means, which must be inside the test's folders.
---@private
function CasePlace:path(line, name)
  local case = self.case
  if name == "-" then self:refuse(line, "a test does not read stdin; name a file") end
  if is_written(case.files, name) or name == "." and next(case.files) then
    return path.join(self.folder, FILES, name)
  end
  if not case.file.folder then
    self:refuse(line, "%s is not one of the test's files", name)
  end
  local full = path.join(case.file.folder, name)
  local real = file.real(before_pattern(full))
  local leads_out = name:find("^/") or ("/" .. name .. "/"):find("/../", 1, true)
  if leads_out or real and not is_inside(case.file.folder, real) then
    self:refuse(line, "%s is not in the directory of the test file", name)
  elseif not real then
    self:refuse(line, "there is no %s in the directory of the test file%s", name,
      spelling.hint(name, file.list(case.file.folder) or {}))
  end
  return full
end

---The files that a text names: one, or several separated by commas.
---@private
function CasePlace:paths(line, text)
  local folder = self.case.file.folder
  local is_one = not text:find(",", 1, true) or is_written(self.case.files, text)
    or folder and file.stat(path.join(folder, text))
  local list = {}
  for part in text:gmatch(is_one and ".+" or "[^,]+") do
    list[#list + 1] = self:path(line, part:match("^%s*(.-)%s*$"))
  end
  table.move(list, 1, #list, #self.named + 1, self.named)
  return table.concat(list, ",")
end

---Whether a text that may be anything names a file of the test.
---@private
function CasePlace:names_file(text)
  if is_written(self.case.files, text) then return true end
  local folder = self.case.file.folder
  local may_be_one = text:find("[./]") and text:find("%w") and not text:find("^/")
    and not text:find("%z")
  return folder ~= nil and may_be_one and file.stat(path.join(folder, text)) ~= nil
end

---The value of a parameter, as it would be typed. A secret is passed in a file.
---@private
function CasePlace:value(name, given)
  local one, text = self.declared[name], given.value
  local value, wrong = kinds.read(one, text)
  if value == nil then self:refuse(given.line, "the parameter %s %s", name, wrong) end
  if kinds.is_secret(one) then return "@" .. self:write("." .. name, text .. "\n") end
  if FILE_KINDS[one.kind] or self:names_file(text) then return self:paths(given.line, text) end
  return text
end

---Every parameter that the recipe requires must have a value.
---@private
function CasePlace:require_all()
  for name, one in sorted.pairs(self.declared) do
    if one.required and not self.params[name] then
      self:refuse(self.case.line, "the recipe needs the parameter %s; add it to params", name)
    end
  end
end

---Writes the files and sets the parameters; raises a failure for what the test file has wrong.
function CasePlace:prepare()
  for name, text in pairs(self.case.files) do self:write(FILES .. name, text) end
  local case, declared = self.case, self.declared
  for name, given in pairs(case.params) do
    if not declared[name] then
      self:refuse(given.line, 'the recipe has no parameter "%s"%s', name,
        spelling.hint(name, sorted.keys(declared)))
    end
    self.params[name] = self:value(name, given)
  end
  if case.input then
    if not declared[INPUT] then
      self:refuse(case.line, "the recipe has no parameter input; name the files in params")
    end
    local list = {}
    for i, name in ipairs(case.input) do list[i] = self:paths(case.line, name) end
    self.params[INPUT] = table.concat(list, ",")
  elseif not case.cassette and not case.is_whole and not self.params[INPUT] then
    local name = place.record_param(declared, self.params)
    if name then
      self.record = self:write(RECORD, "")
      self.params[name], self.named[#self.named + 1] = self.record, self.record
    end
  end
  self:require_all()
end

---A place for a case, to be prepared; `close` removes it.
---@param case Case
---@param declared table<string, ParamDeclaration>
---@return CasePlace
function place.new(case, declared)
  local self = setmetatable({
    case = case, declared = declared, params = {}, named = {},
    folder = failure.check(file.temporary()),
  }, CasePlace)
  self.folder = failure.check(file.real(self.folder))
  return self
end

function CasePlace:close()
  file.remove_tree(self.folder)
end

CasePlace.__close = CasePlace.close

return place
