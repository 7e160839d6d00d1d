--- Ten thousand problems of every kind at once, mixed with valid users: each record ends in the
--- bucket, and under the code, of its kind.

local totals = require "journal.totals"
local codes = require "auth0.codes"
local file = require "host.file"
local json = require "host.json"
local ledger = require "journal.ledger"
local recipe_rig = require "tests.recipe_rig"
local directory = require "journal.directory"
local stage = require "stage"
local tap = require "tests.tap"
local test = tap.test

local N <const> = 10000
local CHUNK_BYTES <const> = 20000

-- Usernames and addresses are identifiers, so that a user without either has its own code.
local CONNECTION <const> = {
  identifiers = { email = true, username = true, phone_number = true }, profile_required = {},
  unique = { email = true, username = true, phone_number = true, user_id = true },
  username = { min = 3, max = 15 },
}

local HEAD <const> = [[
local function user(i)
  return { email = "user" .. i .. "@example.com", user_id = "u" .. i, username = "name" .. i }
end
-- A user that is valid apart from `changes`.
local function with(i, changes)
  local made = user(i)
  for key, one in pairs(changes) do made[key] = one end
  return made
end
local function hash(i, members) return with(i, { custom_password_hash = members }) end
local function factors(i, list) return with(i, { mfa_factors = list }) end
local odd = value.json '{ "null": null, "list": [] }'
local FACTOR = { totp = { secret = "JBSWY3DP" } }
]]

---Each kind: {bucket, code (of rejected and duplicate), path, the body of what `map` calls for the
---i-th record; false: its reader cannot read it}.
---@type {[1]: string, [2]: string, [3]: string, [4]: string|false}[]
local KINDS <const> = {
  { "user", "", "", "return user(i)" },
  { "user", "", "", "return with(i, { name = '', picture = odd.null })" },
  { "user", "", "", "return { phone_number = '+1' .. 1000000000 + i }" },
  { "two users", "", "", "return { user(i), user('second' .. i) }" },
  { "skipped", "", "", "return nil, 'left the company'" },
  { "skipped", "", "", "return nil" },
  { "rejected", "REJECTED", "", "return migrate.reject('not ours')" },
  { "rejected", "RECIPE_ERROR", "", "error('no price for ' .. i)" },
  { "rejected", "RECIPE_ERROR", "", "return nil .. ''" },
  { "rejected", "RECIPE_RESULT", "", "return 'a text'" },
  { "rejected", "RECIPE_RESULT", "", "return {}" },
  { "rejected", "RECIPE_RESULT", "", "" },
  { "rejected", "SOURCE", "", false },
  { "rejected", "INVALID_TYPE", "email", "return with(i, { email = 17 })" },
  { "rejected", "INVALID_TYPE", "blocked", "return with(i, { blocked = 'true' })" },
  { "rejected", "INVALID_TYPE", "app_metadata", "return with(i, { app_metadata = 'x' })" },
  { "rejected", "FORMAT", "email", "return with(i, { email = 'user' .. i })" },
  { "rejected", "FORMAT", "picture", "return with(i, { picture = 'pic.png' })" },
  { "rejected", "MAX_LENGTH", "given_name",
    "return with(i, { given_name = ('ä'):rep(151 + i % 50) })" },
  { "rejected", "MIN_LENGTH", "username", "return with(i, { username = 'ab' })" },
  { "rejected", "PATTERN", "phone_number", "return with(i, { phone_number = '0049 ' .. i })" },
  { "rejected", "PATTERN", "password_hash", "return with(i, { password_hash = 'plain' .. i })" },
  { "rejected", "PATTERN", "user_metadata.a.b",
    "return with(i, { user_metadata = { ['a.b'] = i } })" },
  { "rejected", "ANY_OF_MISSING", "", "return { user_id = 'lonely' .. i }" },
  { "rejected", "OBJECT_REQUIRED", "custom_password_hash.hash",
    "return hash(i, { algorithm = 'md5' })" },
  { "rejected", "ENUM_MISMATCH", "custom_password_hash.algorithm",
    "return hash(i, { algorithm = 'crc32', hash = { value = 'x', encoding = 'hex' } })" },
  { "rejected", "MINIMUM", "custom_password_hash.keylen",
    "return hash(i, { algorithm = 'scrypt', keylen = 0, "
      .. "hash = { value = '00', encoding = 'hex' }, salt = { value = 's' } })" },
  { "rejected", "NOT_PASSED", "app_metadata.email",
    "return with(i, { app_metadata = { email = 1 } })" },
  { "rejected", "NOT_PASSED", "",
    "return with(i, { password_hash = '$2b$10$' .. ('a'):rep(53), custom_password_hash = { "
      .. "algorithm = 'md5', hash = { value = ('0'):rep(32), encoding = 'hex' } } })" },
  { "rejected", "OBJECT_ADDITIONAL_PROPERTIES", "firstName",
    "return with(i, { firstName = 'x' })" },
  { "rejected", "OBJECT_PROPERTIES_MINIMUM", "mfa_factors[0]", "return factors(i, { {} })" },
  { "rejected", "OBJECT_PROPERTIES_MAXIMUM", "mfa_factors[0]",
    "return factors(i, { { totp = FACTOR.totp, phone = { value = '+15550100' } } })" },
  { "rejected", "ARRAY_LENGTH_SHORT", "mfa_factors", "return factors(i, odd.list)" },
  { "rejected", "ARRAY_LENGTH_LONG", "mfa_factors",
    "local list = {} for k = 1, 11 do list[k] = FACTOR end return factors(i, list)" },
  { "rejected", "TOO_LARGE", "",
    "return with(i, { user_metadata = { text = ('x'):rep(" .. CHUNK_BYTES .. ") } })" },
  -- The first record is a valid user with the number 1.
  { "duplicate", "DUPLICATE", "email", "return user(1)" },
  { "rejected", "CONFLICT_EMAIL", "email",
    "return { email = 'USER1@example.com', user_id = 'other' .. i }" },
  { "rejected", "CONFLICT_USERNAME", "username", "return with(i, { username = 'Name1' })" },
  { "rejected", "CONFLICT", "user_id", "return with(i, { user_id = 'u1' })" },
}

-- Codes that only the tenant returns, or that our rules only warn of.
local NOT_OURS <const> = {
  UNKNOWN = true, CONNECTION_NOT_FOUND = true, DUPLICATED_USER = true, MFA_FACTORS_FAILED = true,
  JOB_FAILED = true, MAXIMUM = true, ARRAY_UNIQUE = true,
  PROFILE_SIZE_EXCEEDED = true, PROFILE_SIZE_NEAR = true,
}

---The number of the kind of the record at a position: all kinds, in an aperiodic order.
local function kind_at(position)
  if position == 1 then return 1 end
  return (position * 7919 + position // #KINDS * 31) % #KINDS + 1
end

---The text of a recipe with all kinds.
---@param broken string  Lua that gives a record which its reader cannot read
local function text_of(broken)
  local numbers, bodies = {}, {}
  for position = 1, N do numbers[position] = kind_at(position) end
  for i, kind in ipairs(KINDS) do
    bodies[i] = kind[4] and "function(i) " .. kind[4] .. " end" or "false"
  end
  return recipe_rig.text {
    head = HEAD .. string.format([[
local broken, kinds, numbers = %s, { %s }, { %s }
for position, kind in ipairs(numbers) do
  records[position] = kinds[kind] and { n = position, kind = kind } or broken
end]], broken, table.concat(bodies, ", "), table.concat(numbers, ", ")),
    map = "return kinds[row.kind](row.n)",
  }
end

local function lines(path, fn)
  for line in assert(file.read(path)):gmatch("[^\n]+") do fn(assert(json.decode(line))) end
end

---Stages everything: the outcome of each position, and the figures.
local function staged()
  local folder = assert(file.temporary())
  local dir = directory.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test" }))
  recipe_rig.with_broken("raw,text", function(broken, options)
    assert(stage.run {
      recipe = recipe_rig.of(text_of(broken), options), ledger = book, dir = dir,
      connection = CONNECTION, chunk_bytes = CHUNK_BYTES, pause = function() return true end,
    })
  end)
  local found = {}
  local function note(position, text)
    found[position] = found[position] and found[position] .. " + " .. text or text
  end
  lines(dir:file("rejected.ndjson"), function(r)
    note(r.position, table.concat({ r.outcome, r.code, r.path }, " "))
  end)
  lines(dir:file("skipped.ndjson"), function(s) note(s.position, "skipped") end)
  for record in book:chunks() do
    for _, placed in ipairs(assert(dir:users(book:chunk(record.id)))) do
      note(placed.position, "user")
    end
  end
  local figures, groups = totals.figures(book), book:get_table("findings")
  book:close()
  dir:close()
  assert(file.remove_tree(folder))
  return found, figures, groups
end

local function expected(kind)
  if kind[1] == "two users" then return "user + user" end
  if kind[2] == "" then return kind[1] end
  return table.concat({ kind[1], kind[2], kind[3] }, " ")
end

test("ten thousand problems of every kind at once are classified without one error", function()
  local found, figures, groups = staged()
  local wrong = {}
  local counts = { user = 0, skipped = 0, rejected = 0, duplicate = 0, ["two users"] = 0 }
  for position = 1, N do
    local kind = KINDS[kind_at(position)]
    counts[kind[1]] = counts[kind[1]] + 1
    if found[position] ~= expected(kind) then
      wrong[#wrong + 1] = string.format("%d: %s instead of %s", position, found[position],
        expected(kind))
    end
  end
  tap.equal({ #wrong, wrong[1] }, { 0 })
  tap.equal({ figures.read, figures.extra, figures.skipped, figures.rejected, figures.duplicate,
    figures.staged }, { N, counts["two users"], counts.skipped, counts.rejected, counts.duplicate,
    counts.user + 2 * counts["two users"] })
  assert(totals.balanced(figures))
  for name, n in pairs(counts) do assert(n > 200, name) end
  assert(#groups < 60, "groups of findings stay few: " .. #groups)
end)

test("each code that the rules can find is among the ten thousand, and no other is", function()
  local seen = { REJECTED = true }
  for _, kind in ipairs(KINDS) do seen[kind[2]] = true end
  for _, entry in ipairs(codes.list) do
    tap.equal(seen[entry.name] or false, not NOT_OURS[entry.name], entry.name)
  end
end)
