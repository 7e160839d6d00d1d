local paths = require "auth0.api.paths"
local tap = require "tests.tap"
local test = tap.test

local CONTEXT <const> = { connection_id = "con_1" }

-- {as given, as sent; nil: refused}
local SPELLINGS <const> = {
  { "/users/auth0%7c1", "/users/auth0%7C1" }, { "/users/auth0|1", "/users/auth0%7C1" },
  { "/%75sers/%61", "/users/a" }, { "/users/a%2fb", "/users/a%2Fb" },
  { "/api/v2/users/a", "/users/a" }, { "/users/a/", "/users/a" }, { "/users/a b", "/users/a%20b" },
  { "/users/samlp|c|https:%2F%2Fidp%2Fx", "/users/samlp%7Cc%7Chttps:%2F%2Fidp%2Fx" },
  { "/users/a'b*c", "/users/a%27b%2Ac" }, { "/users/\u{e9}", "/users/%C3%A9" },
  { "/users/.a", "/users/.a" }, { "/users/%252541", "/users/%252541" },
  { "users/a" }, { "" }, { "/" }, { "/api/v2" }, { "/api/v2/" }, { "//users/a" }, { "/users//a" },
  { "/users/a//" }, { "https://evil.example/users/a" }, { "//evil.example/users/a" },
  { "/users/../clients" }, { "/users/./a" }, { "/users/a/.." }, { "/users/%2e%2e/clients" },
  { "/users/%2E./clients" }, { "/users/.%2e" }, { "/users/%2e" }, { "/users/..%2fclients" },
  { "/users/a%2f..%2f..%2fclients" }, { "/users/%252e%252e/clients" }, { "/users/a/%2f" },
  { "/users/a/%2F%2F" }, { "/users/a/%20" }, { "/users/a/;" }, { "/users/a/..;/x%2F.." },
  { "/users/a\\..\\clients" }, { "/users/a%5c..%5cclients" }, { "/users/a?b=c" }, { "/users/a#b" },
  { "/users/a\0" }, { "/users/a%00" }, { "/users/a\r\nHost: x" }, { "/users/a%0d%0a" },
  { "/users/a\127" }, { "/users/a%7f" }, { "/users/100%" }, { "/users/%zz" }, { "/users/%4" },
}

for _, case in ipairs(SPELLINGS) do
  test(string.format("the path %q is %s", case[1], case[2] or "refused"), function()
    local normal, why = paths.normalise(case[1])
    tap.equal(normal, case[2])
    assert(normal or type(why) == "string")
  end)
end

test("a normalised path stays as it is", function()
  for _, case in ipairs(SPELLINGS) do
    if case[2] then tap.equal(paths.normalise(case[2]), case[2]) end
  end
end)

local ALLOWED <const> = {
  "GET /users/a", "PATCH /users/a", "get /users/a", "POST /users/a/roles",
  "DELETE /users/a/multifactor/google-authenticator", "DELETE /users/a/permissions",
  "GET /users-by-email", "POST /roles", "DELETE /roles/rol_1", "POST /roles/rol_1/users",
  "POST /organizations/org_1/members", "POST /tickets/password-change",
  "POST /jobs/verification-email", "GET /connections/con_1", "GET /api/v2/roles",
  "GET /connections/con%5f1",
}

for _, route in ipairs(ALLOWED) do
  test(route .. " is allowed", function()
    local method, path = route:match("^(%S+) (.*)$")
    assert(paths.allowed(method, path, CONTEXT))
  end)
end

local REFUSED <const> = {
  "DELETE /users/a", "DELETE /users/a/", "DELETE /users/a%2F", "DELETE /api/v2/users/a",
  "DELETE /%75sers/a", "DELETE /users/a%2Froles", "delete /users/a", "GET /users", "POST /users",
  "DELETE /Users/a", "GET /clients", "GET /usersx/a", "GET /users-by-emails",
  "GET /connections", "GET /connections/con_2", "PATCH /connections/con_1",
  "GET /connections/con_1/status", "GET /rolesx", "POST /jobs/users-imports",
  "POST /jobs/users-exports", "GET /jobs/job_1", "GET /jobs/verification-email-x",
  "GET /users/../clients", "GET /api/v1/users/a", "CONNECT /users/a", "TRACE /users/a",
  "GET /api/v2/api/v2/clients",
}

for _, route in ipairs(REFUSED) do
  test(route .. " is refused", function()
    local method, path = route:match("^(%S+) (.*)$")
    local normal, message, kind = paths.allowed(method, path, CONTEXT)
    tap.equal(normal, nil)
    tap.contains(message, "run:request")
    tap.equal(kind, "usage")
  end)
end

test("a refusal names the declaration and the option", function()
  local _, message = paths.allowed("get", "/%63lients/", CONTEXT)
  tap.contains(message, 'needs = { api = { "GET /clients" } }')
  tap.contains(message, "--allow-api='GET /clients'")
end)

test("a granted route is allowed, with /* all below it, and nothing else", function()
  local granted = { "GET /clients", "PATCH /clients/*" }
  tap.equal(paths.allowed("GET", "/clients", CONTEXT, granted), "/clients")
  tap.equal(paths.allowed("PATCH", "/clients/a/b", CONTEXT, granted), "/clients/a/b")
  for _, route in ipairs { "POST /clients", "GET /clients/a", "PATCH /clients", "PATCH /clientsx/a",
    "PATCH /clients/../users/a" } do
    local method, path = route:match("^(%S+) (.*)$")
    tap.equal(paths.allowed(method, path, CONTEXT, granted), nil, route)
  end
end)

test("without a connection none is allowed", function()
  tap.equal(paths.allowed("GET", "/connections/con_1", {}), nil)
end)

test("the run's connection is shown without its options", function()
  local body = { id = "con_1", name = "C", options = { customScripts = { login = "x" } } }
  tap.equal(paths.filter("GET", "/connections/con_1", CONTEXT, body), { id = "con_1", name = "C" })
  assert(body.options, "the answer itself is not changed")
  tap.equal(paths.filter("GET", "/roles", CONTEXT, body), body)
  tap.equal(paths.filter("GET", "/connections/con_1", CONTEXT, "text"), "text")
end)
