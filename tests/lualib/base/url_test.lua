local tap = require "tests.tap"
local url = require "base.url"
local test, equal = tap.test, tap.equal

test("a URL has scheme, host, port, origin, path and query", function()
  equal(url.parse("HTTPS://API.Example.com:8443/v1/users?a=%20b#top"), {
    scheme = "https", host = "api.example.com", port = 8443,
    origin = "HTTPS://API.Example.com:8443", path = "/v1/users", query = "a=%20b",
  })
  equal(url.parse("http://[::1]?x").host, "[::1]")
  equal(url.parse("http://[::1]?x").port, 80)
  equal(url.parse("https://a").port, 443)
  equal(url.parse("https://a").path, "")
  equal(url.parse("https://a/b?").query, "")
  equal(url.parse("https://a/b").query, nil)
end)

local INVALID <const> = {
  { "users", "does not begin with https:// or http://" },
  { "/users", "does not begin with https:// or http://" },
  { "ftp://a/", "does not begin with https:// or http://" },
  { "https:/a/", "does not begin with https:// or http://" },
  { "https://", "has no valid host and port" },
  { "https://:443/", "has no valid host and port" },
  { "https://a:0/", "has no valid host and port" },
  { "https://a:65536/", "has no valid host and port" },
  { "https://a:44x/", "has no valid host and port" },
  { "https://a:/", "has no valid host and port" },
  { "https://[::1/", "has no valid host and port" },
  { "https://u:p@a/", "has a user name" },
  { "https://good.com\\@evil.com/", "has a space, a backslash or a control character" },
  { "https://a/b c", "has a space, a backslash or a control character" },
  { "https://a/\r\nX: y", "has a space, a backslash or a control character" },
  { "https://a/\0", "has a space, a backslash or a control character" },
  { "https://a/\xff", "is not UTF-8" },
  { "https://a/" .. ("x"):rep(20000), "is too long" },
  { 7, "is not text" },
}
for _, case in ipairs(INVALID) do
  test("no URL: " .. tostring(case[1]):sub(1, 30):gsub("%c", "?"), function()
    local parsed, message, kind = url.parse(case[1])
    equal({ parsed, message, kind }, { nil, case[2], "parse" })
  end)
end

test("the same origin is the same scheme, host and port", function()
  local function same(a, b) return url.same_origin(url.parse(a), url.parse(b)) end
  equal(same("https://a.com/x", "HTTPS://A.com:443?y"), true)
  equal(same("https://a.com/", "http://a.com/"), false)
  equal(same("https://a.com/", "https://a.com:8443/"), false)
  equal(same("https://a.com/", "https://a.com.evil.com/"), false)
  equal(same("http://a.com:443/", "https://a.com/"), false)
end)

-- RFC 3986, section 5.4, and what servers send.
local BASE <const> = "http://a/b/c/d?q"
local REFERENCES <const> = {
  { "g", "http://a/b/c/g" }, { "./g", "http://a/b/c/g" }, { "g/", "http://a/b/c/g/" },
  { "/g", "http://a/g" }, { "//g", "http://g" }, { "?y", "http://a/b/c/d?y" },
  { "g?y", "http://a/b/c/g?y" }, { "#s", "http://a/b/c/d?q" }, { "g#s", "http://a/b/c/g" },
  { "", "http://a/b/c/d?q" }, { ".", "http://a/b/c/" }, { "./", "http://a/b/c/" },
  { "..", "http://a/b/" }, { "../g", "http://a/b/g" }, { "../..", "http://a/" },
  { "../../../g", "http://a/g" }, { "/./g", "http://a/g" }, { "/../g", "http://a/g" },
  { "g.", "http://a/b/c/g." }, { "..g", "http://a/b/c/..g" }, { "./g/.", "http://a/b/c/g/" },
  { "g?y/../x", "http://a/b/c/g?y/../x" },
  { "https://x/%2e%2E/?a=%3D", "https://x/%2e%2E/?a=%3D" },
  { "/g?after=%2Fa%2B", "http://a/g?after=%2Fa%2B" },
}
for _, case in ipairs(REFERENCES) do
  test(string.format("%q means %s", case[1], case[2]), function()
    equal(url.resolve(BASE, case[1]), case[2])
  end)
end

test("a reference to something else is no URL", function()
  for _, reference in ipairs { "javascript:alert(1)", "file:///x", "//u@h/", "\\\\h\\x" } do
    local text, _, kind = url.resolve(BASE, reference)
    equal({ text, kind }, { nil, "parse" })
  end
end)

test("a long reference takes no time", function()
  for _, part in ipairs { "a", "/", "#", "?", ":", "../" } do
    local reference = part:rep(1 << 22) .. "/"
    local text, message = url.resolve(BASE, reference)
    equal({ text, message }, { nil, "is too long" })
  end
  equal(#url.resolve(BASE, "/" .. ("a"):rep(16000) .. "/"), 16010)
end)

test("a reference to a host without a path is resolved as one with", function()
  equal(url.resolve("https://a.com", "users?x"), "https://a.com/users?x")
end)

test("a query is encoded and sorted; lists repeat their name", function()
  equal(url.query { b = 'a="x" & ü/+', a = { 1, 2.0, true } },
    "a=1&a=2&a=true&b=a%3D%22x%22%20%26%20%C3%BC%2F%2B")
  equal(url.query(nil), "")
  equal(url.with_query("https://a/x", { b = 1 }), "https://a/x?b=1")
  equal(url.with_query("https://a/x?c=%2f", { b = 1 }), "https://a/x?c=%2f&b=1")
  equal(url.with_query("https://a/x?", { b = 1 }), "https://a/x?b=1")
  equal(url.with_query("https://a/x#f", { b = 1 }), "https://a/x?b=1#f")
  equal(url.with_query("https://a/x", {}), "https://a/x")
end)

test("parameters are removed by their name, however that is encoded", function()
  equal(url.without("https://a/x?a=1&b=2&%61=3&a", "a"), "https://a/x?b=2")
  equal(url.without("https://a/x?ab=1", "a"), "https://a/x?ab=1")
  equal(url.without("https://a/x?a=1", "a"), "https://a/x")
  equal(url.without("https://a/x?page+no=1&%24top=%2f", "page no"), "https://a/x?%24top=%2f")
  equal(url.without("https://a/x", "a"), "https://a/x")
end)
