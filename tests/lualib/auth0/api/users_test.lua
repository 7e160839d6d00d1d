local json = require "host.json"
local rig = require "tests.lualib.auth0.api.client_rig"
local tap = require "tests.tap"
local users = require "auth0.api.users"
local test = tap.test

local answer = rig.answer

local function user(id, email, connection)
  return {
    user_id = id, email = email, identities = { { connection = connection or "DB" } },
  }
end

local function parameter(call, name)
  local text = call.url:match("[?&]" .. name .. "=([^&]*)")
  return text and text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
end

test("users are searched in batches, quotes and backslashes escaped", function()
  local ids = {}
  for i = 1, 60 do ids[i] = "auth0|" .. i end
  ids[1] = 'auth0|a"\\b'
  local script = { answer(200, "[]"), answer(200, "[]") }
  for _ = 1, 60 do script[#script + 1] = answer(404, { message = "no" }) end
  local made = rig.client(script)
  assert(users.find(made.client, { connection = 'D"B', ids = ids }))
  local q = parameter(made.calls[1], "q")
  assert(q:find('user_id:("auth0|a\\"\\\\b" OR "auth0|2"', 1, true), q)
  assert(q:find(') AND identities.connection:"D\\"B"', 1, true), q)
  tap.equal({ (parameter(made.calls[1], "search_engine")), (parameter(made.calls[1], "per_page")) },
    { "v3", "100" })
  tap.equal(parameter(made.calls[2], "q"):match("auth0|51") ~= nil, true)
end)

test("users that the search does not return are looked up one by one", function()
  local made = rig.client {
    answer(200, json.array { user("auth0|1", "a@b.co") }), -- by id
    answer(200, json.array {}),                            -- by address
    answer(404, { message = "no" }),                       -- auth0|2
    answer(200, json.array { user("auth0|3", "c@b.co"), user("auth0|4", "c@b.co", "Other") }),
  }
  local list = assert(users.find(made.client, {
    connection = "DB", ids = { "auth0|1", "auth0|2" }, emails = { "A@b.co", "C@B.co" },
  }))
  local found = {}
  for i, one in ipairs(list) do found[i] = one.user_id end
  tap.equal(found, { "auth0|1", "auth0|3" })
  tap.contains(made.calls[3].url, "/users/auth0%7C2")
  tap.equal(parameter(made.calls[4], "email"), "c@b.co")
  tap.equal(#made.calls, 4)
end)

test("users are looked up by username and phone number if they have them", function()
  local made = rig.client {}
  assert(users.find(made.client, {
    connection = "DB", others = { { username = "Ana" }, { phone_number = "+491" } },
  }))
  tap.contains(parameter(made.calls[1], "q"), 'username:("ana")')
  tap.contains(parameter(made.calls[2], "q"), 'phone_number:("+491")')
end)

test("a full page of a search is followed by the next", function()
  local page = json.array {}
  for i = 1, 100 do page[i] = user("auth0|" .. i, "a@b.co") end
  local made = rig.client { answer(200, page), answer(200, { users = json.array {} }) }
  local list = assert(users.find(made.client, { connection = "DB", emails = { "a@b.co" } }))
  tap.equal(#list, 100)
  tap.equal(parameter(made.calls[2], "page"), "1")
end)

test("a failed lookup is a failure", function()
  local made = rig.client { answer(403, { message = "expected any of: read:users" }) }
  local list, message, kind = users.find(made.client, { connection = "DB", ids = { "auth0|1" } })
  tap.equal({ list, kind }, { nil, "credentials" })
  tap.contains(message, "read:users")
end)

test("a user that is found has its creation time, and only identifiers that are text", function()
  local shown = user("auth0|1", json.null)
  shown.username, shown.phone_number, shown.created_at = 7, json.null, "2026-11-01T00:00:00.000Z"
  local made = rig.client { answer(200, json.array { shown }) }
  local found = assert(users.find(made.client, { connection = "DB", ids = { "auth0|1" } }))[1]
  tap.equal({ found.created, found.email, found.username, found.phone_number }, { 1793491200.0 })
end)

test("a user is deleted, and a missing one is not a failure", function()
  local made = rig.client {
    answer(204), answer(404, {}), answer(403, { message = "expected any of: delete:users" }),
  }
  assert(users.delete(made.client, "auth0|1"))
  assert(users.delete(made.client, "auth0|1"))
  local done, message, kind = users.delete(made.client, "auth0|1")
  tap.equal({ done, kind }, { nil, "credentials" })
  tap.contains(message, "delete:users")
  tap.equal({ made.calls[1].method, #made.calls }, { "DELETE", 3 })
  tap.contains(made.calls[1].url, "/users/auth0%7C1")
end)

test("users of other connections are returned on request, and marked", function()
  local function script()
    return rig.client {
      answer(200, "[]"), answer(200, "[]"), answer(200, user("auth0|1", "a@b.co", "Other")),
      answer(200, json.array { user("auth0|2", "a@b.co", "Other"), user("auth0|3", "a@b.co") }),
    }
  end
  local query = { connection = "DB", ids = { "auth0|1" }, emails = { "a@b.co" } }
  tap.equal(#assert(users.find(script().client, query)), 1)
  query.elsewhere = true
  local list = assert(users.find(script().client, query))
  tap.equal({ #list, list[1].user_id, list[1].elsewhere, list[2].user_id, list[2].elsewhere },
    { 2, "auth0|1", true, "auth0|3" })
end)

test("only the tenant's own 404 means that there is no such user", function()
  local script = { answer(200, "[]") }
  for _ = 1, 9 do script[#script + 1] = answer(404, "<html>") end
  local made = rig.client(script)
  local list, message, kind = users.find(made.client, { connection = "DB", ids = { "auth0|1" } })
  tap.equal({ list, kind }, { nil, "temporary" })
  tap.contains(message, "looking up users: unexpected response (404)")
end)
