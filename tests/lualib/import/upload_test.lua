--- The next upload goes first: what happens between the look that sees a job's end and its harvest.

local import = require "migrate.import"
local import_rig = require "tests.lualib.import.rig"
local rig = require "tests.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

local TRANSITIONS <const> = { "sending", "sent", "ended", "harvested", "note", "save_progress" }

---Imports three chunks in one slot. Returns, in order, the transactions of the journal, "seen" for
---a look that saw a job's end, and "first byte" of an upload. `before(events)` precedes the second.
local function history(before)
  local tenant, events = rig.tenant(), {}
  local status, accept = tenant.status, tenant.submit
  function tenant.status(client, id)
    local answer = status(client, id)
    if answer.state == "completed" then events[#events + 1] = "seen" end
    return answer
  end
  function tenant.submit(client, request)
    local on_sent = request.on_sent
    function request.on_sent()
      events[#events + 1] = "first byte"
      on_sent()
    end
    if before and tenant.submits == 1 then before(events) end
    return accept(client, request)
  end
  rig.with_run({ n = 6, tenant = tenant, slots = 1 }, function(face, made, book)
    for _, name in ipairs(TRANSITIONS) do
      local method = book[name]
      book[name] = function(...)
        events[#events + 1] = name
        return method(...)
      end
    end
    import(face)
    made:join()
  end)
  return events
end

---What follows the first event of this name, up to the nth after it.
local function after(events, name, n)
  for i, event in ipairs(events) do
    if event == name then return { table.unpack(events, i + 1, i + n) } end
  end
end

test("between a job's end and the next upload's first byte there is one transaction", function()
  local events = history()
  tap.equal(after(events, "seen", 2), { "sending", "first byte" })
  tap.equal(after(events, "ended", 1), { "harvested" })
end)

test("that holds while the connection is slow to open", function()
  local events = history(function() scheduler.sleep(0.02) end)
  tap.equal(after(events, "seen", 2), { "sending", "first byte" })
end)

test("an upload that does not begin holds up no harvest for long", function()
  local events = history(function(events)
    while events[#events] ~= "harvested" do scheduler.sleep(0.001) end
  end)
  tap.equal(after(events, "seen", 3), { "sending", "ended", "harvested" })
end)

---Imports `n` chunks in two slots. The third upload has no response before the fourth has begun,
---or a second has passed. Returns whether it has begun.
local function third_waits(drive)
  local tenant = rig.tenant()
  local accept, begun = tenant.submit, false
  function tenant.submit(client, request)
    local n = tenant.submits + 1
    begun = begun or n == 4
    local answer = accept(client, request)
    for _ = 1, n == 3 and 1000 or 0 do
      if begun then break end
      scheduler.sleep(0.001)
    end
    return answer
  end
  drive(tenant)
  return begun
end

test("while an upload waits for its response, the next takes the slot that becomes free", function()
  local seen
  tap.equal(third_waits(function(tenant)
    rig.with_run({ n = 8, tenant = tenant }, function(face, made)
      import(face)
      made:join()
      seen = tenant.submits
    end)
  end), true)
  tap.equal(seen, 4)
end)

test("until the tenant has answered an upload, there is no second one", function()
  local tenant, most = rig.tenant(), 0
  local accept, flying = tenant.submit, 0
  function tenant.submit(client, request)
    flying = flying + 1
    most = math.max(most, flying)
    local answer = accept(client, request)
    flying = flying - 1
    if tenant.submits <= 2 then
      tenant.active, tenant.jobs[answer.id] = tenant.active - 1, nil
      return { outcome = "unsent", message = "no route to host" }
    end
    return answer
  end
  rig.with_run({ n = 4, tenant = tenant }, function(face, made)
    face:submit(face:chunks()())
    tap.equal({ tenant.submits, most }, { 3, 1 })
    made:join()
  end)
end)

test("a recipe's own import gets the id of each job", function()
  local said, err = import_rig.driven([[
    for chunk in run:chunks() do run:log(run:submit(chunk).id) end
  ]], { n = 8, tenant = rig.tenant() })
  tap.equal({ said, err }, { { "job_1", "job_2", "job_3", "job_4" } })
end)
