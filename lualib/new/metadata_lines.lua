--- The lines of a recipe for metadata: roles, and what is left of an export, commented out where it
--- may be personal.

local lua_text = require "new.lua_text"
local names = require "new.names"
local schema = require "auth0.schema"
local survey = require "new.survey"
local ways = require "new.ways"

local metadata_lines = {}

local MOST <const> = 0.5
local MOST_METADATA <const> = 24 -- members that are written, and that are commented out
local LONGEST_METADATA <const> = 500 -- characters
local FEW_WORDS <const> = 5 -- texts; from here on, most of them different are sentences
local SEPARATORS <const> = { "|", ";", "," }

-- Meanings of what belongs to a password.
local OF_PASSWORD <const> = {
  hash = true, salt = true, rounds = true, algorithm = true, cost = true, block = true,
  lanes = true, memory = true, time = true,
}

local share <const> = survey.share

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

---What a column is called: that of a title in an object as the object, such as "role".
local function label_of(column)
  local parent = #column.way > 1 and column.key:match("([^.%[%]]+)%[?%]?%.[^.]*$")
  return parent and names.is_title(names.plain(column.name)) and parent or column.name
end

---A phone number that cannot be read, as it is written; each number, if some are shared.
---@param mapping Mapping
function metadata_lines.add_phone(mapping)
  local has_unread, has_shared = mapping.has_unread_phones, mapping.has_shared_phones
  if not has_unread and not has_shared then return end
  mapping.metadata_names.phone = true
  table.insert(mapping.user_metadata, 1, {
    name = "phone", comments = {}, is_sparse = true,
    expression = not has_shared and "unread" or has_unread and "phone or unread" or "phone",
  })
end

---@param mapping Mapping
function metadata_lines.add_roles(mapping)
  local column = mapping.fields.roles
  if not column then return end
  local expression, name = mapping:way("roles"), names.snake(label_of(column))
  if not column.is_list then
    if share(column, "json") > MOST then
      expression = "value.json(" .. expression .. ")"
    elseif share(column, "php") > MOST then
      expression = "value.php_unserialize(" .. expression .. ")"
    else
      local separator = separator_of(column)
      if separator then
        mapping.separator = separator
        expression = string.format('value.split(%s, "%s")', expression, separator)
      end
    end
  end
  table.insert(mapping.app_metadata, { name = name, expression = expression, comments = {} })
end

local RESERVED <const> = {}
for _, name in ipairs(schema.APP_METADATA_RESERVED) do RESERVED[name] = true end

---A name for a member of the metadata that no other one has.
local function name_of(mapping, column)
  local name = label_of(column):gsub("^@", ""):gsub("[.$]", "_")
  if column.way[#column.way].kind == "first" then name = column.name end
  if RESERVED[name] then name = "source_" .. name end
  local parent = #column.way > 1 and column.key:match("([%w_]+)%[?%]?%.[^.]*$")
  if mapping.metadata_names[name] and parent then name = names.snake(parent .. "_" .. name) end
  return names.take(name, mapping.metadata_names)
end

---The value of a column as metadata.
local function metadata_of(column, expression)
  if column.types.boolean or column.is_list then return expression end
  if column.several and not column.nothing then
    return (expression:gsub("^value%.first(%b())$", "%1"):sub(2, -2))
  end
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
    or n >= FEW_WORDS and n * 2 > column.filled
  if is_varied and share(column, "words") > MOST then return "may be personal" end
  if share(column, "token") + share(column, "uuid") > MOST then return "an id or a secret?" end
  if share(column, "url") > MOST then return "may be personal" end
end

---@param doubt? string  why it is not written without being asked
local function add_member(mapping, column, doubt)
  local is_users = names.meaning(column.name) == "user_metadata" and not column.types.object
  local is_commented = doubt ~= nil or mapping.is_extension
  local list = is_users and mapping.user_metadata or mapping.app_metadata
  local expression = is_commented and ways.alone(column) or mapping.ways:of(column)
  if not is_commented then
    mapping.is_read[column] = mapping.is_read[column] or "metadata"
    mapping.read[#mapping.read + 1] = column
  end
  table.insert(list, {
    name = name_of(mapping, column), expression = metadata_of(column, expression),
    comments = doubt and { doubt } or {}, is_commented = is_commented,
  })
end

---Whether a column is an object or a list whose members are columns: empty where it is missing.
local function has_members(columns, key)
  for _, column in ipairs(columns) do
    local rest = column.key:sub(1, #key) == key and column.key:sub(#key + 1, #key + 1)
    if rest == "." or rest == "[" then return true end
  end
  return false
end

---The metadata that is left of the columns.
---@param mapping Mapping
---@param columns Column[]
function metadata_lines.add(mapping, columns)
  local n_written, n_commented = 0, 0
  for _, column in ipairs(columns) do
    local is_used = mapping.is_read[column]
    local is_in_safe = names.is_in_safe(column.key) and not column.types.boolean
      and share(column, "moment") + share(column, "epoch") < MOST
    local is_secret = names.is_secret(column.name) or is_in_safe
      or OF_PASSWORD[mapping.used[column]]
    if is_used then -- a field already, a status apart
      if is_used == "status" and not mapping.is_extension then add_member(mapping, column, nil) end
    elseif column.filled == 0 then
      if not has_members(columns, column.key) then
        table.insert(mapping.empty, lua_text.comment(column.key))
      end
    elseif is_secret then
      table.insert(mapping.unread, lua_text.comment(column.key))
    else
      local doubt = doubt_of(column, mapping.records)
      local n = doubt and n_commented or n_written
      if n >= MOST_METADATA then
        table.insert(mapping.unread, lua_text.comment(column.key))
      else
        if doubt then n_commented = n_commented + 1 else n_written = n_written + 1 end
        add_member(mapping, column, doubt)
      end
    end
  end
end

return metadata_lines
