--- The csv recipe: columns by their usual names, and values that cost themselves, never the user.

local tap = require "tests.tap"
local rig = require "tests.recipes.rig"
local verify = require "tests.recipes.verify"

local test, equal = tap.test, tap.equal

local function users(text, params)
  local made = rig.over("csv", { ["users.csv"] = text }, params)
  assert(not made.message, made.message)
  return made.users, made
end

---{columns of the address, of the number}, and what they hold
local VERIFIED <const> = {
  { "EmailConfirmed", "PhoneNumberConfirmed", "True", "False" },
  { "email_verified", "phone_number_verified", "t", "f" },
  { "email_verified_at", "phone_verified_at", "2023-01-15 10:00:00", "" },
  { "confirmed_at", "phone_confirmed_at", "2023-07-09 10:11:12.131415+00", "0000-00-00 00:00:00" },
  { "is_email_verified", "Phone Confirmed", "1", "0" },
  { "email_confirmed_at", "mobile_verified", "1673776800", "no" },
}

for _, case in ipairs(VERIFIED) do
  test("csv: " .. case[1] .. " and " .. case[2] .. " tell what is verified", function()
    local text = string.format("id,email,%s,phone,%s\n1,a@b.co,%s,+491512345678,%s\n"
      .. "2,b@b.co,%s,+491512345679,%s\n", case[1], case[2], case[3], case[4], case[4], case[3])
    local got, made = users(text)
    equal({ got[1].email_verified, got[2].email_verified, got[2].phone_verified },
      { true, false, true })
    equal(got[1].phone_verified == true, false)
    equal(made.warnings["value_not_kept confirmed"], nil)
  end)
end

test("csv: the moment of the address wins over that of any confirmation", function()
  local got = users("email,confirmed_at,email_confirmed_at\na@b.co,2023-01-15,\n")
  equal(got[1].email_verified, false)
end)

test("csv: a column of moments that is chosen is read as such", function()
  local got, made = users("email,seen\na@b.co,2023-01-15 10:00:00\nb@b.co,\nc@b.co,maybe\n",
    { email_verified = "seen" })
  equal({ got[1].email_verified, got[2].email_verified, got[3].email_verified },
    { true, false, false })
  equal(made.warnings["value_not_kept confirmed"].n, 1)
end)

test("csv: a column that may tell who is verified is named if no known one does", function()
  local _, made = users("email,verified_email_addresses\na@b.co,a@b.co\n")
  tap.contains(made.warnings.no_verified_column.message, "verified_email_addresses")
  _, made = users("email,verified,verified_by\na@b.co,1,x\n")
  equal(made.warnings.no_verified_column, nil)
end)

test("csv: a user with a moment of blocking is blocked, a deleted one is skipped", function()
  local got, made = users("email,blocked_at,deleted_at\na@b.co,2023-01-15,\nb@b.co,,\n"
    .. "c@b.co,,2023-01-15\n")
  equal({ got[1].blocked, got[2].blocked, #got }, { true, nil, 2 })
  equal(made.left_out, { "deleted" })
end)

test("csv: a picture that is not a URL costs the picture, and is counted", function()
  local got, made = users("email,avatar\na@b.co,me.png\nb@b.co,https://x.example/b.png\nc@b.co,\n")
  equal({ got[1].picture, got[2].picture, #got }, { nil, "https://x.example/b.png", 3 })
  equal(made.warnings["value_not_kept url"].n, 1)
end)

---{username, count of the warning}
local USERNAMES <const> = {
  { "old@example.org", 1 }, { "müller", 1 }, { "A@b.co ", nil }, { "7", nil }, { "ada", nil },
  { "", nil },
}

for _, case in ipairs(USERNAMES) do
  test('csv: the username "' .. case[1] .. '" is '
    .. (case[2] and "left out and counted" or "not counted"), function()
    local got, made = users("id,email,username\n7,a@b.co," .. case[1] .. "\n")
    equal(got[1].username, case[1] == "ada" and "ada" or nil)
    equal((made.warnings["value_not_kept username"] or {}).n, case[2])
  end)
end

---{file, part of the message}
local UNKNOWN <const> = {
  { "Kennung,Correo,Nombre\n1,a@b.co,Ada\n", 'the file has "Kennung", "Correo", "Nombre"' },
  { "Kennung,Correo,Nombre\n1,a@b.co,Ada\n", 'email="COLUMN"' },
  { "1,a@b.co,Ada\n2,b@b.co,Bob\n", "no row with the names of its 3 columns" },
  { "1,a@b.co,Ada\n2,b@b.co,Bob\n", "columns=id,email" },
}

for _, case in ipairs(UNKNOWN) do
  test("csv: a file without a column of addresses is refused: " .. case[2], function()
    local made = rig.over("csv", { ["users.csv"] = case[1] })
    tap.contains(made.message, case[2])
    equal(#made.users, 0)
  end)
end

test("csv: the delimiter is that of the file", function()
  local got = users("id;email\n1;a@b.co\n")
  equal({ got[1].user_id, got[1].email, #got }, { "1", "a@b.co", 1 })
end)

test("csv: the names of metadata are as Auth0 takes them, and none replaces another", function()
  local got = users("email,a.b,a_b,$c\na@b.co,1,2,3\n", { user_metadata = "a.b,a_b,$c" })
  equal(got[1].user_metadata, { a_b_2 = "1", a_b = "2", _c = "3" })
end)

local MD5 <const> = "5f4dcc3b5aa765d61d8327deb882cf99" -- of "password"
local SALT <const> = "0123456789abcdef0123456789abcdef"

test("csv: a salt with the form of a digest is asked about, never guessed", function()
  local text = "email,hash\na@b.co," .. MD5 .. ":" .. SALT .. "\n"
  local got, made = users(text, { password_format = "md5_salted" })
  equal({ got[1].custom_password_hash, made.warnings.password_order.n }, { nil, 1 })
  for order, value in pairs { hash_salt = MD5, salt_hash = SALT } do
    got = users(text, { password_format = "md5_salted", password_order = order })
    equal(got[1].custom_password_hash.hash.value, value)
  end
end)

test("csv: hash and salt in one cell log in, whichever comes first", function()
  local digest = require "host.digest"
  for _, cell in ipairs {
    digest.hex(digest.hash("sha1", "q9Zpassword")) .. ":q9Z",
    "q9Z:" .. digest.hex(digest.hash("sha1", "q9Zpassword")),
  } do
    local got = users("email,hash\na@b.co," .. cell .. "\n", { password_format = "sha1_salted" })
    equal(verify.login(got[1], "password"), true)
  end
end)

test("csv: a file is read in the given encoding, or in a guessed one with a warning", function()
  local bytes = "email;name\na@b.co;Pawe\xB3 D\xB9browski\nb@b.co;M\xB3ynarz\n"
  for _, given in ipairs { "windows-1250", "CP1250" } do
    local got, made = users(bytes, { encoding = given })
    equal({ got[1].name, got[2].name, made.warnings.encoding },
      { "Paweł Dąbrowski", "Młynarz", nil })
  end
  local got, made = users(bytes)
  equal(got[1].name, "Paweł Dąbrowski")
  tap.contains(made.warnings.encoding.message, "windows-1250, which is a guess")
  got, made = users("email,name\na@b.co,Ren\xE9 Fran\xE7ois\n")
  equal(got[1].name, "René François")
  tap.contains(made.warnings.encoding.message, "windows-1252, which is a guess")
end)
