--- What known logins say about the hash of a new recipe: the line that is written, and the doubt.

local json = require "host.json"
local proof = require "new.proof"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local SALTED <const> = "custom_password_hash = password.digest(\"sha1\", row.h, { salt = row.s })"

---A proof whose logins are told by a function of what was written last.
local function settled(said, words)
  local written = {}
  local found, message, kind = proof.settle {
    words = words,
    write = function(proven)
      local plan = {
        kind = "mixed", auto = "password.auto(row.h)", comments = { "doubt" },
        formats = { "sha1", "md5" }, expression = "guess", alternatives = {
          { format = "sha1", written = "A" }, { format = "md5", written = "B" },
        },
      }
      if proven then proof.mend(plan, proven) end
      written[#written + 1] = plan.expression
      return { password = plan, fields = {}, words = proven and proven.words }
    end,
    prove = function(is_brief) return said(written[#written], is_brief) end,
  }
  return found, written, message or kind
end

local function report(...)
  return { tried = select("#", ...), logins = { ... }, line = json.null }
end

local function yes(algorithm)
  return { id = "a", result = "yes", algorithm = algorithm, position = 1 }
end

local function no(line)
  return { id = "b", result = "no", line = line, position = 2 }
end

test("a guess loses its doubt if the logins have hashes of each of its formats", function()
  local found, written = settled(function() return report(yes "sha1", yes "md5") end)
  equal({ written, found.mapping.password.comments }, { { "guess", "guess" }, {} })
  found = settled(function() return report(yes "bcrypt", yes "md5") end)
  equal(found.mapping.password.comments, { "doubt" })
  found = settled(function() return report(yes "sha1", yes "md5", no()) end)
  equal(found.mapping.password.comments, { "doubt" })
end)

test("a line takes the place of the guess of its digest; the others stay, with their doubt",
  function()
    local found = settled(function(expression, is_brief)
      return report(is_brief and expression:find "digest" and yes "sha1" or no(SALTED))
    end)
    local plan = found.mapping.password
    equal(plan.expression,
      'password.auto(row.h) or password.digest("sha1", row.h, { salt = row.s }) or B')
    equal(plan.comments, { "no known login has a hash that is md5: `prove` confirms it with one "
      .. "known login" })
  end)

test("a line that must not follow `auto` stands alone", function()
  local found = settled(function(expression, is_brief)
    local is_alone = expression:find "^password.digest"
    return report(is_brief and is_alone and yes "sha1" or no(SALTED))
  end)
  equal(found.mapping.password.expression, 'password.digest("sha1", row.h, { salt = row.s })')
end)

test("a line that matches no more than the guess is not written", function()
  local found, written = settled(function() return report(yes "md5", no(SALTED)) end)
  equal({ found.mapping.password.expression, #written }, { "guess", 4 })
end)

test("a login that still does not match leaves a doubt, and keeps its reason; a missing one none",
  function()
    local lost = { id = "c", result = "no", reason = "no match found", position = 3 }
    local missing = { id = "d", result = "missing", reason = "no such user" }
    local function with(other)
      return settled(function(_, is_brief)
        if is_brief then return report(yes "sha1", { id = other.id, result = other.result }) end
        return report(no(SALTED), other)
      end)
    end
    local found = with(lost)
    equal(found.mapping.password.comments,
      { "not all known logins match: `prove` says which, and why" })
    equal(found.report.logins[2].reason, "no match found")
    equal(with(missing).report.logins[2].reason, "no such user")
    equal(with(missing).mapping.password.comments[1]:find("not all", 1, true), nil)
  end)

test("a line that reads what the guess maps is not for a recipe", function()
  local line = 'custom_password_hash = password.digest("md5", value)'
  local found, written = settled(function() return report(no(line)) end)
  equal({ found.mapping.password.expression, #written }, { "guess", 2 })
end)

test("an interrupted search ends without a proof", function()
  local found, _, message = settled(function() return nil, "interrupted", "interrupted" end)
  equal({ found, message }, { nil, "interrupted" })
  found, _, message = settled(function(_, is_brief)
    if is_brief then return nil, "interrupted", "interrupted" end
    return report(no(SALTED))
  end)
  equal({ found, message }, { nil, "interrupted" })
end)

test("of branches, each login is of the word of its record", function()
  local found = settled(function(_, is_brief)
    return report(yes "md5", is_brief and yes "sha1" or no(SALTED))
  end, function(positions)
    equal(positions, { 1, 2 })
    return { [1] = "old", [2] = "new" }
  end)
  equal(found.mapping.words,
    { old = true, new = 'password.digest("sha1", row.h, { salt = row.s })' })
end)

test("of branches, a line that does not help is not written, and a word with a doubt keeps it",
  function()
    local found = settled(function() return report(yes "md5", no(SALTED)) end,
      function() return { [1] = "old", [2] = "new" } end)
    equal(found.mapping.words, { old = true })
    found = settled(function() return report(yes "md5", no()) end,
      function() return { [1] = "old", [2] = "old" } end)
    equal(found.mapping.words, {})
  end)

local function column(...)
  local way = {}
  for i, name in ipairs { ... } do way[i] = { kind = "member", name = name } end
  return { way = way }
end

test("a column is read by another expression, and the tables above it need not be asked for",
  function()
    local line = 'row.a and row.a["p-h"] and row.a.s and f(row.a["p-h"], row.a.s, row.a.salt)'
    equal(proof.reads(line, column("a", "p-h")), true)
    equal(proof.reads(line, column("a", "sal")), false)
    line = proof.with(line, column("a", "p-h"), 'a["p-h"]')
    equal(line, 'row.a and a["p-h"] and row.a.s and f(a["p-h"], row.a.s, row.a.salt)')
    line = proof.with(line, column("a", "s"), "a.s")
    equal(line, 'row.a and a["p-h"] and a.s and f(a["p-h"], a.s, row.a.salt)')
    line = proof.with(line, column("a", "salt"), "a.salt")
    equal(line, 'a["p-h"] and a.s and f(a["p-h"], a.s, a.salt)')
  end)
