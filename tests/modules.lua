--- Lets `require` find what is under tests/. For `dofile`, from the folder above.

local file = require "host.file"

package.searchers[#package.searchers + 1] = function(name)
  local path = name:gsub("%.", "/") .. ".lua"
  if not name:find("^tests%.") or not file.stat(path) then return nil end
  return loadfile(path, "t"), path
end
