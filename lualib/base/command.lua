--- Command lines of this program that people, and the next command, can type.

local path = require "base.path"

local command = {}

---@param words string[]  after the program's name
---@return string  "auth0-migrate resume 'my shop.run'"
function command.line(words)
  local quoted = { "auth0-migrate" }
  for _, word in ipairs(words) do quoted[#quoted + 1] = path.quote(word) end
  return table.concat(quoted, " ")
end

---A command that follows one with these settings, and finds the same tenant.
---@param settings? {carried?: fun(name: string): string[]}
---@param name string  "resume"
---@param ... string   its arguments
---@return string
function command.after(settings, name, ...)
  local words = { name, ... }
  local carried = settings and settings.carried and settings.carried(name) or {}
  table.move(carried, 1, #carried, #words + 1, words)
  return command.line(words)
end

---The command that shows the record at a place of the source next to its user.
---@param settings? {carried?: fun(name: string): string[]}
---@param recipe string
---@param params string[]  "input=users.csv"
---@param at? string       nil: the first records
---@return string?  nil if it could not find the record, in stdin for example
function command.preview(settings, recipe, params, at)
  -- A place that is a number would be read as a position.
  if at and at:find("^%d+$") then return nil end
  local words = { recipe }
  for _, param in ipairs(params) do
    if param:find("^[%w_]+=%-$") then return nil end
    words[#words + 1] = param
  end
  if at then words[#words + 1], words[#words + 2] = "--at", at end
  return command.after(settings, "preview", table.unpack(words))
end

return command
