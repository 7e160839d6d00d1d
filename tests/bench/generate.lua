--- Writes the users of the benchmark to stdout, identical in each run:
--- `auth0-migrate --run tests/bench/generate.lua N [columns|ndjson]`; at least 20 columns.

local count = tonumber((...)[1]) or 1000
local form = (...)[2] or "20"
local columns = tonumber(form)

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
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end

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

local function date()
  return string.format("20%02d-%02d-%02dT%02d:%02d:%02dZ", 10 + random(15), 1 + random(12),
    1 + random(28), random(24), random(60), random(60))
end

local function user(i)
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

local NAMES <const> = {
  "id", "email", "confirmed", "first_name", "last_name", "password_digest", "plan", "roles",
  "created_at", "locale", "city", "country", "updated_at", "last_login", "logins", "company",
  "phone", "score", "note", "source",
}

local function quoted(text)
  return text:find('[,"\n]') and '"' .. text:gsub('"', '""') .. '"' or text
end

local function write_csv()
  local names = { table.unpack(NAMES) }
  for i = #NAMES + 1, columns do names[i] = "extra_" .. i end
  io.write(table.concat(names, ","), "\n")
  for i = 1, count do
    local u = user(i)
    local row = {
      u.id, u.email, u.verified, u.first, u.last, u.hash, u.plan, u.roles, u.created, u.locale,
      u.city, u.country, u.updated, u.login, tostring(u.logins), quoted(u.company), u.phone,
      tostring(u.score), quoted(u.note), "shop",
    }
    for k = #row + 1, columns do row[k] = "value " .. (i * k) % 9973 end
    io.write(table.concat(row, ","), "\n")
  end
end

local LINE <const> = '{"id":%s,"email":"%s","confirmed":%s,"profile":{"first_name":"%s",'
  .. '"last_name":"%s","company":"%s","phone":"%s","address":{"city":"%s","country":"%s",'
  .. '"street":"%d Long Street","zip":"%05d"}},"password_digest":"%s","plan":"%s","roles":[%s],'
  .. '"locale":"%s","created_at":"%s","updated_at":"%s","logins":[{"at":"%s","ip":"10.0.%d.%d"},'
  .. '{"at":"%s","ip":"10.1.%d.%d"}],"score":%s,"note":"%s","settings":{"newsletter":%s,'
  .. '"theme":"dark","beta":null,"limits":{"daily":%d,"monthly":%d}},"source":"shop"}\n'

local function write_ndjson()
  for i = 1, count do
    local u = user(i)
    local roles = u.roles ~= "" and '"' .. u.roles:gsub("|", '","') .. '"' or ""
    io.write(LINE:format(u.id, u.email, u.verified == "t", u.first, u.last, u.company, u.phone,
      u.city, u.country, random(400), random(100000), u.hash, u.plan, roles, u.locale, u.created,
      u.updated, u.login, random(256), random(256), date(), random(256), random(256), u.score,
      u.note:gsub('"', '\\"'), random(2) == 0, u.logins, u.logins * 30))
  end
end

io.stdout:setvbuf("full", 1 << 16)
if columns then write_csv() else write_ndjson() end
return 0
