--- Whatever a source and a map do, records that are read, mapped and written in C have the same
--- events as those that go through Lua: of a reader that the recipe returns, and of the same reader
--- inside an iterator of the recipe's own.

local call = require "recipe.call"
local json = require "host.json"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local HASH <const> = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

local TEXT <const> = [[
local migrate = require "migrate"
local password, value = require "auth0.password", require "source.value"
local reader = require %q
local HASH = %q
local kept
return {
  source = function(params)
    local records = reader.records(%s)
    kept = records
    return %s
  end,
  map = function(row, params, position)
    local what = row.what
    local user = { email = row.email, email_verified = true, user_id = row.id }
    %s
    return user
  end,
}
]]

local FIELDS <const> = {
  { name = "email" }, { name = "username" }, { name = "phone_number" }, { name = "user_id" },
}

---What a recipe's state says of its records, one event after the other.
local function events(text, folder)
  local made = recipe_rig.of(text, { folder = folder })
  local state, draft = made.state, json.draft {}
  state:must("prepare", { fields = FIELDS })
  state:must("open")
  local list = {}
  for _ = 1, 200 do
    local event = table.pack(state:next(draft))
    if event[1] and event[2] == nil then break end
    if event[1] then
      local text_of_user = event[2] == "user" and draft:text() or ""
      list[#list + 1] = { event, text_of_user, table.pack(state:must("notes")) }
      list[#list + 1] = table.pack(state:show("show", "user"))
    else
      list[#list + 1] = call.text(state:failure(event[2]))
      list[#list + 1] = table.pack(state:must("interrupted"))
      if list[#list][1] == "source" then break end
    end
    list[#list + 1] = table.pack(state:show("show", "record"))
    list[#list + 1] = { state:must("remaining") }
  end
  state:close()
  return list
end

---The events with a reader that C asks are those with one that Lua asks. Returns them.
---@param files table<string, string>
---@param reader string  "source.csv"
---@param map? string    more of the map
---@return table[]
local function same(files, reader, map)
  return recipe_rig.in_folder(files, function(folder)
    local function of(source)
      return events(TEXT:format(reader, HASH, ("%q"):format(folder), source, map or ""), folder)
    end
    local direct = of "records"
    equal(direct, of "function() return records() end")
    return direct
  end)
end

local function rows(list)
  return "id,email,what\n" .. table.concat(list, "\n") .. "\n"
end

local function many(what, n)
  local list = {}
  for i = 1, n or 8 do
    list[i] = string.format("u%d,u%d@example.com,%s", i, i, i % 3 == 0 and what or "")
  end
  return rows(list)
end

local function names(list)
  local found = {}
  for _, one in ipairs(list) do
    local event = type(one) == "table" and type(one[1]) == "table" and one[1]
    if event and event.n then found[#found + 1] = event[2] .. " " .. tostring(event[3]) end
  end
  return found
end

test("each record of several files has its place", function()
  local list = same({ ["a.csv"] = many("", 4), ["b.csv"] = rows { "x,x@example.com,", "y,y," } },
    "source.csv")
  equal(names(list), {
    "user a.csv:2", "user a.csv:3", "user a.csv:4", "user a.csv:5", "user b.csv:2",
    "invalid b.csv:3",
  })
end)

for what, map in pairs {
  ["a user that is skipped"] = "if what then return nil, what end",
  ["nothing returned"] = "if what then return end",
  ["a rejection"] = "if what then return migrate.reject('no', 'NO', 'email', row.email) end",
  ["a rejection that is raised"] = "if what then error(migrate.reject('no')) end",
  ["an error"] = "if what then error('at ' .. position) end",
  ["a list"] = "if what then return { user, { email = 'b' .. row.email, user_id = 'x' } } end",
  ["a list of one"] = "if what then return { user } end",
  ["an empty table"] = "if what then return {} end",
  ["a number"] = "if what then return 5 end",
  ["two results"] = "if what then return user, 'a reason that does not count' end",
  ["an invalid user"] = "if what then user.email = 'nobody' end",
  ["an unknown member"] = "if what then user.reason = 'x' end",
  ["a warning"] = "if what then user.app_metadata = { password = 'secret' } end",
  ["a user_id with its affix"] = "user.user_id = what and 'auth0|' .. row.id or row.id",
  ["a user_id that is a number"] = "if what then user.user_id = 5 end",
  ["no email_verified"] = "if what then user.email_verified = nil end",
  ["an empty email_verified"] = "if what then user.email_verified = '' end",
  ["empty members"] = "if what then user.name, user.nickname = '', migrate.null end",
  ["a member that comes and goes"] = "if what then user.blocked = true end",
  ["keys that are data"] = "user.app_metadata = { ['k' .. position] = what }",
  ["a text that is not UTF-8"] = "if what then user.app_metadata = { a = '\\xff' } end",
  ["a metatable"] = [[
    if what then return setmetatable({ email = row.email }, { __index = { username = 'x' } }) end]],
  ["a metatable of a hash"] = [[
    if what then
      user.custom_password_hash = setmetatable({ hash = { value = HASH } },
        { __index = { algorithm = 'bcrypt' } })
    end]],
  ["a text as custom_password_hash"] = "if what then user.custom_password_hash = HASH end",
  ["a table as password_hash"] = "if what then user.password_hash = password.auto(HASH) end",
  ["both forms of a hash"] = "user.password_hash = what and HASH; "
    .. "user.custom_password_hash = not what and password.bcrypt(HASH) or nil",
  ["a hash that is lost"] = "if what then password.auto(HASH) end",
  ["a hash that is built and assigned"] = "user.custom_password_hash = password.auto(HASH)",
  ["a hash that cannot be read"] = "user.custom_password_hash = what and password.auto('zzz')",
  ["a value that cannot be read"] = "user.phone_number = value.phone(what)",
  ["a recipe that warns"] = "if what then migrate.warn('odd', 'an odd one') end",
  ["a loss"] = "if what then migrate.lost('totp', 'no secret') end",
  ["losses"] = "migrate.lost('totp', 'no secret'); migrate.lost('phone', what and 'a' or 'b')",
  ["a loss beside another oddity"] =
    "if what then migrate.lost('totp', 'x'); user.email = 'nobody' end",
  ["a loss of one who is skipped"] =
    "if what then migrate.lost('totp', 'x') return nil, 'skipped' end",
  ["a password that is lost, and why"] =
    "migrate.lost('password', 'moved'); user.custom_password_hash = what and password.auto('zzz')",
  ["a map that reads on"] = "if what then kept() end",
  ["a map that closes the source"] = "if position == 6 then kept:close() end",
  ["a record that is kept"] = "if what then ROW = ROW or row; user.name = ROW.id end",
} do
  test("the same events: " .. what, function()
    local text = map:gsub("ROW", "kept_row")
    same({ ["a.csv"] = many("abc"), ["b.csv"] = many("def", 4) }, "source.csv",
      text:find("kept_row") and "kept_row = nil " .. text or text)
  end)
end

test("the same events: rows that cannot be read", function()
  same({ ["a.csv"] = many("", 3) .. "short\nx,\xff,\n" .. 'y,"a"b,\nz,z@example.com,\n' },
    "source.csv")
  same({ ["a.csv"] = many("", 3) .. 'z,"no end' }, "source.csv")
end)

test("the same events: lines that are not records", function()
  local lines = {}
  for i, text in ipairs {
    '{"id":"a","email":"a@example.com"}', '{"id":"b","email":"b@example.com","what":"x"}',
    '{"id":"c","email":"c@example.com","what":null}', "", "5", "false", "null", '"text"', "[1]",
    '{"id":', '{"email":["d"]}', '{"id":"e","email":"e@example.com","what":""}', "{}",
  } do lines[i] = text end
  local text = table.concat(lines, "\n")
  local list = same({ ["a.ndjson"] = text, ["b.ndjson"] = text .. "\n" .. text }, "source.ndjson",
    "if what then user.nickname = what end")
  equal(names(list)[3], "user a.ndjson:3")
end)

test("the same events: elements of an array", function()
  local list = same({ ["a.json"] = [[ [
    {"id":"a","email":"a@example.com"}, {"id":"b","email":"b@example.com"},
    {"id":"c","email":"c@example.com"}, 5, {"id":"d","email":"d@example.com"} ] ]] }, "source.json")
  equal({ names(list)[3], names(list)[4] }, { "user a.json#/2", "user a.json#/4" })
  same({ ["a.json"] = '[{"id":"a"},{"id":"b"},{"id":"c"},{"id":' }, "source.json")
end)

test("a record is sought in front of those that C reads", function()
  recipe_rig.in_folder({ ["a.csv"] = many("") }, function(folder)
    local made = recipe_rig.of(
      TEXT:format("source.csv", HASH, ("%q"):format(folder), "records", ""), { folder = folder })
    local state, draft = made.state, json.draft {}
    state:must("prepare", { fields = FIELDS })
    state:must("open")
    for i = 1, 4 do equal({ select(3, state:next(draft)) }, { "a.csv:" .. i + 1, false,
      nil, 0, false, 0, "u" .. i .. "@example.com", nil, nil, "u" .. i }) end
    equal({ state:must("seek", "a.csv:7") }, { 6, true })
    equal((select(3, state:next(draft))), "a.csv:7")
    equal((select(3, state:next(draft))), "a.csv:8")
    state:close()
  end)
end)
