--- Parameters of a recipe as they are typed: name=value.

local file = require "host.file"

local params = {}

---`name=value` arguments as a table.
---@param list string[]
---@return table<string, string>?
---@return string? message
---@return FailureMore? more
function params.read(list)
  local given = {}
  for _, word in ipairs(list) do
    local name, value = word:match("^([%a_][%w_]*)=(.*)$")
    if not name then
      local meant = file.stat(word) and "input=" .. word
      return nil, string.format("\"%s\" is not a parameter of the form name=value%s", word,
        meant and "; did you mean " .. meant .. "?" or ""),
        meant and { wrong = word, meant = meant } or nil
    end
    if given[name] then return nil, "the parameter " .. name .. " is given more than once" end
    given[name] = value
  end
  return given
end

return params
