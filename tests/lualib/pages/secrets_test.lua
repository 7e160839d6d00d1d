local secrets = require "pages.secrets"
local tap = require "tests.tap"
local test = tap.test

local function with(values)
  local found = secrets.new()
  for name, value in pairs(values) do found:add(name, value, true) end
  return found
end

test("a secret is replaced wherever it stands, as URLs and JSON write it too", function()
  local found = with { key = "a+b/c=secret" }
  for text, hidden in pairs {
    ["a+b/c=secret"] = "{secret:key}",
    ["?key=a%2Bb%2Fc%3Dsecret&x=1"] = "?key={secret:key:url}&x=1",
    ['{"key":"a+b\\/c=secret"}'] = '{"key":"{secret:key:json}"}',
    ["a+b/c=secreta+b/c=secret"] = "{secret:key}{secret:key}",
    ["something else"] = "something else",
  } do
    tap.equal(found:hide(text), hidden)
    tap.equal(found:reveal(hidden), text)
  end
end)

test("a short secret is only recognised as a whole text", function()
  local found = with { pin = "1234" }
  tap.equal(found:without { pin = "1234", phone = "0301234" },
    { pin = "{secret:pin}", phone = "0301234" })
end)

test("the longer one of two secrets is replaced first", function()
  local found = with { user = "longsecret", both = "longsecret:password" }
  tap.equal(found:hide("Basic longsecret:password"), "Basic {secret:both}")
end)

test("a mark becomes the secret of that name, which may be a new one", function()
  local before, now = with { token = "first-token" }, with { token = "second-token" }
  local kept = before:without { url = "https://a/?t=first-token", body = { n = 1 } }
  tap.equal(now:with(kept), { url = "https://a/?t=second-token", body = { n = 1 } })
  tap.equal(now:reveal("{secret:other} {secret"), "{secret:other} {secret")
end)

test("a secret that is not for the API is not put back", function()
  local found = with { token = "first-token" }
  found:add("client_secret", "other-secret")
  tap.equal(found:hide("first-token other-secret"), "{secret:token} {secret:client_secret}")
  tap.equal(found:reveal("{secret:token} {secret:client_secret}"),
    "first-token {secret:client_secret}")
end)

test("other secrets have another fingerprint, and another salt gives another one", function()
  local one, two = with { token = "first-token" }, with { token = "second-token" }
  tap.equal(one:fingerprint("s"), with({ token = "first-token" }):fingerprint("s"))
  assert(one:fingerprint("s") ~= two:fingerprint("s"))
  assert(one:fingerprint("s") ~= one:fingerprint("t"))
end)
