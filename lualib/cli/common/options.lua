--- The options of all commands, as data: the parser, the help and the manual are made from them.

local doubts = require "tenant.doubts"
local limits = require "auth0.limits"

local options = {}

---@class Option
---@field flags string      "-y --yes"
---@field argument? string  "N"; an option without one is a switch
---@field help string
---@field many? boolean     may be given more than once: a list
---@field commands string   names, separated by blanks; "*" for all
---@field parse? fun(text: string): any, string?  the value, or nil and what is expected

local UNITS <const> = { h = 3600, m = 60, min = 60, s = 1, d = 86400 }
local SIZES <const> = { [""] = 1, k = 1000, kb = 1000, m = 1000000, mb = 1000000 }

---A whole number from `least` to `most`.
---@param least integer
---@param most? integer
---@return fun(text: string): integer?, string?
function options.whole(least, most)
  local expected = most and string.format("a whole number from %d to %d", least, most)
    or string.format("a whole number, %d or more", least)
  return function(text)
    local value = text:find("^%d+$") and math.tointeger(tonumber(text))
    if not value or value < least or (most and value > most) then return nil, expected end
    return value
  end
end

---A record: its position, or the place that a finding names.
---@param text string
---@return integer|string?
---@return string? expected
function options.place(text)
  if text:find("^%d+$") then return options.whole(1)(text) end
  if text:find("[:#]") then return text end
  return nil, "the position of a record (1 is the first) or a place such as users.csv:18"
end

---A size such as 400000 or 400k, in bytes.
---@param least integer
---@param most integer
---@return fun(text: string): integer?, string?
function options.bytes(least, most)
  local expected = string.format("bytes from %d to %d, such as 400000 or 400k", least, most)
  return function(text)
    local digits, unit = text:lower():match("^(%d+)(%a*)$")
    local value = digits and SIZES[unit] and math.tointeger(tonumber(digits) * SIZES[unit])
    if not value or value < least or value > most then return nil, expected end
    return value
  end
end

---A time such as 2h, 30m, 90s or 1h30m, in seconds.
---@param text string
---@return integer? seconds
---@return string? expected
function options.time(text)
  local EXPECTED <const> = "a time such as 2h, 30m, 90s or 1h30m"
  local seconds, rest = 0, text:lower():gsub("%s", "")
  if rest == "" then return nil, EXPECTED end
  while rest ~= "" do
    local digits, unit, after = rest:match("^(%d+)(%a+)(.*)$")
    if not digits or not UNITS[unit] or #digits > 9 then return nil, EXPECTED end
    seconds = seconds + math.tointeger(tonumber(digits)) * UNITS[unit]
    rest = after
  end
  return seconds
end

---A number, or a percentage such as 5% or 0.5%.
---@param text string
---@return Limit?
---@return string? expected
function options.limit(text)
  local n = text:find("^%d+$") and math.tointeger(tonumber(text))
  if n then return { n = n } end
  local percent = tonumber(text:match("^([%d.]+)%%$"))
  if not percent or percent > 100 then return nil, "a number or a percentage, such as 100 or 1%" end
  return { percent = percent }
end

---The same, but not none.
---@param text string
---@return Limit?
---@return string? expected
local function some(text)
  local limit = options.limit(text)
  if limit and (limit.n or limit.percent) > 0 then return limit end
  return nil, "a number or a percentage above 0, such as 10 or 1%"
end

---One of a few words.
---@param words string[]
---@return fun(text: string): string?, string?
local function one_of(words)
  return function(text)
    for _, word in ipairs(words) do
      if word == text then return word end
    end
    return nil, "one of " .. table.concat(words, ", ")
  end
end

local function not_empty(text)
  if text == "" then return nil, "a name that is not empty" end
  return text
end

---@type Option[]
options.list = {
  {
    flags = "--connection", argument = "NAME|ID", parse = not_empty,
    help = "the database connection to import into",
    commands = "run resume retry plan try-login verify undo doctor",
  },
  {
    flags = "--upsert", commands = "run plan rehearse",
    help = "update users whose e-mail address is there already, instead of leaving them alone",
  },
  {
    flags = "--run-dir", argument = "DIR", parse = not_empty, commands = "run",
    help = "the run directory (default NAME.run)",
  },
  {
    flags = "--fresh", commands = "run",
    help = "begin another run (NAME-2.run) although one is there",
  },
  {
    flags = "-y --yes",
    commands = "run resume retry undo forget",
    help = "do not ask before anything is sent, deleted or removed",
  },
  {
    flags = "--dry-run", commands = "run",
    help = "the same as the command plan",
  },
  {
    flags = "--changed", commands = "run resume",
    help = "go on with what is staged though the recipe or the source has changed",
  },
  {
    flags = "--limit", argument = "N", parse = options.whole(1),
    commands = "run check map plan rehearse prove",
    help = "only the first N records; a run is then a trial of its own, in NAME-N.run",
  },
  {
    flags = "-n", argument = "N", parse = options.whole(1), commands = "preview",
    help = "how many records (default 3)",
  },
  {
    flags = "--at", argument = "PLACE", parse = options.place, commands = "preview",
    help = "only the record at this position (1 is the first) or place (users.csv:18)",
  },
  {
    flags = "--slots", argument = "N", parse = options.whole(1, limits.SLOTS),
    commands = "run resume retry rehearse",
    help = "import jobs at a time (default " .. limits.JOBS .. ")",
  },
  {
    flags = "--chunk-bytes", argument = "N", parse = options.bytes(1000, limits.FILE_BYTES),
    commands = "run check map plan rehearse",
    help = string.format("bytes of a job at most (default %d)", limits.CHUNK_BYTES),
  },
  {
    flags = "--chunk-users", argument = "N", parse = options.whole(1),
    commands = "run check map plan rehearse",
    help = "users of a job at most (default as many as fit)",
  },
  {
    flags = "--keep-chunks", commands = "run resume retry rehearse",
    help = "keep the uploaded files, password hashes included, when the run is finished",
  },
  {
    flags = "--patience", argument = "TIME", parse = options.time,
    commands = "run resume retry rehearse verify undo",
    help = "how long an outage is waited out, such as 2h or 30m (default 2h)",
  },
  {
    flags = "--max-rejects", argument = "N|P%", parse = options.limit,
    commands = "run resume rehearse",
    help = "stop before anything is sent when more records than that are rejected",
  },
  {
    flags = "--max-failures", argument = "N|P%", parse = options.limit,
    commands = "run resume retry rehearse",
    help = "stop when more users than that have failed (a percentage: from 100 results on)",
  },
  {
    flags = "--canary", argument = "N|P%", parse = some, commands = "run plan rehearse",
    help = "the first N users go alone, and must come back clean before the rest",
  },
  {
    flags = "--delete-ghosts", commands = "run resume retry rehearse",
    help = "delete unlisted users that stand in the way of an import; asks, unless --yes is given",
  },
  {
    flags = "--login", argument = "ID", parse = not_empty, commands = "rehearse prove",
    help = "a login to try: address, username, phone or user_id; its password is asked for",
  },
  {
    flags = "--logins", argument = "FILE", parse = not_empty,
    commands = "rehearse prove try-login",
    help = "logins to try: NDJSON with id and password, or CSV with the header id,password; "
      .. "- is stdin",
  },
  {
    flags = "--pepper-file", argument = "FILE", parse = not_empty, commands = "prove",
    help = "holds the secret that the old system joined to each password",
  },
  {
    flags = "--sample", argument = "N", parse = options.whole(1), commands = "verify",
    help = "compare N users, chosen by chance and looked up, instead of all",
  },
  {
    flags = "--save", argument = "FILE", parse = not_empty, commands = "doctor",
    help = "write the connection's settings, for --connection-file",
  },
  {
    flags = "--existing", argument = "FILE", parse = not_empty, commands = "rehearse tenant",
    help = "users that the tenant has before: a JSON array, as for an import",
  },
  {
    flags = "--faults", argument = "FILE", parse = not_empty, commands = "rehearse tenant",
    help = "what goes wrong with the tenant: rules in YAML (docs/faults.md)",
  },
  {
    flags = "--tier", argument = "NAME", commands = "rehearse tenant",
    parse = one_of { "free", "production", "enterprise" },
    help = "how fast the tenant is: free, production or enterprise",
  },
  {
    flags = "--doubt", argument = "NAME=VALUE", parse = doubts.parse, many = true,
    commands = "rehearse tenant",
    help = "what is true where Auth0's documents leave a doubt (docs/tenant.md); again for others",
  },
  {
    flags = "--tls", commands = "tenant",
    help = "serve https; says where the certificate for --ca-file lies",
  },
  {
    flags = "--public-key", argument = "FILE", parse = not_empty, commands = "tenant",
    help = "the client proves itself with the private key to this one (PEM), not with a secret",
  },
  {
    flags = "--port", argument = "N", parse = options.whole(0, 65535), commands = "tenant",
    help = "the port on 127.0.0.1 (default 0: any that is free)",
  },
  {
    flags = "--state", argument = "FILE", parse = not_empty, commands = "tenant",
    help = "where the tenant keeps its users from one start to the next",
  },
  {
    flags = "--connection-file", argument = "FILE", parse = not_empty,
    commands = "run resume retry check map preview plan rehearse tenant prove",
    help = "the connection's settings, where the tenant is not asked",
  },
  {
    flags = "--profile", argument = "NAME", parse = not_empty,
    commands = "run resume retry check map preview plan rehearse prove try-login verify undo "
      .. "doctor",
    help = "a profile of the configuration file",
  },
  {
    flags = "--config", argument = "FILE", parse = not_empty,
    commands = "run resume retry check map preview plan rehearse prove try-login verify undo "
      .. "doctor",
    help = "the configuration file (default auth0-migrate.yaml, if it is there)",
  },
  {
    flags = "--ca-file", argument = "FILE", parse = not_empty,
    commands = "run resume retry verify undo doctor",
    help = "certificates to trust, in PEM",
  },
  {
    flags = "--json",
    commands = "run resume retry check map preview plan rehearse prove status report "
      .. "try-login hash verify undo forget doctor",
    help = "the result as one JSON object",
  },
  {
    flags = "-q --quiet", commands = "*",
    help = "no progress, only warnings and errors",
  },
  {
    flags = "-v --verbose",
    commands = "run resume retry check map preview plan rehearse prove try-login verify undo "
      .. "doctor",
    help = "say which settings count and where they come from",
  },
  { flags = "--no-color", commands = "*", help = "no colours (also: NO_COLOR)" },
  {
    flags = "--no-input",
    commands = "run resume retry rehearse prove try-login undo forget",
    help = "never ask, as if there were no terminal",
  },
  { flags = "-h --help", commands = "*", help = "this help" },
}

---"run_dir" of "--run-dir", "quiet" of "-q --quiet".
---@param option Option
---@return string
function options.key(option)
  local long = option.flags:match("%-%-([%w-]+)") or option.flags:match("%-(%w)")
  local key = long:gsub("%-", "_")
  return key
end

---The options of one command, in the order of the list.
---@param command string
---@return Option[]
function options.of(command)
  local found = {}
  for _, option in ipairs(options.list) do
    local commands = " " .. option.commands .. " "
    if option.commands == "*" or commands:find(" " .. command .. " ", 1, true) then
      found[#found + 1] = option
    end
  end
  return found
end

---The option that sets a key.
---@param key string  "chunk_bytes"
---@return Option?
function options.by_key(key)
  for _, option in ipairs(options.list) do
    if options.key(option) == key then return option end
  end
end

return options
