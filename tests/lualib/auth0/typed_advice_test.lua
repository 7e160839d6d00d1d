--- Expressions in the advice on a field fix the value when typed. Lines about passwords are in
--- forms_test.

local advice = require "auth0.advice"
local file = require "host.file"
local unread_values = require "recipe.inside.unread_values"
local schema = require "auth0.schema"
local tap = require "tests.tap"

local test = tap.test

local RULES <const> = schema.for_connection()
local MODULE <const> = "lualib/auth0/advice/fields.lua"

---{path, a value that is rejected there}
local BAD <const> = {
  { "email", " a@b.co" }, { "email", "Ann <a@b.co>" }, { "email", "mailto:a@b.co" },
  { "email", "a@b.co,c@d.co" }, { "email", 7 }, { "user_id", "a b" }, { "user_id", 7 },
  { "username", "a b" }, { "username", "ünal" }, { "username", "a/b" },
  { "phone_number", "0301234" }, { "phone_number", "004930" }, { "phone_number", "+44 20" },
  { "email_verified", "yes" }, { "blocked", "0" }, { "phone_verified", 1 },
  { "picture", "https://x.y/a b" }, { "given_name", 7 }, { "user_metadata", '{"a":1}' },
  { "app_metadata", '{"a":1}' }, { "mfa_factors[0].totp.secret", "ABCD====" },
  { "mfa_factors[0].totp.secret", "abcd efgh" }, { "mfa_factors[0].totp.secret", "48656c6c6f19" },
  { "mfa_factors[0].totp.secret", "abcdefgh" }, { "mfa_factors[0].totp.secret", "XYZ189!" },
  { "mfa_factors[0].phone.value", "+44 20" },
}

---A user with a value at a path.
local function user_with(path, value)
  local user = { email = "a@example.com", email_verified = false }
  local at, name = user, nil
  for part in path:gsub("%[0%]", ".1"):gmatch("[^.]+") do
    if name then
      at[name] = at[name] or {}
      at = at[name]
    end
    name = math.tointeger(part) or part
  end
  at[name] = value
  return user
end

---The explained rejection at a path.
---@return Advised?
local function refused_at(user, path)
  for _, finding in ipairs(RULES:check(user) or {}) do
    if finding.path == path and not finding.warning then return advice.of(user, finding) end
  end
end

---The calls in a text: "value.split(row.email, ",")[1]".
---@param text string
---@return string[]
local function calls_in(text)
  local calls, from = {}, 1
  while true do
    local first, last = text:find("%f[%w_][%a_][%w_.:]*%b()", from)
    if not first then return calls end
    local further = select(2, text:find("^%b[]", last + 1)) or last
    local call = text:sub(first, further)
    if call:find("%f[%w_]row%.") then calls[#calls + 1] = call end
    from = further + 1
  end
end

---The result of a call for a record with this value in every field, in a constructor as in `map`.
local function typed(call, bad)
  local modules = unread_values.new()
  local chunk = assert(load("return { typed = " .. call .. " }", "=typed", "t", {
    value = modules["source.value"], math = math, tostring = tostring, tonumber = tonumber,
    row = setmetatable({}, { __index = function() return bad end }),
  }))
  return chunk().typed
end

local seen = {}

for i, case in ipairs(BAD) do
  local path, bad = case[1], case[2]
  test(string.format("advice on %s that is typed fixes it (%d)", path, i), function()
    local advised = assert(refused_at(user_with(path, bad), path), "nothing is rejected")
    for _, call in ipairs(calls_in(advised.fix)) do
      local after = refused_at(user_with(path, typed(call, bad)), path)
      assert(not after or after.code ~= advised.code, call)
      seen[call] = true
    end
  end)
end

test("every call over a record in the texts of advice.fields has been typed", function()
  local n = 0
  for line in assert(file.read(MODULE)):gsub('\\"', "\1"):gmatch("[^\n]+") do
    for _, quote in ipairs { '"', "'" } do
      for text in line:gmatch(quote .. "([^" .. quote .. "]*%f[%w_]row%.[^" .. quote .. "]*)"
        .. quote) do
        for _, call in ipairs(calls_in((text:gsub("\1", '"')))) do
          assert(seen[call] or call:find("%%s") or call:find("^password"), "never typed: " .. call)
          n = n + 1
        end
      end
    end
  end
  assert(n > 10, "the texts have another format")
end)
