--- tenant.faults: the conditions of rules, and the validation of a file.

local faults = require "tenant.faults"
local file = require "host.file"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

local function of(...)
  return assert(faults.new(json.array { ... }))
end

---The numbers of the requests that are hit; one per second, POST /jobs/users-imports.
local function hits(rule, n)
  local made, list = of(rule), {}
  for i = 1, n do
    if made:of_request("POST", "/api/v2/jobs/users-imports", i - 1) then list[#list + 1] = i end
  end
  return list
end

for name, case in pairs {
  ["always, without a condition"] = { {}, { 1, 2, 3, 4, 5, 6 } },
  ["nth: that one"] = { { nth = 3 }, { 3 } },
  ["every: each of them"] = { { every = 2 }, { 2, 4, 6 } },
  ["times: as often at most"] = { { times = 2 }, { 1, 2 } },
  ["every with times"] = { { every = 2, times = 1 }, { 2 } },
  ["after: from that second on"] = { { after = 4 }, { 5, 6 } },
  ["until: before that second"] = { { ["until"] = 2 }, { 1, 2 } },
  ["nth counts from `after`"] = { { after = 2, nth = 1 }, { 3 } },
  ["probability 0 never"] = { { probability = 0 }, {} },
  ["probability 1 always"] = { { probability = 1 }, { 1, 2, 3, 4, 5, 6 } },
  ["a route that fits"] = { { route = "POST /jobs/users-imports", nth = 1 }, { 1 } },
  ["a star for a segment"] = { { route = "POST /jobs/*", nth = 1 }, { 1 } },
  ["a star for the method"] = { { route = "* /jobs/users-imports", nth = 1 }, { 1 } },
  ["a star for any path"] = { { route = "POST *", nth = 1 }, { 1 } },
  ["another method"] = { { route = "GET /jobs/*" }, {} },
  ["a longer path"] = { { route = "POST /jobs/*/errors" }, {} },
  ["an outage lasts"] = { { ["do"] = "outage", seconds = 3, nth = 2 }, { 2, 3, 4 } },
} do
  test("a rule hits: " .. name, function()
    local rule = { ["do"] = "close" }
    for key, value in pairs(case[1]) do rule[key] = value end
    tap.equal(hits(rule, 6), case[2])
  end)
end

test("faults of one endpoint hit no other; unauthorized never hits the token endpoint", function()
  for action, case in pairs {
    token = { "POST", "/oauth/token" }, slots = { "POST", "/api/v2/jobs/users-imports" },
    unauthorized = { "GET", "/api/v2/users" },
  } do
    local made = of { ["do"] = action, seconds = action == "token" and 1 or nil }
    for _, path in ipairs { "/oauth/token", "/api/v2/jobs/users-imports", "/api/v2/users" } do
      local fault = made:of_request(case[1], path, 0)
      local expected = path == case[2] or action == "unauthorized" and path ~= "/oauth/token"
      tap.equal(fault ~= nil, expected, action .. " of " .. path)
    end
  end
end)

test("a seed always hits the same requests, another seed others, at the given rate", function()
  local first = hits({ ["do"] = "close", probability = 0.3, seed = 7 }, 1000)
  tap.equal(hits({ ["do"] = "close", probability = 0.3, seed = 7 }, 1000), first)
  local other = hits({ ["do"] = "close", probability = 0.3, seed = 8 }, 1000)
  assert(table.concat(first, " ") ~= table.concat(other, " "))
  assert(#first > 230 and #first < 370, #first)
end)

test("the first rule that hits applies; later rules count the request, too", function()
  local made = of({ nth = 1, ["do"] = "close" }, { nth = 2, ["do"] = "stall" })
  local actions = {}
  for i = 1, 3 do
    local fault = made:of_request("GET", "/api/v2/users", 0)
    actions[i] = fault and fault.action or "none"
  end
  tap.equal(actions, { "close", "stall", "none" })
end)

test("a fault carries the keys of its action", function()
  local made = of { ["do"] = "status", status = 429, retry_after = 2, nth = 1 }
  tap.equal(made:of_request("GET", "/oauth/token", 0),
    { action = "status", status = 429, retry_after = 2 })
  tap.equal(made.counts, { status = 1 })
end)

test("the tally of each rule shows its matches and its hits", function()
  local made = of({ ["do"] = "close", nth = 2 }, { ["do"] = "slow", seconds = 1, route = "GET *" },
    { ["do"] = "job-lost", nth = 3 }, { ["do"] = "stall", route = "GET /user" })
  for _ = 1, 3 do made:of_request("GET", "/api/v2/users", 0) end
  made:of_job(0)
  local told = {}
  for i, one in ipairs(made:tally()) do
    told[i] = { one.rule, one["do"], one.route or "", one.hits, one.matched, one.of_job }
  end
  tap.equal(told, {
    { 1, "close", "", 1, 3, false }, { 2, "slow", "GET *", 2, 3, false },
    { 3, "job-lost", "", 0, 1, true }, { 4, "stall", "GET /user", 0, 0, false },
  })
end)

test("faults of jobs are counted by jobs, those of requests by requests", function()
  local made = of({ ["do"] = "job-lost", nth = 2 }, { ["do"] = "close", nth = 1 })
  tap.equal(made:of_request("GET", "/api/v2/users", 0).action, "close")
  tap.equal(made:of_job(0), nil)
  tap.equal(made:of_job(0), { action = "job-lost" })
end)

test("a rule with users hits and counts the jobs that have one of them", function()
  local made = of({ ["do"] = "job-failed", users = json.array { "b", "c" }, nth = 2 })
  local function job_with(user)
    return made:of_job(0, function(names) return table.concat(names, " "):find(user) ~= nil end)
  end
  tap.equal({ job_with "b" or "none", job_with "a" or "none", job_with "c", job_with "b" },
    { "none", "none", { action = "job-failed" } })
  tap.equal({ made:tally()[1].hits, made:tally()[1].matched }, { 1, 3 })
end)

test("a share hits about that share of the users", function()
  local n = 0
  for i = 1, 1000 do
    if faults.share_of("user" .. i) < 0.3 then n = n + 1 end
  end
  assert(n > 230 and n < 370, n)
end)

for text, message in pairs {
  ["a: 1"] = "not a list of rules",
  ["- close"] = "rule 1: a rule must be a map",
  ["- {nth: 1}"] = "rule 1: key `do` is missing",
  ["- {do: closed}"] = 'rule 1: unknown fault "closed"; did you mean "close"?',
  ["- {do: close, roote: GET /users}"] =
    'rule 1: unknown key "roote" for close; did you mean "route"?',
  ["- {do: close}\n- {do: slow, second: 1}"] =
    'rule 2: unknown key "second" for slow; did you mean "seconds"?',
  ["- {do: slow}"] = "rule 1: slow requires `seconds`",
  ["- {do: close, nth: 0}"] = "rule 1: nth must be a whole number, 1 or more",
  ["- {do: close, probability: 2}"] = "rule 1: probability must be a number from 0 to 1",
  ["- {do: empty, space: 1}"] = "rule 1: space must be true or false",
  ["- {do: emty}"] = 'rule 1: unknown fault "emty"; did you mean "empty"?',
  ["- {do: empty, status: 99}"] = "rule 1: status must be an HTTP status from 200 to 599",
  ["- {do: close, processed: perhaps}"] = "rule 1: processed must be true or false",
  ["- {do: close, after: -1}"] = "rule 1: after must be a number, 0 or more",
  ["- {do: close, route: /users}"] = "rule 1: route must be a method and a path",
  ["- {do: close, nth: 1, every: 2}"] = "rule 1: nth and every are mutually exclusive",
  ["- {do: job-lost, route: GET /users}"] =
    "rule 1: job-lost applies to import jobs and does not accept `route`",
  ["- {do: close, users: [ann]}"] = "rule 1: close applies to requests and does not accept `users`",
  ["- {do: job-lost, users: ann}"] = "rule 1: users must be a list of strings",
  ["- {do: job-lost, users: [1]}"] = "rule 1: users must be a list of strings",
  ["- {do: status, status: 99}"] = "rule 1: status must be an HTTP status from 200 to 599",
  ["- [}"] = "line 1",
} do
  test("a file is rejected as usage: " .. text:gsub("\n", " "), function()
    local folder = assert(file.temporary())
    local path = folder .. "/faults.yaml"
    assert(file.write(path, text))
    local made, said, kind = faults.load(path)
    assert(file.remove_tree(folder))
    tap.equal({ made, kind }, { nil, "usage" })
    tap.contains(said, path .. ": ")
    tap.contains(said, message)
  end)
end

test("a missing file is a usage error", function()
  local made, message, kind = faults.load("/nowhere/faults.yaml")
  tap.equal({ made, kind }, { nil, "usage" })
  tap.contains(message, "/nowhere/faults.yaml")
end)

test("docs/faults.md describes every fault and key", function()
  local docs = assert(file.read("docs/faults.md"))
  for key in pairs(faults.KEYS) do tap.contains(docs, "`" .. key .. "`") end
  for name, action in pairs(faults.ACTIONS) do
    tap.contains(docs, "`" .. name .. "`")
    for key in pairs(action.keys) do tap.contains(docs, "`" .. key .. "`") end
  end
end)
