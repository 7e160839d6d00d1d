--- Names from a recipe (skip reasons, warning codes) under which records are counted: without the
--- values in them, so that those which differ in a value only are one. After the first hundred, new
--- names count as `other`, so that no table grows with the source.

local text = require "host.text"

local MOST <const> = 100
local OTHER <const> = "other"

local capped_names = {}

---@return fun(name: string): string  the name to count it under
function capped_names.new()
  local known, n = {}, 0
  return function(name)
    name = text.redact(name)
    if known[name] then return name end
    if n >= MOST then return OTHER end
    known[name], n = true, n + 1
    return name
  end
end

return capped_names
