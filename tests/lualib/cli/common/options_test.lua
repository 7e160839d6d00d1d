--- cli.common.options: which command takes which option.

local options = require "cli.common.options"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local function keys_of(command)
  local keys = {}
  for _, option in ipairs(options.of(command)) do keys[options.key(option)] = true end
  return keys
end

test("plan takes every option of run", function()
  local plan = keys_of "plan"
  for key in pairs(keys_of "run") do assert(plan[key], key) end
end)

-- A rehearsal has a tenant and a connection of its own, and is new each time.
local NOT_REHEARSED <const> = {
  domain = true, connection = true, ca_file = true, fresh = true, changed = true, dry_run = true,
}

test("rehearse takes every option of run that has a meaning there", function()
  local rehearse = keys_of "rehearse"
  for key in pairs(keys_of "run") do equal(rehearse[key] or false, not NOT_REHEARSED[key], key) end
end)
