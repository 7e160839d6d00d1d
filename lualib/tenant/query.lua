--- The part of Auth0's user search (Lucene) that tools need: field:"value", field:(a OR "b"),
--- joined by AND, over the identifiers and the connection.

local query = {}

local CONNECTION <const> = "connection IN (SELECT id FROM connection WHERE name %s)"

---Condition with one "%s" for the comparison, and whether values are folded.
---@type table<string, {sql: string, fold?: boolean}>
local FIELDS <const> = {
  user_id = { sql = "user_id %s" },
  email = { sql = "email %s", fold = true },
  username = { sql = "username %s", fold = true },
  phone_number = { sql = "phone_number %s" },
  ["identities.connection"] = { sql = CONNECTION },
}

---The text as words: "(", ")", ":", "AND", "OR" and values {text}. Nil for an open quote.
local function words_of(text)
  local words, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return words end
    local c = text:sub(at, at)
    if c == "(" or c == ")" or c == ":" then
      words[#words + 1] = c
      at = at + 1
    elseif c == '"' then
      local value, i = {}, at + 1
      while text:sub(i, i) ~= '"' do
        if text:sub(i, i) == "\\" then i = i + 1 end
        if i > #text then return nil end
        value[#value + 1] = text:sub(i, i)
        i = i + 1
      end
      words[#words + 1] = { table.concat(value) }
      at = i + 1
    else
      local word = text:match("^[^%s():\"]+", at)
      at = at + #word
      words[#words + 1] = (word == "AND" or word == "OR") and word or { (word:gsub("\\(.)", "%1")) }
    end
  end
end

---Values after "field:": one, or some in parentheses.
local function values_at(words, i)
  if type(words[i]) == "table" then return { words[i][1] }, i + 1 end
  if words[i] ~= "(" then return nil end
  local values = {}
  repeat
    i = i + 1
    if type(words[i]) ~= "table" then return nil end
    values[#values + 1] = words[i][1]
    i = i + 1
  until words[i] ~= "OR"
  if words[i] ~= ")" then return nil end
  return values, i + 1
end

---A query as a condition of SQL.
---@param text string
---@return {sql: string, values: string[]}?
---@return string? message
function query.parse(text)
  local words = words_of(text)
  local out = { sql = "1", values = {} }
  local i = 1
  while words and i <= #words do
    local field = type(words[i]) == "table" and words[i][1]
    if not field or words[i + 1] ~= ":" then return nil, "Failed to parse query" end
    local rule = FIELDS[field]
    if not rule then return nil, "Searching by " .. field .. " is not part of this tenant" end
    local values
    values, i = values_at(words, i + 2)
    if not values then return nil, "Failed to parse query" end
    local marks = {}
    for k, value in ipairs(values) do
      marks[k] = "?"
      table.insert(out.values, rule.fold and value:lower() or value)
    end
    out.sql = out.sql .. " AND " .. rule.sql:format("IN (" .. table.concat(marks, ", ") .. ")")
    if words[i] == "AND" and i < #words then
      i = i + 1
    elseif i <= #words then
      return nil, "Failed to parse query"
    end
  end
  if not words then return nil, "Failed to parse query" end
  return out
end

return query
