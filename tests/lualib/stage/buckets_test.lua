--- Ten thousand problems of every kind at once, mixed with valid users: each record ends in the
--- bucket, and under the code, of its kind.

local totals = require "journal.totals"
local bad_record = require "source.bad_record"
local codes = require "auth0.codes"
local file = require "host.file"
local json = require "host.json"
local ledger = require "journal.ledger"
local reject = require "migrate.reject"
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

local function user(i)
  return { email = "user" .. i .. "@example.com", user_id = "u" .. i, username = "name" .. i }
end

---A kind of user that is valid apart from `changes(i)`.
local function with(changes)
  return function(i)
    local made = user(i)
    for key, value in pairs(changes(i)) do made[key] = value end
    return made
  end
end

local function hash(members)
  return with(function() return { custom_password_hash = members } end)
end

local function factors(list)
  return with(function() return { mfa_factors = list } end)
end

local FACTOR <const> = { totp = { secret = "JBSWY3DP" } }

---Each kind: {bucket, code (of rejected and duplicate), path, what `map` returns for the i-th}.
---@type {[1]: string, [2]: string, [3]: string, [4]: fun(i: integer): any, any}[]
local KINDS <const> = {
  { "user", "", "", user },
  { "user", "", "", with(function() return { name = "", picture = json.null } end) },
  { "user", "", "", function(i) return { phone_number = "+1" .. 1000000000 + i } end },
  { "two users", "", "", function(i) return { user(i), user("second" .. i) } end },
  { "skipped", "", "", function() return nil, "left the company" end },
  { "skipped", "", "", function() return nil end },
  { "rejected", "REJECTED", "", function() return reject.reject("not ours") end },
  { "rejected", "RECIPE_ERROR", "", function(i) error("no price for " .. i) end },
  { "rejected", "RECIPE_ERROR", "", function() return nil .. "" end },
  { "rejected", "RECIPE_RESULT", "", function() return "a text" end },
  { "rejected", "RECIPE_RESULT", "", function() return {} end },
  { "rejected", "RECIPE_RESULT", "", function() end },
  { "rejected", "SOURCE", "", false }, -- what the reader cannot read
  { "rejected", "INVALID_TYPE", "email", with(function() return { email = 17 } end) },
  { "rejected", "INVALID_TYPE", "blocked", with(function() return { blocked = "true" } end) },
  { "rejected", "INVALID_TYPE", "app_metadata",
    with(function() return { app_metadata = "x" } end) },
  { "rejected", "FORMAT", "email", with(function(i) return { email = "user" .. i } end) },
  { "rejected", "FORMAT", "picture", with(function() return { picture = "pic.png" } end) },
  { "rejected", "MAX_LENGTH", "given_name",
    with(function(i) return { given_name = ("ä"):rep(151 + i % 50) } end) },
  { "rejected", "MIN_LENGTH", "username", with(function() return { username = "ab" } end) },
  { "rejected", "PATTERN", "phone_number",
    with(function(i) return { phone_number = "0049 " .. i } end) },
  { "rejected", "PATTERN", "password_hash",
    with(function(i) return { password_hash = "plain" .. i } end) },
  { "rejected", "PATTERN", "user_metadata.a.b",
    with(function(i) return { user_metadata = { ["a.b"] = i } } end) },
  { "rejected", "ANY_OF_MISSING", "", function(i) return { user_id = "lonely" .. i } end },
  { "rejected", "OBJECT_REQUIRED", "custom_password_hash.hash", hash { algorithm = "md5" } },
  { "rejected", "ENUM_MISMATCH", "custom_password_hash.algorithm",
    hash { algorithm = "crc32", hash = { value = "x", encoding = "hex" } } },
  { "rejected", "MINIMUM", "custom_password_hash.keylen", hash { algorithm = "scrypt", keylen = 0,
    hash = { value = "00", encoding = "hex" }, salt = { value = "s" } } },
  { "rejected", "NOT_PASSED", "app_metadata.email",
    with(function() return { app_metadata = { email = 1 } } end) },
  { "rejected", "NOT_PASSED", "", with(function()
    return { password_hash = "$2b$10$" .. ("a"):rep(53), custom_password_hash = {
      algorithm = "md5", hash = { value = ("0"):rep(32), encoding = "hex" } } }
  end) },
  { "rejected", "OBJECT_ADDITIONAL_PROPERTIES", "firstName",
    with(function() return { firstName = "x" } end) },
  { "rejected", "OBJECT_PROPERTIES_MINIMUM", "mfa_factors[0]", factors { {} } },
  { "rejected", "OBJECT_PROPERTIES_MAXIMUM", "mfa_factors[0]",
    factors { { totp = FACTOR.totp, phone = { value = "+15550100" } } } },
  { "rejected", "ARRAY_LENGTH_SHORT", "mfa_factors", factors(json.array {}) },
  { "rejected", "ARRAY_LENGTH_LONG", "mfa_factors", with(function()
    local list = {}
    for k = 1, 11 do list[k] = FACTOR end
    return { mfa_factors = list }
  end) },
  { "rejected", "TOO_LARGE", "",
    with(function() return { user_metadata = { text = ("x"):rep(CHUNK_BYTES) } } end) },
  -- The first record is a valid user with the number 1.
  { "duplicate", "DUPLICATE", "email", function() return user(1) end },
  { "rejected", "CONFLICT_EMAIL", "email",
    function(i) return { email = "USER1@example.com", user_id = "other" .. i } end },
  { "rejected", "CONFLICT_USERNAME", "username",
    with(function() return { username = "Name1" } end) },
  { "rejected", "CONFLICT", "user_id", with(function() return { user_id = "u1" } end) },
}

-- Codes that only the tenant returns, or that our rules only warn of.
local NOT_OURS <const> = {
  UNKNOWN = true, CONNECTION_NOT_FOUND = true, DUPLICATED_USER = true, MFA_FACTORS_FAILED = true,
  JOB_FAILED = true, MAXIMUM = true, ARRAY_UNIQUE = true,
}

---The kind of the record at a position: all kinds, in an aperiodic order.
local function kind_at(position)
  if position == 1 then return KINDS[1] end
  return KINDS[(position * 7919 + position // #KINDS * 31) % #KINDS + 1]
end

local recipe = {
  params = {}, warnings = {},
  source = function()
    local position = 0
    return function()
      position = position + 1
      if position > N then return nil end
      local at = "made:" .. position
      if not kind_at(position)[4] then return bad_record.new("raw text", "cannot be read"), at end
      return { n = position }, at
    end
  end,
  map = function(record)
    return kind_at(record.n)[4](record.n)
  end,
}

local function lines(path, fn)
  for line in assert(file.read(path)):gmatch("[^\n]+") do fn(assert(json.decode(line))) end
end

---Stages everything: the outcome of each position, and the figures.
local function staged()
  local folder = assert(file.temporary())
  local dir = directory.at(folder)
  assert(dir:take())
  local book = assert(ledger.create(dir:journal(), { run = "test" }))
  assert(stage.run {
    recipe = recipe, ledger = book, dir = dir, connection = CONNECTION, chunk_bytes = CHUNK_BYTES,
    pause = function() return true end,
  })
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
    local kind = kind_at(position)
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
