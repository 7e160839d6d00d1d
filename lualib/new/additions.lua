--- What an export has and a recipe that is extended does not read, as statements that add it to the
--- user: blocks and roles where the values say so, the rest to be uncommented.

local countries = require "new.countries"
local guess = require "new.guess"
local lua_text = require "new.lua_text"
local mapping = require "new.mapping"
local names = require "new.names"
local survey = require "new.survey"
local ways = require "new.ways"

local additions = {}

local share <const> = survey.share

-- What closes an account, and roles: taken over where the data leaves no doubt.
local CERTAIN <const> = { "status", "active", "blocked", "until", "roles" }
-- Other fields of a user, each with what reads it.
local FURTHER <const> = {
  { "phone_number", "value.phone(%s%s)" }, { "name", "%s" }, { "given_name", "%s" },
  { "family_name", "%s" }, { "nickname", "%s" }, { "picture", "value.url(%s)" },
}
local WIDEST <const> = 96 -- columns, behind the blanks of `map`
local MOST_WITHIN <const> = 24 -- columns that are written
local MOST_ROLES <const> = 20 -- different ones; more are something else
-- Shorter endings of a name than "userstate" may be the state of anything, such as an order.
local SHORTEST_SURE <const> = 9
local SHORTEST_ENDING <const> = 4

---@class Additions
---@field before string[]   statements that make locals for the others
---@field lines string[]    statements, some of them as comments
---@field kept string[]     statements for `kept`, the app_metadata
---@field has_kept boolean  one of `kept` is no comment
---@field helpers string[]  lines of functions that the statements call
---@field secret string[]   columns that are only named
---@field has_bad boolean   some of the addresses are none
---@field country? CountryPlan  of numbers without one, if the recipe has a parameter for it
---@field repeats boolean   some addresses occur more than once

---What the end of a name means, where its words are written as one ("schoolaccountstate").
---@return Meaning?
---@return string? ending
local function by_ending(column)
  local plain = names.plain(column.name)
  for from = 2, #plain - SHORTEST_ENDING + 1 do
    local meaning = names.meaning(plain:sub(from))
    if meaning == "status" or meaning == "roles" then return meaning, plain:sub(from) end
  end
end

---Whether a column is in an object at most, and not in a list.
local function is_plain(column)
  for _, step in ipairs(column.way) do
    if step.kind ~= "member" and step.kind ~= "first" then return false end
  end
  return true
end

local function are_roles(column)
  return column.is_list or not column.has_more and share(column, "address") == 0
    and share(column, "integer") == 0 and column.distinct:count() <= MOST_ROLES
end

---What of the guess is unread and certain.
---@param made Guess
---@param unread Column[]
---@return table<Meaning, Column>
---@return string? doubt  about what blocks
local function certain_of(made, unread)
  local is_unread, fields = {}, {}
  for _, column in ipairs(unread) do is_unread[column] = true end
  for _, field in ipairs(CERTAIN) do
    local column = made.fields[field]
    local is_one = column and is_unread[column] and is_plain(column)
    if is_one and (field ~= "roles" or are_roles(column)) then fields[field] = column end
  end
  local doubt
  if fields.blocked and names.is_lock(fields.blocked.name) then
    doubt = "or is it a lock after wrong passwords?"
  end
  for _, column in ipairs(unread) do
    local meaning, ending = by_ending(column)
    if meaning and not made.used[column] and not fields[meaning] and is_plain(column) then
      if meaning == "roles" and are_roles(column) then
        fields.roles = column
      elseif meaning == "status" and guess.fits(column, "status") then
        fields.status = column
        if #ending < SHORTEST_SURE then doubt = "is it the state of the account?" end
      end
    end
  end
  return fields, doubt
end

local function add(list, statement, comments, is_commented)
  local said = table.concat(comments, "; ")
  local written = (is_commented and "-- " or "") .. statement
  if said ~= "" and #written + #said + 4 > WIDEST then
    local above = lua_text.comment_lines("", said)
    table.move(above, 1, #above, #list + 1, list)
    said = ""
  end
  list[#list + 1] = written .. (said ~= "" and " -- " .. said or "")
end

---The other fields of a user that only a column has which is not read.
local function add_further(made, self, unread, has_country)
  local rest = {}
  for _, column in ipairs(unread) do
    local field
    for _, one in ipairs(FURTHER) do
      if made.used[column] == one[1] and made.fields[one[1]] == column then field = one end
    end
    if field then
      local country = has_country and ", params.country" or ""
      add(self.lines, string.format("user.%s = user.%s or %s", field[1], field[1],
        string.format(field[2], ways.alone(column), country)), {}, true)
    elseif made.used[column] == "totp" then
      table.insert(self.secret, lua_text.comment(column.key))
    else
      rest[#rest + 1] = column
    end
  end
  return rest
end

---Takes out the columns in what the recipe reads, and may keep whole.
---@param within table<Column, string>
---@return Column[] rest
local function add_within(self, unread, within)
  local rest, n = {}, 0
  for _, column in ipairs(unread) do
    local is_secret = names.is_secret(column.name) or names.is_in_safe(column.key)
    if not within[column] then
      rest[#rest + 1] = column
    elseif not is_secret and n >= MOST_WITHIN then
      table.insert(self.secret, lua_text.comment(column.key))
    elseif not is_secret then -- what is beside a password belongs to it, which the recipe reads
      n = n + 1
      local member = lua_text.member("kept", names.snake(column.name))
      add(self.kept, member .. " = " .. ways.alone(column),
        { "unless it is kept with " .. lua_text.comment(within[column]) }, true)
    end
  end
  return rest
end

---@param self Additions
---@param mapped Mapping
local function add_mapped(self, mapped, fields, doubt)
  for _, line in ipairs(mapped.lines) do
    if line.name == "blocked" then
      local comments = doubt and { doubt, table.unpack(line.comments) } or line.comments
      add(self.lines, "user.blocked = user.blocked or " .. line.expression, comments, comments[1])
    end
  end
  for _, line in ipairs(mapped.app_metadata) do
    local member = lua_text.member("kept", line.name)
    self.has_kept = self.has_kept or not line.is_commented
    local ours = line.is_commented and "" or member .. " or " -- what the base keeps is not lost
    add(self.kept, member .. " = " .. ours .. line.expression, line.comments, line.is_commented)
  end
  for _, line in ipairs(mapped.user_metadata) do
    add(self.kept, lua_text.member("kept", line.name) .. " = " .. line.expression, line.comments,
      true)
  end
  table.move(mapped.unread, 1, #mapped.unread, #self.secret + 1, self.secret)
  if next(fields) then
    self.before, self.helpers = mapped.ways.lines, mapped.ways:helper_lines()
  end
end

---@param found Survey
---@param unread Column[]      that the recipe does not read
---@param within table<Column, string>  of these, those in an object that it reads
---@param has_country boolean  the recipe has a parameter for the country of numbers
---@return Additions
function additions.of(found, unread, within, has_country)
  local made = guess.of(found.columns, found.records)
  local email = made.fields.email
  local self = {
    before = {}, lines = {}, kept = {}, has_kept = false, helpers = {}, secret = {},
    has_bad = email ~= nil and (email.forms.address or 0) < email.filled,
    repeats = email ~= nil and email.distinct.repeated > 0,
  }
  local numbers = made.fields.phone_number
  if numbers and has_country then self.country = countries.plan(numbers, made.fields) end
  local others = add_within(self, unread, within)
  local fields, doubt = certain_of(made, others)
  local rest = add_further(made, self, others, has_country)
  add_mapped(self, mapping.of({ columns = rest, records = found.records },
    { fields = fields, others = {}, used = made.used, is_extension = true }), fields, doubt)
  return self
end

return additions
