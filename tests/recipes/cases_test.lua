--- The shipped recipes pass their own cases, by the command that people type, anywhere.

local file = require "host.file"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

for _, entry in ipairs(assert(file.list("recipes"))) do
  local name = entry:match("^(.+)%.lua$")
  if name then
    tap.test("auth0-migrate test " .. name, function()
      program.scene(nil, function(s)
        local object = s:run({ "test", name, "--json", "--show-values" }):ends_with(0):object()
        assert(object.passed > 3, "too few cases")
      end)
    end)

    tap.test("the cases of recipes/" .. name .. ".test.yaml are those in the program", function()
      local text = require("host").source("recipes/" .. name .. ".test.yaml")
      tap.equal(text, (assert(file.read("recipes/" .. name .. ".test.yaml"))))
    end)
  end
end
