--- What a recipe asks of an API: checks its table. Pure.

local paging = require "source.http.paging"
local pointer = require "base.pointer"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local type_name = require "base.type_name"
local url = require "base.url"

local spec = {}

spec.ID = "{id}" -- stands for the id of a job in its URL

local FIELDS <const> = {
  "url", "method", "query", "headers", "body", "items", "next", "id", "total", "token", "basic",
  "sign", "limit", "name", "optional", "rate", "absent",
}
local EXPORT_FIELDS <const> = {
  "url", "method", "query", "headers", "body", "job", "token", "basic", "sign", "limit", "name",
  "optional",
}
local MOST_BYTES <const> = 256 * 1024 * 1024
local LONGEST_NAME <const> = 80 -- bytes
-- They would send the request somewhere else, or are libcurl's.
local OUR_HEADERS <const> = {
  host = true, ["content-length"] = true, ["transfer-encoding"] = true, connection = true,
  expect = true, ["accept-encoding"] = true,
}
local METHODS <const> = { GET = true, POST = true }

---@class HttpSpec : PageRequest  what `http.records` takes
---@field items? string      JSON pointer to the list in a page; default "", the page itself
---@field next? PageForm|fun(page: HttpPage): PageRequest?  none: there is one page
---@field id? string         JSON pointer to what distinguishes an item
---@field total? PageSource|{url: string, at?: string}  how many items there are, to notice rows
---  that move; of a request of its own the pointer `at`
---@field token? TokenSpec   an access token, by client credentials
---@field basic? string[]    user and password
---@field sign? host.http.Signature
---@field limit? integer     bytes of a page
---@field name? string       in places; default: the last part of the URL's path
---@field rate? {header: string, seconds: number}  of `http.each`: the header with the number of
---  requests that are allowed in so many seconds
---@field absent? true|integer[]  of `http.each`: statuses of a document that is not there; default
---  404. true: whatever fails, after one short attempt
---@field optional? true|string[]  members that no record need have, although the recipe reads them
---@field job? HttpJob      of `http.export` only: what the request begins

---@class HttpJob  prepares a file; members of responses are named by JSON pointers
---@field id string         in the response to the request: what the job is called
---@field url string        of the job, with its id in place of `{id}`
---@field state string      of the job
---@field done string[]     states in which the file is ready
---@field failed? string[]  states in which there will be none; in any other one it is waited for
---@field message? string   why it failed
---@field file string       the link to the file

---@class HttpPage  what a function as `next` gets
---@field request PageRequest
---@field status integer
---@field headers table<string, string[]>
---@field body any
---@field items integer   of this page
---@field total integer   so far
---@field page integer    1 for the first

local function is_word(value)
  return type(value) == "string" and value ~= "" and not value:find("%c")
end

local function check_url(value)
  local parsed, message = url.parse(value)
  return not parsed and message or nil
end

local function check_method(value)
  return not METHODS[value] and "must be GET or POST" or nil
end

local function is_plain(value)
  return type(value) == "string" or type(value) == "number" or type(value) == "boolean"
end

local function check_query(value)
  if type(value) ~= "table" then return "must be a table of names and values" end
  for name, one in pairs(value) do
    for _, item in ipairs(type(one) == "table" and one or { one }) do
      if type(name) ~= "string" or not is_plain(item) then
        return "must have names and texts, numbers or booleans"
      end
    end
  end
end

local function check_headers(value)
  if type(value) ~= "table" then return "must be a table of names and texts" end
  for name, text in pairs(value) do
    if type(name) ~= "string" or not name:find("^[%w!#$%%&'*+.^_`|~-]+$") then
      return "must be a table of names and texts"
    elseif OUR_HEADERS[name:lower()] then
      return "must not have " .. name
    elseif type(text) ~= "string" and type(text) ~= "number" then
      return string.format("has no text for %s, but %s", name, type_name.a(text))
    elseif tostring(text):find("[%z\r\n]") then
      return name .. " contains a line end or a zero byte"
    end
  end
end

local function check_body(value)
  return type(value) ~= "table" and type(value) ~= "string" and "must be a table or a text" or nil
end

local function check_pointer(value)
  return not pointer.is(value) and 'must be a JSON pointer such as "/users", or ""' or nil
end

local function check_pair(value)
  local is_pair = type(value) == "table" and is_word(value[1]) and type(value[2]) == "string"
  return not is_pair and "must be { user, password }" or nil
end

local function check_fields(value, checks)
  if type(value) ~= "table" then return "must be a table, not " .. type_name.a(value) end
  for name in pairs(value) do
    if not checks[name] then
      return string.format('has no field "%s"%s', tostring(name),
        spelling.hint(tostring(name), sorted.keys(checks)))
    end
  end
  for name, check in sorted.pairs(checks) do
    local wrong = check(value[name])
    if wrong then return name .. " " .. wrong end
  end
end

local function optional(check)
  return function(value) return value ~= nil and check(value) or nil end
end

local function check_word(value)
  return not is_word(value) and "must be a text" or nil
end

local TOKEN <const> = {
  url = check_url, form = optional(check_query), headers = optional(check_headers),
  basic = optional(check_pair),
}
local SIGN <const> = {
  aws = function(value)
    local is_scope = type(value) == "string" and value:find("^aws:amz:[%w-]+:[%w-]+$")
    return not is_scope and 'must be such as "aws:amz:eu-west-1:cognito-idp"' or nil
  end,
  access_key = check_word, secret_key = check_word,
}
local COUNT <const> = { url = check_url, at = optional(check_pointer) }

local function check_total(value)
  if type(value) == "table" and value.url then return check_fields(value, COUNT) end
  if type(value) == "table" and is_word(value.header) then return nil end
  local is_pointer = pointer.is(value) and value ~= ""
  return not is_pointer and 'must be a JSON pointer, { header = "NAME" } or { url = "…" }' or nil
end

local function check_next(value)
  if type(value) == "function" then return nil end
  return paging.check(value)
end

local function check_limit(value)
  local is_size = math.type(value) == "integer" and value > 0 and value <= MOST_BYTES
  return not is_size and string.format("must be from 1 to %d bytes", MOST_BYTES) or nil
end

local function check_rate(value)
  local is_rate = type(value) == "table" and is_word(value.header)
    and type(value.seconds) == "number" and value.seconds > 0
  return not is_rate and 'must be { header = "NAME", seconds = 60 }' or nil
end

local function check_absent(value)
  if value == true then return nil end
  local is_list = type(value) == "table" and #value > 0
  for _, status in ipairs(is_list and value or {}) do
    is_list = is_list and math.type(status) == "integer" and status >= 400 and status < 500
  end
  return not is_list and "must be true or a list of statuses from 400 to 499" or nil
end

local function check_name(value)
  return not (is_word(value) and #value <= LONGEST_NAME) and "must be a short text" or nil
end

-- In the order in which they are checked.
local CHECKS <const> = {
  { "url", check_url }, { "method", optional(check_method) }, { "query", optional(check_query) },
  { "headers", optional(check_headers) }, { "body", optional(check_body) },
  { "items", optional(check_pointer) }, { "next", optional(check_next) },
  { "id", optional(check_pointer) }, { "total", optional(check_total) },
  { "token", optional(function(value) return check_fields(value, TOKEN) end) },
  { "basic", optional(check_pair) },
  { "sign", optional(function(value) return check_fields(value, SIGN) end) },
  { "limit", optional(check_limit) }, { "name", optional(check_name) },
  { "rate", optional(check_rate) }, { "absent", optional(check_absent) },
}

local function check_name_of_member(value)
  return (value == "" or not pointer.is(value)) and 'must be a JSON pointer such as "/id"' or nil
end

local function check_states(value)
  local is_list = type(value) == "table" and #value > 0
  for _, state in ipairs(is_list and value or {}) do is_list = is_list and is_word(state) end
  return not is_list and 'must be a list of states, such as { "completed" }' or nil
end

local function check_job_url(value)
  if not is_word(value) or not value:find(spec.ID, 1, true) then
    return "must be a URL with {id} in it"
  end
  return check_url((value:gsub(spec.ID, "id")))
end

local JOB <const> = {
  id = check_name_of_member, url = check_job_url, state = check_name_of_member,
  done = check_states, failed = optional(check_states), message = optional(check_name_of_member),
  file = check_name_of_member,
}

---The request of the first page.
---@param given HttpSpec
---@return PageRequest
function spec.request(given)
  return {
    method = given.method or given.body ~= nil and "POST" or "GET", url = given.url,
    query = given.query, headers = given.headers, body = given.body,
  }
end

---What is wrong with a request, of the first page or a later one.
---@param request any
---@return string? wrong
function spec.check_request(request)
  if type(request) ~= "table" then return "must be a table, not " .. type_name.a(request) end
  for i = 1, 5 do
    local name, check = CHECKS[i][1], CHECKS[i][2]
    local wrong = check(request[name])
    if wrong then return name .. " " .. wrong end
  end
end

---What is wrong with a table by the checks of its fields.
local function wrong_with(given, fields)
  if type(given) ~= "table" then return "expects a table, not " .. type_name.a(given) end
  for name in pairs(given) do
    local is_known = false
    for _, field in ipairs(fields) do is_known = is_known or field == name end
    if not is_known then
      return string.format('has no field "%s"%s', tostring(name),
        spelling.hint(tostring(name), fields))
    end
  end
  for _, entry in ipairs(CHECKS) do
    local wrong = entry[2](given[entry[1]])
    if wrong then return entry[1] .. " " .. wrong end
  end
  return given.token and given.basic and "has both token and basic" or nil
end

---@param given any
---@return string? wrong  "next needs as: …"
function spec.check(given)
  local wrong = wrong_with(given, FIELDS)
  if wrong then return wrong end
  wrong = type(given.next) == "table" and paging.check(given.next, spec.request(given))
  return wrong and "next " .. wrong or nil
end

---The same of an export, which a job prepares.
---@param given any
---@return string? wrong  "job done must be a list of states, …"
function spec.check_export(given)
  local wrong = wrong_with(given, EXPORT_FIELDS)
  if wrong then return wrong end
  wrong = check_fields(given.job, JOB)
  if wrong then return "job " .. wrong end
  local is_same = url.same_origin(url.parse(spec.job_url(given, "id")), url.parse(given.url))
  return not is_same and "job url must be of the same host as url" or nil
end

---The URL of the job of an export.
---@param given HttpSpec
---@param id string
---@return string
function spec.job_url(given, id)
  return (given.job.url:gsub(spec.ID, (url.escape(id):gsub("%%", "%%%%"))))
end

return spec
