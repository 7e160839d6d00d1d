--- Hashes of bulletin boards, which do not say how they were made.

local boards = require "auth0.hash.boards"
local digest = require "host.digest"
local tap = require "tests.tap"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

local function hex(name, bytes) return digest.hex(digest.hash(name, bytes)) end

test("boards: hashes that can be imported verify", function()
  local key = digest.hex(digest.pbkdf2("sha256", "green", "5a17", 1000, 32))
  local bcrypt = digest.bcrypt("ädagreen", 4, ("s"):rep(16))
  for what, hash in pairs {
    ["phpBB 2"] = boards.password("phpbb", hex("md5", "green"), {}),
    ["Joomla 1.0"] = boards.password("joomla", hex("md5", "green"), {}),
    ["Joomla 1.5"] = boards.password("joomla", hex("md5", "greenxyz") .. ":xyz", {}),
    ["SMF 2.0"] = boards.password("smf", hex("sha1", "\u{C4}dagreen"), { username = "\u{C4}dA" }),
    ["SMF 2.1"] = boards.password("smf", bcrypt, { username = "\u{C4}DA" }),
    ["Discourse"] = boards.password("discourse", key, {
      salt = "5a17", password_algorithm = "$pbkdf2-sha256$i=1000,l=32$",
    }),
    ["MyBB with bcrypt"] = boards.password("mybb", digest.bcrypt("green", 4, ("s"):rep(16)), {}),
  } do
    equal({ what, verify.hash(hash, "green"), verify.hash(hash, "red") }, { what, true, false })
  end
end)

test("boards: the others are lost, with a reason", function()
  local md5 = hex("md5", "green")
  for _, case in ipairs {
    { "mybb", md5, "a digest of a digest" }, { "vbulletin", md5, "a digest of a digest" },
    { "vbulletin", "$2y$10$x", "bcrypt of a digest" }, { "smf", md5, "name of the member" },
    { "phpbb", "$H$9aaaaaSXBjgypwqm.JsMssPLiS8YQ00", "phpass" }, { "joomla", " ", "no password" },
    { "discourse", "zz", "a salt and a key" },
  } do
    local hash, why = boards.password(case[1], case[2], {})
    equal(hash, nil)
    tap.contains(why, case[3])
  end
  tap.raises(function() boards.password("other", md5, {}) end, "other")
end)
