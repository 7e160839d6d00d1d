--- Maps the first `count` columns of a wide file, each into app_metadata.

local csv = require "source.csv"

local names, members -- column names that are read, and the members they become

---@type Recipe
return {
  name = "columns",
  params = {
    input = { help = "the export", required = true },
    count = { help = "columns to read", required = true },
  },
  source = function(params)
    names = { "id", "email", "confirmed", "first_name", "last_name" }
    local rest <const> = {
      "password_digest", "plan", "roles", "created_at", "locale", "city", "country", "updated_at",
      "last_login", "logins", "company", "phone", "score", "note", "source",
    }
    for i = #names + 1, math.tointeger(tonumber(params.count)) do
      names[i] = rest[i - 5] or "extra_" .. i
    end
    members = {}
    for i, name in ipairs(names) do members[i] = "old_" .. name end
    return csv.records(params.input)
  end,
  map = function(row)
    local email = row.email
    if not email then return nil, "no e-mail address" end
    local metadata = {}
    for i, name in ipairs(names) do metadata[members[i]] = row[name] end
    return { email = email, app_metadata = metadata }
  end,
}
