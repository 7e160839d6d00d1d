--- The lines of a recipe for what a user signs in with: the password hash and the second factor.

local algorithms = require "new.algorithms"
local branches = require "new.branches"
local hashes = require "new.hashes"
local lua_text = require "new.lua_text"
local proof = require "new.proof"

local credentials = {}

---The word that a column of algorithms has, if it has one only.
local function only_word(column)
  local word = column and not column.has_more and next(column.words) or nil
  return word and next(column.words, word) == nil and word or nil
end

---What an expression reads of the record, besides the hash.
local function read_parts(mapping, expression, expressions)
  for _, field in ipairs(hashes.PARTS) do
    local written = expressions[field]
    if written and expression:find(written, 1, true) then mapping:way(field) end
  end
end

---Hashes of several schemes.
local function add_branches(mapping, several, expressions)
  local plan = several:plan()
  mapping.password, mapping.functions = plan, several:functions(plan)
  mapping.needs.password = true
  mapping:way("hash")
  for _, field in ipairs(plan.parts) do mapping:way(field) end
  local scheme = not several.is_prefix and mapping:way("algorithm") or nil
  mapping:add("custom_password_hash", branches.call(plan, scheme, expressions))
end

---Adds the line that known logins prove; it may read any column.
local function add_proven(mapping, plan, columns)
  mapping.needs.password = true
  local expression = plan.expression
  for _, column in ipairs(columns) do
    if proof.reads(expression, column) then
      mapping:read_column(column, mapping.used[column] or "secret")
      if #column.way > 1 then
        expression = proof.with(expression, column, mapping.ways:of(column))
      end
    end
  end
  plan.expression = expression
  mapping:add("custom_password_hash", expression, plan.comments)
end

---@param mapping Mapping
---@param several? Branches  hashes of several schemes
---@param columns Column[]   of the export
---@param proven? Proven     by known logins
function credentials.add_hash(mapping, several, columns, proven)
  local column, fields = mapping.fields.hash, mapping.fields
  local has_line = proven ~= nil and proven.line ~= nil
  if not column and has_line then
    mapping.password = { kind = "none", comments = {} }
    proof.mend(mapping.password, proven)
    return add_proven(mapping, mapping.password, columns)
  end
  if not column then
    mapping.notes.custom_password_hash = "no column has password hashes: users set a new password"
    return
  end
  local expressions = { hash = mapping.ways:of(column) }
  for _, field in ipairs(hashes.PARTS) do
    if fields[field] then expressions[field] = mapping.ways:of(fields[field]) end
  end
  if several then
    several:prove(proven)
    return add_branches(mapping, several, expressions)
  end
  local plan = hashes.plan {
    hash = column, fields = fields, ways = expressions,
    hint = algorithms.of(only_word(fields.algorithm)),
  }
  mapping.password = plan
  if proven then proof.mend(plan, proven) end
  if has_line then
    mapping:way("hash")
    read_parts(mapping, plan.expression, expressions)
    return add_proven(mapping, plan, columns)
  end
  if not plan.expression then
    mapping.notes.custom_password_hash = lua_text.comment(column.key) .. ": "
      .. table.concat(plan.comments, "; ")
    return
  end
  mapping.needs.password = true
  mapping:way("hash")
  read_parts(mapping, plan.expression, expressions)
  local expression = plan.expression
  if plan.may_be_nil then
    local is_short = not expression:find(" or ", 1, true)
    expression = string.format(is_short and "value.null_if(%s) and %s"
      or "value.null_if(%s) and (%s)", expressions.hash, expression)
  end
  mapping:add("custom_password_hash", expression, plan.comments)
end

---@param mapping Mapping
function credentials.add_totp(mapping)
  if not mapping.fields.totp then return end
  local made = "value.totp(" .. mapping:way("totp") .. ")"
  if mapping.fields.factor then
    made = string.format("value.confirmed(%s) and %s or nil", mapping:way("factor"), made)
  end
  mapping.before[#mapping.before + 1] = "local totp = " .. made
  mapping:add("mfa_factors", "totp and { { totp = { secret = totp } } }")
end

return credentials
