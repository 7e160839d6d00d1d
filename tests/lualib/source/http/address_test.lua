--- The beginning of the URLs of an API.

local http = require "source.http"
local tap = require "tests.tap"

---{domain, address}
local ADDRESSES <const> = {
  { "acme.okta.com", "https://acme.okta.com" },
  { "acme.okta.com/", "https://acme.okta.com" },
  { "acme.example.com/scim/v2", "https://acme.example.com/scim/v2" },
  { "https://acme.okta.com/", "https://acme.okta.com" },
  { "http://127.0.0.1:8080/scim/v2/", "http://127.0.0.1:8080/scim/v2" },
}

for _, case in ipairs(ADDRESSES) do
  tap.test("http.address of " .. case[1], function()
    tap.equal(http.address(case[1]), case[2])
  end)
end

tap.test("http.address expects text", function()
  local ok, message = pcall(http.address, nil)
  tap.equal(ok, false)
  tap.contains(message, "http.address expects a host or a URL, got nil")
end)
