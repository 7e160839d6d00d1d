--- A SCIM 2.0 server: pages by index (RFC 7644), which every server has, or by cursor (RFC 9865).

local http = require "source.http"

local USUAL <const>, MOST <const> = 100, 500 -- of a page, where the server does not say its most
local SMALL <const> = 1024 * 1024 -- bytes, of what the server says of itself

local function by_cursor() return { cursor = "/nextCursor", as = { query = "cursor" } } end

local function by_index(count)
  return {
    offset = { query = "startIndex" }, start = 1, total = "/totalResults", by = "/itemsPerPage",
    size = { query = "count", value = count },
  }
end

local function object(given) return type(given) == "table" and given or {} end

---What the server says of itself: whether it has cursors, and how many users a page may have. Many
---say nothing, or to administrators only, or fail at it.
local function abilities(base, headers)
  local config = object(http.each {
    url = base, headers = headers, limit = SMALL, absent = true,
  }(base .. "/ServiceProviderConfig"))
  local pages, filter = object(config.pagination), object(config.filter)
  local most = math.tointeger(tonumber(pages.maxPageSize or filter.maxResults))
  return pages.cursor == true, most and most > 0 and math.min(most, MOST) or USUAL
end

return {
  params = {
    domain = { help = "the base of the server, for input=api: https://acme.com/scim/v2" },
    token = { help = "a bearer token, for input=api", kind = "secret" },
    paging = { help = "for input=api: default cursor if the server says that it has them",
      kind = { "cursor", "index" } },
  },
  needs = { net = { "{domain}" } },
  records = function(params)
    if not params.domain then error("input=api needs the parameter domain", 0) end
    local headers = {
      Accept = "application/scim+json", Authorization = params.token and "Bearer " .. params.token,
    }
    local base = http.address(params.domain)
    local has_cursors, count = false, USUAL
    if params.paging ~= "index" then has_cursors, count = abilities(base, headers) end
    local is_by_cursor = has_cursors or params.paging == "cursor"
    return http.records {
      url = base .. "/Users", headers = headers, items = "/Resources", id = "/id",
      next = is_by_cursor and by_cursor() or by_index(count),
      query = is_by_cursor and { cursor = "", count = count } or nil, optional = true,
    }
  end,
}
