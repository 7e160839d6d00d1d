--- What known logins say about the hash that a new recipe maps: that its guess is right, or which
--- line is. The recipe is written, tried as `prove` does, and written anew.

local json = require "host.json"
local ways = require "new.ways"

local proof = {}

local MOST_TRIES <const> = 16 -- lines that are written and tried
local ASSIGNED <const> = "^custom_password_hash = (.*)$"
local PROVE <const> = ": `prove` confirms it with one known login"

---@class Proven  of the hash, by known logins
---@field line? string      the expression that matches, in place of the guess
---@field is_alone? boolean hashes that say what they are are read by the line, too
---@field words? table<string, string|true>  of branches: the line of each; true: its guess is right
---@field covered table<string, true>  algorithms of the hashes that matched
---@field missed integer    logins with a record whose password does not match

---@class Proof
---@field mapping Mapping
---@field report table  of `prove`
---@field cleartext? string  the expression of a value that is a password itself

---@class ProofInput
---@field write fun(proven?: Proven): Mapping   writes the recipe
---@field prove fun(is_brief: boolean): table?, string?, Kind?, FailureMore?  brief: nothing is
---  searched
---@field words? fun(positions: integer[]): table<integer, string>  of branches: their words

---@param one ProvenLogin
---@return boolean
function proof.matches(one)
  return one.result == "yes" or one.result == "refused"
end

---How many logins match, and how many of the others have a record.
local function counts_of(report)
  local n, missed = 0, 0
  for _, one in ipairs(report.logins) do
    if proof.matches(one) then
      n = n + 1
    elseif one.result ~= "missing" then
      missed = missed + 1
    end
  end
  return n, missed
end

---The algorithms of the hashes that matched.
local function covered_by(report)
  local covered = {}
  for _, one in ipairs(report.logins) do
    if proof.matches(one) and one.algorithm then covered[one.algorithm] = true end
  end
  return covered
end

---The expression of a line that `map` can have as it is: `value` stands in it for what the guess
---maps, and in a recipe for a module.
local function expression_of(line)
  local expression = line and line ~= json.null and line:match(ASSIGNED)
  local code = expression and expression:gsub('%b""', '""')
  if not code or code:find("%f[%w_]value%f[^%w_]") then return nil end
  return (expression:gsub('= "bytes"', '= "binary"')) -- also as a dump writes them
end

---The lines that were found, each once, that of all logins first.
local function lines_of(report)
  local lines, seen = {}, {}
  local function add(line)
    local expression = expression_of(line)
    if not expression or seen[expression] then return end
    seen[expression] = true
    lines[#lines + 1] = expression
  end
  for _, one in ipairs(report.logins) do
    if (one.unsuited or 0) == 0 then add(one.line) end
  end
  add(report.line)
  for _, one in ipairs(report.logins) do add(one.line) end
  return lines
end

---By the words of the logins' records, the line that was found, or that the guess is right; nothing
---of a word that has a login which does not match.
---@param input ProofInput
---@param report table
local function words_of(input, report)
  local positions, found, doubtful = {}, {}, {}
  for _, one in ipairs(report.logins) do positions[#positions + 1] = one.position end
  local words = input.words(positions)
  for _, one in ipairs(report.logins) do
    local word, line = one.position and words[one.position], expression_of(one.line)
    if word and proof.matches(one) then
      found[word] = found[word] or true
    elseif word then
      found[word], doubtful[word] = line or found[word], not line or doubtful[word]
    end
  end
  for word in pairs(doubtful) do
    if found[word] == true then found[word] = nil end
  end
  return found
end

---@param input ProofInput
---@param report table
---@return Proven[]
local function candidates_of(input, report)
  if input.words then return { { words = words_of(input, report) } } end
  local list = {}
  for _, line in ipairs(lines_of(report)) do
    list[#list + 1] = { line = line }
    list[#list + 1] = { line = line, is_alone = true }
  end
  return table.move(list, 1, math.min(#list, MOST_TRIES), 1, {})
end

---Whether a login that did not match has a line.
local function has_lines(report)
  for _, one in ipairs(report.logins) do
    if one.line then return true end
  end
  return false
end

---The candidate that matches the most logins, more than the guess; and what `prove` says of it.
local function best_of(input, report)
  local best, said, most, missed = nil, report, counts_of(report)
  for _, candidate in ipairs(has_lines(report) and candidates_of(input, report) or {}) do
    if missed == 0 then break end
    candidate.covered, candidate.missed = {}, 0
    input.write(candidate)
    local again, message, kind = input.prove(true)
    if kind == "interrupted" then return nil, nil, message, kind end
    local n, left = counts_of(again or { logins = {} })
    if again and n > most then best, said, most, missed = candidate, again, n, left end
  end
  return best, said
end

---The value that the search found to be the password, or that the recipe reads as it.
local function cleartext_of(report, mapping)
  for _, one in ipairs(report.logins) do
    if one.cleartext then return one.cleartext end
  end
  local plan, fields = mapping.password, mapping.fields
  local is_clear = plan and plan.kind == "cleartext" and counts_of(report) > 0
  return is_clear and fields.hash and mapping.ways:of(fields.hash) or nil
end

---Takes over what only the search said of the logins that do not match.
local function with_reasons(said, report)
  for i, one in ipairs(said.logins) do
    if not proof.matches(one) then said.logins[i] = report.logins[i] end
  end
  return said
end

---What is said of the logins, but not the lines, which are of no use.
local function without_lines(report)
  local list = {}
  for i, one in ipairs(report.logins) do
    list[i] = { id = one.id, result = one.result, position = one.position }
  end
  return { logins = list }
end

---Writes a recipe that is right about the hash, as far as the logins show.
---@param input ProofInput
---@return Proof?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function proof.settle(input)
  input.write()
  local report, message, kind, more = input.prove(false)
  if not report then return nil, message, kind, more end
  local best, said
  best, said, message, kind = best_of(input, report)
  if message then return nil, message, kind end
  local _, missed = counts_of(said)
  local proven = best or {}
  if not best and input.words then proven = { words = words_of(input, without_lines(said)) } end
  proven.covered, proven.missed = covered_by(said), missed
  local mapping = input.write(proven)
  return {
    mapping = mapping, report = with_reasons(said, report),
    cleartext = cleartext_of(report, mapping),
  }
end

---The digest that a format is of, as hashes name it.
local function digest_of(format)
  local name = format:match("^%w+")
  return name == "ntlm" and "md4" or name
end

---The formats of a guess of which no login has a hash.
local function uncovered(plan, proven)
  local list = {}
  for _, format in ipairs(plan.formats or {}) do
    if not proven.covered[digest_of(format)] then list[#list + 1] = format end
  end
  return list
end

---What stands before and behind a line: the reader of hashes that say what they are, and guesses
---about other digests than those of the line.
local function parts_of(plan, proven)
  local parts, left = {}, {}
  if plan.auto and not proven.is_alone and not proven.line:find("password.auto(", 1, true) then
    parts[1] = plan.auto
  end
  parts[#parts + 1] = proven.line
  for _, one in ipairs(not proven.is_alone and plan.alternatives or {}) do
    if not proven.line:find('"' .. digest_of(one.format) .. '%f[%W]') then
      parts[#parts + 1], left[#left + 1] = one.written, one.format
    end
  end
  return parts, left
end

---The comments that are left.
local function comments_of(plan, proven, left)
  if proven.missed > 0 then
    return { "not all known logins match: `prove` says which, and why" }
  elseif #left > 0 then
    return { "no known login has a hash that is " .. table.concat(left, " or ") .. PROVE }
  elseif plan.kind == "cleartext" then
    return {
      "the passwords themselves, of which bcrypt hashes are made here, about ten a second and "
        .. "processor",
    }
  end
  return {}
end

---Puts what is proven into the plan of a hash.
---@param plan PasswordPlan
---@param proven Proven
function proof.mend(plan, proven)
  if not proven.line then
    local left = uncovered(plan, proven)
    local is_proven = next(proven.covered) ~= nil and proven.missed == 0 and #left == 0
    if is_proven then plan.comments = comments_of(plan, proven, left) end
    return
  end
  local parts, left = parts_of(plan, proven)
  if proven.line:find("password.cleartext(", 1, true) then plan.kind = "cleartext" end
  plan.expression, plan.may_be_nil = table.concat(parts, " or "), nil
  plan.comments = comments_of(plan, proven, left)
  plan.is_suffix = proven.line:find('position = "suffix"', 1, true) ~= nil
    or proven.line:find("_suffix", 1, true) ~= nil
end

---A column as a search writes it.
local function written(column)
  return (ways.raw(column):gsub("value%.json%(", "cjson.decode("))
end

---A pattern of an expression, and not of a longer name.
local function pattern_of(expression)
  local pattern = expression:gsub("%p", "%%%0")
  return expression:find("[%w_]$") and pattern .. "%f[^%w_]" or pattern
end

---Whether a line reads a column.
---@param line string
---@param column Column
---@return boolean
function proof.reads(line, column)
  return (line .. " "):find(pattern_of(written(column))) ~= nil
end

---A line that reads a column by another expression, which is there whatever the record lacks: the
---tables above the column are asked for only where others need them.
---@param line string
---@param column Column
---@param expression string
---@return string
function proof.with(line, column, expression)
  local raw = written(column)
  line = (line .. " "):gsub(pattern_of(raw), (expression:gsub("%%", "%%%%")))
  for last = #raw - 1, #"row" + 1, -1 do
    local above = raw:find("^[.%[]", last + 1) and raw:sub(1, last):gsub("%p", "%%%0")
    local rest = above and line:gsub("%f[%w_]" .. above .. " and ", "")
    if rest and not rest:find(above .. "[.%[]") then line = rest end
  end
  return line:sub(1, -2)
end

return proof
