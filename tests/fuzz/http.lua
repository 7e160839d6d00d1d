--- Whatever a response says of the next page and of waits: the next request is to the same host,
--- and no wait is longer than the longest. A URL that is resolved is valid.

local fuzz = dofile "tests/fuzz/fuzz.lua"
local json = require "host.json"
local paging = require "source.http.paging"
local url = require "base.url"
local waits = require "source.http.waits"

local FIRST <const> = "https://api.example.com:8443/v1/users?limit=2"
local HEADERS <const> = {
  "link", "retry-after", "ratelimit", "x-rate-limit-limit", "x-rate-limit-remaining",
  "x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset", "date", "x-amzn-errortype",
  "x-next",
}
local FORMS <const> = {
  { link = "next" }, { url = "/next" }, { url = { header = "X-Next" } },
  { cursor = "/next", more = "/more", as = { body = "/a/b" } },
  { cursor = { header = "X-Next" }, as = { query = "limit" } },
  { cursor = "/next", as = { header = "X-Next" } }, { last = "/id", as = { query = "f",
    template = "id > {}" } },
  { offset = { query = "o" }, total = "/total", by = "/by", size = { body = "/n", value = 2 } },
  { page = { body = "/p" }, total = { header = "x-next" }, size = { query = "limit", value = 2 },
    short_ends = true },
}

local samples = {
  '<https://api.example.com:8443/v1/users?after=x%2F>; rel="next", <../a?b>; rel="self"',
  "/v2/../users/./?page_token=a%3D#top", "//api.example.com:8443/x", "https://u:p@evil.com/",
  "Mon, 30 Nov 2026 00:00:30 GMT", "1795996840", "30", '"burst";r=0;t=5, "day";r=80;t=600',
  "limit=100, remaining=0, reset=40", "com.amazonaws#TooManyRequestsException:http://x/",
  '{"next":"abc","more":true,"total":7,"by":2}', '{"next":"https://api.example.com:8443/x?y"}',
  '{"next":null,"total":-1,"by":1e300}', '{"next":9007199254740993,"more":false,"total":"12"}',
}
local words = { "<", ">", ";", ",", '"', "\\", "rel=next", "rel=", "=", "https://", "//", "?", "#",
  "%", "{}", "..", "/", "@", ":", "[::1]", "\r\n", "\0", "\xff", "r=0", "t=", "-", "9999999999999" }

local function some() return fuzz.broken(samples, words) end

local function check_url()
  local text = url.resolve(fuzz.pick { FIRST, "https://a", some() }, some())
  if not text then return end
  local parsed = assert(url.parse(text))
  assert(parsed.origin .. parsed.path .. (parsed.query and "?" .. parsed.query or "") == text)
  local extended = url.with_query(url.without(text, some()), { [some()] = "x" })
  assert(url.parse(extended) or #extended > 16384)
end

local function headers()
  local made = {}
  for _ = 1, math.random(0, 3) do
    local name, value = fuzz.pick(HEADERS), some()
    made[name] = fuzz.pick { value, { value, some() } }
  end
  return made
end

local function check_wait(given, body)
  local status = fuzz.pick { 400, 429, 503, 200 }
  local wait = waits.after(status, given, body, math.random(0, 20), 1795996800, math.random)
    or waits.before_next(given, 1795996800, math.random)
  assert(not wait or wait.wait >= 0 and wait.wait <= waits.LONGEST)
end

local function check_page(given, body)
  local spec = fuzz.pick(FORMS)
  local first = paging.first(spec, { method = "GET", url = FIRST, body = {} })
  local list = fuzz.pick { {}, { { id = some() } }, { body, body } }
  local request, message, kind = paging.next(spec, { first = first, request = first,
    headers = given, body = body, list = list, items = #list, total = #list })
  if not request then
    assert(not message or kind == "parse" or kind == "refused")
    return
  end
  assert(url.same_origin(url.parse(request.url), url.parse(FIRST)))
  assert(json.encode(request.body))
end

return fuzz.run(..., function()
  check_url()
  local given = headers()
  local body = json.decode(some())
  check_wait(given, body)
  check_page(given, body)
end)
