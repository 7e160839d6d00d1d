--- prove: checks known logins against the hashes that a recipe maps.

local format = require "base.format"
local result = require "cli.common.result"
local file = require "host.file"
local json = require "host.json"
local logins = require "cli.common.logins"
local setup = require "cli.common.setup"

local RESULTS <const> = {
  yes = "yes", no = "no", refused = "no", missing = "no", untold = "unknown",
}

local function given(value)
  return value ~= json.null and value or nil
end

---Why a record does not become a user: code, field, advice.
local function add_refused(add, one)
  local refused = one.refused
  if refused.outcome == "skipped" then
    return add("skipped by the recipe: " .. refused.reason)
  end
  add(string.format("%s: %s%s, %s", one.result == "missing" and "its record was rejected"
    or "the import would reject this user", refused.code,
    refused.path and " " .. refused.path or "", refused.reason))
  if refused.fix then add(refused.fix) end
end

local function need_text(need)
  return (need:gsub("\n", "\n    "))
end

---A mapping that matches, and what else is to be done or known.
local function add_line(add, one, report)
  add("this mapping matches: " .. one.line)
  if one.unsuited and one.unsuited > 0 then
    add(string.format("it does not match %s, which the recipe or another line does: %s",
      format.count(one.unsuited, "other login"), given(report.line) and "see the last line"
        or "use it for records of this kind only"))
  end
  for _, need in ipairs(one.needs) do add(need_text(need)) end
  if one.parameter then
    add("or try " .. one.parameter .. " first: it suffices if the recipe finds the columns")
  end
end

---What a search did not try, and why.
local function add_untried(add, one)
  local prove = require "check.prove"
  if one.unfinished then
    add(string.format("the search ended early: it has %d s of processor time for a login, %d s for "
      .. "all", prove.SEARCH_SECONDS, prove.ALL_SECONDS))
  end
  if one.untried then add("not tried: " .. table.concat(one.untried, ", ")) end
end

local function words_of(one, report)
  local what = one.algorithm and " (" .. one.algorithm .. ")" or ""
  local text = string.format("%s: %s%s%s\n", one.id, RESULTS[one.result],
    one.result == "yes" and what or "", one.at and one.result ~= "yes" and ", " .. one.at or "")
  local function add(line) text = text .. "  " .. line .. "\n" end
  if one.refused then add_refused(add, one) end
  if one.result == "refused" then
    add("the password matches the mapped hash" .. what)
  elseif one.result == "no" then
    add(one.algorithm and "the password does not match the mapped hash" .. what
      or "no hash is mapped")
  end
  if one.blocked then
    add("the recipe maps this user as blocked, who cannot log in, also with the right password")
  end
  if one.line then add_line(add, one, report) end
  if one.reason and not (one.result == "missing" and one.refused) then add(one.reason) end
  if one.others then
    add(string.format("the recipe's mapping matches %s: this password may be wrong, or an earlier "
      .. "version of the system made this hash", format.count(one.others, "other login")))
  end
  add_untried(add, one)
  return text
end

---The line for all logins that match one.
local function words_of_all(report)
  local n, known = 0, {}
  for _, one in ipairs(report.logins) do
    if one.line or one.result == "yes" or one.result == "refused" then n = n + 1 end
    if one.line then known[one.line] = true end
  end
  local text = string.format("this mapping matches %s: %s\n", format.count(n, "login"), report.line)
  if known[report.line] then return text end
  for _, need in ipairs(report.needs) do text = text .. "  " .. need_text(need) .. "\n" end
  return text
end

local function words(report)
  local text = ""
  for _, one in ipairs(report.logins) do text = text .. words_of(one, report) end
  if given(report.line) then text = text .. words_of_all(report) end
  return text .. string.format("logins    %s tried, %s succeeded\n", format.number(report.tried),
    format.number(report.verified))
end

---The command that shows the record of the first login that did not succeed, or, if it has none,
---the first records, and by which identifiers their users are found. None for a record that holds
---the password: it stays off the screen.
local function look_at_missed(context, report)
  for _, one in ipairs(report.logins) do
    if one.result ~= "yes" and one.cleartext then return json.null end
    if one.result ~= "yes" and one.at then return result.preview(context, one.at) end
  end
  return result.preview(context)
end

---The old system's secret, without a newline at its end.
local function read_pepper(path)
  if not path then return nil end
  local text, message, kind = file.read(path)
  if not text then return nil, "cannot read the pepper: " .. message, kind end
  text = text:gsub("\r?\n$", "")
  if text == "" then return nil, path .. " is empty", "usage" end
  return text
end

---Logins and pepper, read before the source.
local function options_of(context)
  local pepper, message, kind = read_pepper(context.flags.pepper_file)
  if message then return nil, message, kind end
  local list, more
  list, message, kind, more = logins.read(context, context.flags.login)
  if not list and message then return nil, message, kind, more end
  if not list then
    return nil, "prove requires --logins FILE or --login ID", "usage", logins.MISSING
  end
  return { logins = list, secrets = pepper and { { name = "pepper", value = pepper } } or {} }
end

---@type Command
return {
  name = "prove",
  summary = "Check known passwords against the mapped hashes; find the mapping that matches",
  help = [[
Maps the users of the given logins (--logins or --login) and checks each password against the mapped
hash, without a network. If a password does not match, searches encodings, salts, peppers,
algorithms and parameters in the whole source record and shows the line of `map` that matches. Exit
status 3 unless all logins succeed.]],
  positionals = setup.RECIPE_WORDS,
  shape = function()
    return {
      status = "complete", recipe = json.null, tried = 0, verified = 0, logins = json.array {},
      line = json.null, needs = json.array {},
    }
  end,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    local options, message
    options, message, kind, more = options_of(context)
    if not options then return result.failure(context, message, kind, more) end
    local report
    report, message, kind = require("check.prove").run(recipe, settings, context.ui, options)
    if report and report.exit ~= 0 then
      report.next = look_at_missed(context, report)
    end
    return result.result(context, words, report, message, kind)
  end,
}
