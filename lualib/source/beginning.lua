--- The beginning of a file, by which its format is recognised.

local file = require "host.file"

local beginning = {}

local HEAD <const> = 64 * 1024 -- bytes, decompressed

---Decompressed. Stdin cannot be read twice: it is misuse.
---@param path string
---@return string? head
---@return string? message
---@return host.Kind? kind
function beginning.of(path)
  if path == "-" then error("beginning: stdin cannot be read twice", 2) end
  local handle <close>, message, kind = file.open(path)
  if not handle then return nil, message, kind end
  local parts, size = {}, 0
  while size < HEAD do
    local part, why, failed = handle:read(HEAD - size)
    if not part and why then return nil, why, failed end
    if not part then break end
    parts[#parts + 1], size = part, size + #part
  end
  return table.concat(parts)
end

return beginning
