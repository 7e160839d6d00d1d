--- A folder of files for the tests of readers.

local file = require "host.file"

local folder = {}

---Runs `fn(path)` with a temporary folder of these files.
---@param files table<string, string>
---@param fn fun(path: string)
function folder.with(files, fn)
  local root = assert(file.temporary())
  for name, content in pairs(files) do
    local inner = name:match("^(.*)/")
    if inner then assert(file.mkdir(root .. "/" .. inner)) end
    assert(file.write(root .. "/" .. name, content))
  end
  local ok, message = xpcall(fn, debug.traceback, root)
  assert(file.remove_tree(root))
  if not ok then error(message, 0) end
end

return folder
