--- Writes the users of the benchmark to stdout, identical in each run:
--- `auth0-migrate --run tests/bench/generate.lua N [columns|ndjson]`; at least 20 columns.

local count = tonumber((...)[1]) or 1000
local form = (...)[2] or "20"
local columns = tonumber(form)

local here = debug.getinfo(1, "S").source:match "^@(.*/)" or ""
local synthetic = dofile(here .. "synthetic.lua")
local random, date, user = synthetic.random, synthetic.date, synthetic.user

local function quoted(text)
  return text:find('[,"\n]') and '"' .. text:gsub('"', '""') .. '"' or text
end

local function write_csv()
  local names = { table.unpack(synthetic.NAMES) }
  for i = #names + 1, columns do names[i] = "extra_" .. i end
  io.write(table.concat(names, ","), "\n")
  for i = 1, count do
    local row = synthetic.values(user(i))
    for k, value in ipairs(row) do row[k] = quoted(value) end
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
