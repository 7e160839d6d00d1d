local grants = require "recipe.grants"
local needs = require "recipe.needs"
local tap = require "tests.tap"
local test = tap.test

local NEEDS <const> = assert(needs.expand({
  read = { "/data" }, net = { "a.example" }, env = { "TZ" }, exec = { "psql" },
  api = { "GET /clients/*" },
}, {}))

local function whats(list)
  local found = {}
  for i, need in ipairs(list) do found[i] = need.kind .. " " .. need.what end
  return found
end

test("without a grant everything is missing", function()
  local granted = grants.new { needs = NEEDS }
  tap.equal(granted:missing(), NEEDS)
  tap.equal(granted:list(), {})
  tap.equal(granted:routes(), {})
end)

test("a shipped recipe and one that was agreed to have what they declare, and no more", function()
  for _, by in ipairs { "shipped", "agreed" } do
    local granted = grants.new { needs = NEEDS, [by] = true }
    tap.equal(granted:missing(), {})
    tap.equal(granted:list(), NEEDS)
    tap.equal(granted:allows("net", "b.example"), false)
    tap.equal(granted:allows("exec", "sh"), false)
  end
end)

test("an option without a value grants what is declared of its kind", function()
  local granted = grants.new { needs = NEEDS, flags = { net = { declared = true } } }
  tap.equal(granted:allows("net", "a.example"), true)
  tap.equal(granted:allows("net", "b.example"), false)
  tap.equal(whats(granted:missing()),
    { "read /data", "env TZ", "exec psql", "api GET /clients/*" })
end)

test("an option with a value grants that, declared or not", function()
  local granted = grants.new { needs = NEEDS, flags = { net = { "b.example" }, exec = { "psql" } } }
  tap.equal(granted:allows("net", "b.example"), true)
  tap.equal(granted:allows("net", "a.example"), false)
  tap.equal(granted:allows("exec", "psql"), true)
end)

test("what the journal remembers stays granted", function()
  local first = grants.new { needs = NEEDS, agreed = true, flags = { net = { "b.example" } } }
  local again = grants.new { needs = NEEDS, remembered = first:list() }
  tap.equal(again:missing(), {})
  tap.equal(again:list(), first:list())
end)

-- {kind, granted, asked, allowed}
local COMPARED <const> = {
  { "net", "a.example", "A.Example.", true }, { "net", "a.example", "https://a.example/x", true },
  { "net", "a.example", "x.a.example", false }, { "net", "a.example", "a.example:8443", false },
  { "net", "a.example:8443", "a.example", false }, { "net", "a.example", "a.example@b", false },
  { "net", "a.example", "b@a.example", false }, { "net", "a.example", "", false },
  { "env", "TZ", "TZ", true }, { "env", "TZ", "tz", false }, { "env", "TZ", "TZ=x", false },
  { "exec", "psql", "psql", true }, { "exec", "psql", "/usr/bin/psql", false },
  { "exec", "psql", "psql -c x", false }, { "exec", "psql", "PSQL", false },
  { "read", "/data", "/data", true }, { "read", "/data", "/data/a/b", true },
  { "read", "/data", "//data/./a", true }, { "read", "/data", "/database", false },
  { "read", "/data", "/data/../etc/passwd", false }, { "read", "/data", "data", false },
  { "read", "/", "/etc/passwd", true }, { "read", "/data", "/", false },
  { "api", "GET /clients/*", "GET /clients/a", true },
  { "api", "GET /clients/*", "get /clients/a/", true },
  { "api", "GET /clients/*", "GET /clients/a/*", true },
  { "api", "GET /clients/*", "GET /clients", false },
  { "api", "GET /clients/a", "GET /clients/*", false },
  { "api", "GET /clients/*", "DELETE /clients/a", false },
  { "api", "GET /clients/*", "GET /clients/../users/a", false },
  { "api", "GET /clients/*", "clients", false },
}

for _, case in ipairs(COMPARED) do
  test(string.format("with %s, %s %s is %s", case[2], case[1], case[3],
    case[4] and "allowed" or "not allowed"), function()
    local granted = grants.new { needs = {}, flags = { [case[1]] = { case[2] } } }
    tap.equal(granted:allows(case[1], case[3]), case[4])
  end)
end

test("a refusal says what the recipe asks for and which options grant it", function()
  local made, message, kind, more = grants.refuse("shop.lua", {
    { kind = "net", what = "a.example" }, { kind = "exec", what = "psql" },
    { kind = "api", what = "GET /clients" },
  })
  tap.equal({ made, kind }, { nil, "usage" })
  tap.equal(message, "the recipe shop.lua asks to connect to a.example, run psql and call GET "
    .. "/clients of the tenant, which was not granted; if you trust it, grant it with "
    .. "--allow-net=a.example --allow-exec=psql --allow-api='GET /clients'")
  tap.equal(more.add, { "--allow-net=a.example", "--allow-exec=psql", "--allow-api=GET /clients" })
end)
