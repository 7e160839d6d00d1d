--- The synthetic users of the benchmarks: the same ones, in the same order, in each run.

local synthetic = {}

local FIRST <const> = {
  "Ana", "Björn", "Chloé", "Dmitri", "Elif", "Fatima", "Grzegorz", "Hana", "Ines", "José",
  "Kaito", "Lena", "Mia", "Noah", "Oscar", "Priya",
}
local LAST <const> = {
  "Almeida", "Brown", "Çelik", "Dubois", "Evans", "Fischer", "García", "Hansen", "Ito", "Jensen",
  "Kowalska", "López", "Müller", "Nguyen", "Okafor", "Petrov",
}
local CITIES <const> = {
  "Berlin", "São Paulo", "Zürich", "Austin", "Lyon", "Kraków", "Osaka", "Lagos",
}
local COUNTRIES <const> = { "DE", "BR", "CH", "US", "FR", "PL", "JP", "NG" }
local LOCALES <const> = { "de-DE", "pt-BR", "de-CH", "en-US", "fr-FR", "pl-PL", "ja-JP", "en-NG" }
local PLANS <const> = { "free", "pro", "team", "enterprise" }
local ROLES <const> = { "", "reader", "reader|editor", "reader|editor|admin" }
local ALPHABET <const> = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

local seed = 20261123

---A number from 0 up to, not including, `n`.
---@param n integer
---@return integer
function synthetic.random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end

local random = synthetic.random

local function pick(list)
  return list[random(#list) + 1]
end

local LETTERS <const> = {}
for i = 1, #ALPHABET do
  for k = 1, #ALPHABET do LETTERS[#LETTERS + 1] = ALPHABET:sub(i, i) .. ALPHABET:sub(k, k) end
end

---A string in the form of a bcrypt hash, of no password.
local function hash()
  local parts = { "$2b$10$" }
  for i = 1, 26 do parts[i + 1] = pick(LETTERS) end
  parts[28] = "e"
  return table.concat(parts)
end

---@return string
function synthetic.date()
  return string.format("20%02d-%02d-%02dT%02d:%02d:%02dZ", 10 + random(15), 1 + random(12),
    1 + random(28), random(24), random(60), random(60))
end

local date = synthetic.date

---The next user, who is the i-th.
---@param i integer
---@return table<string, string|number>
function synthetic.user(i)
  local first, last, place = pick(FIRST), pick(LAST), random(#CITIES) + 1
  return {
    id = tostring(1000000 + i),
    email = i % 100 == 7 and "" or string.format("User.%d@Example%d.COM", i, random(40)),
    verified = random(3) > 0 and "t" or "f",
    first = first, last = last, hash = hash(), plan = pick(PLANS), roles = pick(ROLES),
    created = date(), updated = date(), login = date(), logins = random(5000),
    locale = LOCALES[place], city = CITIES[place], country = COUNTRIES[place],
    company = random(4) == 0 and last .. ", " .. first .. " & Co" or last .. " Ltd",
    phone = string.format("+4930%07d", random(10000000)), score = random(1000) / 8,
    note = random(8) == 0 and 'says "hello"' or "",
  }
end

-- The columns of a user in a file of 20 columns.
synthetic.NAMES = {
  "id", "email", "confirmed", "first_name", "last_name", "password_digest", "plan", "roles",
  "created_at", "locale", "city", "country", "updated_at", "last_login", "logins", "company",
  "phone", "score", "note", "source",
}

---The values of a user in the order of `NAMES`, as text; "" where there is none.
---@param u table<string, string|number>  of `user`
---@return string[]
function synthetic.values(u)
  return {
    u.id, u.email, u.verified, u.first, u.last, u.hash, u.plan, u.roles, u.created, u.locale,
    u.city, u.country, u.updated, u.login, tostring(u.logins), u.company, u.phone,
    tostring(u.score), u.note, "shop",
  }
end

return synthetic
