--- A recipe as a person would write it, of a mapping.

local encodings = require "source.encodings"
local exports = require "new.exports"
local joins = require "new.joins"
local lua_text = require "new.lua_text"

local recipe_text = {}

local WIDEST <const> = 100 -- columns
local MISSING <const> = { "user_id", "custom_password_hash" } -- said if there are none

---@class RecipeFacts
---@field name string      of the recipe
---@field export Export
---@field mapping Mapping
---@field joined? Joined[]

local function add_comment(lines, indent, said)
  local more = lua_text.comment_lines(indent, said)
  table.move(more, 1, #more, #lines + 1, lines)
end

---A call whose only argument is a table, on several lines.
local function spread(head, members, indent)
  local lines, line = { head .. " {" }, indent .. " "
  for member in members:gsub(", (%a[%w_]* = )", "\n%1"):gmatch("[^\n]+") do
    if #line + #member + 2 > WIDEST then
      lines[#lines + 1] = line
      line = indent .. " "
    end
    line = line .. " " .. member .. ","
  end
  lines[#lines + 1] = line
  lines[#lines + 1] = indent .. "},"
  return table.concat(lines, "\n")
end

---An expression on several lines: where `and`, `or` or a comma join its parts.
local function broken(written, further)
  written = written:gsub(" (or password)", "\n" .. further .. "%1")
  if not written:find("\n") then written = written:gsub(" (and )", "\n" .. further .. "%1", 1) end
  local lines = {}
  for line in written:gmatch("[^\n]+") do
    while #line > WIDEST do
      local head = line:sub(1, WIDEST):match("^(.*,) ")
      if not head then break end
      lines[#lines + 1] = head
      line = further .. "  " .. line:sub(#head + 2)
    end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n")
end

---Adds a field of a constructor, with its comments behind it, or above where they are long.
---@param line Line
local function add_field(lines, indent, line)
  local mark = line.is_commented and "-- " or ""
  local written = string.format("%s%s%s = %s,", indent, mark, lua_text.field(line.name),
    line.expression)
  local head, members = written:match("^([^{]*%f[%w_]password%.%w+) { (.*) },$")
  if #written > WIDEST then
    written = head and spread(head, members, indent .. mark)
      or broken(written, indent .. mark .. "  ")
  end
  local comment = table.concat(line.comments, "; ")
  if comment == "" or #written + #comment + 4 <= WIDEST then
    lines[#lines + 1] = written .. (comment ~= "" and " -- " .. comment or "")
    return
  end
  for _, said in ipairs(line.comments) do add_comment(lines, indent, said) end
  lines[#lines + 1] = written
end

local function add_metadata(lines, name, list)
  if #list == 0 then return end
  if #list == 1 and list[1].is_sparse then -- no empty object for the others
    local value = list[1].expression
    lines[#lines + 1] = string.format("      %s = %s and { %s = %s },", name,
      value:find(" ", 1, true) and "(" .. value .. ")" or value, list[1].name, value)
    return
  end
  local is_active = false
  for _, line in ipairs(list) do is_active = is_active or not line.is_commented end
  local mark = is_active and "" or "-- "
  lines[#lines + 1] = string.format("      %s%s = {", mark, name)
  for _, commented in ipairs { false, true } do
    for _, line in ipairs(list) do
      if (line.is_commented or false) == commented then
        add_field(lines, is_active and "        " or "      --   ", {
          name = line.name, expression = line.expression, comments = line.comments,
          is_commented = commented and is_active,
        })
      end
    end
  end
  lines[#lines + 1] = "      " .. mark .. "},"
end

---Modules that the text names, sorted.
local function add_modules(lines, export, body)
  local found = { [exports.module(export)] = export.reader }
  for name, module in pairs {
    password = "auth0.password", value = "source.value", migrate = "migrate",
    join = "source.join", lookup = "source.lookup", cjson = "cjson",
  } do
    if body:find("%f[%w_]" .. name .. "%f[^%w_]%s*[.(]") then found[name] = module end
  end
  local names = {}
  for name in pairs(found) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    lines[#lines + 1] = string.format('local %s = require "%s"', name, found[name])
  end
end

---A parameter that names files.
local function add_param(lines, name, help)
  local members = string.format('help = %s, kind = "input", required = true', lua_text.quoted(help))
  local line = string.format("    %s = { %s },", name, members)
  if #line <= WIDEST then
    lines[#lines + 1] = line
  else
    lines[#lines + 1] = string.format("    %s = {\n      %s,\n    },", name, members)
  end
end

---Whether the comment on the hash names the parameter of a pepper.
local function may_have_pepper(mapping)
  local plan = mapping.password
  return plan ~= nil and table.concat(plan.comments, "\n"):find("params.pepper", 1, true) ~= nil
end

local function add_params(lines, facts)
  local mapping = facts.mapping
  lines[#lines + 1] = "  params = {"
  add_param(lines, "input", "the export: " .. facts.export.what)
  for _, one in ipairs(joins.all(facts.joined or {})) do
    if one.param then
      add_param(lines, one.param, "what " .. lua_text.comment(one.export.name) .. " has: "
        .. one.export.what)
    end
  end
  local country = mapping.country
  if country and not country.column then
    local default = country.default and ", default = " .. lua_text.quoted(country.default) or ""
    lines[#lines + 1] = string.format(
      '    country = { help = "of phone numbers without one", kind = "country"%s },', default)
  end
  if may_have_pepper(mapping) then
    lines[#lines + 1] = '    -- pepper = { help = "what the old system added to passwords", '
      .. 'kind = "secret" },'
  end
  lines[#lines + 1] = "  },"
end

---A call, on as many lines as it needs.
local function add_call(lines, before, call)
  if #before + #call <= WIDEST then
    lines[#lines + 1] = before .. call
    return
  end
  local head, rest = call:match("^(.-params%.[%w_]+), (.*)$")
  if not head then
    lines[#lines + 1] = before .. call
    return
  end
  lines[#lines + 1] = before .. head .. ","
  local line = "     "
  for word in rest:gmatch("%S+") do
    if #line + #word + 1 > WIDEST then
      lines[#lines + 1] = line
      line = "       "
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
end

---A further export, opened.
local function opened(one)
  return exports.call(one.export, one.param and "params." .. one.param or "params.input")
end

---A call of join, in lines.
local function add_join(lines, before, first, one, second)
  local head = string.format("    %s join(%s, %s,", before, first, second)
  if #head > WIDEST then
    head = string.format("    %s join(\n      %s,\n      %s,", before, first, second)
  end
  lines[#lines + 1] = head
  lines[#lines + 1] = string.format("      { key = %s, other = %s, name = %s%s })",
    lua_text.quoted(one.key), lua_text.quoted(one.other), lua_text.quoted(one.member),
    one.all and ", all = true" or "")
end

---The records of a joined export, with those that they refer to.
local function add_references(lines, one)
  if #one.references == 0 then return opened(one) end
  local name, first = one.member .. "_records", opened(one)
  for i, reference in ipairs(one.references) do
    add_join(lines, i == 1 and "local " .. name .. " =" or name .. " =", first, reference,
      opened(reference))
    first = name
  end
  return name
end

local function add_source(lines, facts)
  local joined = facts.joined or {}
  lines[#lines + 1] = "  source = function(params)"
  local guessed = exports.guessed_encoding(facts.export)
  if guessed then
    add_comment(lines, "    ", "not UTF-8, and read as " .. guessed .. ", " .. encodings.ADVICE)
  end
  local call = exports.call(facts.export, "params.input")
  add_call(lines, #joined > 0 and "    local records = " or "    return ", call)
  for i, one in ipairs(joined) do
    local second = add_references(lines, one)
    add_join(lines, i < #joined and "records =" or "return", "records", one, second)
  end
  lines[#lines + 1] = "  end,"
end

local function add_map(lines, facts)
  local mapping = facts.mapping
  local uses_params = table.concat(mapping.before, "\n"):find("params.", 1, true)
    or may_have_pepper(mapping)
  lines[#lines + 1] = "  map = function(row" .. (uses_params and ", params" or "") .. ")"
  for _, line in ipairs(mapping.ways.lines) do lines[#lines + 1] = "    " .. line end
  for _, line in ipairs(mapping.before) do
    local head, reason = line:match("^(if .- then )(return nil, .*) end$")
    if head and #line + 4 > WIDEST then
      lines[#lines + 1] = "    " .. head:gsub("%s+$", "")
      lines[#lines + 1] = "      " .. reason
      lines[#lines + 1] = "    end"
    else
      lines[#lines + 1] = "    " .. line
    end
  end
  lines[#lines + 1] = "    return {"
  for _, line in ipairs(mapping.lines) do add_field(lines, "      ", line) end
  for _, field in ipairs(MISSING) do
    if mapping.notes[field] then
      add_comment(lines, "      ", field .. ": " .. mapping.notes[field])
    end
  end
  add_metadata(lines, "user_metadata", mapping.user_metadata)
  add_metadata(lines, "app_metadata", mapping.app_metadata)
  lines[#lines + 1] = "    }"
  lines[#lines + 1] = "  end,"
end

---@param facts RecipeFacts
---@return string
function recipe_text.of(facts)
  local mapping, lines = facts.mapping, {}
  local body = mapping.ways:helper_lines()
  for _, line in ipairs(mapping.functions) do body[#body + 1] = line end
  if #mapping.functions > 0 then body[#body + 1] = "" end
  body[#body + 1] = "---@type Recipe"
  body[#body + 1] = "return {"
  body[#body + 1] = string.format("  name = %s,", lua_text.quoted(facts.name))
  add_params(body, facts)
  add_source(body, facts)
  add_map(body, facts)
  if mapping.dedupe then
    add_comment(body, "  ", "some addresses occur more than once: the first record is kept, the "
      .. "others are counted as duplicates")
    body[#body + 1] = '  dedupe = { "' .. table.concat(mapping.dedupe, '", "') .. '" },'
  end
  body[#body + 1] = "}"
  local text = table.concat(body, "\n") .. "\n"

  local function say(said)
    add_comment(lines, "", said)
    for i = #lines, 1, -1 do
      if lines[i]:find("^%-%- ") then lines[i] = "-" .. lines[i] else break end
    end
  end
  say(string.format("%s: %s. Written by `auth0-migrate new` from the values and names of its "
    .. "columns; comments say where they left a doubt.", facts.name, facts.export.what))
  for _, list in ipairs { { "Not read, because it is secret or too much: ", mapping.unread },
    { "Always empty: ", mapping.empty } } do
    if #list[2] > 0 then say(list[1] .. table.concat(list[2], ", ") .. ".") end
  end
  lines[#lines + 1] = ""
  add_modules(lines, facts.export, text)
  lines[#lines + 1] = ""
  return table.concat(lines, "\n") .. "\n" .. text
end

return recipe_text
