--- How every command ends: its result on stdout, the next command to type, the exit status.

local exit_status = require "base.exit_status"
local json = require "host.json"
local path = require "base.path"

local result = {}

local USAGE <const> = 2
local FAILED <const> = { [1] = true, [2] = true, [5] = true, [6] = true } -- not as asked
local STATUS <const> = { [5] = "incomplete", [8] = "planned", [130] = "interrupted" }

result.quote = path.quote

---The command line as it was typed.
---@param args string[]
---@return string
function result.command_line(args)
  local quoted = { "auth0-migrate" }
  for _, word in ipairs(args) do quoted[#quoted + 1] = result.quote(word) end
  return table.concat(quoted, " ")
end

local function given(value)
  return value ~= nil and value ~= json.null and value or nil
end

---Ends with a report. `text`: what people read of it.
---@param context Context
---@param report Report
---@param text string
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

---Ends with what migrate returned: a report, in the words that `say` finds for it, or a failure.
---@generic R
---@param context Context
---@param say fun(report: R): string
---@param report? R
---@param message? string  the failure's
---@param kind? Kind
---@return integer status
function result.result(context, say, report, message, kind)
  if not report then return result.failure(context, message, kind) end
  return result.report(context, report, say(report))
end

-- Messages that say which word was missing.
local MISSING <const> = { "is missing; give ([%w_]+=%S+)", "; (%-%-changed) goes on with" }

---" input=VALUE", when the message says that it is missing.
local function missing_word(message)
  for _, pattern in ipairs(MISSING) do
    local word = message:match(pattern)
    if word then return " " .. word end
  end
  return ""
end

-- Messages that name a word and what to type in its place; of a parameter, the value stays, unless
-- it is a secret.
local INSTEAD <const> = {
  { "there is no recipe (.-); did you mean (.-)%?", "%s", "%s" },
  { 'no parameter "(.-)"; did you mean "(.-)"', "%s=", "%s=" },
  { "parameter ([%w_]+) is secret and would be seen .* give it as ([%w_]+=@FILE)", "%s=", "%s",
    whole = true },
}

local function replaced(word, entry, wrong, meant)
  local start = entry[2]:format(wrong)
  if word:sub(1, #start) ~= start then return word end
  local rest = entry.whole and "" or word:sub(#start + 1)
  return entry[3]:format(meant) .. rest
end

---The words as typed, but for the one that the message says is wrong.
local function as_meant(args, message)
  local words = table.move(args, 1, #args, 1, {})
  for _, entry in ipairs(INSTEAD) do
    local wrong, meant = message:match(entry[1])
    for i, word in ipairs(wrong and words or {}) do
      words[i] = replaced(word, entry, wrong, meant)
    end
  end
  return words
end

---Ends without a report: what the world or the person at the keyboard got wrong.
---@param context Context
---@param message string
---@param kind? Kind
---@param next_command? string  default the one that the message names, else the same once more
---@return integer status
function result.failure(context, message, kind, next_command)
  local ui, status = context.ui, exit_status.of(kind)
  next_command = next_command or message:match("`(auth0%-migrate [^`]+)`")
    or result.command_line(as_meant(context.args, message)) .. missing_word(message)
  ui:fail(message)
  if context.flags.json then
    ui:result(assert(json.encode {
      status = STATUS[status] or "failed", exit = status, message = message, next = next_command,
    }) .. "\n")
  end
  ui:next(next_command)
  return status
end

---Ends because of how the command was typed.
---@param context Context
---@param message string
---@param next_command string
---@return integer status
function result.usage(context, message, next_command)
  result.failure(context, message, "usage", next_command)
  return USAGE
end

return result
