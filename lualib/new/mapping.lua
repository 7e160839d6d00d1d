--- The mapping of an export: for each field of a user the expression, with a comment where the data
--- left a doubt.

local countries = require "new.countries"
local credentials = require "new.credentials"
local guess = require "new.guess"
local lua_text = require "new.lua_text"
local metadata_lines = require "new.metadata_lines"
local names = require "new.names"
local pieces = require "new.pieces"
local status_words = require "source.status_words"
local survey = require "new.survey"
local ways = require "new.ways"

local mapping = {}

local MOST <const> = 0.5
local UUID_BYTES <const> = 16
local USERNAME_MOST <const> = 15 -- characters; Auth0's default
local SHARED <const> = "some users share a number, and Auth0 refuses a second user with the same "
  .. "phone_number: all numbers are kept in user_metadata"
local NAME_MOST <const> = { given_name = 150, family_name = 150, name = 300, nickname = 300 }

---@class Line
---@field name string        of the field
---@field expression string
---@field comments string[]
---@field is_commented? boolean
---@field is_sparse? boolean  of metadata: no object for a user without it, if it has nothing else

---@class Mapping
---@field lines Line[]       of the user, in order
---@field user_metadata Line[]
---@field app_metadata Line[]
---@field unread string[]    columns that are not read: secrets, and what the old system needs
---@field empty string[]     columns without a value
---@field before string[]    lines of `map` before the user
---@field ways Ways
---@field fields table<Meaning, Column>
---@field read Column[]      columns that the recipe reads
---@field country? CountryPlan
---@field password? PasswordPlan
---@field dedupe? string[]
---@field has_unread_phones? true  numbers that cannot be read are kept in the local `unread`
---@field has_shared_phones boolean  numbers are no identifiers, and are kept in the metadata
---@field functions string[]  lines of functions that build the hash
---@field needs table<string, true>  modules: "password"
---@field separator? string  of roles
---@field notes table<string, string>  why a field of the user is missing
---@field records integer
---@field is_extension? true  see Guess

local Mapping = {}
Mapping.__index = Mapping

local share <const> = survey.share

local function percent(part, whole)
  local n = part * 100 / math.max(whole, 1)
  if n > 0 and n < 1 then return "less than 1 %" end
  return string.format("%d %%", math.floor(n + 0.5))
end

---The expression of the column of a field, which is read from now on.
---@param field Meaning
---@return string?
function Mapping:way(field)
  local column = self.fields[field]
  if not column then return nil end
  self:read_column(column, field)
  return self.ways:of(column)
end

---Notes that the recipe reads a column.
---@param column Column
---@param field string  what it becomes
function Mapping:read_column(column, field)
  if self.is_read[column] then return end
  self.is_read[column] = field
  self.read[#self.read + 1] = column
end

---Adds a field of the user.
---@param name string
---@param expression string
---@param comments? string[]
function Mapping:add(name, expression, comments)
  table.insert(self.lines, { name = name, expression = expression, comments = comments or {} })
end

---A text of a column that may also have other values.
local function text_of(column, expression)
  local is_text = not (column.types.integer or column.types.float or column.types.boolean)
  if not is_text then
    return string.format("value.null_if(%s) and tostring(%s)", expression, expression)
  end
  return column.padded > 0 and "value.trim(" .. expression .. ")" or expression
end

---@private
function Mapping:user_id()
  local column = self.fields.user_id
  if not column then
    self.notes.user_id = "no column has an id that does not repeat; Auth0 makes ids of its own"
    return
  end
  local expression = self:way("user_id")
  local piece = pieces.of(column, expression)
  if piece.encoding == "binary" and piece.size == UUID_BYTES then
    return self:add("user_id", "value.uuid(" .. piece:bytes() .. ")")
  end
  if column.types.integer or column.types.float then
    expression = string.format("%s and tostring(%s)", expression, expression)
  elseif column.padded > 0 then
    expression = "value.trim(" .. expression .. ")"
  end
  self:add("user_id", expression)
end

---A column with addresses of people who have none in the first one: their usernames, or another
---list of addresses.
---@private
function Mapping:second_address()
  local column = self.fields.email
  if column.filled >= self.records then return nil end
  local username = self.fields.username
  if username and share(username, "address") > 0 then return username end
  for _, other in ipairs(self.others.email or {}) do
    local meaning = guess.meaning(other)
    local is_first = meaning == "email" and not names.is_other(other.key)
    if is_first or meaning == "username" then return other end
  end
end

---@private
function Mapping:email()
  local column = self.fields.email
  if not column then
    self.before[#self.before + 1] = "-- no column has e-mail addresses: set the variable"
    self.before[#self.before + 1] = "local email = nil"
    self.before[#self.before + 1] = 'if not email then return nil, "no e-mail address" end'
    self:add("email", "email")
    return
  end
  local expression = self:way("email")
  local written, second = "value.email(" .. expression .. ")", self:second_address()
  if second then
    self.fields.second_email = second
    written = written .. " or value.email(" .. self:way("second_email") .. ")"
  end
  self.before[#self.before + 1] = "local email = " .. written
  local n_bad = column.filled - (column.forms.address or 0)
  if n_bad == 0 then
    self.before[#self.before + 1] = 'if not email then return nil, "no e-mail address" end'
  else
    local blank = "value.null_if(" .. expression .. ")"
    table.insert(self.before, string.format("-- %s of the values are no e-mail address",
      percent(n_bad, column.filled)))
    table.insert(self.before, string.format(
      'if not email then return nil, %s and "not an e-mail address" or "no e-mail address" end',
      blank))
  end
  local comments = {}
  local others = {}
  for _, other in ipairs(self.others.email or {}) do
    if other ~= second then others[#others + 1] = lua_text.comment(other.key) end
  end
  if #others > 0 then comments[1] = "addresses are also in " .. table.concat(others, ", ") end
  if column.distinct.repeated > 0 then self.dedupe = { "email" } end
  self:add("email", "email", comments)
end

---@private
function Mapping:verified()
  local column = self.fields.email_verified
  if not column then
    return self:add("email_verified", "false", { "no column says which addresses are verified" })
  end
  local expression = self:way("email_verified")
  local comments = {}
  if share(column, "moment") + share(column, "epoch") > MOST then
    comments[1] = "verified if there is a moment, in " .. percent(column.filled, self.records)
      .. " of the records"
  elseif #(self.others.email_verified or {}) > 0 then
    comments[1] = "or is it " .. lua_text.comment(self.others.email_verified[1].key) .. "?"
  end
  self:add("email_verified", "value.confirmed(" .. expression .. ") == true", comments)
end

---@private
function Mapping:username()
  local column = self.fields.username
  if not column then return end
  local id = self.fields.user_id and self:way("user_id") or "nil"
  local made = string.format("value.username(%s, %s, email)", self:way("username"), id)
  local comments = {}
  if column.longest > USERNAME_MOST then
    self.ways.helpers.within = true
    made = string.format("within(%s, %d)", made, USERNAME_MOST)
    comments[1] = string.format("some are longer than %d characters, Auth0's default; the "
      .. "connection may allow more", USERNAME_MOST)
  end
  if column.distinct.repeated > 0 and share(column, "address") == 0 then
    table.insert(comments, 1, "not unique, as usernames have to be")
    table.insert(self.lines, {
      name = "username", expression = made, comments = comments, is_commented = true,
    })
    return
  end
  self:add("username", made, comments)
end

---@private
function Mapping:phone()
  local column = self.fields.phone_number
  if not column then return end
  local expression, comments = self:way("phone_number"), {}
  self.country = countries.plan(column, self.fields)
  local country = ""
  if self.country and self.country.column then
    country = ", " .. self:way("country")
  elseif self.country then
    country = ", params.country"
    comments[1] = "numbers without a country are read as those of the parameter `country`"
      .. (self.country.why and ": " .. self.country.why
        or "; without it they stay in user_metadata")
  end
  if (column.forms.international or 0) >= column.filled then
    self.before[#self.before + 1] = "local phone = value.phone(" .. expression .. country .. ")"
  else
    self.before[#self.before + 1] = "local phone, unread = migrate.phone(" .. expression .. country
      .. ")"
    self.has_unread_phones = true
  end
  if self.has_shared_phones then table.insert(comments, 1, SHARED) end
  table.insert(self.lines, {
    name = "phone_number", expression = "phone", comments = comments,
    is_commented = self.has_shared_phones,
  })
  if self.fields.phone_verified then
    table.insert(self.has_shared_phones and self.user_metadata or self.lines, {
      name = "phone_verified", comments = {},
      expression = string.format("phone and value.confirmed(%s)", self:way("phone_verified")),
    })
    self.metadata_names.phone_verified = self.has_shared_phones or nil
  end
end

---@private
function Mapping:texts()
  for _, field in ipairs { "name", "given_name", "family_name", "nickname" } do
    local column = self.fields[field]
    if column then
      local expression = text_of(column, self:way(field))
      local comments = {}
      if column.longest > NAME_MOST[field] then
        self.ways.helpers.within = true
        expression = string.format("within(%s, %d)", expression, NAME_MOST[field])
        comments[1] = "longer ones are left out, because Auth0 does not accept them"
      end
      self:add(field, expression, comments)
    end
  end
  if self.fields.picture then self:add("picture", "value.url(" .. self:way("picture") .. ")") end
end

---The words of a status that value.blocked does not know, for its second argument.
---@return table<string, boolean> words
---@return boolean has_rare
local function further_words(column)
  local words, has_rare, closes = {}, column.has_more, false
  for word in pairs(column.words) do closes = closes or status_words.closes(word) == true end
  for word, n in pairs(column.words) do
    if status_words.closes(word) == nil then
      if n >= survey.FREQUENT then
        words[word] = not closes
      else
        has_rare = true
      end
    end
  end
  return words, has_rare
end

---@private
function Mapping:status(parts, comments)
  local column = self.fields.status
  if not column then return end
  local words, has_rare = further_words(column)
  local more = next(words) ~= nil
  if has_rare then words["*"] = true end
  local argument = next(words) and ", " .. lua_text.value(words) or ""
  parts[#parts + 1] = "value.blocked(" .. self:way("status") .. argument .. ")"
  if more or has_rare then
    comments[#comments + 1] = "true closes an account; decide about the words here"
      .. (has_rare and ' ("*": those that are rare)' or "")
  end
end

---Blocks that end at a moment. A lock after wrong passwords ends soon: only one of more than a year
---is a person's decision.
---@private
function Mapping:ends(parts, comments)
  local first = self.fields["until"]
  for _, column in ipairs(first and { first, table.unpack(self.others["until"] or {}) } or {}) do
    self:read_column(column, "until")
    local is_lock = names.is_lock(column.name)
    parts[#parts + 1] = string.format("value.is_after(%s, os.time()%s)", self.ways:of(column),
      is_lock and " + 365 * 86400" or "")
    comments[#comments + 1] = is_lock and "a lock that ends within a year is left out"
      or "blocked while the end of the block is to come"
  end
end

---@private
function Mapping:blocked()
  local parts, comments = {}, {}
  local active, blocked = self.fields.active, self.fields.blocked
  if active then
    local reader = share(active, "boolean") + (active.types.boolean or 0) / active.filled
      >= 1 and "switch" or "confirmed"
    parts[#parts + 1] = string.format("value.%s(%s) == false", reader, self:way("active"))
  end
  if blocked then
    local is_moment = share(blocked, "moment") + share(blocked, "epoch") > 0
    parts[#parts + 1] = string.format("value.%s(%s)", is_moment and "confirmed" or "switch",
      self:way("blocked"))
    if is_moment then comments[#comments + 1] = "blocked if there is a moment" end
  end
  self:status(parts, comments)
  self:ends(parts, comments)
  if #parts > 0 then
    self:add("blocked", table.concat(parts, " or ") .. " or nil", comments)
  end
end

---@private
function Mapping:skips()
  for _, one in ipairs { { "deleted", "deleted" }, { "anonymous", "anonymous" } } do
    if self.fields[one[1]] then
      table.insert(self.before, string.format(
        'if value.confirmed(%s) then return nil, "%s" end', self:way(one[1]), one[2]))
    end
  end
end

---@param found Survey
---@param made Guess
---@param branches? Branches  hashes of several schemes
---@param proven? Proven      of the hash, by known logins
---@param has_shared_phones? boolean
---@return Mapping
function mapping.of(found, made, branches, proven, has_shared_phones)
  local self = setmetatable({
    lines = {}, user_metadata = {}, app_metadata = {}, unread = {}, empty = {}, before = {},
    ways = ways.new(found.columns), fields = made.fields, others = made.others, used = made.used,
    read = {}, is_read = {}, functions = {}, needs = {}, notes = {}, records = found.records,
    metadata_names = {}, has_shared_phones = has_shared_phones or false,
    is_extension = made.is_extension,
  }, Mapping)
  self:skips()
  self:email()
  local email = table.remove(self.lines)
  self:user_id()
  table.insert(self.lines, email)
  self:verified()
  self:username()
  self:phone()
  self:texts()
  self:blocked()
  credentials.add_hash(self, branches, found.columns, proven)
  credentials.add_totp(self)
  metadata_lines.add_phone(self)
  metadata_lines.add_roles(self)
  metadata_lines.add(self, found.columns)
  return self
end

return mapping
