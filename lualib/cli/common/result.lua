--- How every command ends: result on stdout, next command to type, exit status.

local command = require "base.command"
local exit_status = require "base.exit_status"
local json = require "host.json"
local next_command = require "cli.common.next_command"
local options = require "cli.common.options"

local result = {}

local FAILED <const> = { [1] = true, [2] = true, [5] = true, [6] = true } -- errors
local STATUS <const> = { [5] = "incomplete", [8] = "planned", [130] = "interrupted" }

---The parameters of a command line, as typed.
---@param args string[]
---@return string[]
function result.params(args)
  local params = {}
  for _, word in ipairs(args) do
    if word:find("^[%a_][%w_]*=") then params[#params + 1] = word end
  end
  return params
end

---The command that shows the record at a place, or the first ones, for a command that mapped it.
---@param context Context
---@param at? string
---@return string
function result.preview(context, at)
  local settings = {
    carried = function(name) return options.carried(context.args, name) end,
  }
  return command.preview(settings, context.flags.RECIPE, result.params(context.args), at)
end

---The command that shows the first record that would be rejected, or one that shows why a gate
---stops.
---@param context Context
---@param report Report  of check, map or plan
---@return string?  nil if the source has no records
function result.preview_first(context, report)
  if report.records.read == 0 then return nil end
  for _, group in ipairs(report.findings or {}) do
    if group.outcome == "rejected" then return result.preview(context, group.examples[1]) end
  end
  local gate = (report.gates or {})[1]
  return gate and result.preview(context, gate.at)
end

---The members of a run's result, as if nothing was done: see Command.
---@return table
function result.of_run()
  return require("report").empty()
end

local function given(value)
  return value ~= nil and value ~= json.null and value or nil
end

---Writes an object whose members are those of every ending of the command.
---@param context Context
---@param object table
function result.write(context, object)
  local shape = context.shape and context.shape() or {}
  shape.message = json.null
  for name, value in pairs(shape) do
    if object[name] == nil then object[name] = value end
  end
  context.ui:result(assert(json.encode(object)) .. "\n")
end

---Ends with a report. One without `next` gets that of its exit status.
---@param context Context
---@param report Report
---@param text string  the report for people
---@return integer status
function result.report(context, report, text)
  local ui = context.ui
  if report.next == nil then
    report.next = next_command.after(context, report.exit) or json.null
  end
  if context.flags.json then
    result.write(context, report)
  else
    ui:statement(text)
  end
  if FAILED[report.exit] and given(report.message) then ui:fail(report.message) end
  if given(report.next) then ui:next(report.next) end
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

---Ends without a report, because of a failure or a usage error.
---@param context Context
---@param message string
---@param kind? Kind
---@param more? FailureMore
---@param trace? string  of a defect in the program
---@return integer status
function result.failure(context, message, kind, more, trace)
  local ui, status = context.ui, exit_status.of(kind)
  local following = next_command.after_failure(context, status, kind, more)
  ui:fail(message, trace)
  if context.flags.json then
    result.write(context, {
      status = STATUS[status] or "failed", exit = status, message = message,
      next = following or json.null,
    })
  end
  if following then ui:next(following) end
  return status
end

return result
