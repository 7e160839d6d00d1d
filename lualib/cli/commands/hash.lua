--- hash: identifies stored passwords and whether Auth0 supports them.

local result = require "cli.common.result"
local file = require "host.file"
local json = require "host.json"
local tables = require "cli.text.tables"

local REJECTED <const> = 3
local PIECE <const> = 65536

---The value of the command line, or the lines of stdin.
local function values_of(value)
  if value ~= "-" then return { value } end
  local input, message, kind = file.open("-")
  if not input then return nil, message, kind end
  local parts = {}
  while true do
    local piece
    piece, message, kind = input:read(PIECE)
    if not piece then break end
    parts[#parts + 1] = piece
  end
  input:close()
  if message then return nil, message, kind end
  local list = {}
  for line in table.concat(parts):gmatch("[^\r\n]+") do list[#list + 1] = line end
  return list
end

local SUPPORT <const> = {
  [true] = "supported by Auth0", [false] = "not supported by Auth0",
}

---What the value may be, and what to do then.
local function add_candidates(lines, kind)
  for _, one in ipairs(kind.candidates or {}) do
    lines[#lines + 1] = string.format("  may %sbe %s: %s", kind.supported and "also " or "",
      one.name, one.supported and one.advice or SUPPORT[false] .. "; " .. one.advice)
    if one.line then lines[#lines + 1] = "    " .. one.line end
  end
end

local function words(kind)
  local is_unknown = kind.scheme == "unknown"
  local lines = { string.format("%s: %s%s", kind.scheme,
    is_unknown and kind.reason or SUPPORT[kind.supported] or "it depends",
    is_unknown and "; `prove` can identify it from one known login"
      or kind.reason and "; " .. kind.reason or "") }
  if kind.line and (kind.supported or not kind.candidates) then
    lines[#lines + 1] = "  " .. kind.line
  end
  if kind.advice then lines[#lines + 1] = "  " .. kind.advice end
  add_candidates(lines, kind)
  return tables.text(lines)
end

---@type Command
return {
  name = "hash",
  summary = "Identify a stored password hash and whether Auth0 supports it",
  help = [[
`hash identify VALUE` names the scheme of a stored password hash and the line of a recipe's `map`
that imports it. If VALUE is -, each line of stdin is a value. Exit status 3 if Auth0 does not
support one of them.]],
  positionals = { { name = "identify" }, { name = "VALUE" } },
  shape = function() return { status = "complete", hashes = json.array {} } end,
  run = function(context)
    local flags = context.flags
    if flags.identify ~= "identify" then
      return result.failure(context, "hash has only one subcommand: identify", "usage",
        { wrong = flags.identify, meant = "identify" })
    end
    local values, message, kind = values_of(flags.VALUE)
    if not values then return result.failure(context, message, kind) end
    local identify = require "auth0.hash.identify"
    local found, text, exit = json.array {}, "", 0
    for _, value in ipairs(values) do
      local one = identify.of(value)
      if one then
        found[#found + 1], text = one, text .. words(one)
        if one.supported == false then exit = REJECTED end
      end
    end
    if #found == 0 then
      return result.failure(context, "no value given", "usage",
        { next = "auth0-migrate hash --help" })
    end
    if flags.json then
      result.write(context, { hashes = found, exit = exit, next = json.null })
    else
      context.ui:show(text)
    end
    return exit
  end,
}
