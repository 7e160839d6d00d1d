--- Password hashes of several schemes, each named by a word in a column of its own or before the
--- hash ("sha1:…"): the functions of a recipe that build them.

local algorithms = require "new.algorithms"
local bad_record = require "source.bad_record"
local flatten = require "new.flatten"
local hashes = require "new.hashes"
local identify = require "auth0.hash.identify"
local json = require "host.json"
local lua_text = require "new.lua_text"
local made_hashes = require "new.made_hashes"
local proof = require "new.proof"
local survey = require "new.survey"
local text = require "host.text"

local branches = {}

local MOST_WORDS <const> = 20
local LEAST_SHARE <const> = 0.3 -- of the values have a word before them
local SHORT <const> = 2 -- characters of a word that tells nothing, such as a version
local PREFIX <const> = "^(%a[%w_-]*)([:|$])(.+)$"
local PARTS <const> = hashes.PARTS
local WIDEST <const> = 100 -- columns

---@class Branch
---@field word string      in lower case; "" of hashes without one
---@field written string   as the export has it
---@field separator? string  behind a word before the hash
---@field found Survey
---@field plan? PasswordPlan

---@class Branches
---@field is_prefix boolean  the word stands before the hash
---@field name string        of the column that has it
---@field private keys table<string, string>  the part of each column that is read, by its key
---@field private fields table<string, Column>
---@field private by_word table<string, Branch>
---@field private options table
---@field private proven? Proven
local Branches = {}
Branches.__index = Branches

---Whether many values have the name of an algorithm before them, which they are not read with.
local function have_prefix(column)
  local n = 0
  for _, sample in ipairs(column.samples) do
    local word = sample:match(PREFIX)
    local kind = word and algorithms.of(word) and identify.of(sample)
    if kind and not kind.supported then n = n + 1 end
  end
  return n > 0 and n >= #column.samples * LEAST_SHARE
end

local function have_several(column)
  if not column or column.has_more or column.n_words > MOST_WORDS then return false end
  local first = next(column.words)
  return first ~= nil and (next(column.words, first) ~= nil)
end

---@param made Guess
---@param options {are_lists?: boolean, joined?: table<string, boolean>}  see flatten.record
---@return Branches?  nil: all hashes are of one scheme
function branches.of(made, options)
  local hash, algorithm = made.fields.hash, made.fields.algorithm
  if not hash then return nil end
  local is_prefix = have_prefix(hash)
  if not is_prefix and not have_several(algorithm) then return nil end
  local self = setmetatable({
    is_prefix = is_prefix, name = (is_prefix and hash or algorithm).name, by_word = {},
    fields = made.fields, options = options, keys = { [hash.key] = "hash" },
  }, Branches)
  if not is_prefix then self.keys[algorithm.key] = "algorithm" end
  for _, part in ipairs(PARTS) do
    if made.fields[part] then self.keys[made.fields[part].key] = part end
  end
  return self
end

---@private
function Branches:add(word, separator, cells)
  local lower = text.lower(word)
  local branch = self.by_word[lower]
  if not branch then
    local columns = {}
    for _, part in pairs(self.keys) do columns[#columns + 1] = part end
    table.sort(columns)
    branch = {
      word = lower, written = word, separator = separator, found = survey.new { columns = columns },
    }
    self.by_word[lower] = branch
  end
  branch.found:record(cells)
end

---What a record has of the columns that are read; nil without a hash.
---@private
function Branches:cells(record)
  local plain = not bad_record.is(record) and json.materialize(record)
  if type(plain) ~= "table" or json.is_array(plain) then return nil end
  local cells = {}
  flatten.record(plain, self.options, function(key, _, value)
    local part = self.keys[key]
    if part and value ~= json.null then cells[part] = value end
  end)
  return cells.hash and cells or nil
end

---The word of a record, and, if it stands before the hash, what follows it.
---@private
function Branches:split(cells)
  if not self.is_prefix then
    return cells.algorithm ~= nil and text.trim(tostring(cells.algorithm)) or ""
  end
  local word, separator, rest = tostring(cells.hash):match(PREFIX)
  if not word or not algorithms.of(word) then return "" end
  return word, separator, rest
end

---Adds a record of the export.
---@param record any
function Branches:record(record)
  local cells = self:cells(record)
  if not cells then return end
  local word, separator, rest = self:split(cells)
  cells.hash = rest or cells.hash
  self:add(word, separator, cells)
end

---What is known once all records were added.
function Branches:finish()
  for _, branch in pairs(self.by_word) do branch.found:finish() end
end

---The branches that may be written, those of the most records first; and how many are not.
---@private
function Branches:sorted()
  local list, n_left = {}, 0
  for word, branch in pairs(self.by_word) do
    local may = algorithms.of(branch.written) or branch.found.records >= survey.FREQUENT
      or #word <= SHORT
    if may then list[#list + 1] = branch else n_left = n_left + 1 end
  end
  table.sort(list, function(a, b)
    if a.found.records == b.found.records then return a.word < b.word end
    return a.found.records > b.found.records
  end)
  return list, n_left
end

---Takes over what known logins prove of the branches.
---@param proven? Proven
function Branches:prove(proven)
  self.proven = proven and proven.words and proven or nil
end

---The branch of a record, by its word in lower case.
---@param record any
---@return string?
function Branches:word(record)
  local cells = self:cells(record)
  if not cells then return nil end
  return (text.lower((self:split(cells))))
end

---Puts what is proven into the plan of a branch.
---@private
function Branches:mend(branch, plan)
  local proven = self.proven
  local said = proven and proven.words[branch.word]
  if not proven or not said then return end
  if said == true then
    plan.comments = {}
    return
  end
  if self.is_prefix then return end -- its builder has no column
  local body = said
  for _, part in ipairs { "hash", table.unpack(PARTS) } do
    local column = self.fields[part]
    if column then body = proof.with(body, column, part) end
  end
  local word = lua_text.quoted(branch.written)
  body = proof.with(body, self.fields.algorithm, "(" .. word .. ")")
  body = body:gsub("%((" .. word:gsub("%p", "%%%0") .. ")%)([^:])", "%1%2")
  if body:find("%f[%w_]row%f[^%w_]") then return end -- it reads what its builder does not have
  proof.mend(plan, { line = body, is_alone = true, covered = {}, missed = proven.missed })
end

---The plan of one branch, whose expression reads the parameters of a function.
local function plan_of(branch, hash_name)
  local fields, ways = {}, { hash = hash_name }
  for _, part in ipairs(PARTS) do
    local column = branch.found:find(part)
    if column and column.filled > 0 then fields[part], ways[part] = column, part end
  end
  return hashes.plan {
    hash = branch.found:find("hash"), fields = fields, ways = ways,
    hint = algorithms.of(branch.written),
  }
end

---@return PasswordPlan
function Branches:plan()
  local list, n_left = self:sorted()
  local used, best = {}, nil
  for _, branch in ipairs(list) do
    branch.plan = plan_of(branch, branch.word == "" and self.is_prefix and "written" or "hash")
    self:mend(branch, branch.plan)
    local expression = branch.plan.expression
    if expression then best = best or branch end
    for _, part in ipairs { "email", table.unpack(PARTS) } do
      used[part] = used[part] or expression ~= nil
        and expression:find("%f[%w_]" .. part .. "%f[^%w_]%s*[^%s=]") ~= nil
    end
  end
  local parts = {}
  for _, part in ipairs(PARTS) do
    if used[part] and self.fields[part] then parts[#parts + 1] = part end
  end
  return {
    kind = "branches", expression = "hash_of", comments = {}, list = list, best = best,
    parts = parts, has_email = used.email, n_left = n_left,
  }
end

---The parameters of a function.
local function parameters(plan, first)
  local list = { table.unpack(first) }
  table.move(plan.parts, 1, #plan.parts, #list + 1, list)
  if plan.has_email then list[#list + 1] = "email" end
  return table.concat(list, ", ")
end

---A function of the table, with the comment on what was chosen.
local function add_builder(lines, plan, branch)
  local made, given = branch.plan, parameters(plan, { "hash" })
  local expression = made.expression
  local is_certain = not expression or made.kind == "auto"
  for _, said in ipairs(is_certain and {} or made.comments) do
    local more = lua_text.comment_lines("  ", said)
    table.move(more, 1, #more, #lines + 1, lines)
  end
  if not expression then
    expression = "password.none(" .. lua_text.quoted(made.comments[1] or "unknown") .. ")"
    given = ""
  end
  local name = lua_text.field(branch.word)
  local line = string.format("  %s = function(%s) return %s end,", name, given, expression)
  if #line <= WIDEST then
    lines[#lines + 1] = line
    return
  end
  lines[#lines + 1] = string.format("  %s = function(%s)", name, given)
  lines[#lines + 1] = "    return " .. expression
  lines[#lines + 1] = "  end,"
end

---The functions, as lines of the recipe.
---@param plan PasswordPlan
---@return string[]
function Branches:functions(plan)
  local lines, otherwise = {}, nil
  lines[1] = "---What builds a hash, by the word in " .. lua_text.comment(self.name) .. "."
  if self.is_prefix then
    lines[1] = "---What builds a hash, by the word before it in " .. lua_text.comment(self.name)
      .. "."
  end
  lines[2] = "local BUILDERS = {"
  for _, branch in ipairs(plan.list) do
    if branch.word == "" then
      otherwise = branch.plan.expression
    else
      add_builder(lines, plan, branch)
    end
  end
  if plan.n_left > 0 then
    lines[#lines + 1] = "  -- There are more words, in a few records each."
  end
  lines[#lines + 1] = "}"
  lines[#lines + 1] = ""
  local hash = self.is_prefix and "written" or "hash"
  otherwise = otherwise or "password.auto(" .. hash .. ")"
  local given = parameters(plan, self.is_prefix and { "written" } or { "scheme", "hash" })
  lines[#lines + 1] = string.format("local function hash_of(%s)", given)
  lines[#lines + 1] = string.format("  if not value.null_if(%s) then return nil end", hash)
  if self.is_prefix then
    lines[#lines + 1] = '  local scheme, hash = written:match("' .. PREFIX:gsub("%(%[:|%$%]%)",
      "[:|$]") .. '")'
    lines[#lines + 1] = '  local build = BUILDERS[value.lower(scheme) or ""]'
  else
    lines[#lines + 1] = '  local word = scheme ~= nil and value.trim(tostring(scheme))'
    lines[#lines + 1] = '  local build = word and BUILDERS[value.lower(word)]'
  end
  lines[#lines + 1] = string.format("  if build then return build(%s) end",
    parameters(plan, { "hash" }))
  lines[#lines + 1] = "  return " .. otherwise
  lines[#lines + 1] = "end"
  return lines
end

---The call in the user.
---@param plan PasswordPlan
---@param scheme? string  the expression of the word, which is not before the hash
---@param expressions table<string, string>
---@return string
function branches.call(plan, scheme, expressions)
  local list = { scheme, expressions.hash }
  if not scheme then list = { expressions.hash } end
  for _, part in ipairs(plan.parts) do list[#list + 1] = expressions[part] end
  if plan.has_email then list[#list + 1] = "email" end
  return "hash_of(" .. table.concat(list, ", ") .. ")"
end

---A made-up hash in the scheme of the most records.
---@param plan PasswordPlan
---@return MadeHash
function branches.made(plan)
  local best = plan.best
  if not best then return {} end
  local column = best.found:find("hash")
  local made = made_hashes.of(best.plan, made_hashes.sample_of(column, best.plan))
  made.algorithm = best.written ~= "" and not best.separator and best.written or nil
  if best.separator and made.hash then
    made.hash = best.written .. best.separator .. made.hash
  end
  return made
end

return branches
