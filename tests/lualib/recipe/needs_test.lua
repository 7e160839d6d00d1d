local needs = require "recipe.needs"
local tap = require "tests.tap"
local test = tap.test

local RECIPE <const> = { params = { domain = {}, dir = {}, key = { secret = true } } }

local WRONG <const> = {
  { "a text", "net", "needs must be a table" },
  { "an unknown kind", { nett = {} }, 'needs has no field "nett"; did you mean "net"?' },
  { "a text in place of a list", { net = "a.b" }, "needs.net must be a list" },
  { "a list with names", { net = { a = "b" } }, "needs.net must be a list without names" },
  { "a number", { net = { 1 } }, "needs.net[1] must be a host" },
  { "an empty entry", { exec = { "" } }, "needs.exec[1] must be the name of a program" },
  { "a program with a path", { exec = { "/bin/sh" } }, "without a path" },
  { "a program with arguments", { exec = { "sh -c" } }, "without a path" },
  { "a program by a parameter", { exec = { "{domain}" } }, "must name it directly" },
  { "a variable by a parameter", { env = { "{domain}" } }, "must name it directly" },
  { "a variable with =", { env = { "A=B" } }, "the name of an environment variable" },
  { "an unknown parameter", { net = { "{domian}" } }, 'did you mean "domain"?' },
  { "a secret parameter", { net = { "{key}" } }, "which is secret" },
  { "an open brace", { net = { "{domain" } }, "must be a host" },
  { "a host with a user", { net = { "a@evil.example" } }, "must be a host" },
  { "a host pattern", { net = { "*.okta.com" } }, "must be a host" },
  { "a line end", { read = { "/a\nb" } }, "the path of a file" },
  { "a path without a method", { api = { "/clients" } }, "a method and a path" },
  { "an unknown method", { api = { "FETCH /clients" } }, "a method and a path" },
  { "a route that climbs", { api = { "GET /users/../clients" } }, "a method and a path" },
  { "all routes", { api = { "GET /*" } }, "a method and a path" },
  { "an asterisk inside", { api = { "GET /a*/b" } }, "a method and a path" },
}

for _, case in ipairs(WRONG) do
  test("needs may not be " .. case[1], function()
    tap.contains(needs.check(case[2], RECIPE), case[3])
  end)
end

local ALL <const> = {
  read = { "/data/x", "{dir}/roles.csv" },
  net = { "{domain}", "https://{domain}/api", "B.example" },
  env = { "TZ" }, exec = { "psql" }, api = { "get /clients/", "PATCH /clients/*" },
}

test("entries may name parameters, are brought into one form and stand once", function()
  tap.equal(needs.check(ALL, RECIPE), nil)
  local list = assert(needs.expand(ALL, { domain = "https://Acme.okta.com:443/x?y",
    dir = "./a//b/" }))
  tap.equal(needs.text(list), table.concat({ "api GET /clients", "api PATCH /clients/*", "env TZ",
    "exec psql", "net acme.okta.com", "net b.example", "read /data/x", "read a/b/roles.csv",
  }, "\n"))
end)

test("an entry whose parameter has no value is left out", function()
  local list = assert(needs.expand({ net = { "{domain}", "b.example" }, read = { "{dir}/x" } },
    { domain = "" }))
  tap.equal(list, { { kind = "net", what = "b.example" } })
  tap.equal(needs.expand(nil, {}), {})
end)

test("a parameter's value that is not a host is refused", function()
  for _, value in ipairs { "a b", "a@b", "a\\b", "..", "https://", "a\nb", "[x]" } do
    local list, message, kind = needs.expand({ net = { "{domain}" } }, { domain = value })
    tap.equal(list, nil, value)
    tap.contains(message, "needs.net of the recipe: {domain} must be a host")
    tap.equal(kind, "usage")
  end
end)

test("a parameter's value is one segment of a route", function()
  local list = assert(needs.expand({ api = { "GET /clients/{id}" } }, { id = "a/b*?" }))
  tap.equal(list[1].what, "GET /clients/a%2Fb%2A%3F")
  tap.equal(needs.expand({ api = { "GET /clients/{id}" } }, { id = ".." }), nil)
end)

local HOSTS <const> = {
  { "Acme.Okta.com.", "acme.okta.com" }, { "acme.okta.com:8443", "acme.okta.com:8443" },
  { "https://acme.okta.com:443", "acme.okta.com" }, { "http://acme8080", "acme8080" },
  { "http://acme.okta.com:443", "acme.okta.com:443" }, { "[::1]:80", "[::1]:80" },
  { "acme.okta.com/path", "acme.okta.com" }, { "user@acme.okta.com" }, { "a..b" }, { ":80" },
  { "https://good.example\\@evil.example" }, { "-x" }, { "" },
}

for _, case in ipairs(HOSTS) do
  test(string.format("the host of %q is %s", case[1], case[2] or "none"), function()
    tap.equal(needs.host(case[1]), case[2])
  end)
end

test("needs are described in sentences, and with the options that grant them", function()
  local list = assert(needs.expand(ALL, { domain = "a.b", dir = "/d e" }))
  tap.equal(needs.describe(list), {
    "read /d e/roles.csv", "read /data/x", "connect to a.b", "connect to b.example",
    "read the environment variable TZ", "run psql", "call GET /clients of the tenant",
    "call PATCH /clients/* of the tenant",
  })
  tap.equal(needs.flag(list[1]), "--allow-read='/d e/roles.csv'")
  tap.equal(needs.flag(list[3]), "--allow-net=a.b")
  tap.equal(needs.flag(list[7]), "--allow-api='GET /clients'")
end)
