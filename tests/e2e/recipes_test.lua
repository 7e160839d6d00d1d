--- The command recipes, as people see it.

local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test = tap.test

-- What a recipe of others may do while it is listed.
local HOSTILE <const> = {
  loops = "while true do end",
  prints = "print 'hello' io.stderr:write 'hello' io.write 'hello' error 'done'",
  asks = "return { needs = { net = { 'evil.example' }, read = { '/' }, exec = { 'sh' } }, "
    .. "source = function() os.execute 'touch made' end, map = function() end }",
  terminal = "error '\27]0;owned\7'",
}

test("recipes of others are listed: they print nothing, ask for nothing, and do not hold it up",
  function()
    program.scene(nil, function(s)
      for name, text in pairs(HOSTILE) do s:write("shared_" .. name .. ".lua", text) end
      local ended = s:run({ "recipes" }, { AUTH0_MIGRATE_PATH = s.folder }):ends_with(0)
      tap.contains(ended.stdout, "keycloak ")
      for name in pairs(HOSTILE) do tap.contains(ended.stdout, "shared_" .. name) end
      tap.equal(ended.stderr, "")
      assert(not ended.stdout:find("hello", 1, true), "it printed")
      assert(not ended.stdout:find("\27", 1, true), "it reached the terminal")
      assert(not s:exists "made", "its source was called")
    end)
  end)
