--- Reads Link headers: which URL a response names for a relation. Source: RFC 8288.

local link = {}

---@class HttpLink
---@field url string  as written, perhaps relative
---@field relations table<string, true>  in lower case
---@field anchor? string  the link is of another resource

---The value of a parameter that begins at `at`, and the position after it; nil if it has no end.
local function value_at(text, at)
  if text:sub(at, at) ~= '"' then
    local token = text:match("^[^%s;,]*", at)
    return token, at + #token
  end
  local value, i = {}, at + 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == '"' then return table.concat(value), i + 1 end
    if c == "\\" then
      i = i + 1
      c = text:sub(i, i)
    end
    value[#value + 1] = c
    i = i + 1
  end
  return nil
end

---The parameters of a link, by name in lower case; of repeated ones the first.
local function parameters_at(text, at)
  local found = {}
  while true do
    local after = text:match("^[%s;]*;[%s;]*()", at)
    if not after then return found, at end
    local name, rest = text:match("^([^%s=;,\"]+)%s*()", after)
    if not name then return found, after end
    local value, begin = "", text:match("^=%s*()", rest)
    at = rest
    if begin then
      value, at = value_at(text, begin)
      if not value then return nil end
    end
    name = name:lower()
    found[name] = found[name] or value
  end
end

---@param text string  the value of a header, or of several joined by commas
---@return HttpLink[]?  nil if it cannot be read
function link.parse(text)
  local links, at = {}, text:match("^[%s,]*()")
  while at <= #text do
    local target, after = text:match("^<([^>]*)>()", at)
    if not target then return nil end
    local parameters
    parameters, after = parameters_at(text, after)
    at = parameters and text:match("^[%s,]*()", after)
    local is_separated = at and (at > #text or text:sub(after, at - 1):find(",", 1, true))
    if not is_separated then return nil end
    local relations = {}
    for relation in (parameters.rel or ""):lower():gmatch("%S+") do relations[relation] = true end
    links[#links + 1] = { url = target, relations = relations, anchor = parameters.anchor }
  end
  return links
end

---The URL of a relation.
---@param values string[]   of the Link headers
---@param relation string   "next"
---@return string? url      as written; nil if there is none
---@return string? message  the headers cannot be read, or name two
function link.find(values, relation)
  local found
  for _, text in ipairs(values) do
    local links = link.parse(text)
    if not links then return nil, "the Link header cannot be read" end
    for _, one in ipairs(links) do
      local is_asked = one.relations[relation:lower()] and not one.anchor
      if is_asked and found and found ~= one.url then
        return nil, string.format('there are two different links with rel="%s"', relation)
      end
      found = is_asked and one.url or found
    end
  end
  return found
end

return link
