--- Cases of a test file, and what is said about a file that is wrong.

local guard = require "base.guard"
local shape = require "cases.shape"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local function cases(text)
  return shape.cases { recipe = "shop.lua", name = "shop.test.yaml", text = text }
end

local function wrong(text)
  local ok, err = guard.call(cases, text)
  assert(not ok, "it was accepted")
  equal(err.kind, "usage")
  return err.message
end

test("only true, false, null and plain decimal integers of a record are not text", function()
  local case = cases [[
- name: a
  record:
    t: true
    f: false
    n: null
    i: 12
    minus: -3
    zero: 0
    quoted: "12"
    seven: 007
    exponent: 1e3
    fraction: 1.5
    hex: 0x1f
    no_: no
    yes_: yes
    capital: True
    tilde: ~
    date: 2024-01-02
    long: 12345678901234567890
    plus: +49
    negative_zero: -0
    empty:
    tagged: !!float 1.5
    list: [1, a, null]
  skipped: true
]][1]
  equal(require("host.json").decode(case.record), {
    t = true, f = false, n = require("host.json").null, i = 12, minus = -3, zero = 0,
    quoted = "12", seven = "007", exponent = "1e3", fraction = "1.5", hex = "0x1f", no_ = "no",
    yes_ = "yes", capital = "True", tilde = "~", date = "2024-01-02",
    long = "12345678901234567890", plus = "+49", negative_zero = "-0", empty = "", tagged = 1.5,
    list = { 1, "a", require("host.json").null },
  })
end)

test("what holds for all cases is given once", function()
  local list = cases [[
now: 2020-01-02
params: { country: DE, plan: a }
files: { a.csv: x }
cases:
  - { name: a, record: {}, skipped: true }
  - { name: b, record: {}, skipped: true, now: 1970-01-01T00:00:10Z, params: { plan: b } }
]]
  equal({ list[1].now, list[2].now }, { 1577923200, 10 })
  equal({ list[1].params.plan.value, list[2].params.plan.value, list[2].params.country.value },
    { "a", "b", "DE" })
  equal(list[2].files, { ["a.csv"] = "x" })
end)

test("the clock has a default", function()
  equal(cases("- { name: a, record: {}, skipped: true }")[1].now, 1767225600)
end)

local CASE <const> = "- { name: a, record: {}, %s }"

-- {text, what is said}
local WRONG <const> = {
  { "", "shop.test.yaml:1: a test file is a list of cases (- name: ...), not null" },
  { "[]", "not an empty one" },
  { "text", "not a text" },
  { "cases: 1", "shop.test.yaml:1: a test file is a list of cases (- name: ...), not a number" },
  { "cases: []\nnows: 1", 'shop.test.yaml:2: unknown key "nows"; did you mean "now"?' },
  { "- 1", "shop.test.yaml:1: a case must be a map with name, not a number" },
  { "- record: {}", "the case has no name" },
  { "- name: [a]", "name must be a text, not a list" },
  { '- name: ""', "name must be a text, not an empty one" },
  { "- name: a\n\n  recrod: {}", 'shop.test.yaml:3: unknown key "recrod"; did you mean "record"?' },
  { "- name: a\n  zzzzzzzz: {}", "known are name, params, files, now, record, input" },
  { "- { name: a, skipped: true }", "the case a needs record, input, cassette or fix" },
  { "- { name: a, fix: { code: X }, user: {} }", "needs fix.user, record or input" },
  { "- { name: a, record: {} }", "does not say what comes out; add one of user, user_has" },
  { "- { name: a, record: {}, input: b, skipped: true }", "has record and input" },
  { CASE:format "user: {}, users: []", "has user and users; it needs one of them" },
  { CASE:format "gives_up: true", "gives_up without fix" },
  { CASE:format "user: 1", "user must be a map, not a number" },
  { CASE:format "user_has: [a]", "user_has must be a map, not a list" },
  { CASE:format "users: {}", "users must be a list, not a map" },
  { CASE:format "users: [1]", "users must be a map, not a number" },
  { CASE:format "skipped: false", "skipped must be true or the reason, not false" },
  { CASE:format "skipped: { a: none }", "skipped: a must be a number of 1 or more, not a text" },
  { CASE:format "rejected: FORMAT email", 'FORMAT at email, not "FORMAT email"' },
  { CASE:format "rejected: {}", "not a map" },
  { CASE:format "rejected: [1]", 'not "1"' },
  { CASE:format "warnings: 1", "warnings must be a list, not a number" },
  { CASE:format "warnings: { a: 0 }", "warnings: a must be a number of 1 or more" },
  { CASE:format "login: null", "login must be a text, not null" },
  { CASE:format "expect: {}", "expect must be a text, not a map" },
  { CASE:format "now: soon, user: {}", '2026-01-31T12:00:00Z, not "soon"' },
  { CASE:format "now: [], user: {}", "not a list" },
  { CASE:format "params: a, user: {}", "params must be a map, not a text" },
  { CASE:format "params: { a: [] }, user: {}", "the parameter a must be a single value" },
  { CASE:format "files: { ../a: x }, user: {}", "must have a name below the test's directory" },
  { CASE:format "files: { /a: x }, user: {}", "must have a name below the test's directory" },
  { CASE:format "files: { a: x, a/b: y }, user: {}", "the file a cannot be a folder, too" },
  { CASE:format "files: { a: [] }, user: {}", "the file a must be a text" },
  { "- { name: a, record: [], user: {} }", "record must be a map, not a list" },
  { "- { name: a, record: {}, user: {} }\n- { name: a, record: {}, user: {} }",
    "shop.test.yaml:2: the name a is that of the case in line 1" },
  { "- { name: a, fix: {}, user: {} }", "fix needs the code of the failure" },
  { "- { name: a, fix: { cod: X }, user: {} }", 'unknown key "cod"; did you mean "code"?' },
  { "- { name: a, fix: { code: X, round: 0, user: {} }, user: {} }", "round must be a number" },
  { "- { name: a, fix: { code: X, errors: [{}], user: {} }, user: {} }", "an error needs a code" },
  { CASE:format "lost: pasword", "lost must be a list, not" },
  { CASE:format "lost: [pasword]", 'unknown "pasword"; did you mean "password"?' },
  { CASE:format "lost: { totp: false }", "lost: totp must be true or the reason" },
  { "- name: a\n  user: {a: 1, a: 2}", "shop.test.yaml: YAML, line 2, column 16: duplicate" },
  { "- &a [*a]", "contains itself" },
  { "a\n---\nb", "more than one document" },
}
for _, case in ipairs(WRONG) do
  test("refused: " .. case[1]:gsub("\n", " ↵ "), function() contains(wrong(case[1]), case[2]) end)
end

test("aliases that expand without end are refused", function()
  local bomb = { "- &a { name: a, x: " .. ("[a,a,a,a,a,a,a,a,a]") .. " }" }
  for i = 98, 110 do
    local all = ("*" .. string.char(i - 1) .. ","):rep(20)
    bomb[#bomb + 1] = string.format("- &%s [%s]", string.char(i), all)
  end
  contains(wrong(table.concat(bomb, "\n")), "aliases expand to too many values")
end)
