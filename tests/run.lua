--- Runs the tests: `auth0-migrate --run tests/run.lua [part of a file name] [part of a test name]`.

local file = require "host.file"

local only_file, only_test = (...)[1], (...)[2]

dofile "tests/modules.lua"

local tap = require "tests.tap"
_G.test = tap.test

local function collect(folder)
  for _, name in ipairs(assert(file.list(folder))) do
    local path = folder .. "/" .. name
    if assert(file.stat(path)).type == "folder" then
      collect(path)
    elseif name:find("_test%.lua$") and (not only_file or path:find(only_file, 1, true)) then
      local count = select("#", dofile(path))
      assert(count == 0, path .. " returns something")
    end
  end
end

collect("tests")
return tap.run(only_test)
