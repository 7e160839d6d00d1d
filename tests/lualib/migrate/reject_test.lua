--- migrate.reject and migrate.warn with values that are not text.

local face = require "migrate.face"
local reject = require "migrate.reject"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test
local ODD <const> = {
  {}, true, false, print, setmetatable({}, { __tostring = function() return {} end }),
}

test("a reason, code or path that is not text raises a message that names it", function()
  for _, odd in ipairs(ODD) do
    for i, what in ipairs { "reason", "code", "path" } do
      local arguments = { "no", "CODE", "email" }
      arguments[i] = odd
      tap.raises(function() reject.reject(table.unpack(arguments)) end,
        "reject expects text as its " .. what .. ", got a " .. type(odd))
    end
  end
end)

test("texts and numbers are taken, and what is left out has a default", function()
  local made = reject.reject(7, 8, 9)
  equal({ made.reason, made.code, made.path }, { "7", "8", "9" })
  made = reject.reject()
  equal({ made.reason, made.code, made.path }, { "rejected by the recipe", "REJECTED", "" })
end)

test("a warning needs a code and a text", function()
  local own = face.new({}, {})
  for _, odd in ipairs(ODD) do
    tap.raises(function() own.warn(odd, "text") end, "warn expects a code, got " .. type(odd))
    tap.raises(function() own.warn("code", odd) end,
      "warn expects text as its message, got a " .. type(odd))
  end
end)
