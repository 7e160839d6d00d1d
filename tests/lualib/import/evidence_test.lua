local evidence = require "import.evidence"
local tap = require "tests.tap"
local test = tap.test

local WINDOW <const> = { first = 1000, last = 2000 }

local OURS <const> = { user_id = "7", email = "Ann@example.com", given_name = "Ann" }

local function theirs(fields)
  local user = {
    user_id = "auth0|7", email = "ann@example.com", given_name = "Ann", created = 1500,
  }
  for key, value in pairs(fields or {}) do user[key] = value end
  return user
end

local cases = {
  { "the same user, created while our lost upload may have run, is ours",
    { theirs() }, WINDOW, "inserted" },
  { "the same user, created before our first upload, existed", { theirs { created = 900 } }, WINDOW,
    "already_there" },
  { "without a lost upload the same user existed", { theirs() }, nil, "already_there" },
  { "our address with another id is another user", { theirs { user_id = "auth0|8" } }, WINDOW,
    "judged" },
  { "our id with another address is another user", { theirs { email = "bob@example.com" } },
    WINDOW, "judged" },
  { "an unlisted user is left to the finalizer", {}, WINDOW, "judged" },
  { "the one that is the same counts among several",
    { theirs { user_id = "auth0|8", email = "x@example.com" }, theirs { created = 1 } }, nil,
    "already_there" },
}

for _, case in ipairs(cases) do
  test("conflict: " .. case[1], function()
    local ruling = evidence.conflict { ours = OURS, theirs = case[2], window = case[3] }
    tap.equal(ruling.outcome, case[4])
  end)
end

test("without our own id the profile must be the one we sent", function()
  local ours = { email = "ann@example.com", given_name = "Ann" }
  local function rule(fields)
    return evidence.conflict { ours = ours, theirs = { theirs(fields) }, window = WINDOW }.outcome
  end
  tap.equal(rule(), "inserted")
  tap.equal(rule { given_name = "Anna" }, "already_there")
end)

test("the ruling names the other user and what differs", function()
  local ruling = evidence.conflict {
    ours = OURS, theirs = { theirs { user_id = "auth0|8" } }, window = WINDOW,
  }
  tap.contains(ruling.why, "auth0|8")
  tap.contains(ruling.why, "user_id")
end)

-- A user reported as twice in the file; SPAN: when this run may have created the first.
local SPAN <const> = WINDOW

for _, case in ipairs {
  { "the first of this run counts, and this one is left to the finalizer", { theirs() }, SPAN,
    "judged", "auth0|7" },
  { "also after a lost upload, which can have created only one", { theirs() }, SPAN, "judged",
    "auth0|7", WINDOW },
  { "one from before the run existed for both", { theirs { created = 10 } }, SPAN,
    "already_there", "auth0|7" },
  { "with upsert any existing user counts as the first", { theirs { created = 10 } }, nil, "judged",
    "auth0|7" },
  { "a user with another address is the first by the id", { theirs { email = "x@example.com" } },
    SPAN, "judged", "auth0|7" },
  { "if no user is found there is no ghost either", {}, SPAN, "judged" },
} do
  test("twice in the file: " .. case[1], function()
    local ruling = evidence.conflict {
      ours = OURS, theirs = case[2], twice = true, span = case[3], window = case[6],
    }
    tap.equal({ ruling.outcome, ruling.user_id }, { case[4], case[5] })
    if case[4] == "judged" then tap.contains(ruling.why, "only the first is imported") end
  end)
end

test("a user of another connection with our id is another user", function()
  local ruling = evidence.conflict { ours = OURS, theirs = { theirs { elsewhere = true } } }
  tap.equal({ ruling.outcome, ruling.user_id }, { "judged", "auth0|7" })
  tap.contains(ruling.why, "another user (auth0|7) in another connection has the same ")
end)

local ORDINARY <const> = "The user already exist and upsert parameter is false"
local PROVIDED <const> = "A user with this email was already provided."

test("a ghost is a user that no lookup shows, whatever the tenant reports", function()
  for _, case in ipairs {
    { "DUPLICATED_USER", ORDINARY, nil, true }, { "DUPLICATED_USER", "", nil, true },
    { "CONFLICT_USERNAME", "taken", nil, true }, { "DUPLICATED_USER", ORDINARY, "auth0|7", false },
    { "DUPLICATED_USER", "", "auth0|7", false }, { "DUPLICATED_USER", PROVIDED, nil, false },
    { "FORMAT", "no", nil, false }, { "JOB_FAILED", "no", nil, false },
  } do
    local refused = { code = case[1], message = case[2], user_id = case[3] }
    tap.equal(evidence.is_ghost(refused), case[4], case[1] .. " " .. case[2])
  end
end)

test("a user that a silent job left nowhere is absent", function()
  tap.equal(evidence.unknown { ours = OURS, theirs = {}, window = WINDOW }.outcome, "absent")
end)

test("a user that existed before a silent job was at most updated", function()
  local case = { ours = OURS, theirs = { theirs { created = 1 } }, window = WINDOW }
  tap.equal(evidence.unknown(case).outcome, "updated")
end)

test("factors are in doubt if an upload of the first round was lost", function()
  tap.equal(evidence.doubts_factors({ mfa_factors = {} }, 1), true)
  tap.equal(evidence.doubts_factors({ mfa_factors = {} }, 2), false)
  tap.equal(evidence.doubts_factors({}, 1), false)
end)

test("only a value that the connection holds unique makes a repetition safe", function()
  local ann, bob = { user = { email = "a@b.co" } }, { user = { email = "b@b.co", user_id = "1" } }
  tap.equal(evidence.repeatable({ ann }, { email = true }), true)
  tap.equal(evidence.repeatable({ ann }, { email = false, user_id = true }), false)
  tap.equal(evidence.repeatable({ bob }, { user_id = true }), true)
  tap.equal(evidence.repeatable({ bob, ann }, { user_id = true }), false)
end)

-- first 1000, last 2000; false: unknown
for name, case in pairs {
  ["those created meanwhile were inserted"] = { { 1500, 10, 1600 }, 2, "i u i" },
  ["one that came between and was updated leaves it open"] = { { 1500, 1600, 10 }, 1, "? ? u" },
  ["the youngest were inserted when others are of the moment before"] =
    { { 999.5, 1000.2, 998, 1000.3 }, 2, "u i u i" },
  ["two of the same moment leave it open"] = { { 1000.2, 1000.2 }, 1, "? ?" },
  ["one that is gone is open"] = { { 1500, false, 10 }, 1, "i ? u" },
  ["one that is gone was inserted when as many were"] = { { 1500, false, 10 }, 2, "i i u" },
  ["one that is gone leaves the moment before open"] = { { 999, 1000.5, false }, 1, "? ? ?" },
  ["too few were created meanwhile: all are unknown"] = { { 10, 20, 1500 }, 2, "? ? ?" },
  ["created after the job is updated"] = { { 1500, 2100 }, 1, "i u" },
} do
  test("of a job with upsert " .. name, function()
    local users, marks = {}, {}
    for i, created in ipairs(case[1]) do users[i] = { created = created or nil } end
    local letter = { inserted = "i", updated = "u", unknown = "?" }
    local outcomes = evidence.mixed(users, case[2], WINDOW)
    for i, outcome in ipairs(outcomes) do marks[i] = letter[outcome] end
    tap.equal(table.concat(marks, " "), case[3])
  end)
end
