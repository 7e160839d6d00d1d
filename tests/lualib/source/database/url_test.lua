local tap = require "tests.tap"
local url = require "source.database.url"
local test, equal = tap.test, tap.equal

test("a URL has a scheme, a user, a host, a port, a name and options", function()
  equal(url.parse "postgresql://bob@db.example.com:5433/app?sslmode=require", {
    scheme = "postgresql", user = "bob", host = "db.example.com", port = "5433", name = "app",
    options = { sslmode = "require" },
  })
  equal(url.parse "mariadb://db/app", { scheme = "mariadb", host = "db", name = "app",
    options = {} })
  equal(url.parse "MYSQL://[::1]:3307", { scheme = "mysql", host = "::1", port = "3307",
    options = {} })
  equal(url.parse "postgres:///", { scheme = "postgresql", options = {} })
  equal(url.parse "postgresql://a%40b@%2Fvar%2Frun/my%20app", { scheme = "postgresql",
    user = "a@b", host = "/var/run", name = "my app", options = {} })
  equal(url.parse "mariadb://u@localhost/app?socket=/run/s", { scheme = "mariadb", user = "u",
    host = "localhost", name = "app", options = { socket = "/run/s" } })
end)

-- Each has "hunter2" where a password may be.
local WITH_PASSWORD <const> = {
  "postgresql://bob:hunter2@db/app", "postgres://bob:hunter2@db", "mysql://:hunter2@db/app",
  "mariadb://bob:@db/hunter2", "MariaDB://bob:hunter2@[::1]:5/app", "mysql://bob:hun/ter2@db/x",
  "postgresql://bob@db/app?password=hunter2", "postgresql://db/app?sslmode=x&PASSWORD=hunter2",
  "mysql://bob:hunter2@ev@l@db/app", "mysql://bob@db/app?pwd=hunter2",
  " postgresql://bob:hunter2@db/app", "postgresql://bob:hunter2#x@db/app",
  "postgresql://bob:hunter2?@db/app",
}

test("a URL with a password is refused without showing it", function()
  for _, text in ipairs(WITH_PASSWORD) do
    assert(url.has_password(text), text)
    local parsed, message, kind = url.parse(text)
    equal({ parsed, kind }, { nil, "usage" }, text)
    tap.contains(message, "password")
    assert(not message:find("hun"), message)
  end
  for _, text in ipairs { "https://bob:hunter2@example.com/", "users.csv", "a:b@c",
    "postgresql://bob@db:5432/app", "postgresql://db:5432/app?sslmode=require", "mysql://[::1]:5/x",
  } do
    assert(not url.has_password(text), text)
  end
end)

test("what is not the URL of a database is refused with how it is written", function()
  for text, part in pairs {
    ["users.db"] = "names no database", ["sqlite://x"] = "names no database",
    ["postgresql:app"] = "names no database",
    ["postgresql://db:x/app"] = "no valid port", ["postgresql://db:0/app"] = "no valid port",
    ["postgresql://db:65536/app"] = "no valid port", ["mysql://[::1]x/app"] = "no valid port",
    ["mysql://-db/app"] = "no valid host", ["mysql://d b/app"] = "no valid host",
    ["mysql://d%0ab/app"] = "no valid host",
    ["mysql://db/a%0ab"] = "characters that cannot be in it",
    ["mysql://%@db/a"] = "characters that cannot be in it", ["mysql://db/a%zz"] = "characters",
    ["mysql://db/app#x"] = "fragment",
    ["postgresql://db/app?sslmod=x"] = 'unknown option "sslmod"; did you mean "sslmode"?',
    ["postgresql://db/app?options=-cx"] = 'unknown option "options"',
    ["postgresql://db/app?sslmode"] = "unknown option",
    ["mysql://db/app?sslmode=x"] = "unknown option", ["mysql://db/app?socket=%00"] = "characters",
  } do
    local parsed, message, kind = url.parse(text)
    equal({ parsed, kind }, { nil, "usage" }, text)
    tap.contains(message, part)
    tap.contains(message, "postgresql://user@host:5432/app")
  end
end)
