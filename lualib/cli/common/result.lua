--- How every command ends: result on stdout, next command to type, exit status.

local exit_status = require "base.exit_status"
local json = require "host.json"
local path = require "base.path"

local result = {}

local FAILED <const> = { [1] = true, [2] = true, [5] = true, [6] = true } -- errors
local STATUS <const> = { [5] = "incomplete", [8] = "planned", [130] = "interrupted" }

---The command line as typed.
---@param args string[]
---@return string
function result.command_line(args)
  local quoted = { "auth0-migrate" }
  for _, word in ipairs(args) do quoted[#quoted + 1] = path.quote(word) end
  return table.concat(quoted, " ")
end

-- Options that decide what a record becomes.
local OF_THE_MAPPING <const> = {
  "config", "profile", "connection_file", "allow_read", "allow_net", "allow_env", "allow_exec",
  "recipe_memory", "recipe_steps", "recipe_time",
}

---Adds an option as it would be typed.
local function add_option(words, key, value)
  local name = "--" .. key:gsub("_", "-")
  for _, one in ipairs(type(value) == "table" and value or { value }) do
    words[#words + 1] = one == true and name or name .. "=" .. tostring(one)
  end
end

---The command that shows the record at a place, or the first ones, for a command that mapped it.
---@param context Context
---@param at? string
---@return string
function result.preview(context, at)
  local words = { "preview", context.flags.RECIPE }
  for _, word in ipairs(context.args) do
    if word:find("^[%a_][%w_]*=") then words[#words + 1] = word end
  end
  for _, key in ipairs(OF_THE_MAPPING) do add_option(words, key, context.flags[key]) end
  if at then words[#words + 1], words[#words + 2] = "--at", at end
  return result.command_line(words)
end

---The command that shows the first record of the findings, or one that shows why a gate stops.
---@param context Context
---@param report Report  of check, map or plan
---@return string?  nil if the source has no records
function result.preview_first(context, report)
  if report.records.read == 0 then return nil end
  local first, gate = (report.findings or {})[1], (report.gates or {})[1]
  return result.preview(context, first and first.examples[1] or gate and gate.at)
end

local function given(value)
  return value ~= nil and value ~= json.null and value or nil
end

---Ends with a report.
---@param context Context
---@param report Report
---@param text string  the report for people
---@return integer status
function result.report(context, report, text)
  local ui = context.ui
  local next_command = given(report.next)
  if report.exit ~= 0 and not next_command then next_command = result.command_line(context.args) end
  if context.flags.json then
    report.next = next_command or json.null
    ui:result(assert(json.encode(report)) .. "\n")
  else
    ui:statement(text)
  end
  if FAILED[report.exit] and given(report.message) then ui:fail(report.message) end
  if next_command then ui:next(next_command) end
  return report.exit
end

---Ends with the values that a command's function returned: a report, formatted by `say`, or a
---failure.
---@generic R
---@param context Context
---@param say fun(report: R): string
---@param report? R
---@param message? string  the failure's
---@param kind? Kind
---@param more? FailureMore
---@return integer status
function result.result(context, say, report, message, kind, more)
  if not report then return result.failure(context, message, kind, more) end
  return result.report(context, report, say(report))
end

---The correction of an argument; nil if the argument was not wrong.
local function as_meant(word, more)
  if word == more.wrong then return more.meant end
  local is_name = more.wrong:sub(-1) == "="
  if not is_name or word:sub(1, #more.wrong) ~= more.wrong then return nil end
  return more.meant:sub(-1) == "=" and more.meant .. word:sub(#more.wrong + 1) or more.meant
end

---The command to type after a failure: the one it names, or the command line as typed, with the
---wrong argument corrected or the missing one added.
local function next_command(args, more)
  if more.next then return more.next end
  local words = table.move(args, 1, #args, 1, {})
  for i, word in ipairs(words) do
    local meant = more.wrong and as_meant(word, more)
    if meant then
      words[i] = meant
      break
    end
  end
  local added = type(more.add) == "table" and more.add or { more.add }
  table.move(added, 1, #added, #words + 1, words)
  return result.command_line(words)
end

---Ends without a report, because of a failure or a usage error.
---@param context Context
---@param message string
---@param kind? Kind
---@param more? FailureMore
---@return integer status
function result.failure(context, message, kind, more)
  local ui, status = context.ui, exit_status.of(kind)
  local command = next_command(context.args, more or {})
  ui:fail(message)
  if context.flags.json then
    ui:result(assert(json.encode {
      status = STATUS[status] or "failed", exit = status, message = message, next = command,
    }) .. "\n")
  end
  ui:next(command)
  return status
end

return result
