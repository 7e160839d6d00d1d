local requests = require "pages.requests"
local secrets = require "pages.secrets"
local tap = require "tests.tap"
local url = require "base.url"
local test = tap.test

local URL <const> = "https://api.example.com/users"

local function made()
  local hidden = secrets.new()
  hidden:add("key", "secret-key-1", true)
  return requests.new({ url = URL, headers = { Authorization = "Bearer x", Accept = "a" } },
    url.parse(URL), hidden)
end

test("a request is kept without the headers of the first one, and read with them", function()
  local request = {
    method = "GET", url = URL .. "?key=secret-key-1",
    headers = { Authorization = "Bearer x", Accept = "a", ["X-Cursor"] = "c" },
  }
  local written = made():written(request)
  tap.equal(written, {
    method = "GET", url = URL .. "?key={secret:key}", headers = { ["X-Cursor"] = "c" },
  })
  local key = made():key(request)
  local read = made():read(written)
  tap.equal(read.headers, request.headers)
  tap.equal(made():key(read), key)
end)

test("other cursors have other keys", function()
  local one = made():key { url = URL, headers = { ["X-Cursor"] = "1" } }
  assert(one ~= made():key { url = URL, headers = { ["X-Cursor"] = "2" } })
  assert(one ~= made():key { url = URL })
end)

test("what cannot be sent or kept, or is for another host, is refused", function()
  for _, case in ipairs {
    { { url = URL } }, { { url = "https://api.example.com:443/a" } },
    { { url = "https://api.example.com:8443/a" }, "refused" },
    { { url = "http://api.example.com/a" }, "refused" }, { { url = "https://b/" }, "refused" },
    { { url = "/users" }, "parse" }, { { url = URL, headers = { A = "a\nb" } }, "parse" },
    { { url = URL, query = { a = "\xff" } }, "parse" }, { { url = URL, method = "PUT" }, "parse" },
  } do
    local wrong, kind = made():objection(case[1])
    tap.equal({ wrong ~= nil, wrong and kind }, { case[2] ~= nil, case[2] })
  end
  tap.equal(made():read { url = "https://other.example/" }, nil)
  tap.equal(made():read("text"), nil)
end)
