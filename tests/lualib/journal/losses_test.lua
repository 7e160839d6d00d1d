--- Losses as numbers, and the table of them.

local losses = require "journal.losses"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local SETS <const> = {
  { password = "moved" }, { totp = "hotp", password = "moved" }, { totp = "sha-512" },
}

test("a number says what a user loses: a set, and the password where there is none", function()
  equal(losses.of(losses.code(0, true), SETS), {})
  equal(losses.of(losses.code(0, false), SETS), { password = losses.NO_PASSWORD })
  equal(losses.of(losses.code(1, false), SETS), { password = "moved" })
  equal(losses.of(losses.code(3, false), SETS),
    { totp = "sha-512", password = losses.NO_PASSWORD })
end)

test("numbers of a chunk are read as they were written", function()
  equal(losses.by_place "0*2 3*3 0 1*2", { [3] = 3, [4] = 3, [5] = 3, [7] = 1, [8] = 1 })
  equal({ losses.by_place "7", losses.by_place(nil) }, { { 7 }, {} })
end)

test("the table has what is lost in one order, and its reasons by frequency", function()
  local list = losses.list({ [1] = 5, [2] = 1, [4] = 2, [6] = 3 }, SETS, 20)
  equal(list, {
    {
      what = "password", users = 8, share = 0.4, reasons = {
        { reason = losses.NO_PASSWORD, users = 5 }, { reason = "moved", users = 3 },
      },
    },
    {
      what = "totp", users = 5, share = 0.25, reasons = {
        { reason = "sha-512", users = 3 }, { reason = "hotp", users = 2 },
      },
    },
  })
end)

test("those that were imported are counted beside", function()
  equal(losses.list({ [4] = 2 }, SETS, 2, { [4] = 1 })[2], {
    what = "totp", users = 2, share = 1.0, imported = 1,
    reasons = { { reason = "hotp", users = 2, imported = 1 } },
  })
  equal(losses.list({ [6] = 2 }, SETS, 2, {})[1].imported, 0)
end)

test("nobody loses anything", function() equal(losses.list({}, {}, 0), {}) end)
