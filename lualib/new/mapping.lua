--- The mapping of an export: for each field of a user the expression, with a comment where the data
--- left a doubt.

local countries = require "new.countries"
local guess = require "new.guess"
local hashes = require "new.hashes"
local lua_text = require "new.lua_text"
local names = require "new.names"
local schema = require "auth0.schema"
local status_words = require "source.status_words"
local survey = require "new.survey"
local ways = require "new.ways"

local mapping = {}

local MOST <const> = 0.5
local USERNAME_MOST <const> = 15 -- characters; Auth0's default
local NAME_MOST <const> = { given_name = 150, family_name = 150, name = 300, nickname = 300 }
local MOST_METADATA <const> = 24 -- members that are written, and that are commented out
local LONGEST_METADATA <const> = 500 -- characters
local SEPARATORS <const> = { "|", ";", "," }

---@class Line
---@field name string        of the field
---@field expression string
---@field comments string[]
---@field is_commented? boolean

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
---@field needs table<string, true>  modules: "password"
---@field separator? string  of roles
---@field notes table<string, string>  why a field of the user is missing
---@field records integer

local Mapping = {}
Mapping.__index = Mapping

local share <const> = survey.share

local function percent(part, whole)
  local n = part * 100 / math.max(whole, 1)
  if n > 0 and n < 1 then return "less than 1 %" end
  return string.format("%d %%", math.floor(n + 0.5))
end

---@private
function Mapping:way(field)
  local column = self.fields[field]
  if not column then return nil end
  if not self.is_read[column] then
    self.is_read[column] = field
    self.read[#self.read + 1] = column
  end
  return self.ways:of(column)
end

---@private
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
      .. (self.country.why and ": " .. self.country.why or "; without it they are left out")
  end
  self.before[#self.before + 1] = "local phone = value.phone(" .. expression .. country .. ")"
  self:add("phone_number", "phone", comments)
  if self.fields.phone_verified then
    self:add("phone_verified", string.format("phone and value.confirmed(%s)",
      self:way("phone_verified")))
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
  if self.fields["until"] then
    comments[#comments + 1] = "a block that ends is left out: "
      .. lua_text.comment(self.fields["until"].key)
  end
  if #parts > 0 then
    self:add("blocked", table.concat(parts, " or ") .. " or nil", comments)
  end
end

---@private
function Mapping:hash()
  local column = self.fields.hash
  if not column then
    self.notes.custom_password_hash = "no column has password hashes: users set a new password"
    return
  end
  local expressions = { hash = self.ways:of(column) }
  for _, field in ipairs { "salt", "rounds" } do
    if self.fields[field] then expressions[field] = self.ways:of(self.fields[field]) end
  end
  local plan = hashes.plan(column, self.fields, expressions)
  self.password = plan
  if not plan.expression then
    self.notes.custom_password_hash = lua_text.comment(column.key) .. ": "
      .. table.concat(plan.comments, "; ")
    return
  end
  self.needs.password = true
  self:way("hash")
  if plan.kind == "salted" or plan.kind == "pbkdf2" then
    for _, field in ipairs { "salt", "rounds" } do self:way(field) end
  end
  local expression = plan.expression
  if plan.may_be_nil then
    local is_short = not expression:find(" or ", 1, true)
    expression = string.format(is_short and "value.null_if(%s) and %s"
      or "value.null_if(%s) and (%s)", expressions.hash, expression)
  end
  self:add("custom_password_hash", expression, plan.comments)
end

---@private
function Mapping:totp()
  if not self.fields.totp then return end
  local made = "value.totp(" .. self:way("totp") .. ")"
  if self.fields.factor then
    made = string.format("value.confirmed(%s) and %s or nil", self:way("factor"), made)
  end
  self.before[#self.before + 1] = "local totp = " .. made
  self:add("mfa_factors", "totp and { { totp = { secret = totp } } }")
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

---How the roles of a text are separated.
local function separator_of(column)
  for _, separator in ipairs(SEPARATORS) do
    local n = 0
    for _, sample in ipairs(column.samples) do
      if sample:find(separator, 1, true) then n = n + 1 end
    end
    if n > 0 and n * 10 >= #column.samples then return separator end
  end
end

---@private
function Mapping:roles()
  local column = self.fields.roles
  if not column then return end
  local expression, name = self:way("roles"), names.snake(column.name)
  if not column.is_list then
    if share(column, "json") > MOST then
      expression = "value.json(" .. expression .. ")"
    elseif share(column, "php") > MOST then
      expression = "value.php_unserialize(" .. expression .. ")"
    else
      local separator = separator_of(column)
      if separator then
        self.separator = separator
        expression = string.format('value.split(%s, "%s")', expression, separator)
      end
    end
  end
  table.insert(self.app_metadata, { name = name, expression = expression, comments = {} })
end

local RESERVED <const> = {}
for _, name in ipairs(schema.APP_METADATA_RESERVED) do RESERVED[name] = true end

---A name for a member of the metadata that no other one has.
---@private
function Mapping:metadata_name(column)
  local name = column.name:gsub("^@", ""):gsub("[.$]", "_")
  if column.way[#column.way].kind == "first" then name = column.name end
  if RESERVED[name] then name = "source_" .. name end
  local parent = #column.way > 1 and column.key:match("([%w_]+)%[?%]?%.[^.]*$")
  if self.metadata_names[name] and parent then name = names.snake(parent .. "_" .. name) end
  local made, n = name, 1
  while self.metadata_names[made] do
    n = n + 1
    made = name .. "_" .. n
  end
  self.metadata_names[made] = true
  return made
end

---The value of a column as metadata.
local function metadata_of(column, expression)
  if column.types.boolean or column.is_list then return expression end
  if column.several then return (expression:gsub("^value%.first(%b())$", "%1"):sub(2, -2)) end
  local is_epoch = share(column, "epoch") == 1 and names.is_moment(column.name)
  if share(column, "moment") == 1 or is_epoch then return "value.date(" .. expression .. ")" end
  if share(column, "boolean") == 1 and not column.has_more and not column.types.integer
    and share(column, "integer") < 1 then
    return "value.boolean(" .. expression .. ")"
  elseif share(column, "json") == 1 then
    return "value.json(" .. expression .. ")"
  elseif share(column, "php") == 1 then
    return "value.php_unserialize(" .. expression .. ")"
  end
  return expression
end

-- What a value may be that is neither an address nor something that no one can name.
local PLAIN <const> = {
  "word", "words", "integer", "decimal", "moment", "boolean", "json", "php",
}

---Why a column is not written as metadata without being asked; nil if it may be.
local function doubt_of(column, records)
  local n = column.distinct:count()
  if column.longest > LONGEST_METADATA then return "long" end
  if (column.forms.bytes or 0) > 0 then return "binary" end
  if share(column, "address") > 0 or share(column, "ip") > 0 then return "may be personal" end
  if share(column, "dialled") + share(column, "international") > MOST then
    return "may be personal"
  end
  if names.is_personal(column.key) then return "may be personal" end
  local n_formed = 0
  for _, form in ipairs(PLAIN) do
    n_formed = math.max(n_formed, column.forms[form] or 0)
  end
  local is_plain = column.is_list or column.types.boolean or n_formed >= column.filled * MOST
  if not is_plain then return "may be personal" end
  local is_varied = column.has_more or n > math.max(20, records / 20)
  if is_varied and share(column, "words") > MOST then return "may be personal" end
  if share(column, "token") + share(column, "uuid") > MOST then return "an id or a secret?" end
  if share(column, "url") > MOST then return "may be personal" end
end

---@private
function Mapping:metadata(columns)
  local n_written, n_commented = 0, 0
  for _, column in ipairs(columns) do
    local is_used = self.is_read[column]
    local is_in_safe = names.is_in_safe(column.key) and not column.types.boolean
      and share(column, "moment") + share(column, "epoch") < MOST
    local is_secret = names.is_secret(column.name) or is_in_safe or self.used[column] == "hash"
      or self.used[column] == "salt" or self.used[column] == "rounds"
    if is_used then -- a field already, a status apart
      if is_used == "status" then self:member(column, nil) end
    elseif column.filled == 0 then
      table.insert(self.empty, lua_text.comment(column.key))
    elseif is_secret then
      table.insert(self.unread, lua_text.comment(column.key))
    else
      local doubt = doubt_of(column, self.records)
      local n = doubt and n_commented or n_written
      if n >= MOST_METADATA then
        table.insert(self.unread, lua_text.comment(column.key))
      else
        if doubt then n_commented = n_commented + 1 else n_written = n_written + 1 end
        self:member(column, doubt)
      end
    end
  end
end

---@private
function Mapping:member(column, doubt)
  local is_users = names.meaning(column.name) == "user_metadata" and not column.types.object
  local list = is_users and self.user_metadata or self.app_metadata
  local expression = doubt and ways.raw(column) or self.ways:of(column)
  if not doubt then
    self.is_read[column] = self.is_read[column] or "metadata"
    self.read[#self.read + 1] = column
  end
  table.insert(list, {
    name = self:metadata_name(column), expression = metadata_of(column, expression),
    comments = doubt and { doubt } or {}, is_commented = doubt ~= nil,
  })
end

---@param found Survey
---@param made Guess
---@return Mapping
function mapping.of(found, made)
  local self = setmetatable({
    lines = {}, user_metadata = {}, app_metadata = {}, unread = {}, empty = {}, before = {},
    ways = ways.new(found.columns), fields = made.fields, others = made.others, used = made.used,
    read = {},
    is_read = {}, needs = {}, notes = {}, records = found.records, metadata_names = {},
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
  self:hash()
  self:totp()
  self:roles()
  self:metadata(found.columns)
  return self
end

return mapping
