--- The options of all commands as data, from which parser, help and manual are generated.

local doubts = require "tenant.doubts"
local limits = require "auth0.limits"

local options = {}

---@class Option
---@field flags string      "-y --yes"
---@field argument? string  "N"; nil for a switch
---@field optional? boolean  the argument may be left out; it is joined by "="
---@field help string
---@field many? boolean     may be repeated; its value is a list
---@field commands string   names separated by blanks; "*" for all; "recipes:lock" is a subcommand
---@field carried? string    names of commands: one that follows another is shown with the option
---@field parse? fun(text: string): any, string?  the value, or nil and the expected form

local UNITS <const> = { h = 3600, m = 60, min = 60, s = 1, d = 86400 }
local SIZES <const> = {
  [""] = 1, k = 1000, kb = 1000, m = 1000000, mb = 1000000, g = 1000000000, gb = 1000000000,
}

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

---The position of a record, or its place as shown in a finding.
---@param text string
---@return integer|string?
---@return string? expected
function options.place(text)
  if text:find("^%d+$") then return options.whole(1)(text) end
  if text:find("[^%d%s-]") then return text end -- the recipe's own iterator may name any place
  return nil, "the position of a record (1 is the first) or a place such as users.csv:18"
end

---A size such as 400000 or 400k, in bytes.
---@param least integer
---@param most integer
---@return fun(text: string): integer?, string?
function options.bytes(least, most)
  local expected = string.format("from %d to %d bytes, such as 400000 or 400k", least, most)
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

---The same, but not 0.
local function some(text)
  local limit = options.limit(text)
  if limit and (limit.n or limit.percent) > 0 then return limit end
  return nil, "a number or a percentage above 0, such as 10 or 1%"
end

local function one_of(words)
  return function(text)
    for _, word in ipairs(words) do
      if word == text then return word end
    end
    return nil, "one of " .. table.concat(words, ", ")
  end
end

local function not_empty(text)
  if text == "" then return nil, "a name" end
  return text
end

---What `--allow-X=WHAT` grants; true for `--allow-X`. The help loads no module of recipes.
local function what_of(kind)
  return function(text)
    if text == "" then return true end
    return require("recipe.needs").normal(kind, text)
  end
end

local RECIPE_COMMANDS <const> = "run resume retry check map preview plan rehearse prove diff"
local BOUNDED_COMMANDS <const> = RECIPE_COMMANDS .. " test new"
local LIMITED_COMMANDS <const> = BOUNDED_COMMANDS .. " generate"
-- A run keeps what its recipe was granted.
local MAPPING_COMMANDS <const> = "check map preview plan prove diff"

local function allow(kind, argument, help, more)
  return {
    flags = "--allow-" .. kind, argument = argument, optional = true, many = true,
    parse = what_of(kind), commands = RECIPE_COMMANDS .. (more or ""), carried = MAPPING_COMMANDS,
    help = "let the recipe " .. help .. " (without a value: what its `needs` declare)",
  }
end

---@type Option[]
options.list = {
  {
    flags = "--domain", argument = "HOST", parse = not_empty, carried = "*",
    help = "the tenant: a host or a URL, in place of AUTH0_DOMAIN",
    commands = "run resume retry plan try-login verify undo doctor",
  },
  {
    flags = "--connection", argument = "NAME|ID", parse = not_empty, carried = "*",
    help = "database connection of the tenant",
    commands = "run resume retry plan try-login verify undo doctor",
  },
  {
    flags = "--upsert", commands = "run plan rehearse",
    help = "update users whose e-mail address already exists, instead of leaving them unchanged",
  },
  {
    flags = "--run-dir", argument = "DIR", parse = not_empty, commands = "run plan rehearse",
    help = "run directory (default NAME.run; `rehearse`: NAME.rehearsal)",
  },
  {
    flags = "--fresh", commands = "run plan",
    help = "start a new run (NAME-2.run) even if one exists",
  },
  {
    flags = "-y --yes",
    commands = "run resume retry plan rehearse undo forget",
    help = "do not ask for confirmation (`plan` and `rehearse` never do)",
  },
  {
    flags = "--csv", argument = "DIR", parse = not_empty, commands = "lists",
    help = "write each list as a CSV file into this directory",
  },
  {
    flags = "--dry-run", commands = "run plan",
    help = "same as the command `plan`",
  },
  {
    flags = "--changed", commands = "run resume plan",
    help = "continue with the staged users although the recipe or the source has changed",
  },
  {
    flags = "--refresh", commands = "run check map preview plan rehearse prove diff",
    help = "read the pages of an API anew, although they were kept",
  },
  {
    flags = "--limit", argument = "N", parse = options.whole(1),
    commands = "run check map plan rehearse prove diff",
    help = "process only the first N records; `run` does so in a separate trial, NAME-N.run",
  },
  {
    flags = "-n", argument = "N", parse = options.whole(1),
    commands = "preview test generate",
    help = "number of records to show (default 3; with --stats, all) or to record (default 100), "
      .. "or of users to generate (default 1000)",
  },
  {
    flags = "--at", argument = "PLACE", parse = options.place, commands = "preview",
    help = "show only the record at this position (1 is the first) or place (users.csv:18)",
  },
  {
    flags = "--stats", commands = "preview",
    help = "show which fields the users have, and what their values look like",
  },
  {
    flags = "--slots", argument = "N", parse = options.whole(1, limits.SLOTS),
    commands = "run resume retry plan rehearse",
    help = "maximum number of import jobs in flight (default " .. limits.JOBS .. ")",
  },
  {
    flags = "--chunk-bytes", argument = "N", parse = options.bytes(1000, limits.FILE_BYTES),
    commands = "run check map plan rehearse",
    help = string.format("maximum size of an upload in bytes (default %d)", limits.CHUNK_BYTES),
  },
  {
    flags = "--chunk-users", argument = "N", parse = options.whole(1),
    commands = "run check map plan rehearse",
    help = "maximum number of users per job (default: as many as fit)",
  },
  {
    flags = "--keep-chunks", commands = "run resume retry plan rehearse",
    help = "keep the uploaded files, including password hashes, after the run has finished",
  },
  {
    flags = "--patience", argument = "TIME", parse = options.time,
    commands = "run resume retry check map preview plan rehearse prove test diff verify undo",
    help = "how long to keep retrying during an outage, such as 2h or 30m (default 2h)",
  },
  {
    flags = "--max-rejects", argument = "N|P%", parse = options.limit,
    commands = "run resume plan rehearse",
    help = "stop before sending anything if more records than this are rejected",
  },
  {
    flags = "--allow-empty", commands = "run resume check map plan rehearse",
    help = "accept a source of which nobody is ready to import",
  },
  {
    flags = "--allow-no-passwords", commands = "run resume check map plan rehearse",
    help = "accept that nobody has a password, although the recipe builds password hashes",
  },
  {
    flags = "--allow-no-matches", commands = "run resume check map plan rehearse",
    help = "accept lookups that find nothing",
  },
  {
    flags = "--max-failures", argument = "N|P%", parse = options.limit,
    commands = "run resume retry plan rehearse",
    help = "stop if more users than this have failed (a percentage applies from 100 results on)",
  },
  {
    flags = "--canary", argument = "N|P%", parse = some, commands = "run plan rehearse",
    help = "import the first N users alone; send the rest only if all of them are imported",
  },
  {
    flags = "--delete-ghosts", commands = "run resume retry plan rehearse",
    help = "delete unlisted users (ghosts) that block an import; asks first, unless --yes is given",
  },
  {
    flags = "--login", argument = "ID", parse = not_empty, commands = "rehearse prove",
    help = "login to try: e-mail address, username, phone number or user_id; asks for its password",
  },
  {
    flags = "--logins", argument = "FILE", parse = not_empty,
    commands = "rehearse prove new try-login",
    help = "logins to try: NDJSON with id and password, or CSV with the header id,password; "
      .. "- reads stdin",
  },
  {
    flags = "--against", argument = "OLD", parse = not_empty, commands = "diff",
    help = "the earlier version of the recipe: a file, or the name of a recipe",
  },
  {
    flags = "--merge", argument = "RECIPE", parse = not_empty, commands = "new",
    help = "show the columns that this recipe does not read, as lines to paste, and write nothing",
  },
  {
    flags = "--update", commands = "test",
    help = "write the files of users that cases expect, and show what changed in them",
  },
  {
    flags = "-o --output", argument = "FILE", parse = not_empty, commands = "generate",
    help = "write the users to FILE (default NAME-users, with the ending of the format)",
  },
  {
    flags = "--seed", argument = "N", parse = options.whole(0), commands = "generate",
    help = "number from which the users are computed: the same ones each time (default 1)",
  },
  {
    flags = "--cost", argument = "N", parse = options.whole(4, 16), commands = "generate",
    help = "cost of bcrypt hashes, of which 20 are computed (default: that of the recipe's cases)",
  },
  {
    flags = "--record", argument = "NAME", parse = not_empty, commands = "test",
    help = "read the recipe's API, and write what it answers as the cassette NAME, for `cassette` "
      .. "of a case; personal data and credentials are replaced",
  },
  {
    flags = "--show-values", commands = "test diff",
    help = "show values, which are otherwise described without their letters and digits",
  },
  {
    flags = "--junit", argument = "FILE", parse = not_empty, commands = "test",
    help = "write the result to FILE as XML, as JUnit does",
  },
  {
    flags = "--pepper-file", argument = "FILE", parse = not_empty, commands = "prove",
    help = "file with the secret (pepper) that the old system added to each password",
  },
  {
    flags = "--sample", argument = "N", parse = options.whole(1), commands = "verify",
    help = "look up and compare N random users instead of exporting all",
  },
  {
    flags = "--save", argument = "FILE", parse = not_empty, commands = "doctor",
    help = "write the connection's settings to FILE, for --connection-file",
  },
  {
    flags = "--existing", argument = "FILE", parse = not_empty, commands = "rehearse tenant",
    help = "users that already exist in the tenant: a JSON array, as for an import",
  },
  {
    flags = "--faults", argument = "FILE", parse = not_empty, commands = "rehearse tenant",
    help = "faults to inject into the tenant: rules in YAML (docs/faults.md)",
  },
  {
    flags = "--tier", argument = "NAME", commands = "rehearse tenant",
    parse = one_of { "free", "production", "enterprise" },
    help = "speed of the tenant: free, production or enterprise",
  },
  {
    flags = "--doubt", argument = "NAME=VALUE", parse = doubts.parse, many = true,
    commands = "rehearse tenant",
    help = "behaviour where Auth0's documentation is unclear (docs/tenant.md); may be repeated",
  },
  {
    flags = "--tls", commands = "tenant",
    help = "serve https, and print the path of the certificate for --ca-file",
  },
  {
    flags = "--public-key", argument = "FILE", parse = not_empty, commands = "tenant",
    help = "authenticate the client by the private key of this public key (PEM), not by a secret",
  },
  {
    flags = "--port", argument = "N", parse = options.whole(0, 65535), commands = "tenant",
    help = "port on 127.0.0.1 (default 0: any free port)",
  },
  {
    flags = "--state", argument = "FILE", parse = not_empty, commands = "tenant",
    help = "file in which the tenant keeps its users between starts",
  },
  {
    flags = "--connection-file", argument = "FILE", parse = not_empty, carried = "*",
    commands = "run resume retry check map preview plan rehearse tenant prove test diff",
    help = "connection settings, where they are not read from the tenant",
  },
  {
    flags = "--profile", argument = "NAME", parse = not_empty, carried = "*",
    commands = BOUNDED_COMMANDS .. " try-login verify undo doctor",
    help = "profile of the configuration file",
  },
  {
    flags = "--config", argument = "FILE", parse = not_empty, carried = "*",
    commands = BOUNDED_COMMANDS .. " try-login verify undo doctor",
    help = "configuration file (default auth0-migrate.yaml, if it exists)",
  },
  allow("read", "PATH", "read a file or directory"),
  allow("net", "HOST", "connect to a host", " test"),
  allow("env", "NAME", "read an environment variable"),
  allow("exec", "PROGRAM", "run a program"),
  allow("api", "'METHOD /PATH'", "call a route of the Management API; /* at its end: all below it"),
  {
    flags = "--recipe-memory", argument = "SIZE", parse = options.bytes(1000000, 1000000000000),
    commands = LIMITED_COMMANDS, carried = "*",
    help = "memory that the recipe may use beyond what loading took (default 256MB)",
  },
  {
    flags = "--recipe-steps", argument = "N", parse = options.whole(1),
    commands = LIMITED_COMMANDS, carried = "*",
    help = "instructions of one call of the recipe, such as `map` for a record (default 100000000)",
  },
  {
    flags = "--recipe-time", argument = "TIME", parse = options.time,
    commands = LIMITED_COMMANDS, carried = "*",
    help = "processor time of one call of the recipe (default 5s)",
  },
  {
    flags = "--check", commands = "recipes:lock",
    help = "change nothing; exit status 2 unless the lock file is up to date",
  },
  {
    flags = "--text", commands = "recipes:show",
    help = "show the recipe itself, the text of its file",
  },
  {
    flags = "--whole", commands = "recipes:copy",
    help = "copy all of the recipe, instead of writing one that extends it",
  },
  {
    flags = "--force", commands = "new generate lists recipes:copy recipes:annotate",
    help = "replace files that exist; `recipes annotate`: add its settings to a .luarc.json",
  },
  {
    flags = "--ca-file", argument = "FILE", parse = not_empty, carried = "*",
    commands = RECIPE_COMMANDS .. " test verify undo doctor",
    help = "CA certificates to trust (PEM)",
  },
  {
    flags = "--json",
    commands = "run resume retry check map preview plan rehearse prove test diff new status report "
      .. "lists try-login hash recipes verify undo forget doctor generate",
    help = "print the result as one JSON object",
  },
  {
    flags = "-q --quiet", commands = "*",
    help = "show no progress, only warnings and errors",
  },
  {
    flags = "-v --verbose",
    commands = RECIPE_COMMANDS .. " try-login verify undo doctor",
    help = "show which settings apply and where they come from",
  },
  { flags = "--no-color", commands = "*", help = "disable colours (also: NO_COLOR)" },
  {
    flags = "--no-input",
    commands = BOUNDED_COMMANDS .. " try-login verify undo forget doctor",
    help = "never prompt, as if there were no terminal",
  },
  { flags = "-h --help", commands = "*", help = "show this help" },
}

---"run_dir" of "--run-dir", "quiet" of "-q --quiet".
---@param option Option
---@return string
function options.key(option)
  local long = option.flags:match("%-%-([%w-]+)") or option.flags:match("%-(%w)")
  local key = long:gsub("%-", "_")
  return key
end

---Whether a list of commands has one; a subcommand, "recipes lock", is in those of its command too.
local function names(commands, command)
  if commands == "*" then return true end
  local list, main = " " .. commands .. " ", command:match("^%S+")
  return list:find(" " .. main .. " ", 1, true) ~= nil
    or list:find(" " .. command:gsub(" ", ":") .. " ", 1, true) ~= nil
end

---The options of one command, in the order of the list.
---@param command string  "check", "recipes lock"
---@return Option[]
function options.of(command)
  local found = {}
  for _, option in ipairs(options.list) do
    if names(option.commands, command) then found[#found + 1] = option end
  end
  return found
end

---The words of a command line without an option that has an argument.
---@param args string[]
---@param flag string  "--max-failures"
---@return string[]
function options.without(args, flag)
  local words, is_value = {}, false
  for _, word in ipairs(args) do
    local is_option = not is_value and (word == flag or word:sub(1, #flag + 1) == flag .. "=")
    if not is_option and not is_value then words[#words + 1] = word end
    is_value = is_option and word == flag
  end
  return words
end

---The words of a command line that the command after it needs too, as typed: they decide which
---tenant it reaches and what a record becomes.
---@param args string[]  as typed
---@param command string  the next one
---@return string[]
function options.carried(args, command)
  local by_flag, words = {}, {}
  for _, option in ipairs(options.of(command)) do
    local is_carried = option.carried and names(option.carried, command)
    if is_carried then by_flag[option.flags] = option end
  end
  for i, word in ipairs(args) do
    if word == "--" then break end
    local option = by_flag[word:match("^[^=]*")]
    if option then
      words[#words + 1] = word
      local is_separate = option.argument and not option.optional and word == option.flags
      if is_separate then words[#words + 1] = args[i + 1] end
    end
  end
  return words
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
