local fetch = require "base.fetch"
local http = require "host.http"
local scheduler = require "base.scheduler"
local server = require "host.server"
local tap = require "tests.tap"
local test = tap.test

---One exchange with a server that answers with `respond`. Returns what happened, in order.
local function exchange(respond)
  local listener <close> = assert(server.listen())
  local client <close> = http.new()
  local events = {}
  scheduler.run(function()
    scheduler.spawn(function()
      scheduler.await(listener)
      events[#events + 1] = "received"
      respond(listener:accept())
    end)
    local response, _, kind, sent = fetch.new(client) {
      method = "POST", url = "http://127.0.0.1:" .. listener:port(), body = ("x"):rep(1000000),
      announce = true, on_sent = function() events[#events + 1] = "sent" end,
    }
    events[#events + 1] = response and response.status or kind
    tap.equal(sent, true)
  end)
  return events
end

test("who asks learns once that a request begins to be sent, before it has arrived", function()
  tap.equal(exchange(function(request) request:respond(200, {}, "") end),
    { "sent", "received", 200 })
  tap.equal(exchange(function(request) request:drop() end), { "sent", "received", "network" })
end)

test("a request that cannot be sent never begins", function()
  local listener = assert(server.listen())
  local url = "http://127.0.0.1:" .. listener:port()
  listener:close()
  local client <close> = http.new()
  scheduler.run(function()
    local response, _, kind, sent = fetch.new(client) {
      method = "GET", url = url, announce = true, on_sent = function() error("sent") end,
    }
    tap.equal({ response, kind, sent }, { nil, "network", false })
  end)
end)
