--- The command to type after an ending that names none: the command line as it was meant, what
--- shows the cause, or the same again where a later attempt may succeed.

local command = require "base.command"
local file = require "host.file"
local options = require "cli.common.options"
local path = require "base.path"
local spelling = require "base.spelling"

local next_command = {}

-- Exit statuses after which a repetition is the remedy: an outage, a full disk, an interrupt.
local REPEATABLE <const> = { [5] = true, [130] = true }
local CREDENTIALS <const> = 6
-- Commands after which `doctor` tells nothing new, or looks at another tenant.
local WITHOUT_DOCTOR <const> = { doctor = true, rehearse = true }

---The correction of an argument; nil if the argument was not wrong.
local function as_meant(word, more)
  local wrong, meant = more.wrong, more.meant
  if word == wrong then return meant end
  local flag, value = word:match("^(%-%-[%w-]+=)(.*)$")
  if flag and value == wrong then return flag .. meant end
  local is_name = wrong:sub(-1) == "="
  local rest = word:sub(#wrong + 1)
  if word:sub(1, #wrong) ~= wrong then return nil end
  if is_name then return meant:sub(-1) == "=" and meant .. rest or meant end
  return rest:sub(1, 1) == "=" and meant .. rest or nil
end

---A word without consent: nil for "-y", "-q" for "-qy".
local function without_consent(word)
  if word == "--yes" then return nil end
  if not word:find("^%-%a+$") then return word end
  local rest = word:gsub("y", "")
  return rest ~= "-" and rest or nil
end

---The command line with the wrong argument corrected, but not confirmed: a yes was not given to the
---program's guess. Nil if the argument is not in it.
local function corrected(args, more)
  local words, found = {}, false
  for _, word in ipairs(args) do
    local meant = not found and as_meant(word, more)
    found = found or meant ~= nil and meant ~= false
    words[#words + 1] = without_consent(meant or word)
  end
  return found and command.line(words) or nil
end

local function with_added(args, added)
  local words = table.move(args, 1, #args, 1, {})
  added = type(added) == "table" and added or { added }
  table.move(added, 1, #added, #words + 1, words)
  return command.line(words)
end

---A parameter that names no file, and the file of the same kind with the nearest name.
---@return FailureMore?
local function nearest_file(args)
  for _, word in ipairs(args) do
    local name, value = word:match("^([%a_][%w_]*=)(.+)$")
    local extension = value and path.extension(value) or ""
    if extension ~= "" and not file.stat(value) then
      local folder, alike = path.dirname(value), {}
      for _, entry in ipairs(file.list(folder) or {}) do
        if path.extension(entry) == extension then alike[#alike + 1] = entry end
      end
      local near = spelling.find(path.basename(value), alike)
      if near then
        near = value:find("/", 1, true) and path.join(folder, near) or near
        return { wrong = word, meant = name .. near }
      end
    end
  end
end

---After an ending with this exit status that names no command itself.
---@param context Context
---@param status integer
---@return string?  nil: nothing is to be done, or an editor is needed
function next_command.after(context, status)
  if REPEATABLE[status] then return command.line(context.args) end
  if status == CREDENTIALS and not WITHOUT_DOCTOR[context.command] then
    return command.line { "doctor", table.unpack(options.carried(context.args, "doctor")) }
  end
end

---After a failure.
---@param context Context
---@param status integer
---@param kind? Kind
---@param more? FailureMore
---@return string?
function next_command.after_failure(context, status, kind, more)
  more = more or kind == "missing" and nearest_file(context.args) or {}
  if more.next ~= nil then return more.next or nil end
  if more.wrong then return corrected(context.args, more) end
  if more.add then return with_added(context.args, more.add) end
  if kind == "login" then return nil end -- doctor looks at the tenant
  return next_command.after(context, status)
end

return next_command
