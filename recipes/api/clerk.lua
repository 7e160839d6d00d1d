--- Clerk's Backend API, and its users as rows of the dashboard's export. The API gives neither
--- passwords nor secrets.

local http = require "source.http"
local value = require "source.value"

---A member as the API writes it (`email_address`), or a client of it (`emailAddress`).
local function of(object, name)
  local member = object[name]
  if member == nil then member = object[name:gsub("_(%l)", string.upper)] end
  return value.null_if(member)
end

local function verification(object)
  local found = of(object, "verification")
  return type(found) == "table" and found or {}
end

---Sets the primary one, and those that are verified, from a list of objects.
---@return table? primary
local function set(row, list, name, kind)
  local verified, primary, first_verified = {}, nil, nil
  for _, one in ipairs(list) do
    if verification(one).status == "verified" then
      verified[#verified + 1] = of(one, name)
      first_verified = first_verified or one
    end
    if of(one, "id") == row["primary_" .. name .. "_id"] then primary = one end
  end
  primary = primary or first_verified or list[1]
  row["primary_" .. name], row["verified_" .. kind] = of(primary, name), verified
  return primary
end

local function is_objects(list)
  return type(list) == "table" and type(list[1]) == "table"
end

return {
  params = {
    domain = { help = "host of the API; default api.clerk.com" },
    token = { help = "a secret key of the instance, for input=api", kind = "secret" },
  },
  needs = { net = { "api.clerk.com", "{domain}" } },
  records = function(params)
    if not params.token then error("input=api needs the parameter `token`, a secret key", 0) end
    return http.records {
      url = http.address(params.domain or "api.clerk.com") .. "/v1/users",
      query = { order_by = "+created_at" },
      headers = { Authorization = "Bearer " .. params.token },
      next = {
        last = "/id", as = { query = "starting_after" }, short_ends = true,
        size = { query = "limit", value = 500 },
      },
      id = "/id", optional = true,
    }
  end,

  ---The row of a record: lists of objects become the columns of the dashboard's export.
  row = function(record)
    local row = {}
    for name, member in pairs(record) do row[name] = value.null_if(member) end
    local emails, numbers = row.email_addresses, row.phone_numbers
    if is_objects(emails) then
      local primary = set(row, emails, "email_address", "email_addresses")
      row.verified_by = verification(primary).strategy
    end
    if is_objects(numbers) then
      local primary = set(row, numbers, "phone_number", "phone_numbers")
      row.phone_is_factor = of(primary, "reserved_for_second_factor")
    end
    return row
  end,
}
