--- How the pages of an API follow one another: what a request for the first page is, and, from a
--- response, the request for the next one. Pure; whoever uses it sends the requests.

local foreign = require "base.foreign"
local headers = require "source.http.headers"
local json = require "host.json"
local link = require "source.http.link"
local pointer = require "base.pointer"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local text = require "host.text"
local type_name = require "base.type_name"
local url = require "base.url"

local paging = {}

local MOST_ITEMS <const> = 1 << 53
local LONGEST <const> = 65536 -- bytes of a cursor
local MOST_EMPTY <const> = 10000 -- pages without items in a row
-- Pages in a row with the same items, of lists that are counted through: a server that ignores the
-- number sends the first page for ever. Later, the last page may come again and again because users
-- are inserted before it, or because the server has no page behind it.
local MOST_FIRST <const>, MOST_SAME <const> = 3, 100

---@class PageRequest
---@field method string
---@field url string
---@field query? table<string, any>  not in the URL: string, number, boolean or a list of them
---@field headers? table<string, string>
---@field body? any  a table is sent as JSON

---@class PagePlace     where a request has a value: one of these
---@field query? string   name of a parameter
---@field body? string    JSON pointer
---@field header? string  name of a header
---@field value? any      of `size`: what it is
---@field template? string  of `as`: the value with "{}" for it: "id > {}"

---@alias PageSource string|{header: string}  in a response: a JSON pointer, or a header

---@class PageForm       how the next page is found: exactly one of the first six
---@field link? string        the relation of a Link header: "next"
---@field url? PageSource     a URL in the response
---@field cursor? PageSource  a value in the response that the next request repeats at `as`
---@field last? string        the same, of the last item: JSON pointer in the item
---@field offset? PagePlace   where the request has the number of the first item
---@field page? PagePlace     where the request has the number of the page
---@field as? PagePlace       of `cursor` and `last`
---@field more? PageSource    of `cursor`: a boolean, whether there is a next page
---@field size? PagePlace     how many items to ask for
---@field start? integer      of `offset` and `page`: the first number; default 0 and 1
---@field total? PageSource   of `offset` and `page`: how many items there are; the list ends there
---@field by? PageSource      of `offset`: how many items the page has, where the list of items may
---  be shorter, because the server leaves some out
---@field short_ends? boolean a page with fewer items than `size` is the last one

---@class PageState      of the page that was read
---@field request PageRequest  that was sent
---@field first PageRequest    of the first page
---@field headers HttpHeaders
---@field body any        decoded by host.json
---@field list any[]      the items
---@field items integer   how many the page has
---@field total integer   how many there were so far, with these
---@field mark? PageMark  what paging.next remembers, to notice that it goes round in circles: plain
---  data that it makes if there is none, and that belongs into the state of the next page

---@class PageMark
---@field steps integer
---@field span integer
---@field key? string      digest of an earlier request
---@field first? string    digest of the first page's items
---@field content? string  of the last page's
---@field same integer     pages in a row with these
---@field empty integer    pages in a row without items

-- The forms, and what may be with each; "size" and "short_ends" may be with all.
local FORMS <const> = {
  link = {}, url = {}, cursor = { as = true, more = true }, last = { as = true },
  offset = { start = true, total = true, by = true }, page = { start = true, total = true },
}
local NAMES <const> = { "link", "url", "cursor", "last", "offset", "page" }
local ALL <const> = {
  "link", "url", "cursor", "last", "offset", "page", "as", "more", "size", "start", "total", "by",
  "short_ends",
}

local function is_name(value)
  return type(value) == "string" and value:find("^[^%c]+$") ~= nil
end

local function check_source(value)
  local is_header = type(value) == "table" and is_name(value.header)
  if is_header or pointer.is(value) and value ~= "" then return nil end
  return 'must be a JSON pointer, such as "/next", or { header = "NAME" }'
end

local PLACE <const> = { query = is_name, header = is_name,
  body = function(value) return pointer.is(value) and value ~= "" end }

local function check_place(value)
  local count = 0
  for kind, is_valid in pairs(PLACE) do
    local given = type(value) == "table" and value[kind]
    if given and is_valid(given) then count = count + 1 end
  end
  if count == 1 then return nil end
  return 'must be one of { query = "NAME" }, { body = "/POINTER" } and { header = "NAME" }'
end

local function check_as(value)
  local wrong = check_place(value)
  local template = not wrong and value.template
  if template and (type(template) ~= "string" or not template:find("{}", 1, true)) then
    return 'has a template that does not contain "{}"'
  end
  return wrong
end

local function check_size(value)
  local wrong = check_place(value)
  if wrong then return wrong end
  return not (math.type(value.value) == "integer" and value.value > 0)
    and "has no value: how many items to ask for" or nil
end

local CHECKS <const> = {
  link = function(value)
    return not is_name(value) and 'must be a relation, such as "next"' or nil
  end,
  url = check_source, cursor = check_source, more = check_source, total = check_source,
  by = check_source, as = check_as, size = check_size, offset = check_place, page = check_place,
  last = function(value)
    local is_pointer = pointer.is(value) and value ~= ""
    return not is_pointer and 'must be a JSON pointer, such as "/id"' or nil
  end,
  start = function(value)
    return not (math.type(value) == "integer" and value >= 0)
      and "must be a whole number, not negative" or nil
  end,
  short_ends = function(value)
    return type(value) ~= "boolean" and "must be a boolean, not " .. type_name.a(value) or nil
  end,
}

local function form_of(spec)
  local found
  for _, name in ipairs(NAMES) do
    if spec[name] ~= nil then
      if found then return nil, string.format("has both %s and %s", found, name) end
      found = name
    end
  end
  return found, not found and "needs one of " .. table.concat(NAMES, ", ") or nil
end

local function check_field(form, name, value)
  local check = CHECKS[name]
  if not check then
    return string.format('has no field "%s"%s', tostring(name), spelling.hint(tostring(name), ALL))
  end
  local is_allowed = name == form or name == "size" or name == "short_ends" or FORMS[form][name]
  if not is_allowed then return string.format("has %s, which %s does not use", name, form) end
  local wrong = check(value)
  return wrong and name .. " " .. wrong
end

---Whether a request has a body that the form can put its values into.
local function check_body(spec, request)
  for _, name in ipairs { "as", "size", "offset", "page" } do
    local place = spec[name]
    if place and place.body then
      if request.body ~= nil and type(request.body) ~= "table" then
        return string.format("%s is in the body, but the body is %s, not a table", name,
          type_name.a(request.body))
      elseif not pointer.set(request.body, place.body, 1) then
        return string.format('%s is in the body, but "%s" leads to a list there', name, place.body)
      end
    end
  end
end

---What is wrong with a form.
---@param spec any
---@param request? PageRequest  of the first page, if it is known
---@return string? wrong  "needs one of link, url, …", "as must be …"
function paging.check(spec, request)
  if type(spec) ~= "table" then return "must be a table, not " .. type_name.a(spec) end
  local form, wrong = form_of(spec)
  for name, value in sorted.pairs(form and spec) do
    wrong = wrong or check_field(form, name, value)
  end
  if wrong then return wrong end
  if FORMS[form].as and not spec.as then
    return form .. " needs as: where the next request has it"
  end
  if spec.short_ends and not spec.size then return "short_ends needs size" end
  return request and check_body(spec, request)
end

---@return PageRequest
local function copy_of(request)
  local copy = {}
  for name, value in pairs(request) do copy[name] = value end
  return copy
end

---@param request PageRequest
---@param place PagePlace
---@return PageRequest  a copy
local function with(request, place, value)
  local copy = copy_of(request)
  if place.body then
    copy.body = assert(pointer.set(request.body, place.body, value))
    return copy
  end
  local part = place.query and "query" or "headers"
  copy[part] = {}
  for name, other in pairs(request[part] or {}) do
    if not place.header or name:lower() ~= place.header:lower() then copy[part][name] = other end
  end
  copy[part][place.query or place.header] = place.query and value or url.text(value)
  if place.query then copy.url = url.without(request.url, place.query) end
  return copy
end

---@return integer? the number that the request has there
local function number_in(request, place)
  local value
  if place.body then
    value = pointer.get(request.body, place.body)
  else
    value = (request[place.query and "query" or "headers"] or {})[place.query or place.header]
  end
  return math.tointeger(tonumber(value))
end

local DEFAULT_START <const> = { offset = 0, page = 1 }

---The request for the first page.
---@param spec PageForm
---@param request PageRequest
---@return PageRequest
function paging.first(spec, request)
  if spec.size then request = with(request, spec.size, spec.size.value) end
  local form = spec.offset and "offset" or spec.page and "page"
  if form then request = with(request, spec[form], spec.start or DEFAULT_START[form]) end
  return request
end

---The value in a response; nil for null, "" and a missing one.
local function value_of(source, state)
  local value
  if type(source) == "table" then
    value = headers.first(state.headers, source.header)
  else
    value = pointer.get(state.body, source)
  end
  if value == json.null or value == "" then return nil end
  return value
end

local function name_of(source)
  return type(source) == "table" and "the header " .. source.header or '"' .. source .. '"'
end

---A number of items in a response, perhaps as text.
---@return integer?
---@return string? message
local function count_of(source, state)
  local value = source and value_of(source, state)
  if value == nil then return nil end
  local number = (type(value) == "number" or type(value) == "string") and tonumber(value)
  local count = number and math.tointeger(number)
  if not count or count < 0 or count > MOST_ITEMS then
    return nil, name_of(source) .. " is not a number of items"
  end
  return count
end

---How many items the list has, if the response says it.
---@param spec PageForm
---@param state PageState
---@return integer?
function paging.total(spec, state)
  return (count_of(spec.total, state))
end

---The request for a URL in the response, which is opaque: its path and query stay as they are.
local function follow(reference, state)
  local target, message = url.resolve(state.request.url, reference)
  if not target then return nil, "the URL of the next page " .. message, "parse" end
  local from, to = assert(url.parse(state.first.url)), assert(url.parse(target))
  if not url.same_origin(from, to) then
    return nil, string.format("the next page is at %s, not at %s", foreign.words(to.origin),
      foreign.words(from.origin)), "refused"
  end
  local request = copy_of(state.request)
  request.url, request.query = target, nil
  return request
end

-- For each form: the next request; nil at the end, or with a message and a kind.
local NEXT <const> = {}

function NEXT.link(spec, state)
  local found, message = link.find(headers.list(state.headers, "link"), spec.link)
  if message then return nil, message, "parse" end
  if found then return follow(found, state) end
end

function NEXT.url(spec, state)
  local found = value_of(spec.url, state)
  if found == nil then return nil end
  if type(found) ~= "string" then return nil, name_of(spec.url) .. " is not a URL", "parse" end
  return follow(found, state)
end

---What is wrong with a value of a response that a request is to have.
local function flaw_of(value, place)
  if type(value) == "number" then return nil end
  if type(value) ~= "string" then return "is neither text nor a number" end
  if #value > LONGEST then return "is too long" end
  if not text.is_utf8(value) then return "is not UTF-8" end
  -- A line end would begin another header.
  return place.header and value:find("%c") and "has a control character" or nil
end

---The first request with a value of the last response.
local function continue(spec, state, value, what)
  local flaw = flaw_of(value, spec.as)
  if flaw then return nil, what .. " " .. flaw, "parse" end
  local template = spec.as.template
  if template then value = template:gsub("{}", (url.text(value):gsub("%%", "%%%%"))) end
  return with(state.first, spec.as, value)
end

function NEXT.cursor(spec, state)
  local value = value_of(spec.cursor, state)
  if spec.more then
    local more = value_of(spec.more, state)
    if more == false or more == "false" then return nil end
    if more ~= nil and value == nil then
      return nil, string.format("%s says that there is a next page, but %s is missing",
        name_of(spec.more), name_of(spec.cursor)), "parse"
    end
  end
  if value ~= nil then return continue(spec, state, value, name_of(spec.cursor)) end
end

function NEXT.last(spec, state)
  if state.items == 0 then return nil end
  local value = pointer.get(state.list[#state.list], spec.last)
  local what = name_of(spec.last) .. " of the last item"
  if value == nil or value == json.null or value == "" then
    return nil, what .. " is missing", "parse"
  end
  return continue(spec, state, value, what)
end

function NEXT.offset(spec, state)
  local at = number_in(state.request, spec.offset)
  local total, message = count_of(spec.total, state)
  local by, wrong = count_of(spec.by, state)
  if message or wrong then return nil, message or wrong, "parse" end
  if not at then return nil, "the request has no offset", "parse" end
  local step = state.items
  if step == 0 then
    step = total and by or 0
  elseif by and by > 0 then
    step = math.min(by, step) -- an item too many is recognised by its id, one too few is lost
  end
  at = at + step
  local is_over = total and at - (spec.start or DEFAULT_START.offset) >= total
  if step > 0 and not is_over then return with(state.request, spec.offset, at) end
end

function NEXT.page(spec, state)
  local number = number_in(state.request, spec.page)
  local total, message = count_of(spec.total, state)
  if message then return nil, message, "parse" end
  if not number then return nil, "the request has no number of the page", "parse" end
  local is_over = state.items == 0 or total and state.total >= total
  if not is_over then return with(state.request, spec.page, number + 1) end
end

---A digest of what distinguishes the requests of one list.
local function key_of(spec, request)
  local header = (spec.as or spec.offset or spec.page or {}).header
  return assert(json.digest {
    url = url.with_query(request.url, request.query),
    body = type(request.body) == "table" and request.body or nil,
    header = header and (request.headers or {})[header],
  })
end

---Whether this request was sent before: the last one, or one that was remembered after 1, 2, 4, 8 …
---pages, so that a circle of any length is noticed without a list of all requests (Brent).
local function is_loop(spec, state, request)
  local mark, key = state.mark, key_of(spec, request)
  if key == key_of(spec, state.request) or key == mark.key then return true end
  mark.steps = mark.steps + 1
  if mark.steps >= mark.span then
    mark.key, mark.steps, mark.span = key, 0, mark.span * 2
  end
  return false
end

---Counts pages that bring nothing new: what a server that ignores the offset sends for ever.
local function count_same(spec, state)
  local mark, list = state.mark, state.list
  mark.empty = state.items == 0 and mark.empty + 1 or 0
  if not (spec.offset or spec.page) or state.items == 0 then return end
  local content = json.digest { n = #list, first = list[1], last = list[#list] }
  mark.same = content and content == mark.content and mark.same + 1 or 1
  mark.content, mark.first = content, mark.first or content
end

---The request for the next page. Nil at the end of the list; nil and a message if the response does
---not lead on although it is not the end, of the kind "refused" if it leads to another host.
---@param spec PageForm
---@param state PageState
---@return PageRequest?
---@return string? message
---@return "parse"|"refused"|nil kind
function paging.next(spec, state)
  state.mark = state.mark or { steps = 0, span = 1, same = 0, empty = 0 }
  if spec.short_ends and state.items < spec.size.value then return nil end
  count_same(spec, state)
  local mark = state.mark
  if mark.same >= (mark.content == mark.first and MOST_FIRST or MOST_SAME) then
    return nil, string.format("%d pages in a row have the same items; does the server know the "
      .. "parameters of the pages?", mark.same), "parse"
  elseif mark.empty >= MOST_EMPTY then
    return nil, string.format("%d pages in a row are empty", mark.empty), "parse"
  end
  local request, message, kind = NEXT[form_of(spec)](spec, state)
  if not request then return nil, message, kind end
  if is_loop(spec, state, request) then
    return nil, "the next page is one that was read before", "parse"
  end
  return request
end

return paging
