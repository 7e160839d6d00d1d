--- host.digest: signatures checked, certificates made, gzip.

local digest = require "host.digest"
local file = require "host.file"
local http = require "host.http"
local loop = require "host.loop"
local server = require "host.server"
local tap = require "tests.tap"
local test = tap.test

local PRIVATE <const> = assert(file.read("tests/host/rsa.pem"))
local PUBLIC <const> = assert(file.read("tests/host/rsa-public.pem"))

for _, name in ipairs { "RS256", "RS384", "PS256" } do
  test("a signature by " .. name .. " is recognised, and no other", function()
    local signature = assert(digest.sign(name, PRIVATE, "data"))
    tap.equal(digest.verify(name, PUBLIC, "data", signature), true)
    tap.equal(digest.verify(name, PUBLIC, "date", signature), false)
    tap.equal(digest.verify(name, PUBLIC, "data", signature:reverse()), false)
    tap.equal(digest.verify(name, PUBLIC, "data", ""), false)
    tap.equal(digest.verify(name == "RS256" and "RS384" or "RS256", PUBLIC, "data", signature),
      false)
  end)
end

test("an invalid public key is a failure", function()
  local good, message, kind = digest.verify("RS256", "no key", "data", "x")
  tap.equal({ good, kind }, { nil, "parse" })
  tap.contains(message, "reading the public key")
end)

test("an unknown algorithm raises", function()
  tap.raises(function() digest.verify("none", PUBLIC, "data", "x") end, "none")
end)

for _, data in ipairs { "", "a", ("ab"):rep(100000), digest.random(70000) } do
  test("gzip of " .. #data .. " bytes reads as what it was", function()
    local folder = assert(file.temporary())
    local made = digest.gzip(data)
    tap.equal(made:sub(1, 2), "\x1f\x8b")
    assert(file.write(folder .. "/x", made))
    assert(file.read(folder .. "/x") == data)
    file.remove_tree(folder)
  end)
end

---The answer of a server with the certificate to a client that trusts `ca`.
local function ask(made, ca)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/ca.pem", ca))
  local transport <close> = http.new { ca_file = folder .. "/ca.pem" }
  local listener <close> = assert(server.listen { cert = made.cert, key = made.key })
  local transfer = transport:start {
    method = "GET", url = string.format("https://127.0.0.1:%d/", listener:port()),
  }
  while not transfer:done() do
    loop.wait(1)
    local request = listener:accept()
    if request then request:respond(200, {}, "hello") end
  end
  file.remove_tree(folder)
  return transfer:result()
end

test("a server with a made certificate is trusted by clients that trust its authority", function()
  local made = assert(digest.certificate("a server", "IP:127.0.0.1,DNS:localhost", 3600))
  local other = assert(digest.certificate("a server", "IP:127.0.0.1", 3600))
  tap.equal(assert(ask(made, made.ca)).body, "hello")
  local response, _, kind = ask(made, other.ca)
  tap.equal({ response, kind }, { nil, "tls" })
end)

test("a certificate for invalid names is a failure", function()
  local made, message, kind = digest.certificate("a server", "127.0.0.1", 3600)
  tap.equal({ made, kind }, { nil, "parse" })
  tap.contains(message, "127.0.0.1")
end)

test("a certificate without a valid duration raises", function()
  tap.raises(function() digest.certificate("x", "DNS:x", 0) end, "out of range")
end)
